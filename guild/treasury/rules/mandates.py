"""When a direct debit mandate lapses, by the SEPA rulebooks."""

import calendar
from datetime import date
from typing import Final

LAPSE_MONTHS: Final = 36
"""Months without a collection after which a mandate may not be used (SEPA Core and B2B rulebooks,
section 4.1)."""


def lapsed(last_used: date, on: date) -> bool:
    """Whether a mandate last used (or else signed) on `last_used` may not be used on `on` any more.

    Months are the calendar's; the 29 February counts as the 28th in a year without one.
    """
    months = last_used.year * 12 + last_used.month - 1 + LAPSE_MONTHS
    year, month = divmod(months, 12)
    day = min(last_used.day, calendar.monthrange(year, month + 1)[1])
    return on > date(year, month + 1, day)

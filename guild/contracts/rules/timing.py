"""What time comes to: minutes as hours or days, their price, and when an estimate is overrun."""

from datetime import date, timedelta
from typing import Final, Literal

from guild.contracts.rules.deals import TimeAndMaterials
from guild.contracts.rules.terms import Terms

MINUTES: Final = {"hour": 60, "day": 480}
"""A day of work has eight hours."""
UNITS: Final = {"hour": "HUR", "day": "DAY"}
"""UN/ECE Recommendation 20."""
OVERRUN_PERCENT: Final = 20
"""Above the estimate by more than this, an amendment is due rather than a surprise."""


def quantity_hundredths(minutes: int, unit: Literal["hour", "day"]) -> int:
    """90 minutes are 150 hundredths of an hour; rounded half up."""
    whole = MINUTES[unit]
    return (minutes * 100 + whole // 2) // whole


def time_minor(minutes: int, deal: TimeAndMaterials) -> int:
    """The price of that time at the rate, rounded half up to the minor unit."""
    return (deal.rate_minor * quantity_hundredths(minutes, deal.unit) + 50) // 100


def estimate_minutes(terms: Terms) -> int | None:
    """How long the work should take, as agreed; None when nobody said."""
    if isinstance(terms.deal, TimeAndMaterials):
        return terms.deal.estimate_hundredths * MINUTES[terms.deal.unit] // 100
    return None if terms.hours_estimate is None else terms.hours_estimate * 60


def overrun(minutes: int, terms: Terms) -> bool:
    """Whether the time noted is above the estimate by more than twenty per cent."""
    estimate = estimate_minutes(terms)
    return estimate is not None and minutes * 100 > estimate * (100 + OVERRUN_PERCENT)


def month_of(day: date) -> tuple[date, date]:
    """First and last day of the month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

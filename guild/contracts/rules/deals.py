"""What kind of deal a contract is, and the deliveries with prices that follow from it.

Five kinds, a tagged union by `kind`. Whatever the kind, the software works with deliveries that are
handed over, accepted and invoiced one by one; `schedule` makes them, so that the price in the text
and the price on the invoices are one and the same. Amounts are net, in minor units.
"""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal

import msgspec

DealKind = Literal["fixed", "milestones", "time", "retainer", "licence"]
PERIOD_MONTHS: Final = {"month": 1, "quarter": 3}
LAST_DAY: Final = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30,
                   12: 31}  # fmt: skip


class MilestoneTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work that is delivered, accepted and invoiced by itself."""

    title: str
    net_minor: int
    due_on: date
    description: str = ""


class Milestones(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="milestones"):
    """Several deliveries, each with its price and day; they stand in `Terms.milestones`."""


class FixedPrice(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="fixed"):
    """One price for one delivery."""

    price_minor: int
    due_on: date


class TimeAndMaterials(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="time"):
    """Work by the hour or day at a rate, with an estimate and perhaps a cap that nobody exceeds.

    The price of the contract is the estimate at the rate; what is invoiced is the time approved.
    """

    unit: Literal["hour", "day"]
    rate_minor: int
    estimate_hundredths: int
    """Hours or days expected, times 100."""
    cap_minor: int | None
    ends_on: date

    @property
    def estimate_minor(self) -> int:
        """The estimate at the rate, rounded half up to the minor unit."""
        return (self.rate_minor * self.estimate_hundredths + 50) // 100


class Retainer(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="retainer"):
    """The same amount for each month or quarter, for an agreed number of them."""

    period: Literal["month", "quarter"]
    amount_minor: int
    first_on: date
    periods: int
    notice_days: int
    included: str
    """What the amount covers, such as “up to 20 hours of upkeep”."""


class Licence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="licence"):
    """A fee for the use of existing work; use, territory and term stand in `Terms.rights`."""

    fee_minor: int
    starts_on: date


Deal = Milestones | FixedPrice | TimeAndMaterials | Retainer | Licence


def kind_of(deal: Deal) -> DealKind:
    """The tag of a deal."""
    kind: DealKind = msgspec.convert(type(deal).__struct_config__.tag, DealKind)
    return kind


def schedule(
    deal: Deal, title: str, period_words: Callable[[date, date], str]
) -> tuple[MilestoneTerms, ...]:
    """The deliveries that a deal other than `milestones` consists of, in order.

    `period_words` names a period in the language of the contract.
    """
    match deal:
        case FixedPrice():
            return (MilestoneTerms(title=title, net_minor=deal.price_minor, due_on=deal.due_on),)
        case TimeAndMaterials():
            return (
                MilestoneTerms(title=title, net_minor=deal.estimate_minor, due_on=deal.ends_on),
            )
        case Retainer():
            return tuple(
                MilestoneTerms(
                    title=period_words(first, last), net_minor=deal.amount_minor, due_on=last
                )
                for first, last in periods(deal)
            )
        case Licence():
            return (MilestoneTerms(title=title, net_minor=deal.fee_minor, due_on=deal.starts_on),)
        case Milestones():
            return ()


def periods(deal: Retainer) -> list[tuple[date, date]]:
    """First and last day of each period; a period ends the day before the next begins."""
    step = PERIOD_MONTHS[deal.period]
    starts = [months_later(deal.first_on, step * n) for n in range(deal.periods + 1)]
    return [(start, following - timedelta(days=1)) for start, following in pairwise(starts)]


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one where the month is shorter."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    leap = month == 2 and (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return date(year, month, min(day.day, LAST_DAY[month] + leap))

"""Benefits: which days count, what they are worth, what is held back for arrears.

Broodfonds practice, in the charter's figures: nothing for the first thirty days of illness, so
day 30 pays nothing and day 31 is the first that pays; then a fixed sum a day for the share of
work that is impossible, up to a number of days per claim.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low

from guild.core.money import share_bps

#: Kinds of claim that have a waiting period: it counts days of illness, which hardship has not.
WAITING_KINDS = frozenset({"sickness"})

#: Arrears are held back from a benefit in instalments of at most a quarter of it.
ARREARS_MAX_BPS = 2_500


@dataclass(frozen=True, slots=True)
class BenefitTerms:
    """The charter's chapter: days, minor units a day."""

    waiting_days: int
    daily_minor: int
    max_days: int


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a claim, from ``since`` to ``until``, both counted.

    ``started`` is the first day of the illness, from which the waiting period is counted: a later
    month of the same illness does not wait again.
    """

    kind: str
    started: date
    since: date
    until: date
    capacity_lost_bps: int


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a period is worth: the days that pay, the first of them, the sum in minor units."""

    days: int
    pays_from: date
    amount_minor: int


def benefit(period: Period, terms: BenefitTerms, days_used: int = 0) -> Benefit:
    """What a period is worth; ``days_used`` were paid for the same trouble before."""
    waiting = terms.waiting_days if period.kind in WAITING_KINDS else 0
    pays_from = max(period.started + timedelta(days=waiting), period.since)
    days = max(0, (period.until - pays_from).days + 1)
    days = min(days, max(0, terms.max_days - days_used))
    worth = share_bps(terms.daily_minor * days, period.capacity_lost_bps)
    return Benefit(days, pays_from, worth)


def held_back(amount_minor: int, arrears_minor: int) -> int:
    """What of a benefit settles the member's arrears: at most a quarter of it."""
    return max(0, min(arrears_minor, share_bps(amount_minor, ARREARS_MAX_BPS)))


@dataclass(frozen=True, slots=True)
class Opinion:
    """One juror's verdict as an amount: all of the claim, none of it, or a part."""

    outcome: str
    amount_minor: int


def decide(opinions: list[Opinion], full_minor: int) -> Opinion:
    """The jury's decision: the middle one of an odd number of amounts.

    A majority for all or for nothing prevails; between them the middle opinion does, so that no
    single juror moves the sum by exaggerating.
    """
    assert len(opinions) % 2 == 1, "a jury has an odd number of members"
    middle = median_low([opinion.amount_minor for opinion in opinions])
    if middle == full_minor:
        return Opinion("granted", middle)
    return Opinion("rejected", 0) if middle == 0 else Opinion("part", middle)


def may_appeal_until(decided_on: date, appeal_days: int) -> date:
    """The last day on which a decision can be appealed."""
    return decided_on + timedelta(days=appeal_days)

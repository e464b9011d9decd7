"""The floor that nobody should work below, and what an hour of a contract really brings.

Floors are dated data, from collective agreements and law (`data/floors/*.json`) and from the
charter. The rate of a contract is its price less the costs that nobody pays back, by all hours
that it takes, the rounds of changes in the price included. Amounts are in minor units.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from guild.contracts.rules.findings import Finding, Outcome
from guild.contracts.rules.law import MARKS, Mark
from guild.contracts.rules.terms import Terms
from guild.core.money import Money

HUNDREDTHS: Final = 100


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """A least rate for an hour. `professions` empty is any; `region` empty is the whole country."""

    valid_from: date
    valid_to: date | None
    source: str
    country: str
    region: str
    professions: tuple[str, ...]
    hourly_minor: int
    currency: str
    article: str
    mark: Mark = ""

    def covers(self, terms: Terms, on: date) -> bool:
        """Whether it holds for the member's place, the trade and the day."""
        return (
            self.valid_from <= on
            and (self.valid_to is None or on <= self.valid_to)
            and self.country == terms.member.country
            and self.region in {"", terms.member.region}
            and (not self.professions or terms.profession in self.professions)
        )


class FloorSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agreement's floors through time."""

    id: str
    title: str
    note: str
    versions: tuple[Floor, ...]


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract takes: hours and hours of one round of changes (times 100), unpaid costs."""

    hours_hundredths: int | None
    revision_hundredths: int = 0
    costs_minor: int = 0


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """What an hour brings, rounded down, with the sum that leads to it."""

    hourly_minor: int
    price_minor: int
    costs_minor: int
    hours_hundredths: int


@cache
def floor_sets() -> tuple[FloorSet, ...]:
    """The floors that Guild knows, from its dated data files."""
    folder = files("guild.contracts") / "data" / "floors"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    return tuple(
        msgspec.json.decode(entry.read_bytes(), type=FloorSet)
        for entry in sorted(found, key=lambda entry: entry.name)
    )


def effective(terms: Terms, effort: Effort) -> Effective | None:
    """Price less unpaid costs, by hours with the agreed rounds; None without an estimate."""
    if not effort.hours_hundredths:
        return None
    hours = effort.hours_hundredths + terms.revision_rounds * effort.revision_hundredths
    left = max(0, terms.net_minor - effort.costs_minor)
    return Effective(
        hourly_minor=left * HUNDREDTHS // hours,
        price_minor=terms.net_minor,
        costs_minor=effort.costs_minor,
        hours_hundredths=hours,
    )


def highest(terms: Terms, on: date, floors: Sequence[Floor]) -> Floor | None:
    """The floor that counts: the highest that covers the work, in the contract's own currency."""
    covering = [one for one in floors if one.covers(terms, on) and one.currency == terms.currency]
    return max(covering, key=lambda one: one.hourly_minor, default=None)


def floor_finding(
    terms: Terms, rate: Effective | None, floor: Floor | None, *, blocks: bool, waived: str = ""
) -> Finding:
    """How the contract stands to the floor, with the sum in words. `waived` is a rep's reason."""

    def found(outcome: Outcome, sentence: str, mend: str = "", field: str = "") -> Finding:
        return Finding(
            rule="floor/hourly",
            outcome=outcome,
            sentence=sentence,
            mend=mend,
            field=field or "hours_estimate",
            article=floor.article if floor else "",
            source=floor.source if floor else "",
            values={} if rate is None else {"hourly_minor": rate.hourly_minor},
        )

    if floor is None:
        return found("not_applicable", "No floor is known for this trade, place and currency.")
    if rate is None:
        return found(
            "warning",
            "Without an estimate of hours nobody can say what an hour brings.",
            "Estimate the hours, with meetings, corrections and travel.",
        )
    least = Money(floor.hourly_minor, terms.currency)
    said = f"{sum_words(terms, rate)} The floor is {least}. {MARKS[floor.mark]}".rstrip()
    if rate.hourly_minor >= floor.hourly_minor:
        return found("met", said)
    if waived:
        return found("warning", f"{said} A rep has waived it: {waived}")
    return found(
        "missing" if blocks else "warning",
        said,
        "Ask for more, do less for it, or ask a rep for a waiver.",
        "milestones",
    )


def sum_words(terms: Terms, rate: Effective) -> str:
    """The sum: (1,000.00 - 50.00) / 25 h = 38.00 EUR an hour."""
    hours = f"{rate.hours_hundredths / HUNDREDTHS:g}"
    price, costs = (Money(m, terms.currency) for m in (rate.price_minor, rate.costs_minor))
    hourly = Money(rate.hourly_minor, terms.currency)
    return f"({price} less {costs}) by {hours} hours is {hourly} an hour."

"""Statutory late interest, day by day: which rate, on what, for which days. Pure.

Interest runs from the day after the due day up to and including the day of payment (Directive
2011/7/EU, article 3(3)), actual days over 365, on what was open and not in dispute at the
beginning of the day. What a credit note takes back never bore interest. It is rounded once, at the
end, half up; the amounts of the segments are differences of the rounded running sum, so that they
add up to it.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from guild.core.clock import EU
from guild.receivables.errors import InterestRateUnknown, NoStatutoryInterest

DAY: Final = timedelta(days=1)
YEAR_DAYS: Final = 365
TABLE: Final = Path(__file__).parent.parent / "data" / "interest.json"


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """One country's rule: `base` plus `plus` points, maybe rounded up, at the rate of what day."""

    base: str
    plus: Decimal
    round_up_to: Decimal | None
    rate_of: Literal["half_year", "payment"]
    law: str


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Days in a row with the same principal at the same rate; both days are counted."""

    first: date
    last: date
    days: int
    principal_minor: int
    percent: str
    half_year: str
    minor: int
    """Interest of the segment; all segments add up to the whole."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A part in dispute from `since`, and until the day before `until` (None: still)."""

    since: date
    until: date | None
    minor: int


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice asked for less credit notes, what was paid when, what was in dispute."""

    total_minor: int
    payments: tuple[tuple[date, int], ...] = ()
    held: tuple[Held, ...] = ()

    def principal_on(self, day: date) -> int:
        """What bears interest on a day: not yet paid at its beginning and not in dispute."""
        return sum(minor for _, minor in self.parts_on(day, day))

    def parts_on(self, day: date, until: date) -> list[tuple[date, int]]:
        """The same by the day on which each part is paid; what is not paid counts to `until`."""
        paid = sorted(self.payments)
        parts = [(on, minor) for on, minor in paid if on >= day]
        rest = self.total_minor - sum(minor for _, minor in paid)
        if rest > 0:
            parts.append((until, rest))
        rests = sum(held.minor for held in self.held if held.since <= day
                    and (held.until is None or day < held.until))  # fmt: skip
        kept: list[tuple[date, int]] = []
        for on, minor in reversed(parts):
            left = minor - min(minor, rests)
            rests -= minor - left
            if left:
                kept.append((on, left))
        return kept[::-1]


class Reckoned(msgspec.Struct, frozen=True, kw_only=True):
    """Interest of a period, with the segments and the law that it follows."""

    minor: int
    segments: tuple[Segment, ...]
    law: str
    unconfirmed: tuple[str, ...]
    """Half-years whose base rate should be compared with the official table first."""


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def half_year_of(day: date) -> str:
    """2026-11-23 → "2026H2"."""
    return f"{day.year}H{1 if day.month < 7 else 2}"


def law_of(country: str) -> Law:
    """The rule of a country; other EU states have the directive's floor.

    Raises NoStatutoryInterest outside the tables: nothing is guessed.
    """
    laws = _table()["laws"]
    found = laws.get(country) if country != "EU" else None
    if found is None and country in EU:
        found = laws["EU"]
    if found is None:
        raise NoStatutoryInterest(
            f"Guild knows no statutory rate of interest for {country}.",
            mend="Claim what the contract says, by letter.",
        )
    return msgspec.convert(found, Law, strict=False)


def percent_on(law: Law, day: date) -> Decimal:
    """The yearly rate in per cent on a day; raises InterestRateUnknown for an unknown half-year."""
    known = _table()["bases"][law.base]["percent"].get(half_year_of(day))
    if known is None:
        raise InterestRateUnknown(
            f"The table has no base rate for {half_year_of(day)}.",
            mend="Add the published rate with its source to the table; an old one is never reused.",
        )
    percent = Decimal(known) + law.plus
    if law.round_up_to:
        steps = (percent / law.round_up_to).to_integral_value(rounding=ROUND_CEILING)
        percent = steps * law.round_up_to
    return percent


def compensation_minor(currency: str) -> int:
    """The fixed compensation, once per invoice; nothing in currencies without one."""
    return int(_table()["compensation"].get(currency, {"minor": 0})["minor"])


def interest_of(debt: Debt, first: date, last: date, country: str) -> Reckoned:
    """Interest for the days `first` to `last`, both counted, by the law of `country`."""
    law = law_of(country)
    runs: list[tuple[date, date, int, Decimal, str]] = []
    exact: list[Fraction] = []
    day = first
    while day <= last:
        for minor, percent, half in _of_day(debt, law, day, last):
            same = next((i for i, run in enumerate(runs) if run[1] == day - DAY
                         and run[2:] == (minor, percent, half)), None)  # fmt: skip
            part = minor * Fraction(percent) / (100 * YEAR_DAYS)
            if same is None:
                runs.append((day, day, minor, percent, half))
                exact.append(part)
            else:
                runs[same] = (runs[same][0], day, minor, percent, half)
                exact[same] += part
        day += DAY
    segments, sum_ = [], Fraction(0)
    for run, part in zip(runs, exact, strict=True):
        before, sum_ = sum_, sum_ + part
        segments.append(
            Segment(
                first=run[0], last=run[1], days=(run[1] - run[0]).days + 1,
                principal_minor=run[2], percent=f"{run[3].normalize():f}", half_year=run[4],
                minor=half_up(sum_) - half_up(before),
            )
        )  # fmt: skip
    doubtful = _table()["bases"][law.base]["unconfirmed"]
    return Reckoned(
        minor=half_up(sum_),
        segments=tuple(segments),
        law=law.law,
        unconfirmed=tuple(sorted({s.half_year for s in segments} & doubtful.keys())),
    )


def _of_day(debt: Debt, law: Law, day: date, last: date) -> Sequence[tuple[int, Decimal, str]]:
    """Principal, rate and the half-year of the rate for one day."""
    parts = debt.parts_on(day, last)
    if law.rate_of == "half_year":
        principal = sum(minor for _, minor in parts)
        return [(principal, percent_on(law, day), half_year_of(day))] if principal else []
    by_rate: dict[tuple[Decimal, str], int] = {}
    for on, minor in parts:
        # What is paid after the period is reckoned at its last day's rate, as what is still open.
        key = (percent_on(law, min(on, last)), half_year_of(min(on, last)))
        by_rate[key] = by_rate.get(key, 0) + minor
    return [(minor, percent, half) for (percent, half), minor in by_rate.items()]


def half_up(value: Fraction) -> int:
    """Round a sum that is not negative, commercially."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)

"""Business days. The moment itself is `work.now`; nothing else reads the clock.

Public holidays come from the `holidays` package (python-holidays), whose tables follow each
country's law. Deadlines count working days of the country of the person who is to act. A calendar
that is not known is an error and never a year without holidays.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import holidays

from guild.core.errors import Invalid

EU: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
"""Member states of the European Union since 1 February 2020 (ISO 3166-1 codes)."""

SATURDAY: Final = 5


def utc_now() -> datetime:
    """The one reading of the wall clock, given to `System` and replaced by tests."""
    return datetime.now(UTC)


def file_clock(path: Path) -> Callable[[], datetime]:
    """A clock that a file turns: it holds one ISO moment, and time stands still between changes.

    For played stories and recovery drills; settings refuse it in production.
    """
    read: tuple[int, datetime] = (0, datetime.min.replace(tzinfo=UTC))

    def now() -> datetime:
        nonlocal read
        changed = path.stat().st_mtime_ns
        if changed != read[0]:
            read = (changed, datetime.fromisoformat(path.read_text(encoding="ascii").strip()))
        return read[1]

    return now


class UnknownCalendar(Invalid):
    """Nobody has told the house the holidays of that place in that year."""

    code = "unknown_calendar"
    title = "The public holidays of this country and year are not known"


USUAL_PART: Final = {"GB": "ENG"}
"""Where the country as a whole keeps fewer days than any of its parts: England and Wales."""


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    """Days off by law in a country (`BE`) or one of its parts (`CA-QC`); raises UnknownCalendar."""
    code, _, part = country.partition("-")
    try:
        known = holidays.country_holidays(
            code, subdiv=part or USUAL_PART.get(code), years=year, expand=False
        )
    except NotImplementedError:
        raise _unknown(country, year) from None
    if not known.start_year <= year <= known.end_year or not known:
        raise _unknown(country, year)
    return frozenset(known)


def _unknown(country: str, year: int) -> UnknownCalendar:
    return UnknownCalendar(
        f"No calendar of {country} for {year}, so working days cannot be counted.",
        mend="Use an ISO 3166 code, with its part if need be (BE, CA-QC), and a year it covers.",
    )


def is_business_day(day: date, country: str) -> bool:
    """Neither a weekend nor a public holiday of that country (or part of one, as `CA-QC`).

    Raises UnknownCalendar.
    """
    return day.weekday() < SATURDAY and day not in _holidays(country, day.year)


def next_business_day(day: date, country: str) -> date:
    """The day itself, or the first business day after it."""
    while not is_business_day(day, country):
        day += timedelta(days=1)
    return day


@lru_cache(4_096)
def add_business_days(day: date, number: int, country: str) -> date:
    """The `number`th business day after `day`; day 0 is the day itself, moved to a business day."""
    assert number >= 0
    day = next_business_day(day, country)
    for _ in range(number):
        day = next_business_day(day + timedelta(days=1), country)
    return day

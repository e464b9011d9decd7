"""The calendar of a recurring invoice, and the variables in its texts. Pure."""

import calendar
import datetime as dt
from collections.abc import Callable
from string import Formatter
from typing import Final, Literal

import msgspec

Unit = Literal["weeks", "months"]
Shift = Literal["none", "next", "previous"]
VARIABLES: Final = ("first", "last", "month", "quarter", "year", "number")
MONTHS: Final = 12


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """Every so many weeks or months from a day on."""

    every: int
    unit: Unit
    starts_on: dt.date
    shift: Shift
    ends_on: dt.date | None = None
    periods: int | None = None


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A period from zero on, its first and last day, and the day on which its invoice is made."""

    number: int
    first: dt.date
    last: dt.date
    run_on: dt.date


def begins(rhythm: Rhythm, number: int) -> dt.date:
    """The first day of a period; the 31st is the last day of a shorter month."""
    start = rhythm.starts_on
    if rhythm.unit == "weeks":
        return start + dt.timedelta(weeks=rhythm.every * number)
    months = start.year * MONTHS + start.month - 1 + rhythm.every * number
    year, month = divmod(months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(start.day, last))


def period_of(rhythm: Rhythm, number: int, is_open: Callable[[dt.date], bool]) -> Period | None:
    """A period, or None after the end; `is_open` says whether a day is a business day."""
    first = begins(rhythm, number)
    if rhythm.periods is not None and number >= rhythm.periods:
        return None
    if rhythm.ends_on is not None and first > rhythm.ends_on:
        return None
    last = begins(rhythm, number + 1) - dt.timedelta(days=1)
    run_on = first
    step = {"none": 0, "next": 1, "previous": -1}[rhythm.shift]
    while step and not is_open(run_on):
        run_on += dt.timedelta(days=step)
    return Period(number=number, first=first, last=last, run_on=run_on)


def filled(text: str, period: Period) -> str:
    """A text with its variables filled in: `{month}` 11, `{year}` 2026, `{first}` 2026-11-01.

    Raises ValueError for another variable, or braces that do not close.
    """
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    unknown = sorted(names - set(VARIABLES))
    if unknown:
        raise ValueError(f"unknown variable {{{unknown[0]}}}")
    return text.format(
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        month=f"{period.first.month:02d}",
        quarter=(period.first.month + 2) // 3,
        year=period.first.year,
        number=period.number + 1,
    )

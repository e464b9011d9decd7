"""By when somebody has to answer, and when we remind them. Times are UTC.

A deadline lasts until the end of its day, and never ends on a weekend or public holiday of the
country of the person who is to act.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from guild.core.clock import next_business_day

REP_REMINDER: Final = timedelta(days=2)
"""How long before the day of a decision its representatives are reminded."""
END_OF_DAY: Final = time(23, 59, 59, tzinfo=UTC)


def end_of(day: date, country: str) -> datetime:
    """The end of that day, or of the next business day after it."""
    return datetime.combine(next_business_day(day, country), END_OF_DAY)


def deadline(start: datetime, days: int, country: str) -> datetime:
    """The end of the last of `days` days after `start`."""
    return end_of((start + timedelta(days=days)).date(), country)


def reminder_days(silence_days: int) -> tuple[int, ...]:
    """On which days of a silence we write: half-way and two days before its end.

    Fourteen days give 7 and 12, so that silence never surprises anybody.
    """
    return tuple(sorted({day for day in (silence_days // 2, silence_days - 2) if day > 0}))


def reminders_due(delivered_at: datetime, silence_days: int, now: datetime) -> int:
    """How many reminders should have gone out by now."""
    passed = (now - delivered_at) // timedelta(days=1)
    return sum(1 for day in reminder_days(silence_days) if day <= passed)


def rep_letters_due(decide_by: datetime, now: datetime) -> int:
    """How many letters an open decision should have caused: 1 before its day, 2 after it."""
    return (now >= decide_by - REP_REMINDER) + (now > decide_by)

"""When a member who does not want to ask each time is paid: weekly, monthly, or from a sum on.

A chosen day that is no working day counts as the next working day, so that no week or month is
left out.
"""

from datetime import date, timedelta

import msgspec

from guild.core.clock import is_business_day, next_business_day

LOOK_BACK = 10
"""No run of days off is longer than that anywhere (the longest in 27 calendars is six)."""
LOOK_AHEAD = 45


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a member chose; `day` is a weekday (1 is Monday) or a day of the month."""

    rhythm: str
    day: int


def due_days(today: date, country: str) -> tuple[list[int], list[int]]:
    """The weekdays, and the days of the month, whose turn comes on a working day.

    Today's own, and those of the days off just before it.
    """
    if not is_business_day(today, country):
        return [], []
    days = [today]
    day = today - timedelta(days=1)
    while not is_business_day(day, country) and len(days) < LOOK_BACK:
        days.append(day)
        day -= timedelta(days=1)
    return sorted({one.isoweekday() for one in days}), sorted({one.day for one in days})


def is_due(choice: Choice, today: date, country: str) -> bool:
    """Whether the choice has an effect today."""
    weekdays, month_days = due_days(today, country)
    if choice.rhythm == "weekly":
        return choice.day in weekdays
    if choice.rhythm == "monthly":
        return choice.day in month_days
    return choice.rhythm == "threshold" and bool(weekdays)


def next_turn(choice: Choice, after: date, country: str) -> date | None:
    """The next day on which the choice has an effect; None when she asks each time."""
    if choice.rhythm == "on_request":
        return None
    day = after
    for _ in range(LOOK_AHEAD):
        day = next_business_day(day + timedelta(days=1), country)
        if is_due(choice, day, country):
            return day
    raise AssertionError("each weekday and each day up to 28 comes within a month")

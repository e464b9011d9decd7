"""Who signs for a client, in what order, and when that is enough."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

COUNTS: Final = ("signer", "approver")
"""Roles whose consent a contract needs; viewers and copies only hear of it."""
FIRST_REMINDER: Final = timedelta(days=3)
SECOND_REMINDER: Final = timedelta(days=7)
LAST_REMINDER: Final = timedelta(days=2)
REMINDERS_MAX: Final = 3


class Person(Protocol):
    """What the order is reckoned from."""

    role: str
    rank: int
    needed: int
    state: str


def missing_in(people: Iterable[Person], rank: int) -> int:
    """How many of a rank must still sign."""
    counted = [p for p in people if p.rank == rank and p.role in COUNTS and p.state != "delegated"]
    if not counted:
        return 0
    return max(0, counted[0].needed - sum(p.state == "signed" for p in counted))


def present_rank(people: Sequence[Person]) -> int | None:
    """The first rank that is not done; None when the contract is signed by all who must."""
    ranks = sorted({p.rank for p in people if p.role in COUNTS})
    return next((rank for rank in ranks if missing_in(people, rank)), None)


def offer_reminders_due(asked_at: datetime, answer_by: datetime, now: datetime) -> int:
    """How many reminders one person should have had by now.

    Three days after she was asked, seven days after, two days before the end; never more, and never
    once the time to answer is over. Steps that fall behind the last one are left out.
    """
    last = answer_by - LAST_REMINDER
    steps = [asked_at + FIRST_REMINDER, asked_at + SECOND_REMINDER]
    steps = [*(step for step in steps if step < last), last]
    return sum(step <= now for step in steps if step > asked_at) if now < answer_by else 0

"""Deadlines, and the secret address of the calendar that shows them, on the wire."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from guild.core.wire import Out

DeadlineKind = Literal[
    "delivery", "client_answer", "silence_accepts", "time_approved", "payment_due", "notice_ends",
    "term_ends", "statement_answer", "dispute_answer", "dispute_decision",
]  # fmt: skip


class DeadlineOut(Out, frozen=True):
    """A day on which something is due or happens by itself; `subject_id` is what it is about."""

    kind: DeadlineKind
    subject_id: UUID
    day: date
    title: str
    text: str
    contract_number: str
    path: str


class CalendarFeedOut(Out, frozen=True):
    """Whether an address is in use. `url` is told this once, when it is made; then it is null."""

    made_at: datetime | None
    url: str | None

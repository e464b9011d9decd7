"""How an invoice stands, promises and reminders on the wire. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from guild.core.ids import (
    InvoiceId,
    MemberId,
    OrganisationId,
    PromiseId,
    ReminderId,
)
from guild.core.wire import In, OptionalText, Out
from guild.receivables.rules.overdue import Bucket
from guild.receivables.schemas.objections import ObjectionOut
from guild.receivables.schemas.words import (
    Reason,
)


class PromiseIn(In, frozen=True):
    """The day by which the client pays."""

    pay_by: date
    note: OptionalText = ""


class PromiseOut(Out, frozen=True):
    """A promise and whether it was kept."""

    id: PromiseId
    state: Literal["open", "kept", "broken", "replaced"]
    pay_by: date
    note: str
    said_by: Literal["contact", "member"]
    recorded_at: datetime


class ReminderPlanOut(Out, frozen=True):
    """A step that is to come."""

    step: int
    tone: str
    channel: str
    on: date


class ReminderOut(Out, frozen=True):
    """A step that was done: sent, or overtaken by a later one."""

    id: ReminderId
    step: int
    tone: str
    channel: str
    result: str
    planned_on: date
    sent_at: datetime
    sent_to: str
    asked: str
    disputed: str
    currency: str
    has_letter: bool


class RemindersOut(Out, frozen=True):
    """What was sent for an invoice, what comes next, and why it is quiet now."""

    invoice_id: InvoiceId
    quiet: list[str]
    next: ReminderPlanOut | None
    plan: list[ReminderPlanOut]
    sent: list[ReminderOut]
    charter_version: int


class NextRunRow(Out, frozen=True):
    """What the next run does about one invoice."""

    invoice_id: InvoiceId
    number: str
    client_name: str
    asked: str
    currency: str
    due_on: date
    next: ReminderPlanOut


class ReminderRuleIn(In, frozen=True):
    """Change reminders for the house, a client or an invoice; the zero id stands for the house."""

    scope: Literal["house", "client", "invoice"]
    subject_id: UUID
    reason: Reason
    stopped: bool = False
    shift_days: Annotated[int, Meta(ge=0, le=60)] = 0
    channel: Literal["mail", "letter"] | None = None


class ReminderRuleOut(Out, frozen=True):
    """A change that is in force."""

    scope: str
    subject_id: UUID
    stopped: bool
    shift_days: int
    channel: str | None
    reason: str
    set_by: MemberId
    set_at: datetime


class ReceivableOut(Out, frozen=True):
    """How an invoice stands with its client, all amounts with VAT."""

    invoice_id: InvoiceId
    number: str
    title: str
    state: str
    client_id: OrganisationId
    client_name: str
    member_id: MemberId
    issued_on: date
    due_on: date
    days_late: int
    bucket: Bucket
    """Where the ageing report counts it."""
    currency: str
    total: str
    paid: str
    credited: str
    written_off: str
    open: str
    disputed: str
    due: str
    """What may be asked for today: open less what is in dispute."""
    promised_until: date | None
    insolvent: bool
    quiet: list[str]
    credit_on_account: str
    interest_so_far: str | None
    """Statutory interest up to today; null where none applies (`interest_note` says why)."""
    interest_note: str
    objection: ObjectionOut | None
    promises: list[PromiseOut]

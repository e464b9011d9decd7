"""What goes over the wire about what clients owe. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from guild.core.ids import (
    BankEntryId,
    InsolvencyId,
    InterestClaimId,
    InvoiceId,
    MemberId,
    ObjectionId,
    OrganisationId,
    PromiseId,
    RefundId,
    ReminderId,
    WriteOffId,
)
from guild.core.wire import Amount, CurrencyCode, In, LongText, OptionalText, Out, ShortText
from guild.invoicing.schemas import Position
from guild.receivables.rules.interest import Segment

ReasonCode = Literal[
    "not_delivered", "incomplete", "defective", "not_agreed", "amount", "paid", "other"
]
ObjectionState = Literal[
    "open", "answered", "mediation", "redelivery", "court", "withdrawn", "credited", "dismissed"
]
Ruling = Literal["mediate", "insist", "redeliver", "to_court", "withdraw", "dismiss"]
WriteOffReason = Literal[
    "small_rest", "insolvent", "uncollectable", "settlement", "statute_barred"
]
Reason = Annotated[str, Meta(min_length=3, max_length=500, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
FileName = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f/\\]+$")]
MediaType = Literal["application/pdf", "image/jpeg", "image/png"]


class FileIn(In, frozen=True):
    """A file with an objection: PDF, JPEG or PNG of at most one megabyte, in base64."""

    name: FileName
    media_type: MediaType
    content: Annotated[str, Meta(max_length=1_400_000)]


class ObjectionIn(In, frozen=True):
    """Object to an invoice: to whole lines by position, to an amount (VAT included), or to all."""

    reason_code: ReasonCode
    text: LongText
    lines: Annotated[tuple[Position, ...], Meta(max_length=200)] = ()
    amount: Amount | None = None
    files: Annotated[tuple[FileIn, ...], Meta(max_length=5)] = ()


class AnswerIn(In, frozen=True):
    """The member's answer, which the client reads."""

    answer: LongText


class RulingIn(In, frozen=True):
    """What becomes of an objection, with words that the client reads."""

    outcome: Ruling
    note: Annotated[str, Meta(max_length=5000)] = ""


class ConcedeIn(In, frozen=True):
    """Credit what is disputed, or a smaller net amount that both agreed on."""

    reason: LongText
    net: Amount | None = None


class ObjectionFileOut(Out, frozen=True):
    """A file of an objection."""

    document_id: UUID
    name: str
    media_type: str


class ObjectionOut(Out, frozen=True):
    """An objection and where it stands; `after_silence` is what follows by itself."""

    id: ObjectionId
    invoice_id: InvoiceId
    invoice_number: str
    client_name: str
    member_id: MemberId
    member_name: str
    state: ObjectionState
    reason_code: ReasonCode
    text: str
    lines: list[int]
    amount: str
    currency: str
    opened_on: date
    answer_by: date
    after_silence: str
    answer: str
    outcome_note: str
    closed_on: date | None
    credit_note_id: InvoiceId | None
    files: list[ObjectionFileOut]
    charter_version: int


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


class InterestDayOut(Out, frozen=True):
    """Interest of one day, exact to six decimals of the currency's unit."""

    day: date
    principal: str
    percent: str
    interest: str


class InterestOut(Out, frozen=True):
    """Interest of a period as it would be claimed today."""

    invoice_id: InvoiceId
    country: str
    law: str
    period_from: date
    period_to: date
    interest: str
    compensation: str
    compensation_law: str
    total: str
    currency: str
    segments: list[Segment]
    days: list[InterestDayOut]
    unconfirmed: list[str]
    claimable: bool
    why_not: str


class InterestClaimOut(Out, frozen=True):
    """A claim of interest. It is no invoice; no VAT is due on it."""

    id: InterestClaimId
    invoice_id: InvoiceId
    invoice_number: str
    client_id: OrganisationId
    member_id: MemberId
    state: Literal["claimed", "paid", "waived"]
    period_from: date
    period_to: date
    country: str
    interest: str
    compensation: str
    total: str
    currency: str
    reference: str
    claimed_on: date
    ended_on: date | None
    waive_reason: str
    has_letter: bool
    charter_version: int


class ReasonIn(In, frozen=True):
    """Why; it is kept and shown."""

    reason: Reason


class WriteOffIn(In, frozen=True):
    """Give up all that is open on an invoice."""

    reason_code: WriteOffReason
    reason: Reason


class VatDecisionIn(In, frozen=True):
    """What becomes of the VAT in a write-off: reclaimed from the State, or borne by the house."""

    decision: Literal["reclaim", "bear"]
    ground: Reason


class WriteOffOut(Out, frozen=True):
    """A write-off and its course."""

    id: WriteOffId
    invoice_id: InvoiceId
    invoice_number: str
    member_id: MemberId
    state: Literal["asked", "booked", "refused", "reinstated"]
    small: bool
    amount: str
    vat: str
    currency: str
    reason_code: WriteOffReason
    reason: str
    asked_by: MemberId
    approved_by: MemberId | None
    vat_decision: str
    vat_ground: str
    charter_version: int


class RefundIn(In, frozen=True):
    """Propose to give back what a client has on account."""

    amount: Amount
    currency: CurrencyCode
    reason: Reason
    bank_entry_id: BankEntryId | None = None
    """The payment that it comes from; the money goes back to that account."""


class RefundOut(Out, frozen=True):
    """A refund and its course."""

    id: RefundId
    client_id: OrganisationId
    client_name: str
    invoice_id: InvoiceId | None
    bank_entry_id: BankEntryId | None
    state: Literal["proposed", "approved", "refused", "ordered", "paid", "failed"]
    amount: str
    currency: str
    reason: str
    proposed_by: MemberId | None
    proposed_at: datetime
    approved_by: MemberId | None
    decision_note: str
    paid_on: date | None


class ApplyCreditIn(In, frozen=True):
    """Pay an invoice with what the same client has on account."""

    invoice_id: InvoiceId
    amount: Amount | None = None
    """All that fits, unless given."""


class AppliedOut(Out, frozen=True):
    """What was paid with credit, and what is left of both."""

    invoice_id: InvoiceId
    applied: str
    open: str
    credit_left: str
    currency: str


class InsolvencyIn(In, frozen=True):
    """A court declared this client insolvent."""

    court: ShortText
    case_number: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00\r\n]+$")]
    declared_on: date
    evidence: Annotated[str, Meta(min_length=10, max_length=2000, pattern=r"^[^\x00]*$")]
    claims_by: date | None = None


class InsolvencyOut(Out, frozen=True):
    """An insolvency as flagged."""

    id: InsolvencyId
    client_id: OrganisationId
    state: Literal["flagged", "lifted"]
    court: str
    case_number: str
    declared_on: date
    claims_by: date | None
    evidence: str
    flagged_by: MemberId
    flagged_at: datetime
    bundle_ready: bool
    lifted_by: MemberId | None
    lift_reason: str


class StatementLine(Out, frozen=True):
    """One movement on a client's account: what it owes more (+) or less (-)."""

    on: date
    kind: str
    document: str
    text: str
    amount: str
    balance: str


class StatementOut(Out, frozen=True):
    """A client's account over a period; both days are counted."""

    client_id: OrganisationId
    client_name: str
    currency: str
    since: date
    until: date
    opening: str
    lines: list[StatementLine]
    closing: str
    credit_on_account: str


class AgeingRow(Out, frozen=True):
    """What one client owes in one currency, by days since the due day."""

    client_id: OrganisationId
    client_name: str
    currency: str
    invoices: int
    not_due: str
    days_1_30: str
    days_31_60: str
    days_61_90: str
    days_over_90: str
    total: str


class AgeingTotal(Out, frozen=True):
    """The sum over all clients in one currency."""

    currency: str
    clients: int
    invoices: int
    not_due: str
    days_1_30: str
    days_31_60: str
    days_61_90: str
    days_over_90: str
    total: str


class AgeingOut(Out, frozen=True):
    """An ageing report. Currencies are never added together."""

    as_of: date
    totals: list[AgeingTotal]
    rows: list[AgeingRow]
    next_cursor: str | None


class ProfileOut(Out, frozen=True):
    """How a client pays; figures only where enough invoices of enough members stand behind them."""

    client_id: OrganisationId
    enough: bool
    note: str
    median_days: int | None
    ninetieth_days: int | None
    on_time_percent: int | None
    invoices: int | None
    since: date
    contested: bool
    reply: str
    insolvent: bool
    charter_version: int


class ProfileReplyIn(In, frozen=True):
    """What the client says about its figures."""

    text: LongText
    contested: bool = False

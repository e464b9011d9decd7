"""Write-offs, refunds, credit and insolvency on the wire. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import (
    BankEntryId,
    InsolvencyId,
    InvoiceId,
    MemberId,
    OrganisationId,
    RefundId,
    WriteOffId,
)
from guild.core.wire import Amount, CurrencyCode, In, Out, ShortText
from guild.receivables.schemas.words import (
    Reason,
    WriteOffReason,
)


class ReasonIn(In, frozen=True):
    """Why; it is kept and shown."""

    reason: Reason


class WriteOffIn(In, frozen=True):
    """Give up what is open on an invoice, or a part of it."""

    reason_code: WriteOffReason
    reason: Reason
    amount: Amount | None = None
    """The part, VAT included, in the invoice's currency; all that is open unless given."""


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
    state: Literal["asked", "booked", "refused", "reinstated", "credited"]
    small: bool
    amount: str
    vat: str
    credited: str
    """What credit notes took back of it since."""
    credited_vat: str
    vat_left: str
    """The VAT in it that is, or was, to be decided."""
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
    """The payment that it comes from, one of the client's `refund-sources`; the money goes back to
    that account."""


class RefundSourceOut(Out, frozen=True):
    """A payment of the client that a refund can go back to the account of."""

    bank_entry_id: BankEntryId
    received_on: date
    amount: str
    currency: str
    invoice_numbers: list[str]
    """What it paid; none where all of it is on account."""


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

"""What goes over the wire about invoices. Amounts are decimal strings in the invoice's currency."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from guild.core.ids import (
    ContractId,
    InvoiceId,
    MemberId,
    MilestoneId,
    OrganisationId,
    PaymentId,
)
from guild.core.wire import Amount, In, LongText, OptionalText, Out

InvoiceState = Literal["draft", "issued", "partly_paid", "paid", "credited"]
Kind = Literal["invoice", "credit_note"]
Supply = Literal["services", "goods"]
Treatment = Literal["general", "zero_rated", "exempt_activity", "outside_scope"]
RowVersion = Annotated[int, Meta(ge=1, le=1_000_000)]
Position = Annotated[int, Meta(ge=1, le=200)]


class InvoiceIn(In, frozen=True):
    """Draft an invoice from accepted milestones; without a list, from all that are accepted."""

    contract_id: ContractId
    milestone_ids: Annotated[tuple[MilestoneId, ...], Meta(max_length=50)] = ()
    buyer_reference: OptionalText = ""
    order_reference: OptionalText = ""
    supply: Supply = "services"
    treatment: Treatment = "general"


class DraftChange(In, frozen=True):
    """What may be changed on a draft; the work and its price were agreed in the contract."""

    row_version: RowVersion
    buyer_reference: OptionalText | UnsetType = UNSET
    order_reference: OptionalText | UnsetType = UNSET
    supply: Supply | UnsetType = UNSET
    treatment: Treatment | UnsetType = UNSET
    delivered_on: date | UnsetType = UNSET


class CreditIn(In, frozen=True):
    """Take an invoice back: whole, or whole lines by position, or a net amount."""

    reason: LongText
    lines: Annotated[tuple[Position, ...], Meta(max_length=200)] = ()
    net: Amount | None = None


class LineOut(Out, frozen=True):
    """One line; `vat_percent` is null outside the scope of VAT."""

    position: int
    text: str
    detail: str
    quantity: str
    unit: str
    unit_price: str
    net: str
    vat_category: str
    vat_percent: str | None


class VatOut(Out, frozen=True):
    """The VAT of one category and rate, and why."""

    category: str
    percent: str | None
    taxable: str
    vat: str
    reason_code: str
    reason: str


class InvoiceRow(Out, frozen=True):
    """An invoice in a list."""

    id: InvoiceId
    kind: Kind
    state: InvoiceState
    number: str | None
    title: str
    client_id: OrganisationId
    client_name: str
    member_id: MemberId
    issued_on: date | None
    due_on: date | None
    overdue: bool
    total: str
    open: str
    currency: str


class InvoiceOut(Out, frozen=True):
    """A whole invoice or credit note."""

    id: InvoiceId
    kind: Kind
    state: InvoiceState
    number: str | None
    title: str
    contract_id: ContractId
    contract_number: str
    member_id: MemberId
    client_id: OrganisationId
    client_name: str
    corrects_id: InvoiceId | None
    reason: str
    buyer_reference: str
    order_reference: str
    supply: Supply
    treatment: Treatment
    delivered_on: date
    issued_on: date | None
    due_on: date | None
    overdue_on: date | None
    settled_on: date | None
    currency: str
    lines: list[LineOut]
    vat: list[VatOut]
    net: str
    vat_total: str
    total: str
    paid: str
    credited: str
    open: str
    reference: str
    """The structured payment reference as the payer types it."""
    files: list[Literal["pdf", "ubl", "cii"]]
    """Which files exist already; they are made a moment after issuing."""
    row_version: int


class IssuedOut(Out, frozen=True):
    """What issuing settled."""

    id: InvoiceId
    kind: Kind
    state: InvoiceState
    number: str
    issued_on: date
    due_on: date
    net: str
    vat_total: str
    total: str
    currency: str
    reference: str


class PaymentOut(Out, frozen=True):
    """Money recorded for an invoice."""

    id: PaymentId
    amount: str
    currency: str
    received_on: date
    recorded_at: datetime

"""What one reads of an invoice."""

from datetime import date
from typing import Literal

from guild.core.ids import (
    ContractId,
    InvoiceId,
    MemberId,
    MilestoneId,
    OrganisationId,
)
from guild.core.wire import Out
from guild.invoicing.schemas.words import InvoiceState, Kind, Supply, Treatment, VatCheck


class AdjustmentOut(Out, frozen=True):
    """An allowance or a charge; base and percent only where it is a per cent of something."""

    charge: bool
    amount: str
    base: str | None
    percent: str | None
    reason_code: str
    reason: str
    vat_category: str
    vat_percent: str | None


class LineOut(Out, frozen=True):
    """One line; `vat_percent` is null outside the scope of VAT."""

    position: int
    text: str
    detail: str
    quantity: str
    unit: str
    unit_price: str
    base_quantity: str
    adjustments: list[AdjustmentOut]
    net: str
    vat_category: str
    vat_percent: str | None
    milestone_id: MilestoneId | None


class VatOut(Out, frozen=True):
    """The tax of one category and rate, and why."""

    tax: Literal["VAT", "GST", "HST", "QST", "NONE"]
    category: str
    percent: str | None
    taxable: str
    vat: str
    reason_code: str
    reason: str


class PeriodOut(Out, frozen=True):
    """The period of the work; both days belong to it."""

    first: date
    last: date


class ExchangeOut(Out, frozen=True):
    """The VAT in the currency that the cooperative accounts in, and the rate."""

    currency: str
    rate: str
    on: date
    source: str
    vat_total: str


class AttachmentOut(Out, frozen=True):
    """A file that supports the document."""

    name: str
    media_type: str
    description: str
    sha256: str


class InvoiceRow(Out, frozen=True):
    """An invoice in a list."""

    id: InvoiceId
    kind: Kind
    state: InvoiceState
    number: str | None
    title: str
    client_id: OrganisationId | None
    client_name: str
    member_id: MemberId
    shared: bool
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
    contract_id: ContractId | None
    contract_number: str
    member_id: MemberId
    shared: bool
    """Whether co-workers have a share of it; `member_id` drafted it."""
    client_id: OrganisationId | None
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
    note: str
    period: PeriodOut | None
    references: dict[str, str]
    delivery: dict[str, str] | None
    buyer_vat_check: VatCheck
    buyer_vat_checked_on: date | None
    place_country: str | None
    place_region: str
    lines: list[LineOut]
    adjustments: list[AdjustmentOut]
    vat: list[VatOut]
    lines_total: str
    allowances: str
    charges: str
    net: str
    vat_total: str
    total: str
    prepaid: str
    rounding: str
    payable: str
    exchange: ExchangeOut | None
    attachments: list[AttachmentOut]
    paid: str
    credited: str
    open: str
    reference: str
    """The structured payment reference as the payer types it."""
    files: list[Literal["pdf", "ubl", "cii", "report"]]
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

"""What has happened to invoices, for the wings above (treasury, fund, reputation, compliance)."""

from datetime import date
from typing import ClassVar

from guild.core.events import Event
from guild.core.ids import ContractId, InvoiceId, MemberId, OrganisationId, PaymentId


class InvoiceIssued(Event, frozen=True, kw_only=True):
    """An invoice took its number and was frozen; the receivable stands in the books."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    number: str
    net_minor: int
    vat_minor: int
    total_minor: int
    currency: str
    due_on: date


class PaymentRecorded(Event, frozen=True, kw_only=True):
    """Money for an invoice has arrived.

    `net_minor` is the member's net in it, allocated on the running sum, so that the parts of all
    payments add up to the invoice's net exactly; `settled` says that nothing is left open.
    """

    subject: ClassVar[str] = "invoice_id"

    payment_id: PaymentId
    invoice_id: InvoiceId
    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    amount_minor: int
    net_minor: int
    settled: bool
    currency: str
    received_on: date


class InvoiceCredited(Event, frozen=True, kw_only=True):
    """A credit note was issued against an invoice.

    `pending_net_minor` was taken back here from what the client had not paid yet;
    `released_net_minor` had been shared out already, and the fund's reaction takes it back from
    the member and the pots.
    """

    subject: ClassVar[str] = "invoice_id"

    credit_note_id: InvoiceId
    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId
    net_minor: int
    vat_minor: int
    total_minor: int
    pending_net_minor: int
    released_net_minor: int
    settled: bool
    """Whether the client owes nothing more on the invoice."""
    currency: str


class InvoiceOverdue(Event, frozen=True, kw_only=True):
    """The due date has passed and something is still open."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId

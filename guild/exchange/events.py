"""Facts of exchange: how documents reached their receivers, and what suppliers asked for."""

from typing import ClassVar

from guild.core.events import Event
from guild.core.ids import (
    ContractId,
    InvoiceId,
    MemberId,
    SupplierId,
    SupplierInvoiceId,
    TransmissionId,
)


class TransmissionMoved(Event, frozen=True, kw_only=True):
    """Something is known about how a document reaches its receiver.

    `state` is one of the transmission's lifecycle, `code` the receiver's or the network's own.
    """

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    transmission_id: TransmissionId
    channel: str
    state: str
    code: str


class SupplierInvoiceReceived(Event, frozen=True, kw_only=True):
    """A supplier's invoice came in and could be read; nobody has agreed to anything yet."""

    subject: ClassVar[str] = "supplier_invoice_id"

    supplier_invoice_id: SupplierInvoiceId
    supplier_id: SupplierId
    source: str
    verdict: str


class SupplierInvoiceAccepted(Event, frozen=True, kw_only=True):
    """A person says that it is owed, and for whose project."""

    subject: ClassVar[str] = "supplier_invoice_id"

    supplier_invoice_id: SupplierInvoiceId
    supplier_id: SupplierId
    member_id: MemberId
    contract_id: ContractId | None
    total_minor: int
    currency: str


class SupplierInvoiceDisputed(Event, frozen=True, kw_only=True):
    """A person says that something in it is wrong; the supplier is asked."""

    subject: ClassVar[str] = "supplier_invoice_id"

    supplier_invoice_id: SupplierInvoiceId
    supplier_id: SupplierId


class SupplierInvoiceRefused(Event, frozen=True, kw_only=True):
    """It is not paid, and the supplier learns why where the channel can carry it."""

    subject: ClassVar[str] = "supplier_invoice_id"

    supplier_invoice_id: SupplierInvoiceId
    supplier_id: SupplierId


class SupplierInvoicePayable(Event, frozen=True, kw_only=True):
    """It stands in the books as owed to the supplier; whoever pays may now pay it.

    `payable_minor` is below zero for a credit note: it lowers what the supplier gets.
    """

    subject: ClassVar[str] = "supplier_invoice_id"

    supplier_invoice_id: SupplierInvoiceId
    supplier_id: SupplierId
    member_id: MemberId
    payable_minor: int
    currency: str


class SupplierInvoicePaid(Event, frozen=True, kw_only=True):
    """The bank has shown the payment."""

    subject: ClassVar[str] = "supplier_invoice_id"

    supplier_invoice_id: SupplierInvoiceId
    supplier_id: SupplierId
    payable_minor: int
    currency: str

"""What has happened to invoices, for the wings above (treasury, fund, reputation, compliance)."""

from datetime import date
from typing import ClassVar

import msgspec

from guild.core.events import Event
from guild.core.ids import (
    BankEntryId,
    ContractId,
    EntryId,
    InvoiceId,
    MemberId,
    OrganisationId,
    PaymentId,
    PayoutId,
    SelfBillingMandateId,
)


class MemberPart(msgspec.Struct, frozen=True):
    """One member's part of what happened to a shared invoice, net, in minor units.

    `released_minor` is the part of it that had reached her already, where a credit note takes it
    back. A fact about an invoice of one member carries no parts.
    """

    member_id: MemberId
    net_minor: int
    released_minor: int = 0


class InvoiceDrafted(Event, frozen=True, kw_only=True):
    """A draft was made or changed; what it says now is checked in the background."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId


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
    prepaid_minor: int = 0
    """What the client had paid before and has on account; it is settled with this document."""
    parts: tuple[MemberPart, ...] = ()
    """Of an invoice that several members share: each one's part of the net."""


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
    parts: tuple[MemberPart, ...] = ()


class PaymentReversed(Event, frozen=True, kw_only=True):
    """A recorded payment, or a part of it, was taken back: that much is open again.

    `net_minor` is the member's net that it had released; the fund takes it back.
    """

    subject: ClassVar[str] = "invoice_id"

    payment_id: PaymentId
    invoice_id: InvoiceId
    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    amount_minor: int
    net_minor: int
    cause: str
    """`mistake` or `returned`."""
    currency: str
    reversed_on: date
    parts: tuple[MemberPart, ...] = ()


class PaidTwiceSuspected(Event, frozen=True, kw_only=True):
    """Money came in that names an invoice on which nothing is open any more.

    Stated by treasury at the import, before anybody confirms; here, so that receivables can react.
    """

    subject: ClassVar[str] = "entry_id"

    entry_id: BankEntryId
    invoice_id: InvoiceId
    client_id: OrganisationId
    amount_minor: int
    currency: str
    iban_last4: str


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
    parts: tuple[MemberPart, ...] = ()


class ShareAsked(Event, frozen=True, kw_only=True):
    """A member was asked to agree to her share of a draft, or of what it says now."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    by_id: MemberId
    net_minor: int
    whole_minor: int
    currency: str


class ShareAgreed(Event, frozen=True, kw_only=True):
    """A member agreed to her share of a draft."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    net_minor: int
    currency: str


class ShareDeclined(Event, frozen=True, kw_only=True):
    """A member declined her share of a draft; it is not issued like this."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    reason: str


class ProformaSent(Event, frozen=True, kw_only=True):
    """A pro-forma was mailed to the client, as it stood."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId


class SelfBilled(Event, frozen=True, kw_only=True):
    """The co-operative wrote a member's invoice to it, for what it paid out to her."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    payout_ids: tuple[PayoutId, ...]
    """One, or all of a month where her mandate says so."""
    net_minor: int
    vat_minor: int
    currency: str
    object_by: date


class SelfBillFiled(Event, frozen=True, kw_only=True):
    """The files of a document in a member's name exist, an e-invoice among them."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId


class SelfBillingHeld(Event, frozen=True, kw_only=True):
    """No document could be made of a payout; the office reads why, and it can be tried again."""

    subject: ClassVar[str] = "payout_id"

    payout_id: PayoutId
    member_id: MemberId
    reason: str


class SelfBillObjected(Event, frozen=True, kw_only=True):
    """A member objected to a document made in her name; it was taken back by a credit note."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    credit_note_id: InvoiceId
    member_id: MemberId


class SelfBillAccepted(Event, frozen=True, kw_only=True):
    """A member accepted a document made in her name, by word or by silence."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId


class SelfBillingAgreed(Event, frozen=True, kw_only=True):
    """A member signed the mandate for self-billing."""

    subject: ClassVar[str] = "member_id"

    member_id: MemberId
    mandate_id: SelfBillingMandateId


class SelfBillingEnded(Event, frozen=True, kw_only=True):
    """A member revoked the mandate for self-billing."""

    subject: ClassVar[str] = "member_id"

    member_id: MemberId
    mandate_id: SelfBillingMandateId


class InvoiceWrittenOff(Event, frozen=True, kw_only=True):
    """What is open on an invoice, or a part of it, was given up: nobody waits for it any more.

    `net_minor` left the member's pending money; the VAT in it is still owed to the State.
    `open_minor` is still asked for.
    """

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId
    amount_minor: int
    net_minor: int
    vat_minor: int
    currency: str
    open_minor: int = 0
    parts: tuple[MemberPart, ...] = ()


class InvoiceReinstated(Event, frozen=True, kw_only=True):
    """A write-off was taken back: what was given up is owed again."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId
    amount_minor: int
    currency: str
    net_minor: int = 0
    parts: tuple[MemberPart, ...] = ()


class WriteOffCredited(Event, frozen=True, kw_only=True):
    """A credit note took back what had been given up: it was not owed, so it is no loss.

    The credit note itself, which follows, takes the net and the VAT as of any open part.
    """

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId
    write_off_entry_id: EntryId
    amount_minor: int
    net_minor: int
    vat_minor: int
    currency: str
    parts: tuple[MemberPart, ...] = ()


class InvoiceFiled(Event, frozen=True, kw_only=True):
    """The files of an issued invoice or credit note exist: it can be delivered now."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId


class InvoiceOverdue(Event, frozen=True, kw_only=True):
    """The due date has passed and something is still open."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId

"""Facts of receivables, for treasury, the fund, reputation and whoever listens."""

from datetime import date
from typing import ClassVar

from guild.core.events import Event
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


class InvoiceDisputed(Event, frozen=True, kw_only=True):
    """A client objects to an invoice: what is disputed is not asked for meanwhile.

    `advance_bps` is the share of the disputed part that the fund advances all the same.
    """

    subject: ClassVar[str] = "objection_id"

    objection_id: ObjectionId
    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId
    reason_code: str
    disputed_minor: int
    disputed_net_minor: int
    """The member's net in it."""
    currency: str
    advance_bps: int


class ObjectionAnswered(Event, frozen=True, kw_only=True):
    """The member answered; the client has its days to reply."""

    subject: ClassVar[str] = "objection_id"

    objection_id: ObjectionId
    invoice_id: InvoiceId
    reply_by: date


class ObjectionMediated(Event, frozen=True, kw_only=True):
    """A union representative takes the objection up: asked for, or after silence."""

    subject: ClassVar[str] = "objection_id"

    objection_id: ObjectionId
    invoice_id: InvoiceId
    member_id: MemberId


class InvoiceDisputeClosed(Event, frozen=True, kw_only=True):
    """The objection has come to its end: withdrawn, credited or dismissed."""

    subject: ClassVar[str] = "objection_id"

    objection_id: ObjectionId
    invoice_id: InvoiceId
    member_id: MemberId
    client_id: OrganisationId
    outcome: str


class PaymentPromised(Event, frozen=True, kw_only=True):
    """A client named the day on which it pays."""

    subject: ClassVar[str] = "invoice_id"

    promise_id: PromiseId
    invoice_id: InvoiceId
    pay_by: date


class PromiseBroken(Event, frozen=True, kw_only=True):
    """The promised day has passed and something is still open."""

    subject: ClassVar[str] = "invoice_id"

    promise_id: PromiseId
    invoice_id: InvoiceId
    member_id: MemberId


class ReminderSent(Event, frozen=True, kw_only=True):
    """A step of the charter's schedule went out to the client."""

    subject: ClassVar[str] = "invoice_id"

    reminder_id: ReminderId
    invoice_id: InvoiceId
    step: int
    tone: str


class InterestClaimed(Event, frozen=True, kw_only=True):
    """Statutory interest of a period was claimed from a client."""

    subject: ClassVar[str] = "claim_id"

    claim_id: InterestClaimId
    invoice_id: InvoiceId
    client_id: OrganisationId
    total_minor: int
    currency: str


class InterestPaid(Event, frozen=True, kw_only=True):
    """A client paid a claim of interest; it was shared out by the charter."""

    subject: ClassVar[str] = "claim_id"

    claim_id: InterestClaimId
    invoice_id: InvoiceId
    member_id: MemberId
    total_minor: int
    member_minor: int
    currency: str


class InterestReopened(Event, frozen=True, kw_only=True):
    """What was recorded as payment of a claim was none, or the bank took it back."""

    subject: ClassVar[str] = "claim_id"

    claim_id: InterestClaimId
    invoice_id: InvoiceId


class InterestWaived(Event, frozen=True, kw_only=True):
    """A claim of interest was given up, with a reason."""

    subject: ClassVar[str] = "claim_id"

    claim_id: InterestClaimId
    invoice_id: InvoiceId


class WriteOffAskedFor(Event, frozen=True, kw_only=True):
    """Somebody asks to give up what is open on an invoice; a second person decides."""

    subject: ClassVar[str] = "write_off_id"

    write_off_id: WriteOffId
    invoice_id: InvoiceId
    amount_minor: int
    currency: str


class OverpaymentNoticed(Event, frozen=True, kw_only=True):
    """A bank entry brought more than was open; the client was told."""

    subject: ClassVar[str] = "entry_id"

    entry_id: BankEntryId
    invoice_id: InvoiceId
    client_id: OrganisationId
    kind: str
    amount_minor: int
    currency: str


class RefundProposed(Event, frozen=True, kw_only=True):
    """Money is to go back to a client; another person decides."""

    subject: ClassVar[str] = "refund_id"

    refund_id: RefundId
    client_id: OrganisationId
    entry_id: BankEntryId | None
    amount_minor: int
    currency: str


class RefundApproved(Event, frozen=True, kw_only=True):
    """A refund was approved by a second person: treasury may order it.

    It goes to the account that `entry_id` came from. Treasury reports what the bank says by
    `receivables.commands.note_refund`.
    """

    subject: ClassVar[str] = "refund_id"

    refund_id: RefundId
    client_id: OrganisationId
    entry_id: BankEntryId | None
    amount_minor: int
    currency: str


class RefundRefused(Event, frozen=True, kw_only=True):
    """The money stays on the client's account."""

    subject: ClassVar[str] = "refund_id"

    refund_id: RefundId
    client_id: OrganisationId


class CreditApplied(Event, frozen=True, kw_only=True):
    """What a client had on account paid an invoice of the same client, with consent."""

    subject: ClassVar[str] = "invoice_id"

    invoice_id: InvoiceId
    client_id: OrganisationId
    amount_minor: int
    currency: str


class ClientInsolvent(Event, frozen=True, kw_only=True):
    """A court declared a client insolvent: reminders stop, no new guarantee is given."""

    subject: ClassVar[str] = "client_id"

    insolvency_id: InsolvencyId
    client_id: OrganisationId
    client_key: str
    declared_on: date


class InsolvencyLifted(Event, frozen=True, kw_only=True):
    """The client is no longer insolvent, or never was."""

    subject: ClassVar[str] = "client_id"

    insolvency_id: InsolvencyId
    client_id: OrganisationId
    client_key: str

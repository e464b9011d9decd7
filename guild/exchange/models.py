"""Tables: how documents went out and what came back; suppliers and their invoices."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    ContractId,
    DocumentId,
    EntryId,
    InvoiceId,
    MailId,
    MemberId,
    SupplierId,
    SupplierInvoiceId,
    TransmissionId,
)
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

TRANSMISSION: Final = Lifecycle(
    "transmission",
    initial="queued",
    moves={
        "look_up": (("queued", "looking_up"), "looking_up"),
        "make_ready": (("looking_up",), "ready"),
        "begin_sending": (("ready",), "sending"),
        "wait": (("sending",), "ready"),
        "lose_sight": (("sending",), "unknown"),
        "hand_over": (("sending", "unknown"), "sent"),
        "deliver": (("sending", "unknown", "sent"), "delivered"),
        "accept": (("sending", "unknown", "sent", "delivered"), "accepted"),
        "refuse": (("sending", "unknown", "sent", "delivered"), "refused_by_receiver"),
        "fail": (("looking_up", "ready", "sending", "unknown", "sent"), "failed"),
        "mail": (("queued", "looking_up"), "by_mail"),
        "bounce": (("by_mail",), "bounced"),
        "ask_person": (("queued", "looking_up"), "needs_person"),
    },
)
"""One attempt to bring one document to one receiver. `wait` is for a gateway that certainly did
not take it; `lose_sight` for a call whose answer was lost: it is asked about, never repeated."""

SUPPLIER_INVOICE: Final = Lifecycle(
    "supplier_invoice",
    initial="received",
    moves={
        "accept": (("received", "disputed"), "accepted"),
        "dispute": (("received", "accepted"), "disputed"),
        "refuse": (("received", "disputed"), "refused"),
        "book": (("accepted",), "booked"),
        "order": (("booked",), "ordered"),
        "pay": (("booked", "ordered"), "paid"),
        "come_back": (("ordered", "paid"), "booked"),
    },
)
"""From the inbox to the bank. A refused one stays refused: the supplier sends another. What the
bank refused or sent back is owed again."""

IN_BOOKS: Final = ("booked", "ordered", "paid")
"""States in which the ledger knows of it."""

CHANNELS: Final = ("peppol", "mail")


class Transmission(Base):
    """One attempt to deliver an issued document; its id is the idempotency key for ever."""

    __tablename__ = "transmission"
    __table_args__ = (
        CheckConstraint(TRANSMISSION.check_sql(), name="state_known"),
        CheckConstraint("channel IN ('', 'peppol', 'mail')", name="channel_known"),
        CheckConstraint(
            "state NOT IN ('ready', 'sending', 'sent', 'unknown') OR channel = 'peppol'",
            name="gateway_states",
        ),
        CheckConstraint(
            "state NOT IN ('by_mail', 'bounced') OR channel = 'mail'", name="mail_states"
        ),
        Index(
            "uq_transmission_current",
            "invoice_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(None, "invoice_id", "id"),
        Index(
            "ix_transmission_open",
            "state",
            "id",
            postgresql_where=text("state IN ('unknown', 'sent', 'sending', 'by_mail')"),
        ),
        Index("ix_transmission_mail", "mail_id", postgresql_where=text("mail_id IS NOT NULL")),
        Index("ix_transmission_bounced", "address", postgresql_where=text("state = 'bounced'")),
    )

    id: Mapped[TransmissionId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    state: Mapped[str] = mapped_column(String(20), default=TRANSMISSION.initial)
    channel: Mapped[str] = mapped_column(String(10), default="")
    """Empty until it is decided."""
    wanted: Mapped[str] = mapped_column(String(10), default="")
    """A channel that a person chose; empty: the house decides."""
    address: Mapped[str] = mapped_column(String(254), default="")
    """The participant, or the e-mail address."""
    provider: Mapped[str] = mapped_column(String(20), default="")
    mail_id: Mapped[MailId | None] = mapped_column(default=None)
    sent_document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    """The very bytes that were sent, where they are not the filed UBL's."""
    code: Mapped[str] = mapped_column(String(60), default="")
    detail: Mapped[str] = mapped_column(String(500), default="")
    tries: Mapped[int] = mapped_column(default=0)
    moves: Mapped[int] = mapped_column(default=0)
    """How many steps its history has."""
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    asked_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the gateway was last asked what became of it."""
    superseded_at: Mapped[datetime | None] = mapped_column(default=None)
    begun_by: Mapped[MemberId | None] = mapped_column(default=None)


class TransmissionStep(Base):
    """One step of a transmission, for ever: what is shown as its history."""

    __tablename__ = "transmission_step"

    transmission_id: Mapped[TransmissionId] = mapped_column(
        ForeignKey("transmission.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]


class GatewayNotice(Base):
    """What a gateway or a mail server reported, once for each of its own identifiers."""

    __tablename__ = "gateway_notice"
    __table_args__ = (CheckConstraint("octet_length(body_hash) = 32", name="hash_whole"),)

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    body_hash: Mapped[bytes]
    about: Mapped[str] = mapped_column(String(120))
    """The key of the transmission, the id of the mail, or empty for “look into the inbox”."""
    status: Mapped[str] = mapped_column(String(30))
    code: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(String(500))
    received_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20), default="")
    """Empty until the job has looked: then moved, stale or stranger."""


class InboxMessage(Base):
    """A message of a gateway's inbox, taken in once; acknowledged after the commit only."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        CheckConstraint("(supplier_invoice_id IS NULL) <> (problem = '')", name="read_or_not"),
    )

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    sender: Mapped[str] = mapped_column(String(80))
    document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    supplier_invoice_id: Mapped[SupplierInvoiceId | None] = mapped_column(
        ForeignKey("supplier_invoice.id"), default=None
    )
    problem: Mapped[str] = mapped_column(String(500), default="")
    received_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None] = mapped_column(default=None)


class Supplier(Base):
    """Somebody whom the co-operative owes, known by VAT number, company number or name."""

    __tablename__ = "supplier"

    id: Mapped[SupplierId] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(260), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    vat_number: Mapped[str] = mapped_column(String(20))
    legal_id: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class SupplierInvoice(Base):
    """An invoice or credit note of a supplier. Amounts in minor units of `currency`."""

    __tablename__ = "supplier_invoice"
    __table_args__ = (
        CheckConstraint(SUPPLIER_INVOICE.check_sql(), name="state_known"),
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind_known"),
        CheckConstraint("source IN ('upload', 'peppol')", name="source_known"),
        CheckConstraint("syntax IN ('ubl', 'cii', 'facturx')", name="syntax_known"),
        CheckConstraint(
            f"state NOT IN {('accepted', *IN_BOOKS)} OR "
            "(member_id IS NOT NULL AND accepted_by IS NOT NULL)",
            name="accepted_is_matched",
        ),
        CheckConstraint(
            f"(state IN {IN_BOOKS}) = (ledger_entry_id IS NOT NULL)", name="booked_in_ledger"
        ),
        CheckConstraint("booked_by IS NULL OR booked_by <> member_id", name="not_her_own"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refusal_has_reason"),
        UniqueConstraint("sha256"),
        Index(
            "uq_supplier_invoice_counted_once",
            "supplier_id",
            "kind",
            "number",
            "issued_on",
            unique=True,
            postgresql_where=text(f"state IN {('accepted', *IN_BOOKS)}"),
        ),
        Index(None, "supplier_id", "number"),
        Index(None, "member_id", "id"),
        Index(None, "state", "id"),
        Index(None, "uploaded_by", "id"),
    )

    id: Mapped[SupplierInvoiceId] = mapped_column(primary_key=True)
    supplier_id: Mapped[SupplierId] = mapped_column(ForeignKey("supplier.id"))
    state: Mapped[str] = mapped_column(String(20), default=SUPPLIER_INVOICE.initial)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(10))
    syntax: Mapped[str] = mapped_column(String(10))
    sha256: Mapped[bytes]
    document_id: Mapped[DocumentId]
    number: Mapped[str] = mapped_column(String(200))
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int]
    vat_minor: Mapped[int]
    total_minor: Mapped[int]
    rounding_minor: Mapped[int]
    prepaid_minor: Mapped[int]
    payable_minor: Mapped[int]
    content: Mapped[dict[str, Any]]
    """`rules.received.ReceivedInvoice` without the account to pay to, which is sealed."""
    iban_sealed: Mapped[bytes | None]
    iban_last4: Mapped[str] = mapped_column(String(4), default="")
    findings: Mapped[list[Any]]
    """`rules.received.Finding`s, errors first."""
    verdict: Mapped[str] = mapped_column(String(10))
    """fine, doubtful (warnings) or broken (errors)."""
    judged_by: Mapped[str] = mapped_column(String(120), default="")
    """Which official rules were asked, with their versions; empty until the job has."""
    wrong_buyer: Mapped[bool] = mapped_column(default=False)
    duplicate_of: Mapped[SupplierInvoiceId | None] = mapped_column(
        ForeignKey("supplier_invoice.id"), default=None
    )
    contract_id: Mapped[ContractId | None] = mapped_column(ForeignKey("contract.id"), default=None)
    member_id: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    """Whose project it is for, once a person has said so."""
    uploaded_by: Mapped[MemberId | None] = mapped_column(default=None)
    matched_by: Mapped[MemberId | None] = mapped_column(default=None)
    accepted_by: Mapped[MemberId | None] = mapped_column(default=None)
    booked_by: Mapped[MemberId | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it is disputed or was refused."""
    ledger_entry_id: Mapped[EntryId | None] = mapped_column(default=None)
    paid_on: Mapped[date | None] = mapped_column(default=None)
    charter_version: Mapped[int | None] = mapped_column(default=None)
    """The charter under which it was booked."""
    received_at: Mapped[datetime]
    changed_at: Mapped[datetime]


SEALED_PAYEE: Final = SealedColumn(
    SupplierInvoice.id,
    SupplierInvoice.iban_sealed,
    lambda invoice_id: f"supplier_invoice.iban:{invoice_id}",
)


class LoopbackMessage(Base):
    """A parcel of the gateway without a network (`gateway/loopback.py`)."""

    __tablename__ = "loopback_message"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    sender: Mapped[str] = mapped_column(String(80))
    receiver: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    ubl: Mapped[bytes]
    status: Mapped[str] = mapped_column(String(30))
    code: Mapped[str] = mapped_column(String(60), default="")
    detail: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None] = mapped_column(default=None)

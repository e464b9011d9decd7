"""Tables: invoices and credit notes, their lines and VAT, the counter of each series, payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    Sequence,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guild.core.db import Base
from guild.core.ids import (
    BankEntryId,
    ContactId,
    ContractId,
    DocumentId,
    InvoiceId,
    MemberId,
    MilestoneId,
    OrganisationId,
    PaymentId,
)
from guild.core.lifecycle import Lifecycle

INVOICE_LIFECYCLE: Final = Lifecycle(
    "invoice",
    initial="draft",
    moves={
        "issue": (("draft",), "issued"),
        "pay_part": (("issued", "partly_paid"), "partly_paid"),
        "settle": (("issued", "partly_paid"), "paid"),
        "credit": (("issued", "partly_paid", "paid"), "credited"),
    },
)
"""From draft to settled. Being overdue is a dated fact beside it (`overdue_on`), not a state."""

OPEN_STATES: Final = ("issued", "partly_paid")
"""States in which a client still owes something."""

REFERENCE_SERIAL: Final = Sequence("invoice_reference_serial")
"""Serials of structured payment references. Gaps mean nothing: this is not the invoice number."""


class NumberSeries(Base):
    """The counter of one kind of document in one year; its row is the queue for the next number.

    It is moved on in the transaction that issues, so a rollback leaves no gap. The format is fixed
    with the first number of the year.
    """

    __tablename__ = "number_series"
    __table_args__ = (
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind_known"),
        CheckConstraint("next >= 1", name="starts_at_one"),
    )

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    next: Mapped[int]
    last_date: Mapped[date]
    number_format: Mapped[str] = mapped_column(String(60))


class Invoice(Base):
    """An invoice, or a credit note that corrects one (`corrects_id`, positive amounts).

    Amounts are minor units of `currency`. What is open is total less paid less credited plus
    refundable: `refundable_minor` is the part of credit notes that the client had paid already.
    `pending_net_minor` is the member's net that waits for the client.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        CheckConstraint(INVOICE_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind_known"),
        CheckConstraint("(kind = 'credit_note') = (corrects_id IS NOT NULL)", name="corrects"),
        CheckConstraint("net_minor + vat_minor = total_minor", name="total_adds_up"),
        CheckConstraint(
            "state = 'draft' OR (total_minor > 0 AND net_minor > 0 AND vat_minor >= 0)",
            name="total_positive",
        ),
        CheckConstraint(
            "(state = 'draft') = (number IS NULL) AND (state = 'draft') = (sequence IS NULL) "
            "AND (state = 'draft') = (issued_on IS NULL) AND (state = 'draft') = (due_on IS NULL) "
            "AND (state = 'draft') = (seller IS NULL) AND (state = 'draft') = (buyer IS NULL)",
            name="issued_is_whole",
        ),
        CheckConstraint("paid_minor >= 0 AND refundable_minor >= 0", name="paid_not_negative"),
        CheckConstraint("credited_minor BETWEEN 0 AND total_minor", name="credit_within_total"),
        CheckConstraint("credited_net_minor BETWEEN 0 AND net_minor", name="credit_within_net"),
        CheckConstraint(
            "paid_minor + credited_minor - refundable_minor <= total_minor",
            name="paid_within_total",
        ),
        CheckConstraint("pending_net_minor BETWEEN 0 AND net_minor", name="pending_within_net"),
        CheckConstraint(
            "state <> 'paid' OR paid_minor + credited_minor - refundable_minor = total_minor",
            name="paid_is_settled",
        ),
        CheckConstraint(
            "state <> 'credited' OR credited_minor = total_minor", name="credited_is_whole"
        ),
        UniqueConstraint("kind", "series_year", "sequence"),
        UniqueConstraint("kind", "number"),
        UniqueConstraint("reference"),
        Index(None, "member_id", "id"),
        Index(None, "client_id", "id"),
        Index(None, "contract_id"),
        Index(
            "ix_invoice_corrects", "corrects_id", postgresql_where=text("corrects_id IS NOT NULL")
        ),
        Index(
            "ix_invoice_falling_due",
            "due_on",
            postgresql_where=text(
                "state IN ('issued', 'partly_paid') AND overdue_on IS NULL AND kind = 'invoice'"
            ),
        ),
    )

    id: Mapped[InvoiceId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), default="invoice")
    state: Mapped[str] = mapped_column(String(20), default="draft")
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    corrects_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)

    series_year: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    sequence: Mapped[int | None] = mapped_column(default=None)
    number: Mapped[str | None] = mapped_column(String(80), default=None)
    number_format: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date | None] = mapped_column(default=None)
    issued_at: Mapped[datetime | None] = mapped_column(default=None)
    due_days: Mapped[int] = mapped_column(SmallInteger)
    due_on: Mapped[date | None] = mapped_column(default=None)
    delivered_on: Mapped[date]

    title: Mapped[str] = mapped_column(String(200))
    contract_number: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5))
    buyer_reference: Mapped[str] = mapped_column(String(200), default="")
    order_reference: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why a credit note was issued; empty on invoices."""
    supply: Mapped[str] = mapped_column(String(10), default="services")
    treatment: Mapped[str] = mapped_column(String(20), default="general")
    reference: Mapped[str] = mapped_column(String(25))
    """The structured payment reference: twelve digits (OGM) or RF…"""

    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int] = mapped_column(default=0)
    vat_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int] = mapped_column(default=0)
    paid_minor: Mapped[int] = mapped_column(default=0)
    credited_minor: Mapped[int] = mapped_column(default=0)
    credited_net_minor: Mapped[int] = mapped_column(default=0)
    refundable_minor: Mapped[int] = mapped_column(default=0)
    pending_net_minor: Mapped[int] = mapped_column(default=0)
    settled_on: Mapped[date | None] = mapped_column(default=None)
    overdue_on: Mapped[date | None] = mapped_column(default=None)

    seller: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    buyer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    """The parties as they were on the day of issue (`rules.canonical.Party`)."""
    iban: Mapped[str | None] = mapped_column(String(34), default=None)
    bic: Mapped[str | None] = mapped_column(String(11), default=None)
    """Where to pay, as printed on the day of issue."""
    pdf_document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    ubl_document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    cii_document_id: Mapped[DocumentId | None] = mapped_column(default=None)

    charter_version: Mapped[int]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
    """Raised by each edit of the draft; an edit that answers an older one is refused."""

    lines: Mapped[list["InvoiceLine"]] = relationship(
        order_by="InvoiceLine.position", lazy="raise", cascade="all, delete-orphan"
    )
    vat: Mapped[list["InvoiceVat"]] = relationship(
        order_by="(InvoiceVat.category, InvoiceVat.rate_bps)",
        lazy="raise",
        cascade="all, delete-orphan",
    )

    @property
    def open_minor(self) -> int:
        """What the client still owes, in minor units; nothing on drafts and credit notes."""
        if self.kind != "invoice" or self.state == "draft":
            return 0
        return self.total_minor - self.paid_minor - self.credited_minor + self.refundable_minor


class InvoiceLine(Base):
    """One line; `price` is in major units and may have more decimals than the currency."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position_from_one"),
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("rate_bps BETWEEN 0 AND 10000", name="rate_within"),
        Index(
            "ix_invoice_line_milestone",
            "milestone_id",
            postgresql_where=text("milestone_id IS NOT NULL"),
        ),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    milestone_id: Mapped[MilestoneId | None] = mapped_column(
        ForeignKey("milestone.id"), default=None
    )
    credits_position: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    """On a credit note: the line of the invoice that this one takes back whole."""
    text: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(String(500), default="")
    quantity: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    unit: Mapped[str] = mapped_column(String(3))
    price: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    net_minor: Mapped[int]
    category: Mapped[str] = mapped_column(String(2))
    rate_bps: Mapped[int] = mapped_column(SmallInteger)


class InvoiceVat(Base):
    """The VAT of one category and rate on the sum of its lines, and why."""

    __tablename__ = "invoice_vat"
    __table_args__ = (
        CheckConstraint("category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')", name="category_known"),
        CheckConstraint(
            "(category = 'S') = (rate_bps > 0) AND (category = 'S' OR vat_minor = 0)",
            name="only_standard_is_charged",
        ),
        CheckConstraint("category IN ('S', 'Z') OR reason <> ''", name="reason_given"),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(2), primary_key=True)
    rate_bps: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    taxable_minor: Mapped[int]
    vat_minor: Mapped[int]
    reason_code: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    """The statutory mention with its article, in the client's language."""


class Payment(Base):
    """Money recorded for an invoice; append-only. `net_minor` is the member's net in it."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("net_minor BETWEEN 0 AND amount_minor", name="net_within_amount"),
        UniqueConstraint("invoice_id", "bank_entry_id"),
    )

    id: Mapped[PaymentId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    amount_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    received_on: Mapped[date]
    recorded_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(40))
    """Code of the ledger account that the money came through."""
    bank_entry_id: Mapped[BankEntryId | None] = mapped_column(default=None)

"""What a document consists of: lines, allowances and charges, taxes, attached files."""

from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    DocumentId,
    InvoiceId,
    MilestoneId,
)


class InvoiceLine(Base):
    """One line; `price` is in major units and may have more decimals than the currency.

    `rate_milli` is in thousandths of a per cent; where two taxes lie on one net (Quebec) it is
    their sum.
    """

    __tablename__ = "invoice_line"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position_from_one"),
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("base_quantity > 0", name="base_quantity_positive"),
        CheckConstraint("rate_milli BETWEEN 0 AND 100000", name="rate_within"),
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
    base_quantity: Mapped[Decimal] = mapped_column(Numeric(14, 4), default=Decimal(1))
    """How many units the price is for (BT-149)."""
    net_minor: Mapped[int]
    """Quantity times price by base quantity, less the line's allowances, plus its charges."""
    treatment: Mapped[str] = mapped_column(String(30), default="")
    """Empty: as the document says."""
    reduced_milli: Mapped[int | None] = mapped_column(default=None)
    category: Mapped[str] = mapped_column(String(2))
    rate_milli: Mapped[int]


class InvoiceAdjustment(Base):
    """An allowance or a charge, of one line (BG-27, BG-28) or of the document (BG-20, BG-21)."""

    __tablename__ = "invoice_adjustment"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position_from_one"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint(
            "(percent_milli IS NULL) = (base_minor IS NULL) AND percent_milli >= 0",
            name="percent_has_base",
        ),
        CheckConstraint("reason <> '' OR reason_code <> ''", name="reason_given"),
        CheckConstraint("rate_milli BETWEEN 0 AND 100000", name="rate_within"),
        ForeignKeyConstraint(
            ["invoice_id", "line_position"],
            ["invoice_line.invoice_id", "invoice_line.position"],
            name="fk_invoice_adjustment_line",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index(
            "ix_invoice_adjustment_line",
            "invoice_id",
            "line_position",
            postgresql_where=text("line_position IS NOT NULL"),
        ),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    line_position: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    """The line that it belongs to; empty for the whole document."""
    charge: Mapped[bool]
    amount_minor: Mapped[int]
    """Always positive; `charge` says which way."""
    percent_milli: Mapped[int | None] = mapped_column(default=None)
    base_minor: Mapped[int | None] = mapped_column(default=None)
    reason_code: Mapped[str] = mapped_column(String(4), default="")
    """UNCL 5189 for allowances, UNCL 7161 for charges."""
    reason: Mapped[str] = mapped_column(String(200), default="")
    treatment: Mapped[str] = mapped_column(String(30), default="")
    """Empty: as the document says. A line's adjustment is taxed as its line."""
    reduced_milli: Mapped[int | None] = mapped_column(default=None)
    category: Mapped[str] = mapped_column(String(2))
    rate_milli: Mapped[int]


TAXES = ("VAT", "GST", "HST", "QST", "NONE")
"""VAT in the EU; GST, HST and QST in Canada, each on the net; NONE where no tax is owed (US)."""


class InvoiceVat(Base):
    """One tax of one category and rate on the sum of its lines, and why."""

    __tablename__ = "invoice_vat"
    __table_args__ = (
        CheckConstraint(f"tax IN {TAXES!r}", name="tax_known"),
        CheckConstraint("category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')", name="category_known"),
        CheckConstraint(
            "(category = 'S') = (rate_milli > 0) AND (category = 'S' OR vat_minor = 0)",
            name="only_standard_is_charged",
        ),
        CheckConstraint("category IN ('S', 'Z') OR reason <> ''", name="reason_given"),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    tax: Mapped[str] = mapped_column(String(4), primary_key=True, default="VAT")
    category: Mapped[str] = mapped_column(String(2), primary_key=True)
    rate_milli: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Thousandths of a per cent: 21 % is 21 000, 9.975 % is 9 975."""
    taxable_minor: Mapped[int]
    vat_minor: Mapped[int]
    reason_code: Mapped[str] = mapped_column(String(30), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    """The statutory mention with its article, in the client's language."""


class InvoiceAttachment(Base):
    """A file that supports a document (BG-24): a time sheet, a proof. Kept by the content store."""

    __tablename__ = "invoice_attachment"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position_from_one"),
        UniqueConstraint("invoice_id", "name"),
        Index(None, "document_id"),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    document_id: Mapped[DocumentId] = mapped_column(ForeignKey("document.id"))
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(200), default="")

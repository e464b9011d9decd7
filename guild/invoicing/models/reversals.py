"""Payments that were taken back, whole or in part: by the bank, or as recorded by mistake."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import BankEntryId, InvoiceId, PaymentId


class PaymentReversal(Base):
    """A payment taken back, or a part of it; the invoice is open again by as much. Append-only."""

    __tablename__ = "payment_reversal"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("cause IN ('mistake', 'returned')", name="cause"),
        CheckConstraint("net_minor BETWEEN 0 AND amount_minor", name="net_within"),
        Index(None, "invoice_id"),
        Index(None, "payment_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[PaymentId] = mapped_column(ForeignKey("payment.id"))
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    amount_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    cause: Mapped[str] = mapped_column(String(10))
    """`mistake`: it was another's money. `returned`: the bank took it back."""
    reason: Mapped[str] = mapped_column(String(500))
    reversed_on: Mapped[date]
    reversed_at: Mapped[datetime]
    reversed_by: Mapped[UUID | None]
    bank_entry_id: Mapped[BankEntryId | None] = mapped_column(default=None)
    """The entry by which the bank took the money back."""

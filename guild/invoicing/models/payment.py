"""Payments that were recorded for invoices."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    BankEntryId,
    InvoiceId,
    PaymentId,
)


class Payment(Base):
    """Money recorded for an invoice; append-only. `net_minor` is the member's net in it."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("net_minor BETWEEN 0 AND amount_minor", name="net_within_amount"),
        Index(None, "invoice_id", "bank_entry_id"),
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

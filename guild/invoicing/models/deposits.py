"""Which final invoice a deposit is settled by."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import InvoiceId


class DepositSettlement(Base):
    """A deposit that a final invoice deducts. `credit_note_id` once that invoice was issued."""

    __tablename__ = "deposit_settlement"
    __table_args__ = (
        CheckConstraint("deposit_id <> final_id", name="not_itself"),
        Index(None, "final_id"),
    )

    deposit_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    final_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    credit_note_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)

"""Where a document comes from: a copy, a reissue after a credit note, a pro-forma."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import InvoiceId

ORIGINS = ("copy", "reissue", "proforma")


class InvoiceOrigin(Base):
    """The document that another was made from; read both ways. Append-only."""

    __tablename__ = "invoice_origin"
    __table_args__ = (
        CheckConstraint(f"how IN {ORIGINS!r}", name="how_known"),
        CheckConstraint("(how = 'reissue') = (credit_note_id IS NOT NULL)", name="reissue_credits"),
        CheckConstraint("invoice_id <> from_id", name="not_itself"),
        Index(None, "from_id"),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    from_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    how: Mapped[str] = mapped_column(String(10))
    credit_note_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)
    """On a reissue: the credit note that took the first one back."""
    made_at: Mapped[datetime]

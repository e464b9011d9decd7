"""Notes on documents that no client sees."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import InvoiceId, InvoiceNoteId, MemberId


class InvoiceNote(Base):
    """What a member or the treasury wants to remember about a document. Append-only."""

    __tablename__ = "invoice_note"
    __table_args__ = (Index(None, "invoice_id", "id"),)

    id: Mapped[InvoiceNoteId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id", ondelete="CASCADE"))
    by_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)

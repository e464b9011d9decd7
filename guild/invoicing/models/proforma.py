"""Which pro-formas went to the client, and when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import DocumentId, InvoiceId, MailId, MemberId


class ProformaSending(Base):
    """A mail with a link to a pro-forma, and the PDF as it was then. Append-only."""

    __tablename__ = "proforma_sending"
    __table_args__ = (Index(None, "invoice_id", "mail_id"),)

    mail_id: Mapped[MailId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    sent_to: Mapped[str] = mapped_column(String(254))
    sent_at: Mapped[datetime]
    sent_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    pdf_document_id: Mapped[DocumentId] = mapped_column(ForeignKey("document.id"))

"""The table of stored documents: one row per content, never changed (see guards.sql)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import DocumentId


class Document(Base):
    """What was stored: the hash and size of the bytes, which lie on disk under that hash.

    `subject_id` is what the document was first stored for (an invoice, a contract); features keep
    their own references and decide who may read.
    """

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$'", name="name"),
        Index("ix_document_subject", "subject_id"),
    )

    id: Mapped[DocumentId] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(unique=True)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    subject_id: Mapped[UUID | None]

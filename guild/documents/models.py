"""The table of stored documents: one row per content, changed only by erasure (guards.sql)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import DocumentId


class Document(Base):
    """What was stored: the hash and size of the bytes, which lie on disk under that hash.

    `subject_id` is what the document was first stored for (an invoice, a contract); features keep
    their own references and decide who may read. Of an erased document the hash and size stay; its
    name is gone, and so are its bytes as soon as the job has run.
    """

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$'", name="name"),
        CheckConstraint("erased_at IS NULL OR name = 'erased'", name="erased_has_no_name"),
        Index("ix_document_subject", "subject_id"),
        Index("ix_document_erased", "erased_at", postgresql_where=text("erased_at IS NOT NULL")),
    )

    id: Mapped[DocumentId] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(unique=True)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    subject_id: Mapped[UUID | None]
    erased_at: Mapped[datetime | None] = mapped_column(default=None)

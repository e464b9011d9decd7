"""The charter's table: one row per version, never changed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base


class CharterVersion(Base):
    """A voted set of parameters. Append-only (guards.sql); chained by hash to the former."""

    __tablename__ = "charter_version"
    __table_args__ = (
        CheckConstraint("version >= 1", name="numbered_from_one"),
        CheckConstraint(
            "octet_length(hash) = 32 AND octet_length(previous_hash) = 32", name="hashes"
        ),
        UniqueConstraint("hash"),
        UniqueConstraint("previous_hash"),
    )

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[date]
    """First day (from midnight UTC) that this version governs, until the next one begins."""
    adopted_at: Mapped[datetime]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Annotated document: chapter → parameter → value, reason, source."""
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]

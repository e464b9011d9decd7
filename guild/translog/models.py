"""Tables of the log. All but the queue are append-only (`guards.sql`).

A leaf is written by the transaction that it belongs to, and has no place yet. The sequencer gives
places in order, so that no two writers wait for each other and the order never has gaps.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base


class LogLeaf(Base):
    """What the log commits to: canonical JSON, public for ever, without personal data."""

    __tablename__ = "translog_leaf"
    __table_args__ = (
        CheckConstraint("octet_length(leaf) BETWEEN 1 AND 65535", name="leaf_size"),
        Index("ix_translog_leaf_sha256", text("sha256(leaf)")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    leaf: Mapped[bytes]
    at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    """The order of writing: within one transaction, ids of one millisecond are in no order."""


class LogPending(Base):
    """Leaves that wait for their place; the one table of the log from which rows are taken."""

    __tablename__ = "translog_pending"

    leaf_id: Mapped[UUID] = mapped_column(ForeignKey("translog_leaf.id"), primary_key=True)


class LogPlace(Base):
    """The place of a leaf: 0, 1, 2 … without gaps."""

    __tablename__ = "translog_place"
    __table_args__ = (CheckConstraint("idx >= 0", name="idx_counts_from_zero"),)

    idx: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    leaf_id: Mapped[UUID] = mapped_column(ForeignKey("translog_leaf.id"), unique=True)


class LogNode(Base):
    """Hash of a complete subtree: node (level, idx) covers 2**level leaves from idx * 2**level."""

    __tablename__ = "translog_node"
    __table_args__ = (
        CheckConstraint("level BETWEEN 0 AND 62 AND idx >= 0", name="coordinates"),
        CheckConstraint("octet_length(hash) = 32", name="hash_size"),
    )

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    idx: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class LogCheckpoint(Base):
    """A signed statement of how the log stood; `note` is the text that the world may keep."""

    __tablename__ = "translog_checkpoint"
    __table_args__ = (CheckConstraint("octet_length(root) = 32", name="root_size"),)

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

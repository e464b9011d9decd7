"""What stands before and beside statements: uploads, mappings, announcements, notifications."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    CsvMappingId,
    MemberId,
    NotificationId,
    PendingEntryId,
    StatementId,
    UploadId,
)
from guild.core.sealed import SealedColumn


class BankUpload(Base):
    """A file that a treasurer looks at before she imports it; gone after that, or after a day."""

    __tablename__ = "bank_upload"
    __table_args__ = (Index(None, "uploaded_at"),)

    id: Mapped[UploadId] = mapped_column(primary_key=True)
    content_sealed: Mapped[bytes]
    """zlib-compressed, sealed with the context `bank_upload:<id>`."""
    name: Mapped[str] = mapped_column(String(200))
    uploaded_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    uploaded_at: Mapped[datetime]


class CsvFileMapping(Base):
    """How the CSV of one account is read; found again by the header of the file."""

    __tablename__ = "csv_file_mapping"
    __table_args__ = (UniqueConstraint("account_id", "name"), Index(None, "header_sha256"))

    id: Mapped[CsvMappingId] = mapped_column(primary_key=True)
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    name: Mapped[str] = mapped_column(String(70))
    header_sha256: Mapped[bytes]
    mapping: Mapped[dict[str, Any]]
    """A `CsvMapping`."""
    saved_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    saved_at: Mapped[datetime]


class PendingEntry(Base):
    """What the bank announced and has not booked; shown, never in the books."""

    __tablename__ = "bank_pending_entry"
    __table_args__ = (
        CheckConstraint("(entry_id IS NULL) OR (gone_at IS NOT NULL)", name="gone_when_booked"),
        Index("ix_bank_pending_entry_waiting", "account_id", postgresql_where="gone_at IS NULL"),
    )

    id: Mapped[PendingEntryId] = mapped_column(primary_key=True)
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    statement_id: Mapped[StatementId] = mapped_column(ForeignKey("bank_statement.id"))
    reference: Mapped[str] = mapped_column(String(90))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    expected_on: Mapped[date]
    counterparty: Mapped[str] = mapped_column(String(140))
    iban_last4: Mapped[str] = mapped_column(String(4))
    structured: Mapped[str] = mapped_column(String(35))
    end_to_end_id: Mapped[str] = mapped_column(String(35))
    text: Mapped[str]
    announced_at: Mapped[datetime]
    entry_id: Mapped[BankEntryId | None] = mapped_column(ForeignKey("bank_entry.id"), default=None)
    """The booked entry that took its place."""
    gone_at: Mapped[datetime | None] = mapped_column(default=None)


class BookingNotification(Base):
    """The payments inside one booking, from camt.054; nothing is booked from it."""

    __tablename__ = "bank_notification"
    __table_args__ = (UniqueConstraint("account_id", "reference"),)

    id: Mapped[NotificationId] = mapped_column(primary_key=True)
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    reference: Mapped[str] = mapped_column(String(90))
    amount_minor: Mapped[int]
    booked_on: Mapped[date]
    payments: Mapped[int]
    parts_sealed: Mapped[bytes]
    """The payments as JSON, sealed with the context `bank_notification:<id>`: it names payers."""
    received_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    received_at: Mapped[datetime]


SEALED_UPLOAD = SealedColumn(
    BankUpload.id, BankUpload.content_sealed, lambda upload_id: f"bank_upload:{upload_id}", batch=10
)
SEALED_PARTS = SealedColumn(
    BookingNotification.id,
    BookingNotification.parts_sealed,
    lambda notification_id: f"bank_notification:{notification_id}",
    batch=50,
)

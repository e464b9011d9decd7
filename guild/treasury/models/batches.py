"""Payment files: what was handed to the bank, and what the bank reported back about it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import BankAccountId, BatchId, MemberId
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

PAYMENT_BATCH = Lifecycle(
    "payment_batch",
    initial="prepared",
    moves={"send": (("prepared",), "sent"), "settle": (("sent",), "settled")},
)


class PaymentBatch(Base):
    """A file for the bank: made once, never made again under another id.

    `transfer`: a pain.001 of payouts. `collection`: a pain.008 of direct debits.
    """

    __tablename__ = "payment_batch"
    __table_args__ = (
        CheckConstraint(PAYMENT_BATCH.check_sql(), name="state"),
        CheckConstraint("kind IN ('transfer', 'collection')", name="kind"),
    )

    id: Mapped[BatchId] = mapped_column(primary_key=True)
    """Its hexadecimal form is the message id and the payment information id in the file."""
    kind: Mapped[str] = mapped_column(String(20), default="transfer", server_default="transfer")
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    state: Mapped[str] = mapped_column(String(20), default=PAYMENT_BATCH.initial)
    execute_on: Mapped[date]
    payments: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    file_sealed: Mapped[bytes]
    """Sealed with the context `payment_batch.file:<id>`: it holds members' account numbers."""
    file_sha256: Mapped[bytes]
    made_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    made_at: Mapped[datetime]
    sent_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    bank_status: Mapped[str] = mapped_column(String(4), default="", server_default="")
    """What the bank last said of the whole file in a status report."""


class StatusReport(Base):
    """A status report of the bank (pain.002) as it came, sealed; the same file counts once."""

    __tablename__ = "payment_status_report"

    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    content_sealed: Mapped[bytes]
    """zlib-compressed, sealed with the context `payment_status_report:<sha256 hex>`."""
    message_id: Mapped[str] = mapped_column(String(35))
    batch_id: Mapped[BatchId] = mapped_column(ForeignKey("payment_batch.id"))
    accepted: Mapped[int]
    rejected: Mapped[int]
    imported_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    imported_at: Mapped[datetime]


SEALED_BATCH = SealedColumn(
    PaymentBatch.id,
    PaymentBatch.file_sealed,
    lambda batch_id: f"payment_batch.file:{batch_id}",
    batch=10,
)
SEALED_REPORT = SealedColumn(
    StatusReport.sha256,
    StatusReport.content_sealed,
    lambda sha256: f"payment_status_report:{sha256.hex()}",
    batch=10,
)

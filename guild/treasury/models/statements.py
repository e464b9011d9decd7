"""What the bank reported: files, statements, and the movements on them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import BankAccountId, BankEntryId, StatementId
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

BANK_ENTRY = Lifecycle(
    "bank_entry",
    initial="unmatched",
    moves={
        "suggest": (("unmatched", "suggested"), "suggested"),
        "withdraw_suggestion": (("suggested",), "unmatched"),
        "set_aside": (("unmatched", "suggested"), "set_aside"),
        "confirm": (("unmatched", "suggested", "set_aside"), "confirmed"),
        "explain": (("unmatched", "suggested", "set_aside"), "explained"),
        "undo": (("confirmed", "explained"), "unmatched"),
        "divide": (("unmatched", "suggested", "set_aside"), "divided"),
    },
)
"""`set_aside`: in suspense for a reason. `confirmed`: it pays invoices or settles a payout.
`explained`: a charge, a credit. `divided`: a batch whose payments a notification named after it
was booked; they are entries of the same statement (`parent_id`) and take its place in suspense.

Undone by two persons (`MatchUndo`); then the entry is in suspense again, in its next round."""


class StatementFile(Base):
    """An imported file, sealed (it names payers), for the auditor and for the same file again."""

    __tablename__ = "bank_statement_file"

    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    content_sealed: Mapped[bytes]
    """zlib-compressed, sealed with the context `bank_statement_file:<sha256 hex>`."""


class BankStatement(Base):
    """One statement, chained to the one before it. Never changed."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        UniqueConstraint("file_sha256", "file_position"),
        UniqueConstraint("account_id", "previous_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("from_on <= to_on", name="period"),
    )

    id: Mapped[StatementId] = mapped_column(primary_key=True)
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    previous_id: Mapped[StatementId | None] = mapped_column(ForeignKey("bank_statement.id"))
    file_sha256: Mapped[bytes] = mapped_column(ForeignKey("bank_statement_file.sha256"))
    file_position: Mapped[int]
    bank_reference: Mapped[str] = mapped_column(String(35))
    number: Mapped[str] = mapped_column(String(20))
    opening_minor: Mapped[int]
    closing_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    from_on: Mapped[date]
    to_on: Mapped[date]
    entries: Mapped[int]
    pending: Mapped[int]
    imported_by: Mapped[UUID | None]
    imported_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(10), default="camt.053", server_default="camt.053")
    """`camt.053`, `coda` or `csv`."""
    proven: Mapped[bool] = mapped_column(default=True, server_default=sql("true"))
    """Whether the bank gave the closing balance; a CSV without balances does not."""
    stated_opening_minor: Mapped[int | None] = mapped_column(default=None)
    """The opening balance in the file; another than `opening_minor` where files overlap."""
    stated_closing_minor: Mapped[int | None] = mapped_column(default=None)
    """The closing balance in the file, of the day `to_on`; none in a CSV without balances."""
    known: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    """How many entries of the file were booked before, from another file."""


class BankEntry(Base):
    """One movement at the bank. It is in suspense until it is confirmed or explained."""

    __tablename__ = "bank_entry"
    __table_args__ = (
        UniqueConstraint("account_id", "reference"),
        CheckConstraint(BANK_ENTRY.check_sql(), name="state"),
        Index("ix_bank_entry_statement_id", "statement_id"),
        Index(
            "ix_bank_entry_to_explain",
            "id",
            postgresql_where="state IN ('unmatched', 'suggested', 'set_aside')",
        ),
        Index("ix_bank_entry_booked_on", "account_id", "booked_on"),
        Index(
            "ix_bank_entry_parent_id", "parent_id", postgresql_where=sql("parent_id IS NOT NULL")
        ),
    )

    id: Mapped[BankEntryId] = mapped_column(primary_key=True)
    statement_id: Mapped[StatementId]
    """A trigger checks statement and account of all entries that come together: two foreign keys
    would ask once for each entry, half the time of an import."""
    account_id: Mapped[BankAccountId]
    reference: Mapped[str] = mapped_column(String(90))
    amount_minor: Mapped[int]
    """Positive: money in."""
    currency: Mapped[str] = mapped_column(String(3))
    booked_on: Mapped[date]
    valued_on: Mapped[date]
    structured: Mapped[str] = mapped_column(String(35))
    text: Mapped[str]
    counterparty: Mapped[str] = mapped_column(String(140))
    iban_sealed: Mapped[bytes | None]
    """Sealed with the context `bank_entry.iban:<id>`."""
    iban_last4: Mapped[str] = mapped_column(String(4))
    end_to_end_id: Mapped[str] = mapped_column(String(35))
    return_reason: Mapped[str] = mapped_column(String(35))
    state: Mapped[str] = mapped_column(String(20), default=BANK_ENTRY.initial)
    explanation: Mapped[str] = mapped_column(String(500), default="")
    explained_by: Mapped[UUID | None] = mapped_column(default=None)
    explained_at: Mapped[datetime | None] = mapped_column(default=None)
    code: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """The bank's transaction code."""
    mandate_id: Mapped[str] = mapped_column(String(35), default="", server_default="")
    reversal: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """The bank takes back an earlier booking."""
    undivided: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """A batch whose payments the file hides; a notification may name them."""
    iban_index: Mapped[bytes | None] = mapped_column(default=None)
    """Blind index of the other side's account number, for rules and the payer's earlier entries."""
    round: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    """How often what was said about it has been undone."""
    parent_id: Mapped[BankEntryId | None] = mapped_column(default=None)
    """The batch that this payment is inside of, where that was booked as one sum first."""


SEALED_FILE = SealedColumn(
    StatementFile.sha256,
    StatementFile.content_sealed,
    lambda sha256: f"bank_statement_file:{sha256.hex()}",
    batch=10,
)
SEALED_PAYER = SealedColumn(
    BankEntry.id, BankEntry.iban_sealed, lambda entry_id: f"bank_entry.iban:{entry_id}"
)

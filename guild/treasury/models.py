"""The co-operative's accounts, what the bank reported on them, and what is paid out.

`guards.sql` holds what the ORM cannot say: statements that follow each other without a gap, sums
at commit, four eyes on payouts, legal moves, and what may never change or go away.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    BatchId,
    DocumentId,
    EntryId,
    InvoiceId,
    MemberId,
    PaymentId,
    PayoutId,
    StatementId,
)
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

BANK_ENTRY = Lifecycle(
    "bank_entry",
    initial="unmatched",
    moves={
        "suggest": (("unmatched", "suggested"), "suggested"),
        "withdraw_suggestion": (("suggested",), "unmatched"),
        "confirm": (("unmatched", "suggested"), "confirmed"),
        "explain": (("unmatched", "suggested"), "explained"),
    },
)
"""`confirmed`: it pays an invoice or settles a payout. `explained`: a charge, a credit."""

PAYOUT = Lifecycle(
    "payout",
    initial="requested",
    moves={
        "approve": (("requested",), "approved"),
        "reject": (("requested", "approved"), "rejected"),
        "order": (("approved",), "ordered"),
        "settle": (("ordered",), "settled"),
        "return": (("settled",), "returned"),
    },
)
"""Ordered: the bank has the file, or may have it; nothing is sent again. The statement decides."""

PAYMENT_BATCH = Lifecycle(
    "payment_batch",
    initial="prepared",
    moves={"send": (("prepared",), "sent"), "settle": (("sent",), "settled")},
)

PURPOSES = {"earnings": "member_available", "benefit": "benefit_payable"}
"""What is paid out, and the account it is drawn from."""


class CoopBankAccount(Base):
    """An account of the co-operative; it owns ledger accounts `bank` and `payout_in_transit`."""

    __tablename__ = "coop_bank_account"
    __table_args__ = (UniqueConstraint("iban", "currency"),)

    id: Mapped[BankAccountId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(70))
    iban: Mapped[str] = mapped_column(String(34))
    """In clear: it is printed on every invoice."""
    bic: Mapped[str | None] = mapped_column(String(11))
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int]
    """Closing balance of the last statement; an import locks this row, so imports queue here."""
    balance_on: Mapped[date]
    opened_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    opened_at: Mapped[datetime]


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
            postgresql_where="state IN ('unmatched', 'suggested')",
        ),
    )

    id: Mapped[BankEntryId] = mapped_column(primary_key=True)
    statement_id: Mapped[StatementId] = mapped_column(ForeignKey("bank_statement.id"))
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
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


class MatchSuggestion(Base):
    """An invoice that an entry may pay, as offered to a person, with the reasons."""

    __tablename__ = "match_suggestion"

    entry_id: Mapped[BankEntryId] = mapped_column(ForeignKey("bank_entry.id"), primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    amount_minor: Mapped[int]
    score: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20))
    reasons: Mapped[list[str]]


class BankMatch(Base):
    """What a person confirmed: this entry paid that invoice; the surplus is the client's credit."""

    __tablename__ = "bank_match"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0 AND surplus_minor >= 0", name="amounts"),
        CheckConstraint("amount_minor + surplus_minor > 0", name="something"),
        CheckConstraint("(amount_minor > 0) = (payment_id IS NOT NULL)", name="payment"),
    )

    entry_id: Mapped[BankEntryId] = mapped_column(ForeignKey("bank_entry.id"), primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    amount_minor: Mapped[int]
    surplus_minor: Mapped[int]
    payment_id: Mapped[PaymentId | None]
    confirmed_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    confirmed_at: Mapped[datetime]


class PaymentBatch(Base):
    """A pain.001 file: made once, never made again under another id."""

    __tablename__ = "payment_batch"
    __table_args__ = (CheckConstraint(PAYMENT_BATCH.check_sql(), name="state"),)

    id: Mapped[BatchId] = mapped_column(primary_key=True)
    """Its hexadecimal form is the message id and the payment information id in the file."""
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


class Payout(Base):
    """Money on its way to a member. Amount, payee and requester never change (guards.sql)."""

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint(PAYOUT.check_sql(), name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("approvals_needed >= 2", name="four_eyes"),
        CheckConstraint(f"purpose IN {tuple(PURPOSES)}", name="purpose"),
        CheckConstraint(
            "state NOT IN ('ordered', 'settled') OR batch_id IS NOT NULL", name="batch"
        ),
        Index("ix_payout_member_id", "member_id", "id"),
        Index("ix_payout_state", "state", "id"),
        Index("ix_payout_batch_id", "batch_id"),
    )

    id: Mapped[PayoutId] = mapped_column(primary_key=True)
    """Its hexadecimal form is the end-to-end id at the bank, for ever."""
    serial: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    """The co-operative's account it is paid from."""
    payee_account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("bank_account.id"))
    """The member's account that the approvers saw; another one needs another payout."""
    state: Mapped[str] = mapped_column(String(20), default=PAYOUT.initial)
    requested_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    requested_at: Mapped[datetime]
    approvals_needed: Mapped[int]
    charter_version: Mapped[int]
    approved_at: Mapped[datetime | None] = mapped_column(default=None)
    ledger_entry_id: Mapped[EntryId | None] = mapped_column(default=None)
    """The entry of the approval, which a rejection afterwards reverses."""
    batch_id: Mapped[BatchId | None] = mapped_column(ForeignKey("payment_batch.id"), default=None)
    ordered_at: Mapped[datetime | None] = mapped_column(default=None)
    settled_on: Mapped[date | None] = mapped_column(default=None)
    """The booking day on the statement that shows it."""
    refused_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    reason: Mapped[str | None] = mapped_column(String(500), default=None)
    """Why it was rejected, or came back."""
    document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    """The payout statement, once made."""

    @property
    def number(self) -> str:
        """What people call it."""
        return f"P{self.requested_at.year}-{self.serial:04d}"

    @property
    def end_to_end_id(self) -> str:
        """How banks name it on every statement and return."""
        return self.id.hex


class PayoutApproval(Base):
    """One of the persons who approved a payout; neither its payee nor its requester."""

    __tablename__ = "payout_approval"

    payout_id: Mapped[PayoutId] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    approver_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    approved_at: Mapped[datetime]


SEALED_FILE = SealedColumn(
    StatementFile.sha256,
    StatementFile.content_sealed,
    lambda sha256: f"bank_statement_file:{sha256.hex()}",
    batch=10,
)
SEALED_PAYER = SealedColumn(
    BankEntry.id, BankEntry.iban_sealed, lambda entry_id: f"bank_entry.iban:{entry_id}"
)
SEALED_BATCH = SealedColumn(
    PaymentBatch.id,
    PaymentBatch.file_sealed,
    lambda batch_id: f"payment_batch.file:{batch_id}",
    batch=10,
)

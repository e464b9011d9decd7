"""What an entry may pay, and what a person said that it paid."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    BankEntryId,
    ContactId,
    InvoiceId,
    MemberId,
    PaymentId,
    SupplierInvoiceId,
    UndoId,
)
from guild.core.lifecycle import Lifecycle


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
    round: Mapped[int] = mapped_column(primary_key=True, default=0, server_default=sql("0"))
    """The entry's round: a match of an earlier one was undone."""
    amount_minor: Mapped[int]
    surplus_minor: Mapped[int]
    payment_id: Mapped[PaymentId | None]
    confirmed_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    confirmed_at: Mapped[datetime]
    automatic: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """Confirmed by the charter's rule for exact references, at the import of `confirmed_by`."""


class BankCostMatch(Base):
    """What a person confirmed: this movement paid that supplier's invoice, without an order."""

    __tablename__ = "bank_cost_match"
    __table_args__ = (Index(None, "supplier_invoice_id"),)

    entry_id: Mapped[BankEntryId] = mapped_column(ForeignKey("bank_entry.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The entry's round: a match of an earlier one was undone."""
    supplier_invoice_id: Mapped[SupplierInvoiceId] = mapped_column(
        ForeignKey("supplier_invoice.id")
    )
    confirmed_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    confirmed_at: Mapped[datetime]


ALLOCATION_OBJECTION: Final = Lifecycle(
    "allocation_objection",
    initial="said",
    moves={"answer": (("said",), "answered"), "follow": (("said",), "followed")},
)
"""Answered by a treasurer who did not confirm the match, or followed: the match was undone."""


class AllocationObjection(Base):
    """A client says that a transfer was meant otherwise than it was recorded; once per match."""

    __tablename__ = "allocation_objection"
    __table_args__ = (
        CheckConstraint(ALLOCATION_OBJECTION.check_sql(), name="state"),
        CheckConstraint("(state = 'answered') = (answered_by IS NOT NULL)", name="answered"),
        Index(
            "ix_allocation_objection_said",
            "said_at",
            postgresql_where=sql("state = 'said'"),
        ),
    )

    entry_id: Mapped[BankEntryId] = mapped_column(ForeignKey("bank_entry.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    """The invoice of the link by which it was said."""
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    state: Mapped[str] = mapped_column(String(10), default=ALLOCATION_OBJECTION.initial)
    text: Mapped[str] = mapped_column(String(2000))
    said_at: Mapped[datetime]
    charter_version: Mapped[int]
    """The charter that gave the days to say so: that of the day the transfer was recorded."""
    answer: Mapped[str] = mapped_column(String(2000), default="", server_default=sql("''"))
    answered_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


MATCH_UNDO: Final = Lifecycle(
    "match_undo",
    initial="asked",
    moves={"approve": (("asked",), "done"), "refuse": (("asked",), "refused")},
)
"""What was said about an entry is taken back: asked with a reason, done by a second person."""


class MatchUndo(Base):
    """A wrong confirmation, or money that the bank took back, and who undid what it had paid."""

    __tablename__ = "match_undo"
    __table_args__ = (
        CheckConstraint(MATCH_UNDO.check_sql(), name="state"),
        CheckConstraint("cause IN ('mistake', 'returned')", name="cause"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second_person"),
        CheckConstraint(
            "(cause = 'returned') = (return_entry_id IS NOT NULL) "
            "AND (cause = 'returned') = (amount_minor IS NOT NULL) AND amount_minor > 0",
            name="returned",
        ),
        CheckConstraint("surplus_minor BETWEEN 0 AND coalesce(amount_minor, 0)", name="surplus"),
        Index(
            "uq_match_undo_asked",
            "entry_id",
            unique=True,
            postgresql_where=sql("state = 'asked'"),
        ),
        Index(None, "return_entry_id"),
    )

    id: Mapped[UndoId] = mapped_column(primary_key=True)
    entry_id: Mapped[BankEntryId] = mapped_column(ForeignKey("bank_entry.id"))
    round: Mapped[int]
    """The entry's round that it takes back."""
    cause: Mapped[str] = mapped_column(String(10))
    return_entry_id: Mapped[BankEntryId | None] = mapped_column(
        ForeignKey("bank_entry.id"), default=None
    )
    """The entry by which the bank took the money back."""
    amount_minor: Mapped[int | None] = mapped_column(default=None)
    """How much of the payment the bank took back; its fee is not in it."""
    surplus_minor: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    """What of that was the client's money on account."""
    state: Mapped[str] = mapped_column(String(10), default=MATCH_UNDO.initial)
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)

"""Payout runs, how far each has come, and when each member wants to be paid."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import AccountId, BankAccountId, MemberId, PayoutRunId
from guild.core.lifecycle import Lifecycle

PAYOUT_RUN = Lifecycle(
    "payout_run",
    initial="running",
    moves={"finish": (("running",), "done")},
)


class PayoutRun(Base):
    """A round of payouts, made in slices; `cursor` is the last account that it has dealt with.

    Each slice commits its payouts together with the cursor, so that a run that was killed goes on
    where it stood and nobody is paid twice.
    """

    __tablename__ = "payout_run"
    __table_args__ = (
        CheckConstraint(PAYOUT_RUN.check_sql(), name="state"),
        CheckConstraint("trigger IN ('treasurer', 'choice')", name="trigger"),
        CheckConstraint("(trigger = 'treasurer') = (started_by IS NOT NULL)", name="starter"),
        CheckConstraint("done <= total", name="progress"),
        Index(
            "uq_payout_run_choice",
            "currency",
            "day",
            unique=True,
            postgresql_where=text("trigger = 'choice'"),
        ),
        Index(
            "uq_payout_run_running",
            "currency",
            unique=True,
            postgresql_where=text("state = 'running' AND trigger = 'treasurer'"),
        ),
    )

    id: Mapped[PayoutRunId] = mapped_column(primary_key=True)
    trigger: Mapped[str] = mapped_column(String(20))
    """`treasurer`: everyone who has money. `choice`: those whose own choice is due that day."""
    state: Mapped[str] = mapped_column(String(20), default=PAYOUT_RUN.initial)
    day: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    payouts: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    amount_minor: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[AccountId | None] = mapped_column(default=None)
    started_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class PayoutRunSkip(Base):
    """A member whom a run could not pay, and why."""

    __tablename__ = "payout_run_skip"

    run_id: Mapped[PayoutRunId] = mapped_column(ForeignKey("payout_run.id"), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    amount_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))


class PayoutChoice(Base):
    """When a member wants to be paid without asking. No row: she asks each time."""

    __tablename__ = "payout_choice"
    __table_args__ = (
        CheckConstraint("rhythm IN ('weekly', 'monthly', 'threshold')", name="rhythm"),
        CheckConstraint(
            "(rhythm = 'weekly' AND day BETWEEN 1 AND 5)"
            " OR (rhythm = 'monthly' AND day BETWEEN 1 AND 28)"
            " OR (rhythm = 'threshold' AND day = 0)",
            name="day",
        ),
        CheckConstraint("minimum_minor >= 0", name="minimum"),
    )

    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    rhythm: Mapped[str] = mapped_column(String(20))
    day: Mapped[int]
    """Weekly: 1 is Monday. Monthly: day of the month. A day off counts as the next working day."""
    minimum_minor: Mapped[int]
    """Below it nothing is paid out; the charter's own minimum is the least."""
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[UUID]

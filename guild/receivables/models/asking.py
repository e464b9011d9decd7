"""Asking for money: promises to pay, what a treasurer changed about reminders, what was sent."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import DocumentId, InvoiceId, MemberId, PromiseId, ReminderId
from guild.core.lifecycle import Lifecycle

PROMISE: Final = Lifecycle(
    "promise",
    initial="open",
    moves={
        "keep": (("open",), "kept"),
        "break": (("open",), "broken"),
        "replace": (("open",), "replaced"),
    },
)
"""A day that the client named; until then nobody reminds."""


class Promise(Base):
    """A client's word to pay by a day, given by link or noted by the treasurer."""

    __tablename__ = "promise"
    __table_args__ = (
        CheckConstraint(PROMISE.check_sql(), name="state_known"),
        CheckConstraint("said_by IN ('contact', 'member')", name="said_by_known"),
        Index("uq_promise_open", "invoice_id", unique=True, postgresql_where=sql("state = 'open'")),
        Index("ix_promise_pay_by", "pay_by", postgresql_where=sql("state = 'open'")),
        Index(None, "invoice_id", "id"),
    )

    id: Mapped[PromiseId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    state: Mapped[str] = mapped_column(String(10), default=PROMISE.initial)
    pay_by: Mapped[date]
    note: Mapped[str] = mapped_column(String(500), default="")
    said_by: Mapped[str] = mapped_column(String(10))
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    charter_version: Mapped[int]


class ReminderRule(Base):
    """What a treasurer changed for one invoice, one client, or the whole house (`subject_id` zero).

    `stopped` is a hard stop; `shift_days` moves every later step; `channel` replaces the charter's.
    """

    __tablename__ = "reminder_rule"
    __table_args__ = (
        CheckConstraint("scope IN ('house', 'client', 'invoice')", name="scope_known"),
        CheckConstraint("channel IS NULL OR channel IN ('mail', 'letter')", name="channel_known"),
        CheckConstraint("shift_days BETWEEN 0 AND 60", name="shift_within"),
    )

    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    stopped: Mapped[bool]
    shift_days: Mapped[int] = mapped_column(SmallInteger)
    channel: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500))
    set_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    set_at: Mapped[datetime]


class Reminder(Base):
    """One step of one invoice: sent, or passed over because a later step was due too. Kept."""

    __tablename__ = "reminder"
    __table_args__ = (
        CheckConstraint("result IN ('sent', 'overtaken')", name="result_known"),
        CheckConstraint("channel IN ('mail', 'letter')", name="channel_known"),
        CheckConstraint("asked_minor >= 0 AND disputed_minor >= 0", name="amounts"),
        Index("uq_reminder_invoice_id_step", "invoice_id", "step", unique=True),
    )

    id: Mapped[ReminderId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    step: Mapped[int] = mapped_column(SmallInteger)
    """Days after the due day by the charter; with the invoice it makes the step unique."""
    tone: Mapped[str] = mapped_column(String(10))
    channel: Mapped[str] = mapped_column(String(10))
    result: Mapped[str] = mapped_column(String(10))
    planned_on: Mapped[date]
    sent_at: Mapped[datetime]
    sent_to: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5))
    asked_minor: Mapped[int]
    disputed_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    document_id: Mapped[DocumentId | None] = mapped_column(ForeignKey("document.id"), default=None)
    charter_version: Mapped[int]

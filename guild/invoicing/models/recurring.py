"""Recurring invoices: the plan, and each of its periods, made or skipped once."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ContractId, InvoiceId, MemberId, RecurringPlanId
from guild.core.lifecycle import Lifecycle

PLAN_LIFECYCLE: Final = Lifecycle(
    "recurring_plan",
    initial="active",
    moves={
        "pause": (("active",), "paused"),
        "resume": (("paused",), "active"),
        "end": (("active", "paused"), "ended"),
    },
)


class RecurringPlan(Base):
    """Every N weeks or months an invoice of the same lines, drafted or issued by itself."""

    __tablename__ = "recurring_plan"
    __table_args__ = (
        CheckConstraint(PLAN_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("unit IN ('weeks', 'months')", name="unit_known"),
        CheckConstraint("shift IN ('none', 'next', 'previous')", name="shift_known"),
        CheckConstraint("every BETWEEN 1 AND 60", name="every_within"),
        CheckConstraint("next_period >= 0", name="period_from_zero"),
        CheckConstraint("ends_on IS NULL OR periods IS NULL", name="one_end"),
        CheckConstraint("(state = 'active') = (next_on IS NOT NULL)", name="active_has_next"),
        Index("ix_recurring_plan_due", "next_on", postgresql_where=text("next_on IS NOT NULL")),
        Index(None, "member_id", "id"),
    )

    id: Mapped[RecurringPlanId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    state: Mapped[str] = mapped_column(String(10), default="active")
    every: Mapped[int] = mapped_column(SmallInteger)
    unit: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date]
    """The first day of the first period; its day of the month or week is that of all."""
    shift: Mapped[str] = mapped_column(String(10))
    """Where a day goes that is no business day."""
    ends_on: Mapped[date | None] = mapped_column(default=None)
    periods: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    issue: Mapped[bool]
    terms: Mapped[dict[str, Any]]
    """What each draft says (`schemas.recurring.PlanTerms`), with variables in its texts."""
    next_period: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_on: Mapped[date | None]
    problem: Mapped[str] = mapped_column(Text, default="")
    """Why the last document was not issued, or the plan ended."""
    created_at: Mapped[datetime]


class RecurringRun(Base):
    """One period of a plan: its document, or none because it was skipped. One row ever."""

    __tablename__ = "recurring_run"
    __table_args__ = (
        CheckConstraint("(invoice_id IS NULL) = skipped", name="skipped_has_none"),
        Index(None, "invoice_id"),
    )

    plan_id: Mapped[RecurringPlanId] = mapped_column(
        ForeignKey("recurring_plan.id"), primary_key=True
    )
    period: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    run_on: Mapped[date]
    skipped: Mapped[bool]
    invoice_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)
    made_at: Mapped[datetime]

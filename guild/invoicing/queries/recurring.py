"""Reading plans of recurring invoices, with a preview of what comes."""

from typing import cast

import msgspec
from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.clock import is_business_day
from guild.core.ids import RecurringPlanId
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.invoicing.errors import PlanNotFound
from guild.invoicing.models import RecurringPlan, RecurringRun
from guild.invoicing.rules.recurring import Period, Rhythm, period_of
from guild.invoicing.schemas.recurring import PeriodRow, PlanOut, PlanState, RunRow

PREVIEW = 6
SHOWN = 60
OFFERED = 300
PLANNED_IN = ("signed", "completed")
"""Contracts that a new plan is offered for; one that was ended early brings no more periods."""


def period_at(work: Work, plan: RecurringPlan, number: int) -> Period | None:
    """A period of a plan by the calendar of the co-operative's country; None after its end."""
    names = Rhythm.__struct_fields__
    rhythm = msgspec.convert({name: getattr(plan, name) for name in names}, Rhythm)
    country = work.settings.coop.country
    return period_of(rhythm, number, lambda day: is_business_day(day, country))


async def get_plan(work: Work, plan_id: RecurringPlanId) -> PlanOut:
    """One of the member's plans; raises PlanNotFound."""
    plan = await work.session.get(RecurringPlan, plan_id, populate_existing=True)
    if plan is None or not work.actor.is_member(plan.member_id):
        raise PlanNotFound
    return await _out(work, plan)


async def list_plans(work: Work, *, cursor: str | None = None, limit: int = 50) -> Page[PlanOut]:
    """The member's own plans, newest first."""
    wanted = select(RecurringPlan).where(RecurringPlan.member_id == work.actor.member_id)
    if cursor:
        (after,) = decode_cursor(cursor, tuple[RecurringPlanId])
        wanted = wanted.where(RecurringPlan.id < after)
    found = await work.session.scalars(wanted.order_by(RecurringPlan.id.desc()).limit(limit + 1))
    rows = found.all()
    items = [await _out(work, plan) for plan in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


async def _out(work: Work, plan: RecurringPlan) -> PlanOut:
    title = await work.session.scalar(select(Contract.title).where(Contract.id == plan.contract_id))
    runs = await work.session.scalars(
        select(RecurringRun)
        .where(RecurringRun.plan_id == plan.id)
        .order_by(RecurringRun.period.desc())
        .limit(SHOWN)
    )
    coming = []
    if plan.state != "ended":
        for number in range(plan.next_period, plan.next_period + PREVIEW):
            period = period_at(work, plan, number)
            if period is None:
                break
            coming.append(
                PeriodRow(number=number, first=period.first, last=period.last, run_on=period.run_on)
            )
    return PlanOut(
        id=plan.id,
        contract_id=plan.contract_id,
        contract_title=title or "",
        state=cast("PlanState", plan.state),
        every=plan.every,
        unit=plan.unit,  # type: ignore[arg-type]  # the CHECK knows these two
        starts_on=plan.starts_on,
        shift=plan.shift,  # type: ignore[arg-type]
        ends_on=plan.ends_on,
        periods=plan.periods,
        issue=plan.issue,
        next_on=plan.next_on,
        problem=plan.problem,
        coming=coming,
        done=[
            RunRow(
                number=run.period, run_on=run.run_on, skipped=run.skipped,
                invoice_id=run.invoice_id,
            )
            for run in runs
        ],
    )  # fmt: skip

"""Recurring invoices: one document per plan and period, whatever runs twice or was missed."""

from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.errors import Conflict, Invalid, Unavailable
from guild.core.ids import InvoiceId, RecurringPlanId, new_id
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.invoicing import access
from guild.invoicing.commands.deciding import reckon_draft
from guild.invoicing.commands.issuing import issue_invoice
from guild.invoicing.commands.making import begin_draft, own_contract
from guild.invoicing.commands.terms import apply_terms
from guild.invoicing.errors import ContractNotSigned, PlanNotFound
from guild.invoicing.events import InvoiceDrafted
from guild.invoicing.models import PLAN_LIFECYCLE, RecurringPlan, RecurringRun
from guild.invoicing.queries.drafting import RUNNING
from guild.invoicing.queries.recurring import period_at
from guild.invoicing.rules.recurring import Period, filled
from guild.invoicing.schemas.drafts import DraftTerms, PeriodIn
from guild.invoicing.schemas.recurring import PlanIn, PlanTerms

CATCH_UP: Final = 60
"""Periods that one run makes at most; the next run goes on."""
DUE_BATCH: Final = 500
STARTS_BACK: Final = timedelta(days=366)
"""Periods that are over are invoiced at once, so a slip of the pen must not invoice a century."""
STARTS_AHEAD: Final = timedelta(days=5 * 366)


async def start_plan(work: Work, data: PlanIn) -> RecurringPlanId:
    """Begin a plan on a signed contract.

    Raises InvoiceNotFound for a contract that is not the actor's, ContractNotSigned, Invalid.
    """
    contract = await own_contract(work, data.contract_id)
    _refuse_unsigned(contract)
    refuse_unprintable(msgspec.to_builtins(data.terms))
    if data.ends_on is not None and data.periods is not None:
        raise Invalid("Give a last day or a number of periods, one of them.", field="periods")
    if not work.today - STARTS_BACK <= data.starts_on <= work.today + STARTS_AHEAD:
        raise Invalid(
            "A plan begins at most a year ago, and at most five years from now.",
            field="starts_on",
            mend="Choose a nearer day; invoice by hand what was before.",
        )
    if data.ends_on is not None and data.ends_on < data.starts_on:
        raise Invalid("The plan ends before it begins.", field="ends_on")
    plan = RecurringPlan(
        id=RecurringPlanId(new_id()),
        member_id=contract.member_id,
        contract_id=contract.id,
        every=data.every,
        unit=data.unit,
        starts_on=data.starts_on,
        shift=data.shift,
        ends_on=data.ends_on,
        periods=data.periods,
        issue=data.issue,
        terms=msgspec.to_builtins(data.terms),
        created_at=work.now,
    )
    first = period_at(work, plan, 0)
    assert first is not None, "a plan that ends after it begins has a first period"
    _fill(data.terms, first)
    plan.next_on = first.run_on
    work.session.add(plan)
    await work.session.flush()
    return plan.id


def _refuse_unsigned(contract: Contract) -> None:
    if contract.state not in RUNNING:
        raise ContractNotSigned(
            "The client has not signed this contract.",
            mend="Send the contract and wait for the client's signature.",
        )


def _fill(terms: PlanTerms, period: Period) -> PlanTerms:
    """The texts with their variables; raises Invalid naming the one that is unknown."""
    given: dict[str, Any] = msgspec.to_builtins(terms)
    try:
        for line in given["lines"]:
            for name in ("text", "detail"):
                line[name] = filled(line[name], period)
        given["note"] = filled(given["note"], period)
    except (ValueError, IndexError) as wrong:
        raise Invalid(
            f"A text cannot be filled in: {wrong}.",
            mend="Use {first}, {last}, {month}, {quarter}, {year} or {number}.",
            field="terms.lines",
        ) from None
    return msgspec.convert(given, PlanTerms)


async def locked_plan(work: Work, plan_id: RecurringPlanId) -> RecurringPlan:
    """The actor's plan, locked; raises PlanNotFound."""
    plan: RecurringPlan | None = await work.session.scalar(
        select(RecurringPlan)
        .where(RecurringPlan.id == plan_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if plan is None or not access.may_work_on(work.actor, plan.member_id):
        raise PlanNotFound
    return plan


async def pause_plan(work: Work, plan_id: RecurringPlanId) -> None:
    """Make nothing until it is resumed. Raises PlanNotFound, IllegalMove."""
    plan = await locked_plan(work, plan_id)
    PLAN_LIFECYCLE.move(plan, "pause")
    plan.next_on = None


async def resume_plan(work: Work, plan_id: RecurringPlanId) -> None:
    """Go on; the periods missed in between are made. Raises PlanNotFound, IllegalMove."""
    plan = await locked_plan(work, plan_id)
    PLAN_LIFECYCLE.move(plan, "resume")
    _plan_next(work, plan)


async def end_plan(work: Work, plan_id: RecurringPlanId) -> None:
    """End a plan; what it made stays. Raises PlanNotFound, IllegalMove."""
    plan = await locked_plan(work, plan_id)
    PLAN_LIFECYCLE.move(plan, "end")
    plan.next_on = None


async def skip_period(work: Work, plan_id: RecurringPlanId, number: int) -> None:
    """Leave the next period out. `number` is the one that was looked at, so that a second press
    does not skip a second one. Raises PlanNotFound, Conflict.
    """
    plan = await locked_plan(work, plan_id)
    if plan.state == "ended" or number != plan.next_period:
        raise Conflict(
            "This is not the next period of the plan.", mend="Load the plan again and look."
        )
    await _note_run(work, plan, None)


async def run_plan(work: Work, plan_id: RecurringPlanId) -> list[InvoiceId]:
    """Make what is due of a plan; the job of each day. Twice on a day makes nothing twice."""
    plan = await locked_plan(work, plan_id)
    made: list[InvoiceId] = []
    for _ in range(CATCH_UP):
        if plan.state != "active" or plan.next_on is None or plan.next_on > work.today:
            break
        contract = await own_contract(work, plan.contract_id)
        if contract.state not in RUNNING:
            PLAN_LIFECYCLE.move(plan, "end")
            plan.next_on, plan.problem = None, "The contract does not run any more."
            break
        made.append(await _make(work, plan_id, contract))
        plan = await locked_plan(work, plan_id)
    return made


async def _make(work: Work, plan_id: RecurringPlanId, contract: Contract) -> InvoiceId:
    plan = await locked_plan(work, plan_id)
    period = period_at(work, plan, plan.next_period)
    assert period is not None, "an active plan has a next period"
    issue = plan.issue
    terms = _fill(msgspec.convert(plan.terms, PlanTerms), period)
    invoice = await begin_draft(
        work, contract,
        buyer_reference=terms.buyer_reference, order_reference=terms.order_reference,
    )  # fmt: skip
    invoice_id = invoice.id
    await _note_run(work, plan, invoice_id)
    said = DraftTerms(
        lines=terms.lines,
        note=terms.note,
        period=PeriodIn(first=period.first, last=period.last),
    )
    await apply_terms(work, invoice, said)
    draft = await reckon_draft(work, invoice_id)
    await work.emit(InvoiceDrafted(invoice_id=invoice_id, member_id=draft.member_id))
    if issue:
        problem = ""
        try:
            await issue_invoice(work, invoice_id)
        except (Invalid, Unavailable) as refused:  # no number was taken: it waits as a draft
            problem = " ".join(filter(None, (refused.detail, refused.mend)))
        (await locked_plan(work, plan_id)).problem = problem
    await work.session.flush()
    return invoice_id


async def _note_run(work: Work, plan: RecurringPlan, invoice_id: InvoiceId | None) -> None:
    period = period_at(work, plan, plan.next_period)
    if period is None:
        raise Conflict("The plan has no further period.")
    work.session.add(
        RecurringRun(
            plan_id=plan.id,
            period=period.number,
            run_on=period.run_on,
            skipped=invoice_id is None,
            invoice_id=invoice_id,
            made_at=work.now,
        )
    )
    plan.next_period += 1
    _plan_next(work, plan)
    await work.session.flush()


def _plan_next(work: Work, plan: RecurringPlan) -> None:
    coming = period_at(work, plan, plan.next_period)
    if coming is None:
        PLAN_LIFECYCLE.move(plan, "end")
        plan.next_on = None
    elif plan.state == "active":
        plan.next_on = coming.run_on


async def due_plans(work: Work) -> list[RecurringPlanId]:
    """The plans of which something is due today."""
    found = await work.session.scalars(
        select(RecurringPlan.id)
        .where(RecurringPlan.next_on <= work.today)
        .order_by(RecurringPlan.next_on, RecurringPlan.id)
        .limit(DUE_BATCH)
    )
    return list(found)

"""What members ask of union representatives about drafts, and what reps answer.

A rep clears a client's paper that the clause check found red, or waives the floor for one offer,
with a reason and an end. Nobody answers her own request, and an answer stays as it is.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from guild.contracts import queries
from guild.contracts.commands.chain import record
from guild.contracts.commands.loading import locked, others_with, own_contract
from guild.contracts.errors import NothingToAsk, OwnCase, PaperNotFound, RepTaskNotFound
from guild.contracts.events import RepAnswered, RepAsked
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    REP_TASK_LIFECYCLE,
    Contract,
    ContractPaper,
    RepTask,
)
from guild.contracts.rules.floors import effective, highest
from guild.contracts.schemas.papers import AnswerTaskIn, AskRepIn
from guild.core.clock import add_business_days
from guild.core.errors import IllegalMove, Invalid
from guild.core.ids import ContractId, RepTaskId, new_id
from guild.core.mail import send_mail
from guild.core.pages import long_date
from guild.core.permissions import Permission, Role
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Member

WORDS = {
    "floor_waiver": "a waiver of the floor",
    "own_paper": "advice on a client’s document",
}


async def ask_rep(work: Work, contract_id: ContractId, data: AskRepIn) -> RepTask:
    """Ask about a draft; raises NothingToAsk when there is nothing, or it was asked already."""
    contract = await own_contract(work, contract_id)
    if contract.state != CONTRACT_LIFECYCLE.initial:
        raise IllegalMove("Reps are asked about drafts.", state=contract.state)
    facts = await (_paper_facts if data.kind == "own_paper" else _floor_facts)(work, contract)
    twin = await work.session.scalar(
        select(RepTask.id).where(
            RepTask.contract_id == contract.id,
            RepTask.kind == data.kind,
            RepTask.state == REP_TASK_LIFECYCLE.initial,
        )
    )
    if twin is not None:
        raise NothingToAsk("It was asked already.", mend="Wait for the answer.", task_id=str(twin))
    days = (await charter_at(work)).contracts.advice_business_days
    task = RepTask(
        id=RepTaskId(new_id()),
        contract_id=contract.id,
        contract_version=contract.version,
        member_id=contract.member_id,
        kind=data.kind,
        state=REP_TASK_LIFECYCLE.initial,
        question=data.question,
        facts=facts,
        asked_at=work.now,
        due_on=add_business_days(work.today, days, work.settings.coop.country),
    )
    work.session.add(task)
    await work.session.flush()
    await record(work, contract, "rep_asked", {"kind": data.kind, "note": data.question})
    await _tell_reps(work, contract, task)
    await work.emit(RepAsked(contract_id=contract.id, task_id=task.id, kind=data.kind))
    return task


async def _paper_facts(work: Work, contract: Contract) -> dict[str, Any]:
    if contract.paper_id is None:
        raise PaperNotFound
    paper = await work.session.get_one(ContractPaper, contract.paper_id)
    if paper.state != "read":
        raise NothingToAsk("The document has not been read.", mend="Wait, or upload another.")
    return {"sha256": paper.sha256, "name": paper.name, "rules_version": paper.rules_version}


async def _floor_facts(work: Work, contract: Contract) -> dict[str, Any]:
    draft = await queries.drafted(work, contract)
    rate = effective(draft.terms, draft.effort)
    floor = highest(draft.terms, work.today, queries.floors_of(await charter_at(work)))
    if floor is None or rate is None or rate.hourly_minor >= floor.hourly_minor:
        raise NothingToAsk(
            "This draft is not below a floor.", mend="Estimate the hours, and look at the panel."
        )
    return {
        "hourly_minor": rate.hourly_minor,
        "floor_minor": floor.hourly_minor,
        "currency": floor.currency,
    }


async def _tell_reps(work: Work, contract: Contract, task: RepTask) -> None:
    for rep in await others_with(work, Role.REP, task.member_id):
        send_mail(
            work,
            to=rep.email,
            subject=f"A member asks for {WORDS[task.kind]}",
            text=f"It is about {contract.number}. Please answer by {long_date(task.due_on)}:\n\n"
            f"{work.settings.base_url}/rep-tasks",
            reason="You get this because you are a union representative.",
        )


async def answer_task(work: Work, task_id: RepTaskId, data: AnswerTaskIn) -> RepTask:
    """A rep answers; for a waiver she names its last day. Raises OwnCase, RepTaskNotFound."""
    work.require(Permission.REVIEWS_CONDUCT)
    found = await work.session.get(RepTask, task_id)
    if found is None:
        raise RepTaskNotFound
    if work.actor.is_member(found.member_id):
        raise OwnCase("It is your own contract.", mend="Another rep answers it.")
    if await queries.too_close(work, [ContractId(found.contract_id)]):
        raise OwnCase(
            "You or your own work are close to one of the sides.", mend="Another rep answers it."
        )
    contract = await locked(work, Contract.id == found.contract_id)
    assert contract is not None, "the task names it"
    task = await work.session.get_one(RepTask, task_id, with_for_update=True)
    charter = await charter_at(work)
    expires_on = None
    if task.kind == "floor_waiver" and data.outcome == "yes":
        expires_on = data.expires_on
        last = work.today + timedelta(days=charter.contracts.waiver_days_max)
        if expires_on is None or not work.today <= expires_on <= last:
            raise Invalid(
                "A waiver names its last day.", field="expires_on",
                mend=f"Choose a day until {last.isoformat()}.",
            )  # fmt: skip
    REP_TASK_LIFECYCLE.move(task, "answer")
    task.expires_on = expires_on
    task.rep_id = work.actor.member_id
    task.outcome, task.answer, task.answered_at = data.outcome, data.answer, work.now
    await work.session.flush()
    details = {"kind": task.kind, "outcome": task.outcome, "note": task.answer, "facts": task.facts}
    await record(work, contract, "rep_answered", details)
    member = await work.session.get_one(Member, task.member_id)
    send_mail(
        work,
        to=member.email,
        subject=f"A rep has answered about {contract.number}",
        text=f"{'Yes' if data.outcome == 'yes' else 'No'}: {data.answer}\n\n"
        f"{work.settings.base_url}/contracts/{contract.id}/draft",
        reason="You get this because you asked a union representative.",
    )
    await work.emit(
        RepAnswered(contract_id=contract.id, task_id=task.id, kind=task.kind, outcome=data.outcome)
    )
    return task


async def withdraw_task(work: Work, task_id: RepTaskId) -> RepTask:
    """Take a question back. Raises RepTaskNotFound."""
    task: RepTask | None = await work.session.scalar(
        select(RepTask)
        .where(RepTask.id == task_id, RepTask.member_id == work.actor.member_id)
        .with_for_update()
    )
    if task is None:
        raise RepTaskNotFound
    REP_TASK_LIFECYCLE.move(task, "withdraw")
    await work.session.flush()
    return task

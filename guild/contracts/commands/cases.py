"""Disputes about a contract: opened by a side, answered by the other, decided by a rep."""

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import select

from guild.contracts import access
from guild.contracts.access import DELIVERY_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.ending import settle_ending
from guild.contracts.commands.letters import mail_answer
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import linked_contract, locked, own_contract, people
from guild.contracts.commands.work_letters import mail_case
from guild.contracts.errors import CaseIsOpen, CaseNotFound, OwnCase
from guild.contracts.events import CaseDecided, CaseOpened
from guild.contracts.models import CASE_LIFECYCLE, Contract, ContractCase
from guild.contracts.queries.ties import too_close
from guild.contracts.rules.deadlines import end_of
from guild.contracts.schemas.ending import CaseAnswerIn, CaseDecisionIn, CaseIn
from guild.core.errors import IllegalMove, Invalid
from guild.core.ids import ContractCaseId, ContractId, new_id
from guild.core.permissions import Permission
from guild.core.wire import money_in
from guild.core.work import Work

ANSWER_DAYS: Final = 5
DECIDE_DAYS: Final = 15
STEPS: Final = {
    "opened": "a dispute is opened",
    "answered": "your dispute is answered",
    "withdrawn": "the dispute is withdrawn",
    "decided": "the dispute is decided",
}
"""What the member's mail has as its subject."""
BOUND: Final = ("signed", "completed", "terminated", "suspended")


async def open_case(work: Work, contract_id: ContractId | None, data: CaseIn) -> ContractCase:
    """Say what is wrong; the client does so about the contract of its link (`contract_id` None).

    The other side has five days to answer, a rep decides within fifteen. Raises CaseIsOpen.
    """
    if contract_id is None:
        contract = await linked_contract(work, DELIVERY_LINK)
    else:
        contract = await own_contract(work, contract_id)
    if contract.state not in BOUND or contract.amends_id is not None:
        raise IllegalMove("Only what both sides have signed is disputed.", state=contract.state)
    taken = await work.session.scalar(
        select(ContractCase.id).where(
            ContractCase.contract_id == contract.id, ContractCase.state.in_(("open", "answered"))
        )
    )
    if taken is not None:
        raise CaseIsOpen(mend="Say it in that dispute.")
    by: Literal["member", "client"] = "client" if contract_id is None else "member"
    _, client, _ = await people(work, contract)
    case = ContractCase(
        id=ContractCaseId(new_id()), contract_id=contract.id, state=CASE_LIFECYCLE.initial,
        opened_by=by, matter=data.matter, text=data.text, opened_at=work.now,
        answer_by=end_of(work.today + timedelta(days=ANSWER_DAYS), client.country),
        decide_by=end_of(work.today + timedelta(days=DECIDE_DAYS), client.country),
    )  # fmt: skip
    work.session.add(case)
    await work.session.flush()
    await _note(work, contract, case, "case_opened", data.text)
    await _tell_other(work, contract, case, by, "opened")
    await work.emit(CaseOpened(contract_id=contract.id, case_id=case.id, by=by))
    return case


async def answer_case(work: Work, case_id: ContractCaseId, data: CaseAnswerIn) -> ContractCase:
    """The side that did not open the dispute answers it. Raises CaseNotFound, OwnCase."""
    contract, case, side = await _of_side(work, case_id)
    if side == case.opened_by:
        raise OwnCase("Whoever opened a dispute does not answer it.")
    CASE_LIFECYCLE.move(case, "answer")
    case.answer, case.answered_at = data.text, work.now
    await work.session.flush()
    await _note(work, contract, case, "case_answered", data.text)
    await _tell_other(work, contract, case, side, "answered")
    return case


async def withdraw_case(work: Work, case_id: ContractCaseId) -> ContractCase:
    """The side that opened the dispute lets it go."""
    contract, case, side = await _of_side(work, case_id)
    if side != case.opened_by:
        raise OwnCase("Only whoever opened a dispute withdraws it.")
    CASE_LIFECYCLE.move(case, "withdraw")
    await work.session.flush()
    await _note(work, contract, case, "case_withdrawn", "")
    await _tell_other(work, contract, case, side, "withdrawn")
    return case


async def decide_case(work: Work, case_id: ContractCaseId, data: CaseDecisionIn) -> ContractCase:
    """A rep decides, with reasons; never one in her own contract or with a tie to it.

    Raises OwnCase, CaseNotFound.

    While the other side's days to answer run she waits for its answer.
    """
    work.require(Permission.REVIEWS_CONDUCT)
    contract, case = await _locked(work, case_id)
    if work.actor.is_member(contract.member_id):
        raise OwnCase
    if await too_close(work, [ContractId(contract.id)]):
        raise OwnCase(
            "You or your own work are close to one of the sides.", mend="Another rep decides it."
        )
    if case.state == "open" and work.now < case.answer_by:
        raise IllegalMove(
            "The other side still has time to answer.", state=case.state,
            mend=f"Decide after {case.answer_by:%Y-%m-%d}, or when it has answered.",
        )  # fmt: skip
    fee = 0
    if data.kill_fee is not None:
        if case.matter != "ending":
            raise Invalid("Only a dispute about an ending sets a kill fee.", field="kill_fee")
        fee = money_in(data.kill_fee, contract.currency, field="kill_fee", zero=True).minor
    CASE_LIFECYCLE.move(case, "decide")
    case.outcome, case.reasons = data.outcome, data.reasons
    case.decided_by, case.decided_at = work.actor.member_id, work.now
    await work.session.flush()
    if case.matter == "ending":
        await settle_ending(work, contract, fee)
    await _note(work, contract, case, "case_decided", data.reasons)
    await _tell_other(work, contract, case, "member", "decided")
    await _tell_other(work, contract, case, "client", "decided")
    await work.emit(CaseDecided(contract_id=contract.id, case_id=case.id, outcome=data.outcome))
    return case


async def _locked(work: Work, case_id: ContractCaseId) -> tuple[Contract, ContractCase]:
    owner = select(ContractCase.contract_id).where(ContractCase.id == case_id)
    contract = await locked(
        work, (Contract.id == owner.scalar_subquery()) & access.visible_to(work.actor)
    )
    if contract is None:
        raise CaseNotFound
    case = await work.session.get_one(
        ContractCase, case_id, with_for_update=True, populate_existing=True
    )
    return contract, case


async def _of_side(
    work: Work, case_id: ContractCaseId
) -> tuple[Contract, ContractCase, Literal["member", "client"]]:
    contract, case = await _locked(work, case_id)
    if work.actor.kind == "contact":
        return contract, case, "client"
    if not work.actor.is_member(contract.member_id):
        raise CaseNotFound
    return contract, case, "member"


async def _note(work: Work, contract: Contract, case: ContractCase, kind: str, said: str) -> None:
    details = {"case_id": str(case.id), "matter": case.matter, "note": said, **origin(work)}
    await record(work, contract, kind, details)


async def _tell_other(
    work: Work, contract: Contract, case: ContractCase, side: str, step: str
) -> None:
    """Mail the side that is not `side` what happened to the dispute."""
    member, _, contact = await people(work, contract)
    if side == "client":
        text = case.reasons or case.answer or case.text
        mail_answer(work, contract, member, STEPS[step], text)
        return
    hours = (DECIDE_DAYS + 7) * 24
    token, _ = await new_link(work, contract, contact.id, DELIVERY_LINK, hours)
    mail_case(work, contract, case, contact, member, token=token, step=step)

"""Early endings and disputes over HTTP."""

from typing import Literal

from guild.contracts import commands, queries
from guild.contracts.access import DELIVERY_LINK
from guild.contracts.errors import EndingNotFound
from guild.contracts.schemas import AnsweredOut, TerminateReason
from guild.contracts.schemas.ending import (
    AgreeEndingIn,
    CaseAnswerIn,
    CaseDecisionIn,
    CaseIn,
    CaseOut,
    ClientNoticeIn,
    ContestEndingIn,
    EndingOut,
)
from guild.core.ids import ContractCaseId, ContractId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

TAGS = ["contracts"]
Side = Literal["member", "client"]


@get("/contracts/{contract_id:uuid}/ending-preview", permission=Permission.CONTRACTS_READ,
     tags=TAGS, summary="What ending early would cost")  # fmt: skip
async def preview_ending(
    work: Work, contract_id: ContractId, by: Side = "member", reason: TerminateReason = "agreed"
) -> EndingOut:
    """Accepted work and the kill fee if the contract ended now. Nothing is written."""
    return await queries.ending_preview(work, contract_id, by=by, reason=reason)


@get("/contracts/{contract_id:uuid}/ending", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="The closing statement")  # fmt: skip
async def read_ending(work: Work, contract_id: ContractId) -> EndingOut:
    """The closing statement of a contract that ended early; 404 without one."""
    found = await queries.ending_of(work, await queries.contract_row(work, contract_id))
    if found is None:
        raise EndingNotFound
    return found


@get("/ending", permission=Permission.LINK, tags=["offer"], summary="What ending costs you")
async def linked_ending(work: Work) -> EndingOut:
    """The closing statement of your contract, or what ending it now would cost."""
    return await queries.linked_ending(work)


@post("/ending/notice", permission=Permission.LINK, tags=["offer"], summary="End the contract",
      status_code=200)  # fmt: skip
async def give_notice(work: Work, data: ClientNoticeIn) -> AnsweredOut:
    """End the contract with notice, quoting the sums that you saw. The kill fee is then owed."""
    contract = await commands.client_ends(work, data)
    return AnsweredOut(number=contract.number, state=contract.state)


@post("/ending/agree", permission=Permission.LINK, tags=["offer"],
      summary="Sign the closing statement", status_code=200)  # fmt: skip
async def agree_ending(work: Work, data: AgreeEndingIn) -> EndingOut:
    """Sign the closing statement that you saw, with your name."""
    await commands.agree_ending(work, data)
    return await queries.linked_ending(work)


@post("/ending/contest", permission=Permission.LINK, tags=["offer"],
      summary="Object to the closing statement", status_code=200)  # fmt: skip
async def contest_ending(work: Work, data: ContestEndingIn) -> EndingOut:
    """Say what is wrong; open a dispute about it and a union representative decides."""
    await commands.contest_ending(work, data)
    return await queries.linked_ending(work)


@get("/contract-cases", permission=Permission.CONTRACTS_READ, tags=TAGS, summary="Disputes")
async def list_cases(work: Work, contract_id: ContractId | None = None) -> list[CaseOut]:
    """Disputes about your contracts; a rep sees all."""
    return await queries.cases(work, contract_id)


@post("/contracts/{contract_id:uuid}/cases", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Open a dispute")  # fmt: skip
async def open_case(work: Work, contract_id: ContractId, data: CaseIn) -> CaseOut:
    """Say what is wrong; the client has five days to answer, a rep decides within fifteen."""
    case = await commands.open_case(work, contract_id, data)
    return await queries.case_by_id(work, case.id)


@post("/contract-cases/{case_id:uuid}/answer", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Answer a dispute", status_code=200)  # fmt: skip
async def answer_case(work: Work, case_id: ContractCaseId, data: CaseAnswerIn) -> CaseOut:
    """Answer what your client disputes."""
    case = await commands.answer_case(work, case_id, data)
    return await queries.case_by_id(work, case.id)


@post("/contract-cases/{case_id:uuid}/withdraw", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Withdraw a dispute", status_code=200)  # fmt: skip
async def withdraw_case(work: Work, case_id: ContractCaseId) -> CaseOut:
    """Let a dispute go that you opened."""
    case = await commands.withdraw_case(work, case_id)
    return await queries.case_by_id(work, case.id)


@post("/contract-cases/{case_id:uuid}/decision", permission=Permission.REVIEWS_CONDUCT, tags=TAGS,
      summary="Decide a dispute", status_code=200)  # fmt: skip
async def decide_case(work: Work, case_id: ContractCaseId, data: CaseDecisionIn) -> CaseOut:
    """A rep decides with reasons, never about her own contract; after the days to answer."""
    case = await commands.decide_case(work, case_id, data)
    return await queries.case_by_id(work, case.id)


@get("/cases", permission=Permission.LINK, tags=["offer"], summary="Disputes about your contract")
async def linked_cases(work: Work) -> list[CaseOut]:
    """Disputes about the contract of your link."""
    return await queries.cases(work, (await queries.linked_row(work, DELIVERY_LINK)).id)


@post("/cases", permission=Permission.LINK, tags=["offer"], summary="Open a dispute as the client")
async def open_linked_case(work: Work, data: CaseIn) -> CaseOut:
    """Say what is wrong with the contract of your link."""
    case = await commands.open_case(work, None, data)
    return await queries.case_by_id(work, case.id)


@post("/cases/{case_id:uuid}/answer", permission=Permission.LINK, tags=["offer"],
      summary="Answer a dispute as the client", status_code=200)  # fmt: skip
async def answer_linked_case(work: Work, case_id: ContractCaseId, data: CaseAnswerIn) -> CaseOut:
    """Answer what the freelancer disputes."""
    case = await commands.answer_case(work, case_id, data)
    return await queries.case_by_id(work, case.id)


@post("/cases/{case_id:uuid}/withdraw", permission=Permission.LINK, tags=["offer"],
      summary="Withdraw a dispute as the client", status_code=200)  # fmt: skip
async def withdraw_linked_case(work: Work, case_id: ContractCaseId) -> CaseOut:
    """Let a dispute go that you opened."""
    case = await commands.withdraw_case(work, case_id)
    return await queries.case_by_id(work, case.id)


ROUTES = [
    preview_ending, read_ending, linked_ending, give_notice, agree_ending, contest_ending,
    list_cases, open_case, answer_case, withdraw_case, decide_case, linked_cases,
    open_linked_case, answer_linked_case, withdraw_linked_case,
]  # fmt: skip

"""Pages of disputes: a side says what is wrong, the other answers, a representative decides."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.access import DELIVERY_LINK
from guild.contracts.errors import CaseIsOpen, OwnCase
from guild.contracts.pages.client import _page
from guild.contracts.pages.drafting import Form
from guild.contracts.pages.forms import Faults
from guild.contracts.pages.words import clients_page, fault_at, sayer
from guild.contracts.rules.amounts import amount
from guild.contracts.schemas.ending import CaseAnswerIn, CaseDecisionIn, CaseIn
from guild.core.errors import IllegalMove, Invalid
from guild.core.ids import ContractCaseId, ContractId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

REFUSALS: Final = (msgspec.ValidationError, Invalid, CaseIsOpen, OwnCase, IllegalMove)
"""What is raised before anything is written, so that the page may be shown in the same Work."""
BOUND: Final = ("signed", "completed", "terminated", "suspended")


@get("/contract-cases", permission=Permission.CONTRACTS_READ, include_in_schema=False)
async def cases_page(work: Work, contract_id: ContractId | None = None) -> Response[str]:
    """Disputes about a member's contracts, of one if it is named; a rep sees all."""
    return await _cases(work, contract_id, {}, [])


async def _cases(
    work: Work, contract_id: ContractId | None, form: dict[str, str], errors: Faults
) -> Response[str]:
    contract = await queries.contract_view(work, contract_id) if contract_id else None
    found = await queries.cases(work, contract_id)
    rep = work.actor.may(Permission.REVIEWS_CONDUCT)
    waiting = [one.contract_id for one in found if one.state in ("open", "answered")]
    mine = contract is not None and work.actor.is_member(contract.member_id)
    return _page(
        work, "contracts/cases.html", status=422 if errors else 200, section="/contracts",
        cases=found, contract=contract, side="member", rep=rep, form=form, errors=errors,
        closed=await queries.too_close(work, waiting) if rep else frozenset(),
        opens=f"/contracts/{contract_id}/cases" if mine and _bound(contract) else "",
        own=await queries.own_case_ids(work), base="/contract-cases", say=sayer("en"),
    )  # fmt: skip


def _bound(contract: Any) -> bool:
    return contract is not None and contract.state in BOUND and contract.amends_id is None


@post("/contracts/{contract_id:uuid}/cases", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def open_case_page(work: Work, contract_id: UUID, data: Form) -> Response[Any]:
    """A member opens a dispute."""
    mine = ContractId(contract_id)
    try:
        await commands.open_case(work, mine, _opened(data))
    except REFUSALS as refusal:
        return await _cases(work, mine, data, _faults(refusal))
    return Redirect(f"/contract-cases?contract_id={contract_id}", status_code=303)


@post("/contract-cases/{case_id:uuid}/answer", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def answer_case_page(work: Work, case_id: UUID, data: Form) -> Response[Any]:
    """A member answers her client."""
    return await _step(
        work, "/contract-cases", data,
        lambda: commands.answer_case(work, ContractCaseId(case_id), _answer(data)),
    )  # fmt: skip


@post("/contract-cases/{case_id:uuid}/withdraw", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def withdraw_case_page(work: Work, case_id: UUID) -> Response[Any]:
    """A member lets her dispute go."""
    return await _step(
        work, "/contract-cases", {}, lambda: commands.withdraw_case(work, ContractCaseId(case_id))
    )


@post("/contract-cases/{case_id:uuid}/decision", permission=Permission.REVIEWS_CONDUCT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def decide_case_page(work: Work, case_id: UUID, data: Form) -> Response[Any]:
    """A representative decides."""
    typed: dict[str, Any] = {
        "outcome": data.get("outcome", ""), "reasons": data.get("reasons", "").strip(),
    }  # fmt: skip
    if data.get("kill_fee", "").strip():
        typed["kill_fee"] = amount(data["kill_fee"])
    return await _step(
        work, "/contract-cases", data,
        lambda: commands.decide_case(
            work, ContractCaseId(case_id), msgspec.convert(typed, CaseDecisionIn)
        ),
    )  # fmt: skip


@get("/cases", permission=Permission.LINK, include_in_schema=False)
async def linked_cases_page(work: Work) -> Response[str]:
    """The client's disputes about the contract of its link."""
    return await _linked(work, {}, [])


async def _linked(work: Work, form: dict[str, str], errors: Faults) -> Response[str]:
    row = await queries.linked_row(work, DELIVERY_LINK)
    return await clients_page(
        work, "contracts/cases.html", errors=errors, contract=None,
        cases=await queries.cases(work, row.id), side="client", rep=False, form=form,
        opens="/cases" if _bound(row) else "", own=frozenset(), closed=frozenset(), base="/cases",
    )  # fmt: skip


@post("/cases", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def open_linked_case_page(work: Work, data: Form) -> Response[Any]:
    """The client opens a dispute."""
    return await _step(work, "/cases", data, lambda: commands.open_case(work, None, _opened(data)))


@post("/cases/{case_id:uuid}/answer", permission=Permission.LINK, include_in_schema=False,
      status_code=303)  # fmt: skip
async def answer_linked_case_page(work: Work, case_id: UUID, data: Form) -> Response[Any]:
    """The client answers."""
    return await _step(
        work, "/cases", data,
        lambda: commands.answer_case(work, ContractCaseId(case_id), _answer(data)),
    )  # fmt: skip


@post("/cases/{case_id:uuid}/withdraw", permission=Permission.LINK, include_in_schema=False,
      status_code=303)  # fmt: skip
async def withdraw_linked_case_page(work: Work, case_id: UUID) -> Response[Any]:
    """The client lets its dispute go."""
    return await _step(
        work, "/cases", {}, lambda: commands.withdraw_case(work, ContractCaseId(case_id))
    )


async def _step(
    work: Work, path: str, data: dict[str, str], step: Callable[[], Awaitable[object]]
) -> Response[Any]:
    try:
        await step()
    except REFUSALS as refusal:
        if path == "/cases":
            fault = await fault_at(work, refusal, "disputes", "e_case")
            return await _linked(work, data, [{**fault, "field": "disputes"}])
        return await _cases(work, None, data, _faults(refusal))
    return Redirect(path, status_code=303)


def _opened(data: dict[str, str]) -> CaseIn:
    typed = {"matter": data.get("matter", ""), "text": data.get("text", "").strip()}
    return msgspec.convert(typed, CaseIn)


def _answer(data: dict[str, str]) -> CaseAnswerIn:
    return msgspec.convert({"text": data.get("text", "").strip()}, CaseAnswerIn)


def _faults(refusal: Exception) -> Faults:
    if isinstance(refusal, msgspec.ValidationError):
        return [{"field": "disputes", "text": "Choose what it is about, and write why."}]
    text = f"{getattr(refusal, 'detail', '') or refusal} {getattr(refusal, 'mend', '')}".strip()
    return [{"field": "disputes", "text": text}]


PAGES = [
    cases_page, open_case_page, answer_case_page, withdraw_case_page, decide_case_page,
    linked_cases_page, open_linked_case_page, answer_linked_case_page, withdraw_linked_case_page,
]  # fmt: skip

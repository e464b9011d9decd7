"""Pages of work under a contract: the day sheet, time sheets, versions, ending early."""

import base64
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.pages.client import Form, _page
from guild.contracts.pages.words import REFUSED, clients_page, fault_at
from guild.contracts.routes.working import RECEIPT_MAX_BYTES, download
from guild.contracts.schemas import ContractChange, TerminateIn
from guild.contracts.schemas.ending import AgreeEndingIn, ClientNoticeIn, ContestEndingIn
from guild.contracts.schemas.performing import (
    ApproveSheetIn,
    CostIn,
    SheetChangesIn,
    SheetIn,
    TimeIn,
    TimerIn,
)
from guild.core.ids import ContractCostId, ContractId, DocumentId, TimeEntryId
from guild.core.permissions import Permission
from guild.core.wire import In, get, post
from guild.core.work import Work

Faults = list[dict[str, str]]
REASONS: Final = [
    ("agreed", "We agreed to end it"), ("not_needed", "The client needs it no more"),
    ("not_paid", "I am not paid"), ("illness", "Illness"), ("breach", "The contract is broken"),
    ("other", "Something else"),
]  # fmt: skip


WRONG_TIME: Final = "Write a day, and the time in minutes, such as 90."
WRONG_COST: Final = "Write a day, what it was, an amount such as 12.50, and choose the receipt."


class ReceiptForm(In, frozen=True):
    """A cost with its receipt."""

    receipt: UploadFile
    day: str = ""
    text: str = ""
    net: str = ""
    rebillable: str = ""
    csrf_token: str = ""


@get("/contracts/{contract_id:uuid}/work", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def work_page(work: Work, contract_id: ContractId) -> Response[str]:
    """The day sheet of a contract: timer, time, costs, and the months sent to the client."""
    return await _work_page(work, contract_id, [])


async def _work_page(work: Work, contract_id: ContractId, errors: Faults) -> Response[str]:
    return _page(
        work, "contracts/work.html", status=422 if errors else 200, section="/contracts",
        contract=await queries.contract_view(work, contract_id),
        worked=await queries.worked(work, contract_id), errors=errors, today=work.today,
    )  # fmt: skip


@post("/contracts/{contract_id:uuid}/work", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def do_work(work: Work, contract_id: UUID, data: Form) -> Response[Any]:
    """One step of the day sheet: the timer, time by hand, a month to the client, the end."""
    mine = ContractId(contract_id)
    match data.get("step"):
        case "start":
            await commands.start_timer(work, mine, TimerIn(note=data.get("note", "")[:200]))
        case "stop":
            await commands.stop_timer(work)
        case "time":
            if not (data.get("minutes", "").isdigit() and _day(data.get("day", ""))):
                return await _work_page(work, mine, [{"field": "minutes", "text": WRONG_TIME}])
            typed = {
                "day": data["day"],
                "minutes": int(data["minutes"]),
                "note": data.get("note", ""),
            }
            await commands.note_time(work, mine, msgspec.convert(typed, TimeIn))
        case "strike":
            entry = TimeEntryId(msgspec.convert(data.get("entry_id", ""), UUID))
            await commands.strike_time(work, entry)
        case "submit":
            month = {"month": data.get("month", "")}
            await commands.submit_sheet(work, mine, msgspec.convert(month, SheetIn))
        case "finish":
            await commands.finish_timed_contract(work, mine)
        case _:
            return await _work_page(work, mine, [{"field": "step", "text": "Choose what to do."}])
    return Redirect(f"/contracts/{contract_id}/work", status_code=303)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


@post("/contracts/{contract_id:uuid}/costs", permission=Permission.CONTRACTS_DRAFT,
      request_max_body_size=RECEIPT_MAX_BYTES, include_in_schema=False,
      status_code=303)  # fmt: skip
async def add_cost(
    work: Work,
    contract_id: UUID,
    data: Annotated[ReceiptForm, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Keep a cost with the receipt that was uploaded."""
    content = await data.receipt.read()
    mine = ContractId(contract_id)
    if not content or not data.text.strip() or _day(data.day) is None:
        return await _work_page(work, mine, [{"field": "text", "text": WRONG_COST}])
    typed = {
        "day": data.day, "text": data.text.strip()[:200], "net": data.net.strip(),
        "receipt_name": (data.receipt.filename or "receipt")[:200],
        "receipt": base64.b64encode(content).decode(), "rebillable": data.rebillable == "yes",
    }  # fmt: skip
    try:
        wanted = msgspec.convert(typed, CostIn)
    except msgspec.ValidationError:
        return await _work_page(work, mine, [{"field": "net", "text": WRONG_COST}])
    await commands.note_cost(work, mine, wanted)
    return Redirect(f"/contracts/{contract_id}/work", status_code=303)


@get("/contract-costs/{cost_id:uuid}/receipt", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def receipt_page(work: Work, cost_id: ContractCostId) -> Response[bytes]:
    """The receipt of a cost."""
    return download(*await queries.receipt(work, cost_id))


@get("/contracts/{contract_id:uuid}/versions", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def versions_page(work: Work, contract_id: ContractId) -> Response[str]:
    """The chain of versions; for an amendment also what it changes, old and new."""
    contract = await queries.contract_view(work, contract_id)
    compared = await queries.comparison(work, contract_id) if contract.amends_id else None
    return _page(
        work, "contracts/versions.html", section="/contracts", contract=contract,
        chain=await queries.versions(work, contract_id), compared=compared,
    )  # fmt: skip


@post("/contracts/{contract_id:uuid}/amend", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def amend(work: Work, contract_id: UUID) -> Redirect:
    """Begin an amendment; the next page is its draft."""
    made = await commands.begin_amendment(work, ContractId(contract_id), ContractChange())
    return Redirect(f"/contracts/{made.id}/draft", status_code=303)


@post("/contracts/{contract_id:uuid}/renew", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def renew(work: Work, contract_id: UUID) -> Redirect:
    """Draft the next term of a retainer or licence."""
    made = await commands.renew_contract(work, ContractId(contract_id))
    return Redirect(f"/contracts/{made.id}/draft", status_code=303)


@get("/contracts/{contract_id:uuid}/end", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def end_page(work: Work, contract_id: ContractId) -> Response[str]:
    """What ending early costs, for each reason, before anything is confirmed."""
    contract = await queries.contract_view(work, contract_id)
    stated = await queries.ending_of(work, await queries.contract_row(work, contract_id))
    with_fee = await queries.ending_preview(work, contract_id, by="member", reason="not_needed")
    without = await queries.ending_preview(work, contract_id, by="member", reason="agreed")
    return _page(
        work, "contracts/end.html", section="/contracts", contract=contract, stated=stated,
        with_fee=with_fee, without=without, reasons=REASONS,
    )  # fmt: skip


@post("/contracts/{contract_id:uuid}/end", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def end(work: Work, contract_id: UUID, data: Form) -> Redirect:
    """End the contract with the sums that the page showed."""
    reason = data.get("reason", "")
    seen = data.get("with_fee" if reason == "not_needed" else "without", "")
    typed = {"reason": reason, "note": data.get("note", ""), "seen_sha256": seen}
    await commands.terminate_contract(
        work, ContractId(contract_id), msgspec.convert(typed, TerminateIn)
    )
    return Redirect(f"/contracts/{contract_id}/end", status_code=303)


@get("/time-sheets", permission=Permission.LINK, include_in_schema=False)
async def sheets_page(work: Work) -> Response[str]:
    """The client's months to approve, with every entry and receipt."""
    return await _sheets_page(work, [])


async def _sheets_page(work: Work, errors: list[dict[str, str]]) -> Response[str]:
    return await clients_page(
        work, "contracts/time_sheets.html", errors=errors, sheets=await queries.linked_sheets(work)
    )


@post("/time-sheets/answer", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def answer_sheet(work: Work, data: Form) -> Response[str] | Redirect:
    """Approve a month or say what is wrong with it."""
    typed: dict[str, Any] = {"sheet_id": data.get("sheet_id", "")}
    typed["round"] = int(data["round"]) if data.get("round", "").isdigit() else 0
    try:
        if data.get("answer") == "approve":
            await commands.approve_sheet(work, msgspec.convert(typed, ApproveSheetIn))
        else:
            typed["wishes"] = data.get("wishes", "").strip()
            await commands.request_sheet_changes(work, msgspec.convert(typed, SheetChangesIn))
    except (msgspec.ValidationError, *REFUSED) as refusal:
        return await _sheets_page(work, [await fault_at(work, refusal, "wishes", "e_wrong")])
    return Redirect("/time-sheets", status_code=303)


@get("/ending", permission=Permission.LINK, include_in_schema=False)
async def ending_page(work: Work) -> Response[str]:
    """The client's closing statement, or what ending now would cost."""
    return await _ending_page(work, {}, [])


async def _ending_page(
    work: Work, form: dict[str, str], errors: list[dict[str, str]]
) -> Response[str]:
    return await clients_page(
        work, "contracts/ending.html", errors=errors, form=form,
        ending=await queries.linked_ending(work),
    )  # fmt: skip


@post("/ending/answer", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def answer_ending(work: Work, data: Form) -> Response[str] | Redirect:
    """Sign the statement, object to it, or give notice; each names the sums that were shown."""
    typed: dict[str, Any] = {"seen_sha256": data.get("seen_sha256", "")}
    agrees = data.get("answer") == "agree"
    try:
        match data.get("answer"):
            case "agree":
                typed["typed_name"] = data.get("typed_name", "").strip()
                await commands.agree_ending(work, msgspec.convert(typed, AgreeEndingIn))
            case "notice":
                typed["note"] = data.get("note", "")
                await commands.client_ends(work, msgspec.convert(typed, ClientNoticeIn))
            case _:
                typed["note"] = data.get("note", "").strip()
                await commands.contest_ending(work, msgspec.convert(typed, ContestEndingIn))
    except (msgspec.ValidationError, *REFUSED) as refusal:
        field, key = ("typed_name", "e_name") if agrees else ("note", "e_wrong")
        return await _ending_page(work, data, [await fault_at(work, refusal, field, key)])
    return Redirect("/ending", status_code=303)


@get("/deliveries/files/{file_id:uuid}", permission=Permission.LINK, include_in_schema=False)
async def linked_file(work: Work, file_id: DocumentId) -> Response[bytes]:
    """A file that was handed over to the client."""
    return download(*await queries.delivered_file(work, file_id))


@get("/deliveries/receipts/{cost_id:uuid}", permission=Permission.LINK, include_in_schema=False)
async def linked_receipt(work: Work, cost_id: ContractCostId) -> Response[bytes]:
    """A receipt on a time sheet of the client."""
    return download(*await queries.receipt(work, cost_id))


PAGES = [
    work_page, do_work, add_cost, receipt_page, versions_page, amend, renew, end_page, end,
    sheets_page, answer_sheet, ending_page, answer_ending, linked_file, linked_receipt,
]  # fmt: skip

"""Rows of work under a contract: time sheets, costs, files, an amendment, endings and disputes."""

from base64 import b64encode
from datetime import date, timedelta
from typing import Any

from guild.contracts import commands, queries
from guild.contracts.models import Contract
from guild.contracts.schemas import ContractChange, DeliveryIn, TerminateIn
from guild.contracts.schemas.contract import FileIn
from guild.contracts.schemas.drafting import RetainerIn
from guild.contracts.schemas.drafting import TimeIn as DealTimeIn
from guild.contracts.schemas.ending import CaseAnswerIn, CaseIn
from guild.contracts.schemas.performing import (
    ApproveSheetIn,
    CostIn,
    SheetIn,
    TimeIn,
    TimerIn,
)
from guild.core.work import begin_work
from tests.conftest import NOON

DAY = (NOON - timedelta(days=4)).date()
RECEIPT = b"%PDF-1.7 a receipt"
LINK_HOURS = 24 * 30
COST = {
    "day": str(DAY), "text": "Paper", "net": "25.00", "receipt_name": "r.pdf",
    "receipt": b64encode(RECEIPT).decode(),
}  # fmt: skip
REASON = "There is a good reason for it."


async def make_performing(world: Any) -> None:
    """Mira's contracts: by the hour in three states, handed over, amended, ended, a retainer."""
    await _timed(world)
    await _files(world)
    await _versions(world)
    await _ended(world)
    await _cases(world)
    async with world.as_("other") as work:  # a timer runs alone, so it is not Mira's
        await commands.start_timer(work, world.rows["foreign_signed"], TimerIn(note="Sketching"))


async def _signed(world: Any, name: str, **fields: Any) -> Contract:
    """A signed contract of the owner's with a client's link to its deliveries."""
    contract: Contract = await world.make.signed_contract(
        world.people["owner"], await world._client(), **fields
    )
    world.rows[name] = contract.id
    await _linked(world, name, contract)
    return contract


async def _linked(world: Any, name: str, contract: Contract) -> None:
    world.links[name] = await world.make.link(
        contract.contact_id, contract.id, purpose="delivery", hours=LINK_HOURS
    )


async def _timed(world: Any) -> None:
    """A month that waits for the client, one that is not sent yet, and one that is approved."""
    rows = world.rows
    ends = NOON.date() + timedelta(days=60)
    deal = DealTimeIn(unit="hour", rate="60.00", estimate="10", ends_on=ends)
    month = SheetIn(month=f"{DAY:%Y-%m}")
    for name in ("timed_waiting", "timed_noted", "timed_approved"):
        contract = await _signed(world, name, deal=deal, milestones=[])
        async with world.as_("owner") as work:
            entry = await commands.note_time(work, contract.id, TimeIn(day=DAY, minutes=90))
            cost = await commands.note_cost(work, contract.id, CostIn(**{**COST, "day": DAY}))
        rows |= {f"{name}_entry": entry.id, f"{name}_cost": cost.id}
        if name == "timed_noted":
            continue
        async with world.as_("owner") as work:
            sheet = await commands.submit_sheet(work, contract.id, month)
        rows[f"{name}_sheet"] = sheet.id
        if name == "timed_approved":
            async with begin_work(
                world.system, await world.make.client_of(contract, "delivery")
            ) as work:
                await commands.approve_sheet(work, ApproveSheetIn(sheet_id=sheet.id, round=1))


async def _files(world: Any) -> None:
    """A delivery that waits for its client, with a file."""
    contract = await _signed(world, "handed_over")
    first = (await world.make.milestones(contract))[0]
    file = FileIn(name="drawings.zip", content=b64encode(b"twelve drawings").decode())
    async with world.as_("owner") as work:
        made = await commands.deliver_milestone(
            work, first.id, DeliveryIn(note="Here.", files=(file,))
        )
        (kept,) = (await queries.delivery_by_id(work, made.id)).files
    world.rows["handed_file"] = kept.id


async def _versions(world: Any) -> None:
    """A draft that amends a contract, and a retainer whose next term may be drafted."""
    contract = await _signed(world, "amended")
    async with world.as_("owner") as work:
        change = ContractChange(revision_rounds=5)
        world.rows["amendment"] = (await commands.begin_amendment(work, contract.id, change)).id
    deal = RetainerIn(
        period="month", amount="500.00", first_on=date(2026, 12, 1), periods=2, included="Upkeep"
    )
    await _signed(world, "retainer", deal=deal, milestones=[], hours_estimate=20)


async def _ended(world: Any) -> None:
    """A contract with a closing statement to sign, and two that could be ended."""
    rows, contract = world.rows, await _signed(world, "ended")
    async with world.as_("owner") as work:
        said = TerminateIn(reason="not_needed", note="They closed the shop.")
        await commands.terminate_contract(work, contract.id, said)
    await _linked(world, "ended", contract)  # ending takes back the links of before
    running = await _signed(world, "running")
    async with world.as_("owner") as work:
        stated = await queries.ending_of(work, await queries.contract_row(work, contract.id))
        seen = await queries.ending_preview(work, running.id, by="member", reason="agreed")
        notice = await queries.ending_preview(work, running.id, by="client", reason="not_needed")
    rows |= {"ended_sha": stated.sha256, "end_sha": seen.sha256, "notice_sha": notice.sha256}


async def _cases(world: Any) -> None:
    """A dispute that the member answers, one that the client answers, one to be decided."""
    rows = world.rows
    case = CaseIn(matter="delivery", text="The colours are not those of the sample.")
    for name in ("handed_over", "amended", "retainer"):
        async with world.as_("owner") as work:
            contract = await queries.contract_row(work, rows[name])
        client = await world.make.client_of(contract, "delivery")
        if name == "amended":
            async with world.as_("owner") as work:
                made = await commands.open_case(work, rows[name], case)
        else:
            async with begin_work(world.system, client) as work:
                made = await commands.open_case(work, None, case)
        rows[f"case_{name}"] = made.id
    async with world.as_("owner") as work:
        await commands.answer_case(work, rows["case_retainer"], CaseAnswerIn(text="They match."))


LINKS = (
    ("/cases/", ("amended", "other_delivery", "offer")),
    ("/cases", ("delivery", "other_delivery", "offer")),
    ("/time-sheets", ("timed_waiting", "other_delivery", "offer")),
    ("/ending/notice", ("running", "other_delivery", "offer")),
    ("/ending", ("ended", "other_delivery", "offer")),
    ("/deliveries/files", ("handed_over", "other_delivery", "invoice")),
    ("/deliveries/receipts", ("timed_waiting", "other_delivery", "invoice")),
)
"""Whose links fit these addresses; tests/security/asks.py puts them before its own."""


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    noted, waiting = {"contract_id": rows["timed_noted"]}, {"cost_id": rows["timed_waiting_cost"]}
    approved, retainer = {"contract_id": rows["timed_approved"]}, {"contract_id": rows["retainer"]}
    amendment, ended = {"contract_id": rows["amendment"]}, {"contract_id": rows["ended"]}
    file = {"file_id": rows["handed_file"]}
    sheet = {"sheet_id": str(rows["timed_waiting_sheet"]), "round": 1}
    seen, running = {"seen_sha256": rows["ended_sha"]}, {"contract_id": rows["running"]}
    part = {
        "delivery_id": str(rows["delivery"]), "accepted_net": "250.00",
        "missing": "Six are left.",
    }  # fmt: skip
    of_member, of_client = {"case_id": rows["case_handed_over"]}, {"case_id": rows["case_amended"]}
    decided = {"outcome": "for_member", "reasons": "They match the sample."}
    paths: dict[str, dict[str, Any]] = {
        "GET /api/v1/contracts/{contract_id}/comparison": amendment,
        "GET /contracts/{contract_id}/versions": amendment,
        "GET /api/v1/contracts/{contract_id}/ending": ended,
        "POST /api/v1/contracts/{contract_id}/finish": approved,
        "POST /api/v1/contracts/{contract_id}/renewals": retainer,
        "POST /contracts/{contract_id}/renew": retainer,
        "DELETE /api/v1/time-entries/{entry_id}": {"entry_id": rows["timed_noted_entry"]},
        "DELETE /api/v1/contract-costs/{cost_id}": {"cost_id": rows["timed_noted_cost"]},
        "GET /api/v1/contract-costs/{cost_id}/receipt": waiting,
        "GET /contract-costs/{cost_id}/receipt": waiting,
        "GET /api/v1/deliveries/receipts/{cost_id}": waiting,
        "GET /deliveries/receipts/{cost_id}": waiting,
        "GET /api/v1/delivery-files/{file_id}": file,
        "GET /api/v1/deliveries/files/{file_id}": file,
        "GET /deliveries/files/{file_id}": file,
        "POST /api/v1/contract-cases/{case_id}/withdraw": of_client,
    }
    return {door: {"path": path} for door, path in paths.items()} | {
        "POST /api/v1/contracts/{contract_id}/amendments": {"json": {"revision_rounds": 4}},
        "POST /api/v1/contracts/{contract_id}/costs": {"path": noted, "json": COST},
        "POST /contracts/{contract_id}/costs": {
            "path": noted, "files": {"receipt": ("r.pdf", RECEIPT, "application/pdf")},
            "data": {"day": str(DAY), "text": "Paper", "net": "25.00", "rebillable": "yes"}},
        "POST /milestones/{milestone_id}/deliver": {
            "files": {"files": ("a.pdf", RECEIPT, "application/pdf")}, "data": {"note": "Here."}},
        "POST /api/v1/contracts/{contract_id}/time-entries": {
            "path": noted, "json": {"day": str(DAY), "minutes": 30}},
        "POST /api/v1/contracts/{contract_id}/time-sheets": {
            "path": noted, "json": {"month": f"{DAY:%Y-%m}"}},
        "POST /contracts/{contract_id}/work": {
            "path": noted, "data": {"step": "time", "day": str(DAY), "minutes": "30"}},
        "POST /contracts/{contract_id}/end": {"path": running, "data": {
            "reason": "agreed", "without": rows["end_sha"], "note": REASON}},
        "POST /api/v1/contract-cases/{case_id}/answer": {
            "path": of_member, "json": {"text": REASON}},
        "POST /api/v1/contract-cases/{case_id}/decision": {
            "path": {"case_id": rows["case_retainer"]}, "json": decided},
        "POST /api/v1/contracts/{contract_id}/cases": {
            "json": {"matter": "payment", "text": REASON}},
        "POST /api/v1/cases": {"json": {"matter": "payment", "text": REASON}},
        "POST /api/v1/cases/{case_id}/answer": {"path": of_client, "json": {"text": REASON}},
        "POST /api/v1/ending/notice": {"json": {"seen_sha256": rows["notice_sha"]}},
        "POST /api/v1/ending/agree": {"json": {**seen, "typed_name": "Jonas Client"}},
        "POST /api/v1/ending/contest": {"json": {**seen, "note": REASON}},
        "POST /ending/answer": {
            "data": {**seen, "answer": "agree", "typed_name": "Jonas Client"}},
        "POST /api/v1/time-sheets/approve": {"json": sheet},
        "POST /api/v1/time-sheets/request-changes": {"json": {**sheet, "wishes": REASON}},
        "POST /time-sheets/answer": {
            "data": {"sheet_id": sheet["sheet_id"], "round": "1", "answer": "approve"}},
        "POST /api/v1/milestones/{milestone_id}/accept-part": {
            "path": {"milestone_id": rows["delivered"]}, "json": part},
    }  # fmt: skip


__all__ = ["LINKS", "asks", "make_performing"]

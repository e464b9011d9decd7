"""Work under a contract over HTTP: time, costs, time sheets, parts, files, renewal."""

from litestar import Response

from guild.contracts import commands, queries
from guild.contracts.schemas import ContractOut, MilestoneOut
from guild.contracts.schemas.contract import AcceptPartIn
from guild.contracts.schemas.performing import (
    ApproveSheetIn,
    CostIn,
    CostOut,
    SheetChangesIn,
    SheetIn,
    SheetOut,
    TimeEntryOut,
    TimeIn,
    TimerIn,
    WorkedOut,
)
from guild.core.ids import ContractCostId, ContractId, DocumentId, MilestoneId, TimeEntryId
from guild.core.permissions import Permission
from guild.core.wire import delete, get, post
from guild.core.work import Work

TAGS = ["work"]
RECEIPT_MAX_BYTES = 7_000_000
RECEIPTS = ("application/pdf", "image/jpeg", "image/png")
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@get("/contracts/{contract_id:uuid}/work", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="Time and costs of a contract")  # fmt: skip
async def read_work(work: Work, contract_id: ContractId) -> WorkedOut:
    """The day sheet, the timer, costs and time sheets, against the estimate."""
    return await queries.worked(work, contract_id)


@post("/contracts/{contract_id:uuid}/timer", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Start the timer")  # fmt: skip
async def start_timer(work: Work, contract_id: ContractId, data: TimerIn) -> TimeEntryOut:
    """Count time on a contract from now; one timer of yours runs at a time."""
    return queries.entry_view(await commands.start_timer(work, contract_id, data))


@post("/timer/stop", permission=Permission.CONTRACTS_DRAFT, tags=TAGS, summary="Stop the timer",
      status_code=200)  # fmt: skip
async def stop_timer(work: Work) -> TimeEntryOut:
    """End your timer; each minute begun counts, and a day is the most."""
    return queries.entry_view(await commands.stop_timer(work))


@post("/contracts/{contract_id:uuid}/time-entries", permission=Permission.CONTRACTS_DRAFT,
      tags=TAGS, summary="Note time")  # fmt: skip
async def note_time(work: Work, contract_id: ContractId, data: TimeIn) -> TimeEntryOut:
    """Note time worked on a day."""
    return queries.entry_view(await commands.note_time(work, contract_id, data))


@delete("/time-entries/{entry_id:uuid}", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
        summary="Take time back")  # fmt: skip
async def strike_time(work: Work, entry_id: TimeEntryId) -> None:
    """Delete an entry that no client looks at."""
    await commands.strike_time(work, entry_id)


@post("/contracts/{contract_id:uuid}/costs", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Note a cost", request_max_body_size=RECEIPT_MAX_BYTES)  # fmt: skip
async def note_cost(work: Work, contract_id: ContractId, data: CostIn) -> CostOut:
    """Keep a cost with its receipt; what is rebillable goes on the next time sheet."""
    cost = await commands.note_cost(work, contract_id, data)
    contract = await queries.contract_row(work, contract_id)
    return queries.cost_view(cost, contract.currency)


@delete("/contract-costs/{cost_id:uuid}", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
        summary="Take a cost back")  # fmt: skip
async def strike_cost(work: Work, cost_id: ContractCostId) -> None:
    """Delete a cost that no client looks at."""
    await commands.strike_cost(work, cost_id)


@get("/contract-costs/{cost_id:uuid}/receipt", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="A receipt", files=RECEIPTS)  # fmt: skip
async def read_receipt(work: Work, cost_id: ContractCostId) -> Response[bytes]:
    """The receipt of a cost."""
    return download(*await queries.receipt(work, cost_id))


@get("/deliveries/receipts/{cost_id:uuid}", permission=Permission.LINK, tags=["offer"],
     summary="A receipt on a time sheet", files=RECEIPTS)  # fmt: skip
async def read_linked_receipt(work: Work, cost_id: ContractCostId) -> Response[bytes]:
    """The receipt of a cost that stands on a sheet of your contract."""
    return download(*await queries.receipt(work, cost_id))


@get("/delivery-files/{file_id:uuid}", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="A delivered file", media_type="application/octet-stream")  # fmt: skip
async def read_file(work: Work, file_id: DocumentId) -> Response[bytes]:
    """A file that was handed over."""
    return download(*await queries.delivered_file(work, file_id))


@get("/deliveries/files/{file_id:uuid}", permission=Permission.LINK, tags=["offer"],
     summary="A file delivered to you", media_type="application/octet-stream")  # fmt: skip
async def read_linked_file(work: Work, file_id: DocumentId) -> Response[bytes]:
    """A file that was handed over under the contract of your link."""
    return download(*await queries.delivered_file(work, file_id))


def download(name: str, content: bytes, kind: str = "application/octet-stream") -> Response[bytes]:
    """Always as a download: nothing that somebody uploaded opens inside our pages."""
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


@post("/contracts/{contract_id:uuid}/time-sheets", permission=Permission.CONTRACTS_DRAFT,
      tags=TAGS, summary="Submit a time sheet")  # fmt: skip
async def submit_sheet(work: Work, contract_id: ContractId, data: SheetIn) -> SheetOut:
    """Ask the client to approve a month; silence approves after the contract's days."""
    sheet = await commands.submit_sheet(work, contract_id, data)
    return await queries.sheet_view(work, sheet.id)


@post("/contracts/{contract_id:uuid}/finish", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Finish work by the hour or day", status_code=200)  # fmt: skip
async def finish_timed(work: Work, contract_id: ContractId) -> ContractOut:
    """Complete a contract by the hour or day when all its time is approved."""
    await commands.finish_timed_contract(work, contract_id)
    return await queries.contract_view(work, contract_id)


@post("/contracts/{contract_id:uuid}/renewals", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Renew a retainer or licence")  # fmt: skip
async def renew(work: Work, contract_id: ContractId) -> ContractOut:
    """Draft the next term on the same conditions, from the day after the last."""
    renewed = await commands.renew_contract(work, contract_id)
    return await queries.contract_view(work, renewed.id)


@get("/time-sheets", permission=Permission.LINK, tags=["offer"], summary="Time sheets to approve")
async def linked_sheets(work: Work) -> list[SheetOut]:
    """The time sheets under the contract of your link, with their entries."""
    return await queries.linked_sheets(work)


@post("/time-sheets/approve", permission=Permission.LINK, tags=["offer"],
      summary="Approve a time sheet", status_code=200)  # fmt: skip
async def approve_sheet(work: Work, data: ApproveSheetIn) -> SheetOut:
    """Approve the sheet that you saw; it is invoiced next."""
    sheet = await commands.approve_sheet(work, data)
    return await queries.sheet_view(work, sheet.id)


@post("/time-sheets/request-changes", permission=Permission.LINK, tags=["offer"],
      summary="Say what is wrong with a time sheet", status_code=200)  # fmt: skip
async def sheet_changes(work: Work, data: SheetChangesIn) -> SheetOut:
    """Ask for changes; the freelancer mends it and submits it again."""
    sheet = await commands.request_sheet_changes(work, data)
    return await queries.sheet_view(work, sheet.id)


@post("/milestones/{milestone_id:uuid}/accept-part", permission=Permission.LINK, tags=["offer"],
      summary="Accept a part of a delivery", status_code=200)  # fmt: skip
async def accept_part(work: Work, milestone_id: MilestoneId, data: AcceptPartIn) -> MilestoneOut:
    """Accept a share now; the rest becomes a delivery of its own."""
    milestone = await commands.accept_part(work, milestone_id, data)
    return await queries.milestone_by_row(work, milestone)


ROUTES = [
    read_work, start_timer, stop_timer, note_time, strike_time, note_cost, strike_cost,
    read_receipt, read_linked_receipt, read_file, read_linked_file, submit_sheet, finish_timed,
    renew, linked_sheets, approve_sheet, sheet_changes, accept_part,
]  # fmt: skip

"""Time and costs of a contract: the timer, the day sheet, receipts."""

import base64
import binascii
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from guild.contracts.commands.letters import mail_answer
from guild.contracts.commands.loading import own_contract, people
from guild.contracts.errors import (
    NoTimer,
    OnASheet,
    ReceiptRefused,
    TimeEntryNotFound,
    TimerRuns,
)
from guild.contracts.models import Contract, ContractCost, TimeEntry, TimeSheet
from guild.contracts.rules.terms import terms_from
from guild.contracts.rules.timing import OVERRUN_PERCENT, overrun
from guild.contracts.schemas.performing import CostIn, TimeIn, TimerIn
from guild.core.errors import IllegalMove, Invalid
from guild.core.ids import ContractCostId, ContractId, TimeEntryId, new_id
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents import commands as documents
from guild.documents.rules import safe_name

RECEIPT_BYTES_MAX: Final = 5_000_000
DAY_MINUTES: Final = 1_440
KINDS: Final = {
    b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg",
}  # fmt: skip


async def start_timer(work: Work, contract_id: ContractId, data: TimerIn) -> TimeEntry:
    """Begin to count time on a contract. Raises TimerRuns: one timer runs at a time."""
    contract = await _running(work, contract_id)
    if await _timer(work) is not None:
        raise TimerRuns(mend="Stop the one that runs first.")
    entry = TimeEntry(
        id=TimeEntryId(new_id()),
        contract_id=contract.id,
        member_id=contract.member_id,
        day=work.today,
        minutes=None,
        started_at=work.now,
        note=data.note,
        created_at=work.now,
    )
    work.session.add(entry)
    await work.session.flush()
    return entry


async def stop_timer(work: Work) -> TimeEntry:
    """End the acting member's timer; each minute begun counts. Raises NoTimer.

    What ran longer than a day was forgotten: it ends after a day, to be put right by hand.
    """
    entry = await _timer(work)
    if entry is None or entry.started_at is None:
        raise NoTimer(mend="Start one, or note the time by hand.")
    contract = await own_contract(work, entry.contract_id)
    passed = work.now - entry.started_at
    entry.minutes = min(DAY_MINUTES, max(1, -(-passed // timedelta(minutes=1))))
    await work.session.flush()
    await _warn_once(work, contract)
    return entry


async def note_time(work: Work, contract_id: ContractId, data: TimeIn) -> TimeEntry:
    """Note time worked on a day. Raises Invalid for a day to come or one with over 24 hours."""
    contract = await _running(work, contract_id)
    if data.day > work.today:
        raise Invalid("That day has not come yet.", field="day")
    noted = await work.session.scalar(
        select(func.sum(TimeEntry.minutes)).where(
            TimeEntry.member_id == contract.member_id, TimeEntry.day == data.day
        )
    )
    if (noted or 0) + data.minutes > DAY_MINUTES:
        raise Invalid(
            f"{noted} minutes are noted on that day already; a day has {DAY_MINUTES}.",
            field="minutes", mend="Put the other entries right first.",
        )  # fmt: skip
    entry = TimeEntry(
        id=TimeEntryId(new_id()),
        contract_id=contract.id,
        member_id=contract.member_id,
        day=data.day,
        minutes=data.minutes,
        note=data.note,
        created_at=work.now,
    )
    work.session.add(entry)
    await work.session.flush()
    await _warn_once(work, contract)
    return entry


async def strike_time(work: Work, entry_id: TimeEntryId) -> None:
    """Take back an entry that no client is looking at. Raises TimeEntryNotFound, OnASheet."""
    entry = await work.session.get(TimeEntry, entry_id, with_for_update=True)
    if entry is None or not work.actor.is_member(entry.member_id):
        raise TimeEntryNotFound
    await _refuse_on_sheet(work, entry)
    await work.session.delete(entry)


async def note_cost(work: Work, contract_id: ContractId, data: CostIn) -> ContractCost:
    """Keep a cost with its receipt. Raises ReceiptRefused, Invalid."""
    contract = await _running(work, contract_id)
    net = money_in(data.net, contract.currency, field="net")
    if data.day > work.today:
        raise Invalid("That day has not come yet.", field="day")
    try:
        content = base64.b64decode(data.receipt, validate=True)
    except binascii.Error:
        raise ReceiptRefused("The receipt is not base64.", field="receipt") from None
    if len(content) > RECEIPT_BYTES_MAX:
        raise ReceiptRefused(
            f"The receipt is larger than {RECEIPT_BYTES_MAX // 1_000_000} MB.", field="receipt",
            mend="Make the picture smaller.",
        )  # fmt: skip
    kind = next((said for start, said in KINDS.items() if content.startswith(start)), None)
    if kind is None:
        raise ReceiptRefused(
            "The receipt is neither a PDF nor a PNG or JPEG picture.", field="receipt"
        )
    documents.refuse_unprintable({"text": data.text})
    name = safe_name(data.receipt_name)
    cost = ContractCost(
        id=ContractCostId(new_id()),
        contract_id=contract.id,
        day=data.day,
        text=data.text,
        net_minor=net.minor,
        rebillable=data.rebillable,
        document_id=await documents.store(work, content, kind, name, contract.id),
        receipt_name=name,
        receipt_type=kind,
        created_at=work.now,
    )
    work.session.add(cost)
    await work.session.flush()
    return cost


async def strike_cost(work: Work, cost_id: ContractCostId) -> None:
    """Take back a cost that no client is looking at; its receipt stays stored."""
    cost = await work.session.get(ContractCost, cost_id, with_for_update=True)
    owner = await work.session.get(Contract, cost.contract_id) if cost else None
    if cost is None or owner is None or not work.actor.is_member(owner.member_id):
        raise TimeEntryNotFound("There is no such cost.")
    await _refuse_on_sheet(work, cost)
    await work.session.delete(cost)


async def _running(work: Work, contract_id: ContractId) -> Contract:
    contract = await own_contract(work, contract_id)
    if contract.state != "signed" or contract.amends_id is not None:
        raise IllegalMove(
            f"The contract is {contract.state.replace('_', ' ')}; no work is noted under it.",
            state=contract.state,
        )
    return contract


async def _timer(work: Work) -> TimeEntry | None:
    found: TimeEntry | None = await work.session.scalar(
        select(TimeEntry)
        .where(TimeEntry.member_id == work.actor.member_id, TimeEntry.minutes.is_(None))
        .with_for_update()
    )
    return found


async def _refuse_on_sheet(work: Work, row: TimeEntry | ContractCost) -> None:
    if row.sheet_id is None:
        return
    sheet = await work.session.get_one(TimeSheet, row.sheet_id)
    if sheet.state != "changes_requested":
        raise OnASheet(
            f"It stands on the time sheet of {sheet.month:%Y-%m}, which is "
            f"{sheet.state.replace('_', ' ')}.",
            mend="The client can ask for changes to a sheet that waits.",
        )


async def _warn_once(work: Work, contract: Contract) -> None:
    """Mail the member the first time that the time is above the estimate by a fifth."""
    if contract.estimate_warned_at is not None:
        return
    minutes = await work.session.scalar(
        select(func.sum(TimeEntry.minutes)).where(TimeEntry.contract_id == contract.id)
    )
    if not overrun(minutes or 0, terms_from(contract.terms)):
        return
    contract.estimate_warned_at = work.now
    await work.session.flush()
    member, _, _ = await people(work, contract)
    mail_answer(
        work, contract, member, "more time than estimated",
        f"You have noted {(minutes or 0) / 60:g} hours, which is more than {OVERRUN_PERCENT} % "
        "above the estimate. Speak to your client now and offer an amendment, before the rest of "
        "the work is done for nothing.",
    )  # fmt: skip

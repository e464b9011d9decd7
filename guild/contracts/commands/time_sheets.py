"""Time sheets: a month goes to the client, who approves it, by silence too, or asks for changes."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select, update

from guild.contracts.access import DELIVERY_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import mail_answer
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import linked_contract, locked, own_contract, people
from guild.contracts.commands.performing import LINK_GRACE_HOURS, complete_if_done
from guild.contracts.commands.work_letters import mail_sheet
from guild.contracts.errors import (
    AboveTheCap,
    NothingOnSheet,
    SheetWaits,
    StaleSheet,
    TimeIsDelivered,
)
from guild.contracts.events import TimeSheetApproved, TimeSheetSubmitted
from guild.contracts.models import (
    MILESTONE_LIFECYCLE,
    TIME_SHEET_LIFECYCLE,
    Contract,
    ContractCharge,
    ContractCost,
    Milestone,
    TimeEntry,
    TimeSheet,
)
from guild.contracts.rules.deadlines import deadline, reminders_due
from guild.contracts.rules.deals import TimeAndMaterials
from guild.contracts.rules.terms import Terms, terms_from
from guild.contracts.rules.timing import UNITS, month_of, quantity_hundredths, time_minor
from guild.contracts.schemas.performing import ApproveSheetIn, SheetChangesIn, SheetIn
from guild.core.errors import IllegalMove, Invalid
from guild.core.ids import ContractChargeId, ContractId, TimeSheetId, new_id
from guild.core.money import Money
from guild.core.work import Work

WAITING = ("submitted", "changes_requested")


async def submit_sheet(work: Work, contract_id: ContractId, data: SheetIn) -> TimeSheet:
    """Ask the client to approve a month's time and costs.

    Everything noted up to the end of that month and not yet on a sheet goes on it. Raises
    SheetWaits, NothingOnSheet, AboveTheCap, TimeIsDelivered.
    """
    contract = await own_contract(work, contract_id)
    if contract.state != "signed" or contract.amends_id is not None:
        raise IllegalMove("Only a running contract has time sheets.", state=contract.state)
    first, last = month_of(date.fromisoformat(f"{data.month}-01"))
    if first > work.today:
        raise Invalid("That month has not come yet.", field="month")
    terms = terms_from(contract.terms)
    sheet = await _sheet_for(work, contract, first)
    await _collect(work, contract, sheet, last, timed=isinstance(terms.deal, TimeAndMaterials))
    await _reckon(work, contract, sheet, terms)
    _, client, _ = await people(work, contract)
    sheet.submitted_at = work.now
    sheet.answer_by = deadline(work.now, contract.acceptance_silence_days, client.country)
    sheet.reminders_sent = 0
    await work.session.flush()
    await record(
        work, contract, "time_submitted",
        {
            "sheet_id": str(sheet.id), "month": data.month, "round": sheet.round,
            "minutes": sheet.minutes, "time_minor": sheet.time_minor,
            "costs_minor": sheet.costs_minor,
        },
    )  # fmt: skip
    await _mail(work, contract, sheet, reminder=False)
    await work.emit(TimeSheetSubmitted(contract_id=contract.id, sheet_id=sheet.id))
    return sheet


async def approve_sheet(work: Work, data: ApproveSheetIn) -> TimeSheet:
    """The client approves the sheet that it saw; it is invoiced next."""
    contract = await linked_contract(work, DELIVERY_LINK)
    sheet = await _seen(work, contract, data)
    await _approve(work, contract, sheet, by="client")
    return sheet


async def request_sheet_changes(work: Work, data: SheetChangesIn) -> TimeSheet:
    """The client says what is wrong; the member mends the entries and submits the month again."""
    contract = await linked_contract(work, DELIVERY_LINK)
    sheet = await _seen(work, contract, data)
    TIME_SHEET_LIFECYCLE.move(sheet, "request_changes")
    sheet.answer_note = data.wishes
    await work.session.flush()
    await record(
        work, contract, "time_changes_requested",
        {"sheet_id": str(sheet.id), "round": sheet.round, "wishes": data.wishes, **origin(work)},
    )  # fmt: skip
    member, _, _ = await people(work, contract)
    mail_answer(
        work, contract, member, f"changes to the time sheet of {sheet.month:%Y-%m}",
        f"Your client wrote:\n\n{data.wishes}\n\nMend the entries and submit the month again.",
    )  # fmt: skip
    return sheet


async def approve_sheet_by_silence(work: Work, sheet_id: TimeSheetId) -> None:
    """Approve what has lain past its deadline; nothing else (may run twice)."""
    contract, sheet = await _with_contract(work, sheet_id)
    if sheet.state == "submitted" and sheet.answer_by < work.now:
        await _approve(work, contract, sheet, by="silence")


async def remind_of_sheet(work: Work, sheet_id: TimeSheetId) -> None:
    """Mail the client that silence will count, half-way and two days before it does."""
    contract, sheet = await _with_contract(work, sheet_id)
    if sheet.state != "submitted":
        return
    due = reminders_due(sheet.submitted_at, contract.acceptance_silence_days, work.now)
    if due > sheet.reminders_sent:
        sheet.reminders_sent = due
        await work.session.flush()
        await record(work, contract, "reminded", {"sheet_id": str(sheet.id), "reminder": due})
        await _mail(work, contract, sheet, reminder=True)


async def finish_timed_contract(work: Work, contract_id: ContractId) -> Contract:
    """Say that the work by the hour or day is done: every month is approved, nothing is open.

    Raises IllegalMove, SheetWaits.
    """
    contract = await own_contract(work, contract_id)
    if contract.state != "signed" or contract.kind != "time":
        raise IllegalMove("Only running work by the hour or day is finished.", state=contract.state)
    waiting = await work.session.scalar(
        select(func.count())
        .select_from(TimeSheet)
        .where(TimeSheet.contract_id == contract.id, TimeSheet.state.in_(WAITING))
    )
    noted = await work.session.scalar(
        select(func.count())
        .select_from(TimeEntry)
        .where(TimeEntry.contract_id == contract.id, TimeEntry.sheet_id.is_(None))
    )
    if waiting or noted:
        raise SheetWaits(
            "Time or a sheet is still open.", mend="Submit it, and wait for the client's approval."
        )
    sheets = await work.session.scalar(
        select(func.count()).select_from(TimeSheet).where(TimeSheet.contract_id == contract.id)
    )
    if not sheets:
        raise SheetWaits("No time has been approved.", mend="Submit a time sheet first.")
    for row in await _milestones(work, contract):
        if row.state in ("planned", "changes_requested"):
            MILESTONE_LIFECYCLE.move(row, "cancel")
    await work.session.flush()
    await complete_if_done(work, contract)
    return contract


async def mark_charges_invoiced(work: Work, contract_id: ContractId) -> list[ContractCharge]:
    """What is owed beside the milestones and not yet invoiced, each once (called by invoicing)."""
    rows = (
        await work.session.scalars(
            select(ContractCharge)
            .where(ContractCharge.contract_id == contract_id, ContractCharge.invoiced_at.is_(None))
            .order_by(ContractCharge.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).all()
    for row in rows:
        row.invoiced_at = work.now
    ids = {row.sheet_id for row in rows if row.sheet_id is not None}
    for sheet_id in sorted(ids):
        sheet = await work.session.get_one(TimeSheet, sheet_id, with_for_update=True)
        TIME_SHEET_LIFECYCLE.move(sheet, "invoice")
    await work.session.flush()
    return list(rows)


async def _sheet_for(work: Work, contract: Contract, first: date) -> TimeSheet:
    """The month's sheet to be mended, or a new one. Raises SheetWaits."""
    found: TimeSheet | None = await work.session.scalar(
        select(TimeSheet)
        .where(TimeSheet.contract_id == contract.id, TimeSheet.state.in_(WAITING))
        .with_for_update()
    )
    if found is not None:
        if found.state == "submitted" or found.month != first:
            raise SheetWaits(
                f"The sheet of {found.month:%Y-%m} is {found.state.replace('_', ' ')}.",
                mend="One sheet at a time: finish that one first.",
            )
        TIME_SHEET_LIFECYCLE.move(found, "submit")
        found.round += 1
        return found
    sheet = TimeSheet(
        id=TimeSheetId(new_id()), contract_id=contract.id, month=first,
        state=TIME_SHEET_LIFECYCLE.initial, minutes=0, time_minor=0, costs_minor=0, round=1,
        submitted_at=work.now, answer_by=work.now, reminders_sent=0,
    )  # fmt: skip
    work.session.add(sheet)
    await work.session.flush()
    return sheet


async def _collect(
    work: Work, contract: Contract, sheet: TimeSheet, last: date, *, timed: bool
) -> None:
    if timed:
        if any(row.state in ("delivered", "accepted", "invoiced")
               for row in await _milestones(work, contract)):  # fmt: skip
            raise TimeIsDelivered(mend="The estimate was delivered as one piece; amend instead.")
        await work.session.execute(
            update(TimeEntry)
            .where(
                TimeEntry.contract_id == contract.id, TimeEntry.sheet_id.is_(None),
                TimeEntry.minutes.is_not(None), TimeEntry.day <= last,
            )
            .values(sheet_id=sheet.id)
        )  # fmt: skip
    await work.session.execute(
        update(ContractCost)
        .where(
            ContractCost.contract_id == contract.id, ContractCost.sheet_id.is_(None),
            ContractCost.rebillable.is_(True), ContractCost.day <= last,
        )
        .values(sheet_id=sheet.id)
    )  # fmt: skip


async def _reckon(work: Work, contract: Contract, sheet: TimeSheet, terms: Terms) -> None:
    minutes = await work.session.scalar(
        select(func.sum(TimeEntry.minutes)).where(TimeEntry.sheet_id == sheet.id)
    )
    costs = await work.session.scalar(
        select(func.sum(ContractCost.net_minor)).where(ContractCost.sheet_id == sheet.id)
    )
    sheet.minutes, sheet.costs_minor = int(minutes or 0), int(costs or 0)
    deal = terms.deal
    sheet.time_minor = time_minor(sheet.minutes, deal) if isinstance(deal, TimeAndMaterials) else 0
    if sheet.time_minor + sheet.costs_minor == 0:
        raise NothingOnSheet(mend="Note time or costs of that month first.")
    await work.session.flush()
    sums = (
        await work.session.execute(
            select(func.sum(TimeSheet.time_minor), func.sum(TimeSheet.costs_minor)).where(
                TimeSheet.contract_id == contract.id
            )
        )
    ).one()
    cap = deal.cap_minor if isinstance(deal, TimeAndMaterials) else None
    _refuse_above(cap, int(sums[0]), "time", contract.currency)
    _refuse_above(terms.expenses_cap_minor, int(sums[1]), "costs", contract.currency)


def _refuse_above(cap: int | None, total: int, what: str, currency: str) -> None:
    if cap is not None and total > cap:
        raise AboveTheCap(
            f"All {what} together come to {Money(total, currency)}, and {Money(cap, currency)} is "
            "the most that was agreed.",
            mend="Offer an amendment with a higher cap.",
        )


async def _approve(work: Work, contract: Contract, sheet: TimeSheet, *, by: str) -> None:
    TIME_SHEET_LIFECYCLE.move(sheet, "approve")
    sheet.approved_at, sheet.approved_by = work.now, by
    await work.session.flush()  # charges need the approval that they follow from
    terms = terms_from(contract.terms)
    _, last = month_of(sheet.month)
    until = min(last, work.today)
    if sheet.time_minor and isinstance(terms.deal, TimeAndMaterials):
        work.session.add(
            ContractCharge(
                id=ContractChargeId(new_id()), contract_id=contract.id, sheet_id=sheet.id,
                kind="time", text=f"{contract.title}, {sheet.month:%Y-%m}"[:200],
                quantity_hundredths=quantity_hundredths(sheet.minutes, terms.deal.unit),
                unit=UNITS[terms.deal.unit], price_minor=terms.deal.rate_minor, worked_until=until,
                created_at=work.now,
            )
        )  # fmt: skip
    costs = await work.session.scalars(
        select(ContractCost).where(ContractCost.sheet_id == sheet.id).order_by(ContractCost.day)
    )
    for cost in costs.all():
        work.session.add(
            ContractCharge(
                id=ContractChargeId(new_id()), contract_id=contract.id, sheet_id=sheet.id,
                kind="cost", text=cost.text, quantity_hundredths=100, unit="C62",
                price_minor=cost.net_minor, worked_until=min(cost.day, until),
                created_at=work.now,
            )
        )  # fmt: skip
    await work.session.flush()
    details = {"sheet_id": str(sheet.id), "round": sheet.round, "by": by, **origin(work)}
    await record(work, contract, "time_approved", details)
    member, _, _ = await people(work, contract)
    how = "by silence" if by == "silence" else "by your client"
    mail_answer(
        work, contract, member, f"time sheet of {sheet.month:%Y-%m} approved",
        f"It is approved {how}. You can invoice it now.",
    )  # fmt: skip
    await work.emit(TimeSheetApproved(
        contract_id=contract.id, sheet_id=sheet.id, member_id=contract.member_id,
        by_silence=by == "silence",
    ))  # fmt: skip


async def _seen(work: Work, contract: Contract, data: ApproveSheetIn) -> TimeSheet:
    sheet: TimeSheet | None = await work.session.scalar(
        select(TimeSheet)
        .where(TimeSheet.id == data.sheet_id, TimeSheet.contract_id == contract.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if sheet is None or sheet.round != data.round:
        raise StaleSheet(mend="Load the page again and look at what it shows.")
    return sheet


async def _with_contract(work: Work, sheet_id: TimeSheetId) -> tuple[Contract, TimeSheet]:
    owner = select(TimeSheet.contract_id).where(TimeSheet.id == sheet_id)
    contract = await locked(work, Contract.id == owner.scalar_subquery())
    assert contract is not None, "a job names a sheet that is there"
    return contract, await work.session.get_one(
        TimeSheet, sheet_id, with_for_update=True, populate_existing=True
    )


async def _milestones(work: Work, contract: Contract) -> Sequence[Milestone]:
    rows = await work.session.scalars(
        select(Milestone).where(Milestone.contract_id == contract.id).with_for_update()
    )
    return rows.all()


async def _mail(work: Work, contract: Contract, sheet: TimeSheet, *, reminder: bool) -> None:
    _, _, contact = await people(work, contract)
    left = sheet.answer_by - work.now
    hours = max(1, -(-int(left.total_seconds()) // 3600)) + LINK_GRACE_HOURS
    token, _ = await new_link(work, contract, contact.id, DELIVERY_LINK, hours)
    mail_sheet(work, contract, sheet, contact, token=token, reminder=reminder)

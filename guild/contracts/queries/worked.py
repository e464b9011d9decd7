"""Time, costs and sheets of a contract, and disputes, as those who may see them read them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

from guild.contracts import access
from guild.contracts.access import DELIVERY_LINK
from guild.contracts.errors import CaseNotFound, ContractNotFound, MilestoneNotFound
from guild.contracts.models import (
    Contract,
    ContractCase,
    ContractCost,
    Delivery,
    Milestone,
    TimeEntry,
    TimeSheet,
)
from guild.contracts.queries.views import contract_row, linked_row, milestone_view
from guild.contracts.rules.deals import TimeAndMaterials
from guild.contracts.rules.terms import terms_from
from guild.contracts.rules.timing import OVERRUN_PERCENT, estimate_minutes, overrun
from guild.contracts.schemas import MilestoneOut
from guild.contracts.schemas.ending import CaseOut
from guild.contracts.schemas.performing import CostOut, SheetOut, TimeEntryOut, WorkedOut
from guild.core.ids import ContractCaseId, ContractCostId, ContractId, MilestoneId, TimeSheetId
from guild.core.money import Money
from guild.core.work import Work
from guild.documents import queries as documents

SHOWN_MAX = 1_000
"""Entries in one answer; a contract with more is looked at by its sheets."""


async def to_deliver(work: Work, milestone_id: MilestoneId) -> tuple[Contract, MilestoneOut, str]:
    """A milestone of the actor's own contract, and what the client last asked to have changed.

    Raises MilestoneNotFound.
    """
    found = (
        await work.session.execute(
            select(Contract, Milestone)
            .join(Milestone, Milestone.contract_id == Contract.id)
            .where(Milestone.id == milestone_id, access.owned_by(work.actor))
        )
    ).one_or_none()
    if found is None:
        raise MilestoneNotFound
    contract, milestone = found
    wishes = await work.session.scalar(
        select(Delivery.answer_note)
        .where(Delivery.milestone_id == milestone_id)
        .order_by(Delivery.round.desc())
        .limit(1)
    )
    return contract, milestone_view(milestone, contract.currency), wishes or ""


async def worked(work: Work, contract_id: ContractId) -> WorkedOut:
    """Time and costs against the estimate, newest first; raises ContractNotFound."""
    contract = await contract_row(work, contract_id)
    terms = terms_from(contract.terms)
    entries = await _entries(work, TimeEntry.contract_id == contract.id)
    costs = await _costs(work, ContractCost.contract_id == contract.id)
    minutes = int(
        await work.session.scalar(
            select(func.sum(TimeEntry.minutes)).where(TimeEntry.contract_id == contract.id)
        )
        or 0
    )
    over = overrun(minutes, terms)
    hint = (
        f"The time is more than {OVERRUN_PERCENT} % above the estimate: offer an amendment now."
        if over
        else ""
    )
    return WorkedOut(
        contract_id=contract.id,
        number=contract.number,
        billed_by_time=isinstance(terms.deal, TimeAndMaterials),
        minutes=minutes,
        estimate_minutes=estimate_minutes(terms),
        overrun=over,
        hint=hint,
        costs=Money(sum(one.net_minor for one in costs), contract.currency).text,
        currency=contract.currency,
        running=next((entry_view(one) for one in entries if one.minutes is None), None),
        entries=[entry_view(one) for one in entries],
        cost_items=[_cost_view(one, contract) for one in costs],
        sheets=await _sheets(work, contract),
    )


async def linked_sheets(work: Work) -> list[SheetOut]:
    """The time sheets under the contract of the client's link, newest first."""
    return await _sheets(work, await linked_row(work, DELIVERY_LINK))


async def sheet_view(work: Work, sheet_id: TimeSheetId) -> SheetOut:
    """One sheet of a contract that the actor may see; raises ContractNotFound."""
    row = await work.session.get(TimeSheet, sheet_id)
    if row is None:
        raise ContractNotFound("There is no such time sheet.")
    contract = await contract_row(work, row.contract_id)
    return await _sheet(work, contract, row)


async def receipt(work: Work, cost_id: ContractCostId) -> tuple[str, bytes, str]:
    """Name, bytes and type of a receipt; the client sees those on its sheets."""
    row = await work.session.scalar(
        select(ContractCost)
        .join(Contract, Contract.id == ContractCost.contract_id)
        .where(ContractCost.id == cost_id, access.visible_to(work.actor))
    )
    if row is None or (work.actor.kind == "contact" and row.sheet_id is None):
        raise ContractNotFound("There is no such receipt.")
    return row.receipt_name, await documents.read(work, row.document_id), row.receipt_type


async def cases(work: Work, contract_id: ContractId | None) -> list[CaseOut]:
    """Disputes that the actor may see, newest first; those of one contract if it is named."""
    query = (
        select(ContractCase, Contract.number)
        .join(Contract, Contract.id == ContractCase.contract_id)
        .where(access.visible_to(work.actor))
        .order_by(ContractCase.id.desc())
        .limit(200)
    )
    if contract_id is not None:
        query = query.where(Contract.id == contract_id)
    rows = await work.session.execute(query)
    return [case_view(row, number) for row, number in rows]


async def own_case_ids(work: Work) -> frozenset[ContractCaseId]:
    """Disputes about the acting member's own contracts: she answers them and decides none."""
    rows = await work.session.scalars(
        select(ContractCase.id)
        .join(Contract, Contract.id == ContractCase.contract_id)
        .where(access.owned_by(work.actor))
        .order_by(ContractCase.id.desc())
        .limit(200)
    )
    return frozenset(rows)


async def case_by_id(work: Work, case_id: ContractCaseId) -> CaseOut:
    """One dispute; raises CaseNotFound."""
    row = (
        await work.session.execute(
            select(ContractCase, Contract.number)
            .join(Contract, Contract.id == ContractCase.contract_id)
            .where(ContractCase.id == case_id, access.visible_to(work.actor))
        )
    ).one_or_none()
    if row is None:
        raise CaseNotFound
    return case_view(row[0], row[1])


def case_view(row: ContractCase, number: str) -> CaseOut:
    """A dispute on the wire."""
    names = set(CaseOut.__struct_fields__) - {"number"}
    return CaseOut(number=number, **{name: getattr(row, name) for name in names})


def entry_view(row: TimeEntry) -> TimeEntryOut:
    """Time on the wire."""
    return TimeEntryOut(
        id=row.id, day=row.day, minutes=row.minutes, started_at=row.started_at, note=row.note,
        sheet_id=row.sheet_id,
    )  # fmt: skip


def cost_view(row: ContractCost, currency: str) -> CostOut:
    """A cost on the wire."""
    return CostOut(
        id=row.id, day=row.day, text=row.text, net=Money(row.net_minor, currency).text,
        rebillable=row.rebillable, receipt_name=row.receipt_name, sheet_id=row.sheet_id,
    )  # fmt: skip


def _cost_view(row: ContractCost, contract: Contract) -> CostOut:
    return cost_view(row, contract.currency)


async def _sheets(work: Work, contract: Contract) -> list[SheetOut]:
    rows = await work.session.scalars(
        select(TimeSheet)
        .where(TimeSheet.contract_id == contract.id)
        .order_by(TimeSheet.id.desc())
        .limit(60)
    )
    return [await _sheet(work, contract, row) for row in rows.all()]


async def _sheet(work: Work, contract: Contract, row: TimeSheet) -> SheetOut:
    def money(minor: int) -> str:
        return Money(minor, contract.currency).text

    return SheetOut(
        id=row.id,
        month=f"{row.month:%Y-%m}",
        state=row.state,
        round=row.round,
        hours=f"{row.minutes / 60:.2f}",
        time=money(row.time_minor),
        costs=money(row.costs_minor),
        total=money(row.time_minor + row.costs_minor),
        currency=contract.currency,
        submitted_at=row.submitted_at,
        answer_by=row.answer_by,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        answer_note=row.answer_note,
        entries=[entry_view(one) for one in await _entries(work, TimeEntry.sheet_id == row.id)],
        cost_items=[
            _cost_view(one, contract) for one in await _costs(work, ContractCost.sheet_id == row.id)
        ],
    )


async def _entries(work: Work, condition: ColumnElement[bool]) -> Sequence[TimeEntry]:
    rows = await work.session.scalars(
        select(TimeEntry)
        .where(condition)
        .order_by(TimeEntry.day.desc(), TimeEntry.id.desc())
        .limit(SHOWN_MAX)
    )
    return rows.all()


async def _costs(work: Work, condition: ColumnElement[bool]) -> Sequence[ContractCost]:
    rows = await work.session.scalars(
        select(ContractCost)
        .where(condition)
        .order_by(ContractCost.day.desc(), ContractCost.id.desc())
        .limit(SHOWN_MAX)
    )
    return rows.all()

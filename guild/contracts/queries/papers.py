"""Reads about clients' own papers and about what reps are asked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, select

from guild.contracts import access
from guild.contracts.access import OFFER_LINK
from guild.contracts.errors import PaperNotFound
from guild.contracts.models import Contract, ContractPaper, RepTask
from guild.contracts.queries.facts import Drafted, answered
from guild.contracts.rules.findings import Finding
from guild.contracts.rules.papers import PaperFinding, languages_of, worst
from guild.contracts.schemas.papers import PaperOut, RepTaskOut, WaiverCount
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.documents import queries as documents
from guild.members.models import Member


async def paper_row(work: Work, contract_id: ContractId) -> ContractPaper:
    """The paper that a contract stands on or that was uploaded last; raises PaperNotFound."""
    found: ContractPaper | None = await work.session.scalar(
        select(ContractPaper)
        .join(Contract, Contract.paper_id == ContractPaper.id)
        .where(Contract.id == contract_id, access.visible_to(work.actor))
    )
    if found is None:
        raise PaperNotFound
    return found


async def paper_view(work: Work, contract_id: ContractId) -> PaperOut:
    """The paper with its findings; raises PaperNotFound."""
    row = await paper_row(work, contract_id)
    findings = _findings(row)
    return PaperOut(
        id=row.id,
        contract_id=row.contract_id,
        name=row.name,
        sha256=row.sha256,
        size=row.size,
        state=row.state,
        pages=row.pages,
        problem=row.problem,
        light=worst(findings) if row.state == "read" else None,
        languages=list(languages_of(row.text)) if row.text else [],
        rules_version=row.rules_version,
        findings=findings,
        uploaded_at=row.uploaded_at,
        read_at=row.read_at,
    )


def _findings(row: ContractPaper) -> list[PaperFinding]:
    return msgspec.convert(row.findings, list[PaperFinding])


async def paper_file(work: Work, contract_id: ContractId) -> tuple[str, bytes]:
    """Name and bytes of the paper, checked against their hash as they are read."""
    row = await paper_row(work, contract_id)
    return row.name, await documents.read(work, row.document_id)


async def offered_paper(work: Work) -> tuple[str, bytes]:
    """The paper of the offer that the client's link opens; raises PaperNotFound."""
    contract = await work.session.scalar(
        select(Contract).where(
            access.linked_to(work.actor, OFFER_LINK), Contract.paper_sha256.is_not(None)
        )
    )
    if contract is None:
        raise PaperNotFound
    return await paper_file(work, contract.id)


async def paper_findings(work: Work, draft: Drafted) -> list[Finding]:
    """What a paper means for sending: it has to be read, and red needs a rep first."""
    if draft.contract_id is None:
        return []
    row = await work.session.scalar(
        select(ContractPaper)
        .join(Contract, Contract.paper_id == ContractPaper.id)
        .where(Contract.id == draft.contract_id)
    )
    return [] if row is None else [_of_paper(row, await answered(work, draft, "own_paper"))]


def _of_paper(row: ContractPaper, task: RepTask | None) -> Finding:
    if row.state == "reading":
        return _said("missing", "The client’s document is still being read.", "Wait a minute.")
    if row.state == "unreadable":
        mend = "Upload another file, or take this one off."
        return _said("missing", row.problem or "It cannot be read.", mend)
    light = worst(_findings(row))
    if light != "red":
        outcome = "met" if light == "green" else "warning"
        return _said(outcome, f"The clause check of the client’s document is {light}.", "")
    if task is not None and task.outcome == "yes" and task.facts["sha256"] == row.sha256:
        return _said("warning", f"Red, and a rep has looked at it: {task.answer}", "")
    return _said(
        "missing",
        "The clause check of the client’s document is red, and no rep has cleared it.",
        "Ask a rep for advice; the answer comes within the working days of the charter.",
    )


def _said(outcome: Any, sentence: str, mend: str) -> Finding:
    return Finding(
        rule="paper/clauses",
        outcome=outcome,
        sentence=sentence,
        mend=mend,
        field="paper",
        article="",
        source="the clause check of the co-operative",
    )


def _tasks_of(work: Work) -> ColumnElement[bool]:
    """A member her own; a rep all but her own, for nobody decides in her own case."""
    own = RepTask.member_id == work.actor.member_id
    return own | RepTask.id.is_not(None) if work.actor.may(Permission.REVIEWS_CONDUCT) else own


async def rep_tasks(
    work: Work, *, state: str | None, cursor: str | None, limit: int
) -> Page[RepTaskOut]:
    """What was asked, newest first."""
    wanted = _rows().where(_tasks_of(work)).order_by(RepTask.id.desc()).limit(limit + 1)
    if state is not None:
        wanted = wanted.where(RepTask.state == state)
    if cursor:
        wanted = wanted.where(RepTask.id < decode_cursor(cursor, tuple[UUID])[0])
    rows = (await work.session.execute(wanted)).all()
    items = [_task(*row) for row in rows[:limit]]
    more = encode_cursor(items[-1].id) if len(rows) > limit else None
    return Page(items=items, next_cursor=more)


async def tasks_about(work: Work, contract_id: ContractId) -> Sequence[RepTaskOut]:
    """What was asked about one contract that the actor may see, newest first."""
    rows = await work.session.execute(
        _rows()
        .where(RepTask.contract_id == contract_id, access.visible_to(work.actor))
        .order_by(RepTask.id.desc())
        .limit(50)
    )
    return [_task(*row) for row in rows.all()]


async def task_view(work: Work, task: RepTask) -> RepTaskOut:
    """A task that a command has just changed."""
    row = (await work.session.execute(_rows().where(RepTask.id == task.id))).one()
    return _task(*row)


def _rows() -> Any:
    return (
        select(RepTask, Contract, Member.display_name)
        .join(Contract, Contract.id == RepTask.contract_id)
        .join(Member, Member.id == RepTask.member_id)
    )


def _task(task: RepTask, contract: Contract, member_name: str) -> RepTaskOut:
    return RepTaskOut(
        id=task.id,
        contract_id=task.contract_id,
        contract_number=contract.number,
        contract_title=contract.title,
        member_id=task.member_id,
        member_name=member_name,
        kind=task.kind,
        state=task.state,
        question=task.question,
        facts=task.facts,
        asked_at=task.asked_at,
        due_on=task.due_on,
        outcome=task.outcome,
        answer=task.answer,
        expires_on=task.expires_on,
        answered_at=task.answered_at,
    )


async def waivers_by_quarter(work: Work) -> list[WaiverCount]:
    """How often the floor was waived and how often not, newest quarter first."""
    quarter = func.to_char(func.timezone("UTC", RepTask.answered_at), 'YYYY-"Q"Q')
    rows = await work.session.execute(
        select(
            quarter,
            func.count().filter(RepTask.outcome == "yes"),
            func.count().filter(RepTask.outcome == "no"),
        )
        .where(RepTask.kind == "floor_waiver", RepTask.state == "answered")
        .group_by(quarter)
        .order_by(quarter.desc())
        .limit(40)
    )
    return [WaiverCount(quarter=q, granted=yes, refused=no) for q, yes, no in rows]


__all__ = [
    "offered_paper", "paper_file", "paper_findings", "paper_row", "paper_view",
    "rep_tasks", "task_view", "tasks_about", "waivers_by_quarter",
]  # fmt: skip

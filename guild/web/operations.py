"""The operator's desk, for programs and as a page: the queue, and dead jobs with another life."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from sqlalchemy import func, select

from guild import features
from guild.core.errors import Invalid
from guild.core.ids import OutboxId
from guild.core.jobs import Job
from guild.core.outbox import (
    OutboxRow,
    ScheduledRun,
    UnknownOutcome,
    dead_letters,
    replay_dead,
    slot_of,
)
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import Out, get, post
from guild.core.work import Work

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class QueueOut(Out, frozen=True):
    """How the queue stands. `slots_open` counts scheduled jobs whose present slot is unclaimed."""

    due: int
    waiting: int
    dead: int
    slots_open: int
    now: datetime


class DeadJobOut(Out, frozen=True):
    """A job that failed too often. Its ids say what it was about; nothing else is shown."""

    id: OutboxId
    job: str
    asked_at: datetime
    dead_at: datetime | None
    failures: int
    last_error: str


@get("/operations/queue", permission=Permission.OPERATE, tags=["operations"],
     summary="How the queue stands")  # fmt: skip
async def queue(work: Work) -> QueueOut:
    """Jobs due now, waiting for later, and dead."""
    return await _queue(work)


async def _queue(work: Work) -> QueueOut:
    alive = OutboxRow.done_at.is_(None) & OutboxRow.dead_at.is_(None)
    unfinished = OutboxRow.due_at <= work.now
    # A leased row has its due date in the future, but it is not finished.
    leased = OutboxRow.attempts > 0
    due, waiting, dead = (
        await work.session.execute(
            select(
                func.count().filter(alive & (unfinished | leased)),
                func.count().filter(alive & ~unfinished & ~leased),
                func.count().filter(OutboxRow.dead_at.is_not(None)),
            ).select_from(OutboxRow)
        )
    ).one()
    return QueueOut(
        due=due, waiting=waiting, dead=dead, slots_open=await _slots_open(work), now=work.now
    )


async def _slots_open(work: Work) -> int:
    schedules = features.schedules()
    slots = {one.job.name: slot_of(work.now, one.every_minutes) for one in schedules}
    rows = await work.session.execute(
        select(ScheduledRun.name, func.max(ScheduledRun.slot)).group_by(ScheduledRun.name)
    )
    newest = dict(rows.all())
    return sum(1 for name, slot in slots.items() if newest.get(name) != slot)


@get("/operations/dead-jobs", permission=Permission.OPERATE, tags=["operations"],
     summary="Jobs that failed too often")  # fmt: skip
async def dead_jobs(work: Work) -> list[DeadJobOut]:
    """The oldest hundred; mend the cause, then replay them."""
    return [_shown(row) for row in await dead_letters(work)]


@post("/operations/dead-jobs/{job_id:uuid}/replay", permission=Permission.OPERATE,
      tags=["operations"], summary="Give a dead job another life", status_code=200)  # fmt: skip
async def replay(work: Work, job_id: UUID) -> DeadJobOut:
    """Try it again from now. For a call whose outcome is unknown, ask the other side first."""
    return _shown(await replay_dead(work, OutboxId(job_id)))


@get("/operations", permission=Permission.OPERATE, include_in_schema=False)
async def operations_page(work: Work) -> Response[str]:
    """How the queue stands, and what failed for good, each with a button to try it again."""
    return page(
        work, "web/operations.html", section="/operations", queue=await _queue(work),
        dead=[_told(work, row) for row in await dead_letters(work)],
    )  # fmt: skip


@post("/operations/dead-jobs/{job_id:uuid}/replay", permission=Permission.OPERATE,
      include_in_schema=False, status_code=303)  # fmt: skip
async def replay_by_form(work: Work, job_id: UUID, data: Form) -> Redirect:
    """Try a job again; one whose outcome is unknown only with the operator's word for it."""
    row = await replay_dead(work, OutboxId(job_id))
    if _unknown(row) and data.get("sure") != "yes":
        raise Invalid(
            "Nobody knows whether this call arrived.",
            mend="Ask the other side, and tick that it did not arrive.", field="sure",
        )  # fmt: skip
    return Redirect("/operations", status_code=303)


def _unknown(row: OutboxRow) -> bool:
    return (row.last_error or "").split(":")[0] == UnknownOutcome.__name__


def _told(work: Work, row: OutboxRow) -> dict[str, Any]:
    """A dead job in the words of the function that does it."""
    shown = _shown(row)
    job = work.system.jobs.get(row.job)
    doing = job.run if isinstance(job, Job) else None
    said = (doing.__doc__ or "").strip().split("\n")[0].rstrip(".") if doing else ""
    return {
        "id": shown.id, "job": shown.job, "asked_at": shown.asked_at, "dead_at": shown.dead_at,
        "failures": shown.failures, "error": shown.last_error, "unknown": _unknown(row),
        "does": said or row.job.rpartition(".")[2].replace("_", " ").capitalize(),
    }  # fmt: skip


def _shown(row: OutboxRow) -> DeadJobOut:
    return DeadJobOut(
        id=row.id, job=row.job, asked_at=row.asked_at, dead_at=row.dead_at,
        failures=row.failures, last_error=(row.last_error or "").split(":")[0],
    )  # fmt: skip


ROUTES = [queue, dead_jobs, replay]
PAGES = [operations_page, replay_by_form]

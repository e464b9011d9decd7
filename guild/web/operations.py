"""The operator's desk over HTTP: how the queue stands, and dead jobs with another life."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from guild import features
from guild.core.ids import OutboxId
from guild.core.outbox import OutboxRow, ScheduledRun, dead_letters, replay_dead, slot_of
from guild.core.permissions import Permission
from guild.core.wire import Out, get, post
from guild.core.work import Work


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


def _shown(row: OutboxRow) -> DeadJobOut:
    return DeadJobOut(
        id=row.id, job=row.job, asked_at=row.asked_at, dead_at=row.dead_at,
        failures=row.failures, last_error=(row.last_error or "").split(":")[0],
    )  # fmt: skip


ROUTES = [queue, dead_jobs, replay]

"""PostgreSQL is the queue, arq is its doorbell.

A row of the outbox is the job. The relay leases due rows, commits, and rings arq once for every
few of them; an expired lease is the retry, so losing Valkey or a worker costs seconds and loses
nothing. The worker takes the row, returns when it is done already, and commits the effect together
with `done_at`. Failures are counted apart from leases; at the limit the row is dead, which an
operator sees and can replay. Only this room and `worker.py` know arq.
"""

import asyncio
import logging
import typing
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

import msgspec
from arq.connections import ArqRedis
from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.errors import IllegalMove, NotFound
from guild.core.ids import OutboxId
from guild.core.jobs import Job, OutsideJob, Schedule
from guild.core.permissions import SYSTEM
from guild.core.work import System, Work, begin_work

log = logging.getLogger("guild.outbox")

LEASE_MARGIN_S: Final = 15
BATCH: Final = 200
RING: Final = 25
"""Rows that one ring names at most: a ring costs arq about as much as a light job costs us."""
BACKOFF_S: Final = (2, 10, 30, 120, 600, 1800, 3600)
CHANNEL: Final = "guild_outbox"
FUNCTION: Final = "run_outbox_row"


class OutboxRow(Base):
    """One job: asked for, leased some times, and done, or dead after too many failures."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "due_at",
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
    )

    id: Mapped[OutboxId] = mapped_column(primary_key=True)
    job: Mapped[str]
    ids: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    sending_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class ScheduledRun(Base):
    """One slot of a scheduled job, claimed once by whoever comes first."""

    __tablename__ = "scheduled_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)


class UnknownOutcome(Exception):
    """A call left the house and nobody knows whether it arrived; it must not be repeated."""


LEASE: Final = text("""
    UPDATE outbox SET attempts = attempts + 1, due_at = CAST(:now AS timestamptz)
           + make_interval(secs => :lease)
     WHERE id IN (SELECT id FROM outbox
                   WHERE done_at IS NULL AND dead_at IS NULL AND due_at <= :now
                   ORDER BY due_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING id, attempts""")
TAKE: Final = """
    UPDATE outbox SET done_at = $2
     WHERE id = $1 AND done_at IS NULL AND dead_at IS NULL AND job <> ALL ($3::text[])
    RETURNING job, ids::text"""
NOT_DONE: Final = text("UPDATE outbox SET done_at = NULL WHERE id = :id")
NEXT_DUE: Final = text("""
    SELECT min(due_at) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL""")


async def lease_due(system: System) -> list[tuple[UUID, int]]:
    """Lease what is due, in one committed transaction, and return (row, attempt) pairs."""
    longest = max((job.timeout_s for job in system.jobs.values()), default=60)
    async with begin_work(system, SYSTEM) as work:
        rows = await work.session.execute(
            LEASE, {"now": work.now, "lease": longest + LEASE_MARGIN_S, "batch": BATCH}
        )
        return [(row.id, row.attempts) for row in rows]


async def relay_once(system: System, arq: ArqRedis) -> int:
    """Lease due rows and ring for them; returns how many. Valkey may be down: leases expire.

    No two rings bear the same name, because an attempt at a row is leased once.
    """
    leased = await lease_due(system)
    for start in range(0, len(leased), RING):
        few = leased[start : start + RING]
        (first, attempt), rows = few[0], [str(row_id) for row_id, _ in few]
        await arq.enqueue_job(FUNCTION, rows, _job_id=f"{first}:{attempt}")
    return len(leased)


async def run_row(system: System, row_id: UUID) -> bool:
    """Run one row to its end; True when it is (now or already) done.

    Never raises but for cancellation: a failure is a fact on the row, with a later due date.
    """
    try:
        return await _run(system, OutboxId(row_id))
    except asyncio.CancelledError:
        raise
    except BaseException as failure:  # noqa: BLE001 - a library's BaseException must not end the worker
        log.warning("job %s failed: %s", row_id, type(failure).__name__)
        await _count_failure(system, OutboxId(row_id), failure)
        return False


async def _run(system: System, row_id: OutboxId) -> bool:
    async with begin_work(system, SYSTEM) as work:
        taken = await _taken(work, row_id)
        if taken is not None:
            await _run_here(work, row_id, *taken)
            return True
        row = await _locked(work, row_id)
        if row is None or row.done_at is not None or row.dead_at is not None:
            return row is None or row.done_at is not None
        job = system.jobs[row.job]
        assert isinstance(job, OutsideJob)
        if row.sending_at is not None and not job.repeatable:
            raise UnknownOutcome(f"{row.job} was cut off while calling")
        ids = typed_ids(job.prepare, row.ids)
        request = await job.prepare(work, **ids)
        if request is None:
            row.done_at = work.now
            return True
        row.sending_at = work.now
    async with asyncio.timeout(job.timeout_s):
        answer = await job.call(system, request)
    return await _record(system, row_id, job, ids, answer)


async def _taken(work: Work, row_id: OutboxId) -> tuple[Job, dict[str, Any]] | None:
    """Lock the row, mark it done and read it, in one statement; None when there is nothing to do
    here: it is done, dead, gone, or its call leaves the house.

    The mark commits with the effect or not at all.
    """
    jobs = work.system.jobs
    outside = [name for name, job in jobs.items() if isinstance(job, OutsideJob)]
    found = await work.fetch(TAKE, row_id, work.now, outside)
    if not found:
        return None
    name, ids = found[0]
    job = jobs[name]
    assert isinstance(job, Job)
    return job, msgspec.json.decode(ids)


async def _run_here(work: Work, row_id: OutboxId, job: Job, ids: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(job.timeout_s):
            await job.run(work, **typed_ids(job.run, ids))
    except BaseException as failure:
        if work.refused(failure):  # what was written is kept, and the job is not done
            await work.session.execute(NOT_DONE, {"id": row_id})
        raise


async def _record(
    system: System, row_id: OutboxId, job: OutsideJob, ids: dict[str, Any], answer: object
) -> bool:
    async with begin_work(system, SYSTEM) as work:
        row = await _locked(work, row_id)
        if row is not None and row.done_at is None:
            await job.record(work, ids, answer)
            row.done_at = work.now
    return True


async def _locked(work: Work, row_id: OutboxId) -> OutboxRow | None:
    found: OutboxRow | None = await work.session.scalar(
        select(OutboxRow).where(OutboxRow.id == row_id).with_for_update()
    )
    return found


async def _count_failure(system: System, row_id: OutboxId, failure: BaseException) -> None:
    async with begin_work(system, SYSTEM) as work:
        row = await _locked(work, row_id)
        if row is None or row.done_at is not None:
            return
        row.failures += 1
        row.last_error = f"{type(failure).__name__}: {failure}"[:500].replace("\x00", "")
        job = system.jobs.get(row.job)
        limit = job.failures_max if job is not None else 3
        if row.failures >= limit or isinstance(failure, UnknownOutcome):
            row.dead_at = work.now
            log.error("job %s (%s) is dead: %s", row_id, row.job, type(failure).__name__)
        else:
            wait = BACKOFF_S[min(row.failures, len(BACKOFF_S)) - 1]
            row.due_at = work.now + timedelta(seconds=wait)


def typed_ids(run: object, ids: dict[str, Any]) -> dict[str, Any]:
    """The payload as the job's annotations want it (JSON knows no UUID)."""
    hints = _hints(run)
    return {name: msgspec.convert(value, hints[name], strict=False) for name, value in ids.items()}


_hints: Final = cache(typing.get_type_hints)


async def drain(system: System, *, rounds: int = 20) -> int:
    """Run all that is due in this process, without arq; for tests and one-off commands."""
    done = 0
    for _ in range(rounds):
        leased = await lease_due(system)
        if not leased:
            break
        for row_id, _attempt in leased:
            done += await run_row(system, row_id)
    return done


async def claim_slots(system: System, schedules: typing.Iterable[Schedule]) -> int:
    """Queue each scheduled job whose present slot nobody has claimed yet."""
    jobs = {schedule.job.name: schedule for schedule in schedules}
    async with begin_work(system, SYSTEM) as work:
        slots = [slot_of(work.now, schedule.every_minutes) for schedule in jobs.values()]
        claimed = await work.session.execute(CLAIM_SLOTS, {"names": [*jobs], "slots": slots})
        names = claimed.scalars().all()
        for name in names:
            work.later(jobs[name].job)
    return len(names)


CLAIM_SLOTS: Final = text("""
    INSERT INTO scheduled_run (name, slot)
    SELECT * FROM unnest(CAST(:names AS text[]), CAST(:slots AS timestamptz[]))
    ON CONFLICT DO NOTHING RETURNING name""")


def slot_of(moment: datetime, every_minutes: int) -> datetime:
    """The start of the slot that the moment lies in, counted from midnight UTC."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = int((moment - midnight).total_seconds()) // 60
    return midnight + timedelta(minutes=minutes - minutes % every_minutes)


async def dead_letters(work: Work, limit: int = 100) -> list[OutboxRow]:
    """Jobs that an operator must look at."""
    rows = await work.session.scalars(
        select(OutboxRow).where(OutboxRow.dead_at.is_not(None)).order_by(OutboxRow.id).limit(limit)
    )
    return list(rows)


async def replay_dead(work: Work, row_id: OutboxId) -> OutboxRow:
    """Give a dead job another life; a call with unknown outcome needs a person's certainty."""
    row = await _locked(work, row_id)
    if row is None:
        raise NotFound("There is no such job.")
    if row.dead_at is None:
        raise IllegalMove("Only a dead job can be replayed.")
    row.dead_at = None
    row.sending_at = None
    row.failures = 0
    row.due_at = work.now
    return row


async def waiting(system: System) -> datetime | None:
    """When the next row is due, or None when the queue is empty."""
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return typing.cast("datetime | None", await work.session.scalar(NEXT_DUE))

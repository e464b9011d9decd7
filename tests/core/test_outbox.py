"""The queue: leases, failures counted apart, dead letters, slots, calls that must not repeat."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from guild.core.errors import IllegalMove
from guild.core.jobs import OutsideJob, job, scheduled
from guild.core.outbox import (
    OutboxRow,
    claim_slots,
    dead_letters,
    drain,
    lease_due,
    replay_dead,
    run_row,
    slot_of,
)
from guild.core.permissions import SYSTEM
from guild.core.work import Work, begin_work


@job("test.count", timeout_s=5)
async def count_up(work: Work, number: int) -> None:
    await work.session.execute(
        text(
            "INSERT INTO scheduled_run (name, slot) VALUES (:n, now() + make_interval(secs => :s))"
        ),
        {"n": f"effect {number}", "s": 0},
    )


@job("test.fail", timeout_s=5, failures_max=3)
async def fail(work: Work, number: int) -> None:
    raise ValueError(f"no {number}")


@job("test.exit", timeout_s=5, failures_max=1)
async def leave(work: Work) -> None:
    raise SystemExit(1)


@job("test.slow", timeout_s=1, failures_max=1)
async def slow(work: Work) -> None:
    await asyncio.sleep(30)


CALLS: list[Any] = []


async def _prepare(work: Work, number: int) -> int | None:
    return number


async def _call(system: Any, number: int) -> str:
    CALLS.append(number)
    if number < 0:
        raise ConnectionError("reply lost")
    return "ok"


async def _record(work: Work, ids: dict[str, Any], answer: str) -> None:
    assert answer == "ok"


BANK = OutsideJob("test.bank", prepare=_prepare, call=_call, record=_record, repeatable=False)


@pytest.fixture
def queue(system):
    table = system.jobs
    for one in (count_up, fail, leave, slow, BANK):
        table[one.name] = one
    CALLS.clear()
    return system


async def effects(system):
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return await work.session.scalar(
            text("SELECT count(*) FROM scheduled_run WHERE name LIKE 'effect %'")
        )


async def rows(system):
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return list(await work.session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


async def test_a_job_runs_once_however_often_it_is_rung(queue):
    async with begin_work(queue, SYSTEM) as work:
        work.later(count_up, number=1)
    [(row_id, attempt)] = await lease_due(queue)
    assert attempt == 1
    assert await lease_due(queue) == []  # leased
    assert await run_row(queue, row_id)
    assert await run_row(queue, row_id)
    assert await effects(queue) == 1


async def test_an_expired_lease_is_the_retry(queue, clock):
    async with begin_work(queue, SYSTEM) as work:
        work.later(count_up, number=2)
    await lease_due(queue)  # the ring is lost
    clock.advance(minutes=10)
    [(row_id, attempt)] = await lease_due(queue)
    assert attempt == 2
    assert await run_row(queue, row_id)
    assert await effects(queue) == 1


async def test_failures_are_counted_and_end_in_a_dead_letter(queue, clock):
    async with begin_work(queue, SYSTEM) as work:
        work.later(fail, number=7)
    for failures in (1, 2, 3):
        assert await drain(queue) == 0
        [row] = await rows(queue)
        assert row.failures == failures
        clock.advance(minutes=1)
    async with begin_work(queue, SYSTEM) as work:
        [dead] = await dead_letters(work)
        assert "no 7" in (dead.last_error or "")
        await replay_dead(work, dead.id)
    async with begin_work(queue, SYSTEM) as work:
        assert await dead_letters(work) == []
        with pytest.raises(IllegalMove):
            await replay_dead(work, dead.id)


async def test_a_job_may_not_end_the_worker(queue):
    async with begin_work(queue, SYSTEM) as work:
        work.later(leave)
        work.later(slow)
    await drain(queue, rounds=1)
    assert [row.dead_at is not None for row in await rows(queue)] == [True, True]


async def test_a_rolled_back_work_asks_for_nothing(queue):
    with pytest.raises(RuntimeError):
        async with begin_work(queue, SYSTEM) as work:
            work.later(count_up, number=3)
            raise RuntimeError
    assert await rows(queue) == []


async def test_a_call_in_doubt_is_never_repeated(queue, clock):
    async with begin_work(queue, SYSTEM) as work:
        work.later(BANK, number=-1)
    await drain(queue, rounds=1)
    clock.advance(minutes=5)
    await drain(queue, rounds=1)
    assert CALLS == [-1]
    [row] = await rows(queue)
    assert row.dead_at is not None
    assert "UnknownOutcome" in (row.last_error or "")


async def test_a_call_that_was_answered_is_recorded_once(queue):
    async with begin_work(queue, SYSTEM) as work:
        work.later(BANK, number=5)
    [(row_id, _)] = await lease_due(queue)
    assert await run_row(queue, row_id)
    assert await run_row(queue, row_id)
    assert CALLS == [5]


async def test_a_slot_is_claimed_once_and_missed_ones_are_made_up(queue, clock):
    @scheduled("test.tick", every_minutes=15)
    async def tick(work: Work) -> None: ...

    queue.jobs["test.tick"] = tick.job
    assert await claim_slots(queue, [tick]) == 1
    assert await claim_slots(queue, [tick]) == 0
    clock.advance(minutes=14, seconds=59)
    assert await claim_slots(queue, [tick]) == 0
    clock.advance(hours=5)
    assert await claim_slots(queue, [tick]) == 1


def test_slots_start_on_the_grid(clock):
    assert slot_of(clock() + timedelta(minutes=44), 15).minute == 30


async def test_two_relays_and_two_workers_do_it_once(committing):
    committing.jobs[count_up.name] = count_up
    async with begin_work(committing, SYSTEM) as work:
        for number in range(40):
            work.later(count_up, number=number)
    leased = [pair for batch in await asyncio.gather(*(lease_due(committing) for _ in range(4)))
              for pair in batch]  # fmt: skip
    assert len({row_id for row_id, _ in leased}) == len(leased)
    await asyncio.gather(*(run_row(committing, row_id) for row_id, _ in leased * 2))
    assert await effects(committing) == 40
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        open_rows = await work.session.scalar(
            select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
        )
    assert open_rows == 0

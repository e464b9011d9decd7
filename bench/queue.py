"""Row 7: outbox, relay and arq against arq with its defaults; throughput and idle latency."""

import asyncio
import statistics
import time
from typing import Any

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func

from bench.measure import Row, alternate, servers
from guild import features
from guild.core.jobs import job
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import System, Work, begin_work
from guild.migrations.run import create_database, migrate
from guild.worker import Ringer, make_worker, run_relay

OURS = 1500
THEIRS = 200
PROBES = 25
done: asyncio.Event
remaining = 0


@job("bench.nothing", timeout_s=20)
async def nothing(work: Work) -> None:
    global remaining
    remaining -= 1
    if remaining == 0:
        done.set()


async def arq_nothing(ctx: dict[str, Any]) -> None:
    await nothing(None)


async def wait_for(number: int, ask: Any) -> float:
    """Seconds until `number` jobs that `ask` queues have run."""
    global done, remaining
    done, remaining = asyncio.Event(), number
    began = time.perf_counter()
    await ask()
    await asyncio.wait_for(done.wait(), 120)
    return time.perf_counter() - began


async def measure(settings: Settings) -> list[Row]:
    await create_database(settings.owner_url)
    await migrate(settings.owner_url)
    system = features.make_system(settings)
    system.jobs[nothing.name] = nothing  # type: ignore[index]
    async with begin_work(system, SYSTEM) as work:
        await features.found(work)  # the hour's own jobs run beside ours, and need the charter
    system.asked = Ringer(system)
    stop = asyncio.Event()
    worker = make_worker(system)
    relay = asyncio.create_task(run_relay(system, stop))
    serving = asyncio.create_task(worker.async_run())
    pool = await create_pool(RedisSettings.from_dsn(settings.redis_url), default_queue_name="plain")
    plain = Worker([func(arq_nothing, name="arq_nothing")], queue_name="plain", redis_pool=pool,
                   handle_signals=False)  # fmt: skip
    plain_serving = asyncio.create_task(plain.async_run())
    try:
        return await _rows(system, pool)
    finally:
        stop.set()
        for task in (serving, plain_serving, relay):
            task.cancel()
        await asyncio.gather(serving, plain_serving, relay, return_exceptions=True)
        await system.engine.dispose()


async def _rows(system: System, pool: ArqRedis) -> list[Row]:
    async def ask_ours(number: int = OURS) -> None:
        async with begin_work(system, SYSTEM) as work:
            for _ in range(number):
                work.later(nothing)

    async def ask_theirs(number: int = THEIRS) -> None:
        for _ in range(number):
            await pool.enqueue_job("arq_nothing")

    async def ours() -> float:
        return OURS / await wait_for(OURS, ask_ours)

    async def theirs() -> float:
        return THEIRS / await wait_for(THEIRS, ask_theirs)

    ratio, fast, slow = await alternate(3, ours, theirs)
    ours_idle, theirs_idle = [], []
    for _ in range(PROBES):
        await asyncio.sleep(0.05)
        ours_idle.append(await wait_for(1, lambda: ask_ours(1)))
        await asyncio.sleep(0.05)
        theirs_idle.append(await wait_for(1, lambda: ask_theirs(1)))
    quick, late = (statistics.quantiles(v, n=20)[-1] for v in (ours_idle, theirs_idle))
    return [
        Row(number="7", what="outbox + arq drained, of arq's defaults", value=ratio, target=6,
            hope=11, unit="×", how=f"{fast:.0f} against {slow:.0f} jobs/s"),
        Row(number="7", what="idle latency p95, arq's defaults over ours", value=late / quick,
            target=10, hope=20, unit="×", how=f"{quick * 1e3:.0f} ms against {late * 1e3:.0f} ms"),
    ]  # fmt: skip


def rows() -> list[Row]:
    with servers() as (_, settings):
        return asyncio.run(measure(settings))

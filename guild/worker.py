"""The processes behind the API: the relay that rings, and the arq worker that answers.

arq is tuned as a doorbell: its jobs are row ids, its results are not kept, its retries are not
used. A lost ring costs until the lease ends, a lost Valkey costs until it is back.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.exceptions import RedisError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from guild import features
from guild.core.outbox import CHANNEL, FUNCTION, claim_slots, relay_once, run_row
from guild.core.settings import Settings
from guild.core.transaction import REFUSALS
from guild.core.work import System

log = logging.getLogger("guild.worker")

SWEEP_S: Final = 1.0
"""How often the relay looks without being rung."""
POLL_S: Final = 0.01
JOBS_AT_ONCE: Final = 100
FINISH_S: Final = 25
"""How long jobs may finish after a SIGTERM."""

encode: Final[Callable[[Any], bytes]] = msgspec.msgpack.Encoder(enc_hook=str).encode
decode: Final[Callable[[bytes], Any]] = msgspec.msgpack.Decoder().decode


def redis_settings(settings: Settings) -> RedisSettings:
    """How arq reaches Valkey."""
    return RedisSettings.from_dsn(settings.redis_url)


async def connect_arq(settings: Settings) -> ArqRedis:
    """Arq's connection with msgpack: a planted pickle is refused, not run."""
    return await create_pool(
        redis_settings(settings), job_serializer=encode, job_deserializer=decode
    )


async def run_outbox_rows(ctx: dict[str, Any], row_ids: list[str]) -> None:
    """What arq calls: a few rows of the outbox, each to its end in a Work of its own.

    As many at once as the pool has room; a slow one keeps none of the others waiting.
    """

    async def run(row_id: str) -> None:
        async with ctx["room"]:
            await run_row(ctx["system"], UUID(row_id))

    await asyncio.gather(*map(run, row_ids))


class Doorbell:
    """LISTEN on PostgreSQL: rung after each commit that queued jobs."""

    def __init__(self, settings: Settings) -> None:
        self._url: Final = make_url(settings.database_url)
        self.rung: Final = asyncio.Event()
        self._connection: asyncpg.Connection[Any] | None = None

    async def listen(self) -> None:
        """Connect if need be; a lost connection only means sweeping more slowly."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await driver_connection(str_url(self._url))
            await self._connection.add_listener(CHANNEL, self._ring)

    def _ring(self, *_: object) -> None:
        self.rung.set()

    async def wait(self, timeout_s: float) -> None:
        """Until rung, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.rung.wait()
        self.rung.clear()

    async def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            await self._connection.close()


def str_url(url: Any) -> str:
    """A URL with its password, for asyncpg."""
    return str(url.render_as_string(hide_password=False))


async def driver_connection(url: str) -> "asyncpg.Connection[Any]":
    """A bare asyncpg connection from a SQLAlchemy URL (socket folders are given as ?host=)."""
    parsed = make_url(url)
    host = parsed.query.get("host", parsed.host)
    return await asyncpg.connect(
        host=host, port=parsed.port or 5432, user=parsed.username, password=parsed.password,
        database=parsed.database, timeout=10,
    )  # fmt: skip


class Ringer:
    """Rings the doorbell from a serving process, at most once per tick however many commits ask."""

    def __init__(self, system: System) -> None:
        self._system: Final = system
        self._task: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        """Ask for a ring; asking again before it rings changes nothing."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._ring())

    async def _ring(self) -> None:
        await asyncio.sleep(0.002)
        with contextlib.suppress(SQLAlchemyError, OSError, *REFUSALS):
            async with self._system.sessions() as session:
                connection = await session.connection()
                await connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
                await session.commit()


async def run_relay(system: System, stop: asyncio.Event) -> None:
    """Lease and ring until told to stop; survives the loss of either server."""
    arq: ArqRedis | None = None
    bell = Doorbell(system.settings)
    schedules, looked = features.schedules(), -SWEEP_S
    while not stop.is_set():
        try:
            await bell.listen()
            arq = arq or await connect_arq(system.settings)
            if time.monotonic() - looked >= SWEEP_S:  # a ring says nothing about the hour
                looked = time.monotonic()
                await claim_slots(system, schedules)
            while await relay_once(system, arq):
                pass
        except (RedisError, SQLAlchemyError, OSError, *REFUSALS) as lost:
            log.warning("the relay waits: %s", type(lost).__name__)
            arq = None
            await asyncio.sleep(SWEEP_S)
        await bell.wait(SWEEP_S)
    await bell.close()
    if arq is not None:
        await arq.aclose()


def make_worker(system: System, *, burst: bool = False) -> Worker:
    """The arq worker on a System; `burst` ends when the queue is empty."""
    longest = max(job.timeout_s for job in system.jobs.values())
    return Worker(
        functions=[func(run_outbox_rows, name=FUNCTION, keep_result=0, max_tries=1)],
        redis_settings=redis_settings(system.settings),
        ctx={"system": system, "room": asyncio.Semaphore(system.settings.pool_size)},
        burst=burst,
        max_jobs=JOBS_AT_ONCE,
        poll_delay=POLL_S,
        job_timeout=longest + 5,
        keep_result=0,
        log_results=False,
        handle_signals=False,
        retry_jobs=False,
        job_serializer=encode,
        job_deserializer=decode,
    )


async def run_worker(system: System, stop: asyncio.Event) -> None:
    """Serve rings until told to stop; a lost Valkey is waited for."""
    while not stop.is_set():
        try:
            await _serve(make_worker(system), stop)
        except (RedisError, OSError) as lost:
            log.warning("the worker waits: %s", type(lost).__name__)
            await asyncio.sleep(SWEEP_S)


async def _serve(worker: Worker, stop: asyncio.Event) -> None:
    serving = asyncio.create_task(worker.async_run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        worker.allow_pick_jobs = False
        async with asyncio.timeout(FINISH_S):
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    except TimeoutError:
        log.warning("jobs cut off at the stop will be leased again")
    finally:
        for task in (stopping, serving):
            task.cancel()
        await asyncio.gather(stopping, serving, return_exceptions=True)
        await worker.close()

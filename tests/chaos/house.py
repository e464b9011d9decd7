"""A whole installation for the chaos tests: own servers, own database, processes to be killed."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any, Self

import psutil
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from guild import features
from guild.core.clock import file_clock, utc_now
from guild.core.embedded import APP_ROLE, Embedded
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.migrations.schema import ROLES_SQL, statements
from tests.chaos.errands import EFFECTS, ERRANDS

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DATABASE = "guild_chaos"


@dataclass
class Process:
    """A process of the house, known by its id in the nursery."""

    nursery: "Nursery"
    role: str
    pid: int
    log: Path
    seen: int | None = field(default=None)

    @property
    def status(self) -> int | None:
        """How it ended, or None."""
        if self.seen is None:
            self.seen = self.nursery.order(do="status", pid=self.pid)["status"]
        return self.seen

    def signal(self, number: int) -> None:
        """Send a signal, if it still lives."""
        self.nursery.order(do="signal", pid=self.pid, number=int(number))

    async def ended(self, timeout_s: float = 90) -> int:
        """Wait for the end; its status, negative for a signal."""
        await until(lambda: self.status is not None, timeout_s, f"the end of {self.role}")
        assert self.status is not None
        return self.status

    async def stop(self) -> int:
        """Ask it to end in order."""
        self.signal(SIGTERM)
        return await self.ended()

    async def kill(self) -> None:
        """End it at once."""
        self.signal(SIGKILL)
        await self.ended()


class Nursery:
    """The process that forks the others; see `process.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self._errors = (folder / "nursery.log").open("ab")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.process"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, cwd=ROOT, text=True,
        )  # fmt: skip
        try:
            self.listener = self.order(do="listen")
        except BaseException:
            self.close()
            raise

    def order(self, **order: Any) -> dict[str, Any]:
        """One order, one answer."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        assert answer, (self.folder / "nursery.log").read_text()[-2000:]
        told: dict[str, Any] = json.loads(answer)
        return told

    def start(
        self, role: str, environment: dict[str, str], point: str = "", lease_s: float | None = None
    ) -> Process:
        """Fork a process that serves as `guild <role>`, with a trap or without."""
        self.count += 1
        log = self.folder / f"{self.count:03d}-{role}.log"
        arguments = ["--fd", str(self.listener["fd"])] if role == "api" else []
        told = self.order(
            do="start", role=role, arguments=arguments, environment=environment, point=point,
            mark=str(log.with_suffix(".struck")), log=str(log), lease_s=lease_s,
        )  # fmt: skip
        return Process(self, role, told["pid"], log)

    def close(self) -> None:
        """End all that it forked, and itself."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(20)
        self._child.stdout.close()
        self._errors.close()


class House:
    """Servers, database, nursery and clock; `with House() as house:`."""

    def __init__(self, *, real_time: bool = False) -> None:
        place = Path(os.environ.get("GUILD_TEST_DIR") or tempfile.gettempdir())
        place.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="guild-chaos-", dir=place))
        self.folder.chmod(0o755)
        self.clock_file = self.folder / "clock"
        self.real_time = real_time
        self.set_clock(NOON)
        self.bank = self.folder / "bank.txt"
        self.bank.touch()

    def __enter__(self) -> Self:
        self.servers = Embedded(self.folder)
        try:
            self.servers.__enter__()
            asyncio.run(self._make_database())
            self.nursery = Nursery(self.folder)
        except BaseException:
            self.servers.__exit__()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.nursery.close()
        self.servers.__exit__()
        if not os.environ.get("GUILD_CHAOS_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _make_database(self) -> None:
        engine = create_async_engine(self.servers.url("postgres"), isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {DATABASE}"))
        await engine.dispose()
        engine = create_async_engine(self.servers.url(DATABASE))
        async with engine.begin() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            await driver.execute(ROLES_SQL)
            for statement in statements():
                await driver.execute(statement)
        await engine.dispose()

    # --- settings and systems ----------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The settings of every process here."""
        return Settings(
            env="test",
            database_url=self.servers.url(DATABASE, APP_ROLE),
            owner_url=self.servers.url(DATABASE),
            redis_url=self.servers.redis_url,
            data_dir=self.folder / "var",
            base_url=self.base_url if hasattr(self, "nursery") else "http://127.0.0.1",
            clock_file="" if self.real_time else str(self.clock_file),
        )

    @property
    def base_url(self) -> str:
        """Where the API processes listen, together."""
        return f"http://127.0.0.1:{self.nursery.listener['port']}"

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of a process."""
        settings = self.settings
        return {
            "GUILD_ENV": "test",
            "GUILD_DATABASE_URL": settings.database_url,
            "GUILD_OWNER_URL": settings.owner_url,
            "GUILD_REDIS_URL": settings.redis_url,
            "GUILD_DATA_DIR": str(settings.data_dir),
            "GUILD_BASE_URL": settings.base_url,
            "GUILD_CLOCK_FILE": settings.clock_file,
            "CHAOS_BANK": str(self.bank),
            **more,
        }

    def system(self) -> System:
        """A System of the test itself; dispose of its engine."""
        clock = utc_now if self.real_time else file_clock(self.clock_file)
        made = features.make_system(self.settings, clock=clock)
        assert isinstance(made.jobs, dict)
        made.jobs.update(ERRANDS)
        return made

    def set_clock(self, moment: datetime) -> None:
        """Turn the clock of all processes at once."""
        self.moment = moment
        self.turned_at = time.monotonic()
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(moment.isoformat(), encoding="ascii")
        fresh.replace(self.clock_file)

    def advance(self, **parts: float) -> None:
        """Let time pass: leases expire."""
        self.set_clock(self.moment + timedelta(**parts))

    # --- processes ---------------------------------------------------------------------------

    def start(
        self, role: str, point: str = "", *, lease_s: float | None = None, **more: str
    ) -> Process:
        """Start `guild <role>` with a trap or without."""
        return self.nursery.start(role, self.environment(**more), point, lease_s)

    def kill_postgres(self) -> None:
        """SIGKILL to the postmaster, then a new one on the same data."""
        server = self.servers._postgres
        assert server is not None
        postmaster = psutil.Process(server.get_pid())
        backends = postmaster.children(recursive=True)
        postmaster.kill()
        psutil.wait_procs([postmaster, *backends], timeout=10)
        for attempt in range(5):
            try:
                server.ensure_postgres_running()
            except (AssertionError, subprocess.SubprocessError):  # old backends hold the memory
                if attempt == 4:
                    raise
                time.sleep(0.5)
            else:
                return

    def kill_valkey(self, *, keep: bool = True) -> None:
        """SIGKILL to Valkey, then a new one on the same port, with its data or without."""
        server = self.servers._valkey
        assert server is not None
        assert server._process is not None
        port = server.port
        server._process.kill()
        server._process.wait()
        server._process = None
        server._desired_port = port
        if not keep:
            shutil.rmtree(server.data_dir / "appendonlydir", ignore_errors=True)
        server.start()

    def flush_valkey(self) -> int:
        """FLUSHALL; how many keys were lost."""
        client = Redis.from_url(self.servers.redis_url)
        try:
            lost = int(client.dbsize())  # type: ignore[arg-type]
            client.flushall()
        finally:
            client.close()
        return lost


async def until(
    holds: Callable[[], Any], timeout_s: float = 90, what: str = "", *, every_s: float = 0.02
) -> None:
    """Wait until it holds; it may be a coroutine function."""
    end = time.monotonic() + timeout_s
    while True:
        found = holds()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        assert time.monotonic() < end, f"waited {timeout_s} s in vain for {what or holds}"
        await asyncio.sleep(every_s)


async def broken(system: System) -> list[str]:
    """What the invariants of all features say."""
    found: list[str] = []
    async with begin_work(system, SYSTEM, read_only=True) as work:
        for invariant in features.INVARIANTS:
            found += [f"{invariant.__name__}: {one}" for one in await invariant(work.session)]
    return found


async def numbers(system: System, query: str, **values: Any) -> list[int]:
    """The first column of a query."""
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return list(await work.session.scalars(text(query), values))


async def effects(system: System, wanted: Iterable[int]) -> dict[int, int]:
    """How often each of these numbers took effect."""
    rows = await numbers(system, EFFECTS, wanted=list(wanted))
    return {number: rows.count(number) for number in wanted}


async def retrying(do: Callable[[], Any], tries: int = 60) -> Any:
    """Do it again while the database is away."""
    for _ in range(tries - 1):
        with suppress(Exception):
            return await do()
        await asyncio.sleep(0.25)
    return await do()

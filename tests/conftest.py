"""The harness: one embedded server per run, one database per worker, one transaction per test.

Most tests run each Work as a savepoint of one outer transaction that is rolled back. Those that
need real commits (races, crashes, the outbox) use `committing`, a database of their own.
"""

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck
from hypothesis import settings as examples
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")

from guild import features  # noqa: E402
from guild.core.embedded import APP_ROLE, Embedded, socket_url  # noqa: E402
from guild.core.permissions import SYSTEM, Actor  # noqa: E402
from guild.core.settings import Settings  # noqa: E402
from guild.core.work import System, Work, begin_work  # noqa: E402
from guild.governance.commands import install_founding_charter  # noqa: E402
from guild.invoicing.einvoice.validator import Validator  # noqa: E402
from guild.members.rules import passwords  # noqa: E402
from guild.migrations.run import migrate  # noqa: E402
from guild.migrations.schema import write_schema  # noqa: E402
from tests.factories import Factories  # noqa: E402
from tests.shared import App, SharedPress  # noqa: E402

examples.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("untimed")  # a busy machine is nobody's fault

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""The moment at which tests begin: a Monday, not a holiday."""


class Clock:
    """The clock of a test: it stands still until moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **parts: float) -> datetime:
        """Move on by a timedelta's parts: days=14, minutes=11."""
        self.moment += timedelta(**parts)
        return self.moment

    def set(self, moment: datetime) -> None:
        """Stand at a moment."""
        self.moment = moment


@pytest.fixture(scope="session", autouse=True)
def one_slow_hash() -> Iterator[None]:
    """The password that all made members share is hashed once; every other one as it should be.

    The hash is slow on purpose, and a test makes several members.
    """
    slow = passwords.hash_password
    usual = slow(Factories.PASSWORD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            passwords, "hash_password",
            lambda password: usual if password == Factories.PASSWORD else slow(password),
        )  # fmt: skip
        yield


@pytest.fixture
def clock() -> Clock:
    """The clock of this test."""
    return Clock()


@pytest.fixture(scope="session")
def embedded() -> Iterator[Embedded]:
    """PostgreSQL and Valkey of this test process, in a folder of its own that is removed after it.

    The folder is not under pytest's temporary root: every run of pytest takes that root away from
    other users again (mode 0700), and as root the server runs as another user, who then can
    neither start nor be stopped in order. GUILD_TEST_DIR names another place for it; each process
    makes its own folder there, so that runs beside each other share no server.
    """
    place = Path(os.environ.get("GUILD_TEST_DIR") or tempfile.gettempdir())
    place.mkdir(parents=True, exist_ok=True)
    base = Path(tempfile.mkdtemp(prefix="guild-test-", dir=place))
    base.chmod(0o755)
    try:
        with Embedded(base) as servers:
            asyncio.run(_forget_durability(servers))
            yield servers
            assert (base / "postgres/postmaster.pid").exists(), server_log(base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


async def _forget_durability(servers: Embedded) -> None:
    # The server of a test run is thrown away; the crash tests start durable ones of their own.
    engine = create_async_engine(servers.url("postgres"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        await connection.execute(text("SELECT pg_reload_conf()"))
    await engine.dispose()


def server_log(base: Path) -> str:
    """The last words of a PostgreSQL that ended before its tests did."""
    log = base / "postgres/log"
    words = log.read_text(errors="replace")[-3000:] if log.exists() else "its folder is gone"
    return f"PostgreSQL ended during the run: {words}"


async def _make_database(embedded: Embedded, name: str, template: str | None = None) -> None:
    engine = create_async_engine(embedded.url("postgres"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        using = f" TEMPLATE {template}" if template else ""
        await connection.execute(text(f"CREATE DATABASE {name}{using}"))
    await engine.dispose()


async def _fill(embedded: Embedded, name: str) -> None:
    """Migrate as in production. While the tables are being worked on, GUILD_TEST_SCHEMA=models
    takes them from the models instead; `test_schema.py` holds the two against each other.
    """
    if os.environ.get("GUILD_TEST_SCHEMA") != "models":
        await migrate(embedded.url(name))
        return
    engine = create_async_engine(embedded.url(name))
    async with engine.begin() as connection:
        await write_schema(connection)
    await engine.dispose()


@pytest.fixture(scope="session")
def template_database(embedded: Embedded) -> str:
    """The name of a database with the schema, which other databases are copied from."""

    async def make() -> None:
        await _make_database(embedded, "guild_template")
        await _fill(embedded, "guild_template")

    asyncio.run(make())
    return "guild_template"


@pytest.fixture(scope="session")
def database_url(embedded: Embedded, template_database: str) -> str:
    """The URL of the database that rolled-back tests share, for the app role."""
    asyncio.run(_make_database(embedded, "guild_test", template_database))
    return embedded.url("guild_test", APP_ROLE)


@pytest.fixture(scope="session")
def settings(
    embedded: Embedded, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a test installation."""
    return Settings(
        env="test",
        database_url=database_url,
        owner_url=embedded.url("guild_test"),
        redis_url=embedded.redis_url,
        data_dir=tmp_path_factory.mktemp("var"),
        base_url="http://guild.test",
    )


@pytest.fixture(scope="session")
def resources(validator: Validator, shared_press: SharedPress) -> dict[str, Any]:
    """What a System keeps for as long as its process lives, and that does not know it."""
    return {"invoicing.validator": validator, "documents.pool": shared_press}


@pytest_asyncio.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """One connection for all tests that are rolled back: the server has its plans ready."""
    made = create_async_engine(database_url, pool_size=1, max_overflow=0)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def validator() -> Iterator[Validator]:
    """The official rules of e-invoices, compiled once for all tests."""
    made = Validator()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def shared_press() -> Iterator[SharedPress]:
    """The press of all tests; its child process starts with the first order."""
    made = SharedPress()
    yield made
    made.close()


@pytest_asyncio.fixture
async def system(
    engine: AsyncEngine, settings: Settings, clock: Clock, resources: dict[str, Any]
) -> AsyncIterator[System]:
    """A System whose Works are savepoints of one transaction that is rolled back."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        maker = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        made = features.system_on(settings, engine, maker, maker, clock=clock, nested=True)
        made.resources.update(resources)
        async with begin_work(made, SYSTEM) as work:
            await found(work)
        yield made
        await outer.rollback()


async def found(work: Work) -> None:
    """Found the cooperative: the charter that every rule is read from."""
    await install_founding_charter(work)


As = Callable[..., AbstractAsyncContextManager[Work]]


@pytest.fixture
def as_(system: System) -> As:
    """`async with as_(actor) as work:` one Work of that actor."""

    @asynccontextmanager
    async def open_work(actor: Actor = SYSTEM, *, read_only: bool = False) -> AsyncIterator[Work]:
        async with begin_work(system, actor, read_only=read_only) as work:
            yield work

    return open_work


@pytest_asyncio.fixture
async def http(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application; it is nobody until it signs in."""
    transport = httpx.ASGITransport(app=App(system))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://guild.test") as client:
        yield client


@pytest.fixture
def make(system: System) -> Factories:
    """Factories of members, clients, contracts and so on."""
    return Factories(system)


SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def signed_in(system: System) -> AsyncIterator[Callable[..., Any]]:
    """`await signed_in(member)` → a client with that member's session and CSRF header."""
    transport = httpx.ASGITransport(app=App(system))  # type: ignore[arg-type]
    clients: list[httpx.AsyncClient] = []

    async def sign_in(member: Any, password: str = Factories.PASSWORD) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=transport, base_url="http://guild.test")
        clients.append(client)
        answer = await client.post(
            "/api/v1/session", json={"email": member.email, "password": password}
        )
        assert answer.status_code in {200, 201}, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    yield sign_in
    for client in clients:
        await client.aclose()


@pytest_asyncio.fixture
async def committing(
    embedded: Embedded, template_database: str, settings: Settings, clock: Clock,
    request: pytest.FixtureRequest, resources: dict[str, Any],
) -> AsyncIterator[System]:  # fmt: skip
    """A System on a database of its own, where Works commit for real and run at once."""
    name = f"guild_c_{abs(hash(request.node.nodeid)) % 10**10}"
    await _make_database(embedded, name, template_database)
    url = embedded.url(name, APP_ROLE)
    engine = create_async_engine(url, pool_size=20, max_overflow=0)
    writers = async_sessionmaker(engine, expire_on_commit=False)
    readers = async_sessionmaker(
        engine.execution_options(postgresql_readonly=True), expire_on_commit=False
    )
    own = msgspec.structs.replace(settings, database_url=url, owner_url=embedded.url(name))
    made = features.system_on(own, engine, writers, readers, clock=clock)
    made.resources.update(resources)
    async with begin_work(made, SYSTEM) as work:
        await found(work)
    yield made
    await engine.dispose()
    await _make_database_gone(embedded, name)


async def _make_database_gone(embedded: Embedded, name: str) -> None:
    engine = create_async_engine(embedded.url("postgres"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    await engine.dispose()


__all__ = ["AsyncSession", "event", "features", "socket_url"]

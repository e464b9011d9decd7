"""One transaction on one connection, spoken to by the driver directly and by the ORM on demand.

The hot paths of the house (who acts, issuing, paying) are a few statements that are always the
same. Through the driver such a call costs a third of what it costs through SQLAlchemy, so the
transaction begins and ends on the driver, and a session joins it on the same connection only when
somebody asks for one. Works of tests are savepoints of one outer transaction instead.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import asyncpg
from sqlalchemy import PoolProxiedConnection, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

SET_READ_ONLY: Final = text("SET TRANSACTION READ ONLY")
SET_DEFERRED: Final = text("SET CONSTRAINTS ALL DEFERRED")
"""Savepoints of one outer transaction share the mode; a fresh transaction begins deferred."""
CHECK_NOW: Final = text("SET CONSTRAINTS ALL IMMEDIATE")
REFUSALS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The last one comes where the server dies in the middle of an answer."""


class Record(Protocol):
    """A row as the driver gives it: values by name or place, in the order of the columns."""

    def __getitem__(self, key: str | int) -> Any:
        """One value."""

    def __iter__(self) -> Iterator[Any]:
        """All values."""


class Transaction(Protocol):
    """What a Work needs of its transaction."""

    @property
    def session(self) -> AsyncSession:
        """The ORM's session in this transaction."""

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """The rows of one statement, its parameters written `$1`, `$2` and so on."""

    async def copy(
        self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Add many rows to a table by COPY."""

    async def flush(self) -> None:
        """Send what the session holds back, if there is a session."""

    async def commit(self) -> None:
        """Flush and commit; what a deferred constraint refuses is raised here."""

    async def abandon(self) -> None:
        """Undo everything."""

    async def close(self) -> None:
        """Let go of the connection."""


def told(sql: str, refusal: Exception) -> DBAPIError:
    """The driver's refusal as SQLAlchemy's own error, so that callers know one kind only."""
    broken = str(getattr(refusal, "sqlstate", "")).startswith("23")
    kind = IntegrityError if broken else DBAPIError
    lost = isinstance(refusal, asyncpg.InterfaceError | asyncpg.InternalClientError)
    return kind(sql, None, refusal, connection_invalidated=lost)


async def copied(
    driver: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """COPY in the driver's binary form: thousands of rows at a third of what arrays cost."""
    try:
        await driver.copy_records_to_table(table, columns=columns, records=rows)
    except REFUSALS as refusal:
        raise told(f"COPY {table}", refusal) from refusal


class OwnTransaction:
    """A transaction of its own on a connection of the pool."""

    def __init__(self, engine: AsyncEngine, *, read_only: bool, snapshot: bool) -> None:
        self._engine: Final = engine
        self._read_only: Final = read_only
        self._begin: Final = (
            "BEGIN"
            + (" ISOLATION LEVEL REPEATABLE READ" if snapshot else "")
            + (" READ ONLY" if read_only else "")
        )
        self._pooled: PoolProxiedConnection
        self._driver: asyncpg.Connection[Any]
        self._session: AsyncSession | None = None

    async def begin(self) -> None:
        """Take a connection and begin; a connection that the server ended is replaced."""
        while True:
            self._pooled = await self._engine.raw_connection()
            driver = self._pooled.driver_connection
            assert driver is not None
            self._driver = driver
            if not driver.is_closed():
                break
            self._pooled.invalidate()
        try:
            await self._execute(self._begin)
        except BaseException:
            await self.close()
            raise

    @property
    def session(self) -> AsyncSession:
        """The ORM's session; its SQLAlchemy connection neither begins nor commits anything."""
        if self._session is None:
            engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            joined = Connection(engine.sync_engine, connection=self._pooled)
            self._session = AsyncSession(
                AsyncConnection(engine, joined),
                expire_on_commit=False,
                autoflush=not self._read_only,
            )
        return self._session

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """The rows of one statement."""
        await self.flush()
        try:
            found: list[Record] = await self._driver.fetch(sql, *arguments)
        except REFUSALS as refusal:
            raise told(sql, refusal) from refusal
        return found

    async def copy(
        self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Add many rows."""
        await self.flush()
        await copied(self._driver, table, columns, rows)

    async def flush(self) -> None:
        """Send what the session holds back."""
        if self._session is not None:
            await self._session.flush()

    async def commit(self) -> None:
        """Flush and commit. A transaction that an error broke is not committed in silence."""
        await self.flush()
        if await self._execute("COMMIT") != "COMMIT":
            raise DBAPIError("COMMIT", None, Exception("an earlier error ended the transaction"))

    async def abandon(self) -> None:
        """Undo everything."""
        if not self._driver.is_closed():
            await self._execute("ROLLBACK")

    async def close(self) -> None:
        """Give the connection back; one that is still in a transaction is thrown away."""
        if self._session is not None:
            await self._session.close()
        if self._driver.is_closed() or self._driver.is_in_transaction():
            self._driver.terminate()
            self._pooled.invalidate()
        else:
            self._pooled.close()

    async def _execute(self, sql: str) -> str:
        try:
            status: str = await self._driver.execute(sql)
        except REFUSALS as refusal:
            raise told(sql, refusal) from refusal
        return status


class Savepoint:
    """A savepoint of an outer transaction, as most tests run."""

    def __init__(self, maker: async_sessionmaker[AsyncSession], *, read_only: bool) -> None:
        self.session: Final = maker()
        self._read_only: Final = read_only

    async def begin(self) -> None:
        """Set the savepoint, and the mode that a fresh transaction has."""
        await self.session.execute(SET_READ_ONLY if self._read_only else SET_DEFERRED)

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """The rows of one statement."""
        await self.session.flush()
        pooled = await (await self.session.connection()).get_raw_connection()
        driver: Any = pooled.driver_connection
        try:
            found: list[Record] = await driver.fetch(sql, *arguments)
        except REFUSALS as refusal:
            raise told(sql, refusal) from refusal
        return found

    async def copy(
        self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Add many rows."""
        await self.session.flush()
        pooled = await (await self.session.connection()).get_raw_connection()
        await copied(pooled.driver_connection, table, columns, rows)

    async def flush(self) -> None:
        """Send what the session holds back."""
        await self.session.flush()

    async def commit(self) -> None:
        """Ask the deferred constraints, which the end of a savepoint does not, and release it."""
        if not self._read_only:
            await self.session.execute(CHECK_NOW)
        await self.session.commit()

    async def abandon(self) -> None:
        """Back to the savepoint."""
        await self.session.rollback()

    async def close(self) -> None:
        """Let go of the session."""
        await self.session.close()

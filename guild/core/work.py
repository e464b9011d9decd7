"""The Work: one request, job or call; one transaction, one actor, one moment.

Use cases are plain async functions whose first argument is a Work. Nobody commits but
`begin_work`; nothing reads the clock but `System.clock`; all that a Work appends is written by one
statement just before the commit, after which every deferred constraint is checked while the
refusal can still become an answer.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from guild.core.appends import Appender, Appends
from guild.core.clock import utc_now
from guild.core.crypto import KeyRing
from guild.core.errors import Forbidden, GuildError
from guild.core.events import EVENTS, Event, Reaction
from guild.core.ids import new_id
from guild.core.jobs import OUTBOX, AnyJob, encode_ids
from guild.core.permissions import Actor, Permission
from guild.core.settings import Settings
from guild.core.transaction import OwnTransaction, Record, Savepoint, Transaction

REACTION_DEPTH_MAX: Final = 8
"""A fact that leads to facts that lead to facts: deeper than this it is a circle."""

G = TypeVar("G", bound=GuildError)
T = TypeVar("T")
Reactions = Mapping[type[Event], Sequence[Reaction]]


class System:
    """What lives as long as the process: settings, pools, the registry, the clock, caches."""

    def __init__(
        self,
        settings: Settings,
        *,
        engine: AsyncEngine,
        sessions: async_sessionmaker[AsyncSession],
        readers: async_sessionmaker[AsyncSession],
        reactions: Reactions,
        jobs: Mapping[str, AnyJob],
        clock: Callable[[], datetime] = utc_now,
        nested: bool = False,
    ) -> None:
        self.settings: Final = settings
        self.engine: Final = engine
        self.sessions: Final = sessions
        self.readers: Final = readers
        self.reactions: Final = reactions
        self.jobs: Final = jobs
        self.clock = clock
        self.keyring: Final = settings.keyring()
        self.nested: Final = nested
        """Whether each Work is a savepoint in one outer transaction (as most tests run)."""
        self.resources: Final[dict[str, Any]] = {}
        self.asked = asked_nothing
        """Rung after a commit that queued jobs; the relay's doorbell in a served process."""

    def resource(self, name: str, make: Callable[[], T]) -> T:
        """A thing made once per process and kept: a pool of workers, a cache."""
        if name not in self.resources:
            self.resources[name] = make()
        made: T = self.resources[name]
        return made


def asked_nothing() -> None:
    """No relay listens in this process; the sweep finds the row."""


class Claim(msgspec.Struct, frozen=True):
    """An idempotency key as it came with a request, and the hash of what was asked with it."""

    key: str
    input_hash: bytes


class Work:
    """One transaction with its actor and moment; see the module for what it replaces."""

    def __init__(
        self, system: System, transaction: Transaction, actor: Actor, now: datetime
    ) -> None:
        self.system: Final = system
        self.actor = actor
        self.now: Final = now
        self.claim: Claim | None = None
        self.network: Mapping[str, str] = {}
        """Address and user agent of a request, for evidence of signatures only."""
        self.memo: Final[dict[str, Any]] = {}
        """What this Work has looked up or must remember until it ends, by a key of its owner."""
        self._transaction: Final = transaction
        self._appends: Final = Appends()
        self._depth = 0
        self._refused: GuildError | None = None
        self._asked = False

    @property
    def session(self) -> AsyncSession:
        """The ORM's session in this transaction, made when it is first asked for."""
        return self._transaction.session

    @property
    def settings(self) -> Settings:
        """The settings of the process."""
        return self.system.settings

    @property
    def keyring(self) -> KeyRing:
        """The keys for encrypted columns."""
        return self.system.keyring

    @property
    def today(self) -> date:
        """The day of the moment, in UTC."""
        return self.now.date()

    def require(
        self,
        right: Permission | bool,  # noqa: FBT001 - the answer of a question reads well here
        detail: str = "",
    ) -> None:
        """The fine question about this row or this person; raises Forbidden (403)."""
        allowed = self.actor.may(right) if isinstance(right, Permission) else right
        if not allowed:
            raise Forbidden(detail)

    def refuse(self, error: G) -> G:
        """Keep what was written although the answer is a refusal: `raise work.refuse(error)`.

        For counters that must survive the refusal, such as wrong codes.
        """
        self._refused = error
        return error

    async def emit(self, fact: Event) -> None:
        """State a fact: one row, and its reactions now, in this transaction."""
        assert self._depth < REACTION_DEPTH_MAX, f"{type(fact).__name__} goes round in circles"
        self.append(
            EVENTS,
            id=new_id(),
            at=self.now,
            kind=type(fact).__name__,
            actor_kind=self.actor.kind,
            actor_id=self.actor.id,
            subject_id=fact.subject_id,
            body=msgspec.json.encode(fact).decode(),
        )
        self._depth += 1
        try:
            for reaction in self.system.reactions.get(type(fact), ()):
                await reaction(self, fact)
        finally:
            self._depth -= 1

    def later(
        self, job: AnyJob, *, due_at: datetime | None = None, **ids: UUID | int | str
    ) -> None:
        """Queue a background job; it is asked for if and only if this Work commits."""
        self._asked = True
        self.append(
            OUTBOX,
            id=new_id(),
            job=job.name,
            ids=encode_ids(ids),
            due_at=due_at or self.now,
            asked_at=self.now,
        )

    def append(self, appender: Appender, **columns: Any) -> None:
        """Collect one row for the single statement at the end."""
        self._appends.add(appender, columns)

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """The rows of one statement sent by the driver itself, its parameters written `$1`, `$2`.

        For the hot paths: constant SQL, which the connection prepares once. What the session holds
        back is sent before; what waits to be appended is not.
        """
        return await self._transaction.fetch(sql, *arguments)

    async def copy(
        self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Add thousands of rows of one kind now, by COPY; what is appended is written before."""
        await self.write()
        await self._transaction.copy(table, columns, rows)

    async def write(self) -> None:
        """Write what is collected now, for a later query of the same Work that must see it."""
        await self._transaction.flush()
        if self._appends:
            await self._transaction.fetch(*self._appends.taken())

    async def finish(self) -> None:
        """Write everything that is collected; the commit is next."""
        await self.write()

    async def commit(self) -> None:
        """Commit, and so have the deferred constraints speak while it can be answered."""
        await self._transaction.commit()

    def refused(self, error: BaseException) -> bool:
        """Whether this error is a refusal that keeps what was written."""
        return self._refused is error

    @property
    def asked(self) -> bool:
        """Whether jobs were queued."""
        return self._asked


@asynccontextmanager
async def begin_work(
    system: System,
    actor: Actor,
    *,
    read_only: bool = False,
    snapshot: bool = False,
    now: datetime | None = None,
) -> AsyncIterator[Work]:
    """One Work from BEGIN to COMMIT; any error rolls all of it back, save `work.refuse`.

    A `snapshot` sees one moment of the whole database in all its queries (REPEATABLE READ).
    """
    transaction: OwnTransaction | Savepoint
    if system.nested:
        transaction = Savepoint(system.sessions, read_only=read_only)
    else:
        transaction = OwnTransaction(system.engine, read_only=read_only, snapshot=snapshot)
    await transaction.begin()
    work = Work(system, transaction, actor, now or system.clock())
    try:
        try:
            yield work
            if not read_only:
                await work.finish()
        except BaseException as error:
            if not work.refused(error):
                await transaction.abandon()
                raise
            await work.finish()
            await work.commit()
            raise
        await work.commit()
    finally:
        await transaction.close()
    if work.asked:
        system.asked()


async def in_new_work(
    system: System, actor: Actor, do: Callable[[Work], Awaitable[T]], *, read_only: bool = False
) -> T:
    """Run one function in a Work of its own."""
    async with begin_work(system, actor, read_only=read_only) as work:
        return await do(work)

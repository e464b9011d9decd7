"""The explicit list of what Guild consists of: what is not named here is off.

Rooms that act by themselves (routes, pages, reactions, jobs) are opened here and nowhere else, so
that this page answers which door leads where, what follows from which fact, and what runs when.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from guild.compliance import events as compliance_events
from guild.compliance import jobs as compliance_jobs
from guild.compliance import models as compliance_models
from guild.compliance import pages as compliance_pages
from guild.compliance import queries as compliance_queries
from guild.compliance import reactions as compliance_reactions
from guild.compliance import routes as compliance_routes
from guild.contracts import events as contracts_events
from guild.contracts import jobs as contracts_jobs
from guild.contracts import models as contracts_models
from guild.contracts import pages as contracts_pages
from guild.contracts import queries as contracts_queries
from guild.contracts import reactions as contracts_reactions
from guild.contracts import routes as contracts_routes
from guild.core import idempotency, mail, outbox, retention
from guild.core.clock import utc_now
from guild.core.db import make_engine, session_makers
from guild.core.events import Event, Reaction
from guild.core.jobs import AnyJob, Job, OutsideJob, Schedule, scheduled
from guild.core.lifecycle import Lifecycle
from guild.core.permissions import SYSTEM
from guild.core.sealed import SealedColumn, reseal
from guild.core.settings import Settings
from guild.core.work import System, Work, begin_work
from guild.documents import jobs as documents_jobs
from guild.documents import models as documents_models
from guild.documents.pool import DocumentPool
from guild.documents.queries import damaged_documents
from guild.exchange import events as exchange_events
from guild.exchange import jobs as exchange_jobs
from guild.exchange import models as exchange_models
from guild.exchange import pages as exchange_pages
from guild.exchange import queries as exchange_queries
from guild.exchange import reactions as exchange_reactions
from guild.exchange import routes as exchange_routes
from guild.exports import events as exports_events
from guild.exports import jobs as exports_jobs
from guild.exports import models as exports_models
from guild.exports import pages as exports_pages
from guild.exports import queries as exports_queries
from guild.exports import reactions as exports_reactions
from guild.exports import routes as exports_routes
from guild.governance import events as governance_events
from guild.governance import pages as governance_pages
from guild.governance import queries as governance_queries
from guild.governance import reactions as governance_reactions
from guild.governance import routes as governance_routes
from guild.governance.commands import install_founding_charter
from guild.governance.models import CharterVersion
from guild.invoicing import events as invoicing_events
from guild.invoicing import jobs as invoicing_jobs
from guild.invoicing import models as invoicing_models
from guild.invoicing import pages as invoicing_pages
from guild.invoicing import queries as invoicing_queries
from guild.invoicing import reactions as invoicing_reactions
from guild.invoicing import routes as invoicing_routes
from guild.invoicing.einvoice.validator import Validator
from guild.ledger import models as ledger_models
from guild.ledger import queries as ledger_queries
from guild.ledger import routes as ledger_routes
from guild.members import events as members_events
from guild.members import jobs as members_jobs
from guild.members import models as members_models
from guild.members import pages as members_pages
from guild.members import queries as members_queries
from guild.members import routes as members_routes
from guild.migrations.run import recorded_fingerprint
from guild.migrations.schema import differences, fingerprint
from guild.mutual_fund import events as fund_events
from guild.mutual_fund import jobs as fund_jobs
from guild.mutual_fund import models as fund_models
from guild.mutual_fund import pages as fund_pages
from guild.mutual_fund import queries as fund_queries
from guild.mutual_fund import reactions as fund_reactions
from guild.mutual_fund import routes as fund_routes
from guild.receivables import events as receivables_events
from guild.receivables import jobs as receivables_jobs
from guild.receivables import models as receivables_models
from guild.receivables import pages as receivables_pages
from guild.receivables import queries as receivables_queries
from guild.receivables import reactions as receivables_reactions
from guild.receivables import routes as receivables_routes
from guild.reputation import events as reputation_events
from guild.reputation import jobs as reputation_jobs
from guild.reputation import models as reputation_models
from guild.reputation import pages as reputation_pages
from guild.reputation import queries as reputation_queries
from guild.reputation import reactions as reputation_reactions
from guild.reputation import routes as reputation_routes
from guild.translog import jobs as translog_jobs
from guild.translog import models as translog_models
from guild.translog import queries as translog_queries
from guild.translog import routes as translog_routes
from guild.translog.commands import sequence_leaves
from guild.treasury import events as treasury_events
from guild.treasury import jobs as treasury_jobs
from guild.treasury import models as treasury_models
from guild.treasury import pages as treasury_pages
from guild.treasury import queries as treasury_queries
from guild.treasury import reactions as treasury_reactions
from guild.treasury import routes as treasury_routes
from guild.webhooks import events as webhooks_events
from guild.webhooks import jobs as webhooks_jobs
from guild.webhooks import models as webhooks_models
from guild.webhooks import pages as webhooks_pages
from guild.webhooks import queries as webhooks_queries
from guild.webhooks import reactions as webhooks_reactions
from guild.webhooks import routes as webhooks_routes

MODELS: Final = (
    idempotency, outbox, ledger_models, translog_models, documents_models, members_models,
    contracts_models, invoicing_models, receivables_models,
    exchange_models, treasury_models, fund_models, reputation_models,
    compliance_models, webhooks_models, exports_models,
)  # fmt: skip
"""Rooms with tables, lowest layer first."""

ROUTES: Final[Sequence[HTTPRouteHandler]] = [
    *members_routes.ROUTES, *governance_routes.ROUTES, *contracts_routes.ROUTES,
    *invoicing_routes.ROUTES, *receivables_routes.ROUTES, *exchange_routes.ROUTES,
    *treasury_routes.ROUTES, *fund_routes.ROUTES,
    *reputation_routes.ROUTES, *compliance_routes.ROUTES, *webhooks_routes.ROUTES,
    *exports_routes.ROUTES,
    *ledger_routes.ROUTES,
    *translog_routes.ROUTES,
]  # fmt: skip
"""JSON handlers, mounted under /api/v1."""

PAGES: Final[Sequence[HTTPRouteHandler]] = [
    *members_pages.PAGES, *governance_pages.PAGES, *contracts_pages.PAGES,
    *invoicing_pages.PAGES, *receivables_pages.PAGES, *exchange_pages.PAGES,
    *treasury_pages.PAGES, *fund_pages.PAGES,
    *reputation_pages.PAGES, *compliance_pages.PAGES, *webhooks_pages.PAGES,
    *exports_pages.PAGES,
]  # fmt: skip
"""HTML handlers, mounted at the root."""

REACTION_ROOMS: Final = (
    governance_reactions, contracts_reactions, invoicing_reactions, receivables_reactions,
    exchange_reactions, treasury_reactions,
    fund_reactions, reputation_reactions, compliance_reactions,
    webhooks_reactions, exports_reactions,
)  # fmt: skip
"""Reactions to one fact run in this order."""

JOB_ROOMS: Final = (
    translog_jobs, documents_jobs, members_jobs, contracts_jobs, invoicing_jobs, receivables_jobs,
    exchange_jobs, treasury_jobs, fund_jobs,
    reputation_jobs, compliance_jobs, webhooks_jobs, exports_jobs,
)  # fmt: skip

EVENT_ROOMS: Final = (
    members_events, governance_events, contracts_events, invoicing_events, receivables_events,
    exchange_events, treasury_events,
    fund_events, reputation_events, compliance_events, exports_events, webhooks_events,
)  # fmt: skip

Invariant = Callable[[AsyncSession], Awaitable[list[str]]]
INVARIANTS: Final[Sequence[Invariant]] = [
    *ledger_queries.INVARIANTS, *translog_queries.INVARIANTS, *members_queries.INVARIANTS,
    *governance_queries.INVARIANTS, *contracts_queries.INVARIANTS, *invoicing_queries.INVARIANTS,
    *receivables_queries.INVARIANTS, *exchange_queries.INVARIANTS, *webhooks_queries.INVARIANTS,
    *exports_queries.INVARIANTS,
    *treasury_queries.INVARIANTS, *fund_queries.INVARIANTS, *reputation_queries.INVARIANTS,
]  # fmt: skip
"""What must hold of live data at any moment; each returns what it found wrong."""


def _of(rooms: Iterable[ModuleType], *kinds: type) -> list[Any]:
    found = [thing for room in rooms for thing in vars(room).values() if isinstance(thing, kinds)]
    return list(dict.fromkeys(found))


LIFECYCLES: Final[Sequence[Lifecycle]] = _of(MODELS, Lifecycle)
SEALED: Final[Sequence[SealedColumn]] = _of((mail, *MODELS), SealedColumn)
"""Every column of sealed values, for `guild rotate-keys`."""
EVENTS: Final[Sequence[type[Event]]] = [
    kind for kind in _of(EVENT_ROOMS, type) if issubclass(kind, Event) and kind is not Event
]


class InvariantBroken(Exception):
    """Something that must always hold does not; the job ends dead, where an operator sees it."""


@scheduled("guild.check_invariants", every_minutes=15, timeout_s=300)
async def check_invariants(work: Work) -> None:
    """Ask every invariant of the live data; raises InvariantBroken naming what is wrong.

    Of the public log it asks about what was added since it last looked.
    """
    async with begin_work(work.system, SYSTEM, read_only=True, snapshot=True) as reading:
        found = await broken_invariants(reading, hashed=False, whole=False)
    if wrong := {name: lines for name, lines in found.items() if lines}:
        raise InvariantBroken(f"{wrong}")


@scheduled("guild.check_log", every_minutes=24 * 60, timeout_s=300)
async def check_log(work: Work) -> None:
    """Recompute the whole public log; raises InvariantBroken naming what is wrong."""
    async with begin_work(work.system, SYSTEM, read_only=True, snapshot=True) as reading:
        found = [
            line
            for invariant in translog_queries.INVARIANTS
            for line in await invariant(reading.session)
        ]
    if found:
        raise InvariantBroken(f"{found}")


@scheduled("guild.check_schema", every_minutes=60)
async def check_schema(work: Work) -> None:
    """Compare the schema with the recorded fingerprint; raises InvariantBroken naming changes."""
    found = await fingerprint(await work.session.connection())
    if wrong := differences(recorded_fingerprint(), found):
        raise InvariantBroken(f"the schema was altered: {wrong[:20]}")


async def broken_invariants(
    work: Work, *, hashed: bool = True, whole: bool = True
) -> dict[str, list[str]]:
    """What each invariant found wrong, by its name; `hashed` reads every stored document too.

    Unless `whole`, what grows for ever is asked only about what came since this process last asked.
    """
    found = {}
    for invariant in INVARIANTS:
        name = f"{invariant.__module__.removeprefix('guild.')}.{invariant.__name__}"
        short = None if whole else translog_queries.SINCE_LAST_TIME.get(invariant)
        found[name] = await (short(work) if short else invariant(work.session))
    found["documents.damaged_documents"] = await damaged_documents(work, hashed=hashed)
    return found


def reactions() -> dict[type[Event], list[Reaction]]:
    """What runs in the same transaction when a fact is stated."""
    table: dict[type[Event], list[Reaction]] = {}
    for room in REACTION_ROOMS:
        for thing in vars(room).values():
            kind = getattr(thing, "__reacts_to__", None)
            if kind is not None:
                table.setdefault(kind, []).append(thing)
    return table


def schedules() -> list[Schedule]:
    """What runs by the clock."""
    return [*_of((retention, *JOB_ROOMS), Schedule), check_invariants, check_log, check_schema]


def jobs() -> dict[str, AnyJob]:
    """Every background job by its stored name."""
    known: list[AnyJob] = [mail.DELIVER, *_of((retention, *JOB_ROOMS), Job, OutsideJob)]
    return {job.name: job for job in [*known, *(schedule.job for schedule in schedules())]}


def make_system(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> System:
    """The process-wide resources on a real pool; the settings must name a database."""
    engine = make_engine(settings.database_url, pool_size=settings.pool_size)
    sessions, readers = session_makers(engine)
    return system_on(settings, engine, sessions, readers, clock=clock)


def system_on(
    settings: Settings,
    engine: AsyncEngine,
    sessions: async_sessionmaker[AsyncSession],
    readers: async_sessionmaker[AsyncSession],
    *,
    clock: Callable[[], datetime] = utc_now,
    nested: bool = False,
) -> System:
    """The process-wide resources with the registry of all features."""
    system = System(
        settings,
        engine=engine,
        sessions=sessions,
        readers=readers,
        reactions=reactions(),
        jobs=jobs(),
        clock=clock,
        nested=nested,
    )
    system.resources[contracts_queries.GUARANTEE] = fund_queries.guarantee_said
    system.resources[contracts_queries.TIES] = compliance_queries.tied_to
    system.resources[contracts_queries.INVOICES] = invoicing_queries.invoices_of_contract
    system.resources[contracts_queries.PAYMENTS] = invoicing_queries.payments_due
    return system


async def found(work: Work) -> None:
    """Found the cooperative, once: the charter that every rule is read from."""
    if await work.session.get(CharterVersion, 1) is None:
        await install_founding_charter(work)


async def public_export(system: System) -> dict[str, bytes]:
    """The public files that `guild.translog.verify` reads, all of one moment."""
    async with begin_work(system, SYSTEM) as work:
        while await sequence_leaves(work):
            pass
    async with begin_work(system, SYSTEM, read_only=True, snapshot=True) as work:
        return {
            **await translog_queries.public_export(work),
            **await reputation_queries.public_export(work),
            **await fund_queries.public_export(work),
        }


async def rotate_keys(system: System) -> AsyncIterator[tuple[str, int]]:
    """Seal every stored value again under the current key; yields (column, values renewed)."""
    for column in SEALED:
        yield column.name, 0
        async for renewed in reseal(system, column):
            yield column.name, renewed


async def close(system: System) -> None:
    """End what the process started: the presses that make documents, the pool of connections."""
    pool = system.resources.get("documents.pool")
    if isinstance(pool, DocumentPool):
        await pool.stop()
    validator = system.resources.get("invoicing.validator")
    if isinstance(validator, Validator):
        validator.stop()
    await system.engine.dispose()

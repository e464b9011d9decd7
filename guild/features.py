"""TEMPORARY discovery while the packages are written; replaced by the explicit list."""
import importlib
from collections.abc import Callable
from datetime import datetime
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from guild.core.clock import utc_now
from guild.core.db import make_engine, session_makers
from guild.core.settings import Settings
from guild.core.work import System
import importlib.util
import traceback
from collections.abc import Sequence
from typing import Any

from guild.core.events import Event, Reaction
from guild.core.jobs import AnyJob, Job, OutsideJob, Schedule
from guild.core.mail import DELIVER
import guild.core.idempotency, guild.core.outbox  # noqa

PACKAGES = ("core", "ledger", "translog", "documents", "members", "governance", "contracts",
            "invoicing", "treasury", "mutual_fund", "reputation", "compliance")


def _rooms(room: str) -> list[Any]:
    found = []
    for package in PACKAGES:
        name = f"guild.{package}.{room}"
        try:
            if importlib.util.find_spec(name) is None:
                continue
            found.append(importlib.import_module(name))
        except Exception:
            print(f"!! {name} does not import:\n{traceback.format_exc(limit=-2)}")
    return found

_rooms("models")


def reactions() -> dict[type[Event], list[Reaction]]:
    table: dict[type[Event], list[Reaction]] = {}
    for module in _rooms("reactions"):
        for thing in vars(module).values():
            kind = getattr(thing, "__reacts_to__", None)
            if kind is not None and thing.__module__.startswith(module.__name__):
                table.setdefault(kind, []).append(thing)
    return table


def jobs() -> dict[str, AnyJob]:
    table: dict[str, AnyJob] = {DELIVER.name: DELIVER}
    for module in _rooms("jobs"):
        for thing in vars(module).values():
            if isinstance(thing, (Job, OutsideJob)):
                table[thing.name] = thing
            if isinstance(thing, Schedule):
                table[thing.job.name] = thing.job
    return table


def schedules() -> list[Schedule]:
    return [t for m in _rooms("jobs") for t in vars(m).values() if isinstance(t, Schedule)]


def routes() -> Sequence[Any]:
    return [h for m in _rooms("routes") for h in getattr(m, "ROUTES", [])]


def pages() -> Sequence[Any]:
    return [h for m in _rooms("pages") for h in getattr(m, "PAGES", [])]


def invariants() -> Sequence[Any]:
    return [f for m in _rooms("queries") for f in getattr(m, "INVARIANTS", [])]


def make_system(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> System:
    """The process-wide resources on a real pool; the settings must name a database."""
    engine = make_engine(settings.database_url, pool_size=settings.pool_size)
    sessions, readers = session_makers(engine)
    return system_on(settings, engine, sessions, readers, clock=clock)


def system_on(
    settings: Settings,
    engine: AsyncEngine,
    sessions: async_sessionmaker[Any],
    readers: async_sessionmaker[Any],
    *,
    clock: Callable[[], datetime] = utc_now,
    nested: bool = False,
) -> System:
    """The process-wide resources with the registry of all features."""
    return System(
        settings,
        engine=engine,
        sessions=sessions,
        readers=readers,
        reactions=reactions(),
        jobs=jobs(),
        clock=clock,
        nested=nested,
    )



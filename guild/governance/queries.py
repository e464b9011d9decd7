"""Reading the charter: the version in force at a moment, and the whole history."""

from datetime import date, datetime
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import ScalarSelect, select
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.work import Work
from guild.governance.errors import NoCharterYet
from guild.governance.models import CharterVersion
from guild.governance.rules import (
    GENESIS,
    Charter,
    CharterDocument,
    day_of,
    read_charter,
    read_document,
    version_hash,
)

HEAD = "charter_head"
"""Key in `Work.memo`: the head hash that this Work has already looked up."""
_MEMORY_LIMIT = 8


class _Entry(NamedTuple):
    valid_from: date
    charter: Charter


class PublishedCharter(Struct, frozen=True, kw_only=True):
    """A version as members read it: every value with its reason and source."""

    version: int
    valid_from: date
    adopted_at: datetime
    hash: str
    previous_hash: str
    chapters: CharterDocument


# Whole histories by head hash. The hash chain makes the head name everything below it, so a cached
# history can never be stale or belong to a transaction that was rolled back.
_histories: dict[bytes, tuple[_Entry, ...]] = {}


async def charter_at(work: Work, moment: datetime | date | None = None) -> Charter:
    """The charter that governs `moment` (default: now). Raises NoCharterYet before the founding.

    Costs one primary-key look-up per Work; the decoded versions are kept per process.
    """
    day = day_of(work.now if moment is None else moment)
    for entry in reversed(await _history(work)):
        if entry.valid_from <= day:
            return entry.charter
    raise NoCharterYet(
        f"No charter was in force on {day.isoformat()}.",
        mend="Ask for a day on or after the founding of the co-operative.",
        field="at",
    )


async def published_charter(work: Work, moment: datetime | date | None = None) -> PublishedCharter:
    """The version in force with reasons and sources, for the public route and page."""
    charter = await charter_at(work, moment)
    row = await work.session.get_one(CharterVersion, charter.version)
    return PublishedCharter(
        version=row.version,
        valid_from=row.valid_from,
        adopted_at=row.adopted_at,
        hash=row.hash.hex(),
        previous_hash=row.previous_hash.hex(),
        chapters=read_document(row.body),
    )


async def broken_charter_chain(session: AsyncSession) -> list[str]:
    """Invariant: versions are numbered without gaps, chained, in date order, and decode."""
    broken: list[str] = []
    previous, last_day, expected = GENESIS, date.min, 1
    for row in await session.scalars(select(CharterVersion).order_by(CharterVersion.version)):
        name = f"charter version {row.version}"
        if row.version != expected:
            broken.append(f"{name}: expected number {expected}")
        if row.previous_hash != previous:
            broken.append(f"{name}: does not follow the version before it")
        if row.hash != version_hash(row.version, row.valid_from, row.body, row.previous_hash):
            broken.append(f"{name}: its content does not match its hash")
        if row.valid_from < last_day:
            broken.append(f"{name}: begins before the version it replaces")
        try:
            read_charter(row.version, row.body)
        except ValueError as problem:
            broken.append(f"{name}: {problem}")
        previous, last_day, expected = row.hash, row.valid_from, row.version + 1
    return broken


async def _history(work: Work) -> tuple[_Entry, ...]:
    head: bytes | None = work.memo.get(HEAD)
    if head is None:
        newest = select(CharterVersion.hash).order_by(CharterVersion.version.desc()).limit(1)
        head = await work.session.scalar(newest)
        if head is None:
            return ()
        work.memo[HEAD] = head
    if head not in _histories:
        rows = await work.session.execute(
            select(CharterVersion.version, CharterVersion.valid_from, CharterVersion.body)
            .where(CharterVersion.version <= _version_of(head))
            .order_by(CharterVersion.version)
        )
        history = tuple(_Entry(day, read_charter(version, body)) for version, day, body in rows)
        while len(_histories) >= _MEMORY_LIMIT:
            del _histories[next(iter(_histories))]
        _histories[head] = history
    return _histories[head]


def _version_of(head: bytes) -> ScalarSelect[int]:
    # Bounds the load, so that a version committed meanwhile is not filed under the older head.
    return select(CharterVersion.version).where(CharterVersion.hash == head).scalar_subquery()


INVARIANTS = [broken_charter_chain]

"""Founding the co-operative with its first charter, and adopting later versions."""

import json
from datetime import date
from importlib.resources import files
from typing import Any, Final

import msgspec
from sqlalchemy import func, select, text

from guild.core.work import Work
from guild.governance.errors import (
    CharterAlreadyFounded,
    CharterInvalid,
    CharterNotRetroactive,
)
from guild.governance.events import CharterAdopted
from guild.governance.models import CharterVersion
from guild.governance.queries import HEAD
from guild.governance.rules import GENESIS, Charter, day_of, read_charter, version_hash

LOCK_CHARTER: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('charter_version', 0))")


def founding_body() -> dict[str, Any]:
    """The founding values as they come with Guild, each with its reason and source."""
    source = files("guild.governance").joinpath("data/founding_charter.json")
    body: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return body


async def install_founding_charter(
    work: Work, body: dict[str, Any] | None = None, valid_from: date | None = None
) -> Charter:
    """Install version 1 (default: the values that come with Guild, valid from today).

    Installing the same document again changes nothing; raises CharterAlreadyFounded for another
    one and CharterInvalid for values that do not fit together. A founding may be dated back, since
    nothing was decided before it.
    """
    chosen = founding_body() if body is None else body
    await work.session.execute(LOCK_CHARTER)
    founded = await work.session.get(CharterVersion, 1)
    if founded is not None:
        if founded.body != chosen or valid_from not in {None, founded.valid_from}:
            raise CharterAlreadyFounded(
                f"Version 1 has governed since {founded.valid_from.isoformat()}.",
                mend="Change the charter by adopting a new version.",
            )
        return read_charter(1, founded.body)
    return await _store(work, 1, chosen, valid_from or work.today, GENESIS)


async def adopt_charter(work: Work, body: dict[str, Any], valid_from: date) -> Charter:
    """Add the next version, which governs from `valid_from`; only a passed proposal calls this.

    Raises CharterInvalid, and CharterNotRetroactive for a day before today or before the start of
    the version that it follows.
    """
    await work.session.execute(LOCK_CHARTER)
    newest = await work.session.scalar(
        select(CharterVersion).order_by(CharterVersion.version.desc()).limit(1)
    )
    if newest is None:
        raise CharterNotRetroactive(
            "There is no charter to change yet.", mend="Install the founding charter first."
        )
    earliest = max(newest.valid_from, day_of(work.now))
    if valid_from < earliest:
        raise CharterNotRetroactive(
            f"The earliest possible day is {earliest.isoformat()}.",
            mend="What was decided under the old rules stays decided under them.",
            field="valid_from",
        )
    return await _store(work, newest.version + 1, body, valid_from, newest.hash)


async def _store(
    work: Work, version: int, body: dict[str, Any], valid_from: date, previous: bytes
) -> Charter:
    try:
        charter = read_charter(version, body)
    except msgspec.ValidationError as problem:
        raise CharterInvalid(f"{problem}", field="body") from problem
    work.session.add(
        CharterVersion(
            version=version,
            valid_from=valid_from,
            adopted_at=work.now,
            body=body,
            previous_hash=previous,
            hash=version_hash(version, valid_from, body, previous),
        )
    )
    await work.session.flush()
    work.memo.pop(HEAD, None)
    await work.session.execute(select(func.pg_notify("guild_charter", str(version))))
    await work.emit(CharterAdopted(charter_version=version, valid_from=valid_from))
    return charter

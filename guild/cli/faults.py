"""What went wrong outside of us, as a sentence that says where and how to mend it.

A command never ends in a traceback for what a person can mend: a server that does not answer, a
file that is not there, a port that is taken. `GUILD_LOG_LEVEL=DEBUG` shows the traceback as well.
"""

import os
import socket
from typing import Final
from urllib.parse import urlsplit

import redis
from asyncpg import PostgresError
from sqlalchemy.exc import ArgumentError, DBAPIError

from guild.core.errors import GuildError
from guild.core.settings import Settings, SettingsWrong
from guild.demo.cast import StepFailed
from guild.migrations.run import SchemaWrong

REFUSED: Final = 1
UNUSABLE: Final = 2
"""Exit codes: what was asked does not hold or is refused; it could not even be asked."""
UNDEFINED: Final = frozenset({"42P01", "42703", "42883", "42P06", "3F000"})
"""SQLSTATEs of a table, column, function or schema that is not there."""


class CannotRun(Exception):
    """A command cannot be carried out as it was given; the message says why and what to do."""


def sentence_of(wrong: Exception, settings: Settings) -> tuple[str, int] | None:
    """The sentence and exit code of a fault that a person can mend; None for a mistake of ours.

    Passwords that stand in addresses are never part of it.
    """
    status = REFUSED if isinstance(wrong, GuildError | StepFailed) else UNUSABLE
    match wrong:
        case SettingsWrong() | SchemaWrong() | CannotRun() | StepFailed():
            said = str(wrong)
        case GuildError():
            said = " ".join(filter(None, [wrong.detail, wrong.mend]))
        case ArgumentError():
            said = (
                "GUILD_DATABASE_URL or GUILD_OWNER_URL is no address of a database. It looks like "
                "postgresql+asyncpg://guild_app:password@host/guild."
            )
        case DBAPIError() | PostgresError():
            said = _of_database(wrong, settings)
        case redis.RedisError():
            said = (
                f"Valkey at {_place(settings.redis_url)} cannot be used: {_plain(wrong)}. Look "
                "whether it runs and whether GUILD_REDIS_URL names it."
            )
        case socket.gaierror() | ConnectionError() | TimeoutError():
            said = (
                f"The database at {_place(settings.database_url or settings.owner_url)} cannot be "
                f"reached: {_plain(wrong)}. Look whether it runs and whether GUILD_DATABASE_URL "
                "and GUILD_OWNER_URL name it."
            )
        case OSError():
            said = _of_file(wrong)
        case _:
            return None
    return said, status


def _of_database(wrong: DBAPIError | PostgresError, settings: Settings) -> str:
    told = wrong.orig if isinstance(wrong, DBAPIError) else wrong
    if getattr(told, "sqlstate", "") in UNDEFINED:
        return "The database has not the tables of this version of Guild. Run `guild migrate`."
    said = str(told).removeprefix(f"{type(told)}: ").splitlines()[0].rstrip(".")
    place = _place(settings.database_url or settings.owner_url)
    return (
        f"The database at {place} refused: {said}. Look at name, role and password in "
        "GUILD_DATABASE_URL and GUILD_OWNER_URL."
    )


def _of_file(wrong: OSError) -> str:
    where = f"{wrong.filename}: " if wrong.filename else ""
    return f"{where}{_plain(wrong)}. Look at the path and at who may read and write there."


def _plain(wrong: Exception) -> str:
    if isinstance(wrong, ConnectionError) and wrong.errno:
        return os.strerror(wrong.errno).lower()
    said = getattr(wrong, "strerror", None) or str(wrong) or "no answer"
    return said.rstrip(".")


def _place(url: str) -> str:
    """Host and port of an address, without its password."""
    parts = urlsplit(url)
    host = parts.hostname or "the local socket"
    try:
        return f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        return host

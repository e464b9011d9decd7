"""What the database, its pool or Valkey refused, as an error that a person can read.

Python checks first and words it better; this is for what only the database sees, and for servers
that are out of reach.
"""

import logging
import socket
from typing import Final

import asyncpg
import redis.exceptions
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from guild.core.errors import BadRequest, Conflict, GuildError, StaleVersion, Unavailable

log = logging.getLogger("guild.web")

# Classes and codes of SQLSTATE, PostgreSQL manual, appendix A.
DATA_EXCEPTION: Final = "22"
"""Values that cannot be stored: NUL in a text, a number out of range."""
INTEGRITY: Final = "23"
GUARDS: Final = frozenset({"55000", "42501", "P0001"})
"""What our own triggers raise, and what the app role may not do to append-only tables."""
ROLLED_BACK: Final = "40"
"""Serialization failure, deadlock."""
AWAY: Final = frozenset({"08", "53", "57", "58", "3D"})
"""Connection, resources, operator intervention, system, no such database."""
AWAY_TYPES: Final = (
    ConnectionError,
    InterfaceError,
    asyncpg.InternalClientError,
    PoolTimeout,
    TimeoutError,
    redis.exceptions.ConnectionError,
    socket.gaierror,
)


def refusal_of(failure: Exception) -> GuildError | None:
    """The refusal or outage behind a failure; None where it is something else."""
    if isinstance(failure, StaleDataError):
        return StaleVersion("Somebody changed this meanwhile.", mend="Load it again.")
    state = _state(failure)
    lost = isinstance(failure, DBAPIError) and failure.connection_invalidated
    if lost or isinstance(failure, AWAY_TYPES) or state[:2] in AWAY:
        return Unavailable(
            "The records cannot be reached just now. Nothing was changed.",
            mend="Try again in a minute; it is safe.",
        )
    if state[:2] == DATA_EXCEPTION:
        return BadRequest("A value has characters or a size that cannot be stored.")
    if state[:2] == INTEGRITY or state in GUARDS:
        log.warning("the database refused a change: %s", _rule_broken(failure))
        return Conflict(
            "This does not fit what is already recorded. Nothing was changed.",
            mend="Load it again and look at how things stand now.",
        )
    if state[:2] == ROLLED_BACK:
        return Unavailable("Two changes met each other.", mend="Try again; nothing was changed.")
    return None


def _rule_broken(failure: Exception) -> str:
    """The name of the broken constraint for our log; values stay out of it."""
    inner = getattr(getattr(failure, "orig", None), "__cause__", None)
    return str(getattr(inner, "constraint_name", None) or _state(failure))


def _state(failure: Exception) -> str:
    """The SQLSTATE of a database error, or nothing."""
    cause = getattr(failure, "orig", None) or failure
    inner = getattr(cause, "__cause__", None)
    return str(getattr(cause, "sqlstate", None) or getattr(inner, "sqlstate", None) or "")

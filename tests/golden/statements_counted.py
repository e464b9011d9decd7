"""Counting the SQL statements of a request: what SQLAlchemy sends, and what the driver sends.

The Work's single statement of appended rows goes past SQLAlchemy, on the driver's own connection,
so it is counted there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from guild.core import appends

OURS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")
"""What only the harness sends: each Work of a test is a savepoint."""


@contextmanager
def counted(engine: AsyncEngine, patch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement sent while inside; BEGIN and COMMIT are not among them."""
    sent: list[str] = []
    written = appends._statement

    def seen(*told: Any) -> None:
        statement = told[2]
        if not statement.startswith(OURS):
            sent.append(statement)

    def appended(kinds: Any) -> str:
        statement = written(kinds)
        sent.append(statement)
        return statement

    event.listen(engine.sync_engine, "before_cursor_execute", seen)
    patch.setattr(appends, "_statement", appended)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", seen)
        patch.setattr(appends, "_statement", written)

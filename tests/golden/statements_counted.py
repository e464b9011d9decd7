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

from guild.core.transaction import OwnTransaction, Savepoint

OURS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")
"""What only the harness sends: each Work of a test is a savepoint."""


@contextmanager
def counted(engine: AsyncEngine, patch: pytest.MonkeyPatch | None = None) -> Iterator[list[str]]:
    """Every statement sent while inside; BEGIN and COMMIT are not among them."""
    sent: list[str] = []

    def seen(*told: Any) -> None:
        statement = told[2]
        if not statement.startswith(OURS):
            sent.append(statement)

    patch = patch or pytest.MonkeyPatch()
    for kind in (OwnTransaction, Savepoint):
        patch.setattr(kind, "fetch", _noted(kind.fetch, sent))
    event.listen(engine.sync_engine, "before_cursor_execute", seen)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", seen)
        patch.undo()


def _noted(fetch: Any, sent: list[str]) -> Any:
    async def noted(transaction: Any, sql: str, *arguments: Any) -> Any:
        sent.append(sql)
        return await fetch(transaction, sql, *arguments)

    return noted

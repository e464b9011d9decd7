"""One round trip for all that a Work appends.

Facts, jobs, ledger entries, log leaves, the answer under an idempotency key: each kind is an
`Appender`, which names its table and the types of its columns. Rows are collected while the Work
runs and written by ONE statement (a common table expression per kind, fed by `unnest` over arrays)
just before the commit. Measured, this costs a fifth of the same rows through the ORM.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession


class Appender:
    """A kind of row that Works append: table, columns with their SQL types, conflict rule.

    `statement` replaces the INSERT where the kind is a change of rows that exist, for example
    `UPDATE invoice SET number = r.number FROM {rows} WHERE invoice.id = r.id`; `{rows}` becomes
    the unnested arrays under the alias `r`. One row may be changed only once by it. Of `distinct`
    kinds, equal rows are written once.
    """

    def __init__(
        self,
        table: str,
        columns: Mapping[str, str],
        *,
        conflict: str = "",
        statement: str = "",
        distinct: bool = False,
    ) -> None:
        self.table: Final = table
        self.distinct: Final = distinct
        self.columns: Final = dict(columns)
        self.conflict: Final = conflict
        self.statement: Final = statement

    def clause(self, first: int, *, one: bool) -> str:
        """The SQL of this kind, its parameters numbered from `first`.

        Many rows come as one array per column, a single row as plain values: most kinds have one
        per Work, and the driver takes several times as long for an array of one as for its value.
        """
        carried = {n: "text" if t == "jsonb" else t for n, t in self.columns.items()}
        if one:
            values = ", ".join(f"${first + i}::{kind}" for i, kind in enumerate(carried.values()))
            rows = f"(SELECT {values}) AS r({', '.join(carried)})"
        else:
            arrays = ", ".join(f"${first + i}::{kind}[]" for i, kind in enumerate(carried.values()))
            rows = f"unnest({arrays}) AS r({', '.join(carried)})"
        if self.statement:
            return self.statement.format(rows=rows)
        values = ", ".join(f"r.{n}::jsonb" if t == "jsonb" else f"r.{n}"
                           for n, t in self.columns.items())  # fmt: skip
        names = ", ".join(self.columns)
        return f"INSERT INTO {self.table} ({names}) SELECT {values} FROM {rows} {self.conflict}"


class Appends:
    """The rows that one Work has collected so far."""

    def __init__(self) -> None:
        self._rows: dict[Appender, list[Sequence[Any]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, appender: Appender, values: Mapping[str, Any]) -> None:
        """Collect one row; every column of the kind must be given."""
        row = [values[name] for name in appender.columns]
        assert len(values) == len(row), f"{values.keys() - appender.columns.keys()} is no column"
        self._rows.setdefault(appender, []).append(row)

    def pending(self, appender: Appender) -> int:
        """How many rows of that kind wait to be written."""
        return len(self._rows.get(appender, ()))

    async def write(self, session: AsyncSession) -> None:
        """Write everything collected, in one statement, on the session's own connection.

        The ORM is flushed first, so that rows it made can be referred to.
        """
        await session.flush()
        if not self._rows:
            return
        collected = {
            kind: [*dict.fromkeys(map(tuple, rows))] if kind.distinct else rows
            for kind, rows in self._rows.items()
        }
        self._rows = {}
        arguments: list[Any] = []
        for rows in collected.values():
            if len(rows) == 1:
                arguments.extend(rows[0])
            else:
                arguments.extend(map(list, zip(*rows, strict=True)))
        connection = await session.connection()
        pooled = await connection.get_raw_connection()
        adapted = pooled.dbapi_connection
        driver = pooled.driver_connection
        assert adapted is not None
        assert driver is not None
        # SQLAlchemy begins lazily, at the first statement of its own.
        if adapted._transaction is None:  # noqa: SLF001 - there is no public way to ask
            await adapted._start_transaction()  # noqa: SLF001
        statement = _statement(tuple((kind, len(rows) == 1) for kind, rows in collected.items()))
        try:
            await driver.execute(statement, *arguments)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as refusal:
            broken = str(getattr(refusal, "sqlstate", "")).startswith("23")
            kind = IntegrityError if broken else DBAPIError
            raise kind(statement, None, refusal) from refusal


@cache
def _statement(kinds: tuple[tuple[Appender, bool], ...]) -> str:
    clauses = []
    first = 1
    for number, (kind, one) in enumerate(kinds):
        clauses.append(f"w{number} AS ({kind.clause(first, one=one)})")
        first += len(kind.columns)
    return f"WITH {', '.join(clauses)} SELECT 1"

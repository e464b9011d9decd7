"""One round trip for all that a Work appends.

Facts, jobs, ledger entries, log leaves, the answer under an idempotency key: each kind is an
`Appender`, which names its table and the types of its columns. Rows are collected while the Work
runs and written by ONE statement (a common table expression per kind, fed by `unnest` over arrays)
just before the commit. Measured, this costs a fifth of the same rows through the ORM.
"""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final

FEW: Final = 8
"""Up to so many rows of a kind come as plain values: the driver takes several times as long for an
array as for its values. Each number of rows is a statement of its own, prepared once."""


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
        self.row: Final = itemgetter(*columns) if len(columns) > 1 else _only(*columns)

    def clause(self, first: int, few: int) -> str:
        """The SQL of this kind, its parameters numbered from `first`.

        `few` rows come as plain values, more (`few` is 0) as one array per column.
        """
        carried = {n: "text" if t == "jsonb" else t for n, t in self.columns.items()}
        if few:
            width = len(carried)
            listed = ", ".join(
                "(" + ", ".join(f"${first + at * width + i}::{kind}"
                                for i, kind in enumerate(carried.values())) + ")"
                for at in range(few)
            )  # fmt: skip
            rows = f"(VALUES {listed}) AS r({', '.join(carried)})"
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
        self._rows: dict[Appender, list[tuple[Any, ...]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, appender: Appender, values: Mapping[str, Any]) -> None:
        """Collect one row; every column of the kind must be given."""
        row = appender.row(values)
        assert len(values) == len(row), f"{values.keys() - appender.columns.keys()} is no column"
        rows = self._rows.get(appender)
        if rows is None:
            self._rows[appender] = [row]
        else:
            rows.append(row)

    def pending(self, appender: Appender) -> int:
        """How many rows of that kind wait to be written."""
        return len(self._rows.get(appender, ()))

    def taken(self) -> list[Any]:
        """The statement that writes everything collected, and its arguments; nothing is left."""
        shape: list[tuple[Appender, int]] = []
        arguments: list[Any] = []
        for kind, added in self._rows.items():
            rows = [*dict.fromkeys(added)] if kind.distinct else added
            few = len(rows) if len(rows) <= FEW else 0
            shape.append((kind, few))
            arguments += chain.from_iterable(rows) if few else map(list, zip(*rows, strict=True))
        self._rows = {}
        return [_statement(tuple(shape)), *arguments]


def _only(column: str) -> Callable[[Mapping[str, Any]], tuple[Any]]:
    return lambda values: (values[column],)


@cache
def _statement(kinds: tuple[tuple[Appender, int], ...]) -> str:
    clauses = []
    first = 1
    for number, (kind, few) in enumerate(kinds):
        clauses.append(f"w{number} AS ({kind.clause(first, few)})")
        first += len(kind.columns) * (few or 1)
    return f"WITH {', '.join(clauses)} SELECT 1"

"""Sealed columns, so that values under an old key can be sealed again under the current one.

A table that seals a value declares it beside its model as a `SealedColumn`; `guild/features.py`
finds the declarations. `reseal` walks a column in batches, each in a Work of its own, so that the
house goes on working meanwhile, and a run that was cut off goes on where it stopped.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from sqlalchemy import LargeBinary, Table, bindparam, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from guild.core.permissions import SYSTEM
from guild.core.work import System, Work, begin_work


class SealedColumn:
    """A column of sealed values: its key, and the context that each value is bound to.

    `batch` is how many rows are held in memory and locked at once; make it small for large values.
    """

    def __init__(
        self,
        key: InstrumentedAttribute[Any],
        column: InstrumentedAttribute[Any],
        context: Callable[[Any], str],
        *,
        batch: int = 500,
    ) -> None:
        assert isinstance(key.class_.__table__, Table)
        assert isinstance(column.type, LargeBinary)
        self.table: Final = key.class_.__table__
        self.key: Final = self.table.c[key.key]
        self.column: Final = self.table.c[column.key]
        self.context: Final = context
        self.batch: Final = batch

    @property
    def name(self) -> str:
        """`table.column`, for people."""
        return f"{self.table.name}.{self.column.name}"


async def reseal(system: System, sealed: SealedColumn) -> AsyncIterator[int]:
    """Seal again what is not under the current key; yields how many values each batch renewed.

    Raises SealBroken at a value that no key of the ring opens; the batches before it stay done.
    """
    after: Any = None
    while True:
        async with begin_work(system, SYSTEM) as work:
            rows = await _stale(work, sealed, after)
            if not rows:
                return
            after = rows[-1][0]
            await _renew(work, sealed, rows)
        yield len(rows)


async def _stale(work: Work, sealed: SealedColumn, after: object) -> list[tuple[Any, bytes]]:
    """The next values under another key, their rows locked; the key's id is the second byte."""
    wanted = (
        select(sealed.key, sealed.column)
        .where(sealed.column.is_not(None), func.get_byte(sealed.column, 1) != work.keyring.current)
        .order_by(sealed.key)
        .limit(sealed.batch)
        .with_for_update()
    )
    if after is not None:
        wanted = wanted.where(sealed.key > after)
    return [(key, value) for key, value in await work.session.execute(wanted)]


async def _renew(work: Work, sealed: SealedColumn, rows: list[tuple[Any, bytes]]) -> None:
    change = (
        update(sealed.table)
        .where(sealed.key == bindparam("of_row"))
        .values({sealed.column: bindparam("renewed")})
    )
    connection = await work.session.connection()
    await connection.execute(
        change,
        [
            {"of_row": key, "renewed": work.keyring.rotate(value, context=sealed.context(key))}
            for key, value in rows
        ],
    )

"""Reads of receivables."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

INVARIANTS: Final[Sequence[Callable[[AsyncSession], Awaitable[list[str]]]]] = []

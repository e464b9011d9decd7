"""Pages of rows that were asked for one too many, so that the last page is known."""

from collections.abc import Sequence
from typing import Any, TypeVar

from guild.core.wire import Page, encode_cursor

T = TypeVar("T")


def page_of(rows: Sequence[T], limit: int) -> Page[T]:
    """The first `limit` rows, and the cursor after them when there are more."""
    more = len(rows) > limit
    kept = rows[:limit]
    last: Any = kept[-1] if more else None
    return Page(items=kept, next_cursor=encode_cursor(last.id) if last else None)

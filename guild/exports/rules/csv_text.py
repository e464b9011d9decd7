"""CSV that spreadsheets open as it is meant: UTF-8 with a mark, and no cell that runs as a formula.

A cell that begins with one of `= + - @`, a tab or a return would be taken for a formula by
spreadsheet programs (CWE-1236), so text is given an apostrophe in front; amounts are not text.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

MARK: Final = b"\xef\xbb\xbf"
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")


class Amount(str):
    """A decimal that we wrote ourselves: its minus sign is no formula."""

    __slots__ = ()


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A whole file; numbers and `Amount`s as they are, text made harmless."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return MARK + out.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Amount) and value.startswith(RISKY):
        return f"'{value}"
    return value

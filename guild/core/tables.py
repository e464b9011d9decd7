"""Tables that people bring from other programs: CSV with commas, semicolons or tabs. Pure.

What a column means is guessed from its name, in the languages of the house, and can be said.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from guild.core.errors import Invalid

BYTES_MAX: Final = 2_000_000
ROWS_MAX: Final = 5_000
COLUMNS_MAX: Final = 100
Fields = Mapping[str, tuple[str, ...]]
"""What is looked for, with how other programs call its column."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A header and its rows; each row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(text: str) -> Table:
    """The table of a CSV text; raises Invalid with what to mend."""
    if len(text.encode()) > BYTES_MAX:
        raise Invalid("The table is larger than 2 MB.", mend="Send it in parts.", field="csv")
    if "\x00" in text:
        raise Invalid("This is no table of text.", mend="Save it as CSV first.", field="csv")
    lines = [row for row in csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""),
                                       delimiter=_delimiter(text))
             if any(cell.strip() for cell in row)]  # fmt: skip
    if len(lines) < 2:
        raise Invalid("There is no row under the header.", field="csv")
    if len(lines) > ROWS_MAX + 1 or len(lines[0]) > COLUMNS_MAX:
        raise Invalid(
            f"A table has at most {ROWS_MAX} rows and {COLUMNS_MAX} columns.",
            mend="Send it in parts.",
            field="csv",
        )
    header = tuple(cell.strip() for cell in lines[0])
    width = len(header)
    rows = tuple(tuple((*row, *[""] * width)[:width]) for row in lines[1:])
    return Table(header=header, rows=rows)


def _delimiter(text: str) -> str:
    first = text.lstrip("\ufeff").splitlines()[0] if text.strip() else ""
    return max(";\t,", key=first.count)


def decoded(data: bytes) -> str:
    """An uploaded file as text: UTF-8, else what spreadsheets on Windows write."""
    if not data:
        raise Invalid("The file is empty, or none was chosen.", field="file")
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("This is no table of text.", mend="Save it as CSV first.", field="file")


def suggested(header: Sequence[str], fields: Fields) -> dict[str, str]:
    """The column for each field, where its name tells; no column is used twice."""
    free = {plain(name): name for name in header}
    found = {}
    for field, names in fields.items():
        known = next((name for name in (plain(field), *names) if name in free), None)
        if known is not None:
            found[field] = free.pop(known)
    return found


def check_mapping(
    header: Sequence[str], mapping: Mapping[str, str], fields: Fields, required: Sequence[str],
    thing: str,
) -> None:  # fmt: skip
    """Refuse fields and columns that do not exist, and a mapping that cannot make a `thing`."""
    for field, column in mapping.items():
        if field not in fields:
            raise Invalid(f"A {thing} has no field “{field}”.", field=f"mapping.{field}")
        if column not in header:
            raise Invalid(f"The table has no column “{column}”.", field=f"mapping.{field}")
    missing = [field for field in required if field not in mapping]
    if missing:
        raise Invalid(
            f"No column is chosen for {', '.join(missing).replace('_', ' ')}.",
            mend="Choose the column of each.",
            field=f"mapping.{missing[0]}",
        )


def plain(name: str) -> str:
    """A name as columns are compared: no accents, no signs, small letters."""
    return re.sub(r"[^a-z0-9]", "", without_accents(name).lower())


def without_accents(text: str) -> str:
    """Letters without their marks; what has no such letter is left out."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()

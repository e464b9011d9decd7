"""CSV files as spreadsheets open them, and archives whose bytes follow from their files. Pure."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

EPOCH: Final = (2020, 1, 1, 0, 0, 0)
"""The time of every file in an archive: the same files give the same bytes."""


def packed_files(files: Mapping[str, bytes]) -> bytes:
    """A ZIP whose bytes follow from its files alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), files[name])
    return buffer.getvalue()


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file: UTF-8, commas, and texts that would be formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets a quote in front (CWE-1236)."""
    if value is None:
        return ""
    if not isinstance(value, str) or value[:1] not in {"=", "+", "-", "@", "\t", "\r"}:
        return value
    return value if value.lstrip("-").replace(".", "", 1).isdigit() else f"'{value}"

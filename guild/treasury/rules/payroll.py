"""Payroll exports: a dated template per country says which columns a payroll office takes.

Templates are data (`data/payroll/<country>.json`) with the day from which they hold and where the
layout comes from; a month without one is an error, never a guess. Pure.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from guild.core.money import Money
from guild.treasury.errors import UnknownPayrollCountry

COUNTRIES = ("BE", "DE", "FR", "NL")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column: its title, which field fills it and how it is written."""

    title: str
    field: Literal[
        "number", "name", "month", "first", "last", "year", "period", "wage_code", "amount",
        "currency",
    ]  # fmt: skip
    format: Literal["text", "month", "date", "amount", "constant"] = "text"
    value: str = ""
    """What a constant column holds."""


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The layout for one country from a day on."""

    valid_from: date
    valid_until: date | None
    name: str
    currency: str
    delimiter: str
    decimal: Literal[",", "."]
    day_format: str
    columns: tuple[Column, ...]
    source: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    country: str
    versions: tuple[Template, ...]


class Wage(msgspec.Struct, frozen=True, kw_only=True):
    """What one employed member is paid through payroll for a month."""

    number: str
    name: str
    amount: Money


@cache
def _file(country: str) -> _File:
    path = resources.files("guild.treasury") / "data" / "payroll" / f"{country.lower()}.json"
    return msgspec.json.decode(path.read_bytes(), type=_File)


def template_of(country: str, month: date) -> Template:
    """The layout in force in that month. Raises UnknownPayrollCountry."""
    if country not in COUNTRIES:
        raise UnknownPayrollCountry(
            f"There is no payroll template for {country}.",
            mend=f"There are templates for {', '.join(COUNTRIES)}.",
            field="country",
        )
    for version in reversed(_file(country).versions):
        until = version.valid_until
        if version.valid_from <= month and (until is None or month <= until):
            return version
    raise UnknownPayrollCountry(
        f"No payroll template of {country} holds in {month:%Y-%m}.", field="month"
    )


def rows_of(template: Template, first: date, last: date, wages: Sequence[Wage]) -> list[list[str]]:
    """The cells of the export, in the order of the columns."""
    return [
        [_cell(template, column, first, last, wage) for column in template.columns]
        for wage in wages
    ]


def _cell(template: Template, column: Column, first: date, last: date, wage: Wage) -> str:
    written = f"{wage.amount.decimal:f}".replace(".", template.decimal)
    cells = {
        "number": wage.number,
        "name": wage.name,
        "month": f"{first:%Y%m}",
        "first": first.strftime(template.day_format),
        "last": last.strftime(template.day_format),
        "year": f"{first:%Y}",
        "period": str(first.month),
        "wage_code": column.value,
        "amount": written,
        "currency": wage.amount.currency,
    }
    cell = cells[column.field]
    # A name that begins like a formula must not become one in a spreadsheet.
    return f"'{cell}" if column.field == "name" and cell.startswith(_FORMULA) else cell


def csv_bytes(template: Template, rows: Sequence[Sequence[str]]) -> bytes:
    """The file: UTF-8 with a mark that spreadsheets know, and the country's separator."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=template.delimiter, lineterminator="\r\n")
    writer.writerow([column.title for column in template.columns])
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def total_of(template: Template, rows: Sequence[Sequence[str]]) -> Decimal:
    """What the amounts in the rows, as written, sum to."""
    at = next(n for n, column in enumerate(template.columns) if column.field == "amount")
    return sum((Decimal(row[at].replace(template.decimal, ".")) for row in rows), Decimal(0))

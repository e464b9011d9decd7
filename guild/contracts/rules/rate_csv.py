"""Rates from a table of another program: guessing columns, typing rows. Pure.

A row is typed by the same shape as a rate that is entered by hand.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from guild.contracts.rules.amounts import amount
from guild.contracts.schemas.rates import RateIn
from guild.core.tables import Fields, Table, plain

FIELDS: Final[Fields] = {
    "role": ("role", "service", "activity", "description", "fonction", "prestation", "functie",
             "dienst", "omschrijving"),
    "unit": ("unit", "per", "unite", "eenheid", "einheid"),
    "rate": ("rate", "price", "amount", "tarif", "prix", "montant", "tarief", "prijs", "bedrag"),
    "currency": ("currency", "devise", "monnaie", "munt", "valuta", "waehrung"),
    "valid_from": ("validfrom", "from", "since", "date", "apartirde", "vanaf", "geldigvanaf",
                   "gueltigab"),
}  # fmt: skip
REQUIRED: Final = ("role", "unit", "rate")
UNITS: Final[Mapping[str, str]] = {
    "hour": "hour", "hours": "hour", "h": "hour", "hr": "hour", "heure": "hour", "uur": "hour",
    "stunde": "hour", "day": "day", "days": "day", "d": "day", "jour": "day", "dag": "day",
    "tag": "day", "unit": "unit", "piece": "unit", "stuk": "unit", "stuck": "unit", "page": "unit",
    "word": "unit", "mot": "unit", "woord": "unit",
}  # fmt: skip
SIGNS: Final[Mapping[str, str]] = {"€": "EUR", "$": "USD", "£": "GBP", "": "EUR"}


class TypedRate(msgspec.Struct, frozen=True, kw_only=True):
    """A row as a rate, or (field, sentence) of each fault. `line` counts from 2."""

    line: int
    role: str
    rate: RateIn | None
    wrong: tuple[tuple[str, str], ...]


def typed_rows(table: Table, mapping: Mapping[str, str]) -> list[TypedRate]:
    """Each row as a rate, or with what is wrong."""
    place = {field: table.header.index(column) for field, column in mapping.items()}
    return [
        _typed(line, {field: row[at].strip() for field, at in place.items()})
        for line, row in enumerate(table.rows, 2)
    ]


def _typed(line: int, cells: dict[str, str]) -> TypedRate:
    wrong = [(field, f"{field} is empty") for field in REQUIRED if not cells.get(field)]
    unit = UNITS.get(plain(cells.get("unit", "")))
    if unit is None and cells.get("unit"):
        wrong.append(("unit", f"unit is neither hour, day nor unit: {cells['unit']}"))
    day = _day(cells.get("valid_from", ""))
    if day is None and cells.get("valid_from"):
        wrong.append(("valid_from", f"valid from is no day: {cells['valid_from']}"))
    rate = None
    if not wrong:
        said = cells.get("currency", "").upper()
        given = {
            "role": cells["role"], "unit": unit, "rate": amount(cells["rate"]) or "",
            "currency": SIGNS.get(said, said), "valid_from": day,
        }  # fmt: skip
        try:
            rate = msgspec.convert(given, RateIn)
        except msgspec.ValidationError as fault:
            named = re.search(r"`\$\.(\w+)", str(fault))
            field = named[1] if named else "row"
            called, value = field.replace("_", " "), cells.get(field, "")
            said = f"is not in the right form: {value}" if value else "is missing"
            wrong.append((field, f"{called} {said}"))
    return TypedRate(line=line, role=cells.get("role", ""), rate=rate, wrong=tuple(wrong))


def _day(typed: str) -> date | None:
    """2026-11-23, 23/11/2026 or 23.11.2026; the day comes before the month, as in Europe."""
    turned = re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", typed)
    try:
        if turned:
            return date(int(turned[3]), int(turned[2]), int(turned[1]))
        return date.fromisoformat(typed)
    except ValueError:
        return None

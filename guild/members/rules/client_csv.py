"""Clients from a table of another program: reading CSV, guessing columns, typing rows. Pure.

Spreadsheets write CSV with commas, semicolons or tabs; all of these are read. A row is typed by
the same shape as a client that is entered by hand.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from guild.core.errors import Invalid
from guild.members.schemas import OrganisationIn

BYTES_MAX: Final = 2_000_000
ROWS_MAX: Final = 5_000
COLUMNS_MAX: Final = 100
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "client", "customer", "company", "nom", "naam", "firma", "societe", "bedrijf"),
    "kind": ("kind", "type", "soort", "art", "categorie"),
    "country": ("country", "countrycode", "pays", "land"),
    "vat_number": ("vatnumber", "vat", "vatid", "tva", "notva", "numerotva", "btw", "btwnummer",
                   "ustid", "ustidnr"),
    "enterprise_number": ("enterprisenumber", "companynumber", "registration", "siren", "bce",
                          "kbo", "kvk", "ondernemingsnummer", "handelsregister"),
    "street": ("street", "address", "address1", "rue", "adresse", "straat", "adres", "strasse"),
    "postcode": ("postcode", "zip", "zipcode", "postalcode", "codepostal", "plz"),
    "city": ("city", "town", "ville", "localite", "plaats", "gemeente", "stad", "ort", "stadt"),
    "email": ("email", "mail", "courriel", "emailadres", "emailaddress"),
    "language": ("language", "langue", "taal", "sprache"),
    "contact_name": ("contact", "contactname", "contactperson", "personnedecontact",
                     "contactpersoon", "ansprechpartner"),
    "contact_email": ("contactemail", "contactmail"),
}  # fmt: skip
"""The fields of a client, with how other programs call the column."""
REQUIRED: Final = ("name", "country", "street", "postcode", "city", "email")
KINDS: Final[Mapping[str, str]] = {
    "company": "company", "business": "company", "entreprise": "company", "societe": "company",
    "bedrijf": "company", "unternehmen": "company", "firma": "company",
    "publicbody": "public_body", "public": "public_body", "overheid": "public_body",
    "administration": "public_body", "behorde": "public_body",
    "consumer": "consumer", "private": "consumer", "individual": "consumer",
    "particulier": "consumer", "privat": "consumer",
}  # fmt: skip


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A header and its rows; each row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class TypedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as a client, or what is wrong with it. `line` counts from 2, as spreadsheets show."""

    line: int
    name: str
    client: OrganisationIn | None
    wrong: tuple[tuple[str, str], ...]
    """(field, sentence) of each fault."""


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


def suggest_mapping(header: Sequence[str]) -> dict[str, str]:
    """The column for each field, where its name tells; no column is used twice."""
    free = {_plain(name): name for name in header}
    found = {}
    for field, names in FIELDS.items():
        known = next((name for name in (_plain(field), *names) if name in free), None)
        if known is not None:
            found[field] = free.pop(known)
    return found


def check_mapping(header: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Refuse fields and columns that do not exist, and a mapping that cannot make a client."""
    for field, column in mapping.items():
        if field not in FIELDS:
            raise Invalid(f"A client has no field “{field}”.", field=f"mapping.{field}")
        if column not in header:
            raise Invalid(f"The table has no column “{column}”.", field=f"mapping.{field}")
    missing = [field for field in REQUIRED if field not in mapping]
    if missing:
        raise Invalid(
            f"No column is chosen for {', '.join(missing).replace('_', ' ')}.",
            mend="Choose the column of each.",
            field=f"mapping.{missing[0]}",
        )


def typed_rows(table: Table, mapping: Mapping[str, str]) -> list[TypedRow]:
    """Each row as a client, or with what is wrong."""
    place = {field: table.header.index(column) for field, column in mapping.items()}
    return [
        _typed(line, {field: row[at].strip() for field, at in place.items()})
        for line, row in enumerate(table.rows, 2)
    ]


def _typed(line: int, cells: dict[str, str]) -> TypedRow:
    wrong: list[tuple[str, str]] = []
    given: dict[str, Any] = {
        "kind": KINDS.get(_plain(cells.get("kind", "")) or "company", cells.get("kind")),
        "country": cells.get("country", "").upper(),
    }
    for field in ("name", "street", "postcode", "city", "email"):
        given[field] = cells.get(field, "")
        if not given[field]:
            wrong.append((field, f"{field} is empty"))
    for field in ("vat_number", "enterprise_number"):
        given[field] = cells.get(field) or None
    if cells.get("language"):
        given["language"] = cells["language"].lower()[:2]
    if cells.get("contact_name"):
        contact = {"name": cells["contact_name"],
                   "email": cells.get("contact_email") or given["email"]}  # fmt: skip
        given["contact"] = {**contact, **({"language": given["language"]} if "language" in given
                                          else {})}  # fmt: skip
    client = None
    if not wrong:
        client, wrong = _converted(given)
    return TypedRow(line=line, name=cells.get("name", ""), client=client, wrong=tuple(wrong))


def _converted(given: dict[str, Any]) -> tuple[OrganisationIn | None, list[tuple[str, str]]]:
    """The client, or the first fault; msgspec stops at it and names the place."""
    try:
        return msgspec.convert(given, OrganisationIn), []
    except msgspec.ValidationError as fault:
        named = re.search(r"`\$\.([\w.]+)", str(fault))
        field = named[1] if named else "row"
        value = given.get(field)
        said = f"{field.replace('_', ' ')} is not in the right form"
        return None, [(field, f"{said}: {value}" if isinstance(value, str) else said)]


def normal_name(name: str) -> str:
    """A name as it is compared: no accents, no legal form, no signs, small letters."""
    words = re.findall(r"[a-z0-9]+", _without_accents(name).lower())
    kept = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(kept or words)


LEGAL_FORMS: Final = frozenset({
    "sa", "nv", "srl", "bv", "bvba", "sprl", "sas", "sarl", "gmbh", "ag", "ug", "vof", "snc",
    "asbl", "vzw", "cv", "sc", "scrl", "ltd", "llc", "inc", "plc", "ev", "kg", "eurl", "ohg",
})  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _without_accents(name).lower())


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


__all__ = [
    "FIELDS", "REQUIRED", "Table", "TypedRow", "check_mapping", "normal_name",
    "read_table", "suggest_mapping", "typed_rows",
]  # fmt: skip

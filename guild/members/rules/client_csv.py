"""Clients from a table of another program: reading CSV, guessing columns, typing rows. Pure.

Spreadsheets write CSV with commas, semicolons or tabs; all of these are read. A row is typed by
the same shape as a client that is entered by hand.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from guild.core import tables
from guild.core.tables import BYTES_MAX, Table, plain, read_table, suggested, without_accents
from guild.members.schemas import OrganisationIn

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


class TypedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as a client, or what is wrong with it. `line` counts from 2, as spreadsheets show."""

    line: int
    name: str
    client: OrganisationIn | None
    wrong: tuple[tuple[str, str], ...]
    """(field, sentence) of each fault."""


def suggest_mapping(header: Sequence[str]) -> dict[str, str]:
    """The column for each field, where its name tells; no column is used twice."""
    return suggested(header, FIELDS)


def check_mapping(header: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Refuse fields and columns that do not exist, and a mapping that cannot make a client."""
    tables.check_mapping(header, mapping, FIELDS, REQUIRED, "client")


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
        "kind": KINDS.get(plain(cells.get("kind", "")) or "company", cells.get("kind")),
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
        called = field.replace("_", " ")
        if value in {None, ""}:
            return None, [(field, f"{called} is missing")]
        said = f"{called} is not in the right form"
        return None, [(field, f"{said}: {value}" if isinstance(value, str) else said)]


def normal_name(name: str) -> str:
    """A name as it is compared: no accents, no legal form, no signs, small letters."""
    words = re.findall(r"[a-z0-9]+", without_accents(name).lower())
    kept = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(kept or words)


LEGAL_FORMS: Final = frozenset({
    "sa", "nv", "srl", "bv", "bvba", "sprl", "sas", "sarl", "gmbh", "ag", "ug", "vof", "snc",
    "asbl", "vzw", "cv", "sc", "scrl", "ltd", "llc", "inc", "plc", "ev", "kg", "eurl", "ohg",
})  # fmt: skip


__all__ = [
    "BYTES_MAX", "FIELDS", "REQUIRED", "Table", "TypedRow", "check_mapping", "normal_name",
    "read_table", "suggest_mapping", "typed_rows",
]  # fmt: skip

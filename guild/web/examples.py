"""Examples for the OpenAPI document, derived from the schemas so that they can never drift.

A field's name decides where its type alone would say too little: an amount is "1210.00", a country
is "BE". All of it is plainly invented.
"""

from collections.abc import Mapping
from typing import Any, Final

DEPTH_MAX: Final = 16
"""Schemas may refer to themselves; deeper than this the example stops."""

BY_NAME: Final[Mapping[str, str]] = {
    "title": "Timetable redesign",
    "currency": "EUR",
    "country": "BE",
    "law_country": "BE",
    "language": "en",
    "lang": "en",
    "email": "mira@example.org",
    "iban": "BE68539007547034",
    "bic": "GKCCBEBB",
    "iban_last4": "7034",
    "vat_number": "BE0123456749",
    "enterprise_number": "0123456749",
    "number": "2026-0001",
    "contract_number": "C-2026-0001",
    "postcode": "1000",
    "city": "Brussels",
    "street": "Rue du Compagnonnage 1",
    "display_name": "Mira H.",
    "legal_name": "Mira Halloran",
    "member_name": "Mira Halloran",
    "typed_name": "Mira Halloran",
    "client_name": "Bramble Tram Company",
    "holder": "Mira Halloran",
    "name": "Bramble Tram Company",
    "password": "correct horse battery staple",
    "reasons": "Dates, price and acceptance are in writing; pay is above the floor.",
    "evidence": "Official journal of 21 November 2026",
    "phone": "+32 2 000 00 00",
    "url": "https://guild.example/",
    "state": "open",
    "law_region": "",
    "next_cursor": "WyIwMTkzYSJd",
}
BY_FORMAT: Final[Mapping[str, str]] = {
    "uuid": "0193a1f2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
    "date": "2026-11-23",
    "date-time": "2026-11-23T10:42:00Z",
    "duration": "PT15M",
    "email": "mira@example.org",
    "uri": "https://guild.example/",
}


def example_of(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], *, name: str = "", depth: int = 0
) -> Any:
    """One value that fits `schema`; `schemas` are the components that it may refer to."""
    if depth > DEPTH_MAX:
        return None
    if "$ref" in schema:
        target = schemas.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
        return example_of(target, schemas, name=name, depth=depth + 1)
    for known in ("example", "const", "default"):
        if schema.get(known) is not None:
            value = schema[known]
            return list(value) if isinstance(value, tuple) else value
    for listed in ("examples", "enum"):
        if schema.get(listed):
            return next(iter(schema[listed]))
    for choice in ("oneOf", "anyOf"):
        if schema.get(choice):
            real = [option for option in schema[choice] if option.get("type") != "null"]
            return example_of((real or schema[choice])[0], schemas, name=name, depth=depth + 1)
    return _by_type(schema, schemas, name, depth)


def _by_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "object" in kinds or "properties" in schema:
        return _of_object(schema, schemas, depth)
    if "array" in kinds:
        return [example_of(schema.get("items") or {}, schemas, name=name, depth=depth + 1)]
    if "string" in kinds:
        return _of_text(schema, name)
    if "integer" in kinds:
        return max(int(schema.get("minimum", 1)), 1)
    if "number" in kinds:
        return 1.0
    return True if "boolean" in kinds else None


def _of_object(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    return {
        field: example_of(inner, schemas, name=field, depth=depth + 1)
        for field, inner in properties.items()
    }


def _of_text(schema: Mapping[str, Any], name: str) -> str:
    if known := BY_FORMAT.get(str(schema.get("format", ""))):
        return known
    if name in BY_NAME:
        return BY_NAME[name]
    if "sha256" in name or name.endswith("_hash"):
        return "7c4109be52fae3d811b640c79a2df05e7c4109be52fae3d811b640c79a2df05e"
    if name.endswith(("amount", "_net", "_total", "net", "gross", "vat", "rate", "balance")):
        return "1210.00"
    words = name.replace("_", " ").strip() or "text"
    fitting = words.capitalize() * (1 + int(schema.get("minLength", 1)) // max(len(words), 1))
    return fitting[: int(schema.get("maxLength", 200))]

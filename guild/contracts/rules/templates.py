"""Templates of the house, by trade: dated data in versions (`data/templates`)."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


class HouseVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version; `body` has the fields of a template's body on the wire."""

    version: int
    valid_from: date
    body: dict[str, Any]
    texts: dict[str, dict[str, str]]
    """Fields of the body that are words, in languages other than English."""

    def body_in(self, language: str) -> dict[str, Any]:
        """The body with its words in that language."""
        return {**self.body, **self.texts.get(language, {})}


class HouseTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template for a trade, with its names in several languages."""

    id: str
    order: int
    trade: str
    name: dict[str, str]
    about: str
    versions: tuple[HouseVersion, ...]

    @property
    def newest(self) -> HouseVersion:
        """What is offered now."""
        return max(self.versions, key=lambda one: one.version)


@cache
def house_templates() -> Mapping[str, HouseTemplate]:
    """The templates that come with Guild, in their order."""
    folder = files("guild.contracts") / "data" / "templates"
    found = [
        msgspec.json.decode(entry.read_bytes(), type=HouseTemplate)
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    ]
    return {one.id: one for one in sorted(found, key=lambda one: (one.order, one.id))}

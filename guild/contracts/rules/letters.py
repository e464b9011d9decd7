"""What mails to a client say, in the languages of the house (`templates/mails.json`).

Each letter has a subject and paragraphs, by name. A letter or paragraph that is not there is an
error, never another language: a test holds that all languages have the same, with the same blanks.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from guild.core.money import Money
from guild.core.pages import long_date, long_moment, money_text

FILE: Final = Path(__file__).parent.parent / "templates" / "mails.json"


class Phrase(msgspec.Struct, frozen=True):
    """A fact that has words of its own in each language: a reason to decline."""

    name: str


@cache
def letters() -> dict[str, dict[str, dict[str, str]]]:
    """Language → letter → name of the paragraph → the paragraph."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, dict[str, dict[str, str]]])


def told(value: object, language: str) -> str:
    """A fact as the language writes it: days, moments and amounts; other things as they are."""
    if isinstance(value, datetime):
        return long_moment(value, language)
    if isinstance(value, date):
        return long_date(value, language)
    if isinstance(value, Money):
        return money_text(value, lang=language)
    if isinstance(value, Phrase):
        return letters()[language]["reasons"][value.name]
    return str(value)


def sentence(language: str, letter: str, name: str, facts: Mapping[str, object]) -> str:
    """One paragraph with its blanks filled."""
    filled = {key: told(value, language) for key, value in facts.items()}
    return letters()[language][letter][name].format(**filled)


def about(language: str, letter: str, facts: Mapping[str, object]) -> str:
    """What is told of a contract in one paragraph, after its title."""
    text = sentence(language, letter, "text", facts)
    return sentence(language, "parts", "about", {**facts, "text": text})

"""Broken rules in plain words: what is wrong, the field to mend, and how.

The official texts speak of business terms and code lists. A dated table says the common ones for
the person who writes the invoice; a rule that is not in it shows its official text.
"""

import datetime as dt
from functools import cache
from importlib.resources import files

import msgspec


class BrokenRule(msgspec.Struct, frozen=True, kw_only=True):
    """One refusal: the official id, the field of our own input, what is wrong, how to mend it."""

    rule: str
    field: str
    detail: str
    mend: str


class _Words(msgspec.Struct, frozen=True):
    field: str
    sentence: str
    mend: str


class _Table(msgspec.Struct, frozen=True):
    about: str
    for_rules: str
    known_on: dt.date
    rules: dict[str, _Words]


@cache
def _table() -> _Table:
    source = files("guild.invoicing").joinpath("data/rules_in_words.json").read_bytes()
    return msgspec.json.decode(source, type=_Table)


def in_words(rule: str, official: str) -> BrokenRule:
    """A broken official rule for people; `official` is its text in the rule file."""
    words = _table().rules.get(rule)
    if words is None:
        return BrokenRule(
            rule=rule,
            field="document",
            detail=official or f"The rule {rule} is broken.",
            mend="The sentence is the official one. If it does not help, ask the office.",
        )
    return BrokenRule(rule=rule, field=words.field, detail=words.sentence, mend=words.mend)

"""The words of the mandate for self-billing, by version and language; and how a series is named."""

import datetime as dt
from functools import cache
from importlib.resources import files
from typing import Final, Literal
from uuid import UUID

import msgspec

SERIES_DIGITS: Final = 6
Period = Literal["payout", "month"]
"""For each payout, or one for a calendar month (article 223 of Directive 2006/112/EC)."""


class TermsVersion(msgspec.Struct, frozen=True):
    """One version of the words; `texts` by language with `{coop}` and `{days}` to be filled."""

    version: int
    valid_from: dt.date
    texts: dict[str, str]
    periods: dict[str, dict[str, str]]
    """The sentence of each choice of period, by language."""


class _File(msgspec.Struct, frozen=True):
    source: str
    versions: tuple[TermsVersion, ...]


@cache
def _versions() -> tuple[TermsVersion, ...]:
    data = files("guild.invoicing").joinpath("data/self_billing_terms.json").read_bytes()
    return msgspec.json.decode(data, type=_File).versions


def terms_on(day: dt.date) -> TermsVersion:
    """The newest version in force on a day; raises LookupError before the first."""
    found = [one for one in _versions() if one.valid_from <= day]
    if not found:
        raise LookupError(f"no terms of self-billing are known for {day.isoformat()}")
    return max(found, key=lambda one: one.version)


def terms_text(terms: TermsVersion, language: str, *, coop: str, days: int) -> str:
    """The words as they are read; English where the language is missing."""
    return terms.texts.get(language, terms.texts["en"]).format(coop=coop, days=days)


def period_text(terms: TermsVersion, language: str, period: Period) -> str:
    """The sentence that says how often one is billed; it is signed with the others."""
    said = terms.periods[period]
    return said.get(language, said["en"])


def series_format(member_id: UUID) -> str:
    """The form of a member's own series: her sign of six letters and digits, year and number."""
    sign = member_id.hex[-SERIES_DIGITS:].upper()
    return f"{sign}-{{year}}-{{number:04d}}"

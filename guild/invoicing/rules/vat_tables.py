"""The dated tables of VAT: standard and reduced rates, wordings, national articles, codes."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from guild.invoicing.errors import VatRateUnknown

DIRECTIVE = "Directive 2006/112/EC"


class _Rate(msgspec.Struct, frozen=True):
    standard_milli: int
    source: str
    since: dt.date = msgspec.field(name="from")
    until: dt.date | None = None


class _Reduced(msgspec.Struct, frozen=True):
    reduced_milli: list[int]
    source: str
    confirm: bool
    since: dt.date = msgspec.field(name="from")
    until: dt.date | None = None


class _Rates(msgspec.Struct, frozen=True):
    about: str
    known_until: dt.date
    rates: dict[str, list[_Rate]]
    reduced: dict[str, list[_Reduced]]


class _Wordings(msgspec.Struct, frozen=True):
    about: str
    known_on: dt.date
    wordings: dict[str, dict[str, str]]
    articles: dict[str, dict[str, str]]


class _Codes(msgspec.Struct, frozen=True):
    about: str
    codes: frozenset[str]


def _data(name: str) -> bytes:
    return files("guild.invoicing").joinpath(f"data/{name}.json").read_bytes()


@cache
def _rates() -> _Rates:
    return msgspec.json.decode(_data("vat_rates"), type=_Rates)


@cache
def _wordings() -> _Wordings:
    return msgspec.json.decode(_data("vat_wordings"), type=_Wordings)


@cache
def exemption_codes() -> frozenset[str]:
    """The official list of reasons of exemption (VATEX)."""
    return msgspec.json.decode(_data("vat_codes"), type=_Codes).codes


@cache
def standard_rate_milli(country: str, on: dt.date) -> int:
    """The standard rate of a member state on a day, in thousandths of a per cent.

    Raises VatRateUnknown.
    """
    table = _rates()
    if on <= table.known_until:
        for rate in table.rates.get(country, ()):
            if rate.since <= on and (rate.until is None or on <= rate.until):
                return rate.standard_milli
    raise VatRateUnknown(
        f"No standard VAT rate is on file for {country} on {on.isoformat()}.",
        mend="The table of rates has to be reviewed and extended first; an old rate is not reused.",
        country=country,
        on=on.isoformat(),
    )


@cache
def reduced_rates_milli(country: str, on: dt.date) -> tuple[int, ...]:
    """The reduced rates of a member state on a day, lowest first; raises VatRateUnknown."""
    standard_rate_milli(country, on)
    for row in _rates().reduced.get(country, ()):
        if row.since <= on and (row.until is None or on <= row.until):
            return tuple(sorted(row.reduced_milli))
    raise VatRateUnknown(
        f"No reduced VAT rates are on file for {country} on {on.isoformat()}.",
        mend="The table of rates has to be reviewed and extended first; an old rate is not reused.",
        country=country,
        on=on.isoformat(),
    )


def wording(key: str, country: str = "") -> Mapping[str, str]:
    """The mention by its key, in the words of a state's own law where the table has them."""
    words = _wordings().wordings
    return words.get(f"{key}.{country}") or words[key]


def article(directive: str, country: str, key: str) -> str:
    """The directive's provision and, where it is on file, the state's own beside it."""
    national = _wordings().articles.get(country, {}).get(key)
    base = f"{directive} {DIRECTIVE}"
    return f"{base}; {national}" if national else base


def has_national_article(country: str, key: str) -> bool:
    """Whether the state's own provision is on file."""
    return key in _wordings().articles.get(country, {})

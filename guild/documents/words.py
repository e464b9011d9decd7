"""How amounts, dates and rates are written in each language, on the CLDR data that Babel carries.

The minus is U+2212, groups and units are held together by no-break spaces, and nothing here rounds:
a value that cannot be shown exactly is a bug of the sheet.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, get_currency_precision

from guild.core.pages import first_of_month

LOCALES = {"en": "en_GB", "fr": "fr_BE", "nl": "nl_BE", "de": "de_DE"}
EN = "\u2013"


def _tidy(text: str) -> str:
    """Typographic minus; a no-break space, as the faces lack Babel's narrow one."""
    return text.replace("-", "\u2212").replace("\u202f", "\u00a0")


def _units(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-get_currency_precision(currency))


@lru_cache(maxsize=4096)
def amount(minor: int, currency: str, lang: str) -> str:
    """A number for a column of amounts: "4,507.40"."""
    places = get_currency_precision(currency)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return _tidy(format_decimal(_units(minor, currency), format=pattern, locale=LOCALES[lang]))


@lru_cache(maxsize=4096)
def money(minor: int, currency: str, lang: str) -> str:
    """An amount with its currency: "€4,507.40", "4 507,40 €"."""
    text = format_currency(
        _units(minor, currency), currency, locale=LOCALES[lang], currency_digits=True
    )
    return _tidy(text)


def number(value: Decimal, lang: str, *, least: int = 0) -> str:
    """A quantity or price with all its decimals, and at least `least` of them."""
    pattern = "#,##0." + "0" * least + "#" * 8
    return _tidy(
        format_decimal(value, format=pattern, locale=LOCALES[lang], decimal_quantization=False)
    )


@lru_cache(maxsize=512)
def rate(bps: int, lang: str, places: int = 0) -> str:
    """Basis points as per cent: 650 is "6.5%"; French and German set a space before the sign."""
    gap = "" if lang in ("en", "nl") else "\u00a0"
    return number(Decimal(bps) / 100, lang, least=places) + gap + "%"


@lru_cache(maxsize=512)
def percent(milli: int, lang: str) -> str:
    """Thousandths of a per cent, as tax rates are kept: 9975 is "9.975%"."""
    gap = "" if lang in ("en", "nl") else "\u00a0"
    return number(Decimal(milli) / 1000, lang) + gap + "%"


@lru_cache(maxsize=2048)
def date(day: dt.date, lang: str) -> str:
    """A day in full, kept on one line: "22 November 2026", "1er janvier 2027"."""
    text = first_of_month(format_date(day, format="long", locale=LOCALES[lang]), lang)
    return text.replace(" ", "\u00a0")


def span(first: dt.date, last: dt.date, lang: str) -> str:
    """A period, as short as it can be: days of one month share month and year; or one day."""
    if first == last:
        return date(last, lang)
    if first.year != last.year:
        return f"{date(first, lang)} {EN} {date(last, lang)}"
    if first.month != last.month:
        start = format_skeleton("MMMMd", first, locale=LOCALES[lang])
        start = first_of_month(start, lang).replace(" ", "\u00a0")
        return f"{start} {EN} {date(last, lang)}"
    start = f"{first.day}." if lang == "de" else first_of_month(str(first.day), lang)
    return f"{start}{EN}{date(last, lang)}"


def moment(at: dt.datetime, lang: str) -> str:
    """A time of day that means the same to everybody: "24 November 2026, 09:42 UTC"."""
    at = at.astimezone(dt.UTC)
    return f"{date(at.date(), lang)}, {at:%H:%M}\u00a0UTC"


def stamp(at: dt.datetime) -> str:
    """A time to the second for evidence: "2026-11-24 09:42:18 UTC"."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def country(code: str, lang: str) -> str:
    """The name of a country in the sheet's language; the code itself when CLDR has no name."""
    return str(Locale.parse(LOCALES[lang]).territories.get(code, code))


def eights(digest: str) -> str:
    """A hash in groups of eight: read aloud, compared by eye, broken only between groups."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))


def iban(text: str) -> str:
    """In groups of four, as banks print it; the groups stay on one line."""
    bare = text.replace(" ", "")
    return "\u00a0".join(bare[i : i + 4] for i in range(0, len(bare), 4))


def running(minors: Iterable[int]) -> Sequence[int]:
    """The running totals of a column: what is carried forward when the page ends after a row."""
    return list(itertools.accumulate(minors))

"""Amounts, dates and rates as each language writes them."""

import datetime as dt
from decimal import Decimal

import pytest

from guild.documents import words
from guild.documents.fonts import uncovered_characters

NB = "\u00a0"
LANGS = ("en", "fr", "nl", "de")


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", "€4,507.40"),
        ("fr", f"4{NB}507,40{NB}€"),
        ("nl", f"€{NB}4.507,40"),
        ("de", f"4.507,40{NB}€"),
    ],
)
def test_money(lang, expected):
    assert words.money(450740, "EUR", lang) == expected


def test_amounts_follow_the_currency_and_carry_a_true_minus():
    assert words.amount(-50000, "EUR", "en") == "\u2212500.00"
    assert words.amount(1234, "JPY", "en") == "1,234"
    assert words.money(1234, "JPY", "en") == "JP¥1,234"
    assert words.amount(0, "EUR", "de") == "0,00"
    assert words.amount(10**15, "EUR", "nl") == "10.000.000.000.000,00"


def test_numbers_keep_all_their_decimals():
    assert words.number(Decimal("0.335"), "fr", least=2) == "0,335"
    assert words.number(Decimal(80), "en", least=2) == "80.00"
    assert words.number(Decimal("12.50"), "de") == "12,5"
    assert words.number(Decimal(24), "en") == "24"


def test_rates():
    assert words.rate(650, "en") == "6.5%"
    assert words.rate(2100, "fr") == f"21{NB}%"
    assert words.rate(650, "nl", 2) == "6,50%"


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", "1 March 2027"),
        ("fr", "1er mars 2027"),
        ("nl", "1 maart 2027"),
        ("de", "1. März 2027"),
    ],
)
def test_dates(lang, expected):
    assert words.date(dt.date(2027, 3, 1), lang) == expected.replace(" ", NB)


def test_spans_say_no_more_than_needed():
    a, b = dt.date(2026, 11, 2), dt.date(2026, 11, 20)
    assert words.span(a, b, "en") == f"2–20{NB}November{NB}2026"
    assert words.span(a, b, "de") == f"2.–20.{NB}November{NB}2026"
    assert words.span(a, a, "nl") == f"2{NB}november{NB}2026"
    assert words.span(dt.date(2026, 10, 30), b, "en") == f"30{NB}October – 20{NB}November{NB}2026"
    assert "2025" in words.span(dt.date(2025, 12, 30), b, "fr")
    october, november = dt.date(2026, 10, 1), dt.date(2026, 11, 1)
    assert words.span(october, november, "fr") == f"1er{NB}octobre – 1er{NB}novembre{NB}2026"
    assert words.span(november, b, "fr") == f"1er–20{NB}novembre{NB}2026"
    assert words.span(november, b, "en") == f"1–20{NB}November{NB}2026"


def test_moments_are_in_utc_wherever_they_were_taken():
    there = dt.datetime(2026, 11, 24, 10, 42, 18, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert words.moment(there, "en") == f"24{NB}November{NB}2026, 09:42{NB}UTC"
    assert words.stamp(there) == "2026-11-24 09:42:18 UTC"


def test_identifiers_are_grouped():
    assert words.iban("BE68539007547034") == NB.join(("BE68", "5390", "0754", "7034"))
    assert words.eights("93a1bb541e4e2f18") == "93a1bb54 1e4e2f18"
    assert words.country("BE", "nl") == "België"
    assert words.country("XQ", "nl") == "XQ"


def test_running_totals():
    assert words.running([5, -2, 10]) == [5, 3, 13]


@pytest.mark.parametrize("lang", LANGS)
def test_everything_written_can_be_printed(lang):
    day = dt.date(2026, 1, 1)
    text = "".join(
        [
            *(words.money(-123456789, code, lang) for code in ("EUR", "PLN", "SEK", "CHF", "CZK")),
            *(words.date(day.replace(month=month), lang) for month in range(1, 13)),
            words.rate(-150, lang),
        ]
    )
    assert uncovered_characters(text) == []

"""The words that people read: every language says everything, with the same blanks."""

import json
import re
import string
from datetime import date
from pathlib import Path

import pytest

import guild
from guild.contracts.pages.words import KINDS_ONLY, REFUSED, page_words, refusal_text
from guild.contracts.rules.consent import SENTENCES
from guild.contracts.rules.letters import letters
from guild.core.errors import Invalid
from guild.core.pages import LOCALES, hours_text, long_date, long_month, number_text, percent_text
from guild.ledger.chart import CHART, POTS

HOUSE = Path(guild.__file__).parent
OF_CONTRACTS = {"contracts/data/countries.json"}
"""Words for the text of contracts, which are written in fewer languages than pages."""


def said(words, path=""):
    """Each sentence by its place, as the names of its blanks."""
    if isinstance(words, str):
        return {path: {field for _, field, _, _ in string.Formatter().parse(words) if field}}
    pairs = words.items() if isinstance(words, dict) else enumerate(words)
    found = {}
    for name, inner in pairs:
        found |= said(inner, f"{path}/{name}")
    return found


def word_files():
    """Every file whose outermost names are languages."""
    for file in sorted(HOUSE.rglob("*.json")):
        words = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(words, dict) and {"en", "fr"} <= set(words):
            yield str(file.relative_to(HOUSE)), words


FILES = dict(word_files())
IN_CODE = {"consent": SENTENCES}


@pytest.mark.parametrize("name", sorted(set(FILES) - OF_CONTRACTS) + sorted(IN_CODE))
def test_every_language_says_everything(name):
    words = FILES.get(name) or IN_CODE[name]
    assert set(words) == set(LOCALES)
    english = said(words["en"])
    for language, its in words.items():
        assert said(its) == english, language
        assert all(one.strip() for one in strings(its)), language


@pytest.mark.parametrize("language", LOCALES)
def test_a_pot_has_one_name_on_pages_and_documents(language):
    """On invoices, statements of payouts and of a year; in English on every page too."""
    payouts = FILES["treasury/templates/payout_print.json"][language]["share"]
    for pot in POTS:
        names = {
            FILES["invoicing/templates/invoice_print.json"][language]["share"][pot],
            FILES["treasury/templates/income_print.json"][language]["name"][pot],
            payouts[pot][0],
        }
        if language == "en":
            names.add(CHART[pot].title)
            called = json.loads((HOUSE / "governance/data/charter_words.json").read_text())
            assert called["values"][pot] == CHART[pot].title.lower()
        assert len(names) == 1, names


@pytest.mark.parametrize("name", sorted(FILES) + sorted(IN_CODE))
def test_french_keeps_its_marks_on_the_line(name):
    """A mark of two parts and a quotation mark are held by a no-break space, never a plain one."""
    for one in strings((FILES.get(name) or IN_CODE[name])["fr"]):
        assert not re.search(r" [;:!?»]|« |\w'\w", one), one


def strings(words):
    """Every sentence."""
    if isinstance(words, str):
        return [words]
    inner = words.values() if isinstance(words, dict) else words
    return [one for part in inner for one in strings(part)]


def test_the_files_are_found():
    assert "contracts/templates/mails.json" in FILES
    assert "contracts/data/page_words.json" in FILES
    assert "receivables/templates/mails.json" in FILES
    assert page_words() == FILES["contracts/data/page_words.json"]
    assert letters() == FILES["contracts/templates/mails.json"]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_a_form_refuses_has_words(kind):
    assert kind.code in page_words()["en"]
    refusal = kind("Said in English.", mend="Mend it.")
    assert "English" not in refusal_text(refusal, "fr")
    if kind.code in KINDS_ONLY:
        assert refusal_text(refusal, "en") == "Said in English. Mend it."


def test_a_refusal_without_words_is_told_by_its_kind():
    class Odd(Invalid):
        code = "odd"

    assert refusal_text(Odd("Very odd."), "nl") == page_words()["nl"]["invalid"]
    assert refusal_text(Odd("Very odd."), "en") == "Very odd."


def test_figures_are_written_as_the_language_does():
    first = date(2026, 12, 1)
    assert (long_date(first, "fr"), long_date(first, "nl")) == (
        "1er décembre 2026",
        "1 december 2026",
    )
    assert (number_text("7.50"), number_text("7.50", "fr")) == ("7.5", "7,5")
    read = [hours_text(395, lang).replace("\N{NO-BREAK SPACE}", " ") for lang in LOCALES]
    assert read == ["6 h 35", "6 h 35", "6 u 35", "6:35 Std."]
    assert hours_text(5) == "0\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05"
    assert (percent_text(3000), percent_text(1250, "de")) == ("30 %", "12,5 %")
    assert (long_month("2026-11", "fr"), long_month("2026-11")) == (
        "novembre 2026",
        "November 2026",
    )

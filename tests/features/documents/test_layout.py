"""Templates: words in each language, escaping, and no silent holes."""

import msgspec
import pytest
from jinja2 import TemplateNotFound, UndefinedError

from guild.documents.fonts import uncovered_characters
from guild.documents.layout import fill, render_html, sheet_words
from tests.features.documents import samples

LANGS = ("en", "fr", "nl", "de")
TEMPLATES = sorted({template for template, _ in samples.SHEETS.values()})


def places(words):
    return {k: places(v) if isinstance(v, dict) else str(v).count("{}") for k, v in words.items()}


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("lang", LANGS[1:])
def test_each_language_has_the_same_words_with_the_same_places(template, lang):
    assert places(sheet_words(template, lang)) == places(sheet_words(template, "en"))


@pytest.mark.parametrize("name", samples.SHEETS)
@pytest.mark.parametrize("lang", LANGS)
def test_every_sheet_is_set_in_every_language(name, lang):
    html = samples.order(name, lang).html
    assert f'<html lang="{lang}">' in html
    assert "{}" not in html
    assert uncovered_characters(html) == []


def test_what_people_wrote_is_escaped():
    evil = '<img src=x onerror=alert(1)> & "quotes" \'{{ 7*7 }}'
    sheet = msgspec.structs.replace(samples.invoice(), worker=evil, buyer_reference=evil)
    html = render_html("invoicing/invoice_print.html", {"sheet": sheet})
    assert "<img" not in html
    assert "49" not in html.split("Your reference")[1][:200]
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &#34;quotes&#34;" in html


def test_a_hole_is_an_error():
    with pytest.raises(UndefinedError):
        render_html("invoicing/invoice_print.html", {"sheet": samples.payout()})


@pytest.mark.parametrize(
    "name", ["invoice_print.html", "invoicing/../core/work.py", "invoicing/absent.html", "x/"]
)
def test_templates_are_found_in_their_folders_only(name):
    with pytest.raises(TemplateNotFound):
        render_html(name, {"sheet": samples.invoice()})


def test_fill_escapes_values_and_counts_them():
    assert fill("{} to {}", "<b>", 3) == "&lt;b&gt; to 3"
    with pytest.raises(ValueError, match="1 values"):
        fill("{} {}", 1)

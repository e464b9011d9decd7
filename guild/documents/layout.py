"""Sheets to HTML: the template of a feature, the words of a language, the typed data of a sheet.

Templates are found as "invoicing/invoice_print.html" in `guild/invoicing/templates/`; the words
beside them in `invoice_print.json`, one set per language, on top of the common ones in
`guild/documents/templates/sheet.json`. Members never write templates.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup, escape

from guild.documents import figures, words
from guild.documents.brand import Brand, branded, mark
from guild.documents.fonts import printable
from guild.documents.schemas import Language

_ROOT = Path(__file__).parent.parent
_LANGUAGES: tuple[Language, ...] = ("en", "fr", "nl", "de")
# Postal habit: the window of the envelope is at the left there, at the right elsewhere.
_WINDOW_LEFT = frozenset({"NL", "DE", "AT", "CH"})


def render_html(template: str, context: Mapping[str, object]) -> str:
    """The HTML of a sheet. `context["sheet"]` is the sheet; its `lang` chooses words and formats.

    Raises `jinja2.UndefinedError` for a word or value that the template names and nobody gave:
    a hole in a document is a bug, never a blank. Characters that no face covers should have been
    refused at input; the ones that come here all the same are marked, see `fonts.printable`.
    """
    sheet = context["sheet"]
    lang: Language = sheet.lang  # type: ignore[attr-defined]  # every sheet has it
    brand: Brand = getattr(sheet, "brand", None) or Brand()
    rendered = (
        _environment(lang)
        .get_template(template)
        .render(context, t=_labels(template, lang), lang=lang, brand=brand)
    )
    return branded(printable(rendered), brand)


def sheet_words(template: str, lang: Language) -> Mapping[str, object]:
    """The words of a template in one language, for tests that compare the languages' keys."""
    return _labels(template, lang)


@cache
def _labels(template: str, lang: Language) -> Mapping[str, object]:
    common = json.loads((_ROOT / "documents/templates/sheet.json").read_text())
    own = _path(template).with_suffix(".json")
    return {**common[lang], **(json.loads(own.read_text())[lang] if own.exists() else {})}


def _path(template: str) -> Path:
    package, _, name = template.partition("/")
    path = _ROOT / package / "templates" / name
    if not name or ".." in template or not path.is_file():
        raise TemplateNotFound(template)
    return path


def _load(template: str) -> str:
    return _path(template).read_text()


@cache
def _environment(lang: Language) -> Environment:
    """One environment per language, so that templates call `money(x)` without naming it."""
    env = Environment(
        loader=FunctionLoader(_load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters |= {
        "amount": lambda minor, currency: words.amount(minor, currency, lang),
        "money": lambda minor, currency: words.money(minor, currency, lang),
        "number": lambda value, least=0: words.number(value, lang, least=least),
        "rate": lambda bps, places=0: words.rate(bps, lang, places),
        "percent": lambda milli: words.percent(milli, lang),
        "date": lambda day: words.date(day, lang),
        "span": lambda first, last: words.span(first, last, lang),
        "moment": lambda at: words.moment(at, lang),
        "stamp": words.stamp,
        "country": lambda code: words.country(code, lang),
        "eights": words.eights,
        "iban": words.iban,
        "running": words.running,
        "fill": fill,
    }
    env.globals |= {
        "mark": mark,
        "payment_code": figures.payment_code,
        "bar": figures.bar,
        "opened_bar": figures.opened_bar,
        "piece": figures.Piece,
        "window": lambda code: "left" if code in _WINDOW_LEFT else "right",
    }
    return env


def fill(sentence: str, *values: object) -> Markup:
    """Puts values into the `{}` of a label, each escaped; the label itself is ours."""
    parts = sentence.split("{}")
    if len(parts) != len(values) + 1:
        raise ValueError(f"{len(values)} values for {sentence!r}")
    filled = escape(parts[0])
    for value, part in zip(values, parts[1:], strict=True):
        filled += escape(value) + escape(part)
    return filled

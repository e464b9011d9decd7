"""Server-rendered pages: Jinja2 with autoescape, templates beside the feature that owns them.

`contracts/offer.html` is `guild/contracts/templates/offer.html`; all extend `web/layout.html`.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment, FunctionLoader, StrictUndefined
from litestar import Request, Response
from litestar.enums import MediaType
from markupsafe import Markup

from guild.core.money import Money
from guild.core.work import Work

GUILD: Final = Path(__file__).parent.parent
_DAYS: Final = {"de": "d. MMMM y"}
"""How a day is written where it is not 23 November 2026."""
_HOURS: Final = {
    "en": "{hours}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{minutes:02}",
    "fr": "{hours}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{minutes:02}",
    "nl": "{hours}\N{NO-BREAK SPACE}u\N{NO-BREAK SPACE}{minutes:02}",
    "de": "{hours}:{minutes:02}\N{NO-BREAK SPACE}Std.",
}
TONGUES: Final = {"en": "English", "fr": "Français", "nl": "Nederlands", "de": "Deutsch"}
"""What the languages call themselves, for the switch on a client's pages."""
LOCALES: Final = {"en": "en_GB", "fr": "fr_BE", "nl": "nl_BE", "de": "de_DE"}


SCRIPTED: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
"""Headers of the few pages that run our own script, because a browser makes passkeys only so."""


def _load(name: str) -> str | None:
    package, _, rest = name.partition("/")
    path = (GUILD / package / "templates" / rest).resolve()
    inside = path.is_relative_to(GUILD / package / "templates")
    return path.read_text(encoding="utf-8") if inside and path.is_file() else None


def money_text(amount: Money | int, currency: str = "", lang: str = "en") -> str:
    """An amount as that language writes it: €1,210.00, 1.210,00 €; below zero with a minus sign."""
    money = amount if isinstance(amount, Money) else Money(amount, currency)
    text = format_currency(money.decimal, money.currency, locale=LOCALES[lang])
    return text.replace("-", "\N{MINUS SIGN}")


def amount_text(text: str, currency: str, lang: str = "en") -> str:
    """An amount of the wire ("1210.00") as that language writes it."""
    return money_text(Money.parse(text, currency), lang=lang)


def long_date(day: date | datetime, lang: str = "en") -> str:
    """23 November 2026, in the reader's language."""
    return first_of_month(
        format_date(day, format=_DAYS.get(lang, "d MMMM y"), locale=LOCALES[lang]), lang
    )


def long_moment(moment: datetime, lang: str = "en") -> str:
    """A day and a time, UTC said so."""
    pattern = _DAYS.get(lang, "d MMMM y") + ", HH:mm 'UTC'"
    return first_of_month(format_datetime(moment, format=pattern, locale=LOCALES[lang]), lang)


def first_of_month(text: str, lang: str) -> str:
    """French counts the first of a month apart: 1er décembre. `text` begins with a day."""
    return f"1er{text[1:]}" if lang == "fr" and re.match(r"1(\s|$)", text) else text


def hours_text(minutes: int, lang: str = "en") -> str:
    """Time as people read it off a clock, in whole minutes: 6 h 35, 6 u 35, 6:35 Std."""
    hours, rest = divmod(minutes, 60)
    return _HOURS[lang].format(hours=hours, minutes=rest)


def long_month(day: date | str, lang: str = "en") -> str:
    """November 2026; from any day of it, or from the wire's 2026-11."""
    first = date.fromisoformat(f"{day}-01") if isinstance(day, str) else day
    return format_date(first, format="MMMM y", locale=LOCALES[lang])


def number_text(number: Decimal | float | str, lang: str = "en") -> str:
    """A number with two decimals at most: 7.5; 7,5."""
    return format_decimal(round(Decimal(str(number)), 2), locale=LOCALES[lang])


def percent_text(bps: int, lang: str = "en") -> str:
    """Basis points as people write them: 3000 → 30 %."""
    return f"{number_text(Decimal(bps) / 100, lang)} %"


def in_words(name: str) -> str:
    """The name of a fact as people read it: `InvoiceIssued` → Invoice issued."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def country_text(code: str, lang: str = "en") -> str:
    """A country by its name; a code that is none, such as that of a region, stays as it is."""
    return str(Locale.parse(LOCALES[lang]).territories.get(code, code))


def euro_text(ratio: str) -> str:
    """A ratio as an amount for each euro: "0.1000" → €0.10."""
    return money_text(Money(int(Decimal(ratio).scaleb(2).to_integral_value()), "EUR"))


@cache
def shell_words() -> dict[str, dict[str, str]]:
    """Language → the words that stand on every page."""
    file = Path(__file__).with_name("page_words.json")
    return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, str]])


@cache
def environment() -> Environment:
    """The one Jinja environment; an undefined name is an error, not an empty string."""
    made = Environment(
        loader=FunctionLoader(_load), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "money": money_text,
        "amount": amount_text,
        "percent": percent_text,
        "euro": euro_text,
        "hours": hours_text,
        "country": country_text,
        "in_words": in_words,
        "longdate": long_date,
        "longmoment": long_moment,
        "longmonth": long_month,
        "number": number_text,
    }
    made.globals["ui"] = shell_words()
    return made


def csrf_field(token: str) -> Markup:
    """The hidden field that every form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)


def browser_language(request: Request[Any, Any, Any]) -> str:
    """The first of the house's languages that the browser prefers; for pages that know nobody."""
    wanted = request.headers.get("accept-language", "")[:200].lower()
    for part in wanted.split(","):
        name = part.split(";")[0].strip()[:2]
        if name in LOCALES:
            return name
    return "en"


def page(
    work: Work, template: str, *, status: int = 200, lang: str = "en", **context: Any
) -> Response[str]:
    """Render a page for the Work's actor."""
    token = work.network.get("csrf", "")
    html = (
        environment()
        .get_template(template)
        .render(
            actor=work.actor,
            lang=lang,
            tongues=TONGUES if work.actor.kind == "contact" else {},
            here=work.network.get("here", ""),
            now=work.now,
            coop=work.settings.coop,
            base_url=work.settings.base_url,
            csrf_field=lambda: csrf_field(token),
            **context,
        )
    )
    return Response(html, status_code=status, media_type=MediaType.HTML)

"""The words of the client's pages, in the languages of the house (`data/page_words.json`)."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response

from guild.contracts.schemas import OfferOut
from guild.core.errors import GuildError
from guild.core.pages import LOCALES, page
from guild.core.work import Work

FILE: Final = Path(__file__).parent.parent / "data" / "page_words.json"
NO_STORE: Final = {"Cache-Control": "no-store"}
Say = Callable[..., str]


@cache
def page_words() -> dict[str, dict[str, str]]:
    """Language → name of the sentence → the sentence."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, dict[str, str]])


def sayer(language: str) -> Say:
    """`say("code_sent", email=…)`; a language without words is spoken to in English."""
    words = page_words().get(language) or page_words()["en"]

    def say(key: str, /, **values: object) -> str:
        return words[key].format(**values)

    return say


def browser_language(request: Request[Any, Any, Any]) -> str:
    """The first of the house's languages that the browser prefers; for pages that know nobody."""
    wanted = request.headers.get("accept-language", "")[:200].lower()
    for part in wanted.split(","):
        name = part.split(";")[0].strip()[:2]
        if name in LOCALES:
            return name
    return "en"


def refusal_text(refusal: GuildError, language: str) -> str:
    """What went wrong, in the reader's language; in English as it was said, if it has no words."""
    words = page_words().get(language) or page_words()["en"]
    if refusal.code in words:
        return words[refusal.code].format(**refusal.facts)
    return f"{refusal.detail} {refusal.mend}".strip()


def spoken(
    work: Work, template: str, language: str, *, status: int = 200, **context: Any
) -> Response[str]:
    """A page of the client's, in her language."""
    answer = page(work, template, status=status, lang=language, say=sayer(language), **context)
    answer.headers.update(NO_STORE)
    return answer


def offer_page(
    work: Work, template: str, offer: OfferOut, *, errors: list[dict[str, str]], **context: Any
) -> Response[str]:
    """A page about an offer: 422 when something is to be put right."""
    return spoken(
        work, template, offer.language, status=422 if errors else 200, offer=offer, errors=errors,
        **context,
    )  # fmt: skip

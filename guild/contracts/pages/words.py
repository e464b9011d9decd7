"""The words of the client's pages, in the languages of the house (`data/page_words.json`)."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Response

from guild.contracts import queries
from guild.contracts.errors import (
    CaseIsOpen,
    NothingDelivered,
    OwnCase,
    StaleEnding,
    StaleSheet,
    TooManyRemarks,
)
from guild.contracts.schemas import OfferOut
from guild.core.errors import GuildError, IllegalMove, Invalid, StaleVersion
from guild.core.pages import page
from guild.core.work import Work

FILE: Final = Path(__file__).parent.parent / "data" / "page_words.json"
NO_STORE: Final = {"Cache-Control": "no-store"}
KINDS_ONLY: Final = ("invalid", "illegal_move")
"""Codes of many refusals, whose words say less than each of them."""
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


def refusal_text(refusal: GuildError, language: str) -> str:
    """What went wrong, in the reader's language: its own words, or those of its kind.

    In English a refusal without words of its own is told as it was said, which is more exact.
    """
    words = page_words().get(language) or page_words()["en"]
    if refusal.code in words and (language != "en" or refusal.code not in KINDS_ONLY):
        return words[refusal.code].format(**refusal.facts)
    if language == "en":
        return f"{refusal.detail} {refusal.mend}".strip()
    codes = (getattr(kind, "code", "") for kind in type(refusal).__mro__)
    return words[next((code for code in codes if code in words), "other_refusal")]


REFUSED: Final = (
    CaseIsOpen, IllegalMove, Invalid, NothingDelivered, OwnCase, StaleEnding, StaleSheet,
    StaleVersion, TooManyRemarks,
)  # fmt: skip
"""What the client's forms about work show on their page, each in words of every language. All of
it is raised before anything is written, so that the page may be shown in the same Work."""


async def clients_page(
    work: Work, template: str, *, errors: Sequence[dict[str, str]] = (), **context: Any
) -> Response[str]:
    """A page about work, for the person behind the link: 422 when something is to be put right."""
    language = await queries.reader_language(work)
    status = 422 if errors else 200
    return spoken(work, template, language, status=status, errors=list(errors), **context)


async def fault_at(work: Work, refusal: Exception, field: str, key: str) -> dict[str, str]:
    """What went wrong in a client's form, beside its field; `key` says it of an unfit input."""
    language = await queries.reader_language(work)
    if isinstance(refusal, GuildError):
        place = refusal.field or field
        return {"field": place, "text": refusal_text(refusal, language)}
    return {"field": field, "text": sayer(language)(key)}


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

"""Mails about money out, in the reader's language."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from guild.core.mail import send_mail
from guild.core.work import Work

LANGUAGES: Final = ("en", "fr", "nl", "de")


@cache
def _all_words() -> dict[str, Any]:
    words: dict[str, Any] = json.loads(
        (Path(__file__).parent.parent / "templates" / "mails.json").read_text(encoding="utf-8")
    )
    return words


def lang_of(language: str | None) -> str:
    """One of the languages that there are words in; English for the others."""
    short = (language or "en")[:2]
    return short if short in LANGUAGES else "en"


def write_to(work: Work, to: str, language: str | None, letter: str, **said: object) -> None:
    """Write one of the letters of `mails.json`; `said` fills its gaps."""
    lang = lang_of(language)
    words = _all_words()[lang]
    send_mail(
        work,
        to=to,
        subject=words[letter]["subject"].format(**said),
        text=words[letter]["text"].format(**said),
        reason=words[letter].get("reason", words["reason"]),
        lang=lang,
    )

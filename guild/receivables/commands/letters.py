"""Mails to clients about what they owe: in the client's language, with a personal link."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from guild.core.ids import MailId
from guild.core.mail import send_mail
from guild.core.pages import long_date, money_text, percent_text
from guild.core.work import Work
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.rules.references import print_reference
from guild.members import commands as members
from guild.receivables.queries.standing import Standing

LINK_HOURS: Final = 24 * 31
LANGUAGES: Final = ("en", "fr", "nl", "de")


@cache
def _all_words() -> dict[str, Any]:
    words: dict[str, Any] = json.loads(
        (Path(__file__).parent.parent / "templates" / "mails.json").read_text(encoding="utf-8")
    )
    return words


def lang_of(one: Standing) -> str:
    """The language of the invoice, or English when no words exist in it."""
    short = one.language[:2]
    return short if short in LANGUAGES else "en"


def words_of(lang: str) -> dict[str, Any]:
    """The words of one language."""
    found: dict[str, Any] = _all_words()[lang]
    return found


def said_of(one: Standing) -> dict[str, Any]:
    """What every mail may name, as its language writes it."""
    lang = lang_of(one)

    def money(minor: int) -> str:
        return money_text(minor, one.currency, lang)

    return {
        "contact": one.contact_name,
        "client": one.client_name,
        "worker": one.member_name,
        "number": one.number,
        "title": one.title,
        "issued": long_date(one.issued_on, lang),
        "day": long_date(one.due_on, lang),
        "due": money(one.due_minor),
        "held": money(one.disputed_minor),
        "iban": " ".join(one.iban[i : i + 4] for i in range(0, len(one.iban), 4)),
        "reference": print_reference(one.reference),
    }


async def mail_client(
    work: Work, one: Standing, subject: str, paragraphs: list[str], *, linked: bool = True,
    **said: Any,
) -> MailId:  # fmt: skip
    """Send a mail to the invoice's contact; paragraphs may name what `said_of` and `said` know."""
    lang = lang_of(one)
    words = words_of(lang)
    known = {**said_of(one), "coop": work.settings.coop.name, **said}
    body = [words["hello"], *paragraphs]
    if linked:
        token = await members.issue_link(
            work, one.contact_id, purpose=INVOICE_LINK, subject_id=one.id, valid_hours=LINK_HOURS
        )
        known["link"] = f"{work.settings.base_url}/i/{token}"
        body.append(words["link"])
    return send_mail(
        work,
        to=one.contact_email,
        subject=subject.format(**known),
        text="\n\n".join(part.format(**known) for part in body if part),
        reason=words["reason"].format(**known),
        lang=lang,
    )


def tell_member(work: Work, email: str, subject: str, text: str) -> None:
    """A short mail to a member or an office about something that waits for her."""
    send_mail(
        work,
        to=email,
        subject=subject,
        text=f"{text}\n\n{work.settings.base_url}/receivables",
        reason=f"You get this because it concerns your work at {work.settings.coop.name}.",
    )


def shares_text(lang: str, split: dict[str, int]) -> str:
    """Who gets the interest, by the charter: “50 % for the person who waited, …”."""
    said = words_of(lang)["share"]
    return ", ".join(
        said[name if name in said else "fund"].format(percent=percent_text(bps))
        for name, bps in split.items()
        if bps
    )

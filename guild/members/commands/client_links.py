"""The link to all that was sent to one address: a client has no account and no password.

A link in a mail opens the one thing that the mail is about, for people pass mails on: who gets an
invoice to pay it must not sign in another's place. What opens all of it is therefore asked for, and
goes by mail to the address in the books, nowhere else. The address of a contact is never changed
(`change_contact`), so whoever opened the mail is the person of that address.
"""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select

from guild.core.ids import ContactId, LinkId, new_id
from guild.core.mail import send_mail
from guild.core.work import Work
from guild.members.access import CLIENT_LINK
from guild.members.commands.limits import CLIENT_LINK_ACCOUNT, CLIENT_LINK_ADDRESS, count_try
from guild.members.commands.links import OpenedLink, issue_link
from guild.members.errors import LinkNotFound
from guild.members.models import AccessLink, Contact, LinkSession
from guild.members.queries.known_as import known_as
from guild.members.rules.tokens import new_token, token_hash

CLIENT_LINK_HOURS: Final = 24
WORDS: Final = Path(__file__).parent.parent / "templates" / "client_link.json"


@cache
def _words() -> dict[str, dict[str, str]]:
    """The words of the mail, by language."""
    read: dict[str, dict[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return read


async def ask_client_link(work: Work, email: str) -> None:
    """Mail the link to an address that is in the books; for any other nothing happens or is said.

    Raises TooManyTries after three asks per address or ten per network address within an hour,
    whether or not anybody has the address.
    """
    address = email.strip().lower()
    limited = await count_try(
        work, (CLIENT_LINK_ACCOUNT, address),
        (CLIENT_LINK_ADDRESS, work.network.get("address", "")),
    )  # fmt: skip
    if limited is not None:
        raise work.refuse(limited)
    contact = await work.session.scalar(
        select(Contact).where(Contact.email == address).order_by(Contact.id.desc()).limit(1)
    )
    if contact is None:
        return
    token = await issue_link(
        work, contact.id, purpose=CLIENT_LINK, subject_id=contact.id,
        valid_hours=CLIENT_LINK_HOURS,
    )  # fmt: skip
    lang = contact.language[:2] if contact.language[:2] in _words() else "en"
    words, coop = _words()[lang], work.settings.coop.name
    send_mail(
        work, to=contact.email, subject=words["subject"].format(coop=coop), lang=lang,
        text=words["text"].format(
            coop=coop, hours=CLIENT_LINK_HOURS,
            link=f"{work.settings.base_url}/client/open/{token}",
        ),
        reason=words["reason"].format(coop=coop),
    )  # fmt: skip


async def mail_client_link(work: Work) -> None:
    """Mail the link to the address that the actor's own link went to. Raises as the above."""
    held = work.actor.link
    if held is None:
        raise LinkNotFound(mend="Open the link from the mail.")
    await ask_client_link(work, (await work.session.get_one(Contact, held.contact_id)).email)


async def open_thing(
    work: Work, contact_id: ContactId, *, purpose: str, subject_id: UUID
) -> OpenedLink:
    """Open one thing for whoever holds the link to all: a link that no mail carries, used at once.

    It lives as long as the link to all. Whether the thing is the contact's own is the question of
    the calling feature. Raises LinkNotFound for another link.
    """
    held = work.actor.link
    if held is None or held.purpose != CLIENT_LINK:
        raise LinkNotFound(mend="Ask for the link to all that waits for you.")
    until: datetime = (await work.session.get_one(AccessLink, held.link_id)).expires_at
    link = AccessLink(
        id=LinkId(new_id()), token_hash=token_hash(new_token()), purpose=purpose,
        subject_id=subject_id, contact_id=contact_id, created_at=work.now, expires_at=until,
        opened_at=work.now,
    )  # fmt: skip
    work.session.add(link)
    await work.session.flush()
    session_token = new_token()
    work.session.add(
        LinkSession(
            id_hash=token_hash(session_token),
            link_id=link.id,
            created_at=work.now,
            expires_at=until,
        )
    )
    await work.session.flush()
    return OpenedLink(
        session_token=session_token, link_id=link.id, purpose=purpose, subject_id=subject_id,
        contact_id=contact_id, expires_at=until,
    )  # fmt: skip


async def choose_language(work: Work, language: str) -> None:
    """Be spoken to in this language from now on, on pages and in mails: the client's own choice.

    With the link to all it holds for every entry of the address. Raises LinkNotFound.
    """
    if work.actor.link is None:
        raise LinkNotFound(mend="Open the link from the mail.")
    known = [one.contact_id for one in await known_as(work)]
    for contact in await work.session.scalars(
        select(Contact).where(Contact.id.in_(known)).order_by(Contact.id).with_for_update()
    ):
        contact.language = language
    await work.session.flush()

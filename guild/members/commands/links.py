"""Personal links for clients: a token in a mail that opens one thing, for one contact.

The token is 256 random bits, stored hashed. A GET never uses it up, because mail scanners follow
links; the page's POST does, and binds the browser by a cookie that dies with the link.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, or_, select, update

from guild.core.ids import ContactId, LinkId, new_id
from guild.core.work import Work
from guild.members.access import CLIENT_LINK
from guild.members.commands.limits import LINK_ADDRESS, count_try
from guild.members.errors import LinkNotFound
from guild.members.models import AccessLink, Contact, LinkSession
from guild.members.rules.tokens import new_token, token_hash

VALID_HOURS_MAX = 24 * 31


class OpenedLink(Struct, frozen=True, kw_only=True):
    """A link that was opened in a browser; the raw session id goes into the cookie only."""

    session_token: str
    link_id: LinkId
    purpose: str
    subject_id: UUID
    contact_id: ContactId
    expires_at: datetime


async def issue_link(
    work: Work,
    contact_id: ContactId,
    *,
    purpose: str,
    subject_id: UUID,
    valid_hours: int = 72,
) -> str:
    """A raw token for this contact about this subject. It goes into the mail and nowhere else.

    Never show it to the sender, log it, or put it in an answer. Raises LinkNotFound for an unknown
    contact.
    """
    assert 0 < valid_hours <= VALID_HOURS_MAX
    if await work.session.get(Contact, contact_id) is None:
        raise LinkNotFound("There is no such contact to send a link to.")
    token = new_token()
    work.session.add(
        AccessLink(
            id=LinkId(new_id()),
            token_hash=token_hash(token),
            purpose=purpose,
            subject_id=subject_id,
            contact_id=contact_id,
            created_at=work.now,
            expires_at=work.now + timedelta(hours=valid_hours),
        )
    )
    await work.session.flush()
    return token


async def open_link(work: Work, token: str) -> OpenedLink:
    """Use the token up and begin a session bound to the link.

    Unknown, used, expired and revoked all raise the same LinkNotFound.
    """
    limited = await count_try(work, (LINK_ADDRESS, work.network.get("address", "")))
    if limited is not None:
        raise work.refuse(limited)
    link = await work.session.scalar(
        select(AccessLink).where(AccessLink.token_hash == token_hash(token)).with_for_update()
    )
    if (
        link is None
        or link.opened_at is not None
        or link.revoked_at is not None
        or link.expires_at <= work.now
    ):
        raise work.refuse(
            LinkNotFound(
                "It was used already, or it is too old.",
                mend="Ask the person who sent it for a new one; it is one click for them.",
            )
        )
    link.opened_at = work.now
    session_token = new_token()
    work.session.add(
        LinkSession(
            id_hash=token_hash(session_token),
            link_id=link.id,
            created_at=work.now,
            expires_at=link.expires_at,
        )
    )
    await work.session.flush()
    return OpenedLink(
        session_token=session_token,
        link_id=link.id,
        purpose=link.purpose,
        subject_id=link.subject_id,
        contact_id=link.contact_id,
        expires_at=link.expires_at,
    )


async def link_to_renew(work: Work, token: str) -> AccessLink | None:
    """The link of this token, used or too old, so that its addressee can be mailed a new one.

    A link that was closed on purpose is not renewed. Counted by address like opening.
    """
    limited = await count_try(work, (LINK_ADDRESS, work.network.get("address", "")))
    if limited is not None:
        raise work.refuse(limited)
    found: AccessLink | None = await work.session.scalar(
        select(AccessLink).where(
            AccessLink.token_hash == token_hash(token), AccessLink.revoked_at.is_(None)
        )
    )
    return found


async def revoke_links(work: Work, subject_id: UUID, *, purpose: str | None = None) -> None:
    """Close every link about a subject, opened or not, and the browsers bound to them."""
    which = [AccessLink.subject_id == subject_id, AccessLink.revoked_at.is_(None)]
    if purpose is not None:
        which.append(AccessLink.purpose == purpose)
    await work.session.execute(update(AccessLink).where(*which).values(revoked_at=work.now))


async def close_browser(work: Work, tokens: Sequence[str]) -> None:
    """End the sessions of a browser by the tokens in its cookies; unknown ones are passed over.

    What was opened from the link to all ends with it: such a link was never mailed, was used in the
    moment it was made, and lasts exactly as long as the link it came from (`open_thing`).
    """
    opened = await work.session.scalars(
        select(AccessLink)
        .join(LinkSession, LinkSession.link_id == AccessLink.id)
        .where(LinkSession.id_hash.in_([token_hash(token) for token in tokens]))
    )
    ended = [LinkSession.id_hash.in_([token_hash(token) for token in tokens])]
    for link in opened:
        if link.purpose == CLIENT_LINK:
            email = select(Contact.email).where(Contact.id == link.contact_id).scalar_subquery()
            from_it = select(AccessLink.id).where(
                AccessLink.expires_at == link.expires_at,
                AccessLink.opened_at == AccessLink.created_at,
                AccessLink.contact_id.in_(select(Contact.id).where(Contact.email == email)),
            )
            ended.append(LinkSession.link_id.in_(from_it))
    await work.session.execute(delete(LinkSession).where(or_(*ended)))


async def sweep_link_sessions(work: Work) -> None:
    """Drop browsers whose link is over."""
    await work.session.execute(delete(LinkSession).where(LinkSession.expires_at <= work.now))

"""The secret address of a member's calendar: made, replaced, revoked."""

import hashlib
import secrets

from sqlalchemy import update

from guild.contracts.models import CalendarFeed
from guild.core.ids import CalendarFeedId, MemberId, new_id
from guild.core.work import Work


async def make_calendar_feed(work: Work) -> tuple[CalendarFeed, str]:
    """Make the acting member's address; an earlier one stops working. Returns it with its secret.

    The secret has 256 random bits and is shown this once.
    """
    member_id = work.actor.member_id
    await revoke_calendar_feed(work, member_id)
    token = secrets.token_urlsafe(32)
    row = CalendarFeed(
        id=CalendarFeedId(new_id()),
        member_id=member_id,
        token_hash=hashlib.sha256(token.encode()).digest(),
        made_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    return row, token


async def revoke_calendar_feed(work: Work, member_id: MemberId) -> None:
    """Make a member's address stop working at once; nothing if there is none."""
    await work.session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.member_id == member_id, CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=work.now)
    )

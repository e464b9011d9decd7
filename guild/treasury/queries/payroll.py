"""Who is employed by the co-operative, as treasurer and secretary see it."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import MemberId
from guild.core.permissions import Permission
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.members.models import Member
from guild.treasury.models import Employment
from guild.treasury.schemas import EmployedOut


class _After(NamedTuple):
    id: UUID


async def employments(
    work: Work, *, cursor: str | None = None, limit: int = 50
) -> Page[EmployedOut]:
    """Employments that were noted, the latest first."""
    wanted = select(Employment, Member.display_name).join(Member, Member.id == Employment.member_id)
    if cursor:
        wanted = wanted.where(Employment.id < decode_cursor(cursor, _After).id)
    rows = [*await work.session.execute(wanted.order_by(Employment.id.desc()).limit(limit + 1))]
    shown = rows[:limit]
    return Page(
        items=[
            EmployedOut(
                id=row.id,
                member_id=row.member_id,
                member_name=name,
                country=row.country,
                number=row.number,
                since=row.since,
                until=row.until,
            )
            for row, name in shown
        ],
        next_cursor=encode_cursor(shown[-1][0].id) if len(rows) > limit else None,
    )


async def member_by_email(work: Work, email: str) -> MemberId:
    """The member who signs in with that address, for a form. Raises Invalid."""
    work.require(Permission.EMPLOYMENT_NOTE)
    found = await work.session.scalar(
        select(Member.id).where(Member.email == email.strip().lower(), Member.state != "left")
    )
    if found is None:
        raise Invalid(
            "No member signs in with this address.",
            mend="Ask her which address she uses.",
            field="email",
        )
    return found

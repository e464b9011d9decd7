"""Numbers of members that wait for a second person."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from guild.core.ids import MemberId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.errors import NumberChangeNotFound
from guild.members.models import Member, MemberNumberChange
from guild.members.queries.firms import bears_number_of
from guild.members.schemas import NumberChangeOut


async def numbers_waiting(work: Work) -> list[NumberChangeOut]:
    """Other members' wishes that the actor may decide, oldest first, at most a hundred."""
    if not work.actor.may(Permission.MEMBERS_APPROVE_ACCOUNT):
        return []
    return await _changes(
        work,
        MemberNumberChange.state == "requested",
        MemberNumberChange.member_id != work.actor.member_id,
    )


async def number_change(work: Work, change_id: UUID) -> NumberChangeOut:
    """One wish, for who decides. Raises NumberChangeNotFound."""
    found = await _changes(work, MemberNumberChange.id == change_id)
    if not found:
        raise NumberChangeNotFound
    return found[0]


async def my_numbers_waiting(work: Work, member_id: MemberId) -> NumberChangeOut | None:
    """What she asked for and nobody has decided yet."""
    found = await _changes(
        work,
        MemberNumberChange.member_id == member_id,
        MemberNumberChange.state == "requested",
    )
    return found[0] if found else None


async def _changes(work: Work, *conditions: ColumnElement[bool]) -> list[NumberChangeOut]:
    other = aliased(Member)
    borne = exists(
        select(other.id).where(
            other.id != MemberNumberChange.member_id,
            or_(
                bears_number_of(other.id, MemberNumberChange.vat_number),
                bears_number_of(other.id, MemberNumberChange.enterprise_number),
            ),
        )
    )
    decides = work.actor.may(Permission.MEMBERS_APPROVE_ACCOUNT)
    rows = await work.session.execute(
        select(MemberNumberChange, Member, borne)
        .join(Member, Member.id == MemberNumberChange.member_id)
        .where(*conditions)
        .order_by(MemberNumberChange.id)
        .limit(100)
    )
    return [
        NumberChangeOut(
            id=row.id,
            member_id=row.member_id,
            member_name=member.legal_name,
            country=member.country,
            vat_number=row.vat_number,
            enterprise_number=row.enterprise_number,
            present_vat_number=member.vat_number,
            present_enterprise_number=member.enterprise_number,
            state=row.state,
            requested_at=row.requested_at,
            decided_at=row.decided_at,
            reason=row.reason,
            also_used_by_others=twin and decides,
        )
        for row, member, twin in rows
    ]

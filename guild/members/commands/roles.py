"""Offices: asked for by one person, confirmed by another, ended by one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from guild.core.ids import MemberId, new_id
from guild.core.mail import send_mail
from guild.core.permissions import POWER_ROLES, Permission, Role, permissions_of
from guild.core.work import Work
from guild.members.commands.sign_in import end_sessions_of
from guild.members.errors import (
    AlreadyKnown,
    MemberNotFound,
    OwnCase,
    RoleGrantNotFound,
    RoleNotAllowed,
    SecondPersonNeeded,
)
from guild.members.events import RoleEnded, RoleGranted, RoleRequested
from guild.members.models import ROLE_GRANT, Member, MemberRole, RoleGrant
from guild.members.rules.powers import roles_held


async def request_role(
    work: Work,
    member_id: MemberId,
    role: Role,
    *,
    reason: str,
    expires_at: datetime | None = None,
) -> RoleGrant:
    """Ask that an active member be given an office; another person has to confirm.

    Raises OwnCase for oneself, RoleNotAllowed, MemberNotFound, AlreadyKnown.
    """
    work.require(Permission.MEMBERS_ROLES)
    if work.actor.is_member(member_id):
        raise OwnCase("Somebody else has to ask for your office.")
    if role not in POWER_ROLES:
        raise RoleNotAllowed("Being a member follows from admission.", field="role")
    if expires_at is not None and expires_at <= work.now:
        raise RoleNotAllowed("The office would be over before it begins.", field="expires_at")
    await _active_member(work, member_id)
    held = select(MemberRole.id).where(
        MemberRole.member_id == member_id,
        MemberRole.role == role,
        MemberRole.ended_at.is_(None),
        or_(MemberRole.expires_at.is_(None), MemberRole.expires_at > work.now),
    )
    asked = select(RoleGrant.id).where(
        RoleGrant.member_id == member_id, RoleGrant.role == role, RoleGrant.state == "requested"
    )
    if await work.session.scalar(held.union_all(asked).limit(1)) is not None:
        raise AlreadyKnown("She holds this office already, or it has been asked for.")
    grant = RoleGrant(
        id=new_id(),
        member_id=member_id,
        role=role,
        reason=reason,
        expires_at=expires_at,
        state=ROLE_GRANT.initial,
        requested_by=work.actor.member_id,
        requested_at=work.now,
    )
    work.session.add(grant)
    await work.session.flush()
    await work.emit(RoleRequested(member_id=member_id, grant_id=grant.id, role=role))
    return grant


async def confirm_role(work: Work, grant_id: UUID) -> RoleGrant:
    """Give the office: a second person agrees with the first. The member is signed out everywhere.

    Raises OwnCase, SecondPersonNeeded (also when who asked may not ask any more), IllegalMove.
    Emits RoleGranted.
    """
    grant = await _decide(work, grant_id, "confirm")
    member = await _active_member(work, grant.member_id)
    await _close_expired(work, grant)
    await work.session.flush()  # the guard of member_role looks for the confirmed request
    work.session.add(
        MemberRole(
            id=new_id(),
            member_id=member.id,
            role=grant.role,
            granted_at=work.now,
            granted_by=grant.requested_by,
            confirmed_by=grant.decided_by,
            expires_at=grant.expires_at,
        )
    )
    await work.session.flush()
    await end_sessions_of(work, member.id)
    send_mail(
        work,
        to=member.email,
        subject=f"You are now {grant.role}",
        text="Two persons agreed to give you this office. Sign in again to use it.",
        reason=f"You get this because of your membership of {work.settings.coop.name}.",
        lang=member.language,
    )
    await work.emit(RoleGranted(member_id=member.id, role=grant.role))
    return grant


async def refuse_role(work: Work, grant_id: UUID) -> RoleGrant:
    """Refuse a request for an office."""
    return await _decide(work, grant_id, "refuse")


async def end_role(work: Work, member_id: MemberId, role: Role) -> None:
    """End an office: one may lay down one's own, and the secretary may end another's at once.

    Taking a power away needs one person, since it can be given again by two. Emits RoleEnded.
    """
    own = work.actor.is_member(member_id)
    if not own:
        work.require(Permission.MEMBERS_ROLES)
    held = await work.session.scalar(
        select(MemberRole)
        .where(
            MemberRole.member_id == member_id,
            MemberRole.role == role,
            MemberRole.ended_at.is_(None),
        )
        .with_for_update()
    )
    if held is None:
        raise MemberNotFound("No member with this office.")
    held.ended_at = work.now
    await work.session.flush()
    await end_sessions_of(work, member_id)
    await work.emit(RoleEnded(member_id=member_id, role=role))


async def may_still(work: Work, member_id: MemberId, permission: Permission) -> bool:
    """Whether somebody who asked for something earlier would have the right to ask today."""
    member = await work.session.get_one(Member, member_id)
    offices = await work.session.scalars(
        select(MemberRole.role).where(
            MemberRole.member_id == member_id,
            MemberRole.ended_at.is_(None),
            or_(MemberRole.expires_at.is_(None), MemberRole.expires_at > work.now),
        )
    )
    return permission in permissions_of(roles_held(member.state, offices))


async def _decide(work: Work, grant_id: UUID, action: str) -> RoleGrant:
    work.require(Permission.MEMBERS_ROLES)
    grant = await work.session.scalar(
        select(RoleGrant).where(RoleGrant.id == grant_id).with_for_update()
    )
    if grant is None:
        raise RoleGrantNotFound
    if work.actor.is_member(grant.member_id):
        raise OwnCase("Somebody else has to decide about your office.")
    if work.actor.is_member(grant.requested_by):
        raise SecondPersonNeeded(
            "You asked for this yourself.", mend="Another secretary has to decide."
        )
    asker_stands = await may_still(work, grant.requested_by, Permission.MEMBERS_ROLES)
    if action == "confirm" and not asker_stands:
        raise SecondPersonNeeded(
            "Who asked for this has left the office since.", mend="Refuse it and ask again."
        )
    ROLE_GRANT.move(grant, action)
    grant.decided_by, grant.decided_at = work.actor.member_id, work.now
    return grant


async def _close_expired(work: Work, grant: RoleGrant) -> None:
    expired = await work.session.scalar(
        select(MemberRole).where(
            MemberRole.member_id == grant.member_id,
            MemberRole.role == grant.role,
            MemberRole.ended_at.is_(None),
            MemberRole.expires_at <= work.now,
        )
    )
    if expired is not None:
        expired.ended_at = work.now


async def _active_member(work: Work, member_id: MemberId) -> Member:
    member = await work.session.get(Member, member_id)
    if member is None or member.state != "member":
        raise MemberNotFound("There is no active member with this id.")
    return member

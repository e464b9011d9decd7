"""The founding: the first people and their offices, before there is anybody to admit them.

Only the machine's operator does this, from the command line, and only until the first office has
been given by two persons.
"""

from sqlalchemy import select

from guild.core.errors import Forbidden
from guild.core.ids import new_id
from guild.core.permissions import POWER_ROLES, Role
from guild.core.work import Work
from guild.members.commands.membership import new_member, record_step
from guild.members.commands.sign_in import hash_turn, set_password
from guild.members.errors import AlreadyFounded, AlreadyKnown, RoleNotAllowed
from guild.members.events import MemberAdmitted, MemberApplied, RoleGranted
from guild.members.models import Member, MemberRole
from guild.members.schemas import ApplicationIn


async def appoint_founder(
    work: Work, application: ApplicationIn, roles: frozenset[Role] = frozenset()
) -> Member:
    """Make a founding member with the offices that the founding meeting gave her.

    Raises Forbidden unless the operator acts from the command line, AlreadyFounded once an office
    was given by two persons, AlreadyKnown for a known address.
    """
    if work.actor.kind not in {"operator", "job"}:
        raise Forbidden("Founders are appointed from the command line.")
    if not roles <= POWER_ROLES:
        raise RoleNotAllowed("Being a member follows from admission.")
    given = await work.session.scalar(
        select(MemberRole.id).where(MemberRole.founding.is_(False)).limit(1)
    )
    if given is not None:
        raise AlreadyFounded(
            "Offices have been given by two persons since.",
            mend="Ask two secretaries: they apply, admit and give offices.",
        )
    email = application.email.lower()
    if await work.session.scalar(select(Member.id).where(Member.email == email)) is not None:
        raise AlreadyKnown("There is a person with this address.", field="email")
    member = new_member(work, application)
    work.session.add(member)
    await work.session.flush()
    async with hash_turn(work):
        await set_password(work, member, application.password)
    await work.emit(MemberApplied(member_id=member.id))
    member.joined_on = work.today
    record_step(work, member, "admit", "Founding member")
    for role in sorted(roles):
        work.session.add(
            MemberRole(
                id=new_id(),
                member_id=member.id,
                role=role,
                granted_at=work.now,
                founding=True,
            )
        )
    await work.session.flush()
    await work.emit(MemberAdmitted(member_id=member.id))
    for role in sorted(roles):
        await work.emit(RoleGranted(member_id=member.id, role=role))
    return member


async def create_first_operator(work: Work, application: ApplicationIn) -> Member:
    """The first person of a new installation: operator and secretary.

    Appoint a second secretary in the same way: every further office needs two persons.
    """
    return await appoint_founder(work, application, frozenset({Role.OPERATOR, Role.SECRETARY}))

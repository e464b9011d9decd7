"""The course of a membership: apply, be admitted, go on leave, return, resign, be removed."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from guild.core.errors import IllegalMove
from guild.core.ids import MemberId, new_id
from guild.core.mail import send_mail
from guild.core.pages import long_date
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.members.access import may_act_for
from guild.members.commands.keys import revoke_keys_of
from guild.members.commands.limits import APPLY_ADDRESS, count_try
from guild.members.commands.roles import may_still
from guild.members.commands.sign_in import (
    end_sessions_of,
    hash_password,
    hash_turn,
    set_password,
)
from guild.members.errors import MemberNotFound, OwnCase, SecondPersonNeeded
from guild.members.events import (
    MemberAdmitted,
    MemberApplied,
    MemberReturned,
    MembershipEnded,
    MemberWentOnLeave,
    RemovalRequested,
)
from guild.members.models import (
    MEMBERSHIP,
    Member,
    MemberRole,
    MembershipRemoval,
    MemberStep,
)
from guild.members.rules.numbers import firm_numbers
from guild.members.rules.passwords import check_password
from guild.members.schemas import ApplicationIn

ASKED_FOR: Final = timedelta(days=30)
"""How long a removal that was asked for waits for its second person."""


async def apply_to_join(work: Work, application: ApplicationIn) -> None:
    """Record an application and tell the applicant by mail.

    A known address gets the same answer in the same time, and its owner a mail: nobody learns from
    the form who is a member. Raises TooManyTries, PasswordTooWeak, VatNumberInvalid.
    """
    async with hash_turn(work):
        limited = await count_try(work, (APPLY_ADDRESS, work.network.get("address", "")))
        if limited is not None:
            raise work.refuse(limited)
        await _apply(work, application)


async def _apply(work: Work, application: ApplicationIn) -> None:
    email = application.email.lower()
    _refuse_unprintable(application)
    check_password(application.password, email, application.legal_name, application.display_name)
    known = await work.session.scalar(
        select(Member).where(Member.email == email, Member.state != "left")
    )
    if known is not None:
        firm_numbers(application.country, application.vat_number, application.enterprise_number)
        await hash_password(application.password)
        _mail(
            work,
            known,
            "You are known to us already",
            "Somebody asked to join with your address, which we know already. If it was you, "
            "sign in, or write to the office. Nothing was changed.",
        )
        return
    member = new_member(work, application)
    work.session.add(member)
    await work.session.flush()
    await set_password(work, member, application.password)
    _mail(
        work,
        member,
        "Your application has arrived",
        f"Welcome, {member.display_name}. The secretary will decide about your application, and "
        "we will write to you.",
    )
    await work.emit(MemberApplied(member_id=member.id))


async def admit_member(work: Work, member_id: MemberId) -> Member:
    """Admit an applicant; the secretary never admits herself. Emits MemberAdmitted."""
    work.require(Permission.MEMBERS_ADMIT)
    member = await _decidable(work, member_id)
    record_step(work, member, "admit")
    member.joined_on = work.today
    _mail(
        work,
        member,
        "You are a member",
        f"You have been admitted on {long_date(work.today)}. Sign in at "
        f"{work.settings.base_url}/sign-in to draft your first contract.",
    )
    await work.emit(MemberAdmitted(member_id=member.id))
    return member


async def decline_applicant(work: Work, member_id: MemberId, reason: str) -> Member:
    """Decline an application, with a reason that the applicant is told."""
    work.require(Permission.MEMBERS_ADMIT)
    member = await _decidable(work, member_id)
    record_step(work, member, "decline", reason)
    member.ended_on = work.today
    _mail(work, member, "Your application was declined", f"The reason given:\n\n{reason}")
    return member


async def go_on_leave(work: Work, member_id: MemberId, reason: str = "") -> Member:
    """Pause a membership, on the member's own word or entered by the secretary."""
    member = await _own(work, member_id)
    record_step(work, member, "leave", reason)
    await end_sessions_of(work, member.id)
    await work.emit(MemberWentOnLeave(member_id=member.id))
    return member


async def return_from_leave(work: Work, member_id: MemberId) -> Member:
    """Take the membership up again; offices that have not ended or expired count again."""
    member = await _own(work, member_id)
    record_step(work, member, "return")
    await end_sessions_of(work, member.id)
    await work.emit(MemberReturned(member_id=member.id))
    return member


async def resign(work: Work, member_id: MemberId, reason: str = "") -> Member:
    """End one's own membership. All rights end with it. Emits MembershipEnded.

    Nobody enters another's resignation: ending a membership against her will takes two persons.
    """
    if not work.actor.is_member(member_id):
        raise MemberNotFound
    member = await _locked(work, member_id)
    was_member = member.state != "applicant"
    record_step(work, member, "resign", reason)
    await _end(work, member)
    if was_member:
        await work.emit(MembershipEnded(member_id=member.id))
    return member


async def remove_member(work: Work, member_id: MemberId, reason: str) -> Member:
    """Remove a member: the first person's call asks, another person's call carries it out.

    Each gives a reason of her own, and the member is told both. What was asked long ago, or by
    somebody who has left the office since, is asked anew. Raises OwnCase, SecondPersonNeeded when
    the same person calls twice, IllegalMove. Emits MembershipEnded.
    """
    work.require(Permission.MEMBERS_REMOVE)
    member = await _decidable(work, member_id)
    if not MEMBERSHIP.may(member.state, "remove"):
        raise IllegalMove(
            f"A person who is {member.state.replace('_', ' ')} is not a member to be removed.",
            state=member.state,
            action="remove",
        )
    asked = await work.session.scalar(
        select(MembershipRemoval)
        .where(MembershipRemoval.member_id == member_id, MembershipRemoval.confirmed_by.is_(None))
        .with_for_update()
    )
    if asked is None or not await _still_asked(work, asked):
        await _ask_removal(work, member, reason, former=asked)
        return member
    if work.actor.is_member(asked.requested_by):
        raise SecondPersonNeeded(
            "You asked for this removal yourself.", mend="Another person has to confirm it."
        )
    asked.confirmed_by, asked.confirmed_at = work.actor.member_id, work.now
    asked.confirm_reason = reason
    await work.session.flush()
    record_step(work, member, "remove", f"{asked.request_reason}\n\n{reason}")
    await _end(work, member)
    _mail(
        work,
        member,
        "Your membership has ended",
        f"Two persons decided it, for these reasons:\n\n{asked.request_reason}\n\n{reason}",
    )
    await work.emit(MembershipEnded(member_id=member.id))
    return member


def _refuse_unprintable(application: ApplicationIn) -> None:
    """What stands on her contracts and invoices later must be printable. Raises TextUnprintable."""
    printed = ("legal_name", "display_name", "street", "postcode", "city")
    refuse_unprintable({name: getattr(application, name) for name in printed})


def new_member(work: Work, application: ApplicationIn) -> Member:
    """The row of somebody who applies; raises VatNumberInvalid and EnterpriseNumberInvalid."""
    vat, enterprise = firm_numbers(
        application.country, application.vat_number, application.enterprise_number
    )
    return Member(
        id=MemberId(new_id()),
        email=application.email.lower(),
        legal_name=application.legal_name,
        display_name=application.display_name or application.legal_name,
        country=application.country,
        language=application.language,
        street=application.street,
        postcode=application.postcode,
        city=application.city,
        vat_number=vat,
        vat_exempt=application.vat_exempt,
        enterprise_number=enterprise,
        motivation=application.motivation,
        state=MEMBERSHIP.initial,
        applied_at=work.now,
    )


async def _still_asked(work: Work, asked: MembershipRemoval) -> bool:
    """Whether two persons of today would stand behind the removal."""
    if asked.requested_at <= work.now - ASKED_FOR:
        return False
    return await may_still(work, asked.requested_by, Permission.MEMBERS_REMOVE)


async def _ask_removal(
    work: Work, member: Member, reason: str, *, former: MembershipRemoval | None
) -> None:
    asked = former or MembershipRemoval(id=new_id(), member_id=member.id)
    asked.requested_by, asked.requested_at = work.actor.member_id, work.now
    asked.request_reason = reason
    work.session.add(asked)
    await work.session.flush()
    _mail(
        work,
        member,
        "Your removal was asked for",
        f"The reason given:\n\n{reason}\n\nA second person decides. You may answer: write to "
        "the office.",
    )
    await work.emit(RemovalRequested(member_id=member.id))


async def _locked(work: Work, member_id: UUID) -> Member:
    member = await work.session.scalar(
        select(Member).where(Member.id == member_id).with_for_update()
    )
    if member is None:
        raise MemberNotFound
    return member


async def _decidable(work: Work, member_id: MemberId) -> Member:
    if work.actor.is_member(member_id):
        raise OwnCase("Somebody else has to decide about your own membership.")
    return await _locked(work, member_id)


async def _own(work: Work, member_id: MemberId) -> Member:
    if not may_act_for(work.actor, member_id):
        raise MemberNotFound
    return await _locked(work, member_id)


def record_step(work: Work, member: Member, action: str, reason: str = "") -> None:
    """Move a membership and keep who did it, when and why; raises IllegalMove."""
    former = MEMBERSHIP.move(member, action)
    work.session.add(
        MemberStep(
            id=new_id(),
            member_id=member.id,
            action=action,
            from_state=former,
            to_state=member.state,
            by_kind=work.actor.kind,
            by_id=work.actor.id,
            reason=reason,
            at=work.now,
        )
    )


async def _end(work: Work, member: Member) -> None:
    """Rights never outlive the membership: sessions, keys and offices end with it."""
    member.ended_on = work.today
    await end_sessions_of(work, member.id)
    await revoke_keys_of(work, member.id)
    await work.session.execute(
        update(MemberRole)
        .where(MemberRole.member_id == member.id, MemberRole.ended_at.is_(None))
        .values(ended_at=work.now)
    )


def _mail(work: Work, member: Member, subject: str, text: str) -> None:
    send_mail(
        work,
        to=member.email,
        subject=subject,
        text=text,
        reason=f"You get this because of your membership of {work.settings.coop.name}.",
        lang=member.language,
    )

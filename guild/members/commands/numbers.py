"""The numbers that a member invoices under: asked for by her, agreed to by a second person.

An invoice under another's VAT number is a false one, whoever typed it. So her address hears of
each wish at once, the present numbers hold meanwhile, and somebody else compares the new ones
with the public register before they stand on a document.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from guild.core.ids import new_id
from guild.core.mail import send_mail
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.errors import NumberChangeNotFound, OwnCase
from guild.members.events import (
    MemberDetailsChanged,
    MemberNumbersAsked,
    MemberNumbersRefused,
)
from guild.members.models import (
    NUMBER_CHANGE,
    Member,
    MemberDetailChange,
    MemberNumberChange,
)
from guild.members.queries.firms import NUMBERS


async def ask_for_numbers(work: Work, member: Member, wanted: dict[str, Any]) -> None:
    """Ask for these numbers, which are checked; a former wish that waits is replaced.

    Asking for those that she has takes the wish back. Asking for what waits changes nothing.
    """
    waiting = await work.session.scalar(
        select(MemberNumberChange)
        .where(MemberNumberChange.member_id == member.id, MemberNumberChange.state == "requested")
        .with_for_update()
    )
    if waiting is not None:
        if all(getattr(waiting, name) == wanted[name] for name in NUMBERS):
            return
        NUMBER_CHANGE.move(waiting, "supersede")
        await work.session.flush()
    if all(getattr(member, name) == wanted[name] for name in NUMBERS):
        return
    row = MemberNumberChange(
        id=new_id(),
        member_id=member.id,
        state=NUMBER_CHANGE.initial,
        requested_at=work.now,
        reason="",
        **{name: wanted[name] for name in NUMBERS},
    )
    work.session.add(row)
    await work.session.flush()
    _tell(
        work,
        member,
        "New numbers were asked for",
        f"Somebody signed in as you asked that your documents say from now on:\n\n{_said(row)}\n\n"
        "A second person decides; until then they say what they said. If it was not you, write to "
        "the office at once.",
    )
    await work.emit(MemberNumbersAsked(change_id=row.id, member_id=member.id))


async def approve_numbers(work: Work, change_id: UUID) -> None:
    """Agree to another member's numbers: what is issued from now on says them.

    Raises NumberChangeNotFound, OwnCase, IllegalMove.
    """
    row, member = await _decidable(work, change_id)
    NUMBER_CHANGE.move(row, "approve")
    row.decided_by, row.decided_at = work.actor.member_id, work.now
    # The history accepts a number only beside what a second person agreed to.
    await work.session.flush()
    for name in NUMBERS:
        before, after = getattr(member, name) or "", getattr(row, name) or ""
        if before != after:
            work.session.add(
                MemberDetailChange(
                    id=new_id(),
                    member_id=member.id,
                    field=name,
                    before=before,
                    after=after,
                    changed_by=member.id,
                    changed_at=work.now,
                )
            )
            setattr(member, name, after or None)
    await work.session.flush()
    words = f"Your documents say from now on:\n\n{_said(row)}"
    _tell(work, member, "Your numbers were approved", words)
    await work.emit(MemberDetailsChanged(member_id=member.id))


async def reject_numbers(work: Work, change_id: UUID, reason: str) -> None:
    """Refuse another member's wish; she is told why, and the present numbers stay.

    Raises NumberChangeNotFound, OwnCase, IllegalMove.
    """
    row, member = await _decidable(work, change_id)
    NUMBER_CHANGE.move(row, "reject")
    row.decided_by, row.decided_at, row.reason = work.actor.member_id, work.now, reason.strip()
    await work.session.flush()
    _tell(
        work,
        member,
        "Your new numbers were refused",
        f"This is not what your documents will say:\n\n{_said(row)}\n\nThe reason given:\n\n"
        f"{row.reason}",
    )
    await work.emit(MemberNumbersRefused(change_id=row.id, member_id=member.id))


async def _decidable(work: Work, change_id: UUID) -> tuple[MemberNumberChange, Member]:
    work.require(Permission.MEMBERS_APPROVE_ACCOUNT)
    found = await work.session.get(MemberNumberChange, change_id)
    if found is None:
        raise NumberChangeNotFound
    if work.actor.is_member(found.member_id):
        raise OwnCase("Somebody else has to decide about your numbers.")
    # The member first, as when she asks: two who do both at once wait and do not block each other.
    member = await work.session.get_one(
        Member, found.member_id, with_for_update=True, populate_existing=True
    )
    row = await work.session.get_one(
        MemberNumberChange, change_id, with_for_update=True, populate_existing=True
    )
    return row, member


def _said(row: MemberNumberChange) -> str:
    return (
        f"VAT number: {row.vat_number or 'none'}\n"
        f"Enterprise number: {row.enterprise_number or 'none'}"
    )


def _tell(work: Work, member: Member, subject: str, words: str) -> None:
    send_mail(
        work,
        to=member.email,
        subject=subject,
        text=words,
        reason=f"You get this because of your membership of {work.settings.coop.name}.",
        lang=member.language,
    )

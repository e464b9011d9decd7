"""Whose firm a client or supplier is: asked in one way wherever nobody acts in her own case.

A number that a member bore once counts as the one that she bears: changing it takes no tie away.
"""

from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased

from guild.core.ids import MemberId, OrganisationId
from guild.core.work import Work
from guild.members.models import Contact, Member, MemberDetailChange, Organisation

NUMBERS = ("vat_number", "enterprise_number")


def bears_number_of(member_id: Any, *numbers: Any) -> ColumnElement[bool]:
    """Whether one of these columns holds a VAT or enterprise number that is or was the member's.

    `member_id` is an id, or a column of the statement around it.
    """
    who, was = aliased(Member), aliased(MemberDetailChange)
    now = or_(*(one.in_([who.vat_number, who.enterprise_number]) for one in numbers))
    return or_(
        exists(select(who.id).where(who.id == member_id, now).correlate_except(who)),
        exists(
            select(was.id)
            .where(
                was.member_id == member_id,
                was.field.in_(NUMBERS),
                was.before != "",
                was.before.in_(numbers),
            )
            .correlate_except(was)
        ),
    )


def owned_by(member_id: Any, firm: Any) -> ColumnElement[bool]:
    """Whether the member is this client herself: by a number of hers, now or formerly, by the
    client's address, or because she is its contact. `firm` is an `Organisation` of the statement.
    """
    who, person = aliased(Member), aliased(Contact)
    # The firm stands two statements further out, where nothing is correlated unless it is said.
    is_contact = exists(
        select(person.id)
        .where(person.organisation_id == firm.id, func.lower(person.email) == who.email)
        .correlate_except(person)
    )
    reached = or_(func.lower(firm.email) == who.email, is_contact)
    return or_(
        bears_number_of(member_id, firm.vat_number, firm.enterprise_number),
        exists(select(who.id).where(who.id == member_id, reached).correlate_except(who)),
    )


def same_firm(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two entries of clients are one firm: each member keeps her own entry of it."""
    return or_(
        one.id == other.id,
        one.vat_number == other.vat_number,
        one.enterprise_number == other.enterprise_number,
    )


async def owns_client(work: Work, member_id: MemberId, client_id: OrganisationId) -> bool:
    """Whether the member is that client herself, so that she decides nothing about it."""
    firm = aliased(Organisation)
    hers = select(firm.id).where(firm.id == client_id, owned_by(member_id, firm))
    return await work.session.scalar(hers) is not None

"""Who may review what: ties keep a rep out, and what she may not review she does not see.

A tie is the rep's own contract, a client that she too has worked for within 24 months (the same
firm may stand in the register once per member, so the tax numbers are compared as well), a client
that is herself, or what she declared.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from guild.compliance.models import Review, ReviewTie
from guild.contracts.models import Contract
from guild.core.ids import MemberId
from guild.core.permissions import Actor, Permission, Role
from guild.core.work import Work
from guild.members.models import Member, MemberRole, Organisation
from guild.members.queries.firms import owned_by as is_firm_of
from guild.members.queries.firms import same_firm


def may_conduct(actor: Actor) -> bool:
    """Whether the actor is a rep."""
    return actor.kind == "member" and actor.may(Permission.REVIEWS_CONDUCT)


def tied(rep: Member, since: datetime) -> ColumnElement[bool]:
    """Whether `rep` has a tie to the sides of a `Contract`; a predicate on contracts."""
    own, theirs, client = aliased(Contract), aliased(Organisation), aliased(Organisation)
    shared_client = exists(
        select(own.id)
        .join(theirs, theirs.id == own.client_id)
        .join(client, same_firm(theirs, client))
        .where(
            client.id == Contract.client_id,
            own.member_id == rep.id,
            func.coalesce(own.signed_at, own.created_at) >= since,
        )
    )
    declared = exists(
        select(ReviewTie.rep_id)
        .join(Review, Review.id == ReviewTie.review_id)
        .where(Review.contract_id == Contract.id, ReviewTie.rep_id == rep.id)
    )
    firm = aliased(Organisation)
    is_the_client = exists(
        select(firm.id).where(firm.id == Contract.client_id, is_firm_of(rep.id, firm))
    )
    return or_(Contract.member_id == rep.id, shared_client, declared, is_the_client)


def owned_by(actor: Actor) -> ColumnElement[bool]:
    """Reviews of the member's own contracts."""
    return Review.member_id == actor.member_id if actor.kind == "member" else false()


def reps_in_office(now: datetime) -> ColumnElement[bool]:
    """Members who hold the office of rep today; a predicate for a select on members."""
    holds = exists(
        select(MemberRole.id).where(
            MemberRole.member_id == Member.id,
            MemberRole.role == str(Role.REP),
            MemberRole.ended_at.is_(None),
            or_(MemberRole.expires_at.is_(None), MemberRole.expires_at > now),
        )
    )
    return holds & (Member.state == "member")


async def rep_of(work: Work) -> Member:
    """The acting rep's own row."""
    return await work.session.get_one(Member, work.actor.member_id)


async def untied_reps(
    work: Work, contract: Contract, *, besides: frozenset[MemberId], since: datetime
) -> list[Member]:
    """Reps in office without a tie to the contract, in a fixed order."""
    everyone = await work.session.scalars(
        select(Member)
        .where(reps_in_office(work.now), Member.id.not_in(besides))
        .order_by(Member.id)
    )
    free = []
    for rep in everyone.all():
        tie = select(tied(rep, since)).where(Contract.id == contract.id).select_from(Contract)
        if not await work.session.scalar(tie):
            free.append(rep)
    return free

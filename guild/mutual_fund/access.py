"""Who may see which claims, and open which documents."""

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from guild.core.permissions import Actor, Permission, Role
from guild.mutual_fund.models import Claim, ClaimEvidence, Juror

JUDGING = ("invited", "accepted", "done")
"""A juror's states in which she sees the claim; declined and replaced ones see it no more."""
READING = ("accepted", "done")
"""States in which she may open documents: she has said yes."""


def claims_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The member's own, those she judges; all for reps; granted ones for who prepares payouts."""
    if actor.kind == "job":
        return true()
    if actor.kind != "member":
        return false()
    judged = select(Juror.claim_id).where(Juror.member_id == actor.id, Juror.state.in_(JUDGING))
    seen = [Claim.member_id == actor.id, Claim.id.in_(judged)]
    if Role.REP in actor.roles:
        seen.append(true())
    if actor.may(Permission.PAYOUTS_PREPARE):
        seen.append(Claim.state.in_(["granted", "part", "paid"]))
    return or_(*seen)


def capacity_to_open(
    actor: Actor, claim: Claim, evidence: ClaimEvidence, juror: Juror | None
) -> str | None:
    """In which capacity the actor may open a document, or None when she may not.

    Health data is for the member and a rep who is not on the jury; jurors read the rest.
    """
    if actor.is_member(claim.member_id):
        return "member"
    if juror is not None and juror.state in READING:
        return None if evidence.health else "juror"
    if actor.kind == "member" and Role.REP in actor.roles and juror is None:
        return "rep"
    return None


def invitations_of(actor: Actor) -> ColumnElement[bool]:
    """The places on juries that wait for the actor."""
    if actor.kind != "member":
        return false()
    return and_(Juror.member_id == actor.id, Juror.state.in_(["invited", "accepted"]))

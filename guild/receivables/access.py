"""Who may see which objections, claims, write-offs and refunds, and who may act for a client."""

from sqlalchemy import ColumnElement, and_, false, true

from guild.core.permissions import Actor, Role
from guild.invoicing.access import INVOICE_LINK
from guild.members.models import Organisation
from guild.receivables.models import ClientRefund, InterestClaim, Objection, WriteOff

OFFICES = frozenset({Role.TREASURER, Role.AUDITOR})
Owned = type[InterestClaim] | type[WriteOff] | type[ClientRefund]


def is_treasurer(actor: Actor) -> bool:
    """Whether the actor holds the office that gives up and gives back money."""
    return actor.kind == "member" and Role.TREASURER in actor.roles


def objections_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The member's own, all of them for reps and the treasury, the client's by its link."""
    if actor.kind == "job":
        return true()
    if actor.kind == "contact":
        if actor.link is None or actor.link.purpose != INVOICE_LINK:
            return false()
        return and_(
            Objection.invoice_id == actor.link.subject_id,
            Objection.contact_id == actor.link.contact_id,
        )
    if actor.kind != "member":
        return false()
    if actor.roles & (OFFICES | {Role.REP}):
        return true()
    return Objection.member_id == actor.member_id


def rows_visible_to(actor: Actor, owned: Owned) -> ColumnElement[bool]:
    """A member's own rows of that table, and all for the treasury."""
    if actor.kind == "job" or (actor.kind == "member" and actor.roles & OFFICES):
        return true()
    return owned.member_id == actor.member_id if actor.kind == "member" else false()


def clients_visible_to(actor: Actor) -> ColumnElement[bool]:
    """A member's own clients, and all for the treasury."""
    if actor.kind == "job" or (actor.kind == "member" and actor.roles & OFFICES):
        return true()
    return Organisation.created_by == actor.member_id if actor.kind == "member" else false()


def may_act_for(actor: Actor, member_id: object) -> bool:
    """The member whose invoice it is, the treasurer, or the house."""
    own = actor.kind == "member" and actor.id == member_id
    return own or actor.kind == "job" or is_treasurer(actor)

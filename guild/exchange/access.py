"""Who may see which supplier's invoices, and who may do what with them and with deliveries."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true

from guild.core.permissions import Actor, Role
from guild.exchange.models import SupplierInvoice

OFFICES = frozenset({Role.TREASURER, Role.AUDITOR})
"""Offices that see what every project bought."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The treasury and auditors see all; a member what is for her projects or brought by her."""
    if actor.kind == "job":
        return true()
    if actor.kind != "member":
        return false()
    if actor.roles & OFFICES:
        return true()
    return or_(
        SupplierInvoice.member_id == actor.member_id,
        SupplierInvoice.uploaded_by == actor.member_id,
    )


def may_send(actor: Actor, member_id: UUID) -> bool:
    """Whether the actor may send that member's documents again: herself, the treasurer, a job."""
    return actor.kind == "job" or actor.is_member(member_id) or is_treasurer(actor)


def is_treasurer(actor: Actor) -> bool:
    """Whether the actor holds the treasurer's office."""
    return actor.kind == "member" and Role.TREASURER in actor.roles

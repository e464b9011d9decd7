"""Who may see which invoices, and who may work on them."""

from sqlalchemy import ColumnElement, and_, any_, false, func, or_, select, true

from guild.core.permissions import Actor, Role
from guild.invoicing.models import Invoice, InvoiceShare

INVOICE_LINK = "invoice"
"""The purpose of a link by which a client reads one invoice."""

OFFICES = frozenset({Role.TREASURER, Role.AUDITOR})
"""Offices that see every issued document."""


def of_member(member_id: object) -> ColumnElement[bool]:
    """Documents that a member drafted or has a share of, in a form that two indexes answer."""
    shares = select(InvoiceShare.invoice_id).where(InvoiceShare.member_id == member_id)
    return or_(
        Invoice.member_id == member_id,
        Invoice.id == any_(func.array(shares.scalar_subquery())),
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Members see their own and what they share, the treasury all that is issued.

    A client's link opens the one that it is for invoice and the credit notes that correct it.
    """
    if actor.kind == "job":
        return true()
    if actor.kind == "contact":
        if actor.link is None or actor.link.purpose != INVOICE_LINK:
            return false()
        return and_(
            or_(
                Invoice.id == actor.link.subject_id,
                Invoice.corrects_id == actor.link.subject_id,
            ),
            Invoice.contact_id == actor.link.contact_id,
            # A pro-forma is never issued; its link was mailed by whoever drafted it.
            or_(Invoice.state != "draft", Invoice.kind == "proforma"),
        )
    if actor.kind != "member":
        return false()
    own = of_member(actor.member_id)
    return or_(own, Invoice.state != "draft") if actor.roles & OFFICES else own


def may_work_on(actor: Actor, member_id: object) -> bool:
    """Whether the actor may draft and issue that member's invoices: herself, or the house."""
    return actor.kind == "job" or (actor.kind == "member" and actor.id == member_id)


def may_credit(actor: Actor, member_id: object) -> bool:
    """Whether the actor may credit that member's invoices: herself, the treasurer, the house."""
    office = actor.kind == "member" and Role.TREASURER in actor.roles
    return office or may_work_on(actor, member_id)


def may_see_payouts_of(actor: Actor, member_id: object) -> bool:
    """Whether the actor may see what of a member's payouts has no self-billed document yet."""
    office = actor.kind == "member" and bool(actor.roles & OFFICES)
    return office or may_work_on(actor, member_id)

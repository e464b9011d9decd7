"""Who may see and do what among people, clients and bank accounts."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, select, true

from guild.core.permissions import Actor, Permission
from guild.members.models import BankAccount, Contact, Member, Organisation, Passkey

CLIENT_LINK = "client"
"""The purpose of a link by which a client sees all that was sent to one address."""


def may_act_for(actor: Actor, member_id: UUID) -> bool:
    """The member herself, or the secretary who enters what came by letter."""
    return actor.is_member(member_id) or actor.may(Permission.MEMBERS_ADMIT)


def members_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The register is for those who keep it; everybody else sees her own entry."""
    if actor.kind == "job" or actor.may(Permission.MEMBERS_READ):
        return true()
    return Member.id == actor.id if actor.kind == "member" else false()


def organisations_visible_to(actor: Actor) -> ColumnElement[bool]:
    """A client belongs to the member who entered it."""
    if actor.kind == "job":
        return true()
    return Organisation.created_by == actor.id if actor.kind == "member" else false()


def contacts_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Contacts of visible clients."""
    visible = select(Organisation.id).where(organisations_visible_to(actor))
    return Contact.organisation_id.in_(visible)


def bank_accounts_visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own; and to those who approve, all that were ever asked for (without the number)."""
    if actor.kind == "job" or actor.may(Permission.MEMBERS_APPROVE_ACCOUNT):
        return true()
    return BankAccount.member_id == actor.id if actor.kind == "member" else false()


def bank_account_decidable_by(actor: Actor) -> ColumnElement[bool]:
    """Never one's own, and never what one asked for."""
    if not actor.may(Permission.MEMBERS_APPROVE_ACCOUNT) or actor.kind != "member":
        return false()
    return and_(BankAccount.member_id != actor.id, BankAccount.requested_by != actor.id)


def passkeys_owned_by(actor: Actor) -> ColumnElement[bool]:
    """A member's own, or those of the contact whose link this is; nobody else's, for nobody."""
    if actor.kind == "member":
        return Passkey.member_id == actor.id
    if actor.kind == "contact" and actor.link is not None:
        return Passkey.contact_id == actor.link.contact_id
    return false()

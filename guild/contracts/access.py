"""Who may see which contracts."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, exists, false, select, true

from guild.contracts.models import Contract, ContractErasure, ContractSigner, RepTask
from guild.core.ids import ContactId
from guild.core.permissions import Actor, Role
from guild.members.access import CLIENT_LINK
from guild.members.models import Contact

OFFER_LINK = "contract"
"""The purpose of a link by which a client reads and answers an offer."""
DELIVERY_LINK = "delivery"
"""The purpose of a link by which a client answers deliveries."""
THREAD_LINK = "thread"
"""The purpose of a link by which a client reads and continues the talk about an offer."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Members see their own, a client the one that its link is for; nobody an erased one.

    Reps see all that were sent, and drafts that a member has asked them about.
    """
    if actor.kind == "job":
        return true()
    if actor.kind == "contact":
        if actor.link is None or actor.link.purpose not in (OFFER_LINK, DELIVERY_LINK):
            return false()
        return linked_to(actor, actor.link.purpose)
    if actor.kind != "member":
        return false()
    there = Contract.erased_at.is_(None)
    own = Contract.member_id == actor.member_id
    if Role.REP not in actor.roles:
        return own & there
    asked = exists(
        select(RepTask.id).where(RepTask.contract_id == Contract.id).correlate(Contract)
    )  # a statement over tasks would otherwise take the table away from it
    return (own | Contract.sent_at.is_not(None) | asked) & there


def copies_for(actor: Actor) -> ColumnElement[bool]:
    """Whose sealed files an actor may have: what she sees, and behind the link to all of a client's
    things every contract that a person of its address signed, approved, or was told of.
    """
    if actor.kind != "contact" or actor.link is None or actor.link.purpose != CLIENT_LINK:
        return visible_to(actor)
    email = select(Contact.email).where(Contact.id == actor.link.contact_id).scalar_subquery()
    hers = select(Contact.id).where(Contact.email == email)
    return and_(was_sent_to(hers), Contract.signed_at.is_not(None), Contract.erased_at.is_(None))


def was_sent_to(contacts: Select[ContactId] | Collection[ContactId]) -> ColumnElement[bool]:
    """Contracts of which one of these contacts is the client's person, or one of its signers."""
    among = exists(
        select(ContractSigner.id)
        .where(
            ContractSigner.contract_id == Contract.id,
            ContractSigner.version == Contract.version,
            ContractSigner.contact_id.in_(contacts),
            ContractSigner.state != "delegated",
        )
        .correlate(Contract)
    )
    return Contract.contact_id.in_(contacts) | among


def owned_by(actor: Actor) -> ColumnElement[bool]:
    """What the actor may change: a member her own contracts, nothing else."""
    if actor.kind != "member":
        return false()
    return and_(Contract.member_id == actor.member_id, Contract.erased_at.is_(None))


def linked_to(actor: Actor, purpose: str) -> ColumnElement[bool]:
    """The one contract that a client's link of this purpose opens."""
    if actor.kind != "contact" or actor.link is None or actor.link.purpose != purpose:
        return false()
    if purpose in (OFFER_LINK, THREAD_LINK):
        answers = exists(
            select(ContractSigner.id)
            .where(
                ContractSigner.contract_id == Contract.id,
                ContractSigner.contact_id == actor.link.contact_id,
                ContractSigner.state != "delegated",
            )
            .correlate(Contract)
        )
        return and_(Contract.id == actor.link.subject_id, answers, Contract.erased_at.is_(None))
    return and_(
        Contract.id == actor.link.subject_id,
        Contract.contact_id == actor.link.contact_id,
        Contract.erased_at.is_(None),
    )


def erasures_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The erasures of contracts: a member her own, a rep those of all."""
    if actor.kind == "job" or (actor.kind == "member" and Role.REP in actor.roles):
        return true()
    if actor.kind != "member":
        return false()
    return ContractErasure.member_id == actor.member_id

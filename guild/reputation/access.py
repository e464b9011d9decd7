"""Who stands on which side, and which rep is free to rule."""

from sqlalchemy import ColumnElement, exists, false, select
from sqlalchemy.orm import aliased

from guild.contracts.models import Contract
from guild.core.ids import MemberId
from guild.core.permissions import Actor
from guild.core.work import Work
from guild.members.models import Organisation
from guild.members.queries.firms import owns_client, same_firm
from guild.reputation.models import Attestation

LINK_PURPOSE = "attestation"
"""What a client's personal link is for, when it is for speaking about a finished contract."""


def about_actor(actor: Actor) -> ColumnElement[bool]:
    """Published entries whose subject is the actor: a member, or a client through its link."""
    shown = Attestation.state.in_(["published", "contested", "struck"])
    if actor.kind == "member":
        return shown & (Attestation.about == "freelancer") & (Attestation.member_id == actor.id)
    if actor.link is not None and actor.link.purpose == LINK_PURPOSE:
        mine = Attestation.contract_id == actor.link.subject_id
        return shown & (Attestation.about == "client") & mine
    return false()


async def has_tie(work: Work, rep: MemberId, entry: Attestation) -> bool:
    """Whether the rep is a side, works or worked for the same firm, or is the firm herself."""
    if entry.member_id == rep:
        return True
    own, theirs, client = aliased(Contract), aliased(Organisation), aliased(Organisation)
    shared = exists(
        select(own.id)
        .join(theirs, theirs.id == own.client_id)
        .join(client, same_firm(theirs, client))
        .where(client.id == entry.client_id, own.member_id == rep)
    )
    if await work.session.scalar(select(shared)):
        return True
    return await owns_client(work, rep, entry.client_id)

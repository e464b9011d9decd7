"""Erasure: what was said about and by a person becomes unreadable, and the log still verifies."""

import secrets

from sqlalchemy import or_, select

from guild.core.ids import MemberId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.reputation.commands.attesting import state_standing
from guild.reputation.errors import NoSuchParty
from guild.reputation.events import ReputationErased
from guild.reputation.models import (
    ATTESTATION_LIFECYCLE,
    DISPUTE_LIFECYCLE,
    Attestation,
    AttestationDispute,
    AttestationInvitation,
    ReputationParty,
)
from guild.reputation.queries.keys import member_key
from guild.translog.commands import sequence_soon

ERASED = "Erased on request."
"""What stands where words of or about the person stood."""


async def erase_member(work: Work, member_id: MemberId) -> int:
    """Delete salt, payload and reply of every statement about or by a member, and her pseudonym.

    The secretary does it for a person who asked for it, never for herself. Returns how many
    statements became unreadable. Copies of public files that others hold are out of reach, which
    the privacy notice says. Raises NoSuchParty.
    """
    work.require(Permission.MEMBERS_REMOVE)
    work.require(not work.actor.is_member(member_id), "Another person erases for you.")
    key = member_key(work, member_id)
    party = await work.session.scalar(
        select(ReputationParty).where(ReputationParty.key == key).with_for_update()
    )
    if party is None:
        raise NoSuchParty
    mine = or_(
        Attestation.subject_party == party.id,
        Attestation.author_party == party.id,
        Attestation.subject_owner == party.pseudonym,
        Attestation.author_owner == party.pseudonym,
    )
    found = await work.session.scalars(
        select(Attestation).where(mine, Attestation.state != "erased").with_for_update()
    )
    entries = found.all()
    for entry in entries:
        ATTESTATION_LIFECYCLE.move(entry, "erase")
        entry.salt = entry.payload = entry.reply = None
        entry.subject_owner = entry.author_owner = None
        state_standing(work, entry, "erased")
    await work.session.flush()
    disputes = await work.session.scalars(
        select(AttestationDispute)
        .where(AttestationDispute.attestation_id.in_([entry.id for entry in entries]))
        .with_for_update()
    )
    for dispute in disputes.all():
        dispute.reason = ERASED
        if DISPUTE_LIFECYCLE.may(dispute.state, "drop"):
            DISPUTE_LIFECYCLE.move(dispute, "drop")
        else:
            dispute.ruling = ERASED
    party.key = party.pseudonym = None
    # The contract's name in public files that others keep must not lead back to the contract.
    invitations = await work.session.scalars(
        select(AttestationInvitation)
        .where(AttestationInvitation.contract_id.in_([entry.contract_id for entry in entries]))
        .with_for_update()
    )
    for invitation in invitations.all():
        invitation.pseudonym = secrets.token_hex(16)
    await work.emit(ReputationErased(member_id=member_id))
    work.later(sequence_soon)
    return len(entries)

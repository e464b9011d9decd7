"""The subject's reply, the dispute, and the ruling of an uninvolved rep."""

from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.ids import AttestationId, DisputeId
from guild.core.mail import send_mail
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.models import Member
from guild.reputation import rules
from guild.reputation.access import about_actor, has_tie
from guild.reputation.commands.attesting import open_dispute, state_standing
from guild.reputation.errors import (
    AttestationNotFound,
    DisputeClosed,
    DisputeNotFound,
    RepInvolved,
)
from guild.reputation.events import AttestationReplied, DisputeRuled
from guild.reputation.models import (
    ATTESTATION_LIFECYCLE,
    DISPUTE_LIFECYCLE,
    Attestation,
    AttestationDispute,
)
from guild.reputation.schemas import DisputeIn, ReplyIn, RulingIn
from guild.translog.commands import sequence_soon


async def _entry_about_me(work: Work, attestation_id: AttestationId) -> Attestation:
    entry = await work.session.scalar(
        select(Attestation)
        .where(Attestation.id == attestation_id, about_actor(work.actor))
        .with_for_update()
    )
    if entry is None:
        raise AttestationNotFound
    return entry


async def reply_to_entry(work: Work, attestation_id: AttestationId, data: ReplyIn) -> None:
    """Set the subject's words beside an entry; a later reply takes the place of the earlier."""
    entry = await _entry_about_me(work, attestation_id)
    entry.reply, entry.replied_at = data.text.strip(), work.now
    await work.emit(AttestationReplied(attestation_id=entry.id))


async def dispute_entry(work: Work, attestation_id: AttestationId, data: DisputeIn) -> DisputeId:
    """Contest an entry: it leaves the score at once. Once per entry, within six months."""
    entry = await _entry_about_me(work, attestation_id)
    assert entry.published_at is not None
    months = rules.months_between(rules.month_of(entry.published_at), rules.month_of(work.now))
    earlier = select(AttestationDispute.id).where(AttestationDispute.attestation_id == entry.id)
    if await work.session.scalar(earlier) is not None:
        raise DisputeClosed("This entry was disputed already; each is looked at once.")
    if months > rules.DISPUTE_MONTHS:
        raise DisputeClosed("An entry can be disputed for six months after it is published.")
    dispute_id = await open_dispute(work, entry, "subject", data.reason.strip())
    work.later(sequence_soon)
    return dispute_id


async def rule_on_dispute(work: Work, dispute_id: DisputeId, data: RulingIn) -> None:
    """A rep without a tie to either side upholds or strikes the entry, with reasons.

    A ruling that comes late is still a ruling: until then the entry stays out of the score.
    """
    work.require(Permission.REPUTATION_RULE)
    dispute = await work.session.get(AttestationDispute, dispute_id, with_for_update=True)
    if dispute is None:
        raise DisputeNotFound
    entry = await work.session.get_one(Attestation, dispute.attestation_id, with_for_update=True)
    if await has_tie(work, work.actor.member_id, entry):
        raise RepInvolved(mend="Leave it to another rep.")
    action = "uphold" if data.outcome == "upheld" else "strike"
    DISPUTE_LIFECYCLE.move(dispute, action)
    ATTESTATION_LIFECYCLE.move(entry, action)
    dispute.ruled_by, dispute.ruled_at = work.actor.member_id, work.now
    dispute.ruling = data.reasons.strip()
    await work.session.flush()
    state_standing(work, entry, data.outcome)
    await _tell_member(work, entry, dispute)
    await work.emit(
        DisputeRuled(attestation_id=entry.id, dispute_id=dispute.id, outcome=data.outcome)
    )
    work.later(sequence_soon)


async def _tell_member(work: Work, entry: Attestation, dispute: AttestationDispute) -> None:
    contract = await work.session.get_one(Contract, entry.contract_id)
    member = await work.session.get_one(Member, entry.member_id)
    stays = "stays and counts again" if dispute.state == "upheld" else "is struck and never counts"
    send_mail(
        work,
        to=member.email,
        subject=f"The disputed entry about {contract.number}",
        text=f"Hello {member.display_name},\n\na rep without a tie to either side has ruled: the "
        f"entry {stays}.\n\nThe reasons:\n{dispute.ruling}\n\n"
        f"{work.settings.base_url}/reputation",
        reason=f"You get this because contract {contract.number} is yours.",
    )

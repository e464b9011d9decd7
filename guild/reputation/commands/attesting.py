"""Inviting both sides, committing to what they say, and publishing it for both at once."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.errors import Invalid
from guild.core.ids import AttestationId, ContactId, ContractId, DisputeId, InvoiceId, new_id
from guild.core.mail import send_mail
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing.models import OPEN_STATES
from guild.members import commands as members
from guild.members.models import Contact, Member, Organisation
from guild.members.queries.firms import owns_client
from guild.reputation import rules
from guild.reputation.access import LINK_PURPOSE
from guild.reputation.commands.parties import (
    log_rules,
    owner_of_client,
    owner_of_member,
    party_of,
)
from guild.reputation.errors import (
    AlreadySpoken,
    NothingToRate,
    NotYetRateable,
    OwnDealing,
    RatingClosed,
    UnknownQuestion,
)
from guild.reputation.events import (
    AttestationCommitted,
    AttestationDisputed,
    AttestationInvited,
    AttestationPublished,
)
from guild.reputation.models import (
    ATTESTATION_LIFECYCLE,
    Attestation,
    AttestationDispute,
    AttestationInvitation,
    ReputationParty,
)
from guild.reputation.queries.keys import client_key, member_key
from guild.reputation.queries.words import words
from guild.reputation.rules import ATTEST_DAYS, RETALIATION_DAYS, RULING_DAYS, Side
from guild.reputation.schemas import AnswersIn, AttestationIn
from guild.translog.commands import append_leaf, sequence_soon

BATCH = 100
RETALIATION = (
    "The freelancer disputed an earlier entry by this client less than 90 days before. By rule "
    "the entry stays out of the score until a rep has looked at it."
)


CONTRACT_STATE: Final = "SELECT state FROM contract WHERE id = $1 FOR UPDATE"
_WAITING: Final = ", ".join(f"'{state}'" for state in ("draft", *OPEN_STATES))
ALL_SETTLED: Final = f"""
    SELECT NOT EXISTS (SELECT FROM attestation_invitation a WHERE a.contract_id = $1)
       AND EXISTS (SELECT FROM invoice i WHERE i.contract_id = $1 AND i.kind = 'invoice'
                      AND i.state <> 'draft')
       AND NOT EXISTS (SELECT FROM invoice i WHERE i.contract_id = $1 AND i.kind = 'invoice'
                          AND i.state IN ({_WAITING})
                          AND i.overdue_on IS NULL AND i.id IS DISTINCT FROM $2)
       AND NOT EXISTS (SELECT FROM milestone m WHERE m.contract_id = $1 AND m.state = 'accepted')
"""


async def invite(work: Work, contract_id: ContractId, *, settled: InvoiceId | None = None) -> bool:
    """Ask both sides, once the contract is completed and each invoice is paid or overdue.

    Called whenever one of these may have become true; does nothing when it is too early or when
    both were asked already. `settled` was settled by this very Work, which need not have written
    it yet. Returns whether it asked.
    """
    # On the path of every settling payment, so the looks go through the driver. The contract is
    # locked first: two who come at once must not each wait for the other's half.
    held = await work.fetch(CONTRACT_STATE, contract_id)
    if not held or held[0]["state"] != "completed":
        return False
    if settled is None:
        await work.write()  # what was credited or found overdue in this very Work may still wait
    if not (await work.fetch(ALL_SETTLED, contract_id, settled))[0][0]:
        return False
    await work.write()
    contract = await work.session.get_one(Contract, contract_id, populate_existing=True)
    closes_at = work.now + timedelta(days=ATTEST_DAYS)
    work.session.add(
        AttestationInvitation(
            contract_id=contract_id,
            pseudonym=secrets.token_hex(16),
            invited_at=work.now,
            closes_at=closes_at,
        )
    )
    await work.session.flush()
    await _mail_both(work, contract)
    await work.emit(AttestationInvited(contract_id=contract_id))
    return True


async def _mail_both(work: Work, contract: Contract) -> None:
    member = await work.session.get_one(Member, contract.member_id)
    contact = await work.session.get_one(Contact, contract.contact_id)
    token = await members.issue_link(
        work, contact.id, purpose=LINK_PURPOSE, subject_id=contract.id, valid_hours=ATTEST_DAYS * 24
    )
    facts = {
        "title": contract.title, "number": contract.number, "member": member.display_name,
        "contact": contact.name, "days": ATTEST_DAYS,
    }  # fmt: skip

    def said(name: str, language: str) -> str:
        return words(language)[f"mail_{name}"].format(**facts)

    lang = contact.language
    send_mail(
        work,
        to=contact.email,
        subject=said("subject", lang),
        text=f"{said('hello', lang)}\n\n{said('done', lang)} {said('rules', lang)}\n\n"
        f"{work.settings.base_url}/attest/{token}",
        reason=said("reason", lang),
        lang=lang,
    )
    send_mail(
        work,
        to=member.email,
        subject=f"How was the client of {contract.title}?",
        text=f"Hello {member.display_name},\n\n{contract.title} ({contract.number}) is finished. "
        f"{said('rules', 'en')}\n\n{work.settings.base_url}/reputation/contracts/{contract.id}",
        reason=f"You get this because contract {contract.number} is yours.",
    )


async def attest(work: Work, data: AttestationIn) -> Attestation:
    """A member speaks about the client of her own finished contract."""
    contract = await work.session.get(Contract, data.contract_id)
    if contract is None or not work.actor.is_member(contract.member_id):
        raise NothingToRate
    return await _speak(work, contract, "client", data.answers, None)


async def attest_as_client(work: Work, data: AnswersIn) -> Attestation:
    """A client's contact speaks about the freelancer, through the personal link."""
    link = work.actor.link
    if link is None or link.purpose != LINK_PURPOSE:
        raise NothingToRate
    contract = await work.session.get_one(Contract, ContractId(link.subject_id))
    return await _speak(work, contract, "freelancer", data.answers, link.contact_id)


async def _speak(
    work: Work,
    contract: Contract,
    about: Side,
    answers: Mapping[str, bool],
    contact_id: ContactId | None,
) -> Attestation:
    invitation = await _open_invitation(work, contract.id)
    charter = await charter_at(work)
    questions = charter.reputation.weights[about]
    if unknown := sorted(answers.keys() - questions.keys()):
        raise UnknownQuestion(
            f"The charter asks no question named {unknown[0]}.",
            mend=f"Answer one or more of: {', '.join(sorted(questions))}.",
            field="answers",
        )
    if not answers:
        raise Invalid("Answer at least one question.", field="answers")
    before = (
        await work.session.scalars(
            select(Attestation).where(Attestation.contract_id == contract.id).with_for_update()
        )
    ).all()
    if any(one.about == about for one in before):
        raise AlreadySpoken
    if any(one.state != "hidden" for one in before):
        raise RatingClosed("What the other side said is public already.")
    said = await _commit(work, contract, invitation, about, answers, contact_id=contact_id)
    await work.emit(AttestationCommitted(attestation_id=said.id, contract_id=contract.id))
    if before:
        for one in (*before, said):
            await publish(work, one)
    work.later(sequence_soon)
    return said


async def _open_invitation(work: Work, contract_id: ContractId) -> AttestationInvitation:
    # The lock makes the two sides of one contract come one after the other.
    invitation = await work.session.get(AttestationInvitation, contract_id, with_for_update=True)
    if invitation is None:
        raise NotYetRateable(
            "The contract must be completed, and each invoice paid or overdue.",
            mend="You will be asked by mail as soon as it is so.",
        )
    if work.now >= invitation.closes_at:
        raise RatingClosed("The time to speak about this contract is over.")
    return invitation


async def _commit(
    work: Work,
    contract: Contract,
    invitation: AttestationInvitation,
    about: Side,
    answers: Mapping[str, bool],
    *,
    contact_id: ContactId | None,
) -> Attestation:
    charter = await charter_at(work)
    freelancer, firm = await _parties(work, contract)
    subject, author = (freelancer, firm) if about == "freelancer" else (firm, freelancer)
    worker, principal = await _owners(work, contract, firm)
    behind = (worker, principal) if about == "freelancer" else (principal, worker)
    period, salt = rules.month_of(work.now), secrets.token_bytes(rules.SALT_SIZE)
    payload = rules.canonical(
        {
            "v": 2,
            "about": about,
            "subject": subject.pseudonym,
            "subject_owner": behind[0],
            "author": author.pseudonym,
            "author_owner": behind[1],
            "contract": invitation.pseudonym,
            "period": period,
            "answers": dict(answers),
            "charter_version": charter.version,
        }
    )
    commitment = rules.commitment(salt, payload)
    said = Attestation(
        id=AttestationId(new_id()),
        contract_id=contract.id,
        about=about,
        member_id=contract.member_id,
        client_id=contract.client_id,
        contact_id=contact_id,
        subject_party=subject.id,
        author_party=author.id,
        subject_owner=behind[0],
        author_owner=behind[1],
        state=ATTESTATION_LIFECYCLE.initial,
        charter_version=charter.version,
        commitment=commitment,
        salt=salt,
        payload=payload,
        submitted_at=work.now,
        reveal_at=work.now + timedelta(days=charter.reputation.blind_days),
    )
    work.session.add(said)
    await work.session.flush()
    await log_rules(work)
    append_leaf(work, "attestation", {"period": period, "commitment": commitment.hex()})
    return said


async def _parties(work: Work, contract: Contract) -> tuple[ReputationParty, ReputationParty]:
    member = await work.session.get_one(Member, contract.member_id)
    client = await work.session.get_one(Organisation, contract.client_id)
    contact = await work.session.get_one(Contact, contract.contact_id)
    if contact.email.lower() == member.email or await owns_client(work, member.id, client.id):
        raise OwnDealing("Member and client of this contract are the same person or firm.")
    return (
        await party_of(work, "member", member_key(work, member.id)),
        await party_of(work, "client", client_key(work, client)),
    )


async def _owners(work: Work, contract: Contract, firm: ReputationParty) -> tuple[str, str]:
    """Who stands behind the freelancer and behind the client, by pseudonym."""
    member = await work.session.get_one(Member, contract.member_id)
    contact = await work.session.get_one(Contact, contract.contact_id)
    return await owner_of_member(work, member), await owner_of_client(work, firm, contact)


def state_standing(work: Work, entry: Attestation, standing: str) -> None:
    """Say in the log how an entry stands from now on; the newest such leaf counts."""
    append_leaf(
        work,
        "attestation-standing",
        {"commitment": entry.commitment.hex(), "standing": standing},
    )


async def publish(work: Work, entry: Attestation) -> None:
    """Make one entry public; where retaliation is possible it is contested by rule at once."""
    ATTESTATION_LIFECYCLE.move(entry, "publish")
    entry.published_at = work.now
    state_standing(work, entry, "published")
    await work.session.flush()
    await work.emit(AttestationPublished(attestation_id=entry.id, contract_id=entry.contract_id))
    if await _may_retaliate(work, entry):
        await open_dispute(work, entry, "rule", RETALIATION)


async def _may_retaliate(work: Work, entry: Attestation) -> bool:
    if entry.about != "freelancer":
        return False
    disputed = (
        select(AttestationDispute.id)
        .join(Attestation, Attestation.id == AttestationDispute.attestation_id)
        .where(
            Attestation.member_id == entry.member_id,
            Attestation.author_party == entry.author_party,
            Attestation.id != entry.id,
            AttestationDispute.opened_by == "subject",
            AttestationDispute.opened_at <= entry.submitted_at,
            AttestationDispute.opened_at > entry.submitted_at - timedelta(days=RETALIATION_DAYS),
        )
        .limit(1)
    )
    return await work.session.scalar(disputed) is not None


async def open_dispute(work: Work, entry: Attestation, opened_by: str, reason: str) -> DisputeId:
    """Take an entry out of the score and give a rep 14 days to rule."""
    ATTESTATION_LIFECYCLE.move(entry, "contest")
    dispute = AttestationDispute(
        id=DisputeId(new_id()),
        attestation_id=entry.id,
        opened_by=opened_by,
        reason=reason,
        opened_at=work.now,
        due_at=work.now + timedelta(days=RULING_DAYS),
        state="open",
    )
    work.session.add(dispute)
    await work.session.flush()
    state_standing(work, entry, "contested")
    await work.emit(AttestationDisputed(attestation_id=entry.id, dispute_id=dispute.id))
    return dispute.id


async def publish_due(work: Work) -> int:
    """Publish what was said alone, once the blind period is over. Returns how many."""
    due = await work.session.scalars(
        select(Attestation)
        .where(Attestation.state == "hidden", Attestation.reveal_at <= work.now)
        .order_by(Attestation.reveal_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    entries = due.all()
    for entry in entries:
        await publish(work, entry)
    return len(entries)

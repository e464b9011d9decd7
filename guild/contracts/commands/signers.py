"""The people who answer for a client: asked in order, each with a link and a code of her own."""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select, update

from guild.contracts.access import OFFER_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import contact_of, mail_answer, mail_offer, mail_told
from guild.contracts.commands.loading import answerable, own_contract, people
from guild.contracts.errors import (
    AlreadyAnswered,
    NotYourTurn,
    OfferNotFound,
    SameAddress,
    SignersInvalid,
    TooManyLinks,
)
from guild.contracts.models import SIGNER_LIFECYCLE, Contract, ContractOffer, ContractSigner
from guild.contracts.rules.signers import COUNTS, missing_in, present_rank
from guild.contracts.schemas import DelegateIn, SignerIn, SignersIn
from guild.core.errors import IllegalMove
from guild.core.ids import ContactId, ContractId, SignerId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members import commands as members
from guild.members.models import AccessLink, Contact, Member

LINKS_PER_SIGNER_MAX: Final = 10
"""New links for one person and version; each comes with fresh tries for its code."""


async def plan_signers(work: Work, contract_id: ContractId, data: SignersIn) -> Contract:
    """Say who answers for the client, and in what order; for the version that is sent next.

    Raises SignersInvalid, SameAddress, IllegalMove.
    """
    contract = await own_contract(work, contract_id)
    if contract.state not in {"draft", "changes_requested"}:
        raise IllegalMove("Who signs is said before the offer is sent.", state=contract.state)
    member, _, _ = await people(work, contract)
    await _checked(work, contract, member, data.signers)
    contract.signing_plan = [msgspec.to_builtins(one) for one in data.signers]
    contract.updated_at = work.now
    await work.session.flush()
    return contract


async def _checked(
    work: Work, contract: Contract, member: Member, planned: Sequence[SignerIn]
) -> dict[ContactId, Contact]:
    contacts = await _contacts(work, contract, [one.contact_id for one in planned])
    if len({one.contact_id for one in planned}) != len(planned):
        raise SignersInvalid("Somebody is named twice.", field="signers")
    if not any(one.role == "signer" for one in planned):
        raise SignersInvalid("Somebody must sign.", field="signers")
    for one in planned:
        if one.contact_id not in contacts:
            raise SignersInvalid(
                "One of them is no contact of this client.", field="signers",
                mend="Enter the person at the client first.",
            )  # fmt: skip
        if contacts[one.contact_id].email.lower() == member.email.lower():
            raise SameAddress("A link would go to your own address.", field="signers")
        rank = [other for other in planned if other.rank == one.rank and other.role in COUNTS]
        if one.role in COUNTS and one.needed > len(rank):
            raise SignersInvalid(
                f"{one.needed} of {len(rank)} cannot sign.", field="signers",
                mend="Ask for fewer of that rank, or name more people in it.",
            )  # fmt: skip
        if one.role in COUNTS and any(other.needed != one.needed for other in rank):
            raise SignersInvalid(
                f"In rank {one.rank} not all say how many must sign.", field="signers",
                mend="Give everybody of a rank the same number.",
            )  # fmt: skip
    return contacts


async def _contacts(
    work: Work, contract: Contract, wanted: Sequence[ContactId]
) -> dict[ContactId, Contact]:
    rows = await work.session.scalars(
        select(Contact).where(Contact.organisation_id == contract.client_id, Contact.id.in_(wanted))
    )
    return {row.id: row for row in rows}


async def freeze_signers(work: Work, contract: Contract, offer: ContractOffer) -> None:
    """Fix who answers this version, in the transaction that sends it, and ask the first."""
    member, _, contact = await people(work, contract)
    planned = [msgspec.convert(one, SignerIn) for one in contract.signing_plan]
    if not planned:
        planned = [SignerIn(contact_id=contact.id)]
    if all(one.contact_id != contact.id for one in planned):
        planned.append(SignerIn(contact_id=contact.id, role="copy"))
    contacts = await _checked(work, contract, member, planned)
    for one in planned:
        rank = [p for p in planned if p.rank == one.rank and p.role in COUNTS]
        work.session.add(
            ContractSigner(
                id=SignerId(new_id()),
                contract_id=contract.id,
                version=contract.version,
                contact_id=one.contact_id,
                name=contacts[one.contact_id].name,
                email=contacts[one.contact_id].email,
                role=one.role,
                rank=one.rank,
                needed=(one.needed or len(rank)) if one.role in COUNTS else 0,
                state=SIGNER_LIFECYCLE.initial,
                links_sent=0,
                code_tries=0,
                codes_sent=0,
                reminders_sent=0,
            )
        )
    await work.session.flush()
    for viewer in await signers_of(work, contract):
        if viewer.role == "viewer":
            SIGNER_LIFECYCLE.move(viewer, "inform")
            await mail_link(work, contract, offer, viewer, renewed=False)
    await ask_next(work, contract, offer)


async def signers_of(work: Work, contract: Contract) -> list[ContractSigner]:
    """Everybody of the present version, locked, in order."""
    rows = await work.session.scalars(
        select(ContractSigner)
        .where(
            ContractSigner.contract_id == contract.id, ContractSigner.version == contract.version
        )
        .order_by(ContractSigner.rank, ContractSigner.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def ask_next(work: Work, contract: Contract, offer: ContractOffer) -> bool:
    """Ask the first rank that is not done; True when there is none: the contract is signed.

    Who is no longer needed for a rank that is done is told, and her link ends.
    """
    everybody = await signers_of(work, contract)
    rank = present_rank(everybody)
    for one in everybody:
        if one.role not in COUNTS or one.state not in {"waiting", "asked"}:
            continue
        if one.rank == rank and one.state == "waiting":
            SIGNER_LIFECYCLE.move(one, "ask")
            one.asked_at = work.now
            await mail_link(work, contract, offer, one, renewed=False)
        elif rank is None or one.rank < rank:
            former = SIGNER_LIFECYCLE.move(one, "spare")
            await _end_link(work, one)
            if former == "asked":
                mail_told(work, contract, await contact_of(work, one), "spared")
    await work.session.flush()
    return rank is None


async def acting_signer(work: Work, contract: Contract, *, turn: bool = True) -> ContractSigner:
    """The person whose link this is, locked. With `turn`, only if it is her turn to answer."""
    assert work.actor.link is not None, "the contract was found through the link"
    mine = [
        one for one in await signers_of(work, contract)
        if one.contact_id == work.actor.link.contact_id
    ]  # fmt: skip
    if not mine or mine[0].state == "delegated":
        raise OfferNotFound
    signer = mine[0]
    if turn and signer.role not in COUNTS:
        raise NotYourTurn("You are asked to read along, not to answer.")
    if turn and signer.state == "signed":
        raise AlreadyAnswered("You have signed already; others are still asked.")
    if turn and signer.state != "asked":
        raise NotYourTurn("Others answer before you; you get a mail when it is your turn.")
    return signer


async def mail_link(
    work: Work, contract: Contract, offer: ContractOffer, signer: ContractSigner, *, renewed: bool
) -> None:
    """End the person's earlier link and mail her a new one, with fresh tries for its code."""
    if signer.links_sent >= LINKS_PER_SIGNER_MAX:
        raise TooManyLinks(mend="Speak to the client: perhaps the address is wrong.")
    charter = await charter_at(work)
    member, _, _ = await people(work, contract)
    contact = await contact_of(work, signer)
    await _end_link(work, signer)
    token = await members.issue_link(
        work, contact.id, purpose=OFFER_LINK, subject_id=contract.id,
        valid_hours=charter.contracts.link_hours,
    )  # fmt: skip
    link = await work.session.scalar(
        select(AccessLink).where(AccessLink.token_hash == hashlib.sha256(token.encode()).digest())
    )
    assert link is not None, "it was made just now"
    signer.link_id, signer.link_sent_at = link.id, work.now
    signer.links_sent += 1
    signer.code_hash = signer.code_sent_at = signer.code_expires_at = None
    signer.code_tries = signer.codes_sent = 0
    signer.bounced_at = None
    await work.session.flush()
    said = {"email": signer.email, "token_sha256": link.token_hash.hex(), "renewed": renewed}
    await record(work, contract, "link_sent", {**said, "role": signer.role, "rank": signer.rank})
    signer.link_mail_id = mail_offer(
        work, contract, member, contact, token=token, answer_by=offer.answer_by, renewed=renewed,
        reads_only=signer.role == "viewer",
    )  # fmt: skip


async def _end_link(work: Work, signer: ContractSigner) -> None:
    if signer.link_id is not None:
        await work.session.execute(
            update(AccessLink)
            .where(AccessLink.id == signer.link_id, AccessLink.revoked_at.is_(None))
            .values(revoked_at=work.now)
        )


async def stop_signers(
    work: Work, contract: Contract, letter: str, *, but: ContractSigner | None = None,
    **facts: object,
) -> None:  # fmt: skip
    """Nobody is asked any more; everybody who was asked, signed or reads along is told why.

    `letter` says it in each one's language, with these facts.
    """
    for one in await signers_of(work, contract):
        if one.state in {"asked", "signed", "informed"} and one is not but:
            mail_told(work, contract, await contact_of(work, one), letter, **facts)
        if one.state in {"waiting", "asked"}:
            SIGNER_LIFECYCLE.move(one, "stop")
    await work.session.flush()


async def delegate(work: Work, data: DelegateIn) -> Contract:
    """Pass the offer on to who may sign: a new link for her, the old one ends, the member is told.

    Raises SameAddress, SignersInvalid.
    """
    contract, offer = await answerable(work, OFFER_LINK, data)
    signer = await acting_signer(work, contract)
    member, _, _ = await people(work, contract)
    email = data.email.lower()
    if email == member.email.lower():
        raise SameAddress("That is the freelancer's own address.", field="email")
    everybody = await signers_of(work, contract)
    if any(one.email.lower() == email for one in everybody):
        raise SignersInvalid("That person is asked already.", field="email")
    own = await contact_of(work, signer)
    contact = await members.add_colleague(
        work, contract.client_id, name=data.name, email=email, language=own.language
    )
    SIGNER_LIFECYCLE.move(signer, "delegate")
    await _end_link(work, signer)
    other = ContractSigner(
        id=SignerId(new_id()), contract_id=contract.id, version=contract.version,
        contact_id=contact.id, name=contact.name, email=contact.email, role=signer.role,
        rank=signer.rank, needed=signer.needed, state=SIGNER_LIFECYCLE.initial,
        delegated_by_id=signer.id, links_sent=0, code_tries=0, codes_sent=0, reminders_sent=0,
    )  # fmt: skip
    work.session.add(other)
    await work.session.flush()
    said = {"from": signer.email, "to": contact.email, "note": data.note, **origin(work)}
    await record(work, contract, "delegated", said)
    await ask_next(work, contract, offer)
    text = f"{signer.name} passed the offer on to {contact.name} ({contact.email}), who may sign."
    mail_answer(work, contract, member, "another person signs", text)
    return contract


def waiting_words(everybody: Sequence[ContractSigner]) -> str:
    """How many signatures are missing, for the member's mail."""
    rank = present_rank(everybody)
    if rank is None:
        return "Nobody else has to sign."
    missing = missing_in(everybody, rank)
    return f"{missing} more must sign." if missing > 1 else "One more must sign."

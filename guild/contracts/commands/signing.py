"""Signing: by code and typed name at once, or prepared for a passkey or a provider of identities.

A wrong code is a fact that has to survive the refusal: it is counted under the lock on the offer
and kept by `work.refuse`, so that asking in parallel or again brings no further try.
"""

import hmac
from typing import Any, Final

import msgspec

from guild.contracts import queries
from guild.contracts.access import OFFER_LINK
from guild.contracts.commands.answering import (
    NEW_LINK,
    code_hash,
    link_details,
    mark_answered,
    tell_member,
)
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.loading import answerable, people
from guild.contracts.commands.signers import acting_signer, ask_next, signers_of, waiting_words
from guild.contracts.errors import (
    CodeExpired,
    CodeTriesUsedUp,
    CodeWrong,
    ConsentMissing,
    LevelTooLow,
    NameMissing,
)
from guild.contracts.events import ContractSigned
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    SIGNER_LIFECYCLE,
    Contract,
    ContractEvidence,
    ContractOffer,
    ContractSigner,
    Milestone,
)
from guild.contracts.rules.consent import CONSENT_VERSION, consent_locale, consent_text
from guild.contracts.rules.evidence import moment
from guild.contracts.rules.levels import suffices
from guild.contracts.rules.terms import Terms, terms_from
from guild.contracts.schemas import SignIn
from guild.core.ids import MilestoneId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Contact

STRONGER: Final = {
    "advanced": "Sign with a passkey.",
    "eid": "Sign through the provider of identities.",
}


async def sign_contract(work: Work, data: SignIn) -> tuple[Contract, ContractEvidence]:
    """One person's simple signature: name, consent and code, over the very bytes that she saw.

    Raises StaleOffer, OfferExpired, NotYourTurn, AlreadyAnswered, LevelTooLow, ConsentMissing,
    NameMissing, CodeExpired, CodeWrong (counted), CodeTriesUsedUp. When enough have signed, the
    contract is signed: the milestones are made, and sealing follows as a job.
    """
    contract, offer, signer, signature = await proved(work, data, "simple")
    evidence = await sign_for(work, contract, offer, signer, signature)
    return contract, evidence


async def proved(
    work: Work, data: SignIn, level: str
) -> tuple[Contract, ContractOffer, ContractSigner, dict[str, Any]]:
    """Name, consent and code of the person whose link this is, as the chain will keep them."""
    contract, offer = await answerable(work, OFFER_LINK, data)
    signer = await acting_signer(work, contract)
    if not suffices(level, offer.signature_level):
        raise LevelTooLow(
            f"At this value the charter asks for the level “{offer.signature_level}”.",
            mend=STRONGER[offer.signature_level], needed=offer.signature_level,
        )  # fmt: skip
    if not data.consent:
        raise ConsentMissing("Tick the box to give your consent.", field="consent")
    if not data.typed_name.strip():
        raise NameMissing("Type your full name.", field="typed_name")
    await _check_code(work, contract, signer, data.code)
    _, client, _ = await people(work, contract)
    signature = await _signature(work, signer, data, client.name, level)
    signer.code_hash = None
    await work.session.flush()
    return contract, offer, signer, signature


async def sign_for(
    work: Work, contract: Contract, offer: ContractOffer, signer: ContractSigner,
    signature: dict[str, Any],
) -> ContractEvidence:  # fmt: skip
    """Record the signature, and ask the next, or conclude when nobody is missing."""
    evidence = await record(
        work, contract, "signed", {**documents_signed(offer), "signature": signature}
    )
    SIGNER_LIFECYCLE.move(signer, "sign")
    signer.signed_at, signer.code_hash = work.now, None
    await work.session.flush()
    if await ask_next(work, contract, offer):
        await _conclude(work, contract, offer)
    missing = waiting_words(await signers_of(work, contract))
    _, client, _ = await people(work, contract)
    await tell_member(
        work, contract, "signed",
        f"{signature['typed_name']} signed “{contract.title}” for {client.name}. {missing}",
    )  # fmt: skip
    return evidence


def documents_signed(offer: ContractOffer) -> dict[str, Any]:
    """Which bytes a signature is about."""
    return {
        "shown_sha256": offer.shown_sha256,
        "terms_sha256": offer.terms_sha256,
        "template_version": offer.template_version,
        "language": offer.language,
    }


async def _conclude(work: Work, contract: Contract, offer: ContractOffer) -> None:
    """Enough have signed: the contract is agreed."""
    terms = terms_from(msgspec.json.decode(offer.terms_json))
    CONTRACT_LIFECYCLE.move(contract, "sign")
    contract.signed_at = contract.updated_at = work.now
    contract.retain_until, contract.retain_rule = await queries.retention_of(work, contract)
    mark_answered(work, offer, "signed")
    if contract.amends_id is None:  # an amendment plans those of the contract that it amends
        work.session.add_all(_milestones(contract, terms))
    await work.session.flush()
    await work.emit(
        ContractSigned(
            contract_id=contract.id,
            member_id=contract.member_id,
            client_id=contract.client_id,
            value_minor=contract.net_minor,
            currency=contract.currency,
        )
    )


async def _signature(
    work: Work, signer: ContractSigner, data: SignIn, client: str, level: str
) -> dict[str, Any]:
    """What the chain keeps of one signature."""
    contact = await work.session.get_one(Contact, signer.contact_id)
    return {
        "side": "client",
        "part": signer.role,
        "rank": signer.rank,
        "level": level,
        "typed_name": data.typed_name,
        "role": data.role,
        "name": signer.name,
        "email": signer.email,
        "identified": "link",
        "consent_text": consent_text(signer.role, client, contact.language),
        "consent_version": CONSENT_VERSION,
        "consent_locale": consent_locale(contact.language),
        "otp": {
            "channel": "email",
            "result": "matched",
            "sent_at": moment(signer.code_sent_at),
            "confirmed_at": moment(work.now),
            "tries": signer.code_tries + 1,
        },
        **origin(work, data.time_zone),
        **await link_details(work),
    }


async def _check_code(work: Work, contract: Contract, signer: ContractSigner, code: str) -> None:
    """Pass with the right code; else count the try and refuse, keeping the count."""
    tries_max = (await charter_at(work)).contracts.otp_tries
    if signer.code_tries >= tries_max:
        raise CodeTriesUsedUp(mend=NEW_LINK)
    if signer.code_hash is None or signer.code_expires_at is None:
        raise CodeExpired(
            "There is no code to compare with.", field="code", mend="Send a new code."
        )
    if work.now > signer.code_expires_at:
        raise CodeExpired("The code has expired.", field="code", mend="Send a new code.")
    if hmac.compare_digest(signer.code_hash, code_hash(work, signer, code)):
        return
    signer.code_tries += 1
    left = tries_max - signer.code_tries
    if left <= 0:
        signer.code_hash = None
    await work.session.flush()
    await record(
        work,
        contract,
        "code_refused",
        {"channel": "email", "result": "wrong", "tries": signer.code_tries, **origin(work)},
    )
    if left <= 0:
        await tell_member(
            work,
            contract,
            "five wrong codes",
            "Somebody entered wrong codes until the link was closed. If it was your client, send "
            "a new link; if your client knows nothing of it, speak to the co-op.",
        )
        raise work.refuse(CodeTriesUsedUp(mend=NEW_LINK, tries_left=0))
    word = "try" if left == 1 else "tries"
    raise work.refuse(
        CodeWrong(
            f"The code does not match. You have {left} {word} left.", field="code", tries_left=left
        )
    )


def _milestones(contract: Contract, terms: Terms) -> list[Milestone]:
    return [
        Milestone(
            id=MilestoneId(new_id()),
            contract_id=contract.id,
            position=position,
            title=milestone.title,
            description=milestone.description,
            net_minor=milestone.net_minor,
            due_on=milestone.due_on,
            state=MILESTONE_LIFECYCLE.initial,
            rounds_used=0,
            reminders_sent=0,
        )
        for position, milestone in enumerate(terms.milestones, start=1)
    ]

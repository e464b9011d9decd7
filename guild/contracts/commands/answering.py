"""Answering: the client signs, asks for changes, or declines, through its personal link.

A wrong code is a fact that has to survive the refusal: it is counted under the lock on the offer
and kept by `work.refuse`, so that asking in parallel or again brings no further try.
"""

import hmac
import secrets
from datetime import timedelta
from typing import Any, Final

import msgspec

from guild.contracts import queries
from guild.contracts.access import OFFER_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import mail_answer, mail_code
from guild.contracts.commands.loading import answerable, current_offer, linked_contract, people
from guild.contracts.errors import (
    CodeExpired,
    CodeTriesUsedUp,
    CodeWrong,
    ConsentMissing,
    NameMissing,
    TooManyCodes,
)
from guild.contracts.events import (
    ChangesRequested,
    ContractDeclined,
    ContractSigned,
    OfferOpened,
)
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    Contract,
    ContractEvidence,
    ContractOffer,
    Milestone,
)
from guild.contracts.rules.evidence import CONSENT_LOCALE, CONSENT_VERSION, client_consent, moment
from guild.contracts.rules.terms import Terms, terms_from
from guild.contracts.schemas import ChangesIn, DeclineIn, OfferIn, SignIn
from guild.core.ids import MilestoneId, new_id
from guild.core.permissions import LinkGrant, contact_actor
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import AccessLink

CODES_PER_LINK_MAX: Final = 5
"""Codes mailed for one link: enough for slow mail, too few to flood a mailbox."""
NEW_LINK: Final = "Ask the freelancer to send you a new link."


async def note_opened(work: Work, grant: LinkGrant) -> None:
    """The client opened the offer: its first own act, never a mail scanner's GET.

    The grant comes from `members.open_link` in this same Work; from now on the client acts.
    """
    work.actor = contact_actor(grant)
    contract = await linked_contract(work, OFFER_LINK)
    offer = await current_offer(work, contract)
    await _note_opened(work, contract, offer)


async def _note_opened(work: Work, contract: Contract, offer: ContractOffer) -> None:
    if offer.opened_at is not None:
        return
    offer.opened_at = work.now
    await work.session.flush()
    await record(work, contract, "opened", await _link_details(work))
    await work.emit(OfferOpened(contract_id=contract.id, version=contract.version))


async def request_code(work: Work, seen: OfferIn) -> ContractOffer:
    """Mail a one-time code to the address of the link; an earlier code stops working.

    The tries of a link are not renewed by a new code: only a new link brings new ones.
    """
    contract, offer = await answerable(work, OFFER_LINK, seen)
    charter = await charter_at(work)
    await _note_opened(work, contract, offer)
    if offer.code_tries >= charter.contracts.otp_tries:
        raise CodeTriesUsedUp(mend=NEW_LINK)
    if offer.codes_sent >= CODES_PER_LINK_MAX:
        raise TooManyCodes(mend=NEW_LINK)
    code = f"{secrets.randbelow(10**6):06d}"
    minutes = charter.contracts.otp_minutes
    offer.code_sent_at = work.now
    offer.code_expires_at = work.now + timedelta(minutes=minutes)
    offer.code_hash = _code_hash(work, offer, code)
    offer.codes_sent += 1
    await work.session.flush()
    await record(work, contract, "code_sent", {"channel": "email", "address": offer.email})
    _, _, contact = await people(work, contract)
    mail_code(work, contract, contact, code, minutes)
    return offer


async def sign_contract(work: Work, data: SignIn) -> tuple[Contract, ContractEvidence]:
    """The client's signature: name, consent and code, over the very bytes that it saw.

    Raises StaleOffer, OfferExpired, ConsentMissing, NameMissing, CodeExpired, CodeWrong (counted),
    CodeTriesUsedUp. Makes the milestones; sealing follows as a job.
    """
    contract, offer = await answerable(work, OFFER_LINK, data)
    if not data.consent:
        raise ConsentMissing("Tick the box to give your consent.", field="consent")
    if not data.typed_name.strip():
        raise NameMissing("Type your full name.", field="typed_name")
    await _check_code(work, contract, offer, data.code)
    _, client, contact = await people(work, contract)
    terms = terms_from(msgspec.json.decode(offer.terms_json))
    CONTRACT_LIFECYCLE.move(contract, "sign")
    contract.signed_at = contract.updated_at = work.now
    contract.retain_until = await queries.retention_of(work, contract)
    _answered(work, offer, "signed")
    details = {
        "shown_sha256": offer.shown_sha256,
        "terms_sha256": offer.terms_sha256,
        "template_version": offer.template_version,
        "language": offer.language,
        "signature": {
            "side": "client",
            "typed_name": data.typed_name,
            "role": data.role,
            "name": contact.name,
            "email": offer.email,
            "identified": "link",
            "consent_text": client_consent(client.name),
            "consent_version": CONSENT_VERSION,
            "consent_locale": CONSENT_LOCALE,
            "otp": {
                "channel": "email",
                "result": "matched",
                "sent_at": moment(offer.code_sent_at),
                "confirmed_at": moment(work.now),
                "tries": offer.code_tries + 1,
            },
            **origin(work, data.time_zone),
            **await _link_details(work),
        },
    }
    offer.code_hash = None
    work.session.add_all(_milestones(contract, terms))
    evidence = await record(work, contract, "signed", details)
    await _tell_member(
        work, contract, "signed", f"{data.typed_name} signed “{contract.title}” for {client.name}."
    )
    await work.emit(
        ContractSigned(
            contract_id=contract.id,
            member_id=contract.member_id,
            client_id=contract.client_id,
            value_minor=contract.net_minor,
            currency=contract.currency,
        )
    )
    return contract, evidence


async def _check_code(work: Work, contract: Contract, offer: ContractOffer, code: str) -> None:
    """Pass with the right code; else count the try and refuse, keeping the count."""
    tries_max = (await charter_at(work)).contracts.otp_tries
    if offer.code_tries >= tries_max:
        raise CodeTriesUsedUp(mend=NEW_LINK)
    if offer.code_hash is None or offer.code_expires_at is None:
        raise CodeExpired(
            "There is no code to compare with.", field="code", mend="Send a new code."
        )
    if work.now > offer.code_expires_at:
        raise CodeExpired("The code has expired.", field="code", mend="Send a new code.")
    if hmac.compare_digest(offer.code_hash, _code_hash(work, offer, code)):
        return
    offer.code_tries += 1
    left = tries_max - offer.code_tries
    if left <= 0:
        offer.code_hash = None
    await work.session.flush()
    await record(
        work,
        contract,
        "code_refused",
        {"channel": "email", "result": "wrong", "tries": offer.code_tries, **origin(work)},
    )
    if left <= 0:
        await _tell_member(
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


def _code_hash(work: Work, offer: ContractOffer, code: str) -> bytes:
    """Keyed, and bound to the offer and the mail, because six digits are soon tried out."""
    purpose = f"contract_code:{offer.id}:{moment(offer.code_sent_at)}"
    return work.keyring.blind_index(code, purpose=purpose)


async def request_contract_changes(work: Work, data: ChangesIn) -> Contract:
    """The client wants another version; this one is void from now on."""
    contract, offer = await answerable(work, OFFER_LINK, data)
    await _note_opened(work, contract, offer)
    CONTRACT_LIFECYCLE.move(contract, "request_changes")
    contract.updated_at = work.now
    _answered(work, offer, "changes_requested", note=data.wishes)
    await record(
        work, contract, "changes_requested",
        {
            "shown_sha256": offer.shown_sha256, "wishes": data.wishes,
            **origin(work), **await _link_details(work),
        },
    )  # fmt: skip
    await _tell_member(work, contract, "changes requested", f"Your client wrote:\n\n{data.wishes}")
    await work.emit(
        ChangesRequested(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )
    return contract


async def decline_contract(work: Work, data: DeclineIn) -> Contract:
    """The client says no, with a reason; final."""
    contract, offer = await answerable(work, OFFER_LINK, data)
    await _note_opened(work, contract, offer)
    CONTRACT_LIFECYCLE.move(contract, "decline")
    contract.ended_at = contract.updated_at = work.now
    contract.ended_reason, contract.ended_note = data.reason, data.note or None
    _answered(work, offer, "declined", reason=data.reason, note=data.note)
    await record(
        work, contract, "declined",
        {
            "shown_sha256": offer.shown_sha256, "reason": data.reason, "note": data.note,
            **origin(work), **await _link_details(work),
        },
    )  # fmt: skip
    text = f"Your client declined (reason: {data.reason}). Nothing is published."
    await _tell_member(work, contract, "declined", f"{text}\n\n{data.note}".rstrip())
    await work.emit(
        ContractDeclined(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )
    return contract


def _answered(
    work: Work, offer: ContractOffer, answer: str, *, reason: str = "", note: str = ""
) -> None:
    offer.answered_at, offer.answer = work.now, answer
    offer.answer_reason, offer.answer_note = reason or None, note or None


async def _link_details(work: Work) -> dict[str, Any]:
    """What is known of the link: hash of its token, when it was sent and opened."""
    assert work.actor.link is not None, "the contract was found through the link"
    link = await work.session.get_one(AccessLink, work.actor.link.link_id)
    return {
        "token_sha256": link.token_hash.hex(),
        "link_sent_at": moment(link.created_at),
        "link_opened_at": moment(link.opened_at),
    }


async def _tell_member(work: Work, contract: Contract, subject: str, text: str) -> None:
    member, _, _ = await people(work, contract)
    mail_answer(work, contract, member, subject, text)


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

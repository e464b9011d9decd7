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
from guild.contracts.commands.remarks import add_remark
from guild.contracts.commands.signers import (
    acting_signer,
    ask_next,
    signers_of,
    stop_signers,
    waiting_words,
)
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
    SIGNER_LIFECYCLE,
    Contract,
    ContractEvidence,
    ContractOffer,
    ContractSigner,
    Milestone,
)
from guild.contracts.rules.evidence import (
    CONSENT_LOCALE,
    CONSENT_VERSION,
    approver_consent,
    client_consent,
    moment,
)
from guild.contracts.rules.terms import Terms, terms_from
from guild.contracts.schemas import ChangesIn, DeclineIn, OfferIn, SignIn
from guild.contracts.schemas.remarks import RemarkIn
from guild.core.ids import MilestoneId, new_id
from guild.core.permissions import LinkGrant, contact_actor
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import AccessLink, Contact

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
    await _note_opened(work, contract, offer, await acting_signer(work, contract, turn=False))


async def _note_opened(
    work: Work, contract: Contract, offer: ContractOffer, signer: ContractSigner
) -> None:
    """Her first own act is evidence; the offer counts as opened when the first of all comes."""
    if signer.opened_at is not None:
        return
    signer.opened_at = work.now
    first = offer.opened_at is None
    offer.opened_at = offer.opened_at or work.now
    await work.session.flush()
    await record(work, contract, "opened", {**await _link_details(work), "email": signer.email})
    if not first:
        return
    await work.emit(OfferOpened(contract_id=contract.id, version=contract.version))


async def request_code(work: Work, seen: OfferIn) -> ContractSigner:
    """Mail a one-time code to the address of the link; an earlier code stops working.

    The tries of a link are not renewed by a new code: only a new link brings new ones.
    """
    contract, offer = await answerable(work, OFFER_LINK, seen)
    signer = await acting_signer(work, contract)
    charter = await charter_at(work)
    await _note_opened(work, contract, offer, signer)
    if signer.code_tries >= charter.contracts.otp_tries:
        raise CodeTriesUsedUp(mend=NEW_LINK)
    if signer.codes_sent >= CODES_PER_LINK_MAX:
        raise TooManyCodes(mend=NEW_LINK)
    code = f"{secrets.randbelow(10**6):06d}"
    minutes = charter.contracts.otp_minutes
    signer.code_sent_at = work.now
    signer.code_expires_at = work.now + timedelta(minutes=minutes)
    signer.code_hash = _code_hash(work, signer, code)
    signer.codes_sent += 1
    await work.session.flush()
    await record(work, contract, "code_sent", {"channel": "email", "address": signer.email})
    contact = await work.session.get_one(Contact, signer.contact_id)
    mail_code(work, contract, contact, code, minutes)
    return signer


async def sign_contract(work: Work, data: SignIn) -> tuple[Contract, ContractEvidence]:
    """One person's signature: name, consent and code, over the very bytes that she saw.

    Raises StaleOffer, OfferExpired, NotYourTurn, AlreadyAnswered, ConsentMissing, NameMissing,
    CodeExpired, CodeWrong (counted), CodeTriesUsedUp. When enough have signed, the contract is
    signed: the milestones are made, and sealing follows as a job.
    """
    contract, offer = await answerable(work, OFFER_LINK, data)
    signer = await acting_signer(work, contract)
    if not data.consent:
        raise ConsentMissing("Tick the box to give your consent.", field="consent")
    if not data.typed_name.strip():
        raise NameMissing("Type your full name.", field="typed_name")
    await _check_code(work, contract, signer, data.code)
    _, client, _ = await people(work, contract)
    evidence = await record(
        work, contract, "signed", await _signature(work, offer, signer, data, client.name)
    )
    SIGNER_LIFECYCLE.move(signer, "sign")
    signer.signed_at, signer.code_hash = work.now, None
    await work.session.flush()
    if await ask_next(work, contract, offer):
        await _conclude(work, contract, offer)
    missing = waiting_words(await signers_of(work, contract))
    await _tell_member(
        work, contract, "signed",
        f"{data.typed_name} signed “{contract.title}” for {client.name}. {missing}",
    )  # fmt: skip
    return contract, evidence


async def _conclude(work: Work, contract: Contract, offer: ContractOffer) -> None:
    """Enough have signed: the contract is agreed."""
    terms = terms_from(msgspec.json.decode(offer.terms_json))
    CONTRACT_LIFECYCLE.move(contract, "sign")
    contract.signed_at = contract.updated_at = work.now
    contract.retain_until, contract.retain_rule = await queries.retention_of(work, contract)
    _answered(work, offer, "signed")
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
    work: Work, offer: ContractOffer, signer: ContractSigner, data: SignIn, client: str
) -> dict[str, Any]:
    """What the chain keeps of one signature."""
    consent = client_consent(client) if signer.role == "signer" else approver_consent(client)
    return {
        "shown_sha256": offer.shown_sha256,
        "terms_sha256": offer.terms_sha256,
        "template_version": offer.template_version,
        "language": offer.language,
        "signature": {
            "side": "client",
            "part": signer.role,
            "rank": signer.rank,
            "typed_name": data.typed_name,
            "role": data.role,
            "name": signer.name,
            "email": signer.email,
            "identified": "link",
            "consent_text": consent,
            "consent_version": CONSENT_VERSION,
            "consent_locale": CONSENT_LOCALE,
            "otp": {
                "channel": "email",
                "result": "matched",
                "sent_at": moment(signer.code_sent_at),
                "confirmed_at": moment(work.now),
                "tries": signer.code_tries + 1,
            },
            **origin(work, data.time_zone),
            **await _link_details(work),
        },
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
    if hmac.compare_digest(signer.code_hash, _code_hash(work, signer, code)):
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


def _code_hash(work: Work, signer: ContractSigner, code: str) -> bytes:
    """Keyed, and bound to the person and the mail, because six digits are soon tried out."""
    purpose = f"contract_code:{signer.id}:{moment(signer.code_sent_at)}"
    return work.keyring.blind_index(code, purpose=purpose)


async def request_contract_changes(work: Work, data: ChangesIn) -> Contract:
    """The client wants another version; this one is void from now on."""
    contract, offer = await answerable(work, OFFER_LINK, data)
    signer = await acting_signer(work, contract)
    await _note_opened(work, contract, offer, signer)
    about = RemarkIn(text=data.wishes, clause=data.clause)
    said = await add_remark(
        work, contract, about, side="client", name=signer.name, wants_change=True
    )
    CONTRACT_LIFECYCLE.move(contract, "request_changes")
    contract.updated_at = work.now
    _answered(work, offer, "changes_requested", note=data.wishes)
    await record(
        work, contract, "changes_requested",
        {
            "shown_sha256": offer.shown_sha256, "wishes": data.wishes, "clause": said.clause,
            **origin(work), **await _link_details(work),
        },
    )  # fmt: skip
    text = f"{signer.name} asked for changes; what was signed is void. A new version comes by mail."
    await stop_signers(work, contract, "changes are asked for", text, but=signer)
    await _tell_member(
        work,
        contract,
        "changes requested",
        f"Your client wrote about “{said.heading}”:\n\n{data.wishes}",
    )
    await work.emit(
        ChangesRequested(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )
    return contract


async def decline_contract(work: Work, data: DeclineIn) -> Contract:
    """The client says no, with a reason; final."""
    contract, offer = await answerable(work, OFFER_LINK, data)
    signer = await acting_signer(work, contract)
    await _note_opened(work, contract, offer, signer)
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
    text = f"{signer.name} declined (reason: {data.reason}). Nothing is agreed or published."
    await stop_signers(work, contract, "declined", text, but=signer)
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

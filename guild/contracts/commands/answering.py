"""Answering through the personal link: open, ask for a code, ask for changes, decline."""

import secrets
from datetime import timedelta
from typing import Any, Final

from guild.contracts.access import OFFER_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import mail_answer, mail_code
from guild.contracts.commands.loading import answerable, current_offer, linked_contract, people
from guild.contracts.commands.remarks import add_remark
from guild.contracts.commands.signers import (
    acting_signer,
    stop_signers,
)
from guild.contracts.errors import (
    CodeTriesUsedUp,
    TooManyCodes,
)
from guild.contracts.events import (
    ChangesRequested,
    ContractDeclined,
    OfferOpened,
)
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    Contract,
    ContractOffer,
    ContractSigner,
)
from guild.contracts.rules.evidence import moment
from guild.contracts.rules.letters import Phrase
from guild.contracts.schemas import ChangesIn, DeclineIn, OfferIn
from guild.contracts.schemas.remarks import RemarkIn
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
    await record(work, contract, "opened", {**await link_details(work), "email": signer.email})
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
    signer.code_hash = code_hash(work, signer, code)
    signer.codes_sent += 1
    await work.session.flush()
    await record(work, contract, "code_sent", {"channel": "email", "address": signer.email})
    contact = await work.session.get_one(Contact, signer.contact_id)
    mail_code(work, contract, contact, code, minutes)
    return signer


def code_hash(work: Work, signer: ContractSigner, code: str) -> bytes:
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
    mark_answered(work, offer, "changes_requested", note=data.wishes)
    await record(
        work, contract, "changes_requested",
        {
            "shown_sha256": offer.shown_sha256, "wishes": data.wishes, "clause": said.clause,
            **origin(work), **await link_details(work),
        },
    )  # fmt: skip
    await stop_signers(work, contract, "changes", but=signer, signer=signer.name)
    await tell_member(
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
    mark_answered(work, offer, "declined", reason=data.reason, note=data.note)
    await record(
        work, contract, "declined",
        {
            "shown_sha256": offer.shown_sha256, "reason": data.reason, "note": data.note,
            **origin(work), **await link_details(work),
        },
    )  # fmt: skip
    await stop_signers(
        work, contract, "declined", but=signer, signer=signer.name, reason=Phrase(data.reason)
    )
    text = f"{signer.name} declined (reason: {data.reason}). Nothing is agreed or published."
    await tell_member(work, contract, "declined", f"{text}\n\n{data.note}".rstrip())
    await work.emit(
        ContractDeclined(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )
    return contract


def mark_answered(
    work: Work, offer: ContractOffer, answer: str, *, reason: str = "", note: str = ""
) -> None:
    """Write on the offer how it fared."""
    offer.answered_at, offer.answer = work.now, answer
    offer.answer_reason, offer.answer_note = reason or None, note or None


async def link_details(work: Work) -> dict[str, Any]:
    """What is known of the link: hash of its token, when it was sent and opened."""
    assert work.actor.link is not None, "the contract was found through the link"
    link = await work.session.get_one(AccessLink, work.actor.link.link_id)
    return {
        "token_sha256": link.token_hash.hex(),
        "link_sent_at": moment(link.created_at),
        "link_opened_at": moment(link.opened_at),
    }


async def tell_member(work: Work, contract: Contract, subject: str, text: str) -> None:
    """Mail the member what the client did."""
    member, _, _ = await people(work, contract)
    mail_answer(work, contract, member, subject, text)

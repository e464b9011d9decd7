"""While an offer waits: reminders, a longer time to answer, and a new link on request."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from guild.contracts import access
from guild.contracts.access import DELIVERY_LINK, OFFER_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import (
    contact_of,
    mail_answer,
    mail_offer_reminder,
    mail_renewed,
)
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import (
    current_offer,
    linked_contract,
    locked,
    own_contract,
    people,
)
from guild.contracts.commands.signers import acting_signer, mail_link, signers_of
from guild.contracts.errors import (
    ContractNotFound,
    ExtensionNotAsked,
    TooManyExtensions,
    TooManyLinks,
)
from guild.contracts.models import Contract, ContractSigner
from guild.contracts.rules.deadlines import deadline
from guild.contracts.rules.evidence import moment
from guild.contracts.rules.signers import offer_reminders_due
from guild.core.errors import IllegalMove
from guild.core.ids import ContractId, SignerId
from guild.core.mail import Mail
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members import commands as members
from guild.members.models import AccessLink, Contact
from guild.members.queries import KnownAs

RENEWED_MAX: Final = 5
RENEWED_GAP: Final = timedelta(minutes=5)
EXTENSIONS_MAX: Final = 3
"""Longer and longer is a no that nobody says."""


async def remind_signer(work: Work, signer_id: SignerId, due: int) -> None:
    """Remind one person once for each step; whoever has answered is left alone (may run twice)."""
    contract_of = select(ContractSigner.contract_id).where(ContractSigner.id == signer_id)
    contract = await locked(
        work,
        (Contract.id == contract_of.scalar_subquery()) & access.visible_to(work.actor),
    )
    if contract is None or contract.state != "sent":
        return
    signer = next((one for one in await signers_of(work, contract) if one.id == signer_id), None)
    if signer is None or signer.state != "asked" or signer.asked_at is None:
        return
    offer = await current_offer(work, contract)
    reached = offer_reminders_due(signer.asked_at, offer.answer_by, work.now)
    if signer.reminders_sent >= min(due, reached):
        return
    signer.reminders_sent = reached
    member, _, _ = await people(work, contract)
    contact = await contact_of(work, signer)
    mail_offer_reminder(work, contract, member, contact, offer.answer_by)


async def ask_for_extension(work: Work) -> Contract:
    """The client wants more time; one click, before the time is over or after."""
    contract = await linked_contract(work, OFFER_LINK)
    signer = await acting_signer(work, contract, turn=False)
    if contract.state not in {"sent", "expired"} or signer.role in {"viewer", "copy"}:
        raise IllegalMove("Only an offer that waits, or has expired, can be given more time.")
    offer = await current_offer(work, contract)
    if offer.extension_asked_at is not None:
        return contract
    if offer.extensions >= EXTENSIONS_MAX:
        raise TooManyExtensions(mend="Ask the freelancer for a new offer.")
    offer.extension_asked_at = work.now
    await record(work, contract, "extension_asked", {"by": signer.email, **origin(work)})
    member, _, _ = await people(work, contract)
    text = f"{signer.name} asks for more time to answer “{contract.title}”. One click grants it."
    mail_answer(work, contract, member, "more time is asked for", text)
    return contract


async def grant_extension(work: Work, contract_id: ContractId) -> Contract:
    """Give the client the charter's days again, counted from now; an expired offer waits again.

    Raises ExtensionNotAsked: nobody is given time that she did not want.
    """
    contract = await own_contract(work, contract_id)
    if contract.state != "sent":
        raise IllegalMove("Only an offer that waits can be given more time.", state=contract.state)
    offer = await current_offer(work, contract)
    if offer.extension_asked_at is None:
        raise ExtensionNotAsked(mend="Wait until the client asks, or send a new offer.")
    _, client, _ = await people(work, contract)
    charter = await charter_at(work)
    offer.answer_by = max(
        offer.answer_by, deadline(work.now, charter.contracts.offer_valid_days, client.country)
    )
    offer.extension_asked_at = None
    offer.extensions += 1
    await work.session.flush()
    await record(work, contract, "extended", {"answer_by": moment(offer.answer_by)})
    for one in await signers_of(work, contract):
        if one.state == "asked":
            one.reminders_sent, one.asked_at = 0, work.now
            await mail_link(work, contract, offer, one, renewed=True)
    return contract


async def renew_link(work: Work, token: str) -> None:
    """Mail a new link to the address that an old one went to. Says nothing about the token.

    Whoever holds the old link, even passed on, only makes a mail go to its addressee, and that
    not more often than every five minutes and five times a day.
    """
    link = await members.link_to_renew(work, token)
    if link is None or link.purpose not in (OFFER_LINK, DELIVERY_LINK):
        return
    contract = await locked(work, Contract.id == link.subject_id)
    if contract is None or await _often_renewed(work, link):
        return
    contact = await work.session.get_one(Contact, link.contact_id)
    hours = (await charter_at(work)).contracts.link_hours
    if link.purpose == DELIVERY_LINK:
        if contract.state in {"signed", "terminated"} and contract.contact_id == contact.id:
            fresh, _ = await new_link(work, contract, contact.id, DELIVERY_LINK, hours)
            mail_renewed(work, contract, contact, f"/deliveries/{fresh}")
        return
    one = next((one for one in await signers_of(work, contract) if one.link_id == link.id), None)
    if contract.state == "sent" and one is not None and one.state == "asked":
        try:
            await mail_link(work, contract, await current_offer(work, contract), one, renewed=True)
        except TooManyLinks:
            return
    elif contract.signed_at is not None and await _still_reads(work, contract, link):
        fresh, _ = await new_link(work, contract, contact.id, OFFER_LINK, hours)
        mail_renewed(work, contract, contact, f"/offers/{fresh}")


async def mail_awaited_offer(work: Work, known: Sequence[KnownAs], contract_id: ContractId) -> None:
    """Mail whoever holds the link to all her link to an offer that she is asked to sign.

    A signature needs the offer's own link, because the chain of evidence says that it was mailed.
    As seldom as `renew_link`; raises ContractNotFound for what is not asked of her.
    """
    hers = [one.contact_id for one in known]
    contract = await locked(
        work,
        (Contract.id == contract_id)
        & Contract.client_id.in_([one.client_id for one in known])
        & (Contract.state == "sent"),
    )
    asked = [] if contract is None else [
        one for one in await signers_of(work, contract)
        if one.state == "asked" and one.contact_id in hers
    ]  # fmt: skip
    if contract is None or not asked:
        raise ContractNotFound
    (signer,) = asked
    link = await work.session.get(AccessLink, signer.link_id) if signer.link_id else None
    if link is not None and await _often_renewed(work, link):
        return
    await mail_link(work, contract, await current_offer(work, contract), signer, renewed=True)


async def _still_reads(work: Work, contract: Contract, link: AccessLink) -> bool:
    """Whether the person of a link has a part in the contract that was signed."""
    return any(
        one.contact_id == link.contact_id and one.state != "delegated"
        for one in await signers_of(work, contract)
    )


async def _often_renewed(work: Work, link: AccessLink) -> bool:
    """Whether this person got a link about this just now, or often today."""
    sent = await work.session.scalars(
        select(AccessLink.created_at).where(
            AccessLink.subject_id == link.subject_id,
            AccessLink.contact_id == link.contact_id,
            AccessLink.created_at > work.now - timedelta(days=1),
        )
    )
    times = list(sent)
    return len(times) >= RENEWED_MAX or any(work.now - at < RENEWED_GAP for at in times)


async def note_bounce(work: Work, address: str, reason: str) -> int:
    """A mail to this address came back: a visible state on each offer that waits for it.

    Returns how many offers were marked. The member hears of it once for each link.
    """
    rows = await work.session.scalars(
        select(ContractSigner.contract_id)
        .where(
            ContractSigner.state.in_(("asked", "informed")),
            func.lower(ContractSigner.email) == address.lower(),
        )
        .distinct()
        .order_by(ContractSigner.contract_id)
    )
    marked = 0
    for contract_id in rows.all():
        contract = await locked(work, Contract.id == contract_id)
        if contract is None or contract.state != "sent":
            continue
        for one in await signers_of(work, contract):
            if one.email.lower() != address.lower() or one.bounced_at:
                continue
            if one.state not in {"asked", "informed"}:
                continue
            one.bounced_at = work.now
            marked += 1
            await record(work, contract, "mail_bounced", {"email": one.email, "reason": reason})
            member, _, _ = await people(work, contract)
            text = f"The mail to {one.name} ({one.email}) came back. Check the address."
            mail_answer(work, contract, member, "the mail came back", text)
    return marked


async def find_refused_links(work: Work) -> int:
    """Mark the people whose link the mail server would not take; returns how many."""
    rows = await work.session.execute(
        select(ContractSigner.email, Mail.refused)
        .join(Mail, Mail.id == ContractSigner.link_mail_id)
        .where(
            ContractSigner.state.in_(("asked", "informed")),
            ContractSigner.bounced_at.is_(None),
            Mail.refused.is_not(None),
        )
        .limit(200)
    )
    found = 0
    for address, refused in rows.all():
        found += await note_bounce(work, address, f"The mail server {refused}")
    return found

"""Offering: the member signs by sending, and the client alone gets the link."""

from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import select

from guild.contracts import queries
from guild.contracts.commands.amended import amended_minor
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.loading import current_offer, locked, own_contract, people
from guild.contracts.commands.signers import (
    freeze_signers,
    mail_link,
    signers_of,
    stop_signers,
)
from guild.contracts.commands.stronger import (
    close_signed,
    freeze_request,
    open_sending,
    passkey_details,
    signed_manifest,
)
from guild.contracts.errors import (
    ConsentMissing,
    ContractNotFound,
    FloorRate,
    LevelTooLow,
    NameMissing,
    OfferExpired,
    ProtectionsMissing,
    SameAddress,
)
from guild.contracts.events import ContractOffered, ContractWithdrawn
from guild.contracts.models import CONTRACT_LIFECYCLE, Contract, ContractOffer, SignatureRequest
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.consent import CONSENT_VERSION, consent_locale, consent_text
from guild.contracts.rules.deadlines import deadline, end_of
from guild.contracts.rules.evidence import moment
from guild.contracts.rules.levels import suffices
from guild.contracts.rules.shown import shown_bytes, template_version
from guild.contracts.rules.terms import Terms, terms_bytes, terms_from
from guild.contracts.schemas import FindingOut, SendIn, WithdrawIn
from guild.contracts.schemas.signing import PrepareSendingIn
from guild.core.errors import IllegalMove, Invalid, StaleVersion
from guild.core.ids import ContractId, MemberId, OfferId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members import commands as members
from guild.members.models import Contact, Member, Organisation

ANSWER_DAYS_MAX: Final = 90


async def send_contract(work: Work, contract_id: ContractId, data: SendIn) -> Contract:
    """Sign for the member, freeze the exact bytes, and mail the client its personal link.

    Raises StaleVersion, ConsentMissing, SameAddress, ProtectionsMissing (`findings` in the
    facts), IllegalMove. The fund's reaction sets the guarantee in the same transaction.
    """
    contract = await own_contract(work, contract_id)
    if data.version != contract.version:
        raise StaleVersion("You looked at another version.", current_version=contract.version)
    if not data.consent:
        raise ConsentMissing("Say that you sign the contract by sending it.", field="consent")
    if not data.typed_name.strip():
        raise NameMissing(field="typed_name")
    member, client, contact = await people(work, contract)
    if contact.email.lower() == member.email.lower():
        raise SameAddress("The offer would go to your own address.", field="contact_id")
    checks = await queries.checks_of(work, contract)
    if CONTRACT_LIFECYCLE.may(contract.state, "send") and not checks.may_be_sent:
        missing = [f for f in checks.findings if f.outcome == "missing"]
        _refuse_below_floor(missing)
        raise ProtectionsMissing(
            missing[0].sentence,
            mend=missing[0].mend,
            field=missing[0].field,
            findings=[msgspec.to_builtins(finding) for finding in missing],
        )
    CONTRACT_LIFECYCLE.move(contract, "send")
    offer = await _freeze(
        work, contract, data, country=client.country, contact=contact, checks=checks
    )
    value_minor = contract.net_minor - await amended_minor(work, contract)
    if value_minor > 0:  # an amendment asks the fund for what it adds, if it adds anything
        await work.emit(
            ContractOffered(
                contract_id=contract.id,
                member_id=contract.member_id,
                client_id=contract.client_id,
                value_minor=value_minor,
                currency=contract.currency,
            )
        )
    signature = await _signature(work, contract, offer, data, member=member, client=client)
    await record(work, contract, "sent", {**_sent_details(contract, offer), "signature": signature})
    await freeze_signers(work, contract, offer)
    return contract


def _refuse_below_floor(missing: list[FindingOut]) -> None:
    """409 with the sum, when the charter makes the floor binding and no rep has waived it."""
    for finding in missing:
        if finding.rule.startswith("floor/"):
            raise FloorRate(
                finding.sentence, mend=finding.mend, field=finding.field, source=finding.source
            )


async def _freeze(
    work: Work, contract: Contract, data: SendIn, *, country: str, contact: Contact,
    checks: queries.ChecksOut,
) -> ContractOffer:  # fmt: skip
    charter = await charter_at(work)
    days = charter.contracts.offer_valid_days
    answer_by = (
        end_of(data.answer_by, country) if data.answer_by else deadline(work.now, days, country)
    )
    if not work.now < answer_by <= work.now + timedelta(days=ANSWER_DAYS_MAX + 7):
        raise Invalid(
            "The answer-by day must lie ahead.", field="answer_by",
            mend=f"Choose a day within the next {ANSWER_DAYS_MAX} days.",
        )  # fmt: skip
    terms = terms_from(contract.terms)
    frozen = terms_bytes(terms)
    shown = _shown(work, contract, terms)
    offer = ContractOffer(
        id=OfferId(new_id()),
        contract_id=contract.id,
        version=contract.version,
        terms_json=frozen,
        terms_sha256=sha256(frozen),
        shown_html=shown,
        shown_sha256=sha256(shown),
        template_version=template_version(),
        language=terms.language,
        findings=[msgspec.to_builtins(finding) for finding in checks.findings],
        rules=[msgspec.to_builtins(rule) for rule in checks.rules],
        charter_version=charter.version,
        contact_id=contact.id,
        email=contact.email,
        sent_at=work.now,
        answer_by=answer_by,
        member_name_typed=data.typed_name,
        signature_level=charter.signing.level(contract.net_minor, contract.currency),
        extensions=0,
    )
    work.session.add(offer)
    contract.sent_at = contract.updated_at = work.now
    contract.charter_version = charter.version
    await work.session.flush()
    return offer


def _sent_details(contract: Contract, offer: ContractOffer) -> dict[str, object]:
    return {
        "shown_sha256": offer.shown_sha256,
        "terms_sha256": offer.terms_sha256,
        "template_version": offer.template_version,
        "language": offer.language,
        "charter_version": offer.charter_version,
        "signature_level": offer.signature_level,
        "rules": offer.rules,
        "paper_sha256": contract.paper_sha256,
        "answer_by": moment(offer.answer_by),
        "guaranteed": contract.guaranteed,
        "guarantee_reasons": list(contract.guarantee_reasons),
    }


async def prepare_sending(
    work: Work, contract_id: ContractId, data: PrepareSendingIn
) -> SignatureRequest:
    """Take the member's name and consent, and freeze what her passkey is to sign.

    Raises StaleVersion, ConsentMissing, IllegalMove. The draft must not change afterwards.
    """
    contract = await own_contract(work, contract_id)
    if data.version != contract.version:
        raise StaleVersion("You looked at another version.", current_version=contract.version)
    if not data.consent:
        raise ConsentMissing("Say that you sign the contract by sending it.", field="consent")
    if not CONTRACT_LIFECYCLE.may(contract.state, "send"):
        raise IllegalMove("Only a draft is signed and sent.", state=contract.state)
    member, client, _ = await people(work, contract)
    terms = terms_from(contract.terms)
    shown = _shown(work, contract, terms)
    signature = _spoken(work, member, client.name, data.typed_name, "advanced")
    return await freeze_request(
        work, contract, level="advanced", shown_sha256=sha256(shown), signer_id=None,
        details={
            "shown_sha256": sha256(shown), "terms_sha256": sha256(terms_bytes(terms)),
            "template_version": template_version(), "language": terms.language,
            "signature": signature,
        },
    )  # fmt: skip


async def _signature(
    work: Work, contract: Contract, offer: ContractOffer, data: SendIn, *, member: Member,
    client: Organisation,
) -> dict[str, Any]:  # fmt: skip
    """The member's signature as the chain keeps it; with her passkey where the value asks for it.

    Who proves identities at the client's side is no matter of the member's: the house knows her.
    """
    if data.assertion is None:
        if not suffices("simple", offer.signature_level):
            raise LevelTooLow(
                "At this value the charter asks for your passkey as well.",
                mend="Register a passkey in your account, and sign with it.",
                needed="advanced",
            )
        return _spoken(work, member, client.name, data.typed_name, "simple")
    request = await open_sending(work, contract)
    if request.shown_sha256 != offer.shown_sha256 or request.said["typed_name"] != data.typed_name:
        raise StaleVersion(
            "The draft is not the one that you prepared to sign.",
            mend="Look at it again and begin the signature anew.",
        )
    used = await members.use_passkey(work, data.assertion, bytes.fromhex(request.manifest_sha256))
    close_signed(work, request)
    return {
        **request.said, **signed_manifest(request),
        "passkey": passkey_details(data.assertion, used),
    }  # fmt: skip


def _spoken(work: Work, member: Member, client: str, typed_name: str, level: str) -> dict[str, Any]:
    """What a member says when she signs by sending."""
    return {
        "side": "member",
        "level": level,
        "typed_name": typed_name,
        "email": member.email,
        "identified": "session",
        "consent_text": consent_text("member", client, member.language),
        "consent_version": CONSENT_VERSION,
        "consent_locale": consent_locale(member.language),
        **origin(work),
    }


def _shown(work: Work, contract: Contract, terms: Terms) -> bytes:
    return shown_bytes(
        terms, number=contract.number, version=contract.version, coop=work.settings.coop.name
    )


async def resend_link(work: Work, contract_id: ContractId) -> Contract:
    """Mail a new link to each who is asked, at the same address; the earlier ones end.

    Raises TooManyLinks.
    """
    contract = await own_contract(work, contract_id)
    if not CONTRACT_LIFECYCLE.may(contract.state, "sign"):
        raise IllegalMove("Only an offer that waits for its answer has a link.")
    offer = await current_offer(work, contract)
    if work.now > offer.answer_by:
        raise OfferExpired(mend="Draft the contract again and send it with a new date.")
    for signer in await signers_of(work, contract):
        if signer.state == "asked":
            await mail_link(work, contract, offer, signer, renewed=True)
    return contract


async def withdraw_contract(work: Work, contract_id: ContractId, data: WithdrawIn) -> Contract:
    """Take a draft or an unanswered offer back; the client's link then says so."""
    contract = await own_contract(work, contract_id)
    await withdraw_waiting(work, contract, data.note)
    return contract


async def withdraw_all_of(work: Work, member_id: MemberId) -> None:
    """Take back what somebody who is no longer a member has drafted and offered.

    Nobody can sign with her any more; what is signed already stays as it is.
    """
    waiting = await work.session.scalars(
        select(Contract)
        .where(
            Contract.member_id == member_id,
            Contract.state.in_(("draft", "sent", "changes_requested")),
        )
        .order_by(Contract.id)
        .with_for_update()
    )
    for contract in waiting.all():
        await withdraw_waiting(work, contract, "The membership has ended.")


async def withdraw_waiting(work: Work, contract: Contract, note: str) -> None:
    """Withdraw a contract that this Work has locked; the client hears of it if it was sent."""
    former = CONTRACT_LIFECYCLE.move(contract, "withdraw")
    contract.ended_at = contract.updated_at = work.now
    contract.ended_reason, contract.ended_note = "withdrawn", note or None
    await record(work, contract, "withdrawn", {"note": note, "former_state": former})
    if former == "sent":
        member, _, _ = await people(work, contract)
        await stop_signers(work, contract, "withdrawn", member=member.display_name)
    await work.emit(
        ContractWithdrawn(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )


async def set_guarantee(
    work: Work,
    contract_id: ContractId,
    guaranteed: bool,  # noqa: FBT001 -- the fund calls it by position, as agreed
    reasons: list[str],
) -> None:
    """The fund's answer to an offer, in the transaction of the offer (called by its reaction)."""
    contract = await locked(work, Contract.id == contract_id)
    if contract is None:
        raise ContractNotFound
    contract.guaranteed, contract.guarantee_reasons = guaranteed, list(reasons)
    await work.session.flush()

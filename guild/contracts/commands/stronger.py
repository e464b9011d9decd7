"""Stronger signatures: what a person gave is frozen into the chain, and the chain is signed.

The SHA-256 of the manifest (every entry of the chain so far, the person's own words last) is the
challenge of her passkey, or what her provider of identities answers for. So the signature covers
who said what, over which bytes, and all that had been recorded before.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from guild.contracts.access import OFFER_LINK
from guild.contracts.commands.chain import chain_of, record
from guild.contracts.commands.loading import answerable, current_offer, locked
from guild.contracts.commands.signers import acting_signer, signers_of
from guild.contracts.commands.signing import documents_signed, proved, sign_for
from guild.contracts.eid.interface import EidAnswer
from guild.contracts.eid.signed import provider_of
from guild.contracts.errors import EidAnswerStrange, EidNotOffered, NothingPrepared
from guild.contracts.models import (
    REQUEST_LIFECYCLE,
    Contract,
    ContractEvidence,
    ContractOffer,
    ContractSigner,
    SignatureRequest,
)
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.evidence import manifest
from guild.contracts.rules.levels import PREPARED
from guild.contracts.schemas.signing import PrepareIn
from guild.core.ids import SignatureRequestId, SignerId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members import commands as members
from guild.members.commands import UsedPasskey
from guild.members.models import Passkey
from guild.members.schemas.passkeys import AssertionIn, NewPasskeyIn

AGAIN = "Begin again: name, consent and a new code; then sign within the time."


async def prepare_signature(work: Work, data: PrepareIn) -> SignatureRequest:
    """Take name, consent and code, and freeze what her passkey or provider is to sign.

    An earlier one of hers is worth nothing any more. Raises what `sign_contract` raises, and
    EidNotOffered.
    """
    if data.level == "eid" and provider_of(work.settings) is None:
        raise EidNotOffered(mend="Sign with a passkey, or ask the co-op.")
    contract, offer, signer, signature = await proved(work, data, data.level)
    details = {**documents_signed(offer), "signature": signature}
    return await freeze_request(
        work, contract, level=data.level, shown_sha256=offer.shown_sha256, details=details,
        signer_id=signer.id,
    )  # fmt: skip


async def freeze_request(
    work: Work, contract: Contract, *, level: str, shown_sha256: str, details: dict[str, Any],
    signer_id: SignerId | None,
) -> SignatureRequest:  # fmt: skip
    """Append what was said to the chain, and keep the hash of the chain's manifest to be signed."""
    former = await _open(work, contract, signer_id)
    if former is not None:
        _close(work, former, "replace")
        await work.session.flush()
    await record(work, contract, PREPARED, details)
    chain = await chain_of(work, contract)
    minutes = (await charter_at(work)).signing.request_minutes
    request = SignatureRequest(
        id=SignatureRequestId(new_id()),
        contract_id=contract.id,
        version=contract.version,
        signer_id=signer_id,
        level=level,
        said=details["signature"],
        shown_sha256=shown_sha256,
        manifest_sha256=sha256(manifest([entry.body for entry in chain])),
        entries=len(chain),
        state=REQUEST_LIFECYCLE.initial,
        asked_at=work.now,
        expires_at=work.now + timedelta(minutes=minutes),
    )
    work.session.add(request)
    await work.session.flush()
    return request


async def ask_contact_passkey(work: Work, label: str) -> tuple[Passkey, str]:
    """Options for a new passkey of the person whose link this is, once her code has matched."""
    await _prepared(work, "advanced")
    return await members.ask_passkey(work, label)


async def register_contact_passkey(work: Work, data: NewPasskeyIn) -> Passkey:
    """Keep her new passkey, and note in the chain that it came in this session."""
    contract, _, signer, _ = await _prepared(work, "advanced")
    key = await members.register_passkey(work, data)
    assert key.credential_id is not None, "it was registered just now"
    said = {"email": signer.email, "credential_id": encoded(key.credential_id)}
    await record(work, contract, "passkey_registered", {**said, "synced": key.synced})
    return key


async def sign_with_passkey(work: Work, data: AssertionIn) -> tuple[Contract, ContractEvidence]:
    """A passkey's signature over the prepared manifest. Raises NothingPrepared, PasskeyRefused.

    It is used up by this: the same answer a second time finds nothing that waits.
    """
    contract, offer, signer, request = await _prepared(work, "advanced")
    used = await members.use_passkey(work, data, bytes.fromhex(request.manifest_sha256))
    _close(work, request, "sign")
    signature = {**request.said, **signed_manifest(request), "passkey": passkey_details(data, used)}
    return contract, await sign_for(work, contract, offer, signer, signature)


def signed_manifest(request: SignatureRequest) -> dict[str, Any]:
    """Which manifest was signed: that of the first so many entries of the chain."""
    return {"manifest": {"sha256": request.manifest_sha256, "entries": request.entries}}


def passkey_details(data: AssertionIn, used: UsedPasskey) -> dict[str, Any]:
    """All that anybody needs to verify the passkey's signature again, without us."""
    return {
        "credential_id": encoded(used.credential_id),
        "public_key_cose": encoded(used.public_key),
        "client_data_json": data.response.client_data,
        "authenticator_data": data.response.authenticator_data,
        "signature": data.response.signature,
        "registered_at": used.registered_at,
        "synced": used.synced,
    }


def encoded(raw: bytes) -> str:
    """base64url without padding, as Web Authentication writes bytes."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


async def take_eid_answer(work: Work, headers: Mapping[str, str], body: bytes) -> EidAnswer:
    """Sign, or note the refusal, as the provider says; the same answer again changes nothing.

    Raises EidAnswerRefused (not the provider's, or old), EidAnswerStrange (nothing fits).
    """
    provider = provider_of(work.settings)
    if provider is None:
        raise EidNotOffered
    answer = provider.read(headers, body, work.now)
    contract_of = select(SignatureRequest.contract_id).where(
        SignatureRequest.id == answer.session, SignatureRequest.level == "eid"
    )
    contract = await locked(work, Contract.id == contract_of.scalar_subquery())
    if contract is None:
        raise EidAnswerStrange("No signature of this session was asked for.")
    request = await _locked_request(work, answer.session)
    if request.manifest_sha256 != answer.manifest_sha256:
        raise EidAnswerStrange("The answer is about another document.")
    if request.state == ("signed" if answer.status == "signed" else "refused"):
        return answer
    signer = next(
        (one for one in await signers_of(work, contract) if one.id == request.signer_id), None
    )
    fits = contract.state == "sent" and request.version == contract.version
    if request.state != "open" or not fits or signer is None or signer.state != "asked":
        raise EidAnswerStrange("The signature does not wait any more.", state=request.state)
    if answer.status == "refused":
        _close(work, request, "refuse")
        said = {"provider": answer.provider, "email": signer.email, "level": "eid"}
        await record(work, contract, "eid_refused", said)
        return answer
    offer = await current_offer(work, contract)
    if work.now > min(request.expires_at, offer.answer_by):
        raise EidAnswerStrange("The time to sign is over.", mend="The person begins again.")
    _close(work, request, "sign")
    signature = {**request.said, **signed_manifest(request), "eid": _eid_details(answer)}
    await sign_for(work, contract, offer, signer, signature)
    return answer


def _eid_details(answer: EidAnswer) -> dict[str, Any]:
    return {
        "provider": answer.provider,
        "name": answer.name,
        "subject": answer.subject,
        "assurance": answer.assurance,
        "signature": answer.signature,
    }


async def _prepared(
    work: Work, level: str
) -> tuple[Contract, ContractOffer, ContractSigner, SignatureRequest]:
    """What the person of this link has prepared and may still sign, all locked."""
    contract, offer = await answerable(work, OFFER_LINK, None)
    signer = await acting_signer(work, contract)
    request = await _open(work, contract, signer.id)
    if request is None or request.level != level or request.version != contract.version:
        raise NothingPrepared(mend=AGAIN)
    if request.shown_sha256 != offer.shown_sha256 or request.expires_at <= work.now:
        raise NothingPrepared("The time to sign is over.", mend=AGAIN)
    return contract, offer, signer, request


async def _open(
    work: Work, contract: Contract, signer_id: SignerId | None
) -> SignatureRequest | None:
    found: SignatureRequest | None = await work.session.scalar(
        select(SignatureRequest)
        .where(
            SignatureRequest.contract_id == contract.id,
            SignatureRequest.signer_id.is_not_distinct_from(signer_id),
            SignatureRequest.state == "open",
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


async def open_sending(work: Work, contract: Contract) -> SignatureRequest:
    """What the member has prepared to send, locked. Raises NothingPrepared."""
    request = await _open(work, contract, None)
    if request is None or request.version != contract.version or request.expires_at <= work.now:
        raise NothingPrepared(mend="Begin the signature again from the draft.")
    return request


def close_signed(work: Work, request: SignatureRequest) -> None:
    """The prepared signature was given."""
    _close(work, request, "sign")


async def _locked_request(work: Work, request_id: SignatureRequestId) -> SignatureRequest:
    return await work.session.get_one(
        SignatureRequest, request_id, with_for_update=True, populate_existing=True
    )


def _close(work: Work, request: SignatureRequest, how: str) -> None:
    REQUEST_LIFECYCLE.move(request, how)
    request.closed_at = work.now

"""A prepared signature, and what the browser or the provider is asked to do with it."""

from sqlalchemy import select

from guild.contracts import access
from guild.contracts.access import OFFER_LINK
from guild.contracts.eid.interface import EidOrder
from guild.contracts.eid.signed import provider_of
from guild.contracts.errors import EidNotOffered, NothingPrepared
from guild.contracts.models import Contract, SignatureRequest
from guild.contracts.queries.signers import reading_signer
from guild.contracts.queries.views import linked_row
from guild.core.ids import ContractId
from guild.core.work import Work
from guild.members.models import Contact
from guild.members.queries import sign_options


async def open_request(work: Work, level: str) -> SignatureRequest:
    """What the person of the link has prepared and may still sign. Raises NothingPrepared."""
    contract = await linked_row(work, OFFER_LINK)
    signer = await reading_signer(work, contract, contract.version)
    request: SignatureRequest | None = await work.session.scalar(
        select(SignatureRequest).where(
            SignatureRequest.signer_id == signer.id,
            SignatureRequest.state == "open",
            SignatureRequest.level == level,
            SignatureRequest.expires_at > work.now,
        )
    )
    if request is None:
        raise NothingPrepared(mend="Begin again: name, consent and a new code.")
    return request


async def open_sending(work: Work, contract_id: ContractId) -> SignatureRequest:
    """What the acting member has prepared to send. Raises NothingPrepared."""
    request: SignatureRequest | None = await work.session.scalar(
        select(SignatureRequest)
        .join(Contract, Contract.id == SignatureRequest.contract_id)
        .where(
            access.owned_by(work.actor),
            Contract.id == contract_id,
            SignatureRequest.signer_id.is_(None),
            SignatureRequest.state == "open",
            SignatureRequest.expires_at > work.now,
        )
    )
    if request is None:
        raise NothingPrepared(mend="Begin the signature again from the draft.")
    return request


async def signing_options(work: Work, request: SignatureRequest) -> str | None:
    """Options for `navigator.credentials.get`; None while the person has no passkey."""
    return await sign_options(work, bytes.fromhex(request.manifest_sha256))


async def eid_url(work: Work, request: SignatureRequest) -> str:
    """Where the person of the link goes to sign what she has prepared. Raises EidNotOffered."""
    provider = provider_of(work.settings)
    if provider is None:
        raise EidNotOffered(mend="Sign with a passkey, or ask the co-op.")
    contract = await work.session.get_one(Contract, request.contract_id)
    assert work.actor.link is not None, "the request was found through the link"
    contact = await work.session.get_one(Contact, work.actor.link.contact_id)
    order = EidOrder(
        session=request.id, manifest_sha256=request.manifest_sha256,
        document=f"{contract.number}, version {contract.version}",
        typed_name=request.said["typed_name"], language=contact.language,
        return_url=f"{work.settings.base_url}/offer", expires_at=request.expires_at,
    )  # fmt: skip
    return provider.start_url(order, work.now)

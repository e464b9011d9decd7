"""Signing with a passkey or through a provider of identities, over HTTP."""

from typing import Any, Final

import msgspec
from litestar import Request

from guild.contracts import commands, queries
from guild.contracts.models import SignatureRequest
from guild.contracts.schemas import SignedOut
from guild.contracts.schemas.signing import (
    EidNoticeOut,
    LabelIn,
    PreparedOut,
    PrepareIn,
    PrepareSendingIn,
)
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import post
from guild.core.work import Work
from guild.members.queries import passkey_view
from guild.members.schemas.passkeys import (
    AssertionIn,
    NewPasskeyIn,
    PasskeyOptionsOut,
    PasskeyOut,
)

ANSWER_MAX: Final = 65_536


async def prepared(work: Work, request: SignatureRequest) -> PreparedOut:
    """A prepared signature on the wire, with what the next step needs."""
    eid = request.level == "eid"
    return PreparedOut(
        request_id=request.id,
        level="eid" if eid else "advanced",
        manifest_sha256=request.manifest_sha256,
        entries=request.entries,
        expires_at=request.expires_at,
        options={} if eid else decoded(await queries.signing_options(work, request)),
        start_url=await queries.eid_url(work, request) if eid else "",
    )


def decoded(options: str | None) -> dict[str, Any]:
    """Options as an object; empty when there are none."""
    found: dict[str, Any] = msgspec.json.decode(options) if options else {}
    return found


@post("/offer/signature-request", permission=Permission.LINK, tags=["offer"], status_code=201,
      summary="Prepare a stronger signature")  # fmt: skip
async def prepare_signature(work: Work, data: PrepareIn) -> PreparedOut:
    """Name, role, consent and code; what they make is signed by your passkey or provider next."""
    return await prepared(work, await commands.prepare_signature(work, data))


@post("/offer/passkeys/options", permission=Permission.LINK, tags=["offer"], status_code=200,
      summary="Ask for a passkey")  # fmt: skip
async def ask_passkey(work: Work, data: LabelIn) -> PasskeyOptionsOut:
    """Options for `navigator.credentials.create`, once a signature is prepared."""
    row, options = await commands.ask_contact_passkey(work, data.label)
    return PasskeyOptionsOut(options=decoded(options), expires_at=row.expires_at)


@post("/offer/passkeys", permission=Permission.LINK, tags=["offer"],
      summary="Register a passkey")  # fmt: skip
async def register_passkey(work: Work, data: NewPasskeyIn) -> PasskeyOut:
    """What `navigator.credentials.create` answered; it serves for later contracts as well."""
    return passkey_view(await commands.register_contact_passkey(work, data))


@post("/offer/passkey-signature", permission=Permission.LINK, tags=["offer"],
      summary="Sign with a passkey")  # fmt: skip
async def sign_with_passkey(work: Work, data: AssertionIn) -> SignedOut:
    """The passkey's answer to `manifest_sha256` of what you prepared. It works once."""
    contract, evidence = await commands.sign_with_passkey(work, data)
    return SignedOut(
        number=contract.number, state=contract.state, signed_at=work.now,
        evidence_sha256=evidence.body_sha256,
    )  # fmt: skip


@post("/contracts/{contract_id:uuid}/signature-request", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], status_code=201,
      summary="Prepare your signature with a passkey")  # fmt: skip
async def prepare_sending(
    work: Work, contract_id: ContractId, data: PrepareSendingIn
) -> PreparedOut:
    """Name and consent; send the contract with your passkey's answer as `assertion` next."""
    return await prepared(work, await commands.prepare_sending(work, contract_id, data))


@post("/eid/answers", permission=Permission.PUBLIC, tags=["offer"], signed=True,
      status_code=202, summary="The identity provider's answer",
      request_max_body_size=ANSWER_MAX)  # fmt: skip
async def take_eid_answer(work: Work, request: Request[Any, Any, Any], body: bytes) -> EidNoticeOut:
    """Signed by the provider with the shared secret (docs/signing.md); the same twice is one."""
    answer = await commands.take_eid_answer(work, dict(request.headers), body)
    return EidNoticeOut(session=answer.session, status=answer.status)


ROUTES = [
    prepare_signature, ask_passkey, register_passkey, sign_with_passkey, prepare_sending,
    take_eid_answer,
]  # fmt: skip

"""Seals, signers and their answers on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from guild.contracts.schemas.contract import OfferIn, SignerOut, SignIn, Version
from guild.core.ids import ContactId, ObjectionToSigningId, SignatureRequestId, VoidingId
from guild.core.wire import (
    Digest,
    Email,
    In,
    LongText,
    OptionalLongText,
    OptionalText,
    Out,
    ShortText,
)

Rank = Annotated[int, Meta(ge=1, le=20)]
SignerRole = Literal["signer", "approver", "viewer", "copy"]


class SignerIn(In, frozen=True, kw_only=True):
    """One person who answers for the client.

    People of one `rank` are asked side by side, ranks in order. `needed` says how many of the rank
    must sign; 0 means all.
    """

    contact_id: ContactId
    role: SignerRole = "signer"
    rank: Rank = 1
    needed: Annotated[int, Meta(ge=0, le=20)] = 0


class SignersIn(In, frozen=True):
    """Everybody who signs, approves, reads along or gets a copy."""

    signers: Annotated[tuple[SignerIn, ...], Meta(min_length=1, max_length=20)]


class DelegateIn(OfferIn, frozen=True, kw_only=True):
    """Who may sign instead: her name and address at the client."""

    name: ShortText
    email: Email
    note: OptionalLongText = ""


class SignersOut(Out, frozen=True):
    """Everybody who answers the present version for the client, in order."""

    version: int
    signers: list[SignerOut]


class SealingOut(Out, frozen=True):
    """How the sealing stands. `stopped`: it failed too often, and the operator was told."""

    state: Literal["unsigned", "waiting", "sealed", "failed", "stopped"]
    since: datetime | None
    failures: int
    next_try_at: datetime | None


class PrepareIn(SignIn, frozen=True, kw_only=True):
    """Name, role, consent and code, for a signature that a passkey or a provider completes."""

    level: Literal["advanced", "eid"]


class PrepareSendingIn(In, frozen=True, kw_only=True):
    """The member's name and consent, for a signature that her passkey completes."""

    typed_name: ShortText
    consent: bool
    version: Version


class PreparedOut(Out, frozen=True, kw_only=True):
    """What is to be signed, and how.

    `manifest_sha256` is the challenge: SHA-256 of the manifest of the first `entries` entries.
    `options` are for `navigator.credentials.get`, empty while there is no passkey; `start_url` is
    where a signature by eID begins.
    """

    request_id: SignatureRequestId
    level: Literal["advanced", "eid"]
    manifest_sha256: Digest
    entries: int
    expires_at: datetime
    options: dict[str, Any]
    start_url: str


class LabelIn(In, frozen=True, kw_only=True):
    """What the new passkey is called."""

    label: OptionalText = ""


class EidNoticeOut(Out, frozen=True, kw_only=True):
    """The provider's answer is taken."""

    session: SignatureRequestId
    status: Literal["signed", "refused"]


class ObjectionIn(In, frozen=True, kw_only=True):
    """Why the signature should not stand: it was not you, or you may not sign."""

    kind: Literal["not_me", "not_authorised"]
    text: LongText


class ObjectionDecisionIn(In, frozen=True, kw_only=True):
    """What a rep found: the signature stands, or the contract is void."""

    outcome: Literal["stands", "void"]
    reasons: LongText


class ObjectionOut(Out, frozen=True, kw_only=True):
    """An objection to a signature, and what became of it."""

    id: ObjectionToSigningId
    contract_number: str
    contract_title: str
    signer_name: str
    kind: Literal["not_me", "not_authorised"]
    text: str
    state: Literal["open", "lifted", "upheld"]
    raised_at: datetime
    decide_by: datetime
    decided_at: datetime | None
    reasons: str | None


class VoidIn(In, frozen=True, kw_only=True):
    """Why both sides should treat the contract as never made."""

    reason: LongText


class VoidAnswerIn(In, frozen=True, kw_only=True):
    """Whether you agree."""

    agree: bool


class VoidingOut(Out, frozen=True, kw_only=True):
    """A wish to make the contract void, and the other side's answer."""

    id: VoidingId
    asked_by: Literal["member", "client"]
    reason: str
    state: Literal["asked", "confirmed", "refused", "withdrawn"]
    asked_at: datetime
    answered_at: datetime | None

"""Offers, answers, deliveries and views of contracts on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.contracts.rules.terms import Terms
from guild.contracts.schemas.remarks import PlaceName
from guild.core.ids import (
    ContactId,
    ContractId,
    DeliveryId,
    DocumentId,
    MemberId,
    MilestoneId,
    OrganisationId,
)
from guild.core.wire import (
    Amount,
    Digest,
    In,
    LongText,
    OptionalLongText,
    OptionalText,
    Out,
    ShortText,
)
from guild.governance.rules import SignatureLevel
from guild.members.schemas.passkeys import AssertionIn

Version = Annotated[int, Meta(ge=1, le=1_000)]
WebLink = Annotated[str, Meta(max_length=500, pattern=r"^https?://[^\s\x00\"<>]+$")]
Code = Annotated[str, Meta(pattern=r"^[0-9]{6}$", examples=["402917"])]
DeclineReason = Literal["price", "scope", "dates", "terms", "other"]
TerminateReason = Literal["agreed", "not_paid", "not_needed", "illness", "breach", "other"]


class SendIn(In, frozen=True):
    """The member signs by sending: her typed name, and that she consents.

    `assertion` is her passkey's signature over what `POST …/signature-request` gave; contracts of
    a higher value need it.
    """

    typed_name: ShortText
    consent: bool
    version: Version
    answer_by: date | None = None
    assertion: AssertionIn | None = None


class OfferIn(In, frozen=True):
    """Which offer the client saw: its version and the SHA-256 of the document."""

    version: Version
    shown_sha256: Digest


class SignIn(OfferIn, frozen=True):
    """The client's signature: code from the mail, typed name, role, consent."""

    code: Code
    typed_name: ShortText
    role: ShortText
    consent: bool
    time_zone: OptionalText = ""


class ChangesIn(OfferIn, frozen=True):
    """What should differ in the next version."""

    wishes: LongText
    clause: PlaceName = ""
    """The clause that it is about, as the thread names it; empty for the whole."""


class DeclineIn(OfferIn, frozen=True):
    """Why the client says no."""

    reason: DeclineReason
    note: OptionalLongText = ""


class WithdrawIn(In, frozen=True):
    """Why the member takes the offer back."""

    note: OptionalLongText = ""


class TerminateIn(In, frozen=True):
    """Why a signed contract ends early, and the fingerprint of the sums that you looked at."""

    reason: TerminateReason
    note: OptionalLongText = ""
    seen_sha256: Digest | None = None


MediaType = Annotated[str, Meta(pattern=r"^[a-z]+/[a-z0-9.+-]{1,80}$")]
PLAIN = "application/octet-stream"


class FileIn(In, frozen=True):
    """A file handed over, in base64, at most 5 MB; all of a delivery together at most 12 MB."""

    name: ShortText
    content: Annotated[
        str, Meta(min_length=4, max_length=6_700_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")
    ]
    media_type: MediaType = PLAIN


class DeliveryIn(In, frozen=True):
    """Work handed over: a note and links to it."""

    note: LongText
    links: Annotated[tuple[WebLink, ...], Meta(max_length=20)] = ()
    files: Annotated[tuple[FileIn, ...], Meta(max_length=5)] = ()


class AnswerDeliveryIn(In, frozen=True):
    """Which delivery the client answers."""

    delivery_id: DeliveryId


class AcceptPartIn(AnswerDeliveryIn, frozen=True):
    """The part of the price that you accept now, and what is missing for the rest."""

    accepted_net: Amount
    missing: LongText


class DeliveryChangesIn(AnswerDeliveryIn, frozen=True):
    """What should be done differently."""

    wishes: LongText


class MilestoneOut(Out, frozen=True):
    """A milestone of a signed contract; by `accept_by` silence counts as acceptance."""

    id: MilestoneId
    position: int
    title: str
    description: str
    net: str
    due_on: date
    state: str
    rounds_used: int
    delivered_at: datetime | None
    accept_by: datetime | None
    accepted_at: datetime | None
    accepted_by: str | None


class ContractSummary(Out, frozen=True):
    """A contract in a list."""

    id: ContractId
    number: str
    title: str
    state: str
    version: int
    client_id: OrganisationId
    client_name: str
    currency: str
    net: str
    guaranteed: bool
    updated_at: datetime


class ContractOut(Out, frozen=True):
    """A contract in full. `opened_at` says when the client first opened the present offer."""

    id: ContractId
    number: str
    title: str
    state: str
    version: int
    kind: str
    language: str
    member_id: MemberId
    client_id: OrganisationId
    client_name: str
    contact_id: ContactId
    contact_name: str
    currency: str
    net: str
    effective_hourly: str | None
    payment_term_days: int
    law_country: str
    law_region: str
    guaranteed: bool
    guarantee_reasons: list[str]
    charter_version: int
    terms: Terms
    milestones: list[MilestoneOut]
    created_at: datetime
    sent_at: datetime | None
    answer_by: datetime | None
    extension_asked_at: datetime | None
    opened_at: datetime | None
    client_wishes: str | None
    signed_at: datetime | None
    sealed_at: datetime | None
    sealed_sha256: str | None
    completed_at: datetime | None
    ended_at: datetime | None
    ended_reason: str | None
    ended_note: str | None
    retain_until: date | None
    amends_id: ContractId | None
    amended_at: datetime | None
    renews_id: ContractId | None
    signature_level: SignatureLevel


class FindingOut(Out, frozen=True):
    """What a protection rule found; `missing` keeps the contract from being sent."""

    rule: str
    outcome: Literal["met", "missing", "warning", "not_applicable"]
    sentence: str
    mend: str
    field: str
    article: str
    source: str
    values: dict[str, int | str]


class RuleVersionOut(Out, frozen=True):
    """Which version of which law was asked, and the SHA-256 of its data."""

    id: str
    valid_from: date
    sha256: str


class ChecksOut(Out, frozen=True):
    """Everything to look at before sending. Not legal advice."""

    may_be_sent: bool
    effective_hourly: str | None
    findings: list[FindingOut]
    rules: list[RuleVersionOut]
    charter_version: int


class EventOut(Out, frozen=True):
    """One step in a contract's chain of evidence, with its fingerprint."""

    seq: int
    kind: str
    at: datetime
    version: int
    by: str
    note: str
    sha256: str
    previous_sha256: str


class SignerOut(Out, frozen=True):
    """One person and how far she is. Links and codes are never shown.

    `bounced_at`: the mail with her link came back; only her own side and the member see it.
    """

    name: str
    role: str
    rank: int
    needed: int
    state: str
    opened_at: datetime | None
    signed_at: datetime | None
    bounced_at: datetime | None


class OfferOut(Out, frozen=True):
    """The offer as its client sees it. `signature_level` is the least that the charter asks for,
    `ways` the levels that can be chosen. Quote `version` and `shown_sha256` in every answer.
    """

    number: str
    title: str
    state: str
    version: int
    shown_sha256: str
    terms: Terms
    net: str
    currency: str
    member_name: str
    guaranteed: bool
    sent_at: datetime
    answer_by: datetime
    opened_at: datetime | None
    signed_at: datetime | None
    sealed_at: datetime | None
    code_sent_at: datetime | None
    code_expires_at: datetime | None
    tries_left: int
    signature_level: SignatureLevel
    ways: list[SignatureLevel]
    consent_text: str
    language: str
    your_name: str
    your_email: str
    your_role: str
    your_state: str
    signers: list[SignerOut]


class CodeOut(Out, frozen=True):
    """A code is on its way, to this address, until that time."""

    sent_to: str
    expires_at: datetime
    tries_left: int


class SignedOut(Out, frozen=True):
    """The contract is signed; the sealed file follows by mail."""

    number: str
    state: str
    signed_at: datetime
    evidence_sha256: str


class AnsweredOut(Out, frozen=True):
    """The answer is recorded."""

    number: str
    state: str


class FileOut(Out, frozen=True):
    """A file of a delivery, with the SHA-256 of its bytes."""

    id: DocumentId
    name: str
    size: int
    sha256: str


class DeliveryOut(Out, frozen=True):
    """One delivery and what the client said to it; `answer_note` is what she asked for."""

    id: DeliveryId
    milestone_id: MilestoneId
    milestone_title: str
    net: str
    currency: str
    round: int
    rounds_agreed: int
    note: str
    links: list[str]
    files: list[FileOut]
    delivered_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    answer: str | None
    answer_note: str | None


class DeliveriesOut(Out, frozen=True):
    """What was delivered under a contract, newest first."""

    contract_number: str
    contract_title: str
    member_name: str
    items: list[DeliveryOut]

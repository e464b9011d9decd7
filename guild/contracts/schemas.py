"""What goes over the wire about contracts. Amounts are decimal strings, net of VAT."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.contracts.rules.terms import Profession, Terms
from guild.core.ids import (
    ContactId,
    ContractId,
    DeliveryId,
    MemberId,
    MilestoneId,
    OrganisationId,
)
from guild.core.wire import (
    Amount,
    CountryCode,
    CurrencyCode,
    Digest,
    In,
    LongText,
    OptionalLongText,
    OptionalText,
    Out,
    ShortText,
)

Region = Annotated[str, Meta(pattern=r"^([A-Z]{2}-[A-Z0-9]{1,3})?$", examples=["US-NY"])]
Bps = Annotated[int, Meta(ge=0, le=10_000)]
Days = Annotated[int, Meta(ge=0, le=365)]
TermDays = Annotated[int, Meta(ge=1, le=365)]
SilenceDays = Annotated[int, Meta(ge=1, le=90)]
Rounds = Annotated[int, Meta(ge=0, le=20)]
Hours = Annotated[int, Meta(ge=1, le=20_000)]
Version = Annotated[int, Meta(ge=1, le=1_000)]
WebLink = Annotated[str, Meta(max_length=500, pattern=r"^https?://[^\s\x00\"<>]+$")]
Quantity = Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,2})?$", examples=["7.5"])]
Code = Annotated[str, Meta(pattern=r"^[0-9]{6}$", examples=["402917"])]
DeclineReason = Literal["price", "scope", "dates", "terms", "other"]
TerminateReason = Literal["agreed", "not_paid", "not_needed", "illness", "breach", "other"]


class ServiceIn(In, frozen=True):
    """One itemised service. For `hour`, `day` and `unit`, rate and quantity are needed too."""

    text: ShortText
    value: Amount
    method: Literal["fixed", "hour", "day", "unit"] = "fixed"
    rate: Amount | None = None
    quantity: Quantity | None = None


class MilestoneIn(In, frozen=True):
    """Work that is delivered, accepted and invoiced by itself."""

    title: ShortText
    net: Amount
    due_on: date
    description: OptionalLongText = ""


class ClauseIn(In, frozen=True):
    """A further clause, and what it means in practice."""

    heading: ShortText
    text: LongText
    practice: OptionalLongText = ""


class ContractIn(In, frozen=True):
    """A contract to draft. Without `services`, each milestone is one fixed-price service."""

    client_id: OrganisationId
    contact_id: ContactId
    title: ShortText
    milestones: Annotated[list[MilestoneIn], Meta(min_length=1, max_length=50)]
    summary: OptionalLongText = ""
    profession: Profession = "other"
    currency: CurrencyCode = "EUR"
    services: Annotated[tuple[ServiceIn, ...], Meta(max_length=100)] = ()
    starts_on: date | None = None
    work_began_on: date | None = None
    hours_estimate: Hours | None = None
    payment_term_days: TermDays | None = None
    payment_counts_from: Literal["invoice", "completion"] = "invoice"
    services_list_due: OptionalText = ""
    long_term_agreed: bool = False
    long_term_reason: OptionalText = ""
    interest_excluded: bool = False
    expenses: OptionalLongText = ""
    expenses_cap: Amount | None = None
    kill_fee_bps: Bps = 2_500
    notice_days: Days = 10
    rights: Literal["transfer_on_payment", "licence_on_payment", "stays_with_member"] = (
        "licence_on_payment"
    )
    rights_scope: OptionalLongText = "the purpose that the summary names"
    revision_rounds: Rounds = 2
    acceptance_silence_days: SilenceDays | None = None
    law_country: CountryCode | None = None
    law_region: Region = ""
    member_region: Region = ""
    client_region: Region = ""
    client_phone: OptionalText = ""
    member_phone: OptionalText = ""
    clauses: Annotated[tuple[ClauseIn, ...], Meta(max_length=40)] = ()


class ContractChange(In, frozen=True):
    """What to change in a draft; a field that is left out or null stays as it is."""

    contact_id: ContactId | None = None
    title: ShortText | None = None
    milestones: Annotated[list[MilestoneIn], Meta(min_length=1, max_length=50)] | None = None
    summary: OptionalLongText | None = None
    profession: Profession | None = None
    currency: CurrencyCode | None = None
    services: Annotated[list[ServiceIn], Meta(max_length=100)] | None = None
    starts_on: date | None = None
    work_began_on: date | None = None
    hours_estimate: Hours | None = None
    payment_term_days: TermDays | None = None
    payment_counts_from: Literal["invoice", "completion"] | None = None
    services_list_due: OptionalText | None = None
    long_term_agreed: bool | None = None
    long_term_reason: OptionalText | None = None
    interest_excluded: bool | None = None
    expenses: OptionalLongText | None = None
    expenses_cap: Amount | None = None
    kill_fee_bps: Bps | None = None
    notice_days: Days | None = None
    rights: Literal["transfer_on_payment", "licence_on_payment", "stays_with_member"] | None = None
    rights_scope: OptionalLongText | None = None
    revision_rounds: Rounds | None = None
    acceptance_silence_days: SilenceDays | None = None
    law_country: CountryCode | None = None
    law_region: Region | None = None
    member_region: Region | None = None
    client_region: Region | None = None
    client_phone: OptionalText | None = None
    member_phone: OptionalText | None = None
    clauses: Annotated[list[ClauseIn], Meta(max_length=40)] | None = None


class SendIn(In, frozen=True):
    """The member signs by sending: her typed name, and that she consents."""

    typed_name: ShortText
    consent: bool
    version: Version
    answer_by: date | None = None


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


class DeclineIn(OfferIn, frozen=True):
    """Why the client says no."""

    reason: DeclineReason
    note: OptionalLongText = ""


class WithdrawIn(In, frozen=True):
    """Why the member takes the offer back."""

    note: OptionalLongText = ""


class TerminateIn(In, frozen=True):
    """Why a signed contract ends early."""

    reason: TerminateReason
    note: OptionalLongText = ""


class DeliveryIn(In, frozen=True):
    """Work handed over: a note and links to it."""

    note: LongText
    links: Annotated[tuple[WebLink, ...], Meta(max_length=20)] = ()


class AnswerDeliveryIn(In, frozen=True):
    """Which delivery the client answers."""

    delivery_id: DeliveryId


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


class FindingOut(Out, frozen=True):
    """What a protection rule found; `missing` keeps the contract from being sent."""

    rule: str
    outcome: Literal["met", "missing", "warning", "not_applicable"]
    sentence: str
    mend: str
    field: str
    article: str
    source: str


class ChecksOut(Out, frozen=True):
    """Everything to look at before sending. Not legal advice."""

    may_be_sent: bool
    effective_hourly: str | None
    findings: list[FindingOut]
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


class OfferOut(Out, frozen=True):
    """The offer as its client sees it. Quote `version` and `shown_sha256` in every answer."""

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
    consent_text: str


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


class DeliveryOut(Out, frozen=True):
    """One delivery and what the client said to it."""

    id: DeliveryId
    milestone_id: MilestoneId
    milestone_title: str
    net: str
    currency: str
    round: int
    rounds_agreed: int
    note: str
    links: list[str]
    delivered_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    answer: str | None


class DeliveriesOut(Out, frozen=True):
    """What was delivered under a contract, newest first."""

    contract_number: str
    contract_title: str
    member_name: str
    items: list[DeliveryOut]

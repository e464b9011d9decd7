"""What the fund takes and gives on the wire. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from guild.core.ids import ClaimId, EntryId, OrganisationId
from guild.core.wire import Amount, CurrencyCode, In, LongText, Out, ShortText

Share = Annotated[int, Meta(ge=1, le=100, description="Percent of the work that is impossible")]
Base64 = Annotated[str, Meta(min_length=1, max_length=360_000, description="Base64, ≤ 256 kB")]
MediaType = Literal["application/pdf", "image/jpeg", "image/png", "text/plain"]
ReasonCode = Literal[
    "covered", "covered_in_part", "not_covered", "evidence_missing", "days_wrong", "other"
]


class QuoteIn(In, frozen=True):
    """An order to be, for the fund's answer."""

    client_id: OrganisationId
    amount: Amount
    currency: CurrencyCode = "EUR"
    completed_on: date | None = None


class QuoteOut(Out, frozen=True):
    """Whether the fund would guarantee it, up to how much, by when it would pay, and why (not)."""

    guaranteed: bool
    up_to: str
    currency: str
    pays_by: date | None
    reasons: list[str]
    charter_version: int


class PotOut(Out, frozen=True):
    """One pot: what it holds, what came in and went out this month."""

    code: str
    title: str
    holds: str
    inflow: str
    outflow: str


class FundMonth(Out, frozen=True):
    """All pots together in one month."""

    month: date
    inflow: str
    outflow: str
    holds: str


class FundOut(Out, frozen=True):
    """The fund as any member sees it.

    `reserve_ratio` is cash divided by what was advanced in twelve months, null when nothing was;
    at `reserve_floor` new guarantees stop. `exposure` is what open guarantees could still cost.
    """

    currency: str
    on: date
    holds: str
    cash: str
    advances_out: str
    advanced_12_months: str
    exposure: str
    reserve_ratio: str | None
    reserve_floor: str
    pots: list[PotOut]
    months: list[FundMonth]
    charter_version: int


class FundPublic(Out, frozen=True):
    """The fund as anybody sees it: rounded to hundreds, no month with fewer than five members."""

    currency: str
    on: date
    holds: str
    pots: dict[str, str]
    reserve_ratio: str | None
    charter_version: int


class CoverageKind(Out, frozen=True):
    """One kind of benefit: what it pays a day, from when, for how long."""

    kind: str
    daily: str
    waiting_days: int
    max_days: int
    pot: str


class CoverageOut(Out, frozen=True):
    """A member's own protection."""

    covered: bool
    member_since: date | None
    contributed: str
    currency: str
    kinds: list[CoverageKind]
    guarantee_left: str
    charter_version: int


class ClaimIn(In, frozen=True):
    """A claim: which days (both counted), since when the trouble lasts, in the member's words.

    `started_on` is the first day of the illness; the waiting period counts from it.
    """

    kind: ShortText
    started_on: date
    since: date
    until: date
    capacity_lost_percent: Share
    statement: LongText


class EvidenceIn(In, frozen=True):
    """A document, base64. Health data is opened by a union rep alone."""

    name: ShortText
    media_type: MediaType
    content: Base64
    health: bool = False


class EvidenceOut(Out, frozen=True):
    """A document with a claim, without its content."""

    id: UUID
    name: str
    media_type: str
    health: bool
    size_bytes: int
    added_at: datetime
    fits: bool | None
    deleted: bool


class EvidenceContent(Out, frozen=True):
    """A document, opened; the opening has been logged."""

    id: UUID
    name: str
    media_type: str
    content: str


class FitsIn(In, frozen=True):
    """A rep's word on health data: whether it fits what the claim says."""

    fits: bool


class AccessOut(Out, frozen=True):
    """Who opened a document, when, and in which capacity."""

    evidence_id: UUID
    name: str
    capacity: str
    at: datetime


class DecisionOut(Out, frozen=True):
    """A jury's decision with its reasons and the rule's version."""

    round: int
    outcome: str
    amount: str
    reason_code: str
    reasons: str
    charter_version: int
    decided_at: datetime
    appeal_until: date | None


class ClaimOut(Out, frozen=True):
    """A claim as its member, its jurors and its reps see it."""

    id: ClaimId
    kind: str
    state: str
    started_on: date
    since: date
    until: date
    capacity_lost_percent: int
    days: int
    daily: str
    amount: str
    granted: str
    paid: str
    currency: str
    charter_version: int
    filed_at: datetime
    evidence: list[EvidenceOut]
    decisions: list[DecisionOut]
    openings: list[AccessOut]
    """Empty for anyone but the member herself."""


class ClaimsOut(Out, frozen=True):
    """A list of claims."""

    claims: list[ClaimOut]


class JuryCase(Out, frozen=True):
    """A claim on a juror's desk: what she is asked, until when."""

    claim: ClaimOut
    round: int
    state: str
    due_at: datetime


class JuryCases(Out, frozen=True):
    """All claims that wait for the member as a juror."""

    cases: list[JuryCase]


class InvitationIn(In, frozen=True):
    """A juror's answer to her invitation."""

    accept: bool


class VerdictIn(In, frozen=True):
    """A juror's verdict; an empty reason is refused. `amount` only for a part."""

    outcome: Literal["granted", "part", "rejected"]
    reason_code: ReasonCode
    reason: LongText
    amount: Amount | None = None


class AppealIn(In, frozen=True):
    """Why the member disagrees with the decision."""

    statement: LongText


class EndowmentIn(In, frozen=True):
    """A part of the opening balance for a pot, with what it is (`Reserve voted on 14 March`)."""

    pot: ShortText
    amount: Amount
    text: ShortText


class EndowmentOut(Out, frozen=True):
    """The ledger entry that moved it."""

    entry_id: EntryId


class HoldIn(In, frozen=True):
    """Why an advance is held."""

    reason: ShortText


class DrawProof(Out, frozen=True):
    """All that is needed to draw a jury again, without a name.

    head = root of the first checkpoint signed over the claim's leaf `claim-filed`;
    seed = SHA-256("guild/jury/v2" ‖ head ‖ SHA-256("guild/claim/v1" ‖ claim id) ‖ round (1 byte));
    a member's code = SHA-256("guild/juror/v1" ‖ claim id ‖ member id);
    rank by SHA-256(seed ‖ code), smallest first. `jury` lists the codes of who was invited.
    """

    claim_id: ClaimId
    round: int
    head: str
    head_source: str
    seed: str
    candidates_hash: str
    candidates: list[str]
    order: list[str]
    jury: list[str]
    jury_size: int
    drawn_at: datetime


class DrawProofs(Out, frozen=True):
    """The draws of one claim."""

    draws: list[DrawProof]

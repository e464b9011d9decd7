"""What goes over the wire about reviews and labels."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.compliance.rules import PrincipleCode
from guild.core.ids import ContractId, LabelId, MemberId, ReviewId
from guild.core.wire import In, LongText, OptionalLongText, Out

Outcome = Literal["granted", "withheld"]
ThresholdCode = Literal["basic", "advanced"]
VerdictCode = Literal["met", "not_met", "no_evidence"]
PublicStatus = Literal["granted", "withheld", "paused", "withdrawn", "replaced", "expired"]


class ReviewIn(In, frozen=True):
    """Which contract should be looked at."""

    contract_id: ContractId


class FindingIn(In, frozen=True):
    """What was found about one threshold; `met` needs evidence."""

    principle: PrincipleCode
    threshold: ThresholdCode
    verdict: VerdictCode
    evidence: OptionalLongText = ""


class FindingsIn(In, frozen=True):
    """All findings as they stand now (they replace the earlier ones), and the three notes."""

    findings: Annotated[list[FindingIn], Meta(max_length=16)]
    private_note: OptionalLongText = ""
    note_to_member: OptionalLongText = ""
    note_to_all: OptionalLongText = ""


class ConclusionIn(In, frozen=True):
    """The outcome that the rep proposes. The reasons become public: no names, no sums."""

    outcome: Outcome
    reasons: LongText


class ConfirmationIn(In, frozen=True):
    """The second rep's answer; whoever does not agree says why."""

    agree: bool
    because: OptionalLongText = ""


class WithdrawalIn(In, frozen=True):
    """Why a granted label should be taken back. The reasons become public: no names, no sums."""

    reasons: LongText


class ReviewLine(Out, frozen=True):
    """One line of the reps' inbox. With a tie, what it is about stays hidden."""

    id: ReviewId
    state: str
    due_on: date
    late: bool
    tie: bool
    with_you: bool
    contract_number: str | None
    title: str | None
    client_name: str | None


class PointerOut(Out, frozen=True):
    """What the machine points out; it warns and never decides."""

    shape: Literal["done", "look", "stop"]
    title: str
    sentence: str
    rule: str
    principle: str


class FindingOut(Out, frozen=True):
    """What a rep found about one threshold."""

    principle: str
    threshold: str
    verdict: str
    evidence: str


class ReviewOut(Out, frozen=True):
    """A review. Members see findings and notes once it is concluded, the private note never."""

    id: ReviewId
    state: str
    contract_id: ContractId
    contract_number: str
    contract_version: int
    title: str
    member_name: str
    client_name: str
    opened_at: datetime
    due_on: date
    reviewer_id: MemberId | None
    seconder_id: MemberId | None
    pointers: list[PointerOut]
    findings: list[FindingOut]
    against_label: list[str]
    private_note: str | None
    note_to_member: str
    note_to_all: str
    outcome: str | None
    reasons: str
    sent_back_because: str
    concluded_at: datetime | None
    label_code: str | None
    label_id: LabelId | None
    label_state: str | None
    withdrawal_reasons: str | None
    withdrawal_second_id: MemberId | None
    charter_version: int
    checklist_version: int


class PrincipleResult(Out, frozen=True):
    """What was found about one principle; 0 to 2 points."""

    code: str
    title: str
    asks: str
    points: int
    basic: str
    advanced: str


class LabelOut(Out, frozen=True):
    """The public face of a label: no names, no sums."""

    code: str
    status: PublicStatus
    issued_on: date
    valid_until: date
    points: int
    principles: list[PrincipleResult]
    reasons: str
    withdrawal_reasons: str | None
    checklist_version: int
    charter_version: int
    url: str


class WithdrawalOut(Out, frozen=True):
    """How far a withdrawal is."""

    label_id: LabelId
    state: str
    second_rep_id: MemberId

"""Wire shapes of the reputation ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import AttestationId, ContractId, DisputeId
from guild.core.wire import In, LongText, Out

Answers = Annotated[
    dict[Annotated[str, Meta(max_length=60)], bool], Meta(min_length=1, max_length=20)
]
"""Question of the charter → whether it is so; a question left out takes no part."""
Reasons = Annotated[
    str, Meta(min_length=10, max_length=5000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
]


class AttestationIn(In, frozen=True, kw_only=True):
    """A member's answers about the client of a finished contract."""

    contract_id: ContractId
    answers: Answers


class AnswersIn(In, frozen=True, kw_only=True):
    """A client's answers about the freelancer; the personal link says which contract."""

    answers: Answers


class ReplyIn(In, frozen=True, kw_only=True):
    """The subject's words beside an entry."""

    text: LongText


class DisputeIn(In, frozen=True, kw_only=True):
    """Why an entry is wrong or unfair."""

    reason: Reasons


class RulingIn(In, frozen=True, kw_only=True):
    """A rep's ruling: the entry is upheld or struck, and why."""

    outcome: Literal["upheld", "struck"]
    reasons: Reasons


class AttestationOut(Out, frozen=True, kw_only=True):
    """A statement as its author sees it: committed to, hidden until both have spoken."""

    id: AttestationId
    contract_id: ContractId
    about: str
    state: str
    commitment: str
    reveal_at: datetime


class DisputeOut(Out, frozen=True, kw_only=True):
    """A dispute and, once there is one, its ruling."""

    id: DisputeId
    attestation_id: AttestationId
    opened_by: str
    reason: str
    opened_at: datetime
    due_at: datetime
    late: bool
    state: str
    ruling: str
    ruled_at: datetime | None


class EntryOut(Out, frozen=True, kw_only=True):
    """One entry about a subject, with its weight or why it has none."""

    id: AttestationId
    period: str
    contract: str
    counterparty: str
    answers: dict[str, bool]
    standing: str
    value: str
    weight: str
    excluded: str
    reply: str | None
    dispute: DisputeOut | None
    commitment: str


class ScoreOut(Out, frozen=True, kw_only=True):
    """A score, or `new` (never a low number) while there is too little to go by."""

    side: str
    state: str
    mean: str | None
    lower: str | None
    projects: int
    counterparties: int
    charter_version: int
    as_of: str


class ExplanationOut(Out, frozen=True, kw_only=True):
    """A score and everything that made it: there is no other input."""

    score: ScoreOut
    pseudonym: str | None
    positive: str
    weight: str
    sum: str
    formula: str
    formula_version: int
    weights: dict[str, int]
    window_months: int
    min_projects: int
    min_clients: int
    max_share_per_counterparty_bps: int
    entries: Sequence[EntryOut]


class RateableOut(Out, frozen=True, kw_only=True):
    """A finished contract about which one may speak, and the charter's questions."""

    contract_id: ContractId
    contract_number: str
    title: str
    counterparty: str
    closes_at: datetime
    questions: Sequence[str]
    spoken: bool


class ExportOut(Out, frozen=True, kw_only=True):
    """A member's ledger to take along: the document, and a signed note over its SHA-256."""

    document: str
    """Canonical JSON, exactly the bytes that are hashed."""
    note: str
    """C2SP signed note: `reputation export`, then the SHA-256 of the document in hex."""

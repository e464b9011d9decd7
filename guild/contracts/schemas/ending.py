"""Early endings, disputes and renewals on the wire."""

from datetime import date, datetime
from typing import Literal

from guild.core.ids import ContractCaseId, ContractId
from guild.core.wire import (
    Amount,
    Digest,
    In,
    LongText,
    OptionalLongText,
    Out,
    ShortText,
)


class ClientNoticeIn(In, frozen=True):
    """The client ends the contract, having seen what that costs."""

    seen_sha256: Digest
    note: OptionalLongText = ""


class AgreeEndingIn(In, frozen=True):
    """The client's name under the closing statement that it saw."""

    seen_sha256: Digest
    typed_name: ShortText


class ContestEndingIn(In, frozen=True):
    """What is wrong with the closing statement."""

    seen_sha256: Digest
    note: LongText


class EndingOut(Out, frozen=True):
    """What is owed when a contract ends early, before VAT; `state` tried is nothing but a sum.

    Without a statement `state` is also `delivered` (all work waits for its answers, nothing is left
    to end) or what the contract is already, such as `completed`; it can then not be ended early.
    Quote `sha256` when you confirm: then what you confirm is what you saw.
    """

    contract_id: ContractId
    number: str
    state: str
    currency: str
    accepted: str
    delivered: str
    not_begun: str
    kill_fee_bps: int
    kill_fee: str
    owed: str
    notice_days: int
    notice_until: date | None
    sha256: str
    answer_by: datetime | None
    answered_at: datetime | None
    answer_name: str | None
    answer_note: str | None


class CaseIn(In, frozen=True):
    """What is in dispute, and what happened."""

    matter: Literal["delivery", "time", "ending", "payment", "terms", "other"]
    text: LongText


class CaseAnswerIn(In, frozen=True):
    """The other side's answer."""

    text: LongText


class CaseDecisionIn(In, frozen=True):
    """A rep's decision with reasons; for a contested closing statement also the kill fee owed."""

    outcome: Literal["for_member", "for_client", "settled"]
    reasons: LongText
    kill_fee: Amount | None = None


class CaseOut(Out, frozen=True):
    """A dispute with its days."""

    id: ContractCaseId
    contract_id: ContractId
    number: str
    state: str
    opened_by: str
    matter: str
    text: str
    opened_at: datetime
    answer_by: datetime
    decide_by: datetime
    answer: str | None
    answered_at: datetime | None
    outcome: str | None
    reasons: str | None
    decided_at: datetime | None

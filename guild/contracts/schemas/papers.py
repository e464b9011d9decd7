"""A client's own paper, and what is asked of reps, on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.contracts.rules.papers import PaperFinding
from guild.core.ids import ContractId, MemberId, PaperId, RepTaskId
from guild.core.wire import In, LongText, OptionalLongText, Out, ShortText

Base64File = Annotated[
    str, Meta(min_length=8, max_length=13_400_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")
]
TaskKind = Literal["floor_waiver", "own_paper"]


class PaperIn(In, frozen=True):
    """A PDF of the client, in base64, at most 10 MB and 80 pages."""

    name: ShortText
    content: Base64File


class PaperOut(Out, frozen=True):
    """A client's document: whether it could be read, the light, and what each rule found."""

    id: PaperId
    contract_id: ContractId
    name: str
    sha256: str
    size: int
    state: str
    pages: int | None
    problem: str | None
    light: Literal["green", "amber", "red"] | None
    languages: list[str]
    rules_version: int | None
    findings: list[PaperFinding]
    uploaded_at: datetime
    read_at: datetime | None


class AskRepIn(In, frozen=True):
    """What you want to know of a union representative about this draft."""

    kind: TaskKind
    question: OptionalLongText = ""


class AnswerTaskIn(In, frozen=True):
    """A rep's answer: yes (waive it; go ahead) or no, why, and for a waiver until when."""

    outcome: Literal["yes", "no"]
    answer: LongText
    expires_on: date | None = None


class RepTaskOut(Out, frozen=True):
    """Something asked of the reps, with the answer once there is one."""

    id: RepTaskId
    contract_id: ContractId
    contract_number: str
    contract_title: str
    member_id: MemberId
    member_name: str
    kind: str
    state: str
    question: str
    facts: dict[str, int | str | None]
    asked_at: datetime
    due_on: date
    outcome: str | None
    answer: str | None
    expires_on: date | None
    answered_at: datetime | None


class WaiverCount(Out, frozen=True):
    """How many waivers of the floor were given and refused in a quarter, for everyone to see."""

    quarter: str
    granted: int
    refused: int

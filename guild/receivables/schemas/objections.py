"""A client’s objection on the wire. Amounts are decimal strings."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from guild.core.ids import (
    InvoiceId,
    MemberId,
    ObjectionId,
)
from guild.core.wire import Amount, In, LongText, Out
from guild.invoicing.schemas import Position
from guild.receivables.schemas.words import (
    FileName,
    MediaType,
    ObjectionState,
    ReasonCode,
    Ruling,
)


class FileIn(In, frozen=True):
    """A file with an objection: PDF, JPEG or PNG of at most one megabyte, in base64."""

    name: FileName
    media_type: MediaType
    content: Annotated[str, Meta(max_length=1_400_000)]


class ObjectionIn(In, frozen=True):
    """Object to an invoice: to whole lines by position, to an amount (VAT included), or to all."""

    reason_code: ReasonCode
    text: LongText
    lines: Annotated[tuple[Position, ...], Meta(max_length=200)] = ()
    amount: Amount | None = None
    files: Annotated[tuple[FileIn, ...], Meta(max_length=5)] = ()


class AnswerIn(In, frozen=True):
    """The member's answer, which the client reads."""

    answer: LongText


class RulingIn(In, frozen=True):
    """What becomes of an objection, with words that the client reads."""

    outcome: Ruling
    note: Annotated[str, Meta(max_length=5000)] = ""


class ConcedeIn(In, frozen=True):
    """Credit what is disputed, or a smaller net amount that both agreed on."""

    reason: LongText
    net: Amount | None = None


class ObjectionFileOut(Out, frozen=True):
    """A file of an objection."""

    document_id: UUID
    name: str
    media_type: str


class ObjectionOut(Out, frozen=True):
    """An objection and where it stands; `after_silence` is what follows by itself."""

    id: ObjectionId
    invoice_id: InvoiceId
    invoice_number: str
    client_name: str
    member_id: MemberId
    member_name: str
    state: ObjectionState
    reason_code: ReasonCode
    text: str
    lines: list[int]
    amount: str
    currency: str
    opened_on: date
    answer_by: date
    after_silence: str
    answer: str
    outcome_note: str
    closed_on: date | None
    credit_note_id: InvoiceId | None
    files: list[ObjectionFileOut]
    charter_version: int

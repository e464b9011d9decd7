"""What goes over the wire about self-billing."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import InvoiceId, MemberId, PayoutId
from guild.core.wire import In, LongText, Out, ShortText
from guild.invoicing.rules.self_billing import Period

SelfBillState = Literal["open", "accepted", "objected"]


class MandateIn(In, frozen=True):
    """Sign by typing one's legal name under the words of this version."""

    typed_name: ShortText
    terms_version: Annotated[int, Meta(ge=1, le=10_000)]
    period: Period = "payout"
    """A document for each payout, or one for all of a calendar month."""


class RevokeIn(In, frozen=True):
    """Why the mandate ends."""

    reason: LongText


class ObjectionIn(In, frozen=True):
    """What is wrong with a document made in one's name."""

    reason: LongText


class MandateOut(Out, frozen=True):
    """The words as they stand today, and the running mandate if there is one."""

    terms_version: int
    words: str
    signed_at: datetime | None
    signed_version: int | None
    typed_name: str | None
    words_sha256: str | None
    """Of the words that were signed, the sentence about the period included."""
    periods: dict[str, str]
    """The sentence of each choice, to be read before signing."""
    period: Period | None


class SelfBillDueOut(Out, frozen=True):
    """A payout whose document is not written yet, and why."""

    payout_id: PayoutId
    member_id: MemberId
    state: Literal["waiting", "held"]
    settled_on: date
    month: date
    amount: str
    currency: str
    problem: str
    """What the rules refused; empty while it waits for the end of its month."""
    tried_at: datetime | None


class SelfBillTriedOut(Out, frozen=True):
    """What came of trying again: the document, or what is still wrong."""

    invoice_id: InvoiceId | None
    problem: str


class SelfBillOut(Out, frozen=True):
    """A document made in a member's name and what became of it."""

    id: InvoiceId
    payouts: list[PayoutId]
    member_id: MemberId
    number: str
    issued_on: date
    state: SelfBillState
    object_by: date
    objection: str
    credit_note_id: InvoiceId | None
    net: str
    vat_total: str
    total: str
    currency: str
    files: list[Literal["pdf", "ubl", "cii", "report"]]

"""What one sends to take an invoice back."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from guild.core.ids import InvoiceId
from guild.core.wire import Amount, In, LongText, OptionalText, Out
from guild.invoicing.schemas.drafts import DraftTerms
from guild.invoicing.schemas.reading import IssuedOut
from guild.invoicing.schemas.words import Position

CreditReason = Literal[
    "mistake", "wrong_client", "duplicate", "price", "not_delivered", "not_accepted", "cancelled",
    "goodwill", "settled", "other",
]  # fmt: skip
"""Why something is taken back, for statistics; the text says it to the client."""


class CreditIn(In, frozen=True):
    """Take an invoice back: whole, or whole lines by position, or a net amount."""

    reason: LongText
    reason_code: CreditReason = "other"
    lines: Annotated[tuple[Position, ...], Meta(max_length=200)] = ()
    net: Amount | None = None


class Correction(DraftTerms, frozen=True, kw_only=True):
    """What the new invoice says otherwise than the one taken back."""

    buyer_reference: OptionalText | UnsetType = UNSET
    order_reference: OptionalText | UnsetType = UNSET


class ReissueIn(In, frozen=True):
    """Take an invoice back whole and draft it anew, corrected; with `issue` issue both at once."""

    reason: LongText
    reason_code: CreditReason = "mistake"
    change: Correction | None = None
    issue: bool = False


class ReissuedOut(Out, frozen=True):
    """The credit note, and the new draft; `invoice` if it was issued as well."""

    credit_note: IssuedOut
    draft_id: InvoiceId
    invoice: IssuedOut | None

"""What one sends to take an invoice back."""

from typing import Annotated, Literal

from msgspec import Meta

from guild.core.wire import Amount, In, LongText
from guild.invoicing.schemas.words import Position


CreditReason = Literal[
    "mistake", "wrong_client", "duplicate", "price", "not_delivered", "not_accepted", "cancelled",
    "goodwill", "other",
]  # fmt: skip
"""Why something is taken back, for statistics; the text says it to the client."""


class CreditIn(In, frozen=True):
    """Take an invoice back: whole, or whole lines by position, or a net amount."""

    reason: LongText
    reason_code: CreditReason = "other"
    lines: Annotated[tuple[Position, ...], Meta(max_length=200)] = ()
    net: Amount | None = None

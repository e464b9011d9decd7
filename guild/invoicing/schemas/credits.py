"""What one sends to take an invoice back."""

from typing import Annotated

from msgspec import Meta

from guild.core.wire import Amount, In, LongText
from guild.invoicing.schemas.words import Position


class CreditIn(In, frozen=True):
    """Take an invoice back: whole, or whole lines by position, or a net amount."""

    reason: LongText
    lines: Annotated[tuple[Position, ...], Meta(max_length=200)] = ()
    net: Amount | None = None

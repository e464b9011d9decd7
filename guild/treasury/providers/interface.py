"""What Guild asks of a payment provider, and what it is told."""

from typing import Literal, Protocol

import msgspec

ProviderName = Literal["stripe", "gocardless"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to be asked of a client. Amounts in minor units."""

    payment_id: str
    """Ours; the provider's idempotency key, so that asking twice asks once."""
    amount_minor: int
    currency: str
    description: str
    back_url: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Where the client pays, and the provider's id of it."""

    external_id: str
    url: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider itself says about a payment, asked of it and not of a webhook."""

    external_id: str
    payment_id: str
    """Ours, as the provider kept it."""
    state: Literal["open", "paid", "failed"]
    """`failed` may come after `paid`: then everything is taken back."""
    amount_minor: int
    returned_minor: int
    """What the provider has taken back of a paid one and not given back: disputes and refunds."""
    fee_minor: int
    """All that the provider charged for it until now, for its disputes too."""
    currency: str


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook says happened. Only a reason to ask."""

    external_id: str
    """The event's own id: each is taken once."""
    kind: str
    object_id: str


class ProviderAway(Exception):
    """The provider could not be reached or answered as it does not document; ask again later."""


class Provider(Protocol):
    """One provider. The two methods with a network leave the house; the third is pure."""

    async def ask(self, asked: Asked) -> Link:
        """Make a link on which the client pays. Raises ProviderAway."""
        ...

    async def fetch(self, object_id: str) -> Seen | None:
        """What became of a payment; None for what is not ours. Raises ProviderAway."""
        ...

    def hints(self, headers: dict[str, str], body: bytes, now: float) -> list[Hint]:
        """The events of a webhook whose signature holds. Raises WebhookRefused."""
        ...


def within(value: int, most: int) -> int:
    """No less than nothing and no more than was paid: a dispute may be reckoned in another rate."""
    return min(max(value, 0), most)


def minor(value: object) -> int:
    """A whole number of minor units. Raises ProviderAway for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProviderAway("an amount is no whole number")
    return value

"""What goes over the wire about webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from guild.core.ids import EventId, MemberId, WebhookDeliveryId, WebhookId
from guild.core.wire import In, Out, ShortText
from guild.webhooks.rules import Scope

Url = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=1000,
        pattern=r"^https?://[^\s\x00]+$",
        examples=["https://example.org/guild"],
    ),
]
Kinds = Annotated[
    tuple[Annotated[str, Meta(pattern="^[A-Za-z]{1,80}$", examples=["InvoiceIssued"])], ...],
    Meta(min_length=1, max_length=100),
]
WebhookState = Literal["requested", "active", "paused", "removed"]
DeliveryState = Literal["waiting", "delivered", "given_up", "dropped"]


class WebhookIn(In, frozen=True):
    """Have facts sent to an address; `house` is for treasurers, and needs a second one."""

    name: ShortText
    url: Url
    kinds: Kinds
    scope: Scope = "own"


class WebhookChange(In, frozen=True):
    """Another name, address or choice of facts; for the house the address stays as confirmed."""

    name: ShortText | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET


class FactOut(Out, frozen=True):
    """A kind of fact that can be subscribed to, and the fields of its body."""

    kind: str
    says: str
    fields: list[str]


class WebhookOut(Out, frozen=True):
    """A subscription, without its secret."""

    id: WebhookId
    scope: Scope
    name: str
    url: str
    kinds: list[str]
    state: WebhookState
    made_by: MemberId
    confirmed_by: MemberId | None
    created_at: datetime
    two_secrets_until: datetime | None
    pause_reason: str


class WebhookMadeOut(Out, frozen=True):
    """A subscription with its secret, which is shown this once."""

    webhook: WebhookOut
    secret: str


class TryOut(Out, frozen=True):
    """One call and its answer."""

    number: int
    at: datetime
    status: int | None
    answer: str
    took_ms: int


class DeliveryRow(Out, frozen=True):
    """A delivery in a list."""

    id: WebhookDeliveryId
    event_id: EventId
    kind: str
    state: DeliveryState
    tries: int
    next_try_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class DeliveryOut(Out, frozen=True):
    """A delivery with what is sent and how each try ended."""

    delivery: DeliveryRow
    webhook_id: WebhookId
    body: dict[str, Any]
    log: list[TryOut]

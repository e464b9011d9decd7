"""Facts of webhooks: who sends what where, and that it stopped."""

from typing import ClassVar

from guild.core.events import Event
from guild.core.ids import MemberId, WebhookId


class WebhookAdded(Event, frozen=True, kw_only=True):
    """A subscription was made; one for the house waits for a second person."""

    subject: ClassVar[str] = "webhook_id"

    webhook_id: WebhookId
    member_id: MemberId
    scope: str


class WebhookConfirmed(Event, frozen=True, kw_only=True):
    """A second treasurer let the house's facts go to an address."""

    subject: ClassVar[str] = "webhook_id"

    webhook_id: WebhookId
    confirmed_by: MemberId


class WebhookStopped(Event, frozen=True, kw_only=True):
    """It sends no more: paused or removed by a person, or paused because nothing arrived."""

    subject: ClassVar[str] = "webhook_id"

    webhook_id: WebhookId
    member_id: MemberId
    by_itself: bool

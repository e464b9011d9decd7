"""Tables: subscriptions, what was to be delivered, and each try."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import EventId, MemberId, WebhookDeliveryId, WebhookId
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

WEBHOOK: Final = Lifecycle(
    "webhook",
    initial="requested",
    moves={
        "confirm": (("requested",), "active"),
        "pause": (("active",), "paused"),
        "resume": (("paused",), "active"),
        "remove": (("requested", "active", "paused"), "removed"),
    },
)
"""A member's own is confirmed as it is made; one for the house by a second treasurer."""

DELIVERY: Final = Lifecycle(
    "webhook_delivery",
    initial="waiting",
    moves={
        "arrive": (("waiting",), "delivered"),
        "give_up": (("waiting",), "given_up"),
        "drop": (("waiting",), "dropped"),
        "send_again": (("delivered", "given_up"), "waiting"),
    },
)


class Webhook(Base):
    """One subscription: which facts go to which address, under which secret."""

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint(WEBHOOK.check_sql(), name="state_known"),
        CheckConstraint("scope IN ('own', 'house')", name="scope_known"),
        CheckConstraint("confirmed_by <> member_id", name="second_person"),
        CheckConstraint(
            "scope = 'own' OR state IN ('requested', 'removed') OR confirmed_by IS NOT NULL",
            name="house_is_confirmed",
        ),
        Index(None, "member_id", "id"),
    )

    id: Mapped[WebhookId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    scope: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(1000))
    kinds: Mapped[list[str]]
    secret_sealed: Mapped[bytes]
    former_sealed: Mapped[bytes | None] = mapped_column(default=None)
    """The secret before this one, while both still sign."""
    former_until: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[str] = mapped_column(String(20), default=WEBHOOK.initial)
    confirmed_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    created_at: Mapped[datetime]
    seen_to: Mapped[EventId]
    """Facts up to this one were looked at; the search begins a little before it."""
    starts_after: Mapped[EventId]
    """Only facts later than this are told: a new subscription starts with what comes."""
    given_up_in_a_row: Mapped[int] = mapped_column(SmallInteger, default=0)
    pause_reason: Mapped[str] = mapped_column(String(500), default="")


class WebhookDelivery(Base):
    """One fact for one subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint(DELIVERY.check_sql(), name="state_known"),
        UniqueConstraint("webhook_id", "event_id"),
        Index(None, "webhook_id", "id"),
    )

    id: Mapped[WebhookDeliveryId] = mapped_column(primary_key=True)
    webhook_id: Mapped[WebhookId] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[EventId]
    """The fact; a try-out has an id of its own and no fact behind it."""
    kind: Mapped[str] = mapped_column(String(80))
    happened_at: Mapped[datetime]
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20), default=DELIVERY.initial)
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class WebhookTry(Base):
    """One call and its answer. Append-only."""

    __tablename__ = "webhook_try"

    delivery_id: Mapped[WebhookDeliveryId] = mapped_column(
        ForeignKey("webhook_delivery.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    status: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    """HTTP status of the answer; null when there was none."""
    answer: Mapped[str] = mapped_column(String(500), default="")
    """The beginning of the answer, or why none came."""
    took_ms: Mapped[int]


SEALED_SECRET: Final = SealedColumn(
    Webhook.id, Webhook.secret_sealed, lambda webhook_id: f"webhook.secret:{webhook_id}"
)
SEALED_FORMER: Final = SealedColumn(
    Webhook.id, Webhook.former_sealed, lambda webhook_id: f"webhook.former:{webhook_id}"
)

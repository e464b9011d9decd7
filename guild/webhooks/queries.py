"""Reads of webhooks."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, cast
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.ids import WebhookDeliveryId, WebhookId
from guild.core.permissions import Permission
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.webhooks.access import is_treasurer, webhooks_visible_to
from guild.webhooks.errors import DeliveryNotFound, WebhookNotFound
from guild.webhooks.models import Webhook, WebhookDelivery, WebhookTry
from guild.webhooks.rules import OFFERED, Scope, summary_of
from guild.webhooks.schemas import (
    DeliveryOut,
    DeliveryRow,
    DeliveryState,
    FactOut,
    TryOut,
    WebhookOut,
    WebhookState,
)


class _After(NamedTuple):
    id: UUID


def facts(work: Work, scope: Scope) -> list[FactOut]:
    """The kinds of facts that the actor may subscribe to."""
    work.require(Permission.WEBHOOKS_MANAGE)
    if scope == "house" and not is_treasurer(work.actor):
        return []
    return [
        FactOut(kind=name, says=summary_of(kind), fields=list(kind.__struct_fields__))
        for name, kind in OFFERED[scope].items()
    ]


async def webhooks(work: Work) -> list[WebhookOut]:
    """The actor's subscriptions, and for treasurers the house's."""
    rows = await work.session.scalars(
        select(Webhook)
        .where(webhooks_visible_to(work.actor), Webhook.state != "removed")
        .order_by(Webhook.id)
    )
    return [webhook_out(row) for row in rows]


async def webhook(work: Work, webhook_id: WebhookId) -> WebhookOut:
    """One subscription; raises WebhookNotFound."""
    row = await work.session.scalar(
        select(Webhook).where(
            Webhook.id == webhook_id, webhooks_visible_to(work.actor), Webhook.state != "removed"
        )
    )
    if row is None:
        raise WebhookNotFound
    return webhook_out(row)


def webhook_out(row: Webhook) -> WebhookOut:
    """A subscription as its owner sees it."""
    return WebhookOut(
        id=row.id,
        scope=cast("Scope", row.scope),
        name=row.name,
        url=row.url,
        kinds=list(row.kinds),
        state=cast("WebhookState", row.state),
        made_by=row.member_id,
        confirmed_by=row.confirmed_by,
        created_at=row.created_at,
        two_secrets_until=row.former_until,
        pause_reason=row.pause_reason,
    )


async def deliveries(
    work: Work,
    webhook_id: WebhookId,
    *,
    state: DeliveryState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DeliveryRow]:
    """The log of one subscription, the latest first; raises WebhookNotFound."""
    await webhook(work, webhook_id)
    wanted = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if state is not None:
        wanted = wanted.where(WebhookDelivery.state == state)
    if cursor:
        wanted = wanted.where(WebhookDelivery.id < decode_cursor(cursor, _After).id)
    ordered = wanted.order_by(WebhookDelivery.id.desc()).limit(limit + 1)
    rows = list(await work.session.scalars(ordered))
    shown = rows[:limit]
    return Page(
        items=[_row(row) for row in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
    )


async def delivery(work: Work, delivery_id: WebhookDeliveryId) -> DeliveryOut:
    """One delivery with its tries; raises DeliveryNotFound."""
    row = await work.session.scalar(
        select(WebhookDelivery)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.id == delivery_id, webhooks_visible_to(work.actor))
    )
    if row is None:
        raise DeliveryNotFound
    tries = await work.session.scalars(
        select(WebhookTry).where(WebhookTry.delivery_id == delivery_id).order_by(WebhookTry.number)
    )
    return DeliveryOut(
        delivery=_row(row),
        webhook_id=row.webhook_id,
        body=row.body,
        log=[msgspec.convert(one, TryOut, from_attributes=True) for one in tries],
    )


def _row(row: WebhookDelivery) -> DeliveryRow:
    return msgspec.convert(row, DeliveryRow, from_attributes=True)


INVARIANTS: Final[Sequence[Callable[[AsyncSession], Awaitable[list[str]]]]] = []

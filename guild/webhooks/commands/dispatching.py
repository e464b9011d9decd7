"""From facts to deliveries: what happened since the last look, for each subscription.

A transaction that is slow to commit shows its facts after later ones, so the search begins ten
minutes before the last fact that was seen; a fact is told once, because subscription and fact are
a key together.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from guild.core.ids import WebhookDeliveryId, new_id
from guild.core.work import Work
from guild.webhooks.commands.sending import SEND

BATCH: Final = 500
SWEEP_BATCH: Final = 5_000
KEEP: Final = timedelta(days=90)
"""For so long a delivery and its tries can be read."""
LOOK_BACK_MS: Final = 10 * 60 * 1000
_ACTIVE: Final = text(
    """SELECT id, member_id, scope, kinds, seen_to, starts_after
         FROM webhook WHERE state = 'active' ORDER BY id FOR UPDATE SKIP LOCKED"""
)
_NEWS: Final = text(
    """SELECT e.id, e.kind, e.at, e.body
         FROM event e
        WHERE e.id > :after AND e.kind = ANY(:kinds)
          AND (:house OR e.body->>'member_id' = :member)
          AND NOT EXISTS (SELECT 1 FROM webhook_delivery d
                           WHERE d.webhook_id = :webhook AND d.event_id = e.id)
        ORDER BY e.id LIMIT :batch"""
)
_TELL: Final = text(
    """INSERT INTO webhook_delivery (id, webhook_id, event_id, kind, happened_at, body, state,
              tries, next_try_at, created_at)
       SELECT r.id, :webhook, r.event_id, r.kind, r.happened_at, r.body::jsonb, 'waiting', 0,
              :now, :now
         FROM unnest(CAST(:ids AS uuid[]), CAST(:events AS uuid[]), CAST(:kinds AS text[]),
                     CAST(:moments AS timestamptz[]), CAST(:bodies AS text[]))
              AS r(id, event_id, kind, happened_at, body)
       ON CONFLICT (webhook_id, event_id) DO NOTHING"""
)
_SWEEP: Final = text(
    """WITH old AS (SELECT id FROM webhook_delivery
                     WHERE ended_at < :before ORDER BY id LIMIT :batch),
            tries AS (DELETE FROM webhook_try t USING old WHERE t.delivery_id = old.id),
            gone AS (DELETE FROM webhook_delivery d USING old WHERE d.id = old.id RETURNING 1)
       SELECT count(*) FROM gone"""
)
_SEEN: Final = text("UPDATE webhook SET seen_to = :to WHERE id = :webhook")


def floor_of(event_id: UUID) -> UUID:
    """The least id that a fact of ten minutes before could have (UUIDv7 begins with the time)."""
    moment = max((event_id.int >> 80) - LOOK_BACK_MS, 0)
    return UUID(int=moment << 80)


async def dispatch(work: Work) -> int:
    """Make deliveries of what is new, a batch for each subscription; returns how many."""
    made = 0
    for webhook in (await work.session.execute(_ACTIVE)).all():
        made += await _dispatch_to(work, webhook)
    return made


async def sweep(work: Work) -> int:
    """Delete deliveries that ended long ago, with their tries; a batch at a time."""
    gone = (
        await work.session.execute(_SWEEP, {"before": work.now - KEEP, "batch": SWEEP_BATCH})
    ).scalar_one()
    return int(gone)


async def _dispatch_to(work: Work, webhook: Row[Any]) -> int:
    news = (
        await work.session.execute(
            _NEWS,
            {
                "after": max(floor_of(webhook.seen_to), webhook.starts_after),
                "kinds": webhook.kinds,
                "house": webhook.scope == "house",
                "member": str(webhook.member_id),
                "webhook": webhook.id,
                "batch": BATCH,
            },
        )
    ).all()
    if not news:
        return 0
    ids = [WebhookDeliveryId(new_id()) for _ in news]
    await work.session.execute(
        _TELL,
        {
            "webhook": webhook.id,
            "now": work.now,
            "ids": ids,
            "events": [fact.id for fact in news],
            "kinds": [fact.kind for fact in news],
            "moments": [fact.at for fact in news],
            "bodies": [msgspec.json.encode(fact.body).decode() for fact in news],
        },
    )
    await work.session.execute(
        _SEEN, {"to": max(news[-1].id, webhook.seen_to), "webhook": webhook.id}
    )
    for delivery_id in ids:
        work.later(SEND, delivery_id=delivery_id)
    return len(news)

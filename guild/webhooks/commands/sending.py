"""One delivery: what is sent, the call, and what follows from the answer."""

import asyncio
import socket
import ssl
import time
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
from sqlalchemy import select, update

from guild.core.ids import EventId, WebhookDeliveryId, WebhookId, new_id
from guild.core.jobs import OutsideJob
from guild.core.mail import send_mail
from guild.core.permissions import Permission
from guild.core.work import System, Work
from guild.members.models import Member
from guild.webhooks.access import webhooks_visible_to
from guild.webhooks.errors import DeliveryNotFound, WebhookNotFound
from guild.webhooks.events import WebhookStopped
from guild.webhooks.models import (
    DELIVERY,
    SEALED_FORMER,
    SEALED_SECRET,
    WEBHOOK,
    Webhook,
    WebhookDelivery,
    WebhookTry,
)
from guild.webhooks.rules import (
    ATTEMPTS_MAX,
    GIVEN_UP_MAX,
    RETRY_AFTER,
    is_outside,
    signature,
)

TIMEOUT_S: Final = 10.0
ANSWER_MAX: Final = 500
TRY_OUT_KIND: Final = "TryOut"


class _Call(msgspec.Struct, frozen=True):
    url: str
    headers: dict[str, str]
    body: bytes
    inside_allowed: bool


class _Answer(msgspec.Struct, frozen=True):
    status: int | None
    text: str
    took_ms: int

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def try_out(work: Work, webhook_id: WebhookId) -> WebhookDelivery:
    """Send a fact of the kind `TryOut`, so that the receiver can be tested."""
    work.require(Permission.WEBHOOKS_MANAGE)
    webhook = await work.session.scalar(
        select(Webhook).where(Webhook.id == webhook_id, webhooks_visible_to(work.actor))
    )
    if webhook is None or webhook.state != "active":
        raise WebhookNotFound("Only an active webhook of yours can be tried out.")
    row = WebhookDelivery(
        id=WebhookDeliveryId(new_id()),
        webhook_id=webhook.id,
        event_id=EventId(new_id()),
        kind=TRY_OUT_KIND,
        happened_at=work.now,
        body={"webhook_id": str(webhook.id)},
        next_try_at=work.now,
        created_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    work.later(SEND, delivery_id=row.id)
    return row


async def send_again(work: Work, delivery_id: WebhookDeliveryId) -> WebhookDelivery:
    """Send a delivery once more that arrived or was given up; under its old id."""
    work.require(Permission.WEBHOOKS_MANAGE)
    row = await work.session.scalar(
        select(WebhookDelivery)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(
            WebhookDelivery.id == delivery_id,
            Webhook.state == "active",
            webhooks_visible_to(work.actor),
        )
        .with_for_update(of=WebhookDelivery)
    )
    if row is None:
        raise DeliveryNotFound
    DELIVERY.move(row, "send_again")
    row.ended_at, row.next_try_at = None, work.now
    work.later(SEND, delivery_id=row.id)
    return row


async def send_waiting(work: Work, webhook_id: WebhookId) -> None:
    """Queue what waits for a subscription that was paused."""
    waiting = await work.session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == "waiting")
        .order_by(WebhookDelivery.id)
        .with_for_update()
    )
    for row in waiting:
        row.next_try_at = work.now
        work.later(SEND, delivery_id=row.id)


async def drop_waiting(work: Work, webhook_id: WebhookId) -> None:
    """End what waits for a subscription that is removed."""
    await work.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == "waiting")
        .values(state="dropped", ended_at=work.now, next_try_at=None)
        .execution_options(synchronize_session=False)
    )


async def _prepare(work: Work, delivery_id: WebhookDeliveryId) -> _Call | None:
    found = (
        await work.session.execute(
            select(WebhookDelivery, Webhook)
            .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
            .where(WebhookDelivery.id == delivery_id)
            .with_for_update(of=WebhookDelivery)
        )
    ).one_or_none()
    if found is None:
        return None
    delivery, webhook = found
    if delivery.state != "waiting":
        return None
    if webhook.state != "active":  # `send_waiting` queues it again when it is resumed
        delivery.next_try_at = None
        return None
    return _Call(
        url=webhook.url,
        headers=_headers(work, webhook, delivery),
        body=_body_of(delivery),
        inside_allowed=not work.settings.production,
    )


def _body_of(delivery: WebhookDelivery) -> bytes:
    return msgspec.json.encode(
        {
            "id": delivery.event_id,
            "type": delivery.kind,
            "timestamp": delivery.happened_at,
            "data": delivery.body,
        }
    )


def _headers(work: Work, webhook: Webhook, delivery: WebhookDelivery) -> dict[str, str]:
    keys = [work.keyring.open(webhook.secret_sealed, context=SEALED_SECRET.context(webhook.id))]
    if webhook.former_sealed and webhook.former_until and work.now < webhook.former_until:
        keys.append(
            work.keyring.open(webhook.former_sealed, context=SEALED_FORMER.context(webhook.id))
        )
    timestamp = int(work.now.timestamp())
    delivery_id = str(delivery.id)
    return {
        "content-type": "application/json",
        "user-agent": "Guild webhooks",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(keys, delivery_id, timestamp, _body_of(delivery)),
    }


async def _call(_: System, call: _Call) -> _Answer:
    """POST it; every way to fail is an answer, because the tries are counted on the delivery."""
    began = time.monotonic()
    try:
        status, said = await _post(call)
    except (httpx.HTTPError, OSError, ssl.SSLError, _Inside) as failure:
        status, said = None, f"{type(failure).__name__}: {failure}"
    took_ms = round((time.monotonic() - began) * 1000)
    return _Answer(status, said.replace("\x00", "")[:ANSWER_MAX], took_ms)


class _Inside(Exception):
    """The name leads into a private network."""


async def _post(call: _Call) -> tuple[int, str]:
    # The name is resolved once, checked, and that very address is called: a name that answers
    # differently the second time cannot lead the call behind our wall.
    parts = urlsplit(call.url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not call.inside_allowed and not is_outside(addresses):
        raise _Inside(f"{host} leads to an address inside a private network.")
    target = httpx.URL(call.url).copy_with(host=addresses[0])
    headers = {**call.headers, "host": parts.netloc.rpartition("@")[2]}
    async with (
        httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST", target, content=call.body, headers=headers, extensions={"sni_hostname": host}
        ) as answer,
    ):
        said = b""
        async for part in answer.aiter_bytes():
            said += part
            if len(said) >= ANSWER_MAX:
                break
        return answer.status_code, said.decode(errors="replace")


async def _record(work: Work, ids: dict[str, Any], answer: _Answer) -> None:
    delivery = await work.session.scalar(
        select(WebhookDelivery).where(WebhookDelivery.id == ids["delivery_id"]).with_for_update()
    )
    if delivery is None or delivery.state != "waiting":
        return
    delivery.tries += 1
    work.session.add(
        WebhookTry(
            delivery_id=delivery.id,
            number=delivery.tries,
            at=work.now,
            status=answer.status,
            answer=answer.text,
            took_ms=answer.took_ms,
        )
    )
    if answer.arrived:
        _end(delivery, "arrive", work.now)
        await _count(work, delivery.webhook_id, arrived=True)
    elif delivery.tries % ATTEMPTS_MAX == 0:
        _end(delivery, "give_up", work.now)
        await _count(work, delivery.webhook_id, arrived=False)
    else:
        due_at = work.now + RETRY_AFTER[delivery.tries % ATTEMPTS_MAX - 1]
        delivery.next_try_at = due_at
        work.later(SEND, due_at=due_at, delivery_id=delivery.id)


def _end(delivery: WebhookDelivery, action: str, now: datetime) -> None:
    DELIVERY.move(delivery, action)
    delivery.ended_at, delivery.next_try_at = now, None


async def _count(work: Work, webhook_id: WebhookId, *, arrived: bool) -> None:
    webhook = await work.session.get_one(Webhook, webhook_id, with_for_update=True)
    webhook.given_up_in_a_row = 0 if arrived else webhook.given_up_in_a_row + 1
    if webhook.given_up_in_a_row < GIVEN_UP_MAX or webhook.state != "active":
        return
    WEBHOOK.move(webhook, "pause")
    webhook.pause_reason = f"Paused by itself: {GIVEN_UP_MAX} deliveries in a row did not arrive."
    await work.emit(
        WebhookStopped(webhook_id=webhook.id, member_id=webhook.member_id, by_itself=True)
    )
    member = await work.session.get_one(Member, webhook.member_id)
    send_mail(
        work,
        to=member.email,
        subject=f"The webhook “{webhook.name}” was paused",
        text=f"{webhook.url} has not accepted anything for more than a day.\nThe log at "
        f"{work.settings.base_url}/webhooks/{webhook.id} shows each try. Resume it there when the "
        "receiver is mended: what happened meanwhile is then sent.",
        reason="You get this because the webhook is yours.",
        lang=member.language,
    )


SEND: Final = OutsideJob(
    "webhooks.send",
    prepare=_prepare,
    call=_call,
    record=_record,
    timeout_s=20,
    repeatable=True,
)
"""Repeatable: the receiver knows a delivery by its id, and may get it twice."""

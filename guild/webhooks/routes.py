"""Webhooks over HTTP: subscriptions, their secrets, and the log of what was sent."""

from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter

from guild.core.ids import WebhookDeliveryId, WebhookId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, delete, get, patch, post
from guild.core.work import Work
from guild.webhooks import commands, queries
from guild.webhooks.queries import webhook_out
from guild.webhooks.rules import Scope
from guild.webhooks.schemas import (
    DeliveryOut,
    DeliveryRow,
    DeliveryState,
    FactOut,
    WebhookChange,
    WebhookIn,
    WebhookMadeOut,
    WebhookOut,
)

MANAGE = Permission.WEBHOOKS_MANAGE
NO_STORE = {"Cache-Control": "no-store"}


def _shown_once(made: commands.MadeWebhook) -> Response[WebhookMadeOut]:
    out = WebhookMadeOut(webhook=webhook_out(made.row), secret=made.secret)
    return Response(out, headers=NO_STORE)


@post("/webhooks", permission=MANAGE, tags=["webhooks"], summary="Subscribe to facts")
async def add_webhook(work: Work, data: WebhookIn) -> Response[WebhookMadeOut]:
    """Have facts sent to an address from now on, signed by the Standard Webhooks specification.
    The secret is shown this once. One for the house starts when a second treasurer confirms it.
    """
    return _shown_once(await commands.add_webhook(work, data))


@get("/webhooks", permission=MANAGE, tags=["webhooks"], summary="Your subscriptions")
async def webhooks(work: Work) -> list[WebhookOut]:
    """Your subscriptions; for treasurers those of the house too."""
    return await queries.webhooks(work)


@get("/webhooks/facts", permission=MANAGE, tags=["webhooks"], summary="What is offered")
async def facts(work: Work, whose: Scope = "own") -> list[FactOut]:
    """The kinds of facts that you may subscribe to, and the fields of their bodies."""
    return queries.facts(work, whose)


@get("/webhooks/{webhook_id:uuid}", permission=MANAGE, tags=["webhooks"], summary="One of them")
async def webhook(work: Work, webhook_id: WebhookId) -> WebhookOut:
    """One subscription."""
    return await queries.webhook(work, webhook_id)


@patch("/webhooks/{webhook_id:uuid}", permission=MANAGE, tags=["webhooks"], summary="Change one")
async def change_webhook(work: Work, webhook_id: WebhookId, data: WebhookChange) -> WebhookOut:
    """Another name, address or choice of facts. The house's stay as two treasurers agreed."""
    return webhook_out(await commands.change_webhook(work, webhook_id, data))


@delete("/webhooks/{webhook_id:uuid}", permission=MANAGE, tags=["webhooks"], summary="End one")
async def remove_webhook(work: Work, webhook_id: WebhookId) -> None:
    """Send nothing more, and drop what still waited."""
    await commands.remove_webhook(work, webhook_id)


@post("/webhooks/{webhook_id:uuid}/confirm", permission=MANAGE, tags=["webhooks"],
      summary="Confirm one for the house", status_code=200)  # fmt: skip
async def confirm_webhook(work: Work, webhook_id: WebhookId) -> WebhookOut:
    """A second treasurer lets the house's facts go to that address."""
    return webhook_out(await commands.confirm_webhook(work, webhook_id))


@post("/webhooks/{webhook_id:uuid}/pause", permission=MANAGE, tags=["webhooks"],
      summary="Pause one", status_code=200)  # fmt: skip
async def pause_webhook(work: Work, webhook_id: WebhookId) -> WebhookOut:
    """Send nothing until it is resumed; what happens meanwhile is sent then."""
    return webhook_out(await commands.pause_webhook(work, webhook_id))


@post("/webhooks/{webhook_id:uuid}/resume", permission=MANAGE, tags=["webhooks"],
      summary="Resume one", status_code=200)  # fmt: skip
async def resume_webhook(work: Work, webhook_id: WebhookId) -> WebhookOut:
    """Go on where it stopped."""
    return webhook_out(await commands.resume_webhook(work, webhook_id))


@post("/webhooks/{webhook_id:uuid}/secret", permission=MANAGE, tags=["webhooks"],
      summary="Renew the secret")  # fmt: skip
async def renew_secret(work: Work, webhook_id: WebhookId) -> Response[WebhookMadeOut]:
    """A new secret, shown this once. For a day each delivery carries both signatures."""
    return _shown_once(await commands.renew_secret(work, webhook_id))


@post("/webhooks/{webhook_id:uuid}/try-out", permission=MANAGE, tags=["webhooks"],
      summary="Send a trial", status_code=202)  # fmt: skip
async def try_out(work: Work, webhook_id: WebhookId) -> DeliveryOut:
    """Send a delivery of the kind `TryOut`; its log shows what came of it."""
    return await queries.delivery(work, (await commands.try_out(work, webhook_id)).id)


@get("/webhooks/{webhook_id:uuid}/deliveries", permission=MANAGE, tags=["webhooks"],
     summary="The log of one")  # fmt: skip
async def deliveries(
    work: Work,
    webhook_id: WebhookId,
    standing: Annotated[DeliveryState | None, QueryParameter(name="state")] = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[DeliveryRow]:
    """What was sent, is waiting, or was given up; the latest first. Kept for 90 days."""
    return await queries.deliveries(work, webhook_id, state=standing, cursor=cursor, limit=limit)


@get("/webhook-deliveries/{delivery_id:uuid}", permission=MANAGE, tags=["webhooks"],
     summary="One delivery")  # fmt: skip
async def delivery(work: Work, delivery_id: WebhookDeliveryId) -> DeliveryOut:
    """What is sent, and how each try ended."""
    return await queries.delivery(work, delivery_id)


@post("/webhook-deliveries/{delivery_id:uuid}/send-again", permission=MANAGE, tags=["webhooks"],
      summary="Send it again", status_code=202)  # fmt: skip
async def send_again(work: Work, delivery_id: WebhookDeliveryId) -> DeliveryOut:
    """Send a delivery once more, under its old id."""
    await commands.send_again(work, delivery_id)
    return await queries.delivery(work, delivery_id)


ROUTES = [
    add_webhook, webhooks, facts, webhook, change_webhook, remove_webhook, confirm_webhook,
    pause_webhook, resume_webhook, renew_secret, try_out, deliveries, delivery, send_again,
]  # fmt: skip

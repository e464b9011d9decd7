"""Pages of webhooks: the list with its form, and one subscription with its log."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.ids import WebhookDeliveryId, WebhookId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get, post
from guild.core.work import Work
from guild.members.pages.forms import (
    FORM,
    NO_STORE,
    answer_refused,
    faults_of,
    status_of,
)
from guild.webhooks import commands, queries
from guild.webhooks.access import is_treasurer
from guild.webhooks.schemas import WebhookIn

MANAGE = Permission.WEBHOOKS_MANAGE
STEPS = {
    "confirm": commands.confirm_webhook,
    "pause": commands.pause_webhook,
    "resume": commands.resume_webhook,
    "try-out": commands.try_out,
}


@get("/webhooks", permission=MANAGE, include_in_schema=False)
async def webhooks_page(work: Work) -> Response[str]:
    """Your subscriptions, and the form for another."""
    return await _list(work)


@post("/webhooks", permission=MANAGE, **FORM)
async def add_webhook(work: Work, request: Request[Any, Any, Any]) -> Response[Any]:
    """Make one, and show its secret this once."""
    form = await request.form()
    entered = {
        "name": form.get("name", ""),
        "url": form.get("url", ""),
        "scope": form.get("scope", "own"),
        "kinds": form.getall("kinds", []),
    }
    try:
        made = await commands.add_webhook(work, msgspec.convert(entered, WebhookIn))
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, await _list(work, refusal=refusal, entered=entered))
    return await _one(work, made.row.id, secret=made.secret)


@get("/webhooks/{webhook_id:uuid}", permission=MANAGE, include_in_schema=False)
async def webhook_page(
    work: Work, webhook_id: WebhookId, cursor: Cursor | None = None
) -> Response[str]:
    """One subscription and its log."""
    return await _one(work, webhook_id, cursor=cursor)


@post("/webhooks/{webhook_id:uuid}/secret", permission=MANAGE, **FORM)
async def renew_secret(work: Work, webhook_id: WebhookId) -> Response[Any]:
    """A new secret, shown this once."""
    made = await commands.renew_secret(work, webhook_id)
    return await _one(work, webhook_id, secret=made.secret)


@post("/webhooks/{webhook_id:uuid}/remove", permission=MANAGE, **FORM)
async def remove_webhook(work: Work, webhook_id: WebhookId) -> Response[Any]:
    """End it."""
    await commands.remove_webhook(work, webhook_id)
    return Redirect("/webhooks", status_code=303)


@post("/webhooks/{webhook_id:uuid}/step/{step:str}", permission=MANAGE, **FORM)
async def step_webhook(work: Work, webhook_id: WebhookId, step: str) -> Response[Any]:
    """Confirm, pause, resume, or send a trial."""
    if step not in STEPS:
        return await _list(work)
    await STEPS[step](work, webhook_id)
    return Redirect(f"/webhooks/{webhook_id}", status_code=303)


@post("/webhook-deliveries/{delivery_id:uuid}/send-again", permission=MANAGE, **FORM)
async def send_again(work: Work, delivery_id: WebhookDeliveryId) -> Response[Any]:
    """Send a delivery once more."""
    row = await commands.send_again(work, delivery_id)
    return Redirect(f"/webhooks/{row.webhook_id}#log", status_code=303)


@get("/webhook-deliveries/{delivery_id:uuid}", permission=MANAGE, include_in_schema=False)
async def delivery_page(work: Work, delivery_id: WebhookDeliveryId) -> Response[str]:
    """What is sent, and how each try ended."""
    shown = await queries.delivery(work, delivery_id)
    body = msgspec.json.format(msgspec.json.encode(shown.body), indent=2).decode()
    return page(work, "webhooks/delivery.html", section="/webhooks", shown=shown, body=body)


async def _list(
    work: Work,
    *,
    refusal: Exception | None = None,
    entered: dict[str, Any] | None = None,
) -> Response[str]:
    return page(
        work,
        "webhooks/list.html",
        status=status_of(refusal),
        section="/webhooks",
        webhooks=await queries.webhooks(work),
        own=queries.facts(work, "own"),
        house=queries.facts(work, "house"),
        for_house=is_treasurer(work.actor),
        errors=faults_of(refusal),
        entered=entered or {},
    )


async def _one(
    work: Work, webhook_id: WebhookId, *, secret: str = "", cursor: str | None = None
) -> Response[str]:
    shown = page(
        work,
        "webhooks/webhook.html",
        section="/webhooks",
        webhook=await queries.webhook(work, webhook_id),
        log=await queries.deliveries(work, webhook_id, cursor=cursor),
        secret=secret,
    )
    shown.headers.update(NO_STORE)
    return shown


PAGES = [
    webhooks_page, add_webhook, webhook_page, renew_secret, remove_webhook, step_webhook,
    send_again, delivery_page,
]  # fmt: skip

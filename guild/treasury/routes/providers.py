"""Payment providers over HTTP: links for clients, webhooks of providers, what is held there."""

from typing import Any

from litestar import Request

from guild.core.ids import InvoiceId
from guild.core.permissions import Permission
from guild.core.wire import get, post, post_once
from guild.core.work import Work
from guild.treasury import commands, jobs, queries
from guild.treasury.schemas import (
    PaymentLinkIn,
    PaymentLinkOut,
    ProviderAccountOut,
    WebhookTakenOut,
)

WEBHOOK_MAX = 500_000


@post_once("/invoices/{invoice_id:uuid}/payment-links", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Ask for a payment link")  # fmt: skip
async def ask_link(work: Work, invoice_id: InvoiceId, data: PaymentLinkIn) -> PaymentLinkOut:
    """Ask a provider for a page on which the client pays what is open; `url` follows."""
    made = await commands.ask_through_provider(work, invoice_id, data)
    work.later(jobs.make_payment_link, payment_id=made.id)
    return made


@get("/payment-links", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Payment links")  # fmt: skip
async def payment_links(work: Work, invoice_id: InvoiceId | None = None) -> list[PaymentLinkOut]:
    """Links of an invoice, or the latest, with their state."""
    return await queries.payment_links(work, invoice_id)


@get("/provider-accounts", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Money at payment providers")  # fmt: skip
async def provider_accounts(work: Work) -> list[ProviderAccountOut]:
    """What the books say is held at each provider."""
    return await queries.provider_accounts(work)


@post("/provider-webhooks/stripe", permission=Permission.PUBLIC, tags=["treasury"], signed=True,
      summary="Stripe's webhook", request_max_body_size=WEBHOOK_MAX)  # fmt: skip
async def stripe_webhook(
    work: Work, request: Request[Any, Any, Any], body: bytes
) -> WebhookTakenOut:
    """Events signed with the endpoint's secret; each is taken once, then the provider is asked."""
    return await _taken(work, "stripe", request, body)


@post("/provider-webhooks/gocardless", permission=Permission.PUBLIC, tags=["treasury"],
      signed=True, summary="GoCardless's webhook",
      request_max_body_size=WEBHOOK_MAX)  # fmt: skip
async def gocardless_webhook(
    work: Work, request: Request[Any, Any, Any], body: bytes
) -> WebhookTakenOut:
    """Events signed with the endpoint's secret; each is taken once, then the provider is asked."""
    return await _taken(work, "gocardless", request, body)


async def _taken(
    work: Work, provider: str, request: Request[Any, Any, Any], body: bytes
) -> WebhookTakenOut:
    new = await commands.take_webhook(work, provider, dict(request.headers), body)
    for hint in new:
        work.later(jobs.fetch_payment, provider=provider, object_id=hint.object_id)
    return WebhookTakenOut(taken=len(new))


ROUTES = [ask_link, payment_links, provider_accounts, stripe_webhook, gocardless_webhook]

"""Payment providers: links, forged and repeated webhooks, gross and fee, chargebacks.

A local server on 127.0.0.1 speaks the documented parts of both APIs.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from guild.core.permissions import SYSTEM
from guild.core.settings import Pay
from guild.core.work import begin_work
from guild.treasury import commands, jobs, queries
from guild.treasury.errors import WebhookRefused
from guild.treasury.models import ProviderEvent
from guild.treasury.providers.gocardless import GoCardless
from guild.treasury.providers.interface import ProviderAway
from guild.treasury.providers.stripe import TOLERANCE_S, Stripe
from guild.treasury.schemas import ExplainIn, PaymentLinkOut
from tests.camt import Move
from tests.conftest import SignIn
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import entries, held, row

API = "/api/v1"
SECRET = "whsec_of_the_test"


class Fake:
    """What the provider knows, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str, str]] = []
        self.sessions: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.broken = False

    def answer(self, method: str, path: str, body: bytes, key: str) -> tuple[int, Any]:
        self.asked.append((method, path, key))
        if self.broken:
            return 500, {"error": "down"}
        if method == "POST" and path == "/v1/checkout/sessions":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            made = {"id": f"cs_{key[:8]}", "url": f"{self.url}/pay/{key[:8]}", "status": "open",
                    "client_reference_id": form["client_reference_id"], "payment_status": "unpaid",
                    "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
                    "currency": form["line_items[0][price_data][currency]"]}  # fmt: skip
            return 200, self.sessions.setdefault(made["id"], made)
        if method == "GET" and path.startswith("/v1/checkout/sessions/"):
            found = self.sessions.get(path.partition("?")[0].rpartition("/")[2])
            return (200, found) if found else (404, {})
        if method == "POST" and path == "/billing_requests":
            asked = json.loads(body)["billing_requests"]["payment_request"]
            self.payments["PM1"] = {"id": "PM1", "status": "pending_submission", **asked}
            return 201, {"billing_requests": {"id": "BRQ1"}}
        if method == "POST" and path == "/billing_request_flows":
            made = {"id": "BRF1", "authorisation_url": f"{self.url}/flow/1"}
            return 201, {"billing_request_flows": made}
        found = self.payments.get(path.rpartition("/")[2])
        return (200, {"payments": found}) if found else (404, {})


@asynccontextmanager
async def served(fake: Fake) -> AsyncIterator[Fake]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in head)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, said = fake.answer(method, path, body, headers.get("idempotency-key", ""))
        content = json.dumps(said).encode()
        top = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\nConnection: close"
        writer.write(f"{top}\r\n\r\n".encode() + content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield fake


@pytest_asyncio.fixture
async def fake(desk: Desk) -> AsyncIterator[Fake]:
    """Both providers set up against a local server."""
    async with served(Fake()) as running:
        before = desk.system.settings.pay
        pay = Pay(stripe_key="sk_test", stripe_hook_secret=SECRET, stripe_url=running.url,
                  gocardless_key="token", gocardless_hook_secret=SECRET,
                  gocardless_url=running.url)  # fmt: skip
        msgspec.structs.force_setattr(desk.system.settings, "pay", pay)
        yield running
        msgspec.structs.force_setattr(desk.system.settings, "pay", before)


async def run(desk: Desk, job: Any, **ids: Any) -> None:
    """A job that leaves the house, as the worker runs it."""
    async with begin_work(desk.system, SYSTEM) as work:
        request = await job.prepare(work, **ids)
    if request is None:
        return
    answer = await job.call(desk.system, request)
    async with begin_work(desk.system, SYSTEM) as work:
        await job.record(work, ids, answer)


def stripe_signed(body: bytes, at: int, secret: str = SECRET) -> dict[str, str]:
    sign = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={sign}"}


async def link(desk: Desk, signed_in: SignIn, provider: str) -> tuple[Any, PaymentLinkOut]:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    client = await signed_in(desk.treasurers[0])
    answer = await client.post(
        f"{API}/invoices/{invoice.id}/payment-links",
        json={"provider": provider},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    await run(desk, jobs.make_payment_link, payment_id=made["id"])
    (shown,) = (await client.get(f"{API}/payment-links")).json()
    return invoice, msgspec.convert(shown, PaymentLinkOut)


async def test_stripe_pays_an_invoice_once_and_its_fee_is_the_houses(
    desk: Desk, fake: Fake, signed_in: SignIn
) -> None:
    invoice, made = await link(desk, signed_in, "stripe")
    assert made.url.startswith(fake.url)
    await run(desk, jobs.make_payment_link, payment_id=str(made.id))
    assert sum(method == "POST" for method, _, _ in fake.asked) == 1
    (session,) = fake.sessions.values()
    session |= {
        "payment_status": "paid",
        "payment_intent": {"latest_charge": {"balance_transaction": {"fee": 1_840}}},
    }
    event = {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": session}}
    body = json.dumps(event).encode()
    stranger = await signed_in(desk.treasurers[1])
    at = int(desk.system.clock().timestamp())
    path = f"{API}/provider-webhooks/stripe"
    for taken in (1, 0, 0):
        answer = await stranger.post(path, content=body, headers=stripe_signed(body, at))
        assert (answer.status_code, answer.json()) == (201, {"taken": taken})
    for _ in range(3):
        await run(desk, jobs.fetch_payment, provider="stripe", object_id=session["id"])
    assert (await row(desk, invoice)).state == "paid"
    assert await held(desk, "provider_fees") == 1_840
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        (account,) = await queries.provider_accounts(work)
        number = await work.session.scalar(select(func.count()).select_from(ProviderEvent))
    assert (account.balance, number) == ("1191.60", 1)
    await desk.bring_in(desk.statement(Move(cents=119_160, reference="PO", name="Stripe")))
    (entry,) = await entries(desk)
    said = ExplainIn(kind="provider_transfer", provider_account_id=account.id, note="Payout")
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.explain_entry(work, entry.id, said)
    assert await held(desk, "provider_balance", account.id) == 0
    assert await desk.wrong() == []


async def test_a_payment_that_the_provider_takes_back_opens_the_invoice(
    desk: Desk, fake: Fake, signed_in: SignIn
) -> None:
    invoice, made = await link(desk, signed_in, "gocardless")
    assert made.url == f"{fake.url}/flow/1"
    fake.payments["PM1"]["status"] = "confirmed"
    paid = {"resource_type": "payments", "action": "confirmed", "links": {"payment": "PM1"}}
    other = {"resource_type": "mandates", "action": "active", "links": {"mandate": "MD1"}}
    event = {"events": [{"id": "EV1", **paid}, {"id": "EV2", **other}]}
    body = json.dumps(event).encode()
    sign = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    client = await signed_in(desk.treasurers[1])
    answer = await client.post(f"{API}/provider-webhooks/gocardless", content=body,
                               headers={"Webhook-Signature": sign})  # fmt: skip
    assert answer.json() == {"taken": 1}
    await run(desk, jobs.fetch_payment, provider="gocardless", object_id="PM1")
    assert (await row(desk, invoice)).state == "paid"
    fake.payments["PM1"]["status"] = "charged_back"
    for _ in range(2):
        await run(desk, jobs.fetch_payment, provider="gocardless", object_id="PM1")
    after = await row(desk, invoice)
    assert (after.state, after.open_minor) == ("issued", 121_000)
    assert await held(desk, "member_available", invoice.member_id) == 0
    assert await desk.wrong() == []


async def test_a_forged_or_stale_webhook_is_refused_and_leaves_nothing(
    desk: Desk, fake: Fake, signed_in: SignIn
) -> None:
    body = (
        b'{"id": "evt_x", "type": "checkout.session.completed", "data": {"object": {"id": "cs"}}}'
    )
    client = await signed_in(desk.treasurers[0])
    at = int(desk.system.clock().timestamp())
    path = f"{API}/provider-webhooks/stripe"
    forged = [
        {},
        stripe_signed(body, at, "another"),
        stripe_signed(body + b" ", at),
        stripe_signed(body, at - TOLERANCE_S - 1),
        {"Stripe-Signature": "t=x,v1="},
    ]
    for headers in forged:
        answer = await client.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "provider_webhook_refused")
    answer = await client.post(f"{API}/provider-webhooks/gocardless", content=body,
                               headers={"Webhook-Signature": "00"})  # fmt: skip
    assert answer.status_code == 403
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert await work.session.scalar(select(func.count()).select_from(ProviderEvent)) == 0
    assert fake.asked == []


async def test_a_webhook_that_lies_pays_nothing(desk: Desk, fake: Fake, signed_in: SignIn) -> None:
    """Signed or not: the provider itself says that nothing was paid."""
    invoice, _ = await link(desk, signed_in, "stripe")
    (session,) = fake.sessions
    await run(desk, jobs.fetch_payment, provider="stripe", object_id=session)
    await run(desk, jobs.fetch_payment, provider="stripe", object_id="cs_unknown")
    assert (await row(desk, invoice)).state == "issued"


async def test_a_provider_that_is_down_is_asked_again_later(fake: Fake) -> None:
    fake.broken = True
    for one in (Stripe(fake.url, "k", SECRET), GoCardless(fake.url, "k", SECRET)):
        with pytest.raises(ProviderAway):
            await one.fetch("x")


async def test_without_a_key_there_is_no_provider(desk: Desk, signed_in: SignIn) -> None:
    client = await signed_in(desk.treasurers[0])
    answer = await client.post(f"{API}/provider-webhooks/stripe", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (404, "payment_provider_not_found")


def test_a_webhook_without_a_secret_is_refused() -> None:
    with pytest.raises(WebhookRefused):
        Stripe("http://127.0.0.1", "k", "").hints({}, b"{}", 0)
    empty = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    with pytest.raises(WebhookRefused):
        GoCardless("http://127.0.0.1", "k", "").hints({"webhook-signature": empty}, b"{}", 0)

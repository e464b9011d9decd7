"""Payment providers: links, forged and repeated webhooks, gross and fee, chargebacks.

A local server on 127.0.0.1 speaks the documented parts of both APIs.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from guild import features
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.settings import Pay
from guild.core.work import begin_work
from guild.invoicing.commands import credit_invoice, record_payment
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import post
from guild.receivables.commands import ask_write_off, decide_write_off, propose_refund
from guild.receivables.schemas import RefundIn, WriteOffIn
from guild.treasury import commands, jobs, queries
from guild.treasury.errors import WebhookRefused
from guild.treasury.models import ProviderEvent
from guild.treasury.providers.gocardless import GoCardless
from guild.treasury.providers.interface import ProviderAway, Seen
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
        self.disputes: dict[str, dict[str, Any]] = {}
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
        if path.startswith(("/v1/checkout/sessions?", "/v1/disputes?")):
            wanted = parse_qs(path.partition("?")[2])["payment_intent"][0]
            if "/disputes" in path:
                return 200, {"data": list(self.disputes.values())}
            of = [one for one in self.sessions.values() if one["payment_intent"]["id"] == wanted]
            return 200, {"data": of}
        return self.debits(method, path, body)

    def debits(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
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


async def test_a_dispute_takes_back_its_amount_only_and_won_it_comes_back_once(
    desk: Desk, fake: Fake, signed_in: SignIn
) -> None:
    invoice, _ = await link(desk, signed_in, "stripe")
    (session,) = fake.sessions.values()
    charge: dict[str, Any] = {"balance_transaction": {"fee": 1_840}, "disputed": False}
    session |= {"payment_status": "paid",
                "payment_intent": {"id": "pi_1", "latest_charge": charge}}  # fmt: skip
    at = int(desk.system.clock().timestamp())

    async def told(kind: str, *, taken: int, fees: int) -> None:
        """The webhook names the intent only; what it led to is the same however often it comes."""
        about = {"id": "dp_1", "amount": 1, "payment_intent": "pi_1"}
        body = json.dumps({"id": f"evt_{kind}_{taken}", "type": kind, "data": {"object": about}})
        path, client = f"{API}/provider-webhooks/stripe", await signed_in(desk.treasurers[1])
        answer = await client.post(
            path, content=body.encode(), headers=stripe_signed(body.encode(), at)
        )
        assert answer.json() == {"taken": 1}
        for _ in range(2):
            await run(desk, jobs.fetch_payment, provider="stripe", object_id="pi_1")
        after = await row(desk, invoice)
        assert after.open_minor == taken
        assert await held(desk, "provider_fees") == fees
        async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
            (shown,) = await queries.payment_links(work, invoice.id)
            (account,) = await queries.provider_accounts(work)
        assert shown.returned == f"{taken // 100}.{taken % 100:02}"
        assert account.balance == f"{(121_000 - taken - fees) / 100:.2f}"

    await told("charge.refund.updated", taken=0, fees=1_840)
    charge["disputed"] = True
    asks = {"id": "dp_1", "amount": 30_000, "currency": "eur", "balance_transactions": []}
    fake.disputes["dp_1"] = asks
    await told("charge.dispute.created", taken=0, fees=1_840)
    withdrawn = {"amount": -30_000, "fee": 1_500, "currency": "eur"}
    asks["balance_transactions"] = [withdrawn]
    await told("charge.dispute.funds_withdrawn", taken=30_000, fees=3_340)
    assert (await row(desk, invoice)).state == "partly_paid"
    # A second one over another part, kept by Stripe in dollars: its own amount counts.
    in_dollars = [{"amount": -22_000, "fee": 1_600, "currency": "usd"}]
    fake.disputes["dp_2"] = {"id": "dp_2", "amount": 20_000, "currency": "eur",
                             "balance_transactions": in_dollars}  # fmt: skip
    await told("charge.dispute.created", taken=50_000, fees=3_340)
    reinstated = {"amount": 30_000, "fee": -1_500, "currency": "eur"}
    asks["balance_transactions"] = [withdrawn, reinstated]
    await told("charge.dispute.closed", taken=20_000, fees=1_840)
    in_dollars.append({"amount": 22_000, "fee": 0, "currency": "usd"})
    await told("charge.dispute.funds_reinstated", taken=0, fees=1_840)
    assert (await row(desk, invoice)).state == "paid"
    # Disputed whole after all: both payments that the money made are taken back.
    asks |= {"amount": 121_000, "balance_transactions": [withdrawn | {"amount": -121_000}]}
    await told("charge.dispute.updated", taken=121_000, fees=3_340)
    assert (await row(desk, invoice)).state == "issued"
    assert await desk.wrong() == []


async def test_what_was_won_after_the_client_paid_otherwise_is_its_credit(
    desk: Desk, fake: Fake, signed_in: SignIn
) -> None:
    """An older answer changes nothing; what is on account goes first; what is gone is said."""
    invoice, made = await link(desk, signed_in, "gocardless")
    now = desk.system.clock()

    async def say(minutes: int, *, back: int, state: Any = "paid") -> None:
        seen = Seen(external_id="PM1", payment_id=made.id.hex, state=state, amount_minor=121_000,
                    returned_minor=back, fee_minor=0, currency="EUR")  # fmt: skip
        async with begin_work(desk.system, SYSTEM) as work:
            asked_at = now + timedelta(minutes=minutes)
            await commands.record_seen(work, "gocardless", seen, asked_at=asked_at)

    await say(1, back=0)
    await say(3, back=0, state="failed")
    await say(2, back=0)
    assert (await row(desk, invoice)).open_minor == 121_000
    amount = Money(121_000, "EUR")
    async with begin_work(desk.system, SYSTEM) as work:
        await record_payment(work, invoice.id, amount, Account("suspense"), work.today)
    await say(4, back=0)
    assert await held(desk, "client_credit", invoice.client_id) == 121_000
    await say(5, back=21_000)
    assert await held(desk, "client_credit", invoice.client_id) == 100_000
    used = Money(100_000, "EUR")
    async with begin_work(desk.system, SYSTEM) as work:
        lines = [debit("client_credit", used, invoice.client_id), credit("suspense", used)]
        await post(work, kind="client_credit", text="Used otherwise", lines=lines)
    await say(6, back=121_000)
    assert await held(desk, "client_credit", invoice.client_id) == -100_000
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        (shown,) = await queries.payment_links(work, invoice.id)
    assert (shown.state, shown.returned) == ("returned", "1210.00")
    treasurer = await signed_in(desk.treasurers[0])
    page = (await treasurer.get("/treasury", headers={"Accept": "text/html"})).text
    assert "Owed for what was taken back" in page
    assert f"/receivables/clients/{invoice.client_id}" in page
    # The client pays it, and the entry is explained as its money: nothing is owed any more.
    await desk.bring_in(desk.statement(Move(cents=100_000, reference="D1", name="Proef")))
    (entry,) = await entries(desk)
    said = ExplainIn(kind="client_credit", client_id=invoice.client_id, note="Pays what it owes")
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.explain_entry(work, entry.id, said)
    assert await held(desk, "client_credit", invoice.client_id) == 0
    page = (await treasurer.get("/treasury", headers={"Accept": "text/html"})).text
    assert "Owed for what was taken back" not in page


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


async def heard(desk: Desk, made: PaymentLinkOut, minutes: int, back: int) -> None:
    """GoCardless says that so much of the payment has gone back by now."""
    seen = Seen(external_id="PM1", payment_id=made.id.hex, state="paid", amount_minor=121_000,
                returned_minor=back, fee_minor=0, currency="EUR")  # fmt: skip
    async with begin_work(desk.system, SYSTEM) as work:
        at = desk.system.clock() + timedelta(minutes=minutes)
        await commands.record_seen(work, "gocardless", seen, asked_at=at)


async def broken(desk: Desk) -> dict[str, list[str]]:
    """What any invariant of the house says."""
    async with begin_work(desk.system, SYSTEM) as work:
        found = await features.broken_invariants(work, hashed=False)
    return {name: lines for name, lines in found.items() if lines}


async def credited(desk: Desk, invoice: Any, net: str | None = None) -> None:
    amount = Money.parse(net, "EUR") if net else None
    async with begin_work(desk.system, desk.treasurer()) as work:
        await credit_invoice(work, invoice.id, "Not as ordered", net=amount)


async def test_a_payment_of_a_credited_invoice_is_taken_from_the_clients_account(
    desk: Desk, fake: Fake, signed_in: SignIn
) -> None:
    """Credited in part: the account first, then the invoice. Won again, all is as it was."""
    invoice, made = await link(desk, signed_in, "gocardless")
    await heard(desk, made, 1, 0)
    await credited(desk, invoice, "200.00")
    await heard(desk, made, 2, 30_000)
    after = await row(desk, invoice)
    assert (after.state, after.open_minor, after.pending_net_minor) == ("partly_paid", 5_800, 4_793)
    assert await held(desk, "client_credit", invoice.client_id) == 0
    await heard(desk, made, 3, 121_000)
    after = await row(desk, invoice)
    assert (after.state, after.open_minor, after.pending_net_minor) == ("issued", 96_800, 80_000)
    assert await held(desk, "member_available", invoice.member_id) == 0
    assert await desk.wrong() == []
    await heard(desk, made, 4, 0)
    assert (await row(desk, invoice)).state == "paid"
    assert await held(desk, "client_credit", invoice.client_id) == 24_200
    # Credited away whole, given back in part, and taken by the provider all the same.
    await credited(desk, invoice)
    asked = RefundIn(amount="500.00", currency="EUR", reason="Asked for")
    async with begin_work(desk.system, desk.treasurer()) as work:
        await propose_refund(work, invoice.client_id, asked)
    await heard(desk, made, 5, 121_000)
    after = await row(desk, invoice)
    assert (after.state, after.open_minor, after.pending_net_minor) == ("credited", 0, 0)
    assert await held(desk, "client_credit", invoice.client_id) == 0
    assert await broken(desk) == {}


async def test_a_payment_of_an_invoice_given_up_in_part_opens_what_it_paid(
    desk: Desk, fake: Fake, signed_in: SignIn
) -> None:
    """The rest stays given up; what the client pays late meanwhile is on its account."""
    invoice, made = await link(desk, signed_in, "gocardless")
    paid = Money(60_500, "EUR")
    async with begin_work(desk.system, SYSTEM) as work:
        await record_payment(work, invoice.id, paid, Account("suspense"), work.today)
    async with begin_work(desk.system, desk.treasurer()) as work:
        wanted = WriteOffIn(reason_code="settlement", reason="Bankrupt", amount="105.00")
        asked = await ask_write_off(work, invoice.id, wanted)
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        await decide_write_off(work, asked, approve=True)
    await heard(desk, made, 1, 0)
    assert (await row(desk, invoice)).state == "paid"
    assert await held(desk, "client_credit", invoice.client_id) == 121_000 - 50_000
    await heard(desk, made, 2, 121_000)
    after = await row(desk, invoice)
    assert (after.state, after.open_minor, after.written_off_minor) == (
        "partly_paid", 50_000, 10_500,
    )  # fmt: skip
    assert await held(desk, "client_credit", invoice.client_id) == 0

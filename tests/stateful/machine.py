"""A seeded walk through the HTTP API, step by step against the plain model of the books.

Every request that moves money goes out once, twice, or several times at the same moment under one
key, and at times with another body under a used key. After each step the product's trial balance
and its pots must be the model's.
"""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import select

from guild.core.mail import Mail, read_letter
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from guild.members.models import Member
from tests.camt import Move, camt053
from tests.factories import Factories
from tests.features.treasury.conftest import COOP_IBAN, OPENING, Desk
from tests.shared import App
from tests.stateful.books import Books, Invoice, Payout

API = "/api/v1"
WINDOW = 12
"""How many of the newest mails are looked through for a link or a code."""
BURST = 4
IBANS = ("BE68 5390 0754 7034", "BE71 0961 2345 6769")


def text_of(cents: int) -> str:
    """Cents as the API writes them."""
    return f"{Decimal(cents).scaleb(-2):.2f}"


def cents_of(amount: str) -> int:
    """Cents as the API shows them."""
    return int(Decimal(amount).scaleb(2))


class Walk:
    """One walk: the people, their browsers, the model, and the steps."""

    def __init__(self, system: System, seed: int) -> None:
        self.system = system
        self.chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.app = App(system)
        self.books = Books(at_bank=OPENING)
        self.members: list[tuple[Member, httpx.AsyncClient, Any]] = []
        self.treasurers: dict[str, httpx.AsyncClient] = {}
        self.drafts: list[tuple[int, str, int]] = []
        """(member, draft, net): what waits to be issued."""
        self.milestones: list[tuple[int, str, str, int]] = []
        """(member, contract, milestone, net): what waits to be delivered."""
        self.statements = 0
        self.keys = 0
        self.requests = 0
        self.trace: list[str] = []

    async def open(self) -> "Walk":
        """Three treasurers with a bank account, two members who can be paid."""
        make = Factories(self.system)
        desk = await Desk(self.system, make).open()
        for treasurer in desk.treasurers:
            self.treasurers[str(treasurer.id)] = await self._browser(treasurer)
        for iban in IBANS:
            member = await make.member(roles=[Role.MEMBER])
            await make.bank_account(member, approver=desk.treasurers[0], iban=iban)
            client = await make.organisation(
                member, vat_number="BE0403019261", enterprise_number="0403019261"
            )
            self.members.append((member, await self._browser(member), client))
        self.stranger = self._client()
        return self

    async def close(self) -> None:
        """Close all browsers."""
        for client in (self.stranger, *self.treasurers.values(), *(m[1] for m in self.members)):
            await client.aclose()

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://guild.test")

    async def _browser(self, member: Member) -> httpx.AsyncClient:
        client = self._client()
        told = await client.post(
            f"{API}/session", json={"email": member.email, "password": Factories.PASSWORD}
        )
        assert told.status_code == 201, told.text
        client.headers["X-CSRF-Token"] = told.json()["csrf_token"]
        return client

    # --- requests ----------------------------------------------------------------------------

    async def ask(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        *,
        status: int = 200,
        **options: Any,
    ) -> Any:
        """A request that is sent once."""
        self.requests += 1
        told = await client.request(method, f"{API}{path}", **options)
        assert told.status_code == status, f"{method} {path}: {told.status_code} {told.text}"
        return told.json()

    async def once(
        self, client: httpx.AsyncClient, path: str, *, status: int = 201, **options: Any
    ) -> Any:
        """A POST under a key: sent once, again, or several times at the same moment."""
        self.keys += 1
        headers = {"Idempotency-Key": f"walk-{self.keys:06d}", **options.pop("headers", {})}

        async def send() -> httpx.Response:
            self.requests += 1
            return await client.post(f"{API}{path}", headers=headers, **options)

        how = self.chance.choice(["once", "once", "again", "burst", "other"])
        answers = (
            await asyncio.gather(*(send() for _ in range(BURST)))
            if how == "burst"
            else [await send() for _ in range(2 if how == "again" else 1)]
        )
        told = answers[0]
        assert told.status_code == status, f"{path} {how}: {told.status_code} {told.text}"
        if status < 300:
            for other in answers:
                same = (other.status_code, other.text) == (told.status_code, told.text)
                assert same, f"{path}: two answers under one key: {other.text}"
            if how == "other":
                options = {"json": {"another": "body"}}
                self.requests += 1
                odd = await client.post(f"{API}{path}", headers=headers, **options)
                assert odd.status_code in {400, 422}, f"{path}: a used key took another body"
        return told.json()

    async def mailed(self, pattern: str) -> str:
        """The newest link or code that was mailed."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            mails = await work.session.scalars(select(Mail).order_by(Mail.id.desc()).limit(WINDOW))
            for mail in mails:
                found = re.search(pattern, read_letter(work, mail).text)
                if found:
                    return found[1]
        raise AssertionError(f"nothing mailed like {pattern}")

    # --- steps -------------------------------------------------------------------------------

    async def agree(self) -> None:
        """Draft, send, sign: a contract of one to three milestones."""
        number = self.chance.randrange(len(self.members))
        member, browser, client = self.members[number]
        nets = [self.chance.randint(5_000, 90_000) for _ in range(self.chance.randint(1, 3))]
        drafted = await self.ask(
            browser, "POST", "/contracts", status=201, json={
                "client_id": str(client.id),
                "contact_id": str(client.contacts[0].id),
                "title": f"Order {self.keys}",
                "hours_estimate": 1,
                "payment_term_days": 30,
                "milestones": [
                    {"title": f"Part {n}", "net": text_of(net), "due_on": "2026-12-18"}
                    for n, net in enumerate(nets)
                ],
            },
        )  # fmt: skip
        said = {"typed_name": member.legal_name, "consent": True, "version": 1}
        await self.once(browser, f"/contracts/{drafted['id']}/send", status=200, json=said)
        link = {"Authorization": "Link " + await self.mailed(r"/offers/(\S+)")}
        offer = await self.ask(self.stranger, "GET", "/offer", headers=link)
        seen = {"version": offer["version"], "shown_sha256": offer["shown_sha256"]}
        await self.ask(self.stranger, "POST", "/offer/code", status=201, json=seen, headers=link)
        code = await self.mailed(r"[Cc]ode\s*: (\d{6})")
        signature = {**seen, "code": code, "typed_name": "Jo", "role": "Buyer", "consent": True}
        await self.ask(
            self.stranger, "POST", "/offer/sign", status=201, json=signature, headers=link
        )
        signed = await self.ask(browser, "GET", f"/contracts/{drafted['id']}")
        for milestone, net in zip(signed["milestones"], nets, strict=True):
            self.milestones.append((number, drafted["id"], milestone["id"], net))

    async def deliver(self) -> None:
        """Deliver a milestone, accept it as the client, draft its invoice."""
        if not self.milestones:
            return
        at = self.chance.randrange(len(self.milestones))
        number, contract, milestone, net = self.milestones.pop(at)
        browser = self.members[number][1]
        path = f"/milestones/{milestone}"
        handed = await self.ask(
            browser, "POST", f"{path}/deliveries", status=201, json={"note": "Here"}
        )
        link = {"Authorization": "Link " + await self.mailed(r"/deliveries/(\S+)")}
        body = {"delivery_id": handed["id"]}
        await self.ask(self.stranger, "POST", f"{path}/accept", json=body, headers=link)
        wanted = {"contract_id": contract, "milestone_ids": [milestone]}
        drafted = await self.ask(browser, "POST", "/invoices", status=201, json=wanted)
        assert cents_of(drafted["net"]) == net
        self.drafts.append((number, drafted["id"], net))

    async def issue(self) -> None:
        """Issue a draft; once more under another key is refused."""
        if not self.drafts:
            return
        number, draft, net = self.drafts.pop(self.chance.randrange(len(self.drafts)))
        browser = self.members[number][1]
        told = await self.once(browser, f"/invoices/{draft}/issue")
        invoice = Invoice(draft, number, net)
        self.books.issue(invoice)
        assert cents_of(told["total"]) == net + invoice.vat
        await self.once(browser, f"/invoices/{draft}/issue", status=409)

    async def pay(self) -> None:
        """The client pays exactly, in part, twice or too much; a treasurer confirms it."""
        if not self.books.invoices:
            return
        invoice = self.chance.choice(list(self.books.invoices.values()))
        gross = invoice.net + invoice.vat
        cents = self.chance.choice(
            [invoice.open or gross, gross, self.chance.randint(1, gross), gross + 777, 1]
        )
        self.statements += 1
        file = camt053(
            iban=COOP_IBAN, number=self.statements, opening_cents=self.books.at_bank,
            moves=[Move(cents=cents, reference=f"W{self.statements}", name="Client")],
            day=date(2026, 11, 23),
        )  # fmt: skip
        treasurer = self.chance.choice(list(self.treasurers.values()))
        xml = {"Content-Type": "application/xml"}
        came = await self.once(treasurer, "/bank-statements", content=file, headers=xml)
        assert came["new_entries"] == 1
        self.books.bring_in(cents)
        waiting = await self.ask(treasurer, "GET", "/bank-entries?state=open")
        (entry,) = waiting["items"]
        path, body = f"/bank-entries/{entry['id']}/confirm", {"invoice_id": invoice.id}
        told = await self.once(treasurer, path, json=body)
        expected = self.books.pay(invoice, cents)
        assert (cents_of(told["paid"]), cents_of(told["surplus"])) == expected
        await self.once(treasurer, path, status=409, json=body)

    async def credit(self) -> None:
        """Credit an invoice whole or in part, or more than is left of it."""
        if not self.books.invoices:
            return
        invoice = self.chance.choice(list(self.books.invoices.values()))
        net = self.chance.choice([None, self.chance.randint(1, invoice.net), invoice.net])
        if net == invoice.net:
            net += self.chance.randint(0, 1)
        browser = self.members[invoice.member][1]
        body = {"reason": "Agreed", **({"net": text_of(net)} if net is not None else {})}
        path = f"/invoices/{invoice.id}/credit-notes"
        if self.books.credit(invoice, net):
            await self.once(browser, path, json=body)
        else:
            self.requests += 1
            told = await browser.post(
                f"{API}{path}", json=body, headers={"Idempotency-Key": f"refused-{self.requests}"}
            )
            assert told.status_code in {409, 422}, told.text

    async def request(self) -> None:
        """Ask for a payout: of a part, of everything, of more than there is."""
        number = self.chance.randrange(len(self.members))
        member, browser, _ = self.members[number]
        held = self.books.available[number]
        cents = max(1, self.chance.choice([held, held + 1, self.chance.randint(1, 20_000)]))
        body = {"amount": text_of(cents)}
        if not self.books.may_ask(number, cents):
            self.requests += 1
            told = await browser.post(
                f"{API}/payouts", json=body, headers={"Idempotency-Key": f"refused-{self.requests}"}
            )
            assert told.status_code in {409, 422}, f"{cents} of {held}: {told.text}"
            return
        told = await self.once(browser, "/payouts", json=body)
        self.books.payouts[told["id"]] = Payout(told["id"], number, cents, str(member.id))

    async def race(self) -> None:
        """Ask for the same money several times at once, under different keys."""
        number = self.chance.randrange(len(self.members))
        member, browser, _ = self.members[number]
        cents = self.books.available[number] * 2 // 5
        if cents <= 0:
            return

        async def one(key: str) -> httpx.Response:
            self.requests += 1
            headers = {"Idempotency-Key": key}
            body = {"amount": text_of(cents)}
            return await browser.post(f"{API}/payouts", json=body, headers=headers)

        self.keys += 1
        answers = await asyncio.gather(*(one(f"race-{self.keys}-{n}") for n in range(BURST)))
        for told in answers:
            if told.status_code == 201:
                may = self.books.may_ask(number, cents)
                assert may, "more was promised than there is"
                payout_id = told.json()["id"]
                self.books.payouts[payout_id] = Payout(payout_id, number, cents, str(member.id))
        assert not self.books.may_ask(number, cents), "a request was refused without need"

    async def approve(self) -> None:
        """One treasurer approves a payout, in whatever state it is."""
        await self._decide("approve", None, self.books.approve)

    async def reject(self) -> None:
        """A treasurer refuses a payout, in whatever state it is."""
        await self._decide("reject", {"reason": "Not now"}, lambda one, _: self.books.reject(one))

    async def _decide(self, verb: str, body: Any, decide: Callable[[Payout, str], bool]) -> None:
        if not self.books.payouts:
            return
        payout = self.chance.choice(list(self.books.payouts.values()))
        who, browser = self.chance.choice(list(self.treasurers.items()))
        path = f"/payouts/{payout.id}/{verb}"
        options = {} if body is None else {"json": body}
        if decide(payout, who):
            await self.once(browser, path, **options)
            return
        self.requests += 1
        headers = {"Idempotency-Key": f"refused-{self.requests}"}
        told = await browser.post(f"{API}{path}", headers=headers, **options)
        assert 400 <= told.status_code < 500, f"{path}: {told.status_code} {told.text}"

    # --- the walk ----------------------------------------------------------------------------

    async def step(self) -> None:
        """One random step, and the comparison."""
        steps: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (2, self.agree), (4, self.deliver), (4, self.issue), (7, self.pay), (3, self.credit),
            (4, self.request), (1, self.race), (6, self.approve), (2, self.reject),
        ]  # fmt: skip
        weights = [weight for weight, _ in steps]
        _, chosen = self.chance.choices(steps, weights)[0]
        self.trace.append(chosen.__name__)
        await chosen()
        await self.compare()

    async def compare(self) -> None:
        """The product's books are the model's."""
        treasurer = next(iter(self.treasurers.values()))
        trial = await self.ask(treasurer, "GET", "/ledger/trial-balance")
        assert trial["balanced"]
        shown = {line["code"]: cents_of(line["balance"]) for line in trial["lines"]}
        found = {code: cents for code, cents in shown.items() if cents}
        assert found == self.books.shown(), f"after {self.trace[-5:]}"
        fund = await self.ask(treasurer, "GET", "/fund")
        pots = {pot["code"]: cents_of(pot["holds"]) for pot in fund["pots"]}
        assert pots == {code: self.books.balances[code] for code in pots}

    async def walk(self, steps: int) -> None:
        """So many steps, after a beginning that gives them something to do."""
        for begin in (self.agree, self.deliver, self.issue, self.pay):
            await begin()
        await self.compare()
        for _ in range(steps):
            await self.step()

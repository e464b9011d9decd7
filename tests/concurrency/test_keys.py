"""Sixteen clients with one idempotency key, over HTTP and with real commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest_asyncio
from sqlalchemy import func, select

from guild.core.idempotency import IdempotentAnswer
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.invoicing.models import Invoice
from guild.members import commands as members
from guild.members.models import Member
from guild.members.schemas import ApiKeyIn
from guild.treasury.models import Payout
from tests.factories import Factories
from tests.features.treasury.conftest import Desk
from tests.shared import App

MANY = 16
KEY = {"Idempotency-Key": "one-key-for-sixteen"}
Browsers = list[httpx.AsyncClient]


@pytest_asyncio.fixture
async def desk(committing: System) -> Desk:
    return await Desk(committing, Factories(committing)).open()


@pytest_asyncio.fixture
async def payee(desk: Desk) -> Member:
    member, _ = await desk.payee(100_000)
    return member


@pytest_asyncio.fixture
async def browsers(desk: Desk, payee: Member) -> AsyncIterator[Browsers]:
    """Sixteen programs with one key of the payee, each with a connection of its own."""
    async with begin_work(desk.system, desk.make.actor(payee)) as work:
        scopes = ["payouts:request", "invoices:issue"]
        made = await members.make_api_key(work, ApiKeyIn(name="sixteen", scopes=scopes))
    app = App(desk.system)
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=app),
                    base_url="http://guild.test/api/v1",
                    headers={"Authorization": f"Bearer {made.secret}"},
                )
            )
            for _ in range(MANY)
        ]


async def test_one_is_made_and_fifteen_are_replayed(desk: Desk, browsers: Browsers) -> None:
    answers = await asyncio.gather(
        *(one.post("/payouts", json={"amount": "10.00"}, headers=KEY) for one in browsers)
    )
    assert {answer.status_code for answer in answers} == {201}, answers[0].text
    assert len({answer.text for answer in answers}) == 1
    async with begin_work(desk.system, SYSTEM, read_only=True) as work:
        assert await work.session.scalar(select(func.count()).select_from(Payout)) == 1
        kept = select(func.count()).select_from(IdempotentAnswer)
        assert await work.session.scalar(kept) == 1


async def test_another_body_under_the_key_is_refused(desk: Desk, browsers: Browsers) -> None:
    amounts = [f"{n}.00" for n in range(1, MANY + 1)]
    answers = await asyncio.gather(
        *(
            one.post("/payouts", json={"amount": amount}, headers=KEY)
            for one, amount in zip(browsers, amounts, strict=True)
        )
    )
    made = [answer for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 422]
    assert len(made) == 1
    assert refused == ["idempotency_key_reused"] * (MANY - 1)
    async with begin_work(desk.system, SYSTEM, read_only=True) as work:
        assert await work.session.scalar(select(func.count()).select_from(Payout)) == 1


async def test_an_invoice_is_issued_once_under_one_key_and_once_under_many(
    desk: Desk, payee: Member, browsers: Browsers
) -> None:
    client = await desk.make.organisation(
        payee, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    drafts = [await desk.make.drafted_invoice(payee, client) for _ in range(2)]
    same = await asyncio.gather(
        *(one.post(f"/invoices/{drafts[0]}/issue", headers=KEY) for one in browsers)
    )
    assert {answer.json().get("number") for answer in same} == {"2026-0001"}
    others = await asyncio.gather(
        *(
            one.post(f"/invoices/{drafts[1]}/issue", headers={"Idempotency-Key": f"key-{n:05d}"})
            for n, one in enumerate(browsers)
        )
    )
    assert sorted(answer.status_code for answer in others) == [201] + [409] * (MANY - 1)
    async with begin_work(desk.system, SYSTEM, read_only=True) as work:
        issued = select(Invoice.number).where(Invoice.number.is_not(None)).order_by(Invoice.number)
        assert list(await work.session.scalars(issued)) == ["2026-0001", "2026-0002"]


async def test_keys_are_each_members_own(desk: Desk, browsers: Browsers) -> None:
    """Another member's use of the same key is another request."""
    other, _ = await desk.payee(100_000, iban="BE71 0961 2345 6769")
    async with begin_work(desk.system, desk.make.actor(other)) as work:
        made = await members.make_api_key(work, ApiKeyIn(name="other", scopes=["payouts:request"]))
    mine = await browsers[0].post("/payouts", json={"amount": "10.00"}, headers=KEY)
    bearer = {"Authorization": f"Bearer {made.secret}"}
    hers = await browsers[1].post("/payouts", json={"amount": "11.00"}, headers={**KEY, **bearer})
    assert (mine.status_code, hers.status_code) == (201, 201), hers.text
    assert mine.json()["member_id"] != hers.json()["member_id"]

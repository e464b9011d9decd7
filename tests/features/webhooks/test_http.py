"""Webhooks as a member and two treasurers use them, with a receiver on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from guild.core.outbox import run_row
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System
from guild.webhooks import commands
from guild.webhooks.rules import ATTEMPTS_MAX, GIVEN_UP_MAX, secret_bytes, signature
from tests.conftest import As, Clock, SignIn
from tests.factories import Factories

API = "/api/v1"


class Receiver:
    """A server on the loopback that notes what it gets and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")[1:]
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines) if k}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.got.append((headers, body))
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 2\r\n\r\nok".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


async def run_waiting(system: System, as_: As) -> None:
    """What the relay and the worker do with the deliveries that are due."""
    async with as_(SYSTEM) as work:
        due = await work.session.execute(
            text(
                "SELECT id FROM outbox WHERE job = 'webhooks.send' AND done_at IS NULL "
                "AND due_at <= :now ORDER BY id"
            ),
            {"now": work.now},
        )
        ids = [row.id for row in due]
    for row_id in ids:
        await run_row(system, row_id)


async def made(client: httpx.AsyncClient, url: str, **more: Any) -> Any:
    wanted = {"name": "My books", "url": url, "kinds": ["InvoiceIssued"], **more}
    answer = await client.post(f"{API}/webhooks", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def issue(system: System, make: Factories, member: Any) -> UUID:
    client = await make.organisation(member, vat_number="BE0403019261")
    return await make.issued_invoice(member, client)


async def test_a_fact_arrives_signed(
    system: System, as_: As, make: Factories, signed_in: SignIn
) -> None:
    member, stranger = await make.member(), await make.member()
    async with receiving() as receiver:
        client = await signed_in(member)
        hook = await made(client, f"http://127.0.0.1:{receiver.port}/in")
        invoice = await issue(system, make, member)
        await issue(system, make, stranger)
        async with as_(SYSTEM) as work:
            assert await commands.dispatch(work) == 1
        async with as_(SYSTEM) as work:
            assert await commands.dispatch(work) == 0
        await run_waiting(system, as_)
    [(headers, body)] = receiver.got
    told = json.loads(body)
    assert told["type"] == "InvoiceIssued"
    assert told["data"]["invoice_id"] == str(invoice)
    assert headers["webhook-signature"] == signature(
        [secret_bytes(hook["secret"])],
        headers["webhook-id"],
        int(headers["webhook-timestamp"]),
        body,
    )
    log = (await client.get(f"{API}/webhooks/{hook['webhook']['id']}/deliveries")).json()
    assert [(one["state"], one["tries"]) for one in log["items"]] == [("delivered", 1)]
    shown = (await client.get(f"{API}/webhook-deliveries/{log['items'][0]['id']}")).json()
    assert shown["log"][0]["status"] == 200
    other = await signed_in(stranger)
    assert (await other.get(f"{API}/webhooks/{hook['webhook']['id']}")).status_code == 404
    assert (
        await other.get(f"{API}/webhook-deliveries/{shown['delivery']['id']}")
    ).status_code == 404


async def test_it_is_tried_again_and_given_up(
    system: System, as_: As, make: Factories, signed_in: SignIn, clock: Clock
) -> None:
    member = await make.member()
    async with receiving() as receiver:
        receiver.status = 503
        client = await signed_in(member)
        hook = (await made(client, f"http://127.0.0.1:{receiver.port}/in"))["webhook"]
        path = f"{API}/webhooks/{hook['id']}"
        await client.post(f"{path}/try-out")
        for _ in range(ATTEMPTS_MAX):
            await run_waiting(system, as_)
            clock.advance(hours=11)
        assert len(receiver.got) == ATTEMPTS_MAX
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
        client = await signed_in(member)
        log = (await client.get(f"{path}/deliveries", params={"state": "given_up"})).json()
        [gone] = log["items"]
        receiver.status = 204
        assert (
            await client.post(f"{API}/webhook-deliveries/{gone['id']}/send-again")
        ).status_code == 202
        await run_waiting(system, as_)
        again = (await client.get(f"{API}/webhook-deliveries/{gone['id']}")).json()
    assert again["delivery"]["state"] == "delivered"
    assert [one["status"] for one in again["log"]] == [503] * ATTEMPTS_MAX + [204]


async def test_it_pauses_itself_and_goes_on_where_it_stopped(
    system: System, as_: As, make: Factories, signed_in: SignIn, clock: Clock
) -> None:
    member = await make.member()
    client = await signed_in(member)
    hook = (await made(client, "http://127.0.0.1:9/nobody"))["webhook"]
    path = f"{API}/webhooks/{hook['id']}"
    for _ in range(GIVEN_UP_MAX + 1):
        await client.post(f"{path}/try-out")
    for _ in range(ATTEMPTS_MAX):
        await run_waiting(system, as_)
        clock.advance(hours=11)
    client = await signed_in(member)
    assert (await client.get(path)).json()["state"] == "paused"
    assert (await client.post(f"{path}/try-out")).status_code == 404
    await issue(system, make, member)
    async with as_(SYSTEM) as work:
        assert await commands.dispatch(work) == 0
    assert (await client.post(f"{path}/resume")).json()["state"] == "active"
    async with as_(SYSTEM) as work:
        assert await commands.dispatch(work) == 1


async def test_the_house_needs_two_treasurers(make: Factories, signed_in: SignIn) -> None:
    one = await make.member(roles=[Role.TREASURER])
    two = await make.member(roles=[Role.TREASURER])
    member = await signed_in(await make.member())
    wanted = {"name": "Books", "url": "https://example.org/in", "kinds": ["PaymentRecorded"],
              "scope": "house"}  # fmt: skip
    refused = await member.post(f"{API}/webhooks", json=wanted)
    assert refused.status_code == 403
    assert (await member.get(f"{API}/webhooks/facts", params={"whose": "house"})).json() == []
    first, second = await signed_in(one), await signed_in(two)
    hook = (await made(first, "https://example.org/in", scope="house"))["webhook"]
    path = f"{API}/webhooks/{hook['id']}"
    assert hook["state"] == "requested"
    own = await first.post(f"{path}/confirm")
    assert (own.status_code, own.json()["code"]) == (409, "own_webhook")
    assert (await second.post(f"{path}/confirm")).json()["state"] == "active"
    moved = await first.patch(path, json={"url": "https://example.net/elsewhere"})
    assert moved.json()["code"] == "own_webhook"
    assert (await first.patch(path, json={"name": "The books"})).json()["name"] == "The books"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kinds": ["ClaimFiled"]}, "webhook_fact_unknown"),
        ({"url": "http://example.org/plain"}, "webhook_address_refused"),
    ],
)
async def test_what_is_refused_says_why(
    make: Factories, signed_in: SignIn, change: dict[str, Any], code: str
) -> None:
    client = await signed_in(await make.member())
    wanted = {"name": "x", "url": "https://example.org/", "kinds": ["InvoiceIssued"], **change}
    answer = await client.post(f"{API}/webhooks", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["mend"]


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    system: System, as_: As, make: Factories, signed_in: SignIn, clock: Clock
) -> None:
    member = await make.member()
    async with receiving() as receiver:
        client = await signed_in(member)
        first = await made(client, f"http://127.0.0.1:{receiver.port}/in")
        path = f"{API}/webhooks/{first['webhook']['id']}"
        second = (await client.post(f"{path}/secret")).json()
        await client.post(f"{path}/try-out")
        await run_waiting(system, as_)
        clock.advance(hours=25)
        client = await signed_in(member)
        await client.post(f"{path}/try-out")
        await run_waiting(system, as_)
    both, one = (headers["webhook-signature"].split() for headers, _ in receiver.got)
    assert (len(both), len(one)) == (2, 1)
    headers, body = receiver.got[1]
    assert one == [
        signature([secret_bytes(second["secret"])], headers["webhook-id"],
                  int(headers["webhook-timestamp"]), body)
    ]  # fmt: skip


async def test_pages(make: Factories, signed_in: SignIn, http: httpx.AsyncClient) -> None:
    client = await signed_in(await make.member())
    assert "None yet" in (await client.get("/webhooks")).text
    form = {"name": "Mine", "url": "https://example.org/in", "kinds": "InvoiceIssued"}
    shown = await client.post("/webhooks", data=form)
    assert "whsec_" in shown.text
    bad = await client.post("/webhooks", data={**form, "url": "https://10.0.0.1/in"})
    assert bad.status_code == 422
    assert "private network" in bad.text
    assert "Mine" in (await client.get("/webhooks")).text


async def test_leaving_ends_them(as_: As, make: Factories, signed_in: SignIn) -> None:
    member = await make.member()
    client = await signed_in(member)
    await made(client, "https://example.org/in")
    async with as_(SYSTEM) as work:
        await commands.stop_of_member(work, member.id)
    assert (await client.get(f"{API}/webhooks")).json() == []

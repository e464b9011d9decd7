"""Over HTTP, as people and programs do it: by API with keys, by forms, and with 50 megabytes."""

import re
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from guild.core.permissions import Role
from guild.core.work import System
from tests.conftest import Clock, SignIn
from tests.factories import Factories
from tests.features.exchange import papers
from tests.features.exchange.conftest import run

API = "/api/v1"


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def ok(answer: httpx.Response) -> Any:
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def token_of(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


async def test_a_cost_over_the_api(make: Factories, signed_in: SignIn) -> None:
    mira = await make.member()
    contract = await make.signed_contract(mira)
    member = await signed_in(mira)
    treasurer = await signed_in(await make.member(roles=[Role.TREASURER]))
    stranger = await signed_in(await make.member())
    once = key()
    handed = [
        await member.post(
            f"{API}/supplier-invoices", params={"contract_id": str(contract.id)},
            content=papers.ubl(), headers=once,
        )
        for _ in range(2)
    ]  # fmt: skip
    first = await ok(handed[0])
    assert first == await ok(handed[1])
    assert (first["verdict"], first["next_step"][:5]) == ("fine", "Check")
    again = await member.post(f"{API}/supplier-invoices", content=papers.ubl(), headers=key())
    assert (again.status_code, again.json()["code"]) == (409, "supplier_invoice_known")
    one = f"{API}/supplier-invoices/{first['id']}"
    assert (await stranger.get(one)).status_code == 404
    assert (await stranger.post(f"{one}/accept", headers=key())).status_code == 404
    assert (await member.post(f"{one}/book", headers=key())).status_code == 403
    await ok(await member.post(f"{one}/accept", headers=key()))
    booked = await ok(await treasurer.post(f"{one}/book", headers=key()))
    assert (booked["state"], booked["lines"][0]["net"]) == ("booked", "150.00")
    listed = await ok(await member.get(f"{API}/supplier-invoices", params={"state": "booked"}))
    assert [row["number"] for row in listed["items"]] == ["F-2026-118"]
    file = await member.get(f"{one}/file")
    assert file.content == papers.ubl()
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["content-type"].startswith("application/octet-stream")
    assert (await treasurer.get(f"{API}/supplier-invoices/unread")).json() == []


@pytest.mark.parametrize("length", ["50000000", ""])
async def test_fifty_megabytes_are_refused_before_they_are_read(
    length: str, make: Factories, signed_in: SignIn
) -> None:
    member = await signed_in(await make.member())
    read = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(50):
            read += 1
            yield b" " * 1_000_000

    headers = key() | ({"Content-Length": length} if length else {})
    begun = time.monotonic()
    answer = await member.post(f"{API}/supplier-invoices", content=drip(), headers=headers)
    assert answer.status_code == 413
    assert time.monotonic() - begun < 5
    form = await member.post("/costs", files={"file": ("big.xml", b" " * 6_000_000, "text/xml")})
    assert form.status_code == 413


async def test_a_cost_by_forms(make: Factories, signed_in: SignIn) -> None:
    mira = await make.member()
    contract = await make.signed_contract(mira)
    member = await signed_in(mira)
    token = token_of((await member.get("/costs")).text)

    async def send(path: str, **data: str) -> httpx.Response:
        return await member.post(path, data={"csrf_token": token, **data})

    nothing = await member.post("/costs", data={"csrf_token": token}, files={"x": ("a", b"b")})
    assert nothing.status_code == 422
    assert "Choose the file first" in nothing.text
    bad = await member.post(
        "/costs", data={"csrf_token": token}, files={"file": ("a.xml", b"<!DOCTYPE a><a/>")}
    )
    assert bad.status_code == 422
    assert "document type" in bad.text
    done = await member.post(
        "/costs", data={"csrf_token": token, "contract_id": ""},
        files={"file": ("a.pdf", papers.pdf_with(("factur-x.xml", papers.cii())))},
    )  # fmt: skip
    assert done.status_code == 303
    one = done.headers["location"]
    shown = (await member.get(one)).text
    for words in ("Papier &amp; Fils SA", "Paper, A2", "242.00", "Say which project it is for",
                  "Factur-X PDF", contract.title):  # fmt: skip
        assert words in shown, words
    early = await send(f"{one}/accept")
    assert early.status_code == 409
    assert "Say first which project" in early.text or "Choose the contract" in early.text
    assert (await send(f"{one}/match")).status_code == 422
    assert (await send(f"{one}/match", contract_id=str(contract.id))).status_code == 303
    empty = await send(f"{one}/dispute", code="", reason="")
    assert empty.status_code == 422
    said = await send(f"{one}/dispute", code="PRI", reason="It was 1.40.")
    assert said.status_code == 303
    assert "PRI: It was 1.40." in (await member.get(one)).text
    assert (await send(f"{one}/accept")).status_code == 303
    assert "A treasurer books it" in (await member.get("/costs?state=accepted")).text
    assert (await send(f"{one}/book")).status_code == 403
    assert (await member.get(f"{one}/file")).content.startswith(b"%PDF")
    treasurer = await signed_in(await make.member(roles=[Role.TREASURER]))
    other = await treasurer.post(
        "/costs", data={"csrf_token": token_of((await treasurer.get("/costs")).text)},
        files={"file": ("b.xml", papers.ubl(number="F-7"))},
    )  # fmt: skip
    theirs = other.headers["location"]
    given = {"csrf_token": token_of((await treasurer.get(theirs)).text)}
    nowhere = await treasurer.post(f"{theirs}/match", data={**given, "number": "C-1999-0001"})
    assert nowhere.status_code == 422
    named = await treasurer.post(f"{theirs}/match", data={**given, "number": contract.number})
    assert named.status_code == 303
    assert contract.title in (await member.get(theirs)).text
    page = await treasurer.get(one)
    booked = await treasurer.post(f"{one}/book", data={"csrf_token": token_of(page.text)})
    assert booked.status_code == 303
    assert "Booked" in (await treasurer.get(one)).text


async def test_the_delivery_page_and_its_form(
    system: System, make: Factories, signed_in: SignIn, clock: Clock
) -> None:
    mira = await make.member()
    invoice_id = await make.issued_invoice(mira)
    member = await signed_in(mira)
    before = await member.get(f"/invoices/{invoice_id}/delivery")
    assert "Its files are being made" in before.text
    early = await member.post(f"{API}/invoices/{invoice_id}/deliveries", json={}, headers=key())
    assert early.status_code == 404
    await run(system, clock)
    page = await member.get(f"/invoices/{invoice_id}/delivery")
    assert "Sent by mail" in page.text
    assert "No gateway to the Peppol network" in page.text
    path, token = f"/invoices/{invoice_id}/delivery", token_of(page.text)
    wrong = await member.post(
        path, data={"csrf_token": token, "channel": "mail", "address": "nobody"}
    )
    assert wrong.status_code == 422
    assert "This is no e-mail address" in wrong.text
    none = await member.post(path, data={"csrf_token": token, "channel": "peppol"})
    assert none.status_code == 409
    done = await member.post(
        path, data={"csrf_token": token, "channel": "mail", "address": "ap@client.example"}
    )
    assert done.status_code == 303
    assert (await make.letters())[-1].to == "ap@client.example"
    told = await ok(await member.get(f"{API}/invoices/{invoice_id}/delivery"))
    assert told["attempts"][0]["address"] == "ap@client.example"
    stranger = await signed_in(await make.member())
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"{API}{path}")).status_code == 404
    auditor = await signed_in(await make.member(roles=[Role.AUDITOR]))
    seen = await ok(await auditor.get(f"{API}{path}"))
    assert seen["may_send_again"] is False
    refused = await auditor.post(
        f"{API}/invoices/{invoice_id}/deliveries", json={"channel": "mail"}, headers=key()
    )
    assert refused.status_code in {403, 404}

"""The API, the presses and PostgreSQL die: clients repeat themselves and get one effect.

Real processes on servers of this module's own. After each test all invariants of the product hold.
"""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from guild.core.ids import InvoiceId
from guild.core.work import System
from tests.camt import Move
from tests.chaos.house import House, numbers, until
from tests.chaos.scene import Scene, client_of, insist
from tests.chaos.waiting import COUNT, KILLED, Patience, Start, ask, once

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


# --- the API: the client repeats with the same key ---------------------------------------------


@pytest.mark.parametrize("point", ["api.between_rows", "api.before_commit", "api.after_commit"])
async def test_a_client_repeats_and_gets_one_payout(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    api = start("api", point)
    key, amount = str(uuid4()), f"{next(COUNT)}.00"
    async with client_of(house.base_url, scene.keys["member0"]) as client:
        with pytest.raises(httpx.TransportError):
            await client.post("/payouts", json={"amount": amount}, headers={"Idempotency-Key": key})
        assert await api.ended() == KILLED
        survived = await payouts_of(system, amount)
        assert len(survived) == (point == "api.after_commit")
        start("api")
        first = await insist(client, "/payouts", key=key, json={"amount": amount})
        again = await insist(client, "/payouts", key=key, json={"amount": amount})
    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert await payouts_of(system, amount) == [first.json()["id"]]
    assert set(survived) <= {first.json()["id"]}


async def payouts_of(system: System, amount: str) -> list[str]:
    query = "SELECT id FROM payout WHERE amount_minor = :minor"
    minor = int(amount.replace(".", ""))
    return [str(one) for one in await numbers(system, query, minor=minor)]


@pytest.mark.parametrize("point", ["api.before_commit", "api.after_commit"])
async def test_an_invoice_takes_one_number(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    api, key, path = start("api", point), str(uuid4()), f"/invoices/{scene.drafts.pop()}/issue"
    async with client_of(house.base_url, scene.keys["member0"]) as client:
        with pytest.raises(httpx.TransportError):
            await client.post(path, headers={"Idempotency-Key": key})
        assert await api.ended() == KILLED
        start("api")
        issued = await insist(client, path, key=key)
        assert issued.status_code == 201, issued.text
    series = await numbers(
        system, "SELECT number FROM invoice WHERE kind = 'invoice' AND number IS NOT NULL"
    )
    assert issued.json()["number"] in series
    assert sorted(str(one) for one in series) == [
        f"2026-{n:04d}" for n in range(1, len(series) + 1)
    ]


async def test_an_import_cut_off_in_the_middle_books_nothing(
    house: House, scene: Scene, system: System, start: Start
) -> None:
    moves = [Move(cents=100 + n, reference=f"CUT{n}", name="Somebody") for n in range(6)]
    file, key = scene.desk.statement(*moves), str(uuid4())
    booked = "SELECT count(*) FROM bank_entry WHERE reference LIKE 'CUT%'"
    xml = {"Content-Type": "application/xml", "Idempotency-Key": key}
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        api = start("api", "api.mid_import")
        with pytest.raises(httpx.TransportError):
            await client.post("/bank-statements", content=file, headers=xml)
        assert await api.ended() == KILLED
        assert await numbers(system, booked) == [0]
        start("api")
        headers = {"Content-Type": "application/xml"}
        came = await insist(client, "/bank-statements", key=key, content=file, headers=headers)
        again = await insist(client, "/bank-statements", content=file, headers=headers)
    assert came.json()["new_entries"] == 6
    assert again.json()["new_entries"] == 0
    assert await numbers(system, booked) == [6]


async def test_two_api_processes_have_one_memory_for_keys(
    house: House, scene: Scene, system: System, start: Start
) -> None:
    one, two = start("api"), start("api")
    key, amount = str(uuid4()), f"{next(COUNT)}.00"
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(client_of(house.base_url, scene.keys["member0"]))
            for _ in range(8)
        ]
        answers = await asyncio.gather(
            *(insist(one, "/payouts", key=key, json={"amount": amount}) for one in clients * 2)
        )
        other = await insist(clients[0], "/payouts", key=key, json={"amount": "999.00"})
    assert {answer.status_code for answer in answers} == {201}, [a.text for a in answers]
    assert len({answer.text for answer in answers}) == 1
    assert await payouts_of(system, amount) == [answers[0].json()["id"]]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert one.status is None
    assert two.status is None


async def test_a_file_made_and_not_stored_is_made_again(
    house: House, scene: Scene, system: System, start: Start
) -> None:
    invoice_id: InvoiceId = scene.drafts.pop()
    start("api")
    async with client_of(house.base_url, scene.keys["member0"]) as client:
        answer = await insist(client, f"/invoices/{invoice_id}/issue")
    assert answer.status_code == 201
    start("relay")
    worker = start("worker", "worker.pdf_made")
    assert await worker.ended() == KILLED
    stored = "SELECT pdf_document_id FROM invoice WHERE id = :id AND pdf_document_id IS NOT NULL"
    assert await numbers(system, stored, id=invoice_id) == []
    start("worker")

    patience = Patience(house, system)

    async def made() -> bool:
        await patience.wait()
        return len(await numbers(system, stored, id=invoice_id)) == 1

    await until(made, 120, "the invoice's file", every_s=0.1)
    files = (
        "SELECT count(*) FROM document WHERE subject_id = :id AND media_type = 'application/pdf'"
    )
    assert await numbers(system, files, id=invoice_id) == [1]


# --- everything at once -----------------------------------------------------------------------


async def test_postgres_is_killed_under_everything(
    house: House, scene: Scene, system: System, start: Start
) -> None:
    processes = [start(role) for role in ("api", "relay", "worker")]
    amounts = [f"{next(COUNT)}.00" for _ in range(12)]
    keys = {amount: str(uuid4()) for amount in amounts}
    asked = await ask(system, number=30)
    async with client_of(house.base_url, scene.keys["member0"]) as client:

        async def claim(amount: str) -> str:
            answer = await insist(client, "/payouts", key=keys[amount], json={"amount": amount})
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        before = [await claim(amount) for amount in amounts[:4]]
        claims = [asyncio.create_task(claim(amount)) for amount in amounts[4:]]
        await asyncio.to_thread(house.kill_postgres)
        acknowledged = before + list(await asyncio.gather(*claims))
    await system.engine.dispose()
    await once(system, house, asked)
    for amount, payout_id in zip(amounts, acknowledged, strict=True):
        assert await payouts_of(system, amount) == [payout_id]
    assert [process.status for process in processes] == [None] * 3

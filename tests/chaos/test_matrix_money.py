"""A process dies in the middle of paying, crediting, a payout run, a payment file, a delivery.

Each is repeated under the same key, or found again by a job; afterwards it has happened once, the
books balance and every invariant holds (the fixture `system` asks them all).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from guild.core.ids import InvoiceId
from guild.core.outbox import drain
from guild.core.permissions import Role
from guild.core.work import System
from guild.members.models import Member
from tests.camt import Move
from tests.chaos.house import House, numbers, until
from tests.chaos.scene import API, GROSS_CENTS, NET_TO_MEMBER_CENTS, Scene, client_of, insist
from tests.chaos.waiting import COUNT, KILLED, Patience, Start
from tests.factories import Factories

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WRITES = ["api.between_rows", "api.before_commit", "api.after_commit"]
LOOPBACK = {"GUILD_PEPPOL_GATEWAY": "loopback", "GUILD_PEPPOL_PARTNER": "0208:0403019261"}
POSTED = """SELECT count(*) FROM ledger_entry WHERE kind = :kind AND subject_id = :id"""


async def killed_then(
    house: House, start: Start, client: httpx.AsyncClient, point: str, path: str, **body: Any
) -> httpx.Response:
    """Ask under one key: the first API dies of it, the second answers, twice the same."""
    key = str(uuid4())
    api = start("api", point)
    with pytest.raises(httpx.TransportError):
        await client.post(path, headers={"Idempotency-Key": key}, **body)
    assert await api.ended() == KILLED
    alive = start("api")
    first = await insist(client, path, key=key, **body)
    again = await insist(client, path, key=key, **body)
    await alive.kill()
    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert first.status_code in {200, 201}, first.text
    return first


async def with_api(house: House, start: Start, key: str, path: str, **body: Any) -> httpx.Response:
    """Ask an API that lives; it is gone afterwards, so that the next one with a trap is alone."""
    api = start("api")
    async with client_of(house.base_url, key) as client:
        answer = await insist(client, path, **body)
    await api.kill()
    assert answer.status_code == 201, answer.text
    return answer


async def words(system: System, query: str, **values: Any) -> list[str]:
    """The first column of a query, as text."""
    return [str(one) for one in await numbers(system, query, **values)]


async def issued(house: House, scene: Scene, start: Start) -> InvoiceId:
    """One of the scene's drafts, issued."""
    draft = scene.drafts.pop()
    await with_api(house, start, scene.keys["member0"], f"/invoices/{draft}/issue")
    return draft


@pytest.mark.parametrize("point", WRITES)
async def test_a_payment_is_recorded_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    invoice_id = await issued(house, scene, start)
    reference = f"PAID{next(COUNT)}"
    file = scene.desk.statement(Move(cents=GROSS_CENTS, reference=reference, name="Client"))
    await with_api(
        house, start, scene.keys["treasurer"], "/bank-statements", content=file,
        headers={"Content-Type": "application/xml"},
    )  # fmt: skip
    (entry_id,) = await numbers(
        system, "SELECT id FROM bank_entry WHERE reference = :reference", reference=reference
    )
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        told = await killed_then(
            house, start, client, point, f"/bank-entries/{entry_id}/confirm",
            json={"invoice_id": str(invoice_id)},
        )  # fmt: skip
    assert told.json()["paid"] == "121.00"
    paid = "SELECT amount_minor FROM payment WHERE invoice_id = :id"
    assert await numbers(system, paid, id=invoice_id) == [GROSS_CENTS]
    levied = """SELECT p.amount_minor FROM ledger_posting p
                  JOIN ledger_entry e ON e.id = p.entry_id
                  JOIN ledger_account a ON a.id = p.account_id
                 WHERE e.subject_id = :id AND a.code = 'member_available'"""
    assert await numbers(system, levied, id=invoice_id) == [-NET_TO_MEMBER_CENTS]


@pytest.mark.parametrize("point", WRITES)
async def test_a_credit_note_takes_back_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    invoice_id = await issued(house, scene, start)
    async with client_of(house.base_url, scene.keys["member0"]) as client:
        await killed_then(
            house, start, client, point, f"/invoices/{invoice_id}/credit-notes",
            json={"reason": "Agreed", "net": "40.00"},
        )  # fmt: skip
    notes = "SELECT net_minor FROM invoice WHERE corrects_id = :id"
    assert await numbers(system, notes, id=invoice_id) == [4_000]
    left = "SELECT credited_net_minor FROM invoice WHERE id = :id"
    assert await numbers(system, left, id=invoice_id) == [4_000]
    series = await numbers(
        system, "SELECT sequence FROM invoice WHERE kind = 'credit_note' ORDER BY sequence"
    )
    assert series == list(range(1, len(series) + 1))


@asynccontextmanager
async def browser(house: House, start: Start, member: Member) -> AsyncIterator[httpx.AsyncClient]:
    """A person with a session; approving money is nothing that a key may do."""
    api = start("api")
    async with httpx.AsyncClient(base_url=f"{house.base_url}{API}", timeout=30) as client:
        who = {"email": member.email, "password": Factories.PASSWORD}
        told = await insist(client, "/session", json=who)
        client.headers["X-CSRF-Token"] = told.json()["csrf_token"]
        await api.kill()
        yield client


@pytest.mark.parametrize("point", WRITES)
async def test_a_payment_file_is_made_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    amount = f"{next(COUNT)}.00"
    asked = await with_api(house, start, scene.keys["member0"], "/payouts", json={"amount": amount})
    payout_id = asked.json()["id"]
    for treasurer in scene.desk.treasurers[1:]:
        async with browser(house, start, treasurer) as client:
            api = start("api")
            told = await insist(client, f"/payouts/{payout_id}/approve")
            await api.kill()
            assert told.status_code == 201, told.text
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        await killed_then(house, start, client, point, "/payment-batches/all")
    batches = """SELECT count(*) FROM payment_batch b JOIN payout p ON p.batch_id = b.id
                  WHERE p.id = :id"""
    assert await numbers(system, batches, id=payout_id) == [1]
    empty = """SELECT count(*) FROM payment_batch b
                WHERE NOT EXISTS (SELECT FROM payout p WHERE p.batch_id = b.id)"""
    assert await numbers(system, empty) == [0]


@pytest.mark.parametrize(
    ("point", "ends"), [("gateway.not_sent", "unknown"), ("gateway.sent_not_recorded", "delivered")]
)
async def test_a_parcel_is_never_sent_twice(
    house: House, scene: Scene, system: System, start: Start, point: str, ends: str
) -> None:
    """Cut off before or after the call: the next worker does not send, it asks what happened."""
    await drain(system)  # the parcels of the tests before, so that the trap is for this one
    invoice_id = await issued(house, scene, start)
    start("relay")
    worker = start("worker", point, **LOOPBACK)
    assert await worker.ended() == KILLED
    parcels = """SELECT count(*) FROM loopback_message m JOIN transmission t
                  ON replace(t.id::text, '-', '') = m.id WHERE t.invoice_id = :id"""
    gone = int(point == "gateway.sent_not_recorded")
    assert await numbers(system, parcels, id=invoice_id) == [gone]
    start("worker", **LOOPBACK)
    state = "SELECT state FROM transmission WHERE invoice_id = :id ORDER BY id DESC LIMIT 1"

    patience = Patience(house, system, 4)

    async def settled() -> bool:
        await patience.wait()
        return await words(system, state, id=invoice_id) == [ends]

    await until(settled, 120, f"the transmission to be {ends}", every_s=0.1)
    assert await numbers(system, parcels, id=invoice_id) == [gone]


async def test_a_payout_run_pays_everyone_once_whatever_dies(
    house: House, scene: Scene, system: System, start: Start
) -> None:
    """Killed at the start of the run, at each approval, while its money is set aside. It takes all
    that the members have, so it is the last test of this file.
    """
    treasurers = scene.desk.treasurers
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        told = await killed_then(house, start, client, "api.before_commit", "/payout-runs", json={})
    run_id = told.json()["id"]
    payouts = "SELECT id FROM payout WHERE run_id = :id"
    asked = await numbers(system, payouts, id=run_id)
    assert len(asked) == len(scene.members)
    for treasurer, point in zip(treasurers[1:], WRITES[1:], strict=True):
        async with browser(house, start, treasurer) as client:
            await killed_then(house, start, client, point, f"/payout-runs/{run_id}/approve")
    # What the tests before have earned may lie in a band that asks for more people.
    needed = "SELECT max(approvals_needed) FROM payout WHERE run_id = :id"
    others = Factories(system)
    others.count = 9_000
    for _ in range((await numbers(system, needed, id=run_id))[0] - 2):
        another = await others.member(roles=[Role.TREASURER])
        async with browser(house, start, another) as client:
            api = start("api")
            assert (await insist(client, f"/payout-runs/{run_id}/approve")).is_success
            await api.kill()
    start("relay")
    worker = start("worker", "worker.set_aside_uncommitted")
    assert await worker.ended() == KILLED
    state = "SELECT state FROM payout WHERE run_id = :id"
    assert await words(system, state, id=run_id) == ["requested"] * len(asked)
    start("worker")

    patience = Patience(house, system, 4)

    async def approved() -> bool:
        await patience.wait()
        return await words(system, state, id=run_id) == ["approved"] * len(asked)

    await until(approved, 120, "what was approved to be set aside", every_s=0.1)
    for payout_id in asked:
        set_aside = await numbers(system, POSTED, kind="payout_approved", id=payout_id)
        assert set_aside == [1]
    await with_api(house, start, scene.keys["treasurer"], "/payment-batches/all")
    filed = "SELECT count(DISTINCT batch_id) FROM payout WHERE run_id = :id"
    assert await numbers(system, filed, id=run_id) == [1]

"""Each point at which a process can die, one by one: nothing is lost, nothing is done twice.

Real processes on servers of this module's own, on a clock that the tests turn. After each test all
invariants of the product hold, and only what was poisoned is dead.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from signal import SIGKILL
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from guild import features
from guild.core.ids import InvoiceId
from guild.core.mail import send_mail
from guild.core.outbox import drain
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.translog.commands import append_leaf, sequence_soon
from tests.camt import Move
from tests.chaos import errands
from tests.chaos.house import House, Process, broken, effects, numbers, until
from tests.chaos.mailbox import Mailbox
from tests.chaos.points import POINTS
from tests.chaos.scene import Scene, client_of, insist, open_scene

COUNT = itertools.count(1)
KILLED = -SIGKILL
LEASE_S = 25
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as built:
        yield built


@pytest.fixture(scope="module")
def scene(house: House) -> Scene:
    async def make() -> Scene:
        system = house.system()
        try:
            opened = await open_scene(system, drafts_each=6)
            await drain(system)  # contracts are sealed now, not in every worker to come
            return opened
        finally:
            await features.close(system)
            await system.engine.dispose()

    made = asyncio.run(make())
    house.advance(hours=73)  # the payee's account has cooled off
    return made


@pytest_asyncio.fixture
async def system(house: House, scene: Scene) -> AsyncIterator[System]:
    made = house.system()
    yield made
    try:
        assert await broken(made) == []
        dead = "SELECT job FROM outbox WHERE dead_at IS NOT NULL"
        assert set(await numbers(made, dead)) <= {"chaos.poison", "chaos.transfer"}
    finally:
        await made.engine.dispose()


Start = Callable[..., Process]


@pytest_asyncio.fixture
async def start(house: House) -> AsyncIterator[Start]:
    """Processes of this test, ended after it by their ids."""
    started: list[Process] = []

    def begin(role: str, point: str = "", **more: Any) -> Process:
        started.append(house.start(role, point, lease_s=LEASE_S, **more))
        return started[-1]

    yield begin
    for process in started:
        await process.kill()


async def ask(system: System, job: Any = errands.count, number: int = 5) -> list[int]:
    """Queue errands with numbers of their own."""
    asked = list(itertools.islice(COUNT, number))
    async with begin_work(system, SYSTEM) as work:
        for one in asked:
            work.later(job, number=one)
    return asked


async def finished(system: System, house: House, asked: list[int]) -> None:
    """Wait until each is done or dead, letting leases and back-offs expire; each done once."""
    query = """SELECT count(*) FROM outbox WHERE (ids ->> 'number')::bigint = ANY (:asked)
                AND job LIKE 'chaos.%' AND done_at IS NULL AND dead_at IS NULL"""

    async def done() -> bool:
        if (await numbers(system, query, asked=asked))[0] == 0:
            return True
        return turned(house)

    await until(done, 60, "the errands", every_s=0.1)


def turned(house: House) -> bool:
    """Let a lease expire, at most twice a second; False, for it is not over yet."""
    if time.monotonic() - house.turned_at > 0.5:
        house.advance(seconds=LEASE_S + 5)
    return False


async def once(system: System, house: House, asked: list[int]) -> None:
    """Each is done, each once."""
    await finished(system, house, asked)
    assert await effects(system, asked) == dict.fromkeys(asked, 1)


# --- the relay and the worker ------------------------------------------------------------------


@pytest.mark.parametrize("point", sorted(name for name in POINTS if name.startswith("relay.")))
async def test_a_relay_dies(house: House, system: System, start: Start, point: str) -> None:
    asked = await ask(system)
    start("worker")
    relay = start("relay", point)
    assert await relay.ended() == KILLED
    start("relay")
    await once(system, house, asked)


@pytest.mark.parametrize(
    "point", ["worker.picked", "worker.effect_uncommitted", "worker.done_not_cleaned"]
)
async def test_a_worker_dies(house: House, system: System, start: Start, point: str) -> None:
    asked = await ask(system)
    start("relay")
    worker = start("worker", point)
    assert await worker.ended() == KILLED
    start("worker")
    await once(system, house, asked)


async def test_two_relays_and_two_workers_share_the_work(
    house: House, system: System, start: Start
) -> None:
    asked = await ask(system, number=60)
    for role in ("relay", "relay", "worker", "worker"):
        start(role)
    await once(system, house, asked)


async def test_a_job_is_finished_when_its_worker_is_told_to_stop(
    house: House, system: System, start: Start
) -> None:
    asked = await ask(system, errands.slow, number=3)
    start("relay")
    worker = start("worker")

    def busy() -> bool:
        return {f"slow:{one}" for one in asked} <= set(house.bank.read_text("ascii").split())

    await until(busy, 40, "three jobs under way")
    assert await worker.stop() == 0
    assert await effects(system, asked) == dict.fromkeys(asked, 1)


async def test_only_the_poisoned_job_dies(house: House, system: System, start: Start) -> None:
    poisoned = await ask(system, errands.poison, number=1)
    sound = await ask(system)
    start("relay")
    start("worker")
    await once(system, house, sound)
    await finished(system, house, poisoned)
    assert await effects(system, poisoned) == dict.fromkeys(poisoned, 0)
    dead = await numbers(system, "SELECT (ids ->> 'number')::bigint FROM outbox WHERE job = "
                                 "'chaos.poison' AND dead_at IS NOT NULL AND failures = 3")  # fmt: skip
    assert dead == poisoned


# --- calls that leave the house ----------------------------------------------------------------


def calls(house: House, number: int) -> int:
    return house.bank.read_text(encoding="ascii").split().count(str(number))


async def doubtful(system: System, number: int) -> bool:
    """Whether the call ended dead, for a person to look at."""
    found = await numbers(
        system,
        """SELECT dead_at IS NOT NULL AND last_error LIKE 'UnknownOutcome%' FROM outbox
            WHERE job = 'chaos.transfer' AND (ids ->> 'number')::bigint = :number""",
        number=number,
    )
    return bool(found[0])


async def test_a_call_whose_answer_was_not_recorded_is_never_repeated(
    house: House, system: System, start: Start
) -> None:
    [number] = await ask(system, errands.transfer, number=1)
    start("relay")
    worker = start("worker", "worker.answered_not_recorded")
    assert await worker.ended() == KILLED
    assert calls(house, number) == 1
    start("worker")
    await finished(system, house, [number])
    assert calls(house, number) == 1
    assert await doubtful(system, number)


async def test_a_call_whose_reply_was_lost_is_never_repeated(
    house: House, system: System, start: Start
) -> None:
    [number] = await ask(system, errands.transfer, number=1)
    start("relay")
    start("worker", CHAOS_BANK_LOSES_REPLIES="1")
    await finished(system, house, [number])
    assert calls(house, number) == 1
    assert await doubtful(system, number)


async def test_a_prepared_call_that_never_left_is_not_guessed_at(
    house: House, system: System, start: Start
) -> None:
    [number] = await ask(system, errands.transfer, number=1)
    start("relay")
    worker = start("worker", "worker.prepared")
    assert await worker.ended() == KILLED
    start("worker")
    await finished(system, house, [number])
    assert calls(house, number) == 0
    assert await doubtful(system, number)


@pytest.mark.parametrize(
    ("point", "made"), [("worker.prepared", 1), ("worker.answered_not_recorded", 2)]
)
async def test_a_call_under_a_key_is_repeated_and_recorded_once(
    house: House, system: System, start: Start, point: str, made: int
) -> None:
    asked = await ask(system, errands.courier, number=1)
    start("relay")
    worker = start("worker", point)
    assert await worker.ended() == KILLED
    start("worker")
    await once(system, house, asked)
    assert calls(house, asked[0]) == made  # one effect there: the other side knows the key


async def test_a_mail_arrives_although_the_worker_died_over_it(
    house: House, scene: Scene, system: System, start: Start
) -> None:
    async with Mailbox() as mailbox:
        async with begin_work(system, SYSTEM) as work:
            mail_id = send_mail(
                work, to="a@example.org", subject="Chaos", text="Hello", reason="Because"
            )
        start("relay")
        worker = start("worker", "worker.answered_not_recorded", GUILD_SMTP_URL=mailbox.url)
        assert await worker.ended() == KILLED
        start("worker", GUILD_SMTP_URL=mailbox.url)

        async def sent() -> bool:
            turned(house)
            query = "SELECT count(*) FROM mail WHERE id = :id AND sent_at IS NOT NULL"
            return await numbers(system, query, id=mail_id) == [1]

        await until(sent, 20, "the mail", every_s=0.1)
        arrived = [letter for letter in mailbox.letters if str(mail_id) in letter]
    assert len(arrived) == 2
    assert len({message_id(letter) for letter in arrived}) == 1  # mail programs show one


def message_id(letter: str) -> str:
    return next(line for line in letter.splitlines() if line.startswith("Message-ID"))


# --- the log ---------------------------------------------------------------------


@pytest.mark.parametrize("point", ["log.unsigned", "log.signed_uncommitted"])
async def test_the_log_goes_on_where_its_sequencer_died(
    house: House, system: System, start: Start, point: str
) -> None:
    asked = list(itertools.islice(COUNT, 3))
    async with begin_work(system, SYSTEM) as work:
        for number in asked:
            append_leaf(work, "chaos", {"number": number})
        work.later(sequence_soon)
    start("relay")
    worker = start("worker", point)
    assert await worker.ended() == KILLED
    start("worker")
    await logged(system, house, asked)


async def test_a_leaf_is_appended_once_although_its_writer_died(
    house: House, system: System, start: Start
) -> None:
    asked = await ask(system, errands.leaf, number=2)
    start("relay")
    worker = start("worker", "worker.effect_uncommitted")
    assert await worker.ended() == KILLED
    start("worker")
    await once(system, house, asked)
    await logged(system, house, asked)


async def logged(system: System, house: House, asked: list[int]) -> None:
    """Each leaf has one place, under a signed checkpoint."""
    query = """SELECT (convert_from(l.leaf, 'UTF8')::json ->> 'number')::bigint
                 FROM translog_leaf l JOIN translog_place p ON p.leaf_id = l.id
                WHERE l.kind = 'chaos' AND p.idx < (SELECT max(size) FROM translog_checkpoint)"""

    async def placed() -> bool:
        turned(house)
        return set(asked) <= set(await numbers(system, query))

    await until(placed, 20, "places in the log", every_s=0.1)
    found = await numbers(system, query)
    assert [found.count(one) for one in asked] == [1] * len(asked)


# --- the servers -------------------------------------------------------------------------------


async def rung(system: System, asked: list[int]) -> None:
    """Wait until the relay has leased all of them."""
    query = """SELECT count(*) FROM outbox WHERE (ids ->> 'number')::bigint = ANY (:asked)
                AND job LIKE 'chaos.%' AND attempts = 0"""

    async def leased() -> bool:
        return await numbers(system, query, asked=asked) == [0]

    await until(leased, what="the leases")
    await asyncio.sleep(0.2)


@pytest.mark.parametrize("how", ["killed", "killed and empty", "flushed"])
async def test_valkey_loses_a_full_queue(
    house: House, system: System, start: Start, how: str
) -> None:
    asked = await ask(system, number=20)
    start("relay")
    await rung(system, asked)
    if how == "flushed":
        assert house.flush_valkey() > 0
    else:
        house.kill_valkey(keep=how == "killed")
    start("worker")
    await once(system, house, asked)


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
    assert await worker.ended(40) == KILLED
    stored = "SELECT pdf_document_id FROM invoice WHERE id = :id AND pdf_document_id IS NOT NULL"
    assert await numbers(system, stored, id=invoice_id) == []
    start("worker")

    async def made() -> bool:
        turned(house)
        return len(await numbers(system, stored, id=invoice_id)) == 1

    await until(made, 40, "the invoice's file", every_s=0.1)
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

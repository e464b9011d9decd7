"""Relay, worker, outside calls, log and Valkey die one by one: each errand is done, once.

Real processes on servers of this module's own. After each test all invariants of the product hold,
and only what was poisoned is dead.
"""

import asyncio
import itertools

import pytest

from guild.core.mail import send_mail
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.translog.commands import append_leaf, sequence_soon
from tests.chaos import errands
from tests.chaos.house import House, effects, numbers, until
from tests.chaos.mailbox import Mailbox
from tests.chaos.points import POINTS
from tests.chaos.scene import Scene
from tests.chaos.waiting import COUNT, KILLED, Patience, Start, ask, finished, once

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


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

    await until(busy, 90, "three jobs under way")
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
    query = """SELECT (ids ->> 'number')::bigint FROM outbox
                WHERE job = 'chaos.poison' AND dead_at IS NOT NULL AND failures = 3"""
    assert await numbers(system, query) == poisoned


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
    assert calls(house, asked[0]) >= made  # one effect there: the other side knows the key


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

        patience = Patience(house, system)

        async def sent() -> bool:
            await patience.wait()
            query = "SELECT count(*) FROM mail WHERE id = :id AND sent_at IS NOT NULL"
            return await numbers(system, query, id=mail_id) == [1]

        await until(sent, 90, "the mail", every_s=0.1)
        arrived = [letter for letter in mailbox.letters if str(mail_id) in letter]
    assert len(arrived) >= 2
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

    patience = Patience(house, system)

    async def placed() -> bool:
        await patience.wait()
        return set(asked) <= set(await numbers(system, query))

    await until(placed, 90, "places in the log", every_s=0.1)
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

"""A storm: seeded SIGKILLs of everything while clients work and repeat themselves on doubt.

    python -m tests.chaos.storm --minutes 3 --seed 7

Clients issue invoices, import statements, confirm payments and ask for payouts under idempotency
keys; API, relay, worker, Valkey and PostgreSQL are killed at random moments and started again. In
the end everything that was acknowledged must be in the books, once; every job must be done; and
every invariant must hold. Prints seed, kills, acknowledged against found; the exit status is 1 on
loss, doubling or a broken invariant.
"""

import argparse
import asyncio
import contextlib
import random
import secrets
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")

import httpx  # noqa: E402

from guild.core.permissions import SYSTEM  # noqa: E402
from guild.core.work import System, begin_work  # noqa: E402
from guild.ledger.chart import Account  # noqa: E402
from guild.ledger.queries import balance_of  # noqa: E402
from tests.camt import Move  # noqa: E402
from tests.chaos import errands  # noqa: E402
from tests.chaos.house import House, Process, broken, effects, numbers, until  # noqa: E402
from tests.chaos.scene import (  # noqa: E402
    GROSS_CENTS,
    NET_TO_MEMBER_CENTS,
    Scene,
    client_of,
    insist,
    open_scene,
)

LEASE_S = 6.0
ROLES = ("api", "api", "relay", "worker", "worker")
TARGETS = (
    "api",
    "api",
    "api",
    "relay",
    "relay",
    "worker",
    "worker",
    "worker",
    "valkey",
    "postgres",
)
PAUSE_S = 0.35
"""Mean pause between two kills."""
PATIENCE_S = 10
INVOICES_PER_S = 1.5
SETTLE_S = 300
STARTED_WITH_CENTS = 1_000_000


@dataclass
class Tally:
    """What was acknowledged to clients, and what was killed."""

    kills: Counter[str] = field(default_factory=Counter)
    invoices: dict[str, str] = field(default_factory=dict)
    payments: dict[str, str] = field(default_factory=dict)
    payouts: dict[str, tuple[str, int]] = field(default_factory=dict)
    errands: list[int] = field(default_factory=list)
    repeats: int = 0

    @property
    def answers(self) -> int:
        """How much was acknowledged so far."""
        return len(self.invoices) + len(self.payments) + len(self.payouts)


@dataclass
class Storm:
    """One storm over one house."""

    house: House
    scene: Scene
    system: System
    chance: random.Random
    tally: Tally = field(default_factory=Tally)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    issued: asyncio.Queue[tuple[str, str]] = field(default_factory=asyncio.Queue)
    running: list[Process] = field(default_factory=list)

    def key(self) -> str:
        """An idempotency key that the seed repeats."""
        return f"storm-{self.chance.getrandbits(64):016x}"

    async def say(
        self, client: httpx.AsyncClient, path: str, *, status: int = 201, **body: Any
    ) -> dict[str, Any]:
        """POST until it is answered; at times the client doubts the answer and asks again."""
        key = self.key()
        answer = await insist(client, path, key=key, tries=2_000, **body)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        if self.chance.random() < 0.2:
            self.tally.repeats += 1
            again = await insist(client, path, key=key, tries=2_000, **body)
            assert again.json() == answer.json(), f"{path}: two answers under one key"
        told: dict[str, Any] = answer.json()
        return told

    # --- the clients -------------------------------------------------------------------------

    async def freelancer(self, number: int) -> None:
        """Issues her drafts, and asks for payouts in between."""
        mine = [one for one in self.scene.drafts if self.scene.owner[one] == number]
        async with client_of(self.house.base_url, self.scene.keys[f"member{number}"]) as client:
            while not self.over.is_set():
                if mine and self.chance.random() < 0.5:
                    invoice_id = str(mine.pop())
                    told = await self.say(client, f"/invoices/{invoice_id}/issue")
                    self.tally.invoices[invoice_id] = told["number"]
                    await self.issued.put((invoice_id, told["number"]))
                else:
                    cents = self.chance.randint(1, 900)
                    amount = f"{cents // 100}.{cents % 100:02d}"
                    told = await self.say(client, "/payouts", json={"amount": amount})
                    self.tally.payouts[told["id"]] = (told["number"], cents)
                await asyncio.sleep(self.chance.random() * 0.5)

    async def treasurer(self) -> None:
        """Imports a statement of what clients paid, and confirms each payment."""
        day = 0
        async with client_of(self.house.base_url, self.scene.keys["treasurer"]) as client:
            while not (self.over.is_set() and self.issued.empty()):
                await asyncio.sleep(0.3)
                paid = [self.issued.get_nowait() for _ in range(self.issued.qsize())]
                if paid:
                    day += 1
                    await self._bank_day(client, day, paid)

    async def _bank_day(
        self, client: httpx.AsyncClient, day: int, paid: list[tuple[str, str]]
    ) -> None:
        moves = [
            Move(cents=GROSS_CENTS, reference=f"D{day}-{n}", name="Client", text=number)
            for n, (_, number) in enumerate(paid)
        ]
        headers = {"Content-Type": "application/xml"}
        file = self.scene.desk.statement(*moves)
        came = await self.say(client, "/bank-statements", content=file, headers=headers)
        assert came["new_entries"] == len(paid), came
        query = "SELECT id::text || ' ' || reference FROM bank_entry WHERE reference LIKE :day"
        found = await self._asked(query, day=f"D{day}-%")
        entries = dict(reversed(row.split()) for row in found)
        for n, (invoice_id, _) in enumerate(paid):
            entry_id = entries[f"D{day}-{n}"]
            path = f"/bank-entries/{entry_id}/confirm"
            told = await self.say(client, path, json={"invoice_id": invoice_id})
            assert told["paid"] == "121.00", told
            self.tally.payments[entry_id] = invoice_id

    async def _asked(self, query: str, **values: Any) -> list[Any]:
        """A question of the test's own, repeated while the database is away."""
        while True:
            try:
                return await numbers(self.system, query, **values)
            except Exception:  # noqa: BLE001 - whatever a dying database says
                await asyncio.sleep(0.2)

    async def clerk(self) -> None:
        """Queues errands in transactions of her own; counts those whose commit was answered."""
        number = 0
        while not self.over.is_set():
            number += 1
            with contextlib.suppress(Exception):  # in doubt it is not acknowledged
                async with begin_work(self.system, SYSTEM) as work:
                    work.later(errands.count, number=number)
                self.tally.errands.append(number)
            await asyncio.sleep(0.05)

    # --- the weather -------------------------------------------------------------------------

    async def weather(self) -> None:
        """Kill something, start it again, pause; until it is over."""
        while not self.over.is_set():
            await asyncio.sleep(self.chance.expovariate(1 / PAUSE_S))
            await self._something_done()
            target = self.chance.choice(TARGETS)
            self.tally.kills[target] += 1
            if target == "postgres":
                await asyncio.to_thread(self.house.kill_postgres)
            elif target == "valkey":
                await asyncio.to_thread(self.house.kill_valkey, keep=self.chance.random() < 0.5)
            else:
                self._replace(target)

    async def _something_done(self) -> None:
        """A storm that kills faster than anything starts proves nothing: wait for one answer."""
        before = self.tally.answers
        with contextlib.suppress(AssertionError):
            await until(
                lambda: self.over.is_set() or self.tally.answers > before, PATIENCE_S, every_s=0.05
            )

    def _replace(self, role: str) -> None:
        living = [process for process in self.running if process.role == role]
        victim = self.chance.choice(living)
        victim.signal(9)
        self.running.remove(victim)
        self.running.append(self.house.start(role, lease_s=LEASE_S))

    def keep_running(self) -> None:
        """Start again what ended by itself, as the supervisor does."""
        for process in [one for one in self.running if one.status is not None]:
            self.running.remove(process)
            self.tally.kills[f"{process.role} ended by itself"] += 1
            self.running.append(self.house.start(process.role, lease_s=LEASE_S))

    async def blow(self, seconds: float) -> None:
        """The storm itself, and the calm in which everything must come to its end."""
        self.running = [self.house.start(role, lease_s=LEASE_S) for role in ROLES]
        crowd = [self.freelancer(n) for n in range(len(self.scene.members))]
        tasks = [asyncio.create_task(one) for one in (*crowd, self.treasurer(), self.clerk())]
        weather = asyncio.create_task(self.weather())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(0.25)
            self.keep_running()
            for task in (*tasks, weather):
                if task.done():
                    task.result()
        self.over.set()
        await asyncio.gather(weather, *tasks)
        await until(self.calm, SETTLE_S, "the calm after the storm", every_s=0.5)

    async def calm(self) -> bool:
        """Whether the queue is empty."""
        self.keep_running()
        open_rows = await self._asked(
            "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"
        )
        return bool(open_rows == [0])

    # --- the reckoning -----------------------------------------------------------------------

    async def reckon(self) -> list[str]:
        """What is wrong: loss, doubling, broken invariants."""
        tally, wrong = self.tally, await broken(self.system)
        found = {
            "invoices": await self._asked(
                "SELECT id::text FROM invoice WHERE kind = 'invoice' AND number IS NOT NULL"),
            "payments": await self._asked("SELECT bank_entry_id::text FROM payment"),
            "payouts": await self._asked("SELECT id::text FROM payout"),
        }  # fmt: skip
        for name, ids in found.items():
            acknowledged = getattr(tally, name)
            wrong += [f"{name}: {one} is lost" for one in acknowledged if one not in ids]
            wrong += [f"{name}: {one} was never answered" for one in ids if one not in acknowledged]
            wrong += [f"{name}: {one} is double" for one, n in Counter(ids).items() if n > 1]
        series = sorted(tally.invoices.values())
        if series != [f"2026-{n:04d}" for n in range(1, len(series) + 1)]:
            wrong.append(f"the numbers of the invoices have gaps: {series}")
        done = await effects(self.system, tally.errands)
        wrong += [f"errand {one} took effect {n} times" for one, n in done.items() if n != 1]
        dead = await self._asked("SELECT job FROM outbox WHERE dead_at IS NOT NULL")
        wrong += [f"{job} is dead" for job in dead]
        return wrong + await self._money()

    async def _money(self) -> list[str]:
        """Each payment released its part to its member once."""
        wrong = []
        for number, member in enumerate(self.scene.members):
            paid = [one for one in self.tally.payments.values()
                    if self.scene.owner[self._draft(one)] == number]  # fmt: skip
            due = STARTED_WITH_CENTS + NET_TO_MEMBER_CENTS * len(paid)
            async with begin_work(self.system, SYSTEM, read_only=True) as work:
                held = (await balance_of(work, Account("member_available", member.id))).minor
            if held != due:
                wrong.append(f"member {number} has {held} instead of {due}")
        return wrong

    def _draft(self, invoice_id: str) -> Any:
        return next(one for one in self.scene.drafts if str(one) == invoice_id)


def run(minutes: float, seed: int, say: Callable[[str], Any] = print) -> int:
    """One storm; 0 when nothing was lost or doubled."""
    say(f"seed {seed}, {minutes:g} minutes")
    with House(real_time=True) as house:
        return asyncio.run(_run(house, minutes * 60, seed, say))


async def _run(house: House, seconds: float, seed: int, say: Callable[[str], Any]) -> int:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    system = house.system()
    drafts = max(6, int(seconds * INVOICES_PER_S / 3))
    scene = await open_scene(system, members_count=3, drafts_each=drafts)
    storm = Storm(house, scene, system, chance)
    try:
        await storm.blow(seconds)
        wrong = await storm.reckon()
    finally:
        await system.engine.dispose()
    tally = storm.tally
    say(f"kills: {sum(tally.kills.values())} ({dict(tally.kills)})")
    say(f"acknowledged: {len(tally.invoices)} invoices, {len(tally.payments)} payments, "
        f"{len(tally.payouts)} payouts, {len(tally.errands)} errands, "
        f"{tally.repeats} answers asked for again")  # fmt: skip
    for one in wrong:
        say(f"WRONG {one}")
    say("nothing lost, nothing doubled, every invariant holds" if not wrong else "FAILED")
    return 1 if wrong else 0


def main() -> None:
    """Read the command line and let it blow."""
    options = argparse.ArgumentParser(prog="tests.chaos.storm")
    options.add_argument("--minutes", type=float, default=3.0)
    options.add_argument("--seed", type=int, default=None)
    given = options.parse_args()
    sys.exit(run(given.minutes, secrets.randbelow(10**6) if given.seed is None else given.seed))


if __name__ == "__main__":
    main()

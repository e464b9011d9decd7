"""Rows 1 to 4 and 11: issuing and paying through HTTP, against one statement by pgbench.

The server is `guild api`, the process that `guild up` runs, on loopback: signed in by cookie with
its CSRF proof, an idempotency key per request, every trigger on, committed durably. Client, server
and PostgreSQL share the machine, and so do pgbench and PostgreSQL in the rounds between.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import psutil
import uvloop

from bench.house import House, Person
from bench.load import Pgbench, Request, child, cpu_s, drive, new_key
from bench.measure import Row, alternate, servers
from guild.core.embedded import Embedded
from guild.core.permissions import Role, member_actor
from guild.core.settings import Settings
from guild.core.work import begin_work
from guild.invoicing.commands import issue_invoice, issue_invoices
from guild.supervisor import environment_of
from guild.worker import driver_connection

CLIENTS: Final = 16
CONNECTIONS: Final = 8
ROUNDS: Final = 3
PER_ROUND: Final = 300
"""Requests in a round: a second or two."""
HOT_CLIENTS: Final = 8
BATCH: Final = 100
YARDSTICK: Final = """
CREATE TABLE y_invoice (id uuid PRIMARY KEY, member uuid, client uuid, number text, total bigint,
                        issued timestamptz);
CREATE TABLE y_line (invoice uuid, position int, text text, net bigint,
                     PRIMARY KEY (invoice, position));
CREATE TABLE y_entry (id uuid PRIMARY KEY, kind text, text text, day date, at timestamptz);
CREATE TABLE y_posting (entry uuid, position int, account uuid, amount bigint, day date,
                        PRIMARY KEY (entry, position));
CREATE TABLE y_event (id uuid PRIMARY KEY, at timestamptz, kind text, subject uuid, body jsonb);
"""
TRANSACTION: Final = """
WITH i AS (INSERT INTO y_invoice VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
                                         '2026-0001', 145200, now()) RETURNING id),
     l AS (INSERT INTO y_line SELECT i.id, p, 'A piece of work', 40000
             FROM i, unnest(ARRAY[1, 2, 3]) AS p),
     e AS (INSERT INTO y_entry VALUES (gen_random_uuid(), 'invoice_issued', 'Invoice 2026-0001',
                                       current_date, now()) RETURNING id),
     p AS (INSERT INTO y_posting SELECT e.id, u.p, gen_random_uuid(), u.a, current_date
             FROM e, unnest(ARRAY[1, 2, 3, 4], ARRAY[145200, -25200, -100000, -20000]) AS u(p, a)),
     v AS (INSERT INTO y_event SELECT gen_random_uuid(), now(), 'InvoiceIssued', i.id,
                                      '{"number": "2026-0001", "total_minor": 145200}' FROM i)
SELECT 1;
"""


def of_issue(dealt: Iterable[tuple[Person, UUID]]) -> list[Request]:
    """The request that issues each draft, by the member whose it is."""
    return [
        (f"/api/v1/invoices/{invoice_id}/issue", person.headers + new_key(), b"")
        for person, invoice_id in dealt
    ]


class Stage:
    """A founded house, its server and the yardstick."""

    def __init__(self, house: House, port: int, server: psutil.Process, yard: Pgbench) -> None:
        self.house: Final = house
        self.port: Final = port
        self.server: Final = server
        self.yard: Final = yard
        self.issued: list[UUID] = []

    async def yardstick(self) -> float:
        """Transactions per second of the one statement."""
        return await asyncio.to_thread(self.yard.run, 2)

    async def issue(self, people: Sequence[Person], clients: int = CLIENTS) -> float:
        """Issues per second over HTTP."""
        dealt = await self.house.drafts(people, PER_ROUND)
        tally = await drive(self.port, of_issue(dealt), clients)
        self.issued += [invoice_id for _, invoice_id in dealt]
        return tally.rate

    async def pay(self) -> float:
        """Payments per second: a treasurer confirms what a bank entry pays; the levy is split."""
        if len(self.issued) < PER_ROUND:
            await self.issue(self.house.people)
        paid = [self.issued.pop() for _ in range(PER_ROUND)]
        headers = self.house.treasurer.headers
        requests = [
            (f"/api/v1/bank-entries/{entry_id}/confirm", headers + new_key(),
             msgspec.json.encode({"invoice_id": invoice_id, "payout_id": None}))
            for entry_id, invoice_id in await self.house.paid_at_bank(paid)
        ]  # fmt: skip
        return (await drive(self.port, requests, CLIENTS)).rate

    async def cpu_of_issue(self) -> float:
        """Processor seconds of the server per issue."""
        before = cpu_s(self.server)
        await self.issue(self.house.people)
        return (cpu_s(self.server) - before) / PER_ROUND


async def measure(embedded: Embedded, settings: Settings) -> list[Row]:
    """Every row of this module, on one server."""
    house = House(settings)
    await house.found()
    yard = await make_yardstick(embedded, settings.data_dir.parent / "yardstick.sql")
    environ = {**environment_of(settings), "GUILD_ENV": settings.env}
    try:
        async with child(environ, lambda fd: ["-m", "guild", "api", "--fd", str(fd)]) as (
            port,
            process,
        ):
            stage = Stage(house, port, process, yard)
            return [*await rates(stage), await hot(stage), await batches(house), await cpu(stage)]
    finally:
        await house.close()


async def make_yardstick(embedded: Embedded, script: Path) -> Pgbench:
    """The yardstick's tables in a database of their own, and its load driver."""
    owner = await driver_connection(embedded.url("postgres"))
    await owner.execute("CREATE DATABASE yardstick")
    await owner.close()
    inside = await driver_connection(embedded.url("yardstick"))
    await inside.execute(YARDSTICK)
    await inside.close()
    script.write_text(TRANSACTION.strip() + "\n", encoding="utf-8")
    return Pgbench(embedded.socket_dir, "yardstick", script, CONNECTIONS)


async def rates(stage: Stage) -> list[Row]:
    """Rows 1 and 2."""
    issue, fast, limit = await alternate(
        ROUNDS, lambda: stage.issue(stage.house.people), stage.yardstick
    )
    pay, paid, limit_too = await alternate(ROUNDS, stage.pay, stage.yardstick)
    return [
        Row(number="1", what="issue an invoice through HTTP, of pgbench's one statement",
            value=issue, target=0.15, hope=0.25,
            how=f"{fast:.0f} of {limit:.0f} per second; {CLIENTS} clients, one API process"),
        Row(number="2", what="record a payment with its levy, same yardstick",
            value=pay, target=0.15, hope=0.25,
            how=f"{paid:.0f} of {limit_too:.0f} per second, through the treasurer's route"),
    ]  # fmt: skip


async def hot(stage: Stage) -> Row:
    """Row 3."""
    people = stage.house.people
    ratio, one, spread = await alternate(
        ROUNDS,
        lambda: stage.issue(people[:1], HOT_CLIENTS),
        lambda: stage.issue(people, HOT_CLIENTS),
    )
    return Row(number="3", what="8 clients on one member against spread over 1,000",
               value=ratio, target=0.4, hope=0.7,
               how=f"{one:.0f} against {spread:.0f} per second, no failure")  # fmt: skip


async def batches(house: House) -> Row:
    """Row 4, in process: a batch has no route of its own."""
    person = house.people[0]
    actor = member_actor(person.member, frozenset({Role.MEMBER}))

    async def batch() -> float:
        ids = [invoice_id for _, invoice_id in await house.drafts([person], BATCH * 3)]
        began = time.perf_counter()
        for first in range(0, len(ids), BATCH):
            async with begin_work(house.system, actor) as work:
                await issue_invoices(work, ids[first : first + BATCH])
        return len(ids) / (time.perf_counter() - began)

    async def single() -> float:
        ids = [invoice_id for _, invoice_id in await house.drafts([person], BATCH)]
        began = time.perf_counter()
        for invoice_id in ids:
            async with begin_work(house.system, actor) as work:
                await issue_invoice(work, invoice_id)
        return len(ids) / (time.perf_counter() - began)

    ratio, fast, slow = await alternate(ROUNDS, batch, single)
    return Row(number="4", what="batch of 100 against single, per invoice", value=ratio, target=3,
               hope=5, unit="×",
                how=f"{fast:.0f} against {slow:.0f} invoices per second, in process")  # fmt: skip


async def cpu(stage: Stage) -> Row:
    """Row 11."""
    dealt = await stage.house.drafts(stage.house.people, 1)
    [(_, invoice_id)] = dealt
    await drive(stage.port, of_issue(dealt), 1)
    body = await stage.house.owner.fetchval(
        "SELECT answer FROM idempotency ORDER BY at DESC LIMIT 1"
    )
    assert str(invoice_id).encode() in body
    requests = [("/echo", "", body)] * (PER_ROUND * 4)
    async with child({}, lambda fd: ["-m", "bench.echo", str(fd)]) as (port, process):

        async def echo() -> float:
            before = cpu_s(process)
            assert not (await drive(port, requests, CLIENTS)).failed
            return (cpu_s(process) - before) / len(requests)

        ratio, ours, theirs = await alternate(ROUNDS, stage.cpu_of_issue, echo)
    return Row(number="11", what="server CPU per issue, of a POST that decodes and echoes",
               value=ratio, target=6, hope=4, less=True, unit="×",
               how=f"{ours * 1e6:.0f} against {theirs * 1e6:.0f} µs")  # fmt: skip


def rows() -> list[Row]:
    """The rows of the table, on an event loop as quick as the server's."""
    with servers() as (embedded, settings):
        return uvloop.run(measure(embedded, settings))

"""A payout run of 5,000 members, against 5,000 payouts asked for and approved one by one.

The house is founded through the product; the members, their accounts and their money are copied
by SQL. The run is what a treasurer starts: slices until it is done, two approvals of the whole,
the money set aside in slices, and five payment files of a thousand. The yardstick is the same way
for single payouts, asked for and approved each in a Work of its own, measured over a hundred.
"""

import asyncio
import os
import time
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import create_async_engine

from bench.measure import Row, servers
from guild import features
from guild.core.ids import MemberId, PayoutId, new_id
from guild.core.money import Money
from guild.core.permissions import SYSTEM, Actor, Role
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.governance.commands import install_founding_charter
from guild.ledger.chart import credit, debit
from guild.ledger.commands import post
from guild.migrations.run import create_database, migrate
from guild.migrations.schema import write_schema
from guild.treasury import commands
from guild.treasury.schemas import CoopAccountIn, PayoutIn, PayoutRunIn
from guild.worker import driver_connection
from tests.factories import Factories

MEMBERS = 5_000
SINGLE = 100
COPY = """INSERT INTO {table} SELECT r.* FROM {table} t
    CROSS JOIN unnest($2::text[]) AS o(fields)
    CROSS JOIN LATERAL jsonb_populate_record(t, o.fields::jsonb) AS r WHERE t.id = $1"""


async def _house(settings: Settings) -> tuple[System, list[Actor], list[UUID]]:
    await create_database(settings.owner_url)
    if os.environ.get("GUILD_TEST_SCHEMA") == "models":
        # As the tests do while the tables are being worked on.
        engine = create_async_engine(settings.owner_url)
        async with engine.begin() as connection:
            await write_schema(connection)
        await engine.dispose()
    else:
        await migrate(settings.owner_url)
    system = features.make_system(settings)
    async with begin_work(system, SYSTEM) as work:
        await install_founding_charter(work)
    make = Factories(system)
    treasurers = [await make.member(roles=[Role.TREASURER]) for _ in range(3)]
    member = await make.member()
    account = await make.bank_account(member, approver=treasurers[0])
    async with begin_work(system, make.actor(treasurers[0])) as work:
        opened = CoopAccountIn(
            name="Current account", iban="BE71096123456769", opened_on=work.today
        )
        await commands.open_coop_account(work, opened)
    people = [new_id() for _ in range(MEMBERS)]
    owner = await driver_connection(settings.owner_url)
    await owner.execute("SET session_replication_role = replica")
    await _copy(owner, "member", member.id, [
        {"id": one, "email": f"copy{n}@example.org"} for n, one in enumerate(people)
    ])  # fmt: skip
    # The seals of copied rows do not open, so each account is sealed for its own row.
    iban = account.iban(system.keyring).encode()
    rows: list[dict[str, Any]] = []
    for one in people:
        account_id = new_id()
        sealed = system.keyring.seal(iban, context=account.context(account_id))  # type: ignore[arg-type]
        rows.append({
            "id": account_id, "member_id": one, "iban_sealed": f"\\x{sealed.hex()}",
            "decided_at": "2020-01-01T00:00:00Z", "usable_from": "2020-01-04T00:00:00Z",
        })  # fmt: skip
    await _copy(owner, "bank_account", account.id, rows)
    await owner.close()
    for start in range(0, MEMBERS, 1_000):
        async with begin_work(system, make.actor(treasurers[0])) as work:
            for n, one in enumerate(people[start : start + 1_000]):
                amount = Money(10_000 + n, "EUR")
                await post(
                    work, kind="bench_release", text="Work done",
                    lines=[debit("opening", amount), credit("member_available", amount, one)],
                )  # fmt: skip
    return system, [make.actor(one) for one in treasurers], people


async def _copy(owner: Any, table: str, pattern: UUID, rows: list[dict[str, Any]]) -> None:
    told = [msgspec.json.encode(row).decode() for row in rows]
    await owner.execute(COPY.format(table=table), pattern, told)


async def _single(system: System, treasurers: list[Actor], people: list[UUID]) -> float:
    """Seconds for each payout that is asked for and approved by itself."""
    began = time.perf_counter()
    for one in people[:SINGLE]:
        async with begin_work(system, treasurers[0]) as work:
            asked = await commands.request_payout(
                work, PayoutIn(amount="1.00", member_id=MemberId(one))
            )
        for approver in treasurers[1:]:
            async with begin_work(system, approver) as work:
                await commands.approve_payout(work, asked.id)
    return (time.perf_counter() - began) / SINGLE


async def _run(system: System, treasurers: list[Actor]) -> float:
    """Seconds for a run of all: asked for, approved twice, set aside."""
    began = time.perf_counter()
    async with begin_work(system, treasurers[0]) as work:
        run = await commands.start_run(work, PayoutRunIn())
    more = True
    while more:
        async with begin_work(system, SYSTEM) as work:
            more = await commands.advance_run(work, run.id)
    for approver in treasurers[1:]:
        async with begin_work(system, approver) as work:
            told = await commands.approve_run(work, run.id)
        assert told.approved == MEMBERS
    last: PayoutId | None = None
    while True:
        async with begin_work(system, SYSTEM) as work:
            last = await commands.set_aside_slice(work, run.id, last)
        if last is None:
            break
    return time.perf_counter() - began


async def measure(settings: Settings) -> list[Row]:
    """The run as a ratio against single payouts, and its files."""
    system, treasurers, people = await _house(settings)
    each = await _single(system, treasurers, people)
    whole = await _run(system, treasurers)
    began = time.perf_counter()
    async with begin_work(system, treasurers[0]) as work:
        made = await commands.make_payment_batches(work)
    files = time.perf_counter() - began
    await features.close(system)
    await system.engine.dispose()
    return [
        Row(
            number="P1", what=f"a payout run of {MEMBERS:,} members against single payouts",
            value=each * MEMBERS / whole, target=3, hope=10, unit="×",
            how=f"{whole:.1f} s with two approvals; one by one {each * 1000:.0f} ms each",
        ),
        Row(
            number="P2", what="seconds for that run and its payment files",
            value=whole + files, target=40, hope=20, less=True, unit=" s",
            how=f"{files:.1f} s of it for {len(made)} files of pain.001",
        ),
    ]  # fmt: skip


def rows() -> list[Row]:
    """What `make bench` prints."""
    with servers() as (_, settings):
        return asyncio.run(measure(settings))

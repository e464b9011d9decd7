"""Row 10: reading and importing a statement of 2,000 entries against bare lxml parsing.

Two rows: the reading alone (safe parser, schema, sums, every field), and the import as the
treasurer does it, with ledger entries, suggestions and the commit.
"""

import asyncio
import itertools
import time
from datetime import date

from lxml import etree

from bench.measure import Row, alternate, servers
from guild import features
from guild.core.permissions import SYSTEM, Role, member_actor
from guild.core.settings import Settings
from guild.core.work import begin_work
from guild.governance.commands import install_founding_charter
from guild.members.commands import appoint_founder
from guild.members.schemas import ApplicationIn
from guild.migrations.run import create_database, migrate
from guild.treasury.commands import import_statements, open_coop_account
from guild.treasury.rules.camt053 import read_statements
from guild.treasury.schemas import CoopAccountIn
from tests.camt import Move, camt053

ENTRIES = 2_000
ROUNDS = 5
IBAN = "BE71096123456769"
DAY = date(2026, 11, 20)


def statement(number: int) -> bytes:
    """The `number`th statement of the account: each entry with payer, account and reference."""
    moves = [
        Move(
            cents=10_000 + n,
            reference=f"{number}-{n}",
            name=f"Client {n % 97} bv",
            iban="BE68539007547034",
            structured="" if n % 3 else "090933755493",
            text=f"Invoice 2026-{n:04d}",
        )
        for n in range(ENTRIES)
    ]
    each = sum(move.cents for move in moves)
    return camt053(
        iban=IBAN, number=number, opening_cents=(number - 1) * each, moves=moves, day=DAY
    )


async def measure(settings: Settings) -> list[Row]:
    """Entries per second of ours and of bare parsing, in turns."""
    await create_database(settings.owner_url)
    await migrate(settings.owner_url)
    system = features.make_system(settings)
    async with begin_work(system, SYSTEM) as work:
        await install_founding_charter(work)
        founder = ApplicationIn(
            email="treasurer@example.org", password="correct horse battery",  # noqa: S106
            legal_name="A Treasurer", display_name="Treasurer", country="BE", street="Street 1",
            postcode="1000", city="Bruxelles",
        )  # fmt: skip
        made = await appoint_founder(work, founder, frozenset({Role.TREASURER}))
    actor = member_actor(made.id, frozenset({Role.MEMBER, Role.TREASURER}))
    async with begin_work(system, actor) as work:
        opened = CoopAccountIn(name="Current account", iban=IBAN, opened_on=date(2026, 11, 1))
        await open_coop_account(work, opened)
    numbers = itertools.count(1)
    first = statement(1)

    async def bare() -> float:
        return per_second(lambda: etree.fromstring(first))

    async def reading() -> float:
        return per_second(lambda: read_statements(first))

    async def importing() -> float:
        content = statement(next(numbers))
        began = time.perf_counter()
        async with begin_work(system, actor) as work:
            came = await import_statements(work, content)
        taken = time.perf_counter() - began
        assert came.new_entries == ENTRIES
        return ENTRIES / taken

    read, read_rate, bare_rate = await alternate(ROUNDS, reading, bare)
    whole, whole_rate, _ = await alternate(ROUNDS, importing, bare)
    await system.engine.dispose()
    return [
        Row(
            number="10a", what="read a statement: schema, sums, all fields, against bare lxml",
            value=read, target=0.2, hope=0.5, how=f"{read_rate:,.0f} of {bare_rate:,.0f} entries/s",
        ),
        Row(
            number="10", what="import it: entries per second against bare lxml parsing",
            value=whole, target=0.2, hope=0.5,
            how=f"{whole_rate:,.0f} of {bare_rate:,.0f} entries/s, committed",
        ),
    ]  # fmt: skip


def per_second(read: object) -> float:
    """Entries per second of a function of no arguments, over three calls."""
    assert callable(read)
    began = time.perf_counter()
    for _ in range(3):
        read()
    return 3 * ENTRIES / (time.perf_counter() - began)


def rows() -> list[Row]:
    """The two rows of the table."""
    with servers() as (_, settings):
        return asyncio.run(measure(settings))

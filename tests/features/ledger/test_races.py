"""Many at once, committed for real: nobody overdraws, nobody deadlocks, balances stay true."""

import asyncio
import random
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Conflict
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.ledger import commands, queries
from guild.ledger.chart import Account, credit, debit
from guild.ledger.errors import AlreadyReversed

MEMBER = UUID("00000000-0000-7000-8000-000000000001")
BANK = UUID("00000000-0000-7000-8000-000000000003")
AVAILABLE = Account("member_available", MEMBER)
REFUSED = (Conflict, DBAPIError, asyncpg.PostgresError)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


async def fill(system: System, minor: int) -> None:
    async with begin_work(system, SYSTEM) as work:
        await commands.post(
            work,
            kind="test",
            text="Money to draw",
            lines=[debit("opening", euro(minor)), credit("member_available", euro(minor), MEMBER)],
        )


async def draw(system: System, minor: int, *, asking: bool) -> bool:
    try:
        async with begin_work(system, SYSTEM) as work:
            if asking:
                await commands.draw(work, AVAILABLE, euro(minor))
            await commands.post(
                work,
                kind="payout_approved",
                text="Payout",
                lines=[
                    debit("member_available", euro(minor), MEMBER),
                    credit("payout_in_transit", euro(minor), BANK),
                ],
            )
    except REFUSED:
        return False
    return True


async def held(system: System, account: Account) -> Money:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return await queries.balance_of(work, account)


async def test_a_thousand_is_drawn_ten_times_by_hundreds(committing: System) -> None:
    await fill(committing, 1_000)
    tries = [draw(committing, 100, asking=number % 2 == 0) for number in range(24)]
    done = await asyncio.gather(*tries)
    assert sum(done) == 10
    assert await held(committing, AVAILABLE) == euro(0)


async def test_an_entry_is_reversed_once_by_many(committing: System) -> None:
    async with begin_work(committing, SYSTEM) as work:
        entry_id = await commands.post(
            work,
            kind="test",
            text="x",
            lines=[debit("bank_fees", euro(5)), credit("suspense", euro(5))],
        )

    async def undo() -> bool:
        try:
            async with begin_work(committing, SYSTEM) as work:
                await commands.reverse(work, entry_id, "undone")
        except (AlreadyReversed, *REFUSED):
            return False
        return True

    assert sum(await asyncio.gather(*(undo() for _ in range(12)))) == 1
    assert await held(committing, Account("suspense")) == euro(0)


async def test_busy_accounts_neither_deadlock_nor_lose_a_cent(committing: System) -> None:
    chance = random.Random(7)  # noqa: S311 (repeatable shuffling, no secret)
    codes = ["suspense", "vat_payable", "fund_guarantee", "fund_sickness", "bank_fees", "rounding"]

    async def shuffle() -> None:
        for _ in range(8):
            one, two, three = chance.sample(codes, 3)
            async with begin_work(committing, SYSTEM) as work:
                await commands.post(
                    work,
                    kind="test",
                    text="x",
                    lines=[debit(one, euro(7)), credit(two, euro(4)), credit(three, euro(3))],
                )

    await asyncio.gather(*(shuffle() for _ in range(12)))
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        for invariant in queries.INVARIANTS:
            assert await invariant(work.session) == [], invariant.__name__
        shards = await work.session.scalar(text("SELECT count(DISTINCT shard) FROM ledger_balance"))
        assert (shards or 0) > 1

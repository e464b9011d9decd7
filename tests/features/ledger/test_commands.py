"""Posting and reversing, and what the database itself refuses."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Conflict
from guild.core.ids import EntryId
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import System, Work, begin_work
from guild.ledger import commands, queries
from guild.ledger.chart import BELOW_FLOOR_KINDS, FLOORED, Account, Line, credit, debit
from guild.ledger.errors import (
    AlreadyReversed,
    BelowZero,
    LedgerEntryNotFound,
    Unbalanced,
)
from tests.conftest import As

MEMBER = UUID("00000000-0000-7000-8000-000000000001")
CLIENT = UUID("00000000-0000-7000-8000-000000000002")
BANK = UUID("00000000-0000-7000-8000-000000000003")

REFUSED = (DBAPIError, asyncpg.PostgresError, Conflict)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


async def issue(work: Work, net: int = 100_000, vat: int = 21_000) -> EntryId:
    return await commands.post(
        work,
        kind="invoice_issued",
        text="Invoice 2026-0001",
        lines=[
            debit("receivable", euro(net + vat), CLIENT),
            credit("vat_payable", euro(vat)),
            credit("member_pending", euro(net), MEMBER),
        ],
    )


async def make_available(work: Work, minor: int) -> EntryId:
    return await commands.post(
        work,
        kind="test",
        text="Money to draw",
        lines=[debit("opening", euro(minor)), credit("member_available", euro(minor), MEMBER)],
    )


async def draw(work: Work, minor: int, kind: str = "payout_approved") -> EntryId:
    return await commands.post(
        work,
        kind=kind,
        text="Payout",
        lines=[
            debit("member_available", euro(minor), MEMBER),
            credit("payout_in_transit", euro(minor), BANK),
        ],
    )


async def test_balances_follow_an_entry_in_their_natural_direction(as_: As) -> None:
    async with as_() as work:
        await issue(work)
    async with as_() as work:
        assert await queries.balance_of(work, Account("receivable", CLIENT)) == euro(121_000)
        assert await queries.balance_of(work, Account("vat_payable")) == euro(21_000)
        assert await queries.balance_of(work, Account("member_pending", MEMBER)) == euro(100_000)
        assert await queries.balance_of(work, Account("member_available", MEMBER)) == euro(0)


async def test_lines_of_nothing_are_left_out(as_: As) -> None:
    async with as_() as work:
        entry_id = await issue(work, vat=0)
    async with as_() as work:
        count = await work.session.scalar(
            text("SELECT count(*) FROM ledger_posting WHERE entry_id = :id"), {"id": entry_id}
        )
        assert count == 2


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [debit("bank_fees", euro(1))],
        [debit("bank_fees", euro(1)), credit("suspense", euro(2))],
        [debit("bank_fees", euro(1)), credit("suspense", Money(1, "USD"))],
        [debit("bank_fees", euro(0)), credit("suspense", euro(0))],
    ],
)
async def test_python_refuses_what_does_not_balance(as_: As, lines: list[Line]) -> None:
    async with as_() as work:
        with pytest.raises(Unbalanced):
            await commands.post(work, kind="test", text="wrong", lines=lines)


@pytest.mark.parametrize(
    ("code", "owner"), [("no_such", None), ("bank", None), ("suspense", MEMBER)]
)
def test_an_account_outside_the_chart_is_a_programmers_mistake(
    code: str, owner: UUID | None
) -> None:
    with pytest.raises(ValueError, match="account"):
        Account(code, owner)


async def test_an_entry_is_reversed_once(as_: As) -> None:
    async with as_() as work:
        entry_id = await issue(work)
        reversal = await commands.reverse(work, entry_id, "Issued by mistake")
    async with as_() as work:
        assert reversal != entry_id
        assert await queries.balance_of(work, Account("receivable", CLIENT)) == euro(0)
        assert await queries.no_orphans(work.session) == []
        with pytest.raises(AlreadyReversed):
            await commands.reverse(work, entry_id, "again")
        with pytest.raises(LedgerEntryNotFound):
            await commands.reverse(work, EntryId(uuid4()), "nothing")


async def test_available_money_is_not_drawn_below_zero(as_: As) -> None:
    async with as_() as work:
        await make_available(work, 5_000)
    async with as_() as work:
        left = await commands.draw(work, Account("member_available", MEMBER), euro(5_000))
        assert left == euro(0)
        with pytest.raises(BelowZero):
            await commands.draw(work, Account("member_available", MEMBER), euro(5_001))
    with pytest.raises(REFUSED):
        async with as_() as work:
            await draw(work, 5_001)
    async with as_() as work:
        await draw(work, 5_000)


async def test_a_credit_note_may_draw_it_below_zero(as_: As) -> None:
    async with as_() as work:
        await draw(work, 700, kind="levy_returned")
    async with as_() as work:
        assert await queries.balance_of(work, Account("member_available", MEMBER)) == euro(-700)


SPOIL = [
    "UPDATE ledger_entry SET text = 'x'",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_posting SET amount_minor = 1",
    "DELETE FROM ledger_posting",
    "TRUNCATE ledger_posting",
    "TRUNCATE ledger_entry CASCADE",
    "DELETE FROM ledger_account",
    "UPDATE ledger_balance SET debit_minor = debit_minor + 1",
    "DELETE FROM ledger_balance",
    "INSERT INTO ledger_balance SELECT id, '2020-01-01', 0, 'EUR', 1, 1 FROM ledger_account",
]


@pytest.mark.parametrize("statement", SPOIL)
async def test_the_app_role_may_not_touch_what_is_written(as_: As, statement: str) -> None:
    async with as_() as work:
        await issue(work)
    with pytest.raises(REFUSED):
        async with as_() as work:
            await work.session.execute(text(statement))


LATE = """
INSERT INTO ledger_posting (entry_id, position, account_id, amount_minor, currency, occurred_on)
SELECT e.id, n + 10, a.id, CASE n WHEN 0 THEN 5 ELSE -5 END, 'EUR', e.occurred_on
  FROM ledger_entry e, ledger_account a, generate_series(0, 1) AS n
 WHERE a.code = 'vat_payable' LIMIT 2
"""


async def test_nothing_is_slipped_into_an_entry_afterwards(committing: System) -> None:
    async with begin_work(committing, SYSTEM) as work:
        await issue(work)
    with pytest.raises(REFUSED):
        async with begin_work(committing, SYSTEM) as work:
            await work.session.execute(text(LATE))


LONELY = """
INSERT INTO ledger_entry (id, kind, text, occurred_on, recorded_at, actor)
VALUES (gen_random_uuid(), 'x', 'x', current_date, now(), 'x')
"""


async def test_an_entry_without_postings_is_refused_at_the_commit(as_: As) -> None:
    with pytest.raises(REFUSED):
        async with as_() as work:
            await work.session.execute(text(LONELY))


async def test_postings_off_balance_are_refused_by_the_database_too(as_: As) -> None:
    with pytest.raises(REFUSED):
        async with as_() as work:
            commands._append(
                work,
                [debit("bank_fees", euro(5)), credit("suspense", euro(4))],
                kind="test",
                text="wrong",
                subject=None,
                day=date(2026, 1, 1),
            )


async def test_invariants_hold_and_see_what_is_wrong(as_: As) -> None:
    async with as_() as work:
        await issue(work)
        await make_available(work, 100)
    async with as_() as work:
        for invariant in (
            queries.entries_balance,
            queries.balances_are_sums,
            queries.trial_balance_is_zero,
            queries.no_orphans,
        ):
            assert await invariant(work.session) == [], invariant.__name__


def test_the_id_of_an_account_never_changes() -> None:
    assert str(Account("fund_sickness").id("EUR")) == "7614e1c4-6e93-5d48-ae68-1b5adee92204"
    assert Account("member_available", MEMBER).id("EUR") != Account("member_available", MEMBER).id(
        "USD"
    )


async def test_an_entry_carries_its_day_and_actor(as_: As) -> None:
    async with as_() as work:
        await commands.post(
            work, kind="test", text="x", occurred_on=date(2026, 2, 3),
            lines=[debit("bank_fees", euro(1)), credit("suspense", euro(1))],
        )  # fmt: skip
    async with as_() as work:
        found = await work.session.execute(
            text("SELECT occurred_on, recorded_at, actor FROM ledger_entry")
        )
        day, recorded, actor = found.one()
        assert (day, actor) == (date(2026, 2, 3), "job")
        assert recorded == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_database_knows_the_same_exceptions_to_the_floor() -> None:
    guards = (Path(commands.__file__).parent / "guards.sql").read_text(encoding="utf-8")
    listed = re.search(r"NOT IN \(([^)]*)\)\) AS floored", guards)
    assert listed is not None
    assert tuple(re.findall(r"'(\w+)'", listed[1])) == BELOW_FLOOR_KINDS
    for code in FLOORED:
        assert f"a.code = '{code}'" in guards

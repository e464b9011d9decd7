"""Statements, trial balance, and journals that other programs read and agree with."""

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from beancount import loader
from beancount.core import realization
from sqlalchemy import text

from guild.core.errors import BadRequest
from guild.core.money import Money
from guild.core.permissions import Role, member_actor
from guild.core.work import Work
from guild.ledger import commands, queries
from guild.ledger.chart import Account, credit, debit
from guild.ledger.errors import LedgerAccountNotFound
from tests.conftest import As

MEMBER = UUID("00000000-0000-7000-8000-00000000abcd")
OTHER = UUID("00000000-0000-7000-8000-00000000dcba")
CLIENT = UUID("f0000000-0000-7000-8000-000000000002")
TREASURER = member_actor(OTHER, frozenset({Role.MEMBER, Role.TREASURER}))
HERSELF = member_actor(MEMBER, frozenset({Role.MEMBER}))
STRANGER = member_actor(OTHER, frozenset({Role.MEMBER}))


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


async def earn(work: Work, minor: int, day: date, said: str = "Released") -> None:
    await commands.post(
        work,
        kind="payment_released",
        text=said,
        lines=[
            debit("member_pending", euro(minor), MEMBER),
            credit("fund_sickness", euro(minor // 10)),
            credit("member_available", euro(minor - minor // 10), MEMBER),
        ],
        occurred_on=day,
    )


async def a_year(work: Work) -> None:
    for month in range(1, 13):
        for day in (3, 17):
            await earn(work, 1_000 * month + day, date(2026, month, day))
    await earn(work, 5_000, date(2025, 12, 31), 'The "old" year; \\ | and\nits \tsigns')
    await commands.post(
        work,
        kind="invoice_issued",
        text="Dollars",
        lines=[
            debit("receivable", Money(700, "USD"), CLIENT),
            credit("member_pending", Money(700, "USD"), MEMBER),
        ],
        occurred_on=date(2026, 2, 2),
    )


async def test_a_statement_pages_with_exact_running_balances(as_: As) -> None:
    async with as_() as work:
        await a_year(work)
    async with as_(HERSELF) as work:
        whole = await queries.statement(
            work, "member_available", MEMBER, since=date(2026, 1, 1), limit=100
        )
        assert whole.opening == "45.00"
        assert len(whole.lines) == 24
        held = await queries.balance_of(work, Account("member_available", MEMBER))
        assert whole.closing == held.text
        cursor, lines, opening = None, [], whole.opening
        while True:
            page = await queries.statement(
                work, "member_available", MEMBER, since=date(2026, 1, 1), cursor=cursor, limit=7
            )
            assert page.opening == opening
            lines += page.lines
            opening, cursor = page.closing, page.next_cursor
            if cursor is None:
                break
        assert lines == whole.lines


async def test_a_statement_may_begin_and_end_within_a_month(as_: As) -> None:
    async with as_() as work:
        await a_year(work)
    async with as_(TREASURER) as work:
        part = await queries.statement(
            work, "member_available", MEMBER, since=date(2026, 1, 10), until=date(2026, 2, 10)
        )
        assert [line.occurred_on for line in part.lines] == [date(2026, 1, 17), date(2026, 2, 3)]
        assert Decimal(part.opening) == Decimal("45.00") + Decimal("9.03")
        assert part.closing == part.lines[-1].balance


async def test_others_accounts_are_as_absent_ones(as_: As) -> None:
    async with as_(STRANGER) as work:
        for code, owner in [
            ("member_available", MEMBER),
            ("vat_payable", None),
            ("no_such_account", None),
            ("member_available", None),
        ]:
            with pytest.raises(LedgerAccountNotFound):
                await queries.statement(work, code, owner)


async def test_a_made_up_cursor_is_refused(as_: As) -> None:
    async with as_(HERSELF) as work:
        with pytest.raises(BadRequest):
            await queries.statement(work, "member_available", MEMBER, cursor="bm9uc2Vuc2U=")


async def test_the_trial_balance_is_zero_in_each_currency(as_: As) -> None:
    async with as_() as work:
        await a_year(work)
    async with as_(TREASURER) as work:
        whole = await queries.trial_balance(work, date(2026, 12, 1))
        assert whole.balanced
        assert {line.currency for line in whole.lines} == {"EUR", "USD"}
        old = await queries.trial_balance(work, date(2025, 12, 1))
        assert {line.code: line.balance for line in old.lines} == {
            "member_pending": "-50.00",
            "member_available": "45.00",
            "fund_sickness": "5.00",
        }


async def _books(work: Work) -> dict[tuple[str, str], Decimal]:
    rows = await work.session.execute(
        text(
            "SELECT a.kind, a.code, a.owner, p.currency, sum(p.amount_minor) "
            "FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id "
            "GROUP BY 1, 2, 3, 4"
        )
    )
    roots = {"asset": "Assets", "liability": "Liabilities", "equity": "Equity"}
    found = {}
    for kind, code, owner, currency, minor in rows:
        name = f"{roots[kind]}:{code.replace('_', '-').capitalize()}"
        full = f"{name}:{str(owner).upper()}" if owner else name
        if minor:
            found[full, currency] = Decimal(int(minor)).scaleb(-2)
    return found


async def test_beancount_reads_the_journal_and_agrees(as_: As) -> None:
    async with as_() as work:
        await a_year(work)
    async with as_() as work:
        entries, errors, _ = loader.load_string(await queries.journal_beancount(work, 2026))
        assert errors == []
        root = realization.realize(entries)  # type: ignore[no-untyped-call]
        told = {
            (account.account, position.units.currency): position.units.number
            for account in realization.iter_children(root)  # type: ignore[no-untyped-call]
            for position in account.balance
        }
        assert told == await _books(work)


async def test_beancount_sees_a_forged_cent(as_: As) -> None:
    async with as_() as work:
        await a_year(work)
    async with as_() as work:
        journal = await queries.journal_beancount(work, 2026)
    forged = re.sub(r"  Equity:Fund-sickness  -1\.00 EUR", "  Equity:Fund-sickness  -1.01 EUR",
                    journal, count=1)  # fmt: skip
    assert forged != journal
    assert loader.load_string(forged)[1]


HLEDGER_LINE = re.compile(
    r"""(?x)
    ; | $ | decimal-mark\ \. $
    | account\ (?P<opened>[A-Z][\w:-]+) $
    | \d{4}-\d\d-\d\d\ (\([0-9a-f-]{36}\)\ )? [^;|]+ (\ \ ;\ kind:\w+)? $
    | [ ]{4}(?P<account>[A-Z][\w:-]+)[ ]{2}(?P<amount>-?\d+\.\d\d)\ (?P<currency>[A-Z]{3})
      (\ =\ (?P<asserted>-?\d+\.\d\d)\ [A-Z]{3})? $
    """
)


async def test_hledgers_syntax_and_its_assertions_hold(as_: As) -> None:
    async with as_() as work:
        await a_year(work)
    async with as_() as work:
        journal = await queries.journal_hledger(work, 2026)
        held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        opened, asserted = set(), 0
        for line in journal.splitlines():
            read = HLEDGER_LINE.match(line)
            assert read, line
            if read["opened"]:
                opened.add(read["opened"])
            if read["account"]:
                assert read["account"] in opened
                key = (read["account"], read["currency"])
                held[key] += Decimal(read["amount"])
                if read["asserted"]:
                    asserted += 1
                    assert held[key] == Decimal(read["asserted"])
        assert asserted == len(held)
        assert {key: value for key, value in held.items() if value} == await _books(work)


async def test_my_books_lists_what_is_mine(as_: As) -> None:
    async with as_() as work:
        await a_year(work)
    async with as_(HERSELF) as work:
        mine = await queries.my_books(work)
        assert {(line.code, line.currency) for line in mine.accounts} == {
            ("member_available", "EUR"),
            ("member_pending", "EUR"),
            ("member_pending", "USD"),
        }
    async with as_(STRANGER) as work:
        assert (await queries.my_books(work)).accounts == []

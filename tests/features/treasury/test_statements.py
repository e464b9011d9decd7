"""Importing statements: once, without gaps, of our account only, and in balance with the books."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Forbidden
from guild.core.permissions import Role
from guild.core.work import begin_work
from guild.ledger.chart import Account
from guild.ledger.models import LedgerEntry, LedgerPosting
from guild.ledger.queries import balance_of
from guild.treasury import commands, queries
from guild.treasury.errors import (
    EntryAlreadyBooked,
    ForeignStatement,
    StatementDoesNotAdd,
    StatementGap,
)
from guild.treasury.models import BankEntry
from tests.camt import Move, camt053
from tests.features.treasury.conftest import COOP_IBAN, OPENING, Desk

IN = Move(cents=121_000, reference="R1", name="Somebody bv", iban="BE68539007547034", text="hello")
FEE = Move(cents=-1_250, reference="R2", text="Account charges")


async def balances(desk: Desk) -> tuple[int, int]:
    """What the books hold at the bank and in suspense, in cents."""
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        bank = await balance_of(work, Account("bank", desk.account_id))
        suspense = await balance_of(work, Account("suspense"))
        return bank.minor, suspense.minor


async def count_entries(desk: Desk) -> int:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return await work.session.scalar(select(func.count()).select_from(BankEntry)) or 0


async def test_an_import_books_each_entry_between_bank_and_suspense(desk: Desk) -> None:
    came = await desk.bring_in(desk.statement(IN, FEE))
    assert (came.new_entries, came.suggested) == (2, 0)
    assert (came.statements[0].opening, came.statements[0].closing) == ("10000.00", "11197.50")
    assert await balances(desk) == (desk.at_bank, 119_750)
    assert await desk.wrong() == []


async def test_account_numbers_of_payers_are_sealed(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN))
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        row = await work.session.scalar(select(BankEntry))
        assert row is not None
        assert row.iban_sealed is not None
        assert b"539007547034" not in row.iban_sealed
        opened = work.keyring.open(row.iban_sealed, context=f"bank_entry.iban:{row.id}")
        assert opened == b"BE68539007547034"


async def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    file = desk.statement(IN, FEE)
    first = await desk.bring_in(file)
    again = await desk.bring_in(file)
    assert again.new_entries == 0
    assert again.statements == first.statements
    assert await count_entries(desk) == 2


async def test_the_same_statement_in_another_file_changes_nothing(desk: Desk) -> None:
    file = desk.statement(IN, FEE)
    first = await desk.bring_in(file)
    again = await desk.bring_in(file.replace(b"<MsgId>", b"<MsgId>copy-"))
    assert again.new_entries == 0
    assert again.statements == first.statements


async def test_statements_follow_each_other(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN))
    desk.day += timedelta(days=1)
    await desk.bring_in(desk.statement(FEE))
    assert await balances(desk) == (OPENING + 121_000 - 1_250, 119_750)
    assert await desk.wrong() == []


async def test_a_gap_is_refused(desk: Desk) -> None:
    desk.statement(IN)  # lost in the mail
    with pytest.raises(StatementGap, match=r"10000\.00 EUR"):
        await desk.bring_in(desk.statement(FEE))
    assert await count_entries(desk) == 0


async def test_an_older_statement_that_happens_to_fit_is_refused(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN, Move(cents=-121_000, reference="R9")))
    desk.day -= timedelta(days=3)
    with pytest.raises(StatementGap):
        await desk.bring_in(desk.statement(FEE))


async def test_another_accounts_statement_is_refused(desk: Desk) -> None:
    foreign = camt053(
        iban="BE68539007547034", number=1, opening_cents=OPENING, moves=[IN], day=desk.day
    )
    with pytest.raises(ForeignStatement):
        await desk.bring_in(foreign)


async def test_an_edited_amount_is_refused(desk: Desk) -> None:
    with pytest.raises(StatementDoesNotAdd):
        await desk.bring_in(desk.statement(IN).replace(b">1210.00<", b">2210.00<", 1))
    assert await count_entries(desk) == 0


async def test_an_entry_booked_before_is_refused_by_name(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN))
    desk.day += timedelta(days=1)
    with pytest.raises(EntryAlreadyBooked, match="R1"):
        await desk.bring_in(desk.statement(IN, FEE))


async def test_two_statements_in_one_file_are_both_booked(desk: Desk) -> None:
    first = desk.statement(IN).decode()
    second = desk.statement(FEE).decode()
    inner = second[second.index("<Stmt>") : second.index("</BkToCstmrStmt>")]
    came = await desk.bring_in(
        first.replace("</BkToCstmrStmt>", inner + "</BkToCstmrStmt>").encode()
    )
    assert came.new_entries == 2
    assert len(came.statements) == 2
    assert await desk.wrong() == []


async def test_only_a_treasurer_imports(desk: Desk) -> None:
    member = await desk.make.member()
    rep = await desk.make.member(roles=[Role.REP])
    for stranger in (member, rep):
        async with begin_work(desk.system, desk.make.actor(stranger)) as work:
            with pytest.raises(Forbidden):
                await commands.import_statements(work, desk.statement(IN))


async def test_what_the_bank_reported_cannot_be_changed(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN))
    for attack in (
        "UPDATE bank_entry SET amount_minor = 1",
        "DELETE FROM bank_entry",
        "UPDATE bank_statement SET closing_minor = 1",
        "DELETE FROM bank_statement",
        "DELETE FROM bank_statement_file",
    ):
        with pytest.raises(DBAPIError):
            async with begin_work(desk.system, desk.treasurer()) as work:
                await work.session.execute(text(attack))


async def test_the_database_refuses_a_statement_that_does_not_follow(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN))
    forged = """
        INSERT INTO bank_statement SELECT gen_random_uuid(), account_id, id, file_sha256, 99,
            bank_reference, number, 5, 5, currency, from_on, to_on, 0, 0, imported_by, imported_at
        FROM bank_statement
    """
    with pytest.raises(DBAPIError, match="does not follow"):
        async with begin_work(desk.system, desk.treasurer()) as work:
            await work.session.execute(text(forged))


async def test_reconciliation_shows_books_and_bank(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN, FEE))
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        seen = await queries.reconciliation(work, desk.account_id)
    assert (seen.statement_balance, seen.ledger_balance, seen.difference) == (
        "11197.50",
        "11197.50",
        "0.00",
    )
    assert (seen.in_suspense, seen.entries_to_explain) == ("1197.50", 2)


async def test_the_invariants_notice_a_forged_balance(desk: Desk) -> None:
    await desk.bring_in(desk.statement(IN))
    async with begin_work(desk.system, desk.treasurer()) as work:
        await work.session.execute(text("UPDATE coop_bank_account SET balance_minor = 7"))
    told = await desk.wrong()
    assert any(COOP_IBAN in one for one in told)


async def test_the_same_file_sixteen_times_at_once_is_booked_once(real_desk: Desk) -> None:
    file = real_desk.statement(IN, FEE)
    answers = await asyncio.gather(*(real_desk.bring_in(file, n % 3) for n in range(16)))
    assert sorted(answer.new_entries for answer in answers) == [0] * 15 + [2]
    assert len({answer.statements[0].id for answer in answers}) == 1
    assert await count_entries(real_desk) == 2
    assert (await balances(real_desk))[0] == real_desk.at_bank
    assert await real_desk.wrong() == []


async def test_two_statements_at_once_never_both_follow_the_same_one(real_desk: Desk) -> None:
    def rival(number: int) -> bytes:
        move = Move(cents=100 + number, reference=f"N{number}")
        return camt053(
            iban=COOP_IBAN, number=number, opening_cents=OPENING, moves=[move], day=real_desk.day
        )

    answers = await asyncio.gather(
        *(real_desk.bring_in(rival(n)) for n in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, StatementGap) for answer in answers) == 7
    assert await real_desk.wrong() == []


async def test_the_books_hold_a_day_of_the_bank_without_the_names_of_payers(desk: Desk) -> None:
    moves = [
        Move(cents=cents, reference=f"N{cents}", name="Somebody Private", text="Rent for June")
        for cents in (100, 250, -40)
    ]
    await desk.bring_in(desk.statement(*moves))
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        rows = await work.session.execute(
            select(LedgerEntry.text, LedgerEntry.occurred_on, LedgerPosting.amount_minor)
            .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
            .where(LedgerEntry.kind == "bank_statement")
            .order_by(LedgerPosting.position)
        )
        booked = rows.all()
    assert [row.amount_minor for row in booked] == [350, -40, -350, 40]
    assert {row.occurred_on for row in booked} == {desk.day}
    assert not any("Private" in row.text or "Rent" in row.text for row in booked)
    assert await desk.wrong() == []

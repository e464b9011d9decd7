"""Levy, guarantee and advance through contracts, invoices and payments, to the cent."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from guild.contracts import commands as contracts
from guild.contracts.models import Contract
from guild.contracts.schemas import MilestoneIn, SendIn
from guild.core.errors import Invalid
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.invoicing import commands as invoicing
from guild.ledger import queries as books
from guild.ledger.chart import POTS, Account
from guild.ledger.errors import BelowZero
from guild.members.errors import OrganisationNotFound
from guild.mutual_fund import commands, jobs, queries
from guild.mutual_fund.errors import LevyNotFound
from guild.mutual_fund.models import Advance, GuaranteeReservation, LeviedInvoice
from guild.mutual_fund.schemas import QuoteIn
from guild.translog.verify import Wrong, check_fund
from tests.conftest import NOON, As, Clock
from tests.factories import Factories
from tests.features.mutual_fund.court import endow
from tests.golden.statements_counted import counted

NET = 40_000
GROSS = 48_400
SPLIT = {
    "fund_guarantee": 650,
    "fund_sickness": 910,
    "fund_solidarity": 260,
    "fund_operations": 780,
}
LEVY = 2_600


class Trade:
    """A member with a signed contract of 1,000.00 EUR, its first milestone invoiced (400.00)."""

    def __init__(self, system: System) -> None:
        self.system, self.make = system, Factories(system)

    async def open(self, endowed: int = 1_000_000, **fields: Any) -> "Trade":
        if endowed:
            async with begin_work(self.system, SYSTEM) as work:
                await endow(work, "fund_guarantee", endowed)
        self.endowed = endowed
        self.member = await self.make.member()
        client = await self.make.organisation(
            self.member, **{"vat_number": "BE0403019261", **fields}
        )
        self.contract = await self.make.signed_contract(self.member, client)
        self.invoice_id = await self.invoice()
        return self

    async def invoice(self, position: int = 1) -> InvoiceId:
        accepted = await self.make.accept(self.contract, self.member, position)
        async with begin_work(self.system, self.make.actor(self.member)) as work:
            drafted = await invoicing.draft_invoice_from_milestones(
                work, self.contract.id, [accepted.id]
            )
            await invoicing.issue_invoice(work, drafted)
        return drafted

    async def pay(self, minor: int) -> None:
        async with begin_work(self.system, SYSTEM) as work:
            await invoicing.record_payment(
                work,
                self.invoice_id,
                Money(minor, "EUR"),
                source=Account("suspense"),
                received_on=work.today,
            )

    async def credit(self, net_minor: int | None = None) -> None:
        net = None if net_minor is None else Money(net_minor, "EUR")
        async with begin_work(self.system, self.make.actor(self.member)) as work:
            await invoicing.credit_invoice(work, self.invoice_id, "Agreed with the client", net=net)

    async def advance(self) -> tuple[bool, int, str]:
        async with begin_work(self.system, SYSTEM) as work:
            answer = await commands.pay_advance(work, self.invoice_id)
            return answer.guaranteed, answer.up_to_minor, answer.reasons[0]

    async def run_due(self) -> None:
        async with begin_work(self.system, SYSTEM) as work:
            due = await queries.due_advances(work)
        for invoice_id in due:
            async with begin_work(self.system, SYSTEM) as work:
                await jobs.pay_advance(work, invoice_id=invoice_id)

    async def holds(self, code: str, owner: object = None) -> int:
        async with begin_work(self.system, SYSTEM) as work:
            return (await books.balance_of(work, Account(code, owner))).minor  # type: ignore[arg-type]

    async def member_holds(self) -> tuple[int, int]:
        return (
            await self.holds("member_pending", self.member.id),
            await self.holds("member_available", self.member.id),
        )

    async def pots(self) -> dict[str, int]:
        held = {pot: await self.holds(pot) for pot in POTS}
        return {**held, "fund_guarantee": held["fund_guarantee"] - self.endowed}

    async def sound(self) -> None:
        async with begin_work(self.system, SYSTEM) as work:
            for invariant in (*queries.INVARIANTS, *books.INVARIANTS):
                assert await invariant(work.session) == [], invariant.__name__


@pytest.fixture
async def trade(system: System) -> Trade:
    return await Trade(system).open()


async def test_a_payment_posts_the_levy_in_its_own_transaction(trade: Trade) -> None:
    assert await trade.member_holds() == (NET, 0)
    await trade.pay(GROSS)
    assert await trade.member_holds() == (0, NET - LEVY)
    assert await trade.pots() == SPLIT
    await trade.sound()


async def test_payments_in_parts_levy_what_one_payment_would(trade: Trade) -> None:
    for part in (1, 9_999, 12_345, 7, GROSS - 1 - 9_999 - 12_345 - 7):
        await trade.pay(part)
        await trade.sound()
    assert await trade.member_holds() == (0, NET - LEVY)
    assert await trade.pots() == SPLIT


async def test_two_payments_of_one_import_see_each_other(trade: Trade) -> None:
    async with begin_work(trade.system, SYSTEM) as work:
        for part in (GROSS // 3, GROSS - GROSS // 3):
            await invoicing.record_payment(
                work,
                trade.invoice_id,
                Money(part, "EUR"),
                source=Account("suspense"),
                received_on=work.today,
            )
    assert await trade.pots() == SPLIT
    await trade.sound()


async def test_a_credit_note_after_payment_takes_everything_back(trade: Trade) -> None:
    await trade.pay(GROSS)
    await trade.credit()
    assert await trade.member_holds() == (0, 0)
    assert await trade.pots() == dict.fromkeys(POTS, 0)
    await trade.sound()


async def test_a_credit_note_for_a_part_leaves_the_levy_of_the_rest(trade: Trade) -> None:
    await trade.pay(GROSS)
    await trade.credit(net_minor=10_000)
    pending, available = await trade.member_holds()
    assert (pending, available) == (0, 30_000 - 1_950)
    assert sum((await trade.pots()).values()) == 1_950
    await trade.sound()


async def test_a_credit_note_before_payment_touches_no_pot(trade: Trade) -> None:
    await trade.credit()
    assert await trade.member_holds() == (0, 0)
    assert await trade.pots() == dict.fromkeys(POTS, 0)
    await trade.sound()


async def test_the_fund_pays_on_the_seventh_working_day_and_once(
    trade: Trade, clock: Clock
) -> None:
    # Issued on Monday 23 November 2026; the seventh working day is Wednesday 2 December.
    clock.set(NOON + timedelta(days=8))
    assert (await trade.advance())[2] == "The advance is due on 2026-12-02."
    await trade.run_due()
    assert (await trade.member_holds())[1] == 0
    clock.set(NOON + timedelta(days=9))
    await trade.run_due()
    assert await trade.member_holds() == (NET, NET - LEVY)
    assert await trade.holds("guarantee_advance", trade.invoice_id) == NET - LEVY
    assert await trade.advance() == (False, 0, "The advance was paid already.")
    await trade.run_due()
    assert await trade.member_holds() == (NET, NET - LEVY)
    await trade.sound()


async def test_the_clients_money_repays_the_advance_and_the_levy_is_due(
    trade: Trade, clock: Clock
) -> None:
    clock.advance(days=9)
    await trade.run_due()
    await trade.pay(GROSS // 2)
    assert await trade.member_holds() == (NET // 2, NET - LEVY)
    assert await trade.holds("guarantee_advance", trade.invoice_id) == (NET - LEVY) // 2
    await trade.sound()
    await trade.pay(GROSS - GROSS // 2)
    assert await trade.member_holds() == (0, NET - LEVY)
    assert await trade.holds("guarantee_advance", trade.invoice_id) == 0
    assert await trade.pots() == SPLIT
    await trade.sound()


async def test_what_a_credit_note_takes_off_an_advance_comes_back_to_the_fund(
    trade: Trade, clock: Clock
) -> None:
    clock.advance(days=9)
    await trade.run_due()
    await trade.credit(net_minor=10_000)
    assert await trade.holds("guarantee_advance", trade.invoice_id) == 30_000 - 1_950
    assert await trade.member_holds() == (30_000, 30_000 - 1_950)
    await trade.sound()


async def test_a_paid_invoice_gets_no_advance(trade: Trade, clock: Clock) -> None:
    await trade.pay(GROSS)
    clock.advance(days=9)
    async with begin_work(trade.system, SYSTEM) as work:
        assert await queries.due_advances(work) == []
    assert await trade.advance() == (False, 0, "The invoice is paid or credited.")


async def test_a_held_advance_waits_until_it_is_resumed(trade: Trade, clock: Clock) -> None:
    clock.advance(days=9)
    async with begin_work(trade.system, SYSTEM) as work:
        await commands.hold_advance(work, trade.invoice_id, "The client disputes the work.")
    await trade.run_due()
    paid, _, reason = await trade.advance()
    assert not paid
    assert "disputes" in reason
    async with begin_work(trade.system, SYSTEM) as work:
        await commands.resume_advance(work, trade.invoice_id)
    await trade.run_due()
    assert (await trade.member_holds())[1] == NET - LEVY


async def test_a_client_outside_the_zone_is_not_guaranteed(system: System) -> None:
    make = Factories(system)
    async with begin_work(system, SYSTEM) as work:
        await endow(work, "fund_guarantee", 10**6)
    member = await make.member()
    client = await make.organisation(member, country="CH")
    sent = await make.sent_contract(member, client)
    async with begin_work(system, SYSTEM) as work:
        contract = await work.session.get_one(Contract, sent.id, populate_existing=True)
        assert not contract.guaranteed
        assert "outside the zone" in contract.guarantee_reasons[0]


async def test_the_guarantee_is_reserved_by_the_signature_and_stored_with_the_offer(
    trade: Trade,
) -> None:
    async with begin_work(trade.system, SYSTEM) as work:
        contract = await work.session.get_one(Contract, trade.contract.id, populate_existing=True)
        assert contract.guaranteed
        row = await work.session.get_one(GuaranteeReservation, trade.contract.id)
        assert (row.state, row.up_to_minor, row.charter_version) == ("reserved", 100_000, 1)
        fund = await queries.fund_overview(work)
        assert fund.exposure == "1000.00"
    await trade.pay(GROSS)
    async with begin_work(trade.system, SYSTEM) as work:
        assert (await queries.fund_overview(work)).exposure == "600.00"


async def test_an_empty_fund_promises_and_advances_nothing(system: System, clock: Clock) -> None:
    trade = await Trade(system).open(endowed=0)
    async with begin_work(system, SYSTEM) as work:
        row = await work.session.get_one(GuaranteeReservation, trade.contract.id)
        assert row.state == "refused"
        assert "reserve floor" in row.reasons[0]
    clock.advance(days=9)
    paid, _, reason = await trade.advance()
    assert not paid
    assert "not guaranteed" in reason


async def test_a_member_asks_before_she_offers(trade: Trade) -> None:
    client = await trade.make.organisation(trade.member)
    async with begin_work(trade.system, trade.make.actor(trade.member)) as work:
        quote = await commands.give_quote(
            work, QuoteIn(client_id=client.id, amount="2500.00", completed_on=date(2026, 11, 30))
        )
        assert (quote.guaranteed, quote.up_to) == (True, "2500.00")
        assert quote.pays_by == date(2026, 12, 9)
    stranger = await trade.make.member()
    with pytest.raises(OrganisationNotFound):
        async with begin_work(trade.system, trade.make.actor(stranger)) as work:
            await commands.give_quote(work, QuoteIn(client_id=client.id, amount="2500.00"))


async def test_a_declined_offer_frees_its_room(system: System, clock: Clock) -> None:
    trade = await Trade(system).open()
    second = await trade.make.sent_contract(trade.member)
    async with begin_work(system, SYSTEM) as work:
        standing = await queries.standing_for(work, trade.member.id, "", "EUR")
        assert standing.member_exposure_minor == 200_000
        await commands.release_guarantee(work, second.id)
        await work.session.flush()
        standing = await queries.standing_for(work, trade.member.id, "", "EUR")
        assert standing.member_exposure_minor == 100_000


async def test_the_journal_of_the_fund_names_no_one_and_adds_up(
    trade: Trade, tmp_path: Path
) -> None:
    await trade.pay(GROSS)
    async with begin_work(trade.system, SYSTEM) as work:
        rows = await queries.fund_journal(work)
        overview = await queries.fund_overview(work)
        files = await queries.public_export(work)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert "4 pots equal their 5 entries" in check_fund(tmp_path)
    (tmp_path / "fund.json").write_bytes(files["fund.json"].replace(b"1000650", b"1000651"))
    with pytest.raises(Wrong):
        check_fund(tmp_path)
    held: dict[str, int] = {}
    for row in rows:
        held[row.account] = held.get(row.account, 0) + row.amount_minor
    assert {pot.code: Money.parse(pot.holds, "EUR").minor for pot in overview.pots} == held
    assert str(trade.member.id) not in repr(rows)
    assert set(held) <= set(POTS)


async def test_what_the_fund_does_not_know_is_refused(as_: As) -> None:
    async with as_() as work:
        with pytest.raises(LevyNotFound):
            await commands.hold_advance(work, InvoiceId(UUID(int=1)), "x")


async def test_limits_hold_when_many_offers_come_at_once(committing: System) -> None:
    make = Factories(committing)
    async with begin_work(committing, SYSTEM) as work:
        await endow(work, "fund_guarantee", 10**9)
    member = await make.member()
    client = await make.organisation(member)
    drafts = [
        await make.contract(
            member,
            client,
            milestones=[MilestoneIn(title="All", net="3000.00", due_on=date(2026, 12, 18))],
        )
        for _ in range(6)
    ]

    async def offer(contract: Contract) -> None:
        said = SendIn(typed_name=member.legal_name, consent=True, version=1)
        async with begin_work(committing, make.actor(member)) as work:
            await contracts.send_contract(work, contract.id, said)

    await asyncio.gather(*(offer(contract) for contract in drafts))
    async with begin_work(committing, SYSTEM) as work:
        promised = await work.session.scalars(
            select(GuaranteeReservation.up_to_minor).where(GuaranteeReservation.state == "held")
        )
        # The charter's limit for one member is 10,000.00.
        assert sorted(promised) == [100_000, 300_000, 300_000, 300_000]


async def test_one_advance_is_paid_by_many_workers(committing: System, clock: Clock) -> None:
    trade = await Trade(committing).open()
    clock.advance(days=9)
    answers = await asyncio.gather(*(trade.advance() for _ in range(8)))
    assert sum(paid for paid, _, _ in answers) == 1
    async with begin_work(committing, SYSTEM) as work:
        advances = (await work.session.scalars(select(Advance))).all()
        assert [advance.amount_minor for advance in advances] == [NET - LEVY]
    await trade.sound()


async def test_the_row_of_an_invoice_tells_the_terms_of_its_day(trade: Trade) -> None:
    async with begin_work(trade.system, SYSTEM) as work:
        row = await work.session.get_one(LeviedInvoice, (trade.invoice_id, trade.member.id))
        assert (row.rate_bps, row.charter_version, row.guaranteed) == (650, 1, True)
        assert sum(row.pots.values()) == 10_000
        assert row.advance_on == date(2026, 12, 2)
        count = await work.session.scalar(text("SELECT count(*) FROM levied_invoice"))
        assert count == 1


@pytest.mark.parametrize(
    ("waited", "paid_on"),
    [(0, date(2026, 12, 2)), (4, date(2026, 12, 2)), (30, date(2026, 12, 23))],
)
async def test_the_working_days_run_from_the_acceptance(
    system: System, clock: Clock, waited: int, paid_on: date
) -> None:
    """Invoiced late, paid no later; and never before there is an invoice."""
    trade = await Trade(system).open()
    accepted = await trade.make.accept(trade.contract, trade.member, 2)
    clock.advance(days=waited)
    async with begin_work(system, trade.make.actor(trade.member)) as work:
        drafted = await invoicing.draft_invoice_from_milestones(
            work, trade.contract.id, [accepted.id]
        )
        await invoicing.issue_invoice(work, drafted)
    async with begin_work(system, SYSTEM) as work:
        row = await work.session.get_one(LeviedInvoice, (drafted, trade.member.id))
        assert row.advance_on == paid_on


async def test_the_latest_of_the_milestones_counts(system: System, clock: Clock) -> None:
    trade = await Trade(system).open()
    clock.advance(days=2)
    later = await trade.make.accept(trade.contract, trade.member, 2)
    clock.advance(days=7)
    async with begin_work(system, trade.make.actor(trade.member)) as work:
        drafted = await invoicing.draft_invoice_from_milestones(work, trade.contract.id, [later.id])
        await invoicing.issue_invoice(work, drafted)
    async with begin_work(system, SYSTEM) as work:
        row = await work.session.get_one(LeviedInvoice, (drafted, trade.member.id))
        assert row.issued_on == date(2026, 12, 2)
        assert row.advance_on == date(2026, 12, 4)


async def test_no_pot_is_filled_from_nothing(as_: As) -> None:
    async with as_() as work:
        with pytest.raises(BelowZero):
            await commands.endow_pot(work, "fund_sickness", Money(1, "EUR"), "A wish")
        with pytest.raises(Invalid):
            await commands.endow_pot(work, "bank_fees", Money(1, "EUR"), "A wish")


async def test_the_fund_adds_one_read_to_a_payment(trade: Trade) -> None:
    with counted(trade.system.engine) as said:
        await trade.pay(GROSS)
    reads = [each for each in said if "FROM levied_invoice" in each]
    assert len(reads) == 1
    assert "FOR UPDATE" in reads[0]

"""An advance that covered a part first and more later: once, and never twice."""

import pytest
from sqlalchemy import select

from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from guild.invoicing import commands as invoicing
from guild.invoicing.models import Payment
from guild.ledger.chart import Account
from guild.members.models import Member
from guild.mutual_fund import commands, queries
from guild.mutual_fund.models import GuaranteeReservation, LeviedInvoice
from guild.receivables import commands as receivables
from guild.receivables.schemas import ObjectionIn, WriteOffIn
from tests.conftest import Clock
from tests.features.mutual_fund.test_money import GROSS, LEVY, NET, Trade
from tests.features.receivables.scene import client_by_link


@pytest.fixture
async def trade(system: System) -> Trade:
    return await Trade(system).open()


async def object_to(trade: Trade, amount: str) -> object:
    async with await client_by_link(trade, trade.invoice_id) as work:
        said = ObjectionIn(reason_code="defective", text="Not as agreed", amount=amount)
        return await receivables.object_to(work, trade.invoice_id, said)


async def withdraw(trade: Trade, objection_id: object) -> None:
    async with await client_by_link(trade, trade.invoice_id) as work:
        await receivables.rule_on(work, objection_id, "withdraw")  # type: ignore[arg-type]


async def out(trade: Trade) -> int:
    return await trade.holds("guarantee_advance", trade.invoice_id)


async def levied(trade: Trade) -> LeviedInvoice:
    async with begin_work(trade.system, SYSTEM) as work:
        found: LeviedInvoice = await work.session.get_one(
            LeviedInvoice, (trade.invoice_id, trade.member.id), populate_existing=True
        )
    return found


async def test_an_objection_that_ends_is_advanced_after_all(trade: Trade, clock: Clock) -> None:
    objection = await object_to(trade, "242.00")
    clock.advance(days=9)
    await trade.run_due()
    first = await out(trade)
    assert 0 < first < NET - LEVY
    await trade.run_due()
    assert await out(trade) == first
    await withdraw(trade, objection)
    await trade.run_due()
    assert await out(trade) == NET - LEVY
    assert await trade.member_holds() == (NET, NET - LEVY)
    assert await trade.advance() == (False, 0, "The advance was paid already.")
    async with begin_work(trade.system, SYSTEM) as work:
        assert await queries.due_advances(work) == []
    await trade.sound()


async def test_what_the_client_has_paid_meanwhile_is_not_advanced(
    trade: Trade, clock: Clock
) -> None:
    objection = await object_to(trade, "242.00")
    clock.advance(days=9)
    await trade.run_due()
    first = await out(trade)
    await trade.pay(GROSS // 2)
    await withdraw(trade, objection)
    await trade.run_due()
    assert await out(trade) == (NET - LEVY) // 2
    _, available = await trade.member_holds()
    assert available == NET - LEVY
    assert first - (NET - LEVY) // 2 < await out(trade)
    await trade.pay(GROSS - GROSS // 2)
    assert (await out(trade), (await trade.member_holds())) == (0, (0, NET - LEVY))
    await trade.sound()


async def test_a_payment_that_the_bank_takes_back_is_advanced(trade: Trade, clock: Clock) -> None:
    await trade.pay(GROSS // 2)
    clock.advance(days=9)
    await trade.run_due()
    assert await out(trade) == (NET - LEVY) // 2
    async with begin_work(trade.system, SYSTEM) as work:
        payment = await work.session.scalar(select(Payment))
        assert payment is not None
        await invoicing.reverse_payment(
            work, payment.id, to=Account("suspense"), cause="returned", reason="MD06",
            on=work.today,
        )  # fmt: skip
    assert (await trade.member_holds())[1] == (NET - LEVY) // 2
    await trade.run_due()
    assert (await out(trade), (await trade.member_holds())[1]) == (NET - LEVY, NET - LEVY)
    await trade.sound()


async def test_what_is_given_up_is_not_advanced_until_that_is_taken_back(
    trade: Trade, clock: Clock
) -> None:
    one = await trade.make.member(roles=[Role.TREASURER])
    two = await trade.make.member(roles=[Role.TREASURER])
    made = await _give_up(trade, "121.00", one, two)
    clock.advance(days=9)
    await trade.run_due()
    assert await out(trade) == 30_000 - 1_950
    async with begin_work(trade.system, trade.make.actor(one)) as work:
        await receivables.reinstate(work, made)  # type: ignore[arg-type]
    await trade.run_due()
    assert await out(trade) == NET - LEVY
    await trade.sound()


async def _give_up(trade: Trade, amount: str, one: Member, two: Member) -> object:
    wanted = WriteOffIn(reason_code="settlement", reason="Agreed", amount=amount)
    async with begin_work(trade.system, trade.make.actor(one)) as work:
        made = await receivables.ask_write_off(work, trade.invoice_id, wanted)
    async with begin_work(trade.system, trade.make.actor(two)) as work:
        await receivables.decide_write_off(work, made, approve=True)
    return made


async def test_after_the_fund_gave_its_advance_up_nothing_is_added(
    trade: Trade, clock: Clock
) -> None:
    one = await trade.make.member(roles=[Role.TREASURER])
    two = await trade.make.member(roles=[Role.TREASURER])
    objection = await object_to(trade, "242.00")
    clock.advance(days=9)
    await trade.run_due()
    async with begin_work(trade.system, trade.make.actor(one)) as work:
        await commands.ask_write_off(work, trade.invoice_id, "The client is bankrupt")
    async with begin_work(trade.system, trade.make.actor(two)) as work:
        await commands.confirm_write_off(work, trade.invoice_id)
    await withdraw(trade, objection)
    assert (await trade.advance())[2] == "The fund has given up its advance on this invoice."
    assert await out(trade) == 0
    await trade.sound()


async def test_the_promise_of_the_contract_binds_all_its_advances(system: System) -> None:
    clock = system.clock
    trade = await Trade(system).open()
    async with begin_work(system, SYSTEM) as work:
        promise = await work.session.get_one(GuaranteeReservation, trade.contract.id)
        promise.up_to_minor = 40_000
    second = await trade.invoice(2)
    hers = (second, trade.member.id)
    clock.advance(days=9)  # type: ignore[attr-defined]
    await trade.run_due()
    async with begin_work(system, SYSTEM) as work:
        assert await queries.advances_out(work, trade.contract.id) == 40_000
        short = await work.session.get_one(LeviedInvoice, hers, populate_existing=True)
        assert short.top_up
    await trade.pay(GROSS)
    await trade.run_due()
    async with begin_work(system, SYSTEM) as work:
        short = await work.session.get_one(LeviedInvoice, hers, populate_existing=True)
        whole = 60_000 - 3_900
        assert short.advanced_minor == min(whole, 40_000)
    await trade.sound()

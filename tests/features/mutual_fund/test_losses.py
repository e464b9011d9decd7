"""An advance that no client repays: the fund bears it, two persons decide, late money returns."""

import pytest

from guild.core.errors import Conflict
from guild.core.permissions import Role
from guild.core.work import System, begin_work
from guild.members.models import Member
from guild.mutual_fund import commands
from guild.mutual_fund.errors import NothingToWriteOff, SecondPersonNeeded
from tests.conftest import Clock
from tests.features.mutual_fund.test_money import GROSS, LEVY, NET, SPLIT, Trade


@pytest.fixture
async def trade(system: System) -> Trade:
    return await Trade(system).open()


async def ask(trade: Trade, by: Member) -> None:
    async with begin_work(trade.system, trade.make.actor(by)) as work:
        await commands.ask_write_off(work, trade.invoice_id, "The client is bankrupt")


async def confirm(trade: Trade, by: Member) -> None:
    async with begin_work(trade.system, trade.make.actor(by)) as work:
        await commands.confirm_write_off(work, trade.invoice_id)


async def test_two_persons_give_up_an_advance_and_the_member_keeps_it(
    trade: Trade, clock: Clock
) -> None:
    one = await trade.make.member(roles=[Role.TREASURER])
    two = await trade.make.member(roles=[Role.TREASURER])
    with pytest.raises(NothingToWriteOff):
        await ask(trade, one)
    clock.advance(days=9)
    await trade.run_due()
    with pytest.raises(NothingToWriteOff):
        await confirm(trade, two)
    await ask(trade, one)
    with pytest.raises(SecondPersonNeeded):
        await confirm(trade, one)
    await confirm(trade, two)
    with pytest.raises(Conflict):
        await confirm(trade, two)
    assert await trade.holds("guarantee_advance", trade.invoice_id) == 0
    assert (await trade.pots())["fund_guarantee"] == -(NET - LEVY)
    assert await trade.member_holds() == (NET, NET - LEVY)
    await trade.sound()


async def test_what_the_client_pays_after_all_is_the_funds_up_to_the_loss(
    trade: Trade, clock: Clock
) -> None:
    one = await trade.make.member(roles=[Role.TREASURER])
    two = await trade.make.member(roles=[Role.TREASURER])
    clock.advance(days=9)
    await trade.run_due()
    await trade.pay(GROSS // 4)
    await ask(trade, one)
    await confirm(trade, two)
    await trade.pay(GROSS - GROSS // 4)
    assert await trade.pots() == SPLIT
    assert await trade.member_holds() == (0, NET - LEVY)
    await trade.sound()

"""Credit notes as the fund sees them: nothing is promised or advanced on what was taken back."""

import pytest

from guild.core.ids import InvoiceId, new_id
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.invoicing.events import InvoiceCredited
from guild.members.rules.clients import client_key
from guild.mutual_fund import commands, queries
from guild.mutual_fund.errors import OwnCase
from tests.conftest import Clock
from tests.features.mutual_fund.test_money import GROSS, NET, Trade


@pytest.fixture
async def trade(system: System) -> Trade:
    return await Trade(system).open()


async def exposure(trade: Trade) -> tuple[int, str]:
    async with begin_work(trade.system, SYSTEM) as work:
        standing = await queries.standing_for(work, trade.member.id, "", "EUR")
        return standing.member_exposure_minor, (await queries.fund_overview(work)).exposure


async def test_what_was_credited_uses_up_no_limit(trade: Trade) -> None:
    assert await exposure(trade) == (100_000, "1000.00")
    await trade.credit(net_minor=10_000)
    assert await exposure(trade) == (90_000, "900.00")
    await trade.pay(GROSS - 12_100)
    await trade.credit()
    assert await exposure(trade) == (60_000, "600.00")
    await trade.sound()


async def test_an_invoice_that_a_credit_note_settles_gets_no_advance_of_the_odd_cent(
    trade: Trade, clock: Clock
) -> None:
    # VAT is rounded, so the note that closes an invoice may take a cent of net less than waits.
    async with begin_work(trade.system, SYSTEM) as work:
        await work.emit(
            InvoiceCredited(
                credit_note_id=InvoiceId(new_id()),
                invoice_id=trade.invoice_id,
                member_id=trade.member.id,
                client_id=trade.contract.client_id,
                net_minor=NET - 1,
                vat_minor=GROSS - NET,
                total_minor=GROSS - 1,
                pending_net_minor=NET - 1,
                released_net_minor=0,
                settled=True,
                currency="EUR",
            )
        )
    clock.advance(days=9)
    assert await trade.advance() == (False, 0, "The invoice is paid or credited.")


async def test_part_payments_notes_and_an_advance_in_any_order_lose_no_cent(
    trade: Trade, clock: Clock
) -> None:
    await trade.pay(10_001)
    clock.advance(days=9)
    await trade.run_due()
    await trade.credit(net_minor=7_777)
    await trade.sound()
    await trade.pay(3_333)
    await trade.credit(net_minor=1)
    await trade.sound()
    await trade.credit()
    await trade.sound()
    assert await trade.member_holds() == (0, 0)
    assert await trade.holds("guarantee_advance", trade.invoice_id) == 0
    assert sum((await trade.pots()).values()) == 0
    assert await trade.holds("client_credit", trade.contract.client_id) == 13_334
    assert await trade.holds("receivable", trade.contract.client_id) == 0


async def test_nobody_holds_or_resumes_her_own_advance(trade: Trade) -> None:
    for act in (
        lambda work: commands.hold_advance(work, trade.invoice_id, "x"),
        lambda work: commands.resume_advance(work, trade.invoice_id),
    ):
        with pytest.raises(OwnCase):
            async with begin_work(trade.system, trade.make.actor(trade.member)) as work:
                await act(work)


async def test_a_client_entered_by_either_of_its_numbers_is_one_client(trade: Trade) -> None:
    by_vat = await trade.make.organisation(await trade.make.member(), vat_number="BE0403019261")
    by_number = await trade.make.organisation(
        await trade.make.member(), vat_number=None, enterprise_number="0403019261"
    )
    unknown = await trade.make.organisation(
        await trade.make.member(), vat_number=None, enterprise_number=None
    )
    assert client_key(by_vat) == client_key(by_number)
    assert client_key(unknown) == str(unknown.id)

"""Where money out meets its neighbours: refunds, suppliers, disputes, undone matches."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from guild.core.ids import BankEntryId, OrganisationId, RefundId, SupplierInvoiceId
from guild.core.outbox import drain
from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from guild.exchange import commands as exchange
from guild.exchange import queries as costs
from guild.exchange.models import SupplierInvoice
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account
from guild.ledger.errors import BelowZero
from guild.ledger.queries import balance_of
from guild.receivables import commands as receivables
from guild.receivables import queries as owed
from guild.receivables.commands.credit import free_credit
from guild.receivables.models import ClientRefund
from guild.receivables.schemas import ObjectionIn
from guild.treasury import commands, queries
from guild.treasury.errors import NothingToCollect, NotOrderable
from guild.treasury.models import Payout
from guild.treasury.rules.mandates import lapsed
from guild.treasury.schemas import DecideUndoIn, PayoutOut, RejectIn, ToOrderOut, UndoIn
from tests.camt import Move
from tests.conftest import Clock
from tests.features.exchange import papers
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_collections import announced, creditor, debits, file

__all__ = ["creditor"]
PAYER = "NL91ABNA0417164300"


class Refunds:
    """A client who paid an invoice twice, and what becomes of the second payment."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.entry_id: BankEntryId
        self.client_id: OrganisationId
        self.refund_id: RefundId

    async def open(self) -> "Refunds":
        issued = await self.desk.invoice("1000.00", "Payer bv")
        for n in ("R1", "R2"):
            self.desk.day += timedelta(days=1)
            move = Move(cents=121_000, reference=n, name="Payer bv", iban=PAYER)
            await self.desk.bring_in(self.desk.statement(move))
            async with begin_work(self.desk.system, self.desk.treasurer()) as work:
                (entry,) = (await queries.entries(work, state="open")).items
                await commands.confirm_match(work, entry.id, issued.id)
        self.entry_id = entry.id
        async with begin_work(self.desk.system, self.desk.treasurer(), read_only=True) as work:
            self.client_id = OrganisationId(
                (await work.session.get_one(Invoice, issued.id)).client_id
            )
            row = await work.session.scalar(select(ClientRefund))
        assert row is not None
        assert (row.state, row.amount_minor, row.bank_entry_id) == ("proposed", 121_000, entry.id)
        self.refund_id = row.id
        return self

    async def decide(self, which: int = 1) -> None:
        async with begin_work(self.desk.system, self.desk.treasurer(which)) as work:
            await receivables.decide_refund(work, self.refund_id, approve=True)
        await drain(self.desk.system)

    async def order(self) -> PayoutOut:
        async with begin_work(self.desk.system, self.desk.treasurer(), read_only=True) as work:
            return (await queries.payouts(work)).items[0]

    async def state(self) -> str:
        async with begin_work(self.desk.system, SYSTEM, read_only=True) as work:
            return (await work.session.get_one(ClientRefund, self.refund_id)).state

    async def credit(self) -> tuple[int, int]:
        """What the books hold for the client, and what of it is free."""
        async with begin_work(self.desk.system, self.desk.treasurer()) as work:
            held = await balance_of(work, Account("client_credit", self.client_id))
            return held.minor, (await free_credit(work, self.client_id, "EUR")).minor

    async def waiting(self) -> list[ToOrderOut]:
        async with begin_work(self.desk.system, self.desk.treasurer(), read_only=True) as work:
            return await queries.to_order(work)


@pytest.fixture
async def refunds(desk: Desk) -> Refunds:
    return await Refunds(desk).open()


async def test_a_refund_goes_from_its_approval_to_the_statement(refunds: Refunds) -> None:
    desk = refunds.desk
    assert await refunds.credit() == (121_000, 0)
    await refunds.decide()
    order = await refunds.order()
    assert (order.purpose, order.amount, order.payee_iban_last4, order.state) == (
        "refund", "1210.00", "4300", "requested",
    )  # fmt: skip
    assert await refunds.credit() == (121_000, 0), "asked for by refund and order, counted once"
    await desk.approve(order, approvers=(0, 2))
    assert (await refunds.state(), await refunds.credit()) == ("ordered", (0, 0))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (batch,) = await commands.make_payment_batches(work)
        assert PAYER.encode() in await queries.batch_file(work, batch.id)
        await commands.mark_batch_sent(work, batch.id)
    desk.day += timedelta(days=3)
    await desk.bring_in(
        desk.statement(Move(cents=-121_000, reference="R3", end_to_end_id=order.id.hex))
    )
    assert (await refunds.state(), await refunds.credit()) == ("paid", (0, 0))
    assert await refunds.waiting() == []
    assert await desk.wrong() == []


async def test_a_secretary_may_give_the_last_approval(refunds: Refunds) -> None:
    desk = refunds.desk
    await refunds.decide()
    order = await refunds.order()
    await desk.approve(order, approvers=(0,))
    secretary = await desk.make.member(roles=[Role.SECRETARY])
    async with begin_work(desk.system, desk.make.actor(secretary)) as work:
        assert (await commands.approve_payout(work, order.id)).state == "approved"
    assert await refunds.state() == "ordered"


async def test_a_refund_that_came_back_is_ordered_again_by_a_person(refunds: Refunds) -> None:
    desk = refunds.desk
    await refunds.decide()
    first = await refunds.order()
    await desk.approve(first, approvers=(0, 2))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (batch,) = await commands.make_payment_batches(work)
        await commands.mark_batch_sent(work, batch.id)
    for n, cents in enumerate((-121_000, 121_000)):
        desk.day += timedelta(days=3)
        move = Move(
            cents=cents, reference=f"B{n}", end_to_end_id=first.id.hex,
            return_reason="AC04" if cents > 0 else "",
        )  # fmt: skip
        await desk.bring_in(desk.statement(move))
    assert (await refunds.state(), await refunds.credit()) == ("failed", (121_000, 0))
    (waits,) = await refunds.waiting()
    assert waits.payable
    assert "sent it back" in waits.reason
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        again = await commands.order_refund_again(work, refunds.refund_id)
        assert again.id != first.id
        with pytest.raises(NotOrderable):
            await commands.order_refund_again(work, refunds.refund_id)
        with pytest.raises(NotOrderable):
            await commands.keep_refund(work, refunds.refund_id, RejectIn(reason="no"))
    assert await refunds.waiting() == []
    await desk.approve(again, approvers=(0, 2))
    assert (await refunds.state(), await refunds.credit()) == ("ordered", (0, 0))
    assert await desk.wrong() == []


@pytest.mark.parametrize("approvers", [(), (0, 2)])
async def test_a_refused_order_leaves_the_money_with_the_client(
    refunds: Refunds, approvers: tuple[int, ...]
) -> None:
    desk = refunds.desk
    await refunds.decide()
    order = await refunds.order()
    await desk.approve(order, approvers=approvers)
    async with begin_work(desk.system, desk.treasurer(2)) as work:
        await commands.reject_payout(work, order.id, RejectIn(reason="The client asks to wait"))
    assert await refunds.state() == ("failed" if approvers else "approved")
    assert await refunds.credit() == (121_000, 0), "no invoice may be paid from it meanwhile"
    (waits,) = await refunds.waiting()
    assert waits.reason == "The client asks to wait"
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.keep_refund(work, refunds.refund_id, RejectIn(reason="For the next invoice"))
    assert (await refunds.state(), await refunds.credit()) == ("refused", (121_000, 121_000))
    assert await refunds.waiting() == []
    assert await desk.wrong() == []


async def undo(desk: Desk, entry_id: BankEntryId) -> None:
    async with begin_work(desk.system, desk.treasurer()) as work:
        asked = await commands.ask_undo(work, entry_id, UndoIn(reason="Another client's money"))
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        await commands.decide_undo(work, asked.id, DecideUndoIn(approve=True))


async def test_an_undone_match_takes_its_refund_along(refunds: Refunds) -> None:
    desk = refunds.desk
    await refunds.decide()
    order = await refunds.order()
    await undo(desk, refunds.entry_id)
    assert (await refunds.state(), await refunds.credit()) == ("refused", (0, 0))
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert (await queries.payout(work, order.id)).state == "rejected"
    assert await refunds.waiting() == []
    assert await desk.wrong() == []


async def test_a_match_is_not_undone_once_its_refund_was_set_aside(refunds: Refunds) -> None:
    await refunds.decide()
    await refunds.desk.approve(await refunds.order(), approvers=(0, 2))
    with pytest.raises(BelowZero):
        await undo(refunds.desk, refunds.entry_id)
    assert await refunds.state() == "ordered"


async def test_a_refund_without_a_known_account_waits_for_a_person(desk: Desk) -> None:
    refunds = await Refunds(desk).open()
    async with begin_work(desk.system, desk.treasurer()) as work:
        await work.session.execute(
            update(ClientRefund).where(ClientRefund.id == refunds.refund_id)
            .values(bank_entry_id=None)
        )  # fmt: skip
    await refunds.decide()
    (waits,) = await refunds.waiting()
    assert not waits.payable
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(NotOrderable, match="No bank entry"):
            await commands.order_refund_again(work, refunds.refund_id)


class Buying:
    """A supplier's invoice that was booked, and its payment."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.invoice_id: SupplierInvoiceId
        self.supplier_id: Any

    async def open(self) -> "Buying":
        desk = self.desk
        member = await desk.make.member()
        contract = await desk.make.signed_contract(member)
        async with begin_work(desk.system, desk.make.actor(member)) as work:
            brought = await exchange.upload(work, papers.ubl(), contract_id=contract.id)
            await exchange.accept(work, brought.id)
        self.invoice_id = brought.id
        async with begin_work(desk.system, desk.treasurer()) as work:
            self.supplier_id = (await exchange.book(work, brought.id)).supplier_id
        await drain(desk.system)
        return self

    async def order(self) -> PayoutOut:
        async with begin_work(self.desk.system, self.desk.treasurer(), read_only=True) as work:
            return (await queries.payouts(work)).items[0]

    async def stands(self) -> tuple[str, int]:
        """State of the invoice, and what the books owe its supplier."""
        async with begin_work(self.desk.system, self.desk.treasurer(), read_only=True) as work:
            row = await work.session.get_one(SupplierInvoice, self.invoice_id)
            owes = await balance_of(work, Account("payable", self.supplier_id))
            for invariant in costs.INVARIANTS:
                assert await invariant(work.session) == [], invariant.__name__
            return row.state, owes.minor


async def test_a_suppliers_invoice_is_ordered_paid_and_owed_again_when_it_comes_back(
    desk: Desk, clock: Clock
) -> None:
    buying = await Buying(desk).open()
    order = await buying.order()
    assert (order.purpose, order.amount, order.member_name) == (
        "supplier", "242.00", "Papier & Fils SA",
    )  # fmt: skip
    assert await buying.stands() == ("booked", 24_200)
    await desk.approve(order)
    assert await buying.stands() == ("ordered", 0)
    clock.advance(days=40)
    desk.day = clock().date()
    async with begin_work(desk.system, desk.treasurer()) as work:
        (batch,) = await commands.make_payment_batches(work)
        await commands.mark_batch_sent(work, batch.id)
    move = Move(cents=-24_200, reference="S1", end_to_end_id=order.id.hex)
    await desk.bring_in(desk.statement(move))
    assert await buying.stands() == ("paid", 0)
    move = Move(cents=24_200, reference="S2", end_to_end_id=order.id.hex, return_reason="AC01")
    await desk.bring_in(desk.statement(move))
    assert await buying.stands() == ("booked", 24_200)
    async with begin_work(desk.system, desk.treasurer()) as work:
        (waits,) = await queries.to_order(work)
        assert (waits.purpose, waits.payee) == ("supplier", "Papier & Fils SA")
        again = await commands.order_invoice_again(work, buying.invoice_id)
        with pytest.raises(NotOrderable):
            await commands.order_invoice_again(work, buying.invoice_id)
    await desk.approve(again)
    assert await buying.stands() == ("ordered", 0)
    assert await desk.wrong() == []


async def test_a_refused_payment_is_owed_again(desk: Desk) -> None:
    buying = await Buying(desk).open()
    order = await buying.order()
    await desk.approve(order)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.reject_payout(work, order.id, RejectIn(reason="Delivered broken"))
    assert await buying.stands() == ("booked", 24_200)
    async with begin_work(desk.system, SYSTEM) as work:
        known = await work.session.scalars(select(Payout.state))
        assert [*known] == ["rejected"]
    assert await desk.wrong() == []


@pytest.mark.usefixtures("creditor")
async def test_a_disputed_invoice_is_not_collected(desk: Desk, clock: Clock) -> None:
    issued, _ = await announced(desk, clock)
    member, _ = desk.last
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        await receivables.object_to(
            work, issued.id, ObjectionIn(reason_code="defective", text="Half of it is broken.")
        )
    clock.advance(days=20)
    with pytest.raises(NothingToCollect):
        await file(desk)
    (one,) = await debits(desk)
    assert (one.state, one.reason) == ("stopped", "The client disputes the invoice.")
    async with begin_work(desk.system, SYSTEM) as work:
        assert await commands.announce_collections(work) == [], "nor announced again meanwhile"
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert (await owed.standing(work, issued.id)).disputed_minor == 121_000


@pytest.mark.usefixtures("creditor")
async def test_what_a_person_stopped_is_not_announced_again(desk: Desk, clock: Clock) -> None:
    await announced(desk, clock)
    (one,) = await debits(desk)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.stop_collection(work, one.id, RejectIn(reason="They pay by card"))
    async with begin_work(desk.system, SYSTEM) as work:
        assert await commands.announce_collections(work) == []


@pytest.mark.usefixtures("creditor")
async def test_an_undone_match_leaves_the_collection_awaited(desk: Desk, clock: Clock) -> None:
    issued, _ = await announced(desk, clock)
    clock.advance(days=20)
    await file(desk)
    desk.day = date(2027, 1, 4)
    await desk.bring_in(desk.statement(Move(cents=121_000, reference="C1", name="Voorbeeld bv")))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (entry,) = (await queries.entries(work, state="open")).items
        await commands.confirm_match(work, entry.id, issued.id)
    assert [one.state for one in await debits(desk)] == ["collected"]
    await undo(desk, entry.id)
    (one,) = await debits(desk)
    assert (one.state, one.settled_on) == ("filed", None)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.confirm_match(work, entry.id, issued.id)
    assert [one.state for one in await debits(desk)] == ["collected"]
    assert await desk.wrong() == []


@pytest.mark.parametrize(
    ("used", "on", "gone"),
    [
        (date(2023, 11, 23), date(2026, 11, 23), False),
        (date(2023, 11, 23), date(2026, 11, 24), True),
        (date(2024, 2, 29), date(2027, 2, 28), False),
        (date(2024, 2, 29), date(2027, 3, 1), True),
    ],
)
def test_a_mandate_lapses_by_the_calendar(used: date, on: date, *, gone: bool) -> None:
    assert lapsed(used, on) is gone

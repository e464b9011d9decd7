"""A supplier's invoice that was paid at the bank itself: offered, recorded, taken back."""

from datetime import timedelta
from uuid import uuid4

import pytest

from guild.core.errors import Conflict, IllegalMove
from guild.core.ids import BankEntryId, SupplierInvoiceId, new_id
from guild.core.permissions import Role
from guild.core.work import begin_work
from guild.exchange.errors import SupplierInvoiceNotFound
from guild.treasury import commands, queries
from guild.treasury.errors import MatchTooLarge
from guild.treasury.schemas import ConfirmOut, CostSuggestionOut, DecideUndoIn, RejectIn, UndoIn
from tests.camt import Move
from tests.conftest import SignIn
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import entries, held
from tests.features.treasury.test_seams import Buying

SUPPLIER_IBAN = "BE68539007547034"


async def bought(desk: Desk, *, rejected: bool = True) -> Buying:
    """A booked invoice over 242.00 whose order was rejected: it was paid otherwise."""
    buying = await Buying(desk).open()
    if rejected:
        order = await buying.order()
        async with begin_work(desk.system, desk.treasurer(1)) as work:
            await commands.reject_payout(work, order.id, RejectIn(reason="Paid by card"))
    return buying


async def offered(desk: Desk, entry_id: BankEntryId) -> list[CostSuggestionOut]:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return await queries.cost_suggestions(work, entry_id)


async def pay(desk: Desk, entry_id: BankEntryId, invoice_id: SupplierInvoiceId) -> ConfirmOut:
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await commands.confirm_supplier_invoice(work, entry_id, invoice_id)


def out(cents: int = -24_200, **said: str) -> Move:
    return Move(cents=cents, reference=said.pop("ref", "C1"), **said)


async def test_it_is_offered_with_reasons_and_settles_what_is_owed(desk: Desk) -> None:
    buying = await bought(desk)
    move = out(name="Papier et Fils", iban=SUPPLIER_IBAN, text="Your invoice F-2026-118")
    await desk.bring_in(desk.statement(move))
    (entry,) = await entries(desk)
    (one,) = await offered(desk, entry.id)
    assert (one.supplier_invoice_id, one.amount, one.sure) == (buying.invoice_id, "242.00", True)
    assert one.reasons == [
        "the sum is exactly what is owed",
        "the account is the one on the invoice",
        "it names the invoice's number",
        "the other side is called like Papier & Fils SA",
    ]
    paid = await pay(desk, entry.id, buying.invoice_id)
    assert (paid.state, paid.paid) == ("confirmed", "-242.00")
    assert await buying.stands() == ("paid", 0)
    assert await held(desk, "suspense") == 0
    assert await offered(desk, entry.id) == []
    assert await desk.wrong() == []


async def test_the_sum_alone_is_shown_but_not_preselected(desk: Desk) -> None:
    await bought(desk)
    await desk.bring_in(desk.statement(out(name="Somebody else", text="thanks")))
    (entry,) = await entries(desk)
    (one,) = await offered(desk, entry.id)
    assert (one.reasons, one.sure) == (["the sum is exactly what is owed"], False)


async def test_another_sum_and_money_in_are_not_it(desk: Desk) -> None:
    buying = await bought(desk)
    moves = out(-24_000), out(24_200, ref="C2")
    await desk.bring_in(desk.statement(*moves))
    for entry in await entries(desk):
        assert await offered(desk, entry.id) == []
        with pytest.raises(MatchTooLarge, match="F-2026-118"):
            await pay(desk, entry.id, buying.invoice_id)
    with pytest.raises(SupplierInvoiceNotFound):
        await pay(desk, entry.id, SupplierInvoiceId(new_id()))
    assert await buying.stands() == ("booked", 24_200)


async def test_a_waiting_order_must_be_rejected_first(desk: Desk) -> None:
    buying = await bought(desk, rejected=False)
    await desk.bring_in(desk.statement(out()))
    (entry,) = await entries(desk)
    with pytest.raises(Conflict, match="pays invoice F-2026-118 already"):
        await pay(desk, entry.id, buying.invoice_id)


async def test_once_paid_it_is_not_paid_again(desk: Desk) -> None:
    buying = await bought(desk)
    await desk.bring_in(desk.statement(out(), out(ref="C2")))
    first, second = await entries(desk)
    await pay(desk, first.id, buying.invoice_id)
    assert await offered(desk, second.id) == []
    with pytest.raises(IllegalMove):
        await pay(desk, second.id, buying.invoice_id)


async def test_two_persons_take_it_back_and_it_is_owed_again(desk: Desk) -> None:
    buying = await bought(desk)
    await desk.bring_in(desk.statement(out()))
    (entry,) = await entries(desk)
    for _ in range(2):
        await pay(desk, entry.id, buying.invoice_id)
        async with begin_work(desk.system, desk.treasurer()) as work:
            asked = await commands.ask_undo(work, entry.id, UndoIn(reason="Another invoice"))
        async with begin_work(desk.system, desk.treasurer(1)) as work:
            await commands.decide_undo(work, asked.id, DecideUndoIn(approve=True))
        assert await buying.stands() == ("booked", 24_200)
        assert await held(desk, "suspense") == -24_200
    desk.day += timedelta(days=1)
    await pay(desk, entry.id, buying.invoice_id)
    assert await buying.stands() == ("paid", 0)
    assert await desk.wrong() == []


async def test_over_http_and_on_the_page(desk: Desk, signed_in: SignIn) -> None:
    buying = await bought(desk)
    await desk.bring_in(desk.statement(out(iban=SUPPLIER_IBAN)))
    (entry,) = await entries(desk)
    browser = await signed_in(await desk.make.member(roles=[Role.TREASURER]))
    shown = await browser.get(f"/treasury/entries/{entry.id}")
    assert "F-2026-118, Papier &amp; Fils SA" in shown.text
    listed = await browser.get(f"/api/v1/bank-entries/{entry.id}/supplier-invoices")
    assert [one["supplier_invoice_id"] for one in listed.json()] == [str(buying.invoice_id)]
    confirm = f"/api/v1/bank-entries/{entry.id}/confirm"
    both = {"supplier_invoice_id": str(buying.invoice_id), "payout_id": str(new_id())}
    refused = await browser.post(confirm, json=both, headers={"Idempotency-Key": str(uuid4())})
    assert (refused.status_code, "one thing" in refused.text) == (422, True)
    done = await browser.post(
        confirm,
        json={"supplier_invoice_id": str(buying.invoice_id)},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert (done.status_code, done.json()["paid"]) == (201, "-242.00")
    assert await buying.stands() == ("paid", 0)

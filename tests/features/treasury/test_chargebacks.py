"""The bank takes back a part of a payment; the ledger and the invariants after each."""

from datetime import timedelta
from typing import Any

import pytest

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InvoiceId
from guild.core.money import Money
from guild.core.work import begin_work
from guild.invoicing.commands import credit_invoice
from guild.receivables.commands import apply_credit
from guild.receivables.schemas import ApplyCreditIn
from guild.treasury import commands, queries
from guild.treasury.errors import EntryAlreadyExplained, MatchTooLarge, NothingToUndo
from guild.treasury.schemas import PartIn, SplitIn, TakesBackIn, UndoIn, UndoOut
from tests.camt import Move
from tests.conftest import SignIn
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_undoing import (
    by,
    confirm,
    entries,
    held,
    paid_invoice,
    pays,
    row,
)

CLIENT = "Proef & Zoon"


async def returned(desk: Desk, cents: int, ref: str) -> BankEntryId:
    """The debit by which the bank took so much back."""
    desk.day += timedelta(days=3)
    await desk.bring_in(
        desk.statement(Move(cents=-cents, reference=ref, name=CLIENT, return_reason="MD06"))
    )
    (debit,) = await entries(desk)
    return BankEntryId(debit.id)


async def take(desk: Desk, debit: BankEntryId, paid: Any, **said: Any) -> UndoOut:
    wanted = TakesBackIn(entry_id=paid, **said)
    found: UndoOut = await by(desk, 0, lambda work: commands.takes_back(work, debit, wanted))
    assert await desk.wrong() == []
    return found


async def test_a_part_opens_the_invoice_by_that_part(desk: Desk) -> None:
    invoice, entry = await paid_invoice(desk)
    debit = await returned(desk, 30_250, "B1")
    (offered,) = await by(desk, 0, lambda work: queries.takes_back_candidates(work, debit))
    assert offered.id == entry.id
    await take(desk, debit, entry.id)
    after = await row(desk, invoice)
    assert (after.state, after.open_minor, after.pending_net_minor) == (
        "partly_paid", 30_250, 25_000,
    )  # fmt: skip
    assert await held(desk, "member_available", invoice.member_id) == 93_500 * 3 // 4
    assert (await held(desk, "suspense"), await held(desk, "bank_fees")) == (0, 0)
    with pytest.raises(EntryAlreadyExplained):
        await take(desk, debit, entry.id)


async def test_a_second_part_takes_the_rest_with_a_fee_and_then_nothing_is_left(
    desk: Desk,
) -> None:
    invoice, entry = await paid_invoice(desk)
    await take(desk, await returned(desk, 30_000, "B1"), entry.id)
    await take(desk, await returned(desk, 91_500, "B2"), entry.id)
    after = await row(desk, invoice)
    assert (after.state, after.open_minor, after.paid_minor) == ("issued", 121_000, 0)
    assert await held(desk, "bank_fees") == 500
    assert await held(desk, "member_available", invoice.member_id) == 0
    debit = await returned(desk, 100, "B3")
    assert await by(desk, 0, lambda work: queries.takes_back_candidates(work, debit)) == []
    with pytest.raises(NothingToUndo):
        await take(desk, debit, entry.id)


async def test_a_part_with_a_fee_is_said_so(desk: Desk) -> None:
    invoice, entry = await paid_invoice(desk)
    debit = await returned(desk, 50_500, "B1")
    for wrong in ("505.01", "0.00"):
        with pytest.raises((Invalid, MatchTooLarge)):
            await take(desk, debit, entry.id, amount=wrong)
    await take(desk, debit, entry.id, amount="500.00")
    assert (await row(desk, invoice)).open_minor == 50_000
    assert await held(desk, "bank_fees") == 500


async def test_the_clients_money_on_account_goes_first(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(desk.statement(pays(131_000, invoice, CLIENT)))
    (entry,) = await entries(desk)
    await confirm(desk, entry.id, invoice.id)
    assert await held(desk, "client_credit", invoice.client_id) == 10_000
    await take(desk, await returned(desk, 15_000, "B1"), entry.id)
    assert await held(desk, "client_credit", invoice.client_id) == 0
    assert (await row(desk, invoice)).open_minor == 5_000
    await take(desk, await returned(desk, 116_000, "B2"), entry.id)
    assert (await row(desk, invoice)).open_minor == 121_000


async def test_of_an_invoice_credited_meanwhile_the_client_owes_it(desk: Desk) -> None:
    """Credited in part and used otherwise: the invoice by what it still pays, then the account."""
    invoice, entry = await paid_invoice(desk)
    other = await row(desk, await desk.invoice("200.00", CLIENT, again=True))

    async def credit(net: Money | None) -> None:
        async with begin_work(desk.system, desk.treasurer()) as work:
            await credit_invoice(work, InvoiceId(invoice.id), "Not as ordered", net=net)

    await credit(Money(20_000, "EUR"))
    wanted = ApplyCreditIn(invoice_id=InvoiceId(other.id))
    await by(desk, 0, lambda work: apply_credit(work, wanted))
    await take(desk, await returned(desk, 100_000, "B1"), entry.id)
    after = await row(desk, invoice)
    assert (after.state, after.open_minor, after.pending_net_minor) == ("issued", 96_800, 80_000)
    assert await held(desk, "client_credit", invoice.client_id) == -3_200
    assert any("owes €32.00" in one.subject for one in await desk.make.letters())
    await credit(None)
    assert (await row(desk, invoice)).state == "credited"
    await take(desk, await returned(desk, 21_000, "B2"), entry.id)
    assert await held(desk, "client_credit", invoice.client_id) == -24_200
    assert (await row(desk, other)).state == "paid"
    assert (await held(desk, "suspense"), await held(desk, "bank_fees")) == (0, 0)


async def test_of_several_invoices_a_person_says_which(desk: Desk) -> None:
    one = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    two = await row(desk, await desk.invoice("500.00", "Proef & Zoon bv", again=True))
    await desk.bring_in(
        desk.statement(Move(cents=181_500, reference="D1", name=CLIENT, text="both"))
    )
    (entry,) = await entries(desk)
    split = SplitIn(parts=[PartIn(invoice_id=InvoiceId(one.id), amount="1210.00"),
                           PartIn(invoice_id=InvoiceId(two.id), amount="605.00")])  # fmt: skip
    await by(desk, 0, lambda work: commands.confirm_split(work, entry.id, split))
    debit = await returned(desk, 70_000, "B1")
    with pytest.raises(Invalid, match="several invoices"):
        await take(desk, debit, entry.id)
    for wrong in (
        [PartIn(invoice_id=InvoiceId(two.id), amount="605.01")],
        [PartIn(invoice_id=InvoiceId(two.id), amount="100.00")],
        [PartIn(invoice_id=InvoiceId(two.id), amount="350.00")] * 2,
    ):
        with pytest.raises(MatchTooLarge):
            await take(desk, debit, entry.id, parts=wrong)
    await take(
        desk, debit, entry.id,
        parts=[PartIn(invoice_id=InvoiceId(two.id), amount="600.00"),
               PartIn(invoice_id=InvoiceId(one.id), amount="100.00")],
    )  # fmt: skip
    assert (await row(desk, one)).open_minor == 10_000
    assert (await row(desk, two)).open_minor == 60_000


async def test_what_the_bank_decided_is_not_undone(desk: Desk) -> None:
    _, entry = await paid_invoice(desk)
    debit = await returned(desk, 50_500, "B1")
    await take(desk, debit, entry.id, amount="500.00")
    wanted = UndoIn(reason="A mistake")
    for one in (debit, entry.id):
        with pytest.raises(NothingToUndo):
            await by(desk, 0, lambda work, one=one: commands.ask_undo(work, one, wanted))


async def test_the_page_asks_how_much(desk: Desk, signed_in: SignIn) -> None:
    invoice, entry = await paid_invoice(desk)
    debit = await returned(desk, 30_250, "B1")
    person: Any = await signed_in(desk.treasurers[0])
    shown = (await person.get(f"/treasury/entries/{debit}", headers={"Accept": "text/html"})).text
    assert "How much of it" in shown
    wrong = await person.post(
        f"/treasury/entries/{debit}/takes-back", data={"entry_id": str(entry.id), "amount": "999"}
    )
    assert wrong.status_code == 409
    done = await person.post(
        f"/treasury/entries/{debit}/takes-back",
        data={"entry_id": str(entry.id), "amount": "300,00"},
    )
    assert done.status_code == 303
    assert (await row(desk, invoice)).open_minor == 30_000
    assert await held(desk, "bank_fees") == 250

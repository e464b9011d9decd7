"""Giving up a part of an invoice, credit notes over what was given up, and the ledger after."""

from datetime import date
from typing import Any

import pytest

from guild.core.errors import Conflict, Invalid
from guild.core.ids import WriteOffId
from guild.core.money import Money
from guild.invoicing import commands as invoicing
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.mutual_fund.models import LeviedInvoice
from guild.receivables import commands, queries
from guild.receivables.errors import NothingOpen, SecondPersonNeeded
from guild.receivables.models import WriteOff
from guild.receivables.queries.standing import debt_of, standing
from guild.receivables.schemas import VatDecisionIn, WriteOffIn
from tests.conftest import SignIn
from tests.features.receivables.scene import Scene

TODAY = date(2026, 11, 23)
BOOKS = ("receivable", "member_pending", "vat_on_bad_debts", "vat_payable", "client_credit",
         "bad_debts")  # fmt: skip


def part(amount: str | None) -> WriteOffIn:
    return WriteOffIn(reason_code="settlement", reason="Agreed on the phone", amount=amount)


async def books(scene: Scene) -> list[int]:
    owners = {"receivable": scene.client.id, "client_credit": scene.client.id,
              "member_pending": scene.member.id}  # fmt: skip
    async with scene.house() as work:
        accounts = [Account(code, owners.get(code)) for code in BOOKS]
        return [one.minor for one in await balances_of(work, accounts)]


async def give_up(scene: Scene, amount: str | None) -> WriteOffId:
    async with scene.by(scene.treasurer) as work:
        made = await commands.ask_write_off(work, scene.invoice_id, part(amount))
    async with scene.by(scene.second) as work:
        await commands.decide_write_off(work, made, approve=True)
    await scene.sound()
    return made


async def credit(scene: Scene, net: str | None = None) -> None:
    money = None if net is None else Money.parse(net, "EUR")
    async with scene.by(scene.member) as work:
        await invoicing.credit_invoice(work, scene.invoice_id, "Agreed", net=money)
    await scene.sound()


async def row(scene: Scene, write_off_id: WriteOffId) -> WriteOff:
    async with scene.house() as work:
        found: WriteOff = await work.session.get_one(WriteOff, write_off_id, populate_existing=True)
    return found


async def test_a_part_is_given_up_and_the_rest_is_paid(scene: Scene) -> None:
    await give_up(scene, "302.50")
    invoice = await scene.invoice()
    assert (invoice.state, invoice.open_minor, invoice.written_off_minor) == (
        "issued", 90_750, 30_250,
    )  # fmt: skip
    assert await books(scene) == [90_750, 75_000, 5_250, 21_000, 0, 0]
    async with scene.house() as work:
        levied = await work.session.get_one(LeviedInvoice, (scene.invoice_id, scene.member.id))
        assert (levied.settled, levied.given_up_net_minor) == (False, 25_000)
    await scene.pay("500.00", TODAY)
    await scene.pay("407.50", TODAY)
    assert (await scene.invoice()).state == "paid"
    assert await books(scene) == [0, 0, 5_250, 21_000, 0, 0]
    await scene.sound()


async def test_small_parts_together_need_the_second_person(scene: Scene) -> None:
    async with scene.by(scene.member) as work:
        first = await commands.ask_write_off(work, scene.invoice_id, part("20.00"))
        assert (await queries.write_off(work, first)).state == "booked"
    async with scene.by(scene.member) as work:
        more = await commands.ask_write_off(work, scene.invoice_id, part("20.00"))
        shown = await queries.write_off(work, more)
        assert (shown.state, shown.small) == ("asked", False)
    async with scene.by(scene.treasurer) as work:
        await commands.decide_write_off(work, more, approve=True)
    assert (await scene.invoice()).written_off_minor == 4_000
    await scene.sound()


async def test_more_than_is_open_or_nothing_is_refused(scene: Scene) -> None:
    async with scene.by(scene.member) as work:
        for wrong in ("1210.01", "0.00", "-1.00"):
            with pytest.raises(Invalid):
                await commands.ask_write_off(work, scene.invoice_id, part(wrong))
    made = await give_up(scene, None)
    assert (await scene.invoice()).state == "written_off"
    async with scene.by(scene.treasurer) as work:
        with pytest.raises(NothingOpen):
            await commands.ask_write_off(work, scene.invoice_id, part("1.00"))
        await commands.reinstate(work, made)
    assert (await scene.invoice()).state == "issued"
    await scene.sound()


async def test_what_came_in_meanwhile_is_not_given_up(scene: Scene) -> None:
    async with scene.by(scene.treasurer) as work:
        asked = await commands.ask_write_off(work, scene.invoice_id, part("900.00"))
        with pytest.raises(SecondPersonNeeded):
            await commands.decide_write_off(work, asked, approve=True)
    await scene.pay("1000.00", TODAY)
    async with scene.by(scene.second) as work:
        booked = await commands.decide_write_off(work, asked, approve=True)
        assert (booked.amount_minor, booked.vat_minor) == (21_000, 3_645)
    assert (await scene.invoice()).state == "written_off"
    await scene.sound()


async def test_each_of_several_is_taken_back_by_itself(scene: Scene) -> None:
    first, rest = await give_up(scene, "100.00"), await give_up(scene, None)
    assert (await scene.invoice()).state == "written_off"
    async with scene.by(scene.treasurer) as work:
        await commands.reinstate(work, first)
    invoice = await scene.invoice()
    assert (invoice.state, invoice.open_minor) == ("issued", 10_000)
    await scene.sound()
    await scene.pay("100.00", TODAY)
    assert (await scene.invoice()).state == "paid"
    async with scene.by(scene.treasurer) as work:
        await commands.reinstate(work, rest)
        with pytest.raises(Conflict):
            await invoicing.reinstate(work, scene.invoice_id, (await row(scene, rest)).entry_id)
    invoice = await scene.invoice()
    assert (invoice.state, invoice.open_minor) == ("partly_paid", 111_000)
    await scene.pay("1110.00", TODAY)
    assert await books(scene) == [0, 0, 0, 21_000, 0, 0]
    await scene.sound()


# --- credit notes ----------------------------------------------------------------------------


async def test_a_credit_note_over_all_that_was_given_up_leaves_nothing(scene: Scene) -> None:
    made = await give_up(scene, None)
    await credit(scene)
    assert (await scene.invoice()).state == "credited"
    assert await books(scene) == [0, 0, 0, 0, 0, 0]
    assert (await row(scene, made)).state == "credited"
    async with scene.by(scene.treasurer) as work:
        with pytest.raises(Conflict):
            await commands.decide_vat(
                work, made, VatDecisionIn(decision="bear", ground="Too late for that")
            )


async def test_it_comes_off_what_is_open_then_off_what_was_given_up(scene: Scene) -> None:
    await scene.pay("242.00", TODAY)
    made = await give_up(scene, "605.00")
    assert (await scene.invoice()).open_minor == 36_300
    await credit(scene, "400.00")
    invoice = await scene.invoice()
    assert (invoice.state, invoice.open_minor, invoice.refundable_minor) == ("paid", 0, 0)
    assert invoice.written_off_minor == 48_400
    kept = await row(scene, made)
    assert (kept.state, kept.credited_minor, kept.credited_vat_minor) == ("booked", 12_100, 2_100)
    assert await books(scene) == [0, 0, 8_400, 12_600, 0, 0]
    await credit(scene, "500.00")
    invoice = await scene.invoice()
    assert (invoice.refundable_minor, invoice.written_off_minor) == (12_100, 0)
    assert await books(scene) == [0, 0, 0, 2_100, 12_100, 0]
    assert (await row(scene, made)).state == "credited"
    await credit(scene)
    assert (await scene.invoice()).state == "credited"
    assert await books(scene) == [0, 0, 0, 0, 24_200, 0]


async def test_a_part_of_what_was_given_up_is_credited_and_the_rest_stays_so(scene: Scene) -> None:
    made = await give_up(scene, None)
    await credit(scene, "100.00")
    invoice = await scene.invoice()
    assert (invoice.state, invoice.open_minor, invoice.written_off_minor) == (
        "written_off", 0, 108_900,
    )  # fmt: skip
    assert await books(scene) == [0, 0, 18_900, 18_900, 0, 0]
    async with scene.by(scene.treasurer) as work:
        await commands.reinstate(work, made)
    invoice = await scene.invoice()
    assert (invoice.state, invoice.open_minor) == ("issued", 108_900)
    await scene.pay("1089.00", TODAY)
    await scene.sound()


@pytest.mark.parametrize("decision", ["reclaim", "bear"])
async def test_what_was_decided_about_its_vat_is_undone(scene: Scene, decision: str) -> None:
    made = await give_up(scene, None)
    wanted = VatDecisionIn(decision=decision, ground="The court's order")  # type: ignore[arg-type]
    async with scene.by(scene.treasurer) as work:
        await commands.decide_vat(work, made, wanted)
    owed = 0 if decision == "reclaim" else 21_000
    assert await books(scene) == [0, 0, 0, owed, 0, owed]
    await credit(scene, "400.00")
    left = 0 if decision == "reclaim" else 12_600
    assert await books(scene) == [0, 0, 0, left, 0, left]
    await credit(scene)
    assert await books(scene) == [0, 0, 0, 0, 0, 0]
    assert (await row(scene, made)).state == "credited"


async def test_interest_stops_on_what_was_given_up(scene: Scene) -> None:
    await give_up(scene, "210.00")
    async with scene.house() as work:
        debt = await debt_of(work, await standing(work, scene.invoice_id))
    assert debt.principal_on(date(2026, 11, 24)) == 100_000
    assert debt.principal_on(date(2026, 11, 23)) == 121_000


# --- over HTTP -------------------------------------------------------------------------------


async def test_over_http_and_by_the_page(scene: Scene, signed_in: SignIn) -> None:
    member: Any = await signed_in(scene.member)
    path = f"/api/v1/invoices/{scene.invoice_id}/write-offs"
    wanted = {"reason_code": "settlement", "reason": "Agreed on the phone", "amount": "1300.00"}
    refused = await member.post(path, json=wanted, headers={"Idempotency-Key": "give-up-01"})
    assert (refused.status_code, refused.json()["field"]) == (422, "amount")
    made = await member.post(
        path, json={**wanted, "amount": "10.00"}, headers={"Idempotency-Key": "give-up-02"}
    )
    shown = made.json()
    assert (shown["amount"], shown["vat_left"], shown["state"]) == ("10.00", "1.74", "booked")
    page = f"/receivables/invoices/{scene.invoice_id}"
    form = {"reason_code": "settlement", "reason": "Agreed on the phone", "amount": "9.999"}
    again = await member.post(f"{page}/write-off", data=form)
    assert again.status_code == 422
    assert 'value="9.999"' in again.text
    done = await member.post(f"{page}/write-off", data={**form, "amount": "200,00"})
    assert (done.status_code, done.headers["location"]) == (303, page)
    shown_page = (await member.get(page, headers={"Accept": "text/html"})).text
    assert "Waits for a second person" in shown_page
    assert "\u20ac200.00" in shown_page

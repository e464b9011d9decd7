"""Write-offs, overpayments, refunds and insolvent clients, with the ledger after each."""

import io
import zipfile
from datetime import date

import pytest
from sqlalchemy import select

from guild.core.errors import Conflict, Forbidden, IllegalMove
from guild.core.ids import BankEntryId, new_id
from guild.core.money import Money
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import post
from guild.ledger.queries import balances_of
from guild.mutual_fund import commands as fund
from guild.mutual_fund.models import LeviedInvoice
from guild.mutual_fund.schemas import QuoteIn
from guild.receivables import commands, queries
from guild.receivables.errors import (
    AlreadyFlagged,
    BundleNotReady,
    CreditTooSmall,
    NothingOpen,
    OwnCase,
    SecondPersonNeeded,
    WriteOffAsked,
)
from guild.receivables.models import ClientRefund
from guild.receivables.schemas import (
    ApplyCreditIn,
    InsolvencyIn,
    RefundIn,
    VatDecisionIn,
    WriteOffIn,
)
from tests.factories import Factories
from tests.features.receivables.scene import Scene

REST = WriteOffIn(reason_code="small_rest", reason="Not worth a letter")
LOST = WriteOffIn(reason_code="uncollectable", reason="The client is gone")


async def held(scene: Scene, *codes: str) -> list[int]:
    owners = {"receivable": scene.client.id, "client_credit": scene.client.id,
              "member_pending": scene.member.id}  # fmt: skip
    async with scene.house() as work:
        accounts = [Account(code, owners.get(code)) for code in codes]
        return [one.minor for one in await balances_of(work, accounts)]


async def test_a_member_gives_up_a_small_rest_alone(scene: Scene) -> None:
    await scene.pay("1190.00", date(2026, 11, 23))
    async with scene.by(scene.member) as work:
        made = await commands.ask_write_off(work, scene.invoice_id, REST)
        shown = await queries.write_off(work, made)
        assert (shown.state, shown.amount, shown.vat, shown.small) == (
            "booked", "20.00", "3.47", True,
        )  # fmt: skip
    invoice = await scene.invoice()
    found = (invoice.state, invoice.open_minor, invoice.written_off_minor)
    assert found == ("written_off", 0, 2000)
    assert await held(scene, "receivable", "member_pending", "vat_on_bad_debts") == [0, 0, 347]
    async with scene.house() as work:
        assert (
            await work.session.get_one(LeviedInvoice, (scene.invoice_id, scene.member.id))
        ).settled
    await scene.sound()


async def test_more_needs_a_second_person(scene: Scene) -> None:
    async with scene.by(scene.treasurer) as work:
        made = await commands.ask_write_off(work, scene.invoice_id, LOST)
        with pytest.raises(WriteOffAsked):
            await commands.ask_write_off(work, scene.invoice_id, LOST)
        with pytest.raises(SecondPersonNeeded):
            await commands.decide_write_off(work, made, approve=True)
    async with scene.by(scene.member) as work:
        with pytest.raises(Forbidden):
            await commands.decide_write_off(work, made, approve=True)
    async with scene.by(scene.second) as work:
        booked = await commands.decide_write_off(work, made, approve=True)
        assert (booked.state, booked.amount_minor, booked.vat_minor) == ("booked", 121_000, 21_000)
    await scene.sound()
    async with scene.by(scene.second) as work:
        await commands.decide_vat(
            work, made, VatDecisionIn(decision="reclaim", ground="Court order of bankruptcy")
        )
        with pytest.raises(Conflict):
            await commands.decide_vat(
                work, made, VatDecisionIn(decision="bear", ground="Twice is once too many")
            )
        with pytest.raises(Conflict, match="VAT"):
            await commands.reinstate(work, made)
    assert await held(scene, "vat_payable", "vat_on_bad_debts", "receivable") == [0, 0, 0]
    await scene.sound()


async def test_taken_back_when_money_comes(scene: Scene) -> None:
    await scene.pay("1200.00", date(2026, 11, 23))
    async with scene.by(scene.member) as work:
        made = await commands.ask_write_off(work, scene.invoice_id, REST)
    async with scene.by(scene.treasurer) as work:
        await commands.reinstate(work, made)
    assert (await scene.invoice()).state == "partly_paid"
    await scene.pay("10.00", date(2026, 11, 23))
    assert (await scene.invoice()).state == "paid"
    assert await held(scene, "receivable", "member_pending", "vat_on_bad_debts") == [0, 0, 0]
    await scene.sound()
    async with scene.by(scene.member) as work:
        with pytest.raises(NothingOpen):
            await commands.ask_write_off(work, scene.invoice_id, REST)


async def test_refused_and_nobody_decides_about_her_own(scene: Scene, make: Factories) -> None:
    own = await make.issued_invoice(scene.treasurer)
    async with scene.by(scene.treasurer) as work:
        asked = await commands.ask_write_off(work, own, LOST)
        with pytest.raises(OwnCase):
            await commands.decide_write_off(work, asked, approve=True)
    async with scene.by(scene.second) as work:
        assert (await commands.decide_write_off(work, asked, approve=False)).state == "refused"
        with pytest.raises(IllegalMove):
            await commands.decide_write_off(work, asked, approve=True)
    assert (await scene.invoice(own)).open_minor == 121_000


# --- overpaid -------------------------------------------------------------------------------------


async def overpaid(scene: Scene, minor: int, *, whole: bool) -> BankEntryId:
    """As treasury does it: the surplus of an entry is kept for the client."""
    entry_id, amount = BankEntryId(new_id()), Money(minor, "EUR")
    async with scene.house() as work:
        await post(
            work, kind="client_credit", text="On account of the client",
            lines=[debit("opening", amount), credit("client_credit", amount, scene.client.id)],
        )  # fmt: skip
        await work.write()
        paid = Money.zero("EUR") if whole else Money(121_000, "EUR")
        for _ in range(2):
            await commands.note_overpayment(work, scene.invoice_id, entry_id, amount, paid)
    return entry_id


async def test_paid_twice_is_proposed_for_refund(scene: Scene) -> None:
    await scene.pay("1210.00", date(2026, 11, 20))
    entry_id = await overpaid(scene, 121_000, whole=True)
    assert any("paid twice" in one.text for one in await scene.make.letters())
    async with scene.by(scene.member) as work:
        (shown,) = (await queries.refunds(work, waiting=True)).items
        assert (shown.amount, shown.bank_entry_id, shown.proposed_by) == (
            "1210.00", entry_id, None,
        )  # fmt: skip
        with pytest.raises(Forbidden):
            await commands.decide_refund(work, shown.id, approve=True)
    another = await scene.another()
    async with scene.by(await scene.contact(another)) as work:
        with pytest.raises(CreditTooSmall, match=r"0\.00"):
            await commands.apply_credit(work, ApplyCreditIn(invoice_id=another))
    async with scene.by(scene.treasurer) as work:
        refused = await commands.decide_refund(work, shown.id, approve=False, note="Keep it")
        assert refused.state == "refused"
    async with scene.by(await scene.contact(another)) as work:
        applied = await commands.apply_credit(work, ApplyCreditIn(invoice_id=another))
        assert (applied.applied, applied.open, applied.credit_left) == ("1210.00", "0.00", "0.00")
    assert await held(scene, "client_credit", "receivable") == [0, 0]
    await scene.sound()


async def test_a_surplus_is_kept_and_given_back_by_two(scene: Scene) -> None:
    await scene.pay("1210.00", date(2026, 11, 20))
    await overpaid(scene, 5_000, whole=False)
    async with scene.by(scene.treasurer) as work:
        assert (await queries.refunds(work)).items == []
        with pytest.raises(CreditTooSmall):
            await commands.propose_refund(
                work, scene.client.id, RefundIn(amount="50.01", currency="EUR", reason="All of it")
            )
        made = await commands.propose_refund(
            work, scene.client.id, RefundIn(amount="50.00", currency="EUR", reason="Asked for it")
        )
        with pytest.raises(SecondPersonNeeded):
            await commands.decide_refund(work, made, approve=True)
        with pytest.raises(CreditTooSmall):
            await commands.propose_refund(
                work, scene.client.id, RefundIn(amount="0.01", currency="EUR", reason="Once more")
            )
    async with scene.by(scene.second) as work:
        assert (await commands.decide_refund(work, made, approve=True)).state == "approved"
    await scene.sound()
    async with scene.house() as work:
        await commands.note_refund(work, made, "order")
        await commands.note_refund(work, made, "settle", date(2026, 11, 25))
        row = await work.session.scalar(select(ClientRefund))
        assert row is not None
        assert (row.state, row.paid_on) == ("paid", date(2026, 11, 25))


async def test_credit_goes_only_to_the_same_client(scene: Scene, make: Factories) -> None:
    await scene.pay("1210.00", date(2026, 11, 20))
    await overpaid(scene, 5_000, whole=False)
    foreign = await make.issued_invoice()
    async with scene.by(scene.treasurer) as work:
        with pytest.raises(CreditTooSmall):
            await commands.apply_credit(work, ApplyCreditIn(invoice_id=foreign))
    async with scene.by(scene.member) as work:
        with pytest.raises(Forbidden):
            await commands.apply_credit(
                work, ApplyCreditIn(invoice_id=await scene.another(), amount="50.00")
            )


# --- insolvent ------------------------------------------------------------------------------------

FLAG = InsolvencyIn(
    court="Enterprise court of Ghent",
    case_number="20260815",
    declared_on=date(2026, 11, 20),
    evidence="Belgian official journal of 21 November 2026, page 12",
)


async def test_an_insolvent_client(scene: Scene, make: Factories) -> None:
    colleague = await make.member()
    same = await make.organisation(
        colleague, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    await make.issued_invoice(colleague, same)
    stranger = await make.member()
    await scene.run("invoicing.make_documents")
    async with scene.by(scene.member) as work:
        with pytest.raises(Forbidden):
            await commands.flag_insolvent(work, scene.client.id, FLAG)
    async with scene.by(scene.treasurer) as work:
        await commands.flag_insolvent(work, scene.client.id, FLAG)
        with pytest.raises(AlreadyFlagged):
            await commands.flag_insolvent(work, same.id, FLAG)
        with pytest.raises(BundleNotReady):
            await queries.proof_bundle(work, scene.client.id)
    warned = {one.to for one in await make.letters() if "is insolvent" in one.subject}
    assert warned == {scene.member.email, colleague.email}
    assert stranger.email not in warned
    async with scene.by(colleague) as work:
        answer = await fund.give_quote(
            work, QuoteIn(client_id=same.id, amount="500.00", currency="EUR")
        )
        assert not answer.guaranteed
        assert "insolvent" in answer.reasons[0]
        assert (await queries.insolvency(work, same.id)).case_number == "20260815"
    assert await scene.run("receivables.bundle_proofs") == 1
    async with scene.by(scene.treasurer) as work:
        _, packed = await queries.proof_bundle(work, scene.client.id)
        names = set(zipfile.ZipFile(io.BytesIO(packed)).namelist())
        assert "README.txt" in names
        assert any(name.endswith("acceptance.csv") for name in names)
        assert any(name.startswith("invoices/") and name.endswith(".pdf") for name in names)
        assert any(name.startswith("statement-") for name in names)
        with pytest.raises(SecondPersonNeeded):
            await commands.lift_insolvency(work, scene.client.id, "A mistake")
    async with scene.by(scene.second) as work:
        await commands.lift_insolvency(work, scene.client.id, "The court took it back")
    async with scene.by(colleague) as work:
        assert (await queries.insolvency(work, same.id)).state == "lifted"
    await scene.sound()

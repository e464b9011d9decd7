"""Where each cent went, the year, payroll, and orders for clients and suppliers."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.core.errors import Conflict, Forbidden, Invalid
from guild.core.money import Money
from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import post
from guild.ledger.queries import balance_of
from guild.members.models import Member
from guild.treasury import commands, jobs, queries
from guild.treasury.commands.orders import Payee
from guild.treasury.errors import (
    IncomeNotFound,
    NotAvailable,
    OwnPayout,
    UnknownPayrollCountry,
)
from guild.treasury.rules.payroll import COUNTRIES, template_of
from guild.treasury.rules.whereabouts import Piece, consume
from guild.treasury.schemas import EmploymentIn, IncomeOut, RejectIn, WhereaboutsOut
from tests.camt import Move
from tests.conftest import Clock
from tests.features.treasury.conftest import Desk


async def paid_invoice(
    desk: Desk, member: Member, net: str, gross: int, reference: str, *, again: bool = False
) -> Any:
    """An invoice that its client has paid in full."""
    issued = await desk.invoice(net, f"Client of {net}", member, again=again)
    await desk.bring_in(desk.statement(Move(cents=gross, reference=reference, name="Client")))
    async with begin_work(desk.system, desk.treasurer()) as work:
        for entry in (await queries.entries(work, state="open")).items:
            await commands.confirm_match(work, entry.id, issued.id)
    return issued


async def where(desk: Desk, member: Member) -> list[WhereaboutsOut]:
    async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
        return await queries.whereabouts(work, member.id, "EUR")


async def year(desk: Desk, member: Member, number: int = 2026) -> IncomeOut:
    async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
        return (await queries.income_of(work, member.id, number)).currencies[0]


def adds_up(one: WhereaboutsOut) -> None:
    taken = sum(Decimal(share.amount) for share in one.shares)
    assert Decimal(one.received) == Decimal(one.vat) + Decimal(one.net)
    yours = Decimal(one.net) - taken
    yours += Decimal(one.advance) + Decimal(one.interest) + Decimal(one.corrections)
    assert yours == Decimal(one.yours)
    paid = sum((Decimal(piece.amount) for piece in one.paid_out), Decimal(0))
    assert paid + Decimal(one.left) == Decimal(one.yours)


async def test_where_did_my_thousand_euro_go(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee(1)
    clock.advance(hours=73)
    await paid_invoice(desk, member, "1000.00", 121_000, "A1")
    await paid_invoice(desk, member, "333.33", 40_333, "A2", again=True)
    asked = await desk.approve(await desk.ask(member, "1000.00"))
    found = await where(desk, member)
    assert [one.net for one in found] == ["333.33", "1000.00"]
    for one in found:
        adds_up(one)
    first = found[1]
    assert (first.received, first.vat, first.yours) == ("1210.00", "210.00", "935.00")
    assert {share.code: share.amount for share in first.shares} == {
        "fund_guarantee": "16.25", "fund_sickness": "22.75", "fund_solidarity": "6.50",
        "fund_operations": "19.50",
    }  # fmt: skip
    assert all(share.rule is not None and share.rule.charter_version == 1 for share in first.shares)
    assert first.rule.url.endswith("/charter?at=2026-11-26#c-levy")
    # The oldest money left first: the cent before, then all of the first invoice.
    assert [(one.number, one.amount) for one in first.paid_out] == [(asked.number, "935.00")]
    assert (first.left, found[0].paid_out[0].amount) == ("0.00", "64.99")
    assert await desk.wrong() == []


async def test_a_year_adds_up_and_is_printed_once(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee(5_000)
    clock.advance(hours=73)
    await paid_invoice(desk, member, "1000.00", 121_000, "A1")
    await desk.approve(await desk.ask(member, "500.00"))
    shown = await year(desk, member)
    assert (shown.invoiced_net, shown.received_net) == ("1000.00", "1000.00")
    assert (shown.earned, shown.corrections, shown.paid_out) == ("985.00", "50.00", "500.00")
    assert (shown.opening, shown.closing) == ("0.00", "485.00")
    assert sum(Decimal(share.amount) for share in shown.shares) == Decimal("65.00")
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        with pytest.raises(Conflict, match="not over"):
            await commands.ask_for_statement(work, member.id, 2026)
        with pytest.raises(IncomeNotFound):
            await queries.income_of(work, member.id, 2027)
    clock.set(datetime(2027, 1, 15, 9, 0, tzinfo=UTC))
    assert (await year(desk, member, 2027)).opening == "485.00"
    for _ in range(2):
        async with begin_work(desk.system, desk.make.actor(member)) as work:
            await commands.ask_for_statement(work, member.id, 2026)
        async with begin_work(desk.system, SYSTEM) as work:
            await jobs.make_income_statement(work, member_id=member.id, year=2026)
    async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
        name, pdf = await queries.income_document(work, member.id, 2026)
    assert name == "income-2026.pdf"
    assert pdf.startswith(b"%PDF")
    letters = [one.subject for one in await desk.make.letters()]
    assert letters.count("Your income statement for 2026") == 1


async def test_another_members_year_is_absent(desk: Desk) -> None:
    member, other = await desk.make.member(), await desk.make.member()
    async with begin_work(desk.system, desk.make.actor(other), read_only=True) as work:
        with pytest.raises(IncomeNotFound):
            await queries.income_of(work, member.id, 2026)
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert (await queries.income_of(work, member.id, 2026)).currencies == []


async def employed(desk: Desk, member: Member, **said: Any) -> None:
    async with begin_work(desk.system, desk.treasurer()) as work:
        entered = EmploymentIn(
            **{"country": "BE", "number": "E-17", "since": date(2026, 11, 1), **said}
        )
        await commands.note_employment(work, member.id, entered)


async def test_the_payroll_agrees_with_the_ledger(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee(200_000)
    idle = await desk.make.member(legal_name="=Formula")
    clock.advance(hours=73)
    await employed(desk, member)
    await employed(desk, idle, number="E-18")
    await desk.approve(await desk.ask(member, "1234.50"))
    await desk.approve(await desk.ask(member, "100.00"), [1])
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        shown, content = await commands.payroll(work, "BE", "2026-11")
        empty, _ = await commands.payroll(work, "BE", "2026-12")
    assert (shown.total, shown.ledger, empty.rows) == ("1234.50", "1234.50", [])
    assert shown.rows == [["E-17", member.legal_name, "202611", "1010", "1234,50", "EUR"]]
    assert shown.left_out == ["E-18 =Formula: nothing was paid out"]
    assert content.decode("utf-8-sig").splitlines()[1].startswith("E-17;")


@pytest.mark.parametrize("country", COUNTRIES)
def test_each_country_has_a_template(country: str) -> None:
    template = template_of(country, date(2026, 11, 1))
    assert template.source
    assert [column.field for column in template.columns].count("amount") == 1
    with pytest.raises(UnknownPayrollCountry):
        template_of(country, date(2020, 1, 1))


async def test_what_cannot_be_exported_is_said(desk: Desk) -> None:
    member = await desk.make.member()
    async with begin_work(desk.system, desk.treasurer()) as work:
        for country, month in (("ES", "2026-11"), ("BE", "2026-13"), ("BE", "2019-01")):
            with pytest.raises(UnknownPayrollCountry):
                await commands.payroll(work, country, month)
    await employed(desk, member)
    with pytest.raises(Invalid, match="employed since"):
        await employed(desk, member, since=date(2026, 12, 1))
    with pytest.raises(Forbidden):
        await employed(desk, desk.treasurers[0])
    await employed(desk, member, until=date(2026, 11, 30))
    await employed(desk, member, since=date(2026, 12, 1), country="FR")


class TestOrders:
    """A client's money goes back where it came from; a supplier is paid on its day; once."""

    async def paid_too_much(self, desk: Desk) -> tuple[Any, Any, Member]:
        member = await desk.make.member()
        issued = await desk.invoice("1000.00", "Payer bv", member)
        move = Move(cents=131_000, reference="R1", name="Payer bv", iban="NL91ABNA0417164300")
        await desk.bring_in(desk.statement(move))
        async with begin_work(desk.system, desk.treasurer()) as work:
            (entry,) = (await queries.entries(work, state="open")).items
            await commands.confirm_match(work, entry.id, issued.id)
            from guild.invoicing.models import Invoice  # noqa: PLC0415

            client = (await work.session.get_one(Invoice, issued.id)).client_id
        return entry, client, member

    async def refund(self, desk: Desk, minor: int, refund_id: UUID, *of: Any) -> Any:
        entry, client, member = of
        async with begin_work(desk.system, desk.treasurer()) as work:
            return await commands.order_refund(
                work,
                organisation_id=client,
                refund_id=refund_id,
                amount=Money(minor, "EUR"),
                entry_id=entry.id,
                requested_by=desk.treasurers[0].id,
                concerns=member.id,
                text="Paid too much",
            )

    async def test_a_refund_goes_back_to_the_account_it_came_from(
        self, desk: Desk, clock: Clock
    ) -> None:
        of = await self.paid_too_much(desk)
        with pytest.raises(NotAvailable):
            await self.refund(desk, 10_001, uuid4(), *of)
        refund_id = uuid4()
        order = await self.refund(desk, 10_000, refund_id, *of)
        assert await self.refund(desk, 10_000, refund_id, *of) == order, "once per refund"
        async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
            asked = await queries.payout(work, order)
        assert (asked.member_id, asked.member_name, asked.payee_iban_last4) == (
            None, "Payer bv", "4300",
        )  # fmt: skip
        own = await desk.make.member(roles=[Role.TREASURER], vat_number="BE0403019261")
        for deed in (
            lambda work: commands.approve_payout(work, order),
            lambda work: commands.reject_payout(work, order, RejectIn(reason="It is mine")),
        ):
            with pytest.raises(OwnPayout, match="your own firm"):
                async with begin_work(desk.system, desk.make.actor(own)) as work:
                    await deed(work)
        await desk.approve(asked)
        async with begin_work(desk.system, desk.treasurer()) as work:
            (batch,) = await commands.make_payment_batches(work)
            content = await queries.batch_file(work, batch.id)
        assert b"NL91ABNA0417164300" in content
        await desk.bring_in(
            desk.statement(Move(cents=-10_000, reference="R2", end_to_end_id=order.hex))
        )
        async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
            assert (await queries.payout(work, order)).state == "settled"
            assert (await balance_of(work, Account("client_credit", of[1]))).minor == 0
        assert await desk.wrong() == []

    async def test_a_supplier_is_paid_on_its_day_with_its_own_reference(
        self, desk: Desk, clock: Clock
    ) -> None:
        supplier, invoice, member = uuid4(), uuid4(), await desk.make.member()
        amount = Money(12_100, "EUR")
        async with begin_work(desk.system, desk.treasurer()) as work:
            await post(
                work, kind="test_bought", text="Paper",
                lines=[debit("opening", amount), credit("payable", amount, supplier)],
            )  # fmt: skip
        for _ in range(2):
            async with begin_work(desk.system, desk.treasurer()) as work:
                order = await commands.order_supplier_payment(
                    work,
                    supplier_id=supplier,
                    supplier_invoice_id=invoice,
                    amount=amount,
                    payee=Payee(
                        name="Paper nv", iban="BE68539007547034", reference="+++090/9337/55493+++"
                    ),
                    requested_by=desk.treasurers[0].id,
                    concerns=member.id,
                    pay_on=date(2026, 12, 10),
                )
        async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
            asked = await queries.payout(work, order)
        await desk.approve(asked)
        async with begin_work(desk.system, desk.treasurer()) as work:
            with pytest.raises(Conflict):
                await commands.make_payment_batches(work)
        clock.set(datetime(2026, 12, 9, 12, 0, tzinfo=UTC))
        async with begin_work(desk.system, desk.treasurer()) as work:
            (batch,) = await commands.make_payment_batches(work)
            content = await queries.batch_file(work, batch.id)
        assert batch.execute_on == date(2026, 12, 10)
        assert b"<Ref>090933755493</Ref>" in content
        assert await desk.wrong() == []

    async def test_a_wrong_reference_is_refused(self, desk: Desk) -> None:
        member = await desk.make.member()
        async with begin_work(desk.system, desk.treasurer()) as work:
            with pytest.raises(Invalid, match="check digits"):
                await commands.order_supplier_payment(
                    work, supplier_id=uuid4(), supplier_invoice_id=uuid4(),
                    amount=Money(1, "EUR"), requested_by=desk.treasurers[0].id, concerns=member.id,
                    payee=Payee(name="x", iban="BE68539007547034", reference="090933755494"),
                )  # fmt: skip


subjects = st.sampled_from([None, *(UUID(int=n) for n in range(1, 5))])


@given(st.lists(st.tuples(subjects, st.integers(-1_000, 1_000)), max_size=40))
def test_the_oldest_money_leaves_first_and_nothing_is_lost(moves: list[Any]) -> None:
    pieces = [
        Piece(id=UUID(int=1_000 + n), subject=subject, minor=minor)
        for n, (subject, minor) in enumerate(moves)
    ]
    takes = consume(pieces)
    assert all(take.minor > 0 for take in takes)
    for piece in pieces:
        assert sum(take.minor for take in takes if take.by == piece.id) <= max(0, -piece.minor)
    for subject in {piece.subject for piece in pieces}:
        filled = sum(one.minor for one in pieces if one.subject == subject and one.minor > 0)
        assert sum(take.minor for take in takes if take.subject == subject) <= filled

"""Drafting, issuing, paying and crediting: what the books, the numbers and the facts say after."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.contracts.models import Milestone
from guild.core.errors import Forbidden, IllegalMove, Invalid, StaleVersion
from guild.core.events import EventRow
from guild.core.ids import InvoiceId, new_id
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands
from guild.invoicing.einvoice.build import einvoice_of
from guild.invoicing.errors import (
    ContractNotSigned,
    CreditTooLarge,
    DatesOutOfOrder,
    EInvoiceRefused,
    InvoiceNotFound,
    NothingToInvoice,
    PaymentTooLarge,
    VatUndecided,
)
from guild.invoicing.models import INVOICE_LIFECYCLE, Invoice
from guild.invoicing.queries import frozen_invoice, get_invoice
from guild.invoicing.schemas import DraftChange
from guild.ledger.chart import Account
from tests.features.invoicing.conftest import BELGIAN, FRENCH, Bench
from tests.features.invoicing.test_einvoice import cii_complaints, ubl_complaints
from tests.golden.statements_counted import counted

SUSPENSE = Account("suspense")


async def facts(bench: Bench, kind: str) -> list[dict[str, Any]]:
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        rows = await work.session.scalars(
            select(EventRow.body).where(EventRow.kind == kind).order_by(EventRow.id)
        )
        return list(rows)


async def pay(bench: Bench, invoice_id: InvoiceId, amount: str, day: date) -> None:
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.record_payment(work, invoice_id, Money.parse(amount, "EUR"), SUSPENSE, day)


async def row(bench: Bench, invoice_id: InvoiceId) -> Invoice:
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        return await work.session.get_one(Invoice, invoice_id, populate_existing=True)


async def test_a_draft_is_made_of_accepted_milestones(bench: Bench) -> None:
    contract, member = await bench.accepted()
    invoice_id = await bench.draft(contract, member, order_reference="PO 7715")
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        shown = await get_invoice(work, invoice_id)
    assert (shown.state, shown.number, shown.due_on) == ("draft", None, None)
    assert (shown.net, shown.vat_total, shown.total) == ("400.00", "84.00", "484.00")
    assert [line.text for line in shown.lines] == ["Sketches"]
    assert shown.order_reference == "PO 7715"
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        state = await work.session.scalar(
            select(Milestone.state).where(
                Milestone.contract_id == contract.id, Milestone.position == 1
            )
        )
    assert state == "invoiced"
    assert await facts(bench, "InvoiceIssued") == []
    with pytest.raises(NothingToInvoice):
        await bench.draft(contract, member)


async def test_a_draft_needs_a_signed_contract_of_ones_own(bench: Bench) -> None:
    member = await bench.make.member()
    sent = await bench.make.sent_contract(member)
    with pytest.raises(ContractNotSigned):
        await bench.draft(sent, member)
    with pytest.raises(InvoiceNotFound):
        await bench.draft(sent, await bench.make.member())


async def test_issuing_numbers_posts_and_tells(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        issued = await commands.issue_invoice(work, invoice_id)
    assert issued.number == "2026-0001"
    assert issued.total == "1210.00"
    assert issued.issued_on == date(2026, 11, 23)
    assert issued.due_on == date(2026, 12, 23)
    assert await bench.balance("receivable", contract.client_id) == 121_000
    assert await bench.balance("vat_payable") == 21_000
    assert await bench.balance("member_pending", member.id) == 100_000
    (fact,) = await facts(bench, "InvoiceIssued")
    assert fact["number"] == "2026-0001"
    assert (fact["net_minor"], fact["vat_minor"], fact["total_minor"]) == (100_000, 21_000, 121_000)
    stored = await row(bench, invoice_id)
    assert stored.seller is not None
    assert stored.seller["name"] == "Guild Example Cooperative"
    assert stored.pending_net_minor == 100_000
    assert await bench.broken() == []


async def test_issuing_twice_and_strangers_are_refused(bench: Bench) -> None:
    contract, member = await bench.accepted()
    invoice_id = await bench.draft(contract, member)
    stranger = await bench.make.member()
    for actor in (bench.make.actor(stranger),):
        with pytest.raises(InvoiceNotFound):
            async with begin_work(bench.system, actor) as work:
                await commands.issue_invoice(work, invoice_id)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.issue_invoice(work, invoice_id)
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.issue_invoice(work, invoice_id)
    with pytest.raises(InvoiceNotFound):
        async with begin_work(bench.system, SYSTEM) as work:
            await commands.issue_invoice(work, InvoiceId(new_id()))
    assert await bench.broken() == []


async def test_a_refused_issue_takes_no_number(bench: Bench) -> None:
    member = await bench.make.member()
    town = await bench.make.organisation(member, kind="public_body", enterprise_number="0207500123")
    contract, _ = await bench.accepted(member, town)
    invoice_id = await bench.draft(contract, member)
    with pytest.raises(EInvoiceRefused) as refused:
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.issue_invoice(work, invoice_id)
    assert refused.value.facts["rule"] == "PEPPOL-EN16931-R003"
    assert refused.value.field == "buyer_reference"
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        change = DraftChange(row_version=1, order_reference="4500012345")
        await commands.edit_draft(work, invoice_id, change)
        issued = await commands.issue_invoice(work, invoice_id)
    assert issued.number == "2026-0001"
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.edit_draft(work, invoice_id, DraftChange(row_version=2))


async def test_editing_answers_the_version_and_decides_the_tax_again(bench: Bench) -> None:
    contract, member = await bench.accepted()
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.edit_draft(
            work, invoice_id, DraftChange(row_version=1, treatment="exempt_activity")
        )
        shown = await get_invoice(work, invoice_id)
    assert (shown.total, shown.vat[0].category) == ("400.00", "E")
    assert shown.row_version == 2
    with pytest.raises(StaleVersion):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.edit_draft(work, invoice_id, DraftChange(row_version=1))
    with pytest.raises(Invalid):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.edit_draft(
                work, invoice_id, DraftChange(row_version=2, delivered_on=date(2027, 1, 1))
            )


TOWN = {"kind": "public_body", "enterprise_number": "0207500123"}


@pytest.mark.parametrize(
    ("client", "exempt", "given", "category", "total"),
    [
        (BELGIAN, False, {}, "S", "484.00"),
        (FRENCH, False, {}, "AE", "400.00"),
        ({"kind": "consumer"}, False, {}, "S", "484.00"),
        ({"kind": "consumer", "country": "DE"}, False, {}, "S", "484.00"),
        ({"kind": "consumer"}, True, {}, "E", "400.00"),
        (TOWN, False, {"order_reference": "4500012345"}, "S", "484.00"),
        ({"country": "CH"}, False, {}, "O", "400.00"),
        ({"country": "CH"}, False, {"supply": "goods"}, "G", "400.00"),
        (FRENCH, False, {"supply": "goods"}, "K", "400.00"),
        (BELGIAN, False, {"treatment": "zero_rated"}, "Z", "400.00"),
        (BELGIAN, False, {"treatment": "exempt_activity"}, "E", "400.00"),
        (BELGIAN, False, {"treatment": "outside_scope"}, "O", "400.00"),
    ],
)
async def test_each_kind_of_client_is_taxed_by_its_rule(
    bench: Bench,
    client: dict[str, Any],
    *,
    exempt: bool,
    given: dict[str, Any],
    category: str,
    total: str,
) -> None:
    """What is issued and what is credited hold the official rules, from the stored rows."""
    member = await bench.make.member(vat_exempt=exempt)
    organisation = await bench.make.organisation(member, **client)
    contract, _ = await bench.accepted(member, organisation)
    invoice_id = await bench.draft(contract, member, **given)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        issued = await commands.issue_invoice(work, invoice_id)
        note = await commands.credit_invoice(
            work, invoice_id, "Half of it", net=Money.parse("199.99", "EUR")
        )
        await work.write()
        shown = await get_invoice(work, invoice_id)
        documents = [await frozen_invoice(work, one) for one in (invoice_id, note.id)]
    assert issued.total == total
    assert [one.category for one in shown.vat] == [category]
    assert bool(shown.vat[0].reason) is (category != "S")
    for document in documents:
        einvoice = einvoice_of(document.frozen)
        assert ubl_complaints(einvoice) == []
        assert cii_complaints(einvoice) == []
    assert await bench.broken() == []


async def test_a_foreign_business_without_number_is_refused(bench: Bench) -> None:
    member = await bench.make.member()
    client = await bench.make.organisation(member, country="FR")
    contract, _ = await bench.accepted(member, client)
    with pytest.raises(VatUndecided) as refused:
        await bench.draft(contract, member)
    assert refused.value.field == "client.vat_number"


async def test_tax_is_decided_by_the_facts_of_the_day_of_issue(bench: Bench) -> None:
    contract, member = await bench.accepted()
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, SYSTEM) as work:
        await work.session.execute(
            text("UPDATE member SET vat_exempt = true WHERE id = :id"), {"id": member.id}
        )
    async with begin_work(bench.system, SYSTEM) as work:
        issued = await commands.issue_invoice(work, invoice_id)
    assert issued.total == "400.00"
    assert await bench.broken() == []


async def test_dates_of_a_series_never_go_back(bench: Bench, clock: Any) -> None:
    first, second = await bench.draft(), await bench.draft()
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.issue_invoice(work, first)
    clock.advance(days=-1)
    with pytest.raises(DatesOutOfOrder):
        async with begin_work(bench.system, SYSTEM) as work:
            await commands.issue_invoice(work, second)


async def test_a_new_year_begins_a_new_series(bench: Bench, clock: Any) -> None:
    first, second = await bench.draft(), await bench.draft()
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.issue_invoice(work, first)
    clock.advance(days=40)
    async with begin_work(bench.system, SYSTEM) as work:
        issued = await commands.issue_invoice(work, second)
    assert issued.number == "2027-0001"
    assert await bench.broken() == []


async def test_a_batch_is_issued_in_its_order(bench: Bench) -> None:
    ids = [await bench.draft() for _ in range(3)]
    async with begin_work(bench.system, SYSTEM) as work:
        issued = await commands.issue_invoices(work, list(reversed(ids)))
    assert [one.id for one in issued] == list(reversed(ids))
    assert [one.number for one in issued] == ["2026-0001", "2026-0002", "2026-0003"]
    assert await bench.broken() == []


async def test_sixteen_writers_leave_no_gap(committed_bench: Bench) -> None:
    """Real commits, all at once, a third of them rolled back after taking their number."""
    bench = committed_bench
    member = await bench.make.member()
    client = await bench.make.organisation(member, **BELGIAN)
    ids = []
    for _ in range(16):
        contract, _ = await bench.accepted(member, client)
        ids.append(await bench.draft(contract, member))

    async def issue(position: int, invoice_id: InvoiceId) -> str | None:
        try:
            async with begin_work(bench.system, SYSTEM) as work:
                issued = await commands.issue_invoice(work, invoice_id)
                if position % 3 == 0:
                    await work.write()
                    work.require(right=False)
        except Forbidden:
            return None
        return issued.number

    numbers = await asyncio.gather(*(issue(n, one) for n, one in enumerate(ids)))
    kept = sorted(number for number in numbers if number)
    assert kept == [f"2026-{n:04d}" for n in range(1, len(kept) + 1)]
    assert len(kept) == 10
    assert await bench.broken() == []


async def test_one_draft_is_issued_once_by_many(committed_bench: Bench) -> None:
    bench = committed_bench
    invoice_id = await bench.draft()

    async def issue() -> bool:
        try:
            async with begin_work(bench.system, SYSTEM) as work:
                await commands.issue_invoice(work, invoice_id)
        except IllegalMove:
            return False
        return True

    assert sum(await asyncio.gather(*(issue() for _ in range(8)))) == 1
    assert await bench.broken() == []


async def test_issuing_many_costs_no_more_statements_than_one(committed_bench: Bench) -> None:
    """The hot path: one read, one counter, and all writing in the Work's single statement."""
    bench = committed_bench
    ids = [await bench.draft() for _ in range(4)]
    counts = []
    for batch in (ids[:1], ids[1:]):
        with counted(bench.system.engine) as seen:
            async with begin_work(bench.system, SYSTEM) as work:
                await commands.issue_invoices(work, batch)
        counts.append(len(seen))
        own = [one for one in seen if "FROM invoice i" in one or "number_series" in one]
        assert len(own) == 2
    assert counts[0] == counts[1]
    assert await bench.broken() == []


# ---- payments ---------------------------------------------------------------------------------


async def test_partial_payments_release_the_net_exactly(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.issue_invoice(work, invoice_id)
    day = date(2026, 12, 1)
    await pay(bench, invoice_id, "100.01", day)
    assert (await row(bench, invoice_id)).state == "partly_paid"
    await pay(bench, invoice_id, "333.33", day)
    await pay(bench, invoice_id, "776.66", day + timedelta(days=3))
    paid = await row(bench, invoice_id)
    assert (paid.state, paid.open_minor, paid.pending_net_minor) == ("paid", 0, 0)
    assert paid.settled_on == date(2026, 12, 4)
    recorded = await facts(bench, "PaymentRecorded")
    assert [fact["settled"] for fact in recorded] == [False, False, True]
    assert sum(fact["net_minor"] for fact in recorded) == 100_000
    assert recorded[0]["net_minor"] == 8265  # 100.01 of 1,210.00 is 82.653 of 1,000.00
    assert await bench.balance("receivable", contract.client_id) == 0
    assert await bench.broken() == []


async def test_two_payments_of_one_work_see_each_other(bench: Bench) -> None:
    invoice_id = await bench.issued()
    async with begin_work(bench.system, SYSTEM) as work:
        for amount in ("210.00", "1000.00"):
            await commands.record_payment(
                work, invoice_id, Money.parse(amount, "EUR"), SUSPENSE, work.today
            )
    assert (await row(bench, invoice_id)).state == "paid"
    assert await bench.broken() == []


async def test_wrong_payments_are_refused(bench: Bench) -> None:
    invoice_id = await bench.issued()
    day = date(2026, 12, 1)
    with pytest.raises(PaymentTooLarge) as refused:
        await pay(bench, invoice_id, "1210.01", day)
    assert refused.value.facts["open"] == "1210.00"
    with pytest.raises(Invalid):
        async with begin_work(bench.system, SYSTEM) as work:
            await commands.record_payment(work, invoice_id, Money(100, "USD"), SUSPENSE, day)
    with pytest.raises(InvoiceNotFound):
        await pay(bench, InvoiceId(new_id()), "1.00", day)
    await pay(bench, invoice_id, "1210.00", day)
    with pytest.raises(IllegalMove):
        await pay(bench, invoice_id, "1.00", day)
    draft = await bench.draft()
    with pytest.raises(IllegalMove):
        await pay(bench, draft, "1.00", day)


# ---- credit notes -----------------------------------------------------------------------------


async def test_a_whole_credit_note_takes_the_invoice_back(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.issue_invoice(work, invoice_id)
        note = await commands.credit_invoice(work, invoice_id, "Wrong client")
    assert (note.kind, note.number, note.total) == ("credit_note", "CN-2026-0001", "1210.00")
    assert (await row(bench, invoice_id)).state == "credited"
    for code, owner in (
        ("receivable", contract.client_id),
        ("vat_payable", None),
        ("member_pending", member.id),
    ):
        assert await bench.balance(code, owner) == 0
    (fact,) = await facts(bench, "InvoiceCredited")
    assert (fact["pending_net_minor"], fact["released_net_minor"]) == (100_000, 0)
    assert await bench.broken() == []
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.credit_invoice(work, invoice_id, "Again")


async def test_lines_and_amounts_are_credited_up_to_the_invoice(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.issue_invoice(work, invoice_id)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        first = await commands.credit_invoice(work, invoice_id, "Not delivered", lines=[1])
        second = await commands.credit_invoice(
            work, invoice_id, "Late", net=Money.parse("99.99", "EUR")
        )
    assert (first.net, first.total) == ("400.00", "484.00")
    assert (second.number, second.total) == ("CN-2026-0002", "120.99")
    for refused, given in (
        (CreditTooLarge, {"lines": [1]}),
        (CreditTooLarge, {"net": Money.parse("500.02", "EUR")}),
        (Invalid, {"lines": [7]}),
        (Invalid, {"lines": [2], "net": Money.parse("1.00", "EUR")}),
        (Invalid, {"net": Money(100, "USD")}),
    ):
        with pytest.raises(refused):
            async with begin_work(bench.system, bench.make.actor(member)) as work:
                await commands.credit_invoice(work, invoice_id, "Too much", **given)  # type: ignore[arg-type]
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        rest = await commands.credit_invoice(work, invoice_id, "All of it")
    assert rest.total == "605.01"
    assert (await row(bench, invoice_id)).state == "credited"
    assert await bench.balance("receivable", contract.client_id) == 0
    assert await bench.balance("vat_payable") == 0
    assert await bench.broken() == []


async def test_what_was_paid_becomes_the_clients_credit(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.issue_invoice(work, invoice_id)
    await pay(bench, invoice_id, "605.00", date(2026, 12, 1))
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.credit_invoice(work, invoice_id, "Cancelled")
    (fact,) = await facts(bench, "InvoiceCredited")
    assert (fact["pending_net_minor"], fact["released_net_minor"]) == (50_000, 50_000)
    assert await bench.balance("receivable", contract.client_id) == 0
    assert await bench.balance("client_credit", contract.client_id) == 60_500
    assert await bench.balance("vat_payable") == 0
    assert await bench.balance("member_pending", member.id) == 0
    assert await bench.balance("member_available", member.id) == 0
    assert await bench.broken() == []


async def test_a_credit_of_the_rest_settles_the_invoice(bench: Bench) -> None:
    invoice_id = await bench.issued()
    await pay(bench, invoice_id, "1149.50", date(2026, 12, 1))
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.credit_invoice(work, invoice_id, "Rebate", net=Money.parse("50.00", "EUR"))
    settled = await row(bench, invoice_id)
    assert (settled.state, settled.open_minor, settled.pending_net_minor) == ("paid", 0, 0)
    assert await bench.broken() == []


async def test_only_the_member_or_the_treasurer_credits(bench: Bench) -> None:
    invoice_id = await bench.issued()
    treasurer = await bench.make.member(roles=["treasurer"])
    auditor = await bench.make.member(roles=["auditor"])
    with pytest.raises(Forbidden):
        async with begin_work(bench.system, bench.make.actor(auditor)) as work:
            await commands.credit_invoice(work, invoice_id, "No")
    stranger = await bench.make.member()
    with pytest.raises(InvoiceNotFound):
        async with begin_work(bench.system, bench.make.actor(stranger)) as work:
            await commands.credit_invoice(work, invoice_id, "No")
    async with begin_work(bench.system, bench.make.actor(treasurer)) as work:
        await commands.credit_invoice(work, invoice_id, "Agreed with the member")


async def test_a_draft_is_not_credited_nor_a_credit_note(bench: Bench) -> None:
    draft = await bench.draft()
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, SYSTEM) as work:
            await commands.credit_invoice(work, draft, "No")
    invoice_id = await bench.issued()
    async with begin_work(bench.system, SYSTEM) as work:
        note = await commands.credit_invoice(work, invoice_id, "Yes")
    with pytest.raises(InvoiceNotFound):
        async with begin_work(bench.system, SYSTEM) as work:
            await commands.credit_invoice(work, note.id, "No")
    with pytest.raises(InvoiceNotFound):
        await pay(bench, note.id, "1.00", date(2026, 12, 1))


async def test_credits_and_payments_at_once_never_exceed_the_invoice(
    committed_bench: Bench,
) -> None:
    bench = committed_bench
    invoice_id = await bench.issued()

    async def attempt(number: int) -> None:
        try:
            async with begin_work(bench.system, SYSTEM) as work:
                if number % 2:
                    await commands.credit_invoice(
                        work, invoice_id, "Rebate", net=Money.parse("300.00", "EUR")
                    )
                else:
                    await commands.record_payment(
                        work, invoice_id, Money.parse("300.00", "EUR"), SUSPENSE, work.today
                    )
        except (PaymentTooLarge, CreditTooLarge, IllegalMove):
            pass

    await asyncio.gather(*(attempt(n) for n in range(12)))
    assert await bench.broken() == []


# ---- due dates --------------------------------------------------------------------------------


async def test_overdue_is_told_once_and_only_of_what_is_open(bench: Bench, clock: Any) -> None:
    late, paid = await bench.issued(), await bench.issued()
    await pay(bench, paid, "1210.00", date(2026, 12, 1))
    clock.advance(days=30)
    async with begin_work(bench.system, SYSTEM) as work:
        assert await commands.mark_overdue(work) == 0  # on the due date it is still in time
    clock.advance(days=1)
    for found in (1, 0):
        async with begin_work(bench.system, SYSTEM) as work:
            assert await commands.mark_overdue(work) == found
    assert [fact["invoice_id"] for fact in await facts(bench, "InvoiceOverdue")] == [str(late)]
    assert (await row(bench, late)).overdue_on == date(2026, 12, 24)
    await pay(bench, late, "1210.00", date(2026, 12, 28))
    assert (await row(bench, late)).state == "paid"


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (state, action)
        for state in INVOICE_LIFECYCLE.states
        for action in INVOICE_LIFECYCLE.moves
        if not INVOICE_LIFECYCLE.may(state, action)
    ],
)
def test_illegal_moves(state: str, action: str) -> None:
    document = Invoice(state=state)
    with pytest.raises(IllegalMove):
        INVOICE_LIFECYCLE.move(document, action)
    assert document.state == state


# ---- the database guards itself ----------------------------------------------------------------


FORGERIES = [
    "UPDATE invoice SET total_minor = total_minor + 1, net_minor = net_minor + 1 WHERE id = :id",
    "UPDATE invoice SET number = '2026-0099' WHERE id = :id",
    "UPDATE invoice SET buyer = '{}'::jsonb WHERE id = :id",
    "UPDATE invoice SET issued_on = issued_on - 1 WHERE id = :id",
    "UPDATE invoice SET state = 'draft', number = NULL WHERE id = :id",
    "UPDATE invoice SET reason = 'x' WHERE id = :id",
    "UPDATE invoice SET paid_minor = total_minor + 1 WHERE id = :id",
    "UPDATE invoice SET state = 'paid' WHERE id = :id",
    "UPDATE invoice SET credited_minor = total_minor + 1 WHERE id = :id",
    "DELETE FROM invoice WHERE id = :id",
    "UPDATE invoice_line SET net_minor = 1 WHERE invoice_id = :id",
    "DELETE FROM invoice_line WHERE invoice_id = :id",
    "UPDATE invoice_vat SET vat_minor = 0 WHERE invoice_id = :id",
    "DELETE FROM invoice_vat WHERE invoice_id = :id",
    "UPDATE number_series SET next = 1 WHERE :id IS NOT NULL",
    "UPDATE number_series SET last_date = '2020-01-01' WHERE :id IS NOT NULL",
    "DELETE FROM number_series WHERE :id IS NOT NULL",
    "UPDATE payment SET amount_minor = 1 WHERE invoice_id = :id",
    "DELETE FROM payment WHERE invoice_id = :id",
]


async def test_raw_sql_cannot_change_what_was_issued(bench: Bench) -> None:
    invoice_id = await bench.issued()
    await pay(bench, invoice_id, "10.00", date(2026, 12, 1))
    for forgery in FORGERIES:
        statement = text(forgery.replace(":id IS", "CAST(:id AS uuid) IS"))
        with pytest.raises(DBAPIError):
            async with begin_work(bench.system, SYSTEM) as work:
                await work.session.execute(statement, {"id": invoice_id})
    assert await bench.broken() == []


async def test_a_forged_sum_is_refused_when_issued(bench: Bench) -> None:
    invoice_id = await bench.draft()
    with pytest.raises(DBAPIError, match="add up"):
        async with begin_work(bench.system, SYSTEM) as work:
            await work.session.execute(
                text(
                    """UPDATE invoice SET state = 'issued', number = '2026-0001', sequence = 1,
                       series_year = 2026, issued_on = '2026-11-23', due_on = '2026-12-23',
                       seller = '{}', buyer = '{}', net_minor = 1, total_minor = 1 + vat_minor
                       WHERE id = :id"""
                ),
                {"id": invoice_id},
            )
    with pytest.raises(DBAPIError, match="draft"):
        async with begin_work(bench.system, SYSTEM) as work:
            await work.session.execute(
                text("UPDATE invoice SET state = 'paid' WHERE id = :id"), {"id": invoice_id}
            )

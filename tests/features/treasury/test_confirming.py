"""From a bank entry to its invoice: exact, part, too much, twice, wrong reference, nothing."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Forbidden, IllegalMove, Invalid
from guild.core.ids import BankEntryId, InvoiceId, OrganisationId
from guild.core.work import begin_work
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice
from guild.invoicing.schemas import IssuedOut
from guild.ledger.chart import Account
from guild.ledger.errors import BelowZero
from guild.ledger.queries import balance_of
from guild.treasury import commands, queries
from guild.treasury.errors import BankEntryNotFound, EntryAlreadyExplained, MatchTooLarge
from guild.treasury.schemas import BankEntryOut, BatchIn, ConfirmOut, ExplainIn, SuggestionOut
from tests.camt import Move
from tests.conftest import Clock
from tests.features.treasury.conftest import Desk


async def row(desk: Desk, invoice: IssuedOut) -> Invoice:
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await work.session.get_one(Invoice, invoice.id, populate_existing=True)


async def entries(desk: Desk, state: str = "open") -> list[BankEntryOut]:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return list((await queries.entries(work, state=state)).items)


async def suggested(desk: Desk, entry_id: BankEntryId) -> list[SuggestionOut]:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return await queries.suggestions(work, entry_id)


async def confirm(desk: Desk, entry_id: BankEntryId, invoice_id: UUID) -> ConfirmOut:
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await commands.confirm_match(work, entry_id, InvoiceId(invoice_id))


async def held(desk: Desk, code: str, owner: UUID | None = None) -> int:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return (await balance_of(work, Account(code, owner))).minor


def pays(cents: int, invoice: Invoice | None, name: str, ref: str = "R1", text: str = "") -> Move:
    reference = invoice.reference if invoice else ""
    return Move(cents=cents, reference=ref, name=name, structured=reference, text=text)


async def test_an_exact_payment_settles_the_invoice_and_leaves_suspense_empty(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    came = await desk.bring_in(desk.statement(pays(121_000, invoice, "PROEF EN ZOON")))
    assert came.suggested == 1
    (entry,) = await entries(desk, "suggested")
    (best,) = await suggested(desk, entry.id)
    assert (best.verdict, best.invoice_id, best.amount) == ("sure", invoice.id, "1210.00")
    assert best.reasons

    done = await confirm(desk, entry.id, invoice.id)
    assert (done.state, done.paid, done.surplus) == ("confirmed", "1210.00", "0.00")
    after = await row(desk, invoice)
    assert (after.state, after.open_minor) == ("paid", 0)
    assert await held(desk, "suspense") == 0
    assert await held(desk, "receivable", invoice.client_id) == 0
    # The fund's share is the charter's 6.5 %; the rest of the net sum can be paid out.
    assert await held(desk, "member_available", invoice.member_id) == 93_500
    assert await desk.wrong() == []


async def test_a_part_leaves_the_rest_open(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(desk.statement(pays(40_000, invoice, "Proef & Zoon")))
    (entry,) = await entries(desk)
    done = await confirm(desk, entry.id, invoice.id)
    assert (done.paid, done.surplus) == ("400.00", "0.00")
    after = await row(desk, invoice)
    assert (after.state, after.open_minor) == ("partly_paid", 81_000)
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []


async def test_a_surplus_becomes_the_clients_credit(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(desk.statement(pays(131_000, invoice, "Proef & Zoon")))
    (entry,) = await entries(desk)
    done = await confirm(desk, entry.id, invoice.id)
    assert (done.paid, done.surplus) == ("1210.00", "100.00")
    assert await held(desk, "client_credit", invoice.client_id) == 10_000
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []


async def test_a_double_payment_is_noticed_and_kept_for_the_client(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(
        desk.statement(
            pays(121_000, invoice, "Proef & Zoon", "R1"),
            pays(121_000, invoice, "Proef & Zoon", "R2"),
        )
    )
    first, second = await entries(desk, "suggested")
    await confirm(desk, first.id, invoice.id)
    (again,) = await suggested(desk, second.id)
    assert (again.verdict, again.amount) == ("paid_twice", "0.00")
    done = await confirm(desk, second.id, invoice.id)
    assert (done.paid, done.surplus) == ("0.00", "1210.00")
    assert await held(desk, "client_credit", invoice.client_id) == 121_000
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []


async def test_a_misreferenced_payment_is_suggested_by_sum_and_name(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Bramble Tram Company"))
    wrong_reference = Move(
        cents=121_000, reference="R1", name="BRAMBLE TRAM COMPANY", structured="090933755493"
    )
    await desk.bring_in(desk.statement(wrong_reference))
    (entry,) = await entries(desk, "suggested")
    (best,) = await suggested(desk, entry.id)
    assert (best.verdict, best.invoice_id) == ("likely", invoice.id)


async def test_two_candidates_are_never_preselected(desk: Desk) -> None:
    one = await desk.invoice("1000.00", "Bramble Tram Company")
    other = await desk.invoice("1000.00", "Bramble Tram Company")
    await desk.bring_in(
        desk.statement(Move(cents=121_000, reference="R1", name="Bramble Tram Company"))
    )
    (entry,) = await entries(desk, "unmatched")
    found = await suggested(desk, entry.id)
    assert {one.id, other.id} == {each.invoice_id for each in found}
    assert {each.verdict for each in found} == {"possible"}


async def test_an_unknown_payment_stays_in_suspense_until_a_person_explains_it(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(desk.statement(Move(cents=777, reference="R1", name="Nobody We Know")))
    (entry,) = await entries(desk, "unmatched")
    assert await suggested(desk, entry.id) == []
    assert await held(desk, "suspense") == 777
    assert await desk.wrong() == []
    async with begin_work(desk.system, desk.treasurer()) as work:
        said = ExplainIn(
            kind="client_credit", client_id=OrganisationId(invoice.client_id), note="Advance"
        )
        explained = await commands.explain_entry(work, entry.id, said)
    assert (explained.state, explained.explanation) == ("explained", "Advance")
    assert await held(desk, "client_credit", invoice.client_id) == 777
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []


async def test_bank_charges_leave_suspense(desk: Desk) -> None:
    await desk.bring_in(desk.statement(Move(cents=-1_250, reference="R1", text="Charges")))
    (entry,) = await entries(desk)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.explain_entry(work, entry.id, ExplainIn(kind="bank_fees", note="November"))
    assert await held(desk, "bank_fees") == 1_250
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []


async def test_what_does_not_fit_is_refused(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    await desk.bring_in(
        desk.statement(pays(121_000, invoice, "Proef & Zoon"), Move(cents=-121_000, reference="R2"))
    )
    paid, went_out = await entries(desk)
    with pytest.raises(MatchTooLarge):
        await confirm(desk, went_out.id, invoice.id)
    with pytest.raises(InvoiceNotFound):
        await confirm(desk, paid.id, UUID(int=5))
    with pytest.raises(BankEntryNotFound):
        await confirm(desk, BankEntryId(UUID(int=5)), invoice.id)
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(Invalid):
            await commands.explain_entry(
                work, paid.id, ExplainIn(kind="client_credit", note="whose?")
            )
    member = await desk.make.member()
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        with pytest.raises(Forbidden):
            await commands.confirm_match(work, paid.id, InvoiceId(invoice.id))
    await confirm(desk, paid.id, invoice.id)
    with pytest.raises(EntryAlreadyExplained, match=invoice.number):
        await confirm(desk, paid.id, invoice.id)
    with pytest.raises(DBAPIError, match="already explained"):
        async with begin_work(desk.system, desk.treasurer()) as work:
            await work.session.execute(text("UPDATE bank_entry SET state = 'unmatched'"))


async def test_confirmed_by_many_at_once_it_pays_once(real_desk: Desk) -> None:
    invoice = await row(real_desk, await real_desk.invoice("1000.00", "Proef & Zoon bv"))
    await real_desk.bring_in(real_desk.statement(pays(121_000, invoice, "Proef & Zoon")))
    (entry,) = await entries(real_desk)
    answers = await asyncio.gather(
        *(confirm(real_desk, entry.id, invoice.id) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, ConfirmOut) for answer in answers) == 1
    assert sum(isinstance(answer, EntryAlreadyExplained) for answer in answers) == 7
    assert (await row(real_desk, invoice)).paid_minor == 121_000
    assert await real_desk.wrong() == []


async def test_two_payments_of_one_invoice_at_once_pay_it_once(real_desk: Desk) -> None:
    invoice = await row(real_desk, await real_desk.invoice("1000.00", "Proef & Zoon bv"))
    await real_desk.bring_in(
        real_desk.statement(*(pays(121_000, invoice, "Proef & Zoon", f"R{n}") for n in range(6)))
    )
    waiting = await entries(real_desk)
    answers = await asyncio.gather(*(confirm(real_desk, one.id, invoice.id) for one in waiting))
    assert sorted(answer.paid for answer in answers) == ["0.00"] * 5 + ["1210.00"]
    assert await held(real_desk, "client_credit", invoice.client_id) == 5 * 121_000
    assert await held(real_desk, "suspense") == 0
    assert await real_desk.wrong() == []


async def test_a_payout_that_came_back_without_our_id_is_confirmed_by_a_person(
    desk: Desk, clock: Clock
) -> None:
    member, _ = await desk.payee()
    clock.advance(days=4)
    asked = await desk.approve(await desk.ask(member, "250.00"))
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.make_payment_batch(work, BatchIn())
    await desk.bring_in(desk.statement(Move(cents=-25_000, reference="OUT", name="A member")))
    (out,) = await entries(desk)

    async def is_payout(entry: BankEntryOut) -> ConfirmOut:
        async with begin_work(desk.system, desk.treasurer()) as work:
            return await commands.confirm_payout(work, entry.id, asked.id)

    await is_payout(out)
    await desk.bring_in(desk.statement(Move(cents=25_000, reference="BACK", name="A member")))
    (back,) = await entries(desk)
    await is_payout(back)
    assert await held(desk, "member_available", member.id) == 100_000
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []
    await desk.bring_in(desk.statement(Move(cents=25_000, reference="AGAIN", name="A member")))
    (twice,) = await entries(desk)
    with pytest.raises(IllegalMove):
        await is_payout(twice)


async def test_an_open_invoice_is_found_however_its_number_is_written(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef bv"))
    assert invoice.number
    written = invoice.number.replace("-", "/").lower()
    await desk.bring_in(desk.statement(pays(5_000, None, "PROEF", text=f"part of {written}")))
    (entry,) = await entries(desk)
    (best,) = await suggested(desk, entry.id)
    assert best.invoice_id == invoice.id
    assert any("pays 50.00" in reason for reason in best.reasons)


async def test_what_a_client_had_on_account_can_be_given_back_and_no_more(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Proef bv"))
    await desk.bring_in(desk.statement(pays(131_000, invoice, "Proef bv")))
    (entry,) = await entries(desk)
    await confirm(desk, entry.id, invoice.id)
    back = (
        Move(cents=-cents, reference=f"B{cents}", name="Proef bv") for cents in (10_001, 10_000)
    )
    await desk.bring_in(desk.statement(*back))
    by_sum = {one.amount: one.id for one in await entries(desk)}

    async def given_back(amount: str) -> None:
        said = ExplainIn(
            kind="client_credit", client_id=OrganisationId(invoice.client_id), note="Given back"
        )
        async with begin_work(desk.system, desk.treasurer()) as work:
            await commands.explain_entry(work, by_sum[amount], said)

    with pytest.raises(BelowZero):
        await given_back("-100.01")
    await given_back("-100.00")
    assert await held(desk, "client_credit", invoice.client_id) == 0
    assert await desk.wrong() == []

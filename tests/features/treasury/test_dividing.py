"""A batch booked as one sum gets its payments later (camt.054); nothing is booked twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.core.work import begin_work
from guild.treasury import commands, queries
from guild.treasury.models import BankEntry
from guild.treasury.schemas import ExplainIn
from tests.camt import Move
from tests.camt054 import camt054
from tests.features.treasury.conftest import COOP_IBAN, Desk
from tests.features.treasury.test_undoing import by, confirm, entries, held, row


def hidden(desk: Desk, cents: int, reference: str = "B1", payments: int = 2) -> bytes:
    """A statement that shows a batch as one sum."""
    whole = desk.statement(Move(cents=cents, reference=reference, text="Batch"))
    count = f"<NtryDtls><Btch><NbOfTxs>{payments}</NbOfTxs></Btch></NtryDtls><!--".encode()
    return whole.replace(b"<NtryDtls><TxDtls>", count).replace(b"</TxDtls></NtryDtls>", b"-->")


def notice(desk: Desk, *parts: Move, reference: str = "B1") -> bytes:
    batch = Move(cents=sum(one.cents for one in parts), reference=reference, parts=list(parts))
    return camt054(iban=COOP_IBAN, batch=batch, day=desk.day)


async def all_entries(desk: Desk) -> list[BankEntry]:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return list(await work.session.scalars(select(BankEntry).order_by(BankEntry.id)))


async def test_its_payments_take_its_place_and_pay_their_invoices(desk: Desk) -> None:
    one = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    two = await row(desk, await desk.invoice("500.00", "Bramble Tram Company"))
    statement = hidden(desk, 181_500)
    assert (await desk.bring_in(statement)).new_entries == 1
    told = notice(
        desk,
        Move(cents=121_000, reference="B1", name="Proef & Zoon", structured=one.reference),
        Move(cents=60_500, reference="B1", name="Bramble Tram Company", text=two.number or ""),
    )
    before = desk.at_bank
    came = await desk.bring_in(told)
    assert (came.notified, came.divided, came.new_entries) == (1, 1, 0)
    assert (await desk.bring_in(told)).divided == 0
    assert desk.at_bank == before
    batch, *parts = await all_entries(desk)
    assert (batch.state, batch.explanation) == ("divided", "A batch of 2 payments")
    assert {part.reference for part in parts} == {"B1:1", "B1:2"}
    assert {part.state for part in parts} == {"suggested"}
    assert await held(desk, "suspense") == 181_500
    assert await desk.wrong() == []
    for part, invoice in zip(parts, (one, two), strict=True):
        await confirm(desk, part.id, invoice.id)
        assert (await row(desk, invoice)).state == "paid"
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []
    # The same statement, in another file, books nothing.
    again = await desk.bring_in(statement.replace(b"<Document", b"<Document ", 1))
    assert again.new_entries == 0
    assert await desk.wrong() == []
    desk.day += timedelta(days=1)
    later = await desk.bring_in(desk.statement(Move(cents=100, reference="Z1", text="Next")))
    assert later.new_entries == 1
    assert await desk.wrong() == []


async def test_what_a_person_explained_stays_as_it_was_said(desk: Desk) -> None:
    await desk.bring_in(hidden(desk, 3_000))
    (entry,) = await entries(desk)
    said = ExplainIn(kind="other_income", note="Coffee money")
    await by(desk, 0, lambda work: commands.explain_entry(work, entry.id, said))
    came = await desk.bring_in(
        notice(desk, Move(cents=1_000, reference="B1", name="A", text="one"),
               Move(cents=2_000, reference="B1", name="B", text="two"))
    )  # fmt: skip
    assert (came.notified, came.divided) == (1, 0)
    (kept,) = await all_entries(desk)
    assert kept.state == "explained"
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        inside = await queries.payments_inside(work, entry.id)
    assert [(one.counterparty, one.amount) for one in inside] == [("A", "10.00"), ("B", "20.00")]
    assert await desk.wrong() == []


async def test_other_sums_and_unknown_bookings_divide_nothing(desk: Desk) -> None:
    await desk.bring_in(hidden(desk, 3_000))
    for reference, second in (("B1", 1_500), ("B9", 2_000)):
        parts = [Move(cents=cents, reference=reference, name="A", text="one")
                 for cents in (1_000, second)]  # fmt: skip
        told = notice(desk, *parts, reference=reference)
        assert (await desk.bring_in(told)).divided == 0
    assert len(await all_entries(desk)) == 1
    assert await desk.wrong() == []


async def test_the_database_takes_no_part_that_does_not_make_the_sum(desk: Desk) -> None:
    await desk.bring_in(hidden(desk, 3_000))
    copy = (
        "INSERT INTO bank_entry (id, statement_id, account_id, reference, amount_minor, currency, "
        "booked_on, valued_on, structured, text, counterparty, iban_last4, end_to_end_id, "
        "return_reason, state, explanation, parent_id) SELECT gen_random_uuid(), statement_id, "
        "account_id, 'X', amount_minor {}, currency, booked_on, valued_on, '', '', '', '', '', '', "
        "'unmatched', '', id FROM bank_entry"
    )
    for wrong in (" - 1", ""):  # another sum, and a batch that is not divided
        with pytest.raises(DBAPIError, match="comes with it"):
            await by(desk, 0, lambda work, wrong=wrong: work.session.execute(
                text(copy.format(wrong))))  # fmt: skip

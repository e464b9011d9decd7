"""Formats, files and orders that overlap: the books show each movement once."""

import asyncio
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from guild.core.work import begin_work
from guild.ledger.chart import Account
from guild.ledger.queries import balance_of
from guild.treasury import commands, queries
from guild.treasury.errors import MappingMissing, StatementGap
from guild.treasury.models import BankEntry, BankUpload, PendingEntry
from guild.treasury.rules.csv_files import CsvMapping
from guild.treasury.rules.entries import ReadEntry
from guild.treasury.rules.overlap import Known, overlap
from guild.treasury.schemas import ImportOut, MappingIn
from tests.camt import Move, camt053
from tests.camt054 import camt054
from tests.coda import coda
from tests.features.treasury.conftest import COOP_IBAN, OPENING, Desk

IN = Move(cents=121_000, reference="R1", name="Proef & Zoon bv", iban="BE68539007547034",
          structured="090933755493")  # fmt: skip
FEE = Move(cents=-1_250, reference="R2", text="Beheerskosten")
MAPPING = CsvMapping(
    booked_on="Date", amount="Amount", counterparty="Name", counterparty_iban="IBAN",
    structured="Structured", text=["Text"], date_format="YYYY-MM-DD", decimal=".", delimiter=",",
)  # fmt: skip


def as_csv(desk: Desk, *moves: Move) -> bytes:
    """The bank's CSV of these movements, without balances or references."""
    rows = [
        f"{desk.day},{move.cents / 100:.2f},{move.name},{move.iban},{move.structured},{move.text}"
        for move in moves
    ]
    return "\n".join(["Date,Amount,Name,IBAN,Structured,Text", *rows, ""]).encode()


def as_coda(desk: Desk, number: int, opening: int, *moves: Move) -> bytes:
    """The same day as CODA, with the bank's other references."""
    other = [Move(**{**vars(move), "reference": f"C{move.reference}"}) for move in moves]
    return coda(iban=COOP_IBAN, number=number, opening_cents=opening, moves=other, day=desk.day)


async def mapped(desk: Desk, content: bytes) -> None:
    """A treasurer maps the columns once."""
    async with begin_work(desk.system, desk.treasurer()) as work:
        upload = await commands.keep_upload(work, content, "bank.csv")
        await commands.save_mapping(
            work,
            MappingIn(account_id=desk.account_id, name="Web", upload_id=upload, mapping=MAPPING),
        )


async def booked(desk: Desk) -> tuple[int, int]:
    """How many entries there are, and what the books hold at the bank."""
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        number = await work.session.scalar(select(func.count()).select_from(BankEntry))
        held = await balance_of(work, Account("bank", desk.account_id))
    return number or 0, held.minor


async def test_coda_is_imported_like_camt(desk: Desk) -> None:
    came = await desk.bring_in(as_coda(desk, 1, OPENING, IN, FEE))
    assert (came.new_entries, came.known_entries) == (2, 0)
    assert await booked(desk) == (2, OPENING + 121_000 - 1_250)
    assert await desk.wrong() == []


async def test_a_day_in_three_formats_is_booked_once(desk: Desk) -> None:
    file = as_csv(desk, IN, FEE)
    await mapped(desk, file)
    assert (await desk.bring_in(file)).new_entries == 2
    assert (await desk.bring_in(desk.statement(IN, FEE))).new_entries == 0
    again = await desk.bring_in(as_coda(desk, 1, OPENING, IN, FEE))
    assert (again.new_entries, again.known_entries) == (0, 2)
    assert await booked(desk) == (2, OPENING + 121_000 - 1_250)
    assert await desk.wrong() == []


async def test_a_statement_that_knows_more_than_the_csv_books_the_rest(desk: Desk) -> None:
    file = as_csv(desk, IN)
    await mapped(desk, file)
    await desk.bring_in(file)
    came = await desk.bring_in(desk.statement(IN, FEE))
    assert (came.new_entries, came.known_entries) == (1, 1)
    (statement,) = came.statements
    assert statement.closing == "11197.50"
    assert await desk.wrong() == []


async def test_two_equal_payments_of_a_day_are_two(desk: Desk) -> None:
    twin = Move(**{**vars(IN), "reference": "R3"})
    file = as_csv(desk, IN, twin)
    await mapped(desk, file)
    assert (await desk.bring_in(file)).new_entries == 2
    assert (await desk.bring_in(desk.statement(IN, twin))).known_entries == 2
    assert (await booked(desk))[0] == 2


async def test_a_csv_adds_nothing_to_a_day_that_the_bank_proved(desk: Desk) -> None:
    file = as_csv(desk, IN, FEE)
    await mapped(desk, file)
    await desk.bring_in(desk.statement(IN))
    with pytest.raises(StatementGap, match="do not show"):
        await desk.bring_in(file)
    assert (await booked(desk))[0] == 1


async def test_an_unmapped_csv_is_refused_with_what_to_do(desk: Desk) -> None:
    with pytest.raises(MappingMissing) as refused:
        await desk.bring_in(as_csv(desk, IN))
    assert "column" in refused.value.mend


async def test_a_gap_names_what_is_missing(desk: Desk) -> None:
    desk.statement(IN)
    desk.day += timedelta(days=1)
    with pytest.raises(StatementGap, match=r"1210\.00 EUR are missing"):
        await desk.bring_in(desk.statement(FEE))


async def test_pending_is_shown_and_replaced_by_what_is_booked(desk: Desk) -> None:
    pending = Move(**{**vars(IN), "status": "PDNG", "reference": "P1"})
    came = await desk.bring_in(desk.statement(FEE, pending))
    assert (came.new_entries, came.pending) == (1, 1)
    assert (await booked(desk))[1] == OPENING - 1_250
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        (shown,) = await queries.pending_entries(work)
    assert (shown.amount, shown.counterparty) == ("1210.00", "Proef & Zoon bv")
    await desk.bring_in(desk.statement(IN))
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert await queries.pending_entries(work) == []
        row = await work.session.scalar(select(PendingEntry))
        entry = await work.session.scalar(select(BankEntry).where(BankEntry.reference == "R1"))
    assert row is not None
    assert entry is not None
    assert row.entry_id == entry.id


async def test_a_notification_divides_the_batch_that_comes_after_it(desk: Desk) -> None:
    parts = [Move(cents=1_000, reference="B1", name="A", text="one"),
             Move(cents=2_000, reference="B1", name="B", text="two")]  # fmt: skip
    batch = Move(cents=3_000, reference="B1", parts=parts)
    notice = camt054(iban=COOP_IBAN, batch=batch, day=desk.day)
    assert (await desk.bring_in(notice)).notified == 1
    assert (await desk.bring_in(notice)).notified == 0
    assert (await booked(desk)) == (0, OPENING)
    whole = desk.statement(Move(cents=3_000, reference="B1", text="Batch"))
    hidden = whole.replace(
        b"<NtryDtls><TxDtls>", b"<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch></NtryDtls><!--"
    ).replace(b"</TxDtls></NtryDtls>", b"-->")
    came = await desk.bring_in(hidden)
    assert came.new_entries == 2
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        shown = (await queries.entries(work)).items
    assert {(one.counterparty, one.amount) for one in shown} == {("A", "10.00"), ("B", "20.00")}
    assert await desk.wrong() == []


async def test_looking_first_books_nothing_and_says_what_would_happen(desk: Desk) -> None:
    file = as_csv(desk, IN, FEE)
    async with begin_work(desk.system, desk.treasurer()) as work:
        upload = await commands.keep_upload(work, file, "bank.csv")
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        seen = await queries.look_at(work, upload)
    assert seen.format == "csv"
    assert seen.problem.startswith("No saved mapping")
    assert seen.header[0] == "Date"
    assert seen.guess is not None
    assert seen.guess.amount == "Amount"
    await mapped(desk, file)
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        seen = await queries.look_at(work, upload)
    (statement,) = seen.statements
    assert (statement.new_entries, statement.problem) == (2, "")
    assert seen.mapping is not None
    assert (await booked(desk))[0] == 0
    async with begin_work(desk.system, desk.treasurer()) as work:
        came = await commands.import_upload(work, upload)
    assert came.new_entries == 2
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert await work.session.get(BankUpload, upload) is None


async def test_four_importers_of_different_formats_book_once(real_desk: Desk) -> None:
    camt = real_desk.statement(IN, FEE)
    copy = camt.replace(b"<MsgId>", b"<MsgId>copy-")
    other = as_coda(real_desk, 1, OPENING, IN, FEE)
    answers = await asyncio.gather(
        *(real_desk.bring_in(file, n % 3) for n, file in enumerate([camt, copy, other, camt])),
        return_exceptions=True,
    )
    came = [answer for answer in answers if isinstance(answer, ImportOut)]
    assert len(came) == 4, answers
    assert sorted(answer.new_entries for answer in came) == [0, 0, 0, 2]
    assert await booked(real_desk) == (2, OPENING + 121_000 - 1_250)
    assert await real_desk.wrong() == []


AMOUNTS = st.lists(st.sampled_from([100, 100, 250, -40, 1_000, -7]), min_size=1, max_size=8)


@given(
    cents=AMOUNTS,
    cuts=st.sets(st.integers(1, 7)),
    order=st.randoms(use_true_random=False),
    as_what=st.lists(st.sampled_from(["camt", "coda", "whole"]), min_size=9, max_size=9),
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_order_and_splitting_never_change_the_books(
    desk: Desk, cents: list[int], cuts: set[int], order: object, as_what: list[str]
) -> None:
    """Any cutting of a day into files, in any format and order, ends in the same books."""
    before, held = await booked(desk)
    desk.day += timedelta(days=1)
    moves = [
        Move(cents=one, reference=f"{desk.day}-{n}", name=f"Payer {n}", text=f"Number {n}")
        for n, one in enumerate(cents)
    ]
    edges = sorted({0, len(moves)} | {cut for cut in cuts if cut < len(moves)})
    files: list[bytes] = []
    for place, (start, end) in enumerate(pairwise(edges)):
        opening = held + sum(cents[:start])
        chosen = moves[start:end]
        if as_what[place] == "coda":
            files.append(as_coda(desk, place + 1, opening, *chosen))
        elif as_what[place] == "whole":
            files.append(camt053(iban=COOP_IBAN, number=900 + place, opening_cents=held,
                                 moves=moves[:end], day=desk.day))  # fmt: skip
        else:
            files.append(camt053(iban=COOP_IBAN, number=place + 1, opening_cents=opening,
                                 moves=chosen, day=desk.day))  # fmt: skip
    order.shuffle(files)  # type: ignore[attr-defined]  # hypothesis's Random
    waiting = files + files
    for _ in range(len(waiting) + 1):
        refused = []
        for file in waiting:
            try:
                await desk.bring_in(file)
            except StatementGap:
                refused.append(file)
        if len(refused) == len(waiting):
            break
        waiting = refused
    assert await booked(desk) == (before + len(cents), held + sum(cents))
    assert await desk.wrong() == []


def test_a_contradiction_is_never_taken_for_the_same() -> None:
    known = Known("X", 100, date(2026, 11, 20), "", "7034", "", "rent")
    csv_one = as_read(iban="BE71096123456769", text="rent")
    assert overlap([csv_one], [known]).new == [csv_one]
    assert overlap([as_read(iban="BE68539007547034", text="RENT")], [known]) == ([], [])


def as_read(*, iban: str, text: str) -> ReadEntry:
    return ReadEntry(
        reference="Y", amount_minor=100, booked_on=date(2026, 11, 20),
        valued_on=date(2026, 11, 20), structured="", text=text, counterparty="",
        counterparty_iban=iban, end_to_end_id="", batch_id="", return_reason="",
    )  # fmt: skip


async def test_equal_payments_of_one_day_in_files_that_come_out_of_order(desk: Desk) -> None:
    """A payment that is like a booked one is another one; the file waits for those before it."""
    before, held = await booked(desk)
    files = [
        camt053(iban=COOP_IBAN, number=n + 1, opening_cents=held + 100 * n, day=desk.day,
                moves=[Move(cents=100, reference=f"EQ{n}", name=f"Payer {n}", text="rent")])
        for n in range(5)
    ]  # fmt: skip
    for place in (0, 1):
        await desk.bring_in(files[place])
    for early in (4, 3):
        with pytest.raises(StatementGap, match="missing between them"):
            await desk.bring_in(files[early])
    for place in (2, 3, 4, 1):
        await desk.bring_in(files[place])
    assert await booked(desk) == (before + 5, held + 500)

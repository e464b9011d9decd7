"""The payout statement: every line from the journal, every sum exact, printed once."""

from io import BytesIO

from pypdf import PdfReader

from guild.core.work import begin_work
from guild.treasury import commands, jobs, queries
from guild.treasury.commands.printing import sheet_of
from guild.treasury.models import Payout
from guild.treasury.schemas import BatchIn
from tests.camt import Move
from tests.conftest import Clock
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import confirm, entries, pays, row


async def settled(desk: Desk, clock: Clock) -> Payout:
    """A member whose client paid 1,210.00 and who was paid what the fund's share leaves."""
    member = await desk.make.member(language="en")
    await desk.make.bank_account(member, approver=desk.treasurers[0])
    desk.day = clock.advance(hours=73).date()
    invoice = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv", member))
    await desk.bring_in(desk.statement(pays(121_000, invoice, "Proef & Zoon")))
    (entry,) = await entries(desk)
    await confirm(desk, entry.id, invoice.id)
    asked = await desk.ask(member, "935.00")
    await desk.approve(asked)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.make_payment_batch(work, BatchIn())
    await desk.bring_in(
        desk.statement(Move(cents=-93_500, reference="D", end_to_end_id=asked.id.hex))
    )
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await work.session.get_one(Payout, asked.id, populate_existing=True)


async def test_the_sheet_repeats_the_journal(desk: Desk, clock: Clock) -> None:
    paid = await settled(desk, clock)
    async with begin_work(desk.system, desk.treasurer()) as work:
        payout, member, payee = await jobs.payout_of(work, paid.id)
        sheet = await sheet_of(work, payout, member, payee)
    assert (sheet.paid_minor, sheet.whole_minor, sheet.vat_minor) == (93_500, 100_000, 21_000)
    assert sum(share.minor for share in sheet.shares) == sheet.whole_minor
    assert sum(share.rate_bps for share in sheet.shares) == 10_000
    assert [
        (move.kind, move.in_minor, move.out_minor, move.left_minor) for move in sheet.moves
    ] == [
        ("client_paid", 121_000, None, 121_000),
        ("vat_set_aside", None, 21_000, 100_000),
        ("shares_taken", None, 6_500, 93_500),
        ("paid_out", None, 93_500, 0),
    ]
    assert [(one.client, one.net_minor) for one in sheet.invoices] == [("Proef & Zoon bv", 100_000)]
    assert "7034" in sheet.iban_masked
    assert "5390" not in sheet.iban_masked
    year = sheet.year[-1]
    assert (year.invoiced_minor, year.shares_minor, year.paid_minor) == (100_000, 6_500, 93_500)


async def test_it_is_printed_and_mailed_once(desk: Desk, clock: Clock) -> None:
    paid = await settled(desk, clock)
    try:
        for _ in range(2):
            async with begin_work(desk.system, desk.treasurer()) as work:
                await jobs.make_payout_statement(work, payout_id=paid.id)
    finally:
        await desk.system.resources["documents.pool"].stop()
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        name, content = await queries.payout_document(work, paid.id)
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert name.endswith(".pdf")
    assert paid.number in text
    assert "935.00" in text
    told = [letter for letter in await desk.make.letters() if "You were paid" in letter.subject]
    assert [letter.subject for letter in told] == ["You were paid €935.00"]
    assert "7034" in told[0].text
    assert "BE68539007547034" not in told[0].text

"""Credit notes of documents with everything on them, and credit and reissue in one step."""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guild.core.errors import Conflict, IllegalMove
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands, queries
from guild.invoicing.einvoice.takeback import (
    Left,
    TakenBack,
    TooMuch,
    an_amount,
    everything,
    groups_of,
    these_lines,
)
from guild.invoicing.errors import CreditTooLarge, InvoiceNotFound
from guild.invoicing.models import InvoiceOrigin
from guild.invoicing.rules.totals import Adjusting, TotalsLine, totals_of
from guild.invoicing.schemas.credits import ReissueIn
from guild.ledger.chart import Account
from tests.features.invoicing.conftest import Bench
from tests.features.invoicing.test_amounts import (
    BACK,
    BOOK,
    WHOLE,
    WORDS,
    drafted,
    issue,
    shown,
)
from tests.features.invoicing.test_einvoice import frozen

ALL = {"lines": [WORDS, BOOK, BACK], "adjustments": WHOLE}


async def credited(bench: Bench, invoice_id: InvoiceId, **given_: Any) -> Any:
    async with begin_work(bench.system, SYSTEM) as work:
        return await commands.credit_invoice(work, invoice_id, "Not as agreed", **given_)


async def pay(bench: Bench, invoice_id: InvoiceId, amount: str) -> None:
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.record_payment(
            work, invoice_id, Money.parse(amount, "EUR"), Account("suspense"), dt.date(2026, 11, 23)
        )


async def nothing_left(bench: Bench, invoice_id: InvoiceId) -> None:
    """The books hold nothing of a document that is credited whole."""
    one = await shown(bench, invoice_id)
    assert (one.state, one.open) == ("credited", "0.00")
    assert await bench.balance("receivable", one.client_id) == 0
    assert await bench.balance("vat_payable") == 0
    assert await bench.balance("member_pending", one.member_id) == 0
    assert await bench.broken() == []


async def test_the_whole_is_credited_line_for_line(bench: Bench) -> None:
    invoice_id, draft = await drafted(bench, **ALL)
    await issue(bench, invoice_id)
    note = await shown(bench, (await credited(bench, invoice_id, code="not_delivered")).id)
    assert (note.net, note.vat_total, note.total) == (draft.net, draft.vat_total, draft.total)
    assert [line.net for line in note.lines] == [line.net for line in draft.lines]
    assert len(note.adjustments) == 2
    assert [(row.percent, row.vat) for row in note.vat] == [
        (row.percent, row.vat) for row in draft.vat
    ]
    await nothing_left(bench, invoice_id)


async def test_lines_take_their_share_of_the_documents_allowances(bench: Bench) -> None:
    invoice_id, _ = await drafted(bench, **ALL)
    await issue(bench, invoice_id)
    note = await shown(bench, (await credited(bench, invoice_id, lines=[2])).id)
    assert [line.net for line in note.lines] == ["31.00"]
    assert (note.charges, note.net, note.vat_total) == ("5.00", "36.00", "2.16")
    with pytest.raises(CreditTooLarge):
        await credited(bench, invoice_id, lines=[2])
    with pytest.raises(CreditTooLarge):  # the returned sample alone takes nothing back
        await credited(bench, invoice_id, lines=[3])
    rest = await shown(bench, (await credited(bench, invoice_id)).id)
    assert (rest.net, rest.vat_total) == ("1083.51", "227.54")
    await nothing_left(bench, invoice_id)


async def test_an_amount_comes_out_of_each_rate_in_proportion(bench: Bench) -> None:
    invoice_id, draft = await drafted(bench, **ALL)
    await issue(bench, invoice_id)
    await pay(bench, invoice_id, "1000.00")
    before = await bench.balance("member_pending", draft.member_id)
    note = await shown(
        bench, (await credited(bench, invoice_id, net=Money.parse("100.00", "EUR"))).id
    )
    assert note.net == "100.00"
    assert sorted(line.net for line in note.lines) == ["3.22", "96.78"]
    assert await bench.balance("member_pending", draft.member_id) < before
    await credited(bench, invoice_id)
    one = await shown(bench, invoice_id)
    assert (one.state, one.open) == ("credited", "0.00")
    assert await bench.balance("client_credit", one.client_id) == 100_000
    assert await bench.balance("vat_payable") == 0
    assert await bench.broken() == []


async def test_rounding_goes_with_the_rest(bench: Bench) -> None:
    invoice_id, draft = await drafted(
        bench, lines=[{"text": "Work", "unit_price": "9.99"}], round_to_five=True
    )
    await issue(bench, invoice_id)
    assert draft.rounding != "0.00"
    await credited(bench, invoice_id, net=Money.parse("3.33", "EUR"))
    await credited(bench, invoice_id)
    await nothing_left(bench, invoice_id)
    assert await bench.balance("rounding") == 0


def left(rows: Any, notes: list[TakenBack]) -> dict[tuple[str, str, int], Left]:
    """What notes have left of each tax row."""
    rest = {(r.tax, r.category, r.rate_milli): [r.taxable_minor, r.vat_minor] for r in rows}
    for note in notes:
        for row in note.vat:
            kept = rest[row.tax, row.category, row.rate_milli]
            kept[0] -= row.taxable_minor
            kept[1] -= row.vat_minor
    return {key: Left(*value) for key, value in rest.items()}


QUEBEC = (("GST", 5_000), ("QST", 9_975))


@settings(max_examples=150, deadline=None)
@given(
    prices=st.lists(st.integers(1, 999_999), min_size=1, max_size=5),
    rates=st.lists(st.sampled_from([21_000, 6_000, 5_500, 14_975]), min_size=5, max_size=5),
    off=st.integers(0, 40),
    steps=st.lists(st.integers(1, 100), max_size=4),
    chosen=st.lists(st.integers(1, 5), unique=True, max_size=2),
)
def test_credit_of_everything_leaves_exactly_nothing(
    prices: list[int], rates: list[int], off: int, steps: list[int], chosen: list[int]
) -> None:
    """However a document is taken back in parts, the last note leaves no cent of any tax."""
    quebec = rates[0] == 14_975
    rates = [14_975 if quebec else (21_000 if r == 14_975 else r) for r in rates]
    taxes = QUEBEC if quebec else ()
    lines = [
        TotalsLine(quantity=Decimal(1), price=Decimal(p).scaleb(-2), category="S",
                   rate_milli=r, taxes=taxes)
        for p, r in zip(prices, rates, strict=False)
    ]  # fmt: skip
    whole = [Adjusting(charge=False, percent_milli=off * 1000, category="S",
                       rate_milli=rates[0], taxes=taxes)]  # fmt: skip
    sums = totals_of(lines, 2, whole)
    said = frozen()
    line = said.lines[0]
    said = msgspec.structs.replace(
        said,
        lines=tuple(
            msgspec.structs.replace(line, position=n, net_minor=net, rate_milli=r, category="S")
            for n, (net, r) in enumerate(zip(sums.lines, rates, strict=False), 1)
        ),
        adjustments=_whole(sums.adjustments[0], rates[0]),
        vat=tuple(
            msgspec.structs.replace(said.vat[0], **msgspec.structs.asdict(row)) for row in sums.vat
        ),
    )  # fmt: skip
    assert everything(said).net_minor == sums.net_minor
    notes: list[TakenBack] = []
    picked = [position for position in chosen if position <= len(prices)]
    for position in picked:
        try:
            notes.append(these_lines(said, [position], left(said.vat, notes)))
        except TooMuch:
            continue
    for step in steps:
        open_net = sums.net_minor - sum(note.net_minor for note in notes)
        if open_net * step // 100 > 0:
            notes.append(an_amount(said, open_net * step // 100, left(said.vat, notes), "Work"))
    rest = sums.net_minor - sum(note.net_minor for note in notes)
    if rest:
        notes.append(an_amount(said, rest, left(said.vat, notes), "Work"))
    assert all(one == Left(0, 0) for one in left(said.vat, notes).values())
    assert sum(note.net_minor for note in notes) == sums.net_minor
    assert sum(note.vat_minor for note in notes) == sums.vat_minor
    for note in notes:
        assert sum(groups_of(note.lines, note.adjustments).values()) == note.net_minor


def _whole(found: Any, rate: int) -> Any:
    from guild.invoicing.einvoice.build import FrozenAdjustment  # noqa: PLC0415

    return (
        FrozenAdjustment(
            position=1, line_position=None, charge=False, amount_minor=found.amount_minor,
            percent_milli=None, base_minor=None, reason_code="95", reason="Off", treatment="",
            reduced_milli=None, category="S", rate_milli=rate,
        ),
    )  # fmt: skip


def asked(**given_: Any) -> ReissueIn:
    return msgspec.convert({"reason": "Wrong quantity", **given_}, ReissueIn)


async def test_credit_and_reissue_makes_a_corrected_draft(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    await issue(bench, invoice_id)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        done = await commands.credit_and_reissue(
            work, invoice_id, asked(change={"order_reference": "PO 9"})
        )
    assert done.invoice is None
    assert done.credit_note.number == "CN-2026-0001"
    draft = await shown(bench, done.draft_id)
    assert (draft.state, draft.order_reference, draft.net) == ("draft", "PO 9", "1000.00")
    assert all(line.milestone_id is not None for line in draft.lines)
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        origin = await work.session.get_one(InvoiceOrigin, done.draft_id)
        assert (origin.from_id, origin.credit_note_id) == (invoice_id, done.credit_note.id)
    await nothing_left(bench, invoice_id)
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.credit_and_reissue(work, invoice_id, asked())


async def test_reissue_can_issue_both_at_once(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    await issue(bench, invoice_id)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        change = {"lines": [{**BACK, "quantity": "-2"}]}
        done = await commands.credit_and_reissue(work, invoice_id, asked(change=change, issue=True))
    assert done.invoice is not None
    assert (done.invoice.number, done.invoice.net) == ("2026-0002", "970.00")
    assert await bench.balance("receivable", contract.client_id) == 117_370
    assert await bench.balance("member_pending", member.id) == 97_000
    assert await bench.broken() == []


async def test_reissue_is_refused_to_strangers_and_after_a_part_credit(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    await issue(bench, invoice_id)
    stranger = await bench.make.member()
    with pytest.raises(InvoiceNotFound):
        async with begin_work(bench.system, bench.make.actor(stranger)) as work:
            await commands.credit_and_reissue(work, invoice_id, asked())
    await credited(bench, invoice_id, lines=[1])
    with pytest.raises(Conflict):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.credit_and_reissue(work, invoice_id, asked())


async def test_a_copy_leaves_the_milestones_behind(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        copy = await commands.copy_invoice(work, invoice_id)
        one = await queries.get_invoice(work, copy)
    assert (one.state, one.net, one.number) == ("draft", "1000.00", None)
    assert [line.milestone_id for line in one.lines] == [None, None]
    with pytest.raises(InvoiceNotFound):
        async with begin_work(bench.system, bench.make.actor(await bench.make.member())) as work:
            await commands.copy_invoice(work, invoice_id)

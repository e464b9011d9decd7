"""What the worker does after an import: exact payments, if the charter says so, and the mails."""

import copy

import pytest
from sqlalchemy import select

from guild.core.outbox import drain
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.governance.commands import adopt_charter, founding_body
from guild.treasury import commands
from guild.treasury.commands import automatic
from guild.treasury.models import BankEntry, BankMatch
from guild.treasury.schemas import PartIn, SplitIn
from tests.camt import Move
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import entries, held, pays, row


async def trusting(desk: Desk) -> None:
    """The assembly lets exact references be recorded without a person."""
    body = copy.deepcopy(founding_body())
    body["bank"]["auto_confirm_exact"]["value"] = True
    async with begin_work(desk.system, SYSTEM) as work:
        await adopt_charter(work, body, work.today)


async def test_without_the_charters_word_a_person_confirms(desk: Desk) -> None:
    invoice = await row(desk, await desk.invoice("1000.00", "Exact bv"))
    await desk.bring_in(desk.statement(pays(121_000, invoice, "Exact bv")))
    await drain(desk.system)
    (entry,) = await entries(desk)
    assert (entry.state, (await row(desk, invoice)).state) == ("suggested", "issued")  # type: ignore[arg-type]


async def test_an_exact_reference_and_amount_are_recorded_by_the_worker(desk: Desk) -> None:
    await trusting(desk)
    invoice = await row(desk, await desk.invoice("1000.00", "Exact bv"))
    await desk.bring_in(desk.statement(pays(121_000, invoice, "Somebody else")))
    await drain(desk.system)
    assert await entries(desk) == []
    (entry,) = await entries(desk, "confirmed")
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        match = await work.session.scalar(select(BankMatch).where(BankMatch.entry_id == entry.id))
    assert match is not None
    assert (match.automatic, match.confirmed_by) == (True, desk.treasurers[0].id)
    assert (await row(desk, invoice)).state == "paid"  # type: ignore[arg-type]
    assert await held(desk, "suspense") == 0
    assert await desk.wrong() == []


async def test_what_is_not_exact_waits_for_a_person(desk: Desk) -> None:
    await trusting(desk)
    invoice = await row(desk, await desk.invoice("1000.00", "Exact bv"))
    by_text = f"Invoice {invoice.number}"
    await desk.bring_in(
        desk.statement(
            pays(120_999, invoice, "Exact bv"),
            pays(121_001, invoice, "Exact bv", ref="R2"),
            Move(cents=121_000, reference="R3", name="Exact bv", text=by_text),
        )
    )
    await drain(desk.system)
    assert len(await entries(desk)) == 3
    assert (await row(desk, invoice)).state == "issued"  # type: ignore[arg-type]


async def test_exact_ones_behind_many_others_are_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "AT_ONCE", 2)
    await trusting(desk)
    invoice = await row(desk, await desk.invoice("1000.00", "Exact bv"))
    parts = [pays(10_000 + n, invoice, "Exact bv", ref=f"P{n}") for n in range(5)]
    await desk.bring_in(desk.statement(*parts, pays(121_000, invoice, "Exact bv", ref="X")))
    await drain(desk.system)
    assert (await row(desk, invoice)).state == "paid"  # type: ignore[arg-type]
    assert len(await entries(desk)) == 5


async def test_the_client_reads_how_a_transfer_was_shared_out(desk: Desk) -> None:
    first = await desk.invoice("1000.00", "Split bv")
    second = await desk.invoice("500.00", "Split bv", again=True)
    await desk.bring_in(desk.statement(Move(cents=200_000, reference="S1", name="Split bv")))
    (entry,) = await entries(desk)
    async with begin_work(desk.system, desk.treasurer()) as work:
        parts = [PartIn(invoice_id=first.id, amount="1210.00"),
                 PartIn(invoice_id=second.id, amount="605.00")]  # fmt: skip
        await commands.confirm_split(work, entry.id, SplitIn(parts=parts))
    before = len(await desk.make.letters())
    await drain(desk.system)
    (letter,) = [
        one for one in (await desk.make.letters())[before:] if "was shared out" in one.subject
    ]
    for said in (f"{first.number}: €1,210.00", f"{second.number}: €605.00", "€185.00 more than",
                 "tell us until 3 December 2026"):  # fmt: skip
        assert said in letter.text
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert (await work.session.get_one(BankEntry, entry.id)).state == "confirmed"

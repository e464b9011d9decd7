"""Time, costs, time sheets, parts, files: from the timer to the invoice's lines."""

import base64
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from guild.contracts import commands, queries
from guild.contracts.errors import (
    AboveTheCap,
    ContractNotFound,
    FileRefused,
    NothingOnSheet,
    NoTimer,
    OnASheet,
    PartTooLarge,
    ReceiptRefused,
    SheetWaits,
    StaleSheet,
    TimeEntryNotFound,
    TimeIsDelivered,
    TimerRuns,
)
from guild.contracts.models import (
    CASE_LIFECYCLE,
    ENDING_LIFECYCLE,
    TIME_SHEET_LIFECYCLE,
    ContractCharge,
)
from guild.contracts.schemas import DeliveryIn
from guild.contracts.schemas.contract import AcceptPartIn, FileIn
from guild.contracts.schemas.drafting import TimeIn as DealTimeIn
from guild.contracts.schemas.performing import (
    ApproveSheetIn,
    CostIn,
    SheetChangesIn,
    SheetIn,
    TimeIn,
    TimerIn,
)
from guild.core.errors import IllegalMove, Invalid
from guild.invoicing import commands as invoicing
from guild.invoicing.models import Invoice, InvoiceLine

TODAY = date(2026, 11, 23)
PDF = base64.b64encode(b"%PDF-1.7 a receipt").decode()


@pytest.mark.parametrize("lifecycle", [TIME_SHEET_LIFECYCLE, ENDING_LIFECYCLE, CASE_LIFECYCLE])
def test_each_unlisted_move_is_refused(lifecycle) -> None:
    for state in lifecycle.states:
        for action, (sources, target) in lifecycle.moves.items():
            row = SimpleNamespace(state=state)
            if state in sources:
                lifecycle.move(row, action)
                assert row.state == target
            else:
                with pytest.raises(IllegalMove):
                    lifecycle.move(row, action)


async def by_the_hour(make, member, *, cap=None, **fields):
    deal = DealTimeIn(unit="hour", rate="60.00", estimate="10", ends_on=date(2027, 1, 29), cap=cap)
    return await make.signed_contract(member, deal=deal, milestones=[], **fields)


async def note(make, as_, contract, member, minutes, day=TODAY):
    async with as_(make.actor(member)) as work:
        return await commands.note_time(work, contract.id, TimeIn(day=day, minutes=minutes))


async def cost(make, as_, contract, member, net="25.00", **fields):
    data = {"day": TODAY, "text": "Paper", "receipt_name": "r.pdf", "receipt": PDF, **fields}
    async with as_(make.actor(member)) as work:
        return await commands.note_cost(work, contract.id, CostIn(net=net, **data))


async def submit(make, as_, contract, member, month="2026-11"):
    async with as_(make.actor(member)) as work:
        return await commands.submit_sheet(work, contract.id, SheetIn(month=month))


async def approve(make, as_, contract, sheet):
    async with as_(await make.client_of(contract, "delivery")) as work:
        return await commands.approve_sheet(
            work, ApproveSheetIn(sheet_id=sheet.id, round=sheet.round)
        )


async def test_a_timer_counts_each_minute_begun_and_runs_alone(make, as_, clock):
    member = await make.member()
    contract = await by_the_hour(make, member)
    with pytest.raises(NoTimer):
        async with as_(make.actor(member)) as work:
            await commands.stop_timer(work)
    async with as_(make.actor(member)) as work:
        await commands.start_timer(work, contract.id, TimerIn(note="Sketching"))
    with pytest.raises(TimerRuns):
        async with as_(make.actor(member)) as work:
            await commands.start_timer(work, contract.id, TimerIn())
    clock.advance(minutes=61, seconds=5)
    async with as_(make.actor(member)) as work:
        entry = await commands.stop_timer(work)
    assert (entry.minutes, entry.day, entry.note) == (62, TODAY, "Sketching")


async def test_a_month_goes_to_the_client_and_onto_the_invoice(make, as_):
    member = await make.member()
    client = await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    deal = DealTimeIn(unit="hour", rate="60.00", estimate="10", ends_on=date(2027, 1, 29))
    contract = await make.signed_contract(member, client, deal=deal, milestones=[])
    await note(make, as_, contract, member, 90)
    await note(make, as_, contract, member, 45, date(2026, 11, 20))
    await cost(make, as_, contract, member)
    await cost(make, as_, contract, member, net="9.00", rebillable=False)
    sheet = await submit(make, as_, contract, member)
    assert (sheet.minutes, sheet.time_minor, sheet.costs_minor) == (135, 13_500, 2_500)
    letter = (await make.letters())[-1]
    assert "€160.00" in letter.text
    assert "with 2\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}15." in letter.text
    assert "/deliveries/" in letter.text
    async with as_(await make.client_of(contract, "delivery")) as work:
        (seen,) = await queries.linked_sheets(work)
        assert (seen.total, len(seen.entries), len(seen.cost_items)) == ("160.00", 2, 1)
    await approve(make, as_, contract, sheet)
    async with as_(make.actor(member)) as work:
        drafted = await invoicing.draft_invoice_from_milestones(work, contract.id)
    async with as_() as work:
        invoice = await work.session.get_one(Invoice, drafted)
        lines = (
            await work.session.scalars(
                select(InvoiceLine)
                .where(InvoiceLine.invoice_id == drafted)
                .order_by(InvoiceLine.position)
            )
        ).all()
        assert [(str(one.quantity.normalize()), one.unit, one.net_minor) for one in lines] == [
            ("2.25", "HUR", 13_500), ("1", "C62", 2_500),
        ]  # fmt: skip
        assert invoice.net_minor == 16_000
        charges = (await work.session.scalars(select(ContractCharge.invoiced_at))).all()
        assert all(charges)
    async with as_(make.actor(member)) as work:
        done = await commands.finish_timed_contract(work, contract.id)
    assert done.state == "completed"


async def test_the_client_asks_for_changes_and_the_month_is_mended(make, as_):
    member = await make.member()
    contract = await by_the_hour(make, member)
    entry = await note(make, as_, contract, member, 90)
    sheet = await submit(make, as_, contract, member)
    with pytest.raises(OnASheet):
        async with as_(make.actor(member)) as work:
            await commands.strike_time(work, entry.id)
    with pytest.raises(SheetWaits):
        await submit(make, as_, contract, member)
    async with as_(await make.client_of(contract, "delivery")) as work:
        asked = SheetChangesIn(sheet_id=sheet.id, round=1, wishes="One hour only")
        await commands.request_sheet_changes(work, asked)
    async with as_(make.actor(member)) as work:
        await commands.strike_time(work, entry.id)
    await note(make, as_, contract, member, 60)
    again = await submit(make, as_, contract, member)
    assert (again.id, again.round, again.minutes) == (sheet.id, 2, 60)
    with pytest.raises(StaleSheet):
        await approve(make, as_, contract, sheet)
    await approve(make, as_, contract, again)
    with pytest.raises(IllegalMove):
        await approve(make, as_, contract, again)


async def test_silence_approves_after_reminders(make, as_, clock):
    member = await make.member()
    contract = await by_the_hour(make, member)
    await note(make, as_, contract, member, 60)
    sheet = await submit(make, as_, contract, member)
    before = len(await make.letters())
    for _ in range(2):
        clock.advance(days=7)
        async with as_() as work:
            await commands.remind_of_sheet(work, sheet.id)
            await commands.approve_sheet_by_silence(work, sheet.id)
    reminders = [one for one in (await make.letters())[before:] if "Reminder" in one.subject]
    assert len(reminders) == 2
    clock.advance(days=2)
    async with as_() as work:
        await commands.approve_sheet_by_silence(work, sheet.id)
    async with as_(make.actor(member)) as work:
        (shown,) = (await queries.worked(work, contract.id)).sheets
    assert (shown.state, shown.approved_by) == ("approved", "silence")


async def test_a_fifth_above_the_estimate_is_said_once(make, as_):
    member = await make.member()
    contract = await by_the_hour(make, member)
    for minutes, day in ((720, 20), (60, 21), (60, 22)):
        await note(make, as_, contract, member, minutes, date(2026, 11, day))
    warned = [one for one in await make.letters() if "more time than estimated" in one.subject]
    assert len(warned) == 1
    async with as_(make.actor(member)) as work:
        seen = await queries.worked(work, contract.id)
    assert (seen.minutes, seen.estimate_minutes, seen.overrun) == (840, 600, True)
    assert "amendment" in seen.hint


async def test_the_cap_holds(make, as_):
    member = await make.member()
    contract = await by_the_hour(make, member, cap="600.00", expenses_cap="20.00")
    await note(make, as_, contract, member, 601)
    with pytest.raises(AboveTheCap, match=r"600\.00"):
        await submit(make, as_, contract, member)
    other = await by_the_hour(make, member, expenses_cap="20.00")
    await cost(make, as_, other, member)
    with pytest.raises(AboveTheCap, match="costs"):
        await submit(make, as_, other, member)


async def test_what_cannot_be_noted(make, as_):
    member, stranger = await make.member(), await make.member()
    contract = await by_the_hour(make, member)
    with pytest.raises(Invalid):
        await note(make, as_, contract, member, 60, date(2026, 11, 24))
    await note(make, as_, contract, member, 1_400)
    with pytest.raises(Invalid, match="1400"):
        await note(make, as_, contract, member, 60)
    entry = await note(make, as_, contract, member, 1)
    with pytest.raises(ContractNotFound):
        await note(make, as_, contract, stranger, 60)
    with pytest.raises(TimeEntryNotFound):
        async with as_(make.actor(stranger)) as work:
            await commands.strike_time(work, entry.id)
    with pytest.raises(ReceiptRefused):
        await cost(make, as_, contract, member, receipt=base64.b64encode(b"MZ program").decode())
    with pytest.raises(ReceiptRefused, match="5 MB"):
        large = base64.b64encode(b"%PDF-" + b"x" * 5_000_000).decode()
        await cost(make, as_, contract, member, receipt=large)
    with pytest.raises(Invalid):
        await submit(make, as_, contract, member, "2026-12")
    draft = await make.contract(member)
    with pytest.raises(IllegalMove):
        await note(make, as_, draft, member, 60)
    fixed = await make.signed_contract(member)
    await note(make, as_, fixed, member, 30, date(2026, 11, 1))
    with pytest.raises(NothingOnSheet):
        await submit(make, as_, fixed, member)


async def test_time_is_paid_by_sheets_or_as_one_delivery(make, as_):
    member = await make.member()
    contract = await by_the_hour(make, member)
    await note(make, as_, contract, member, 60)
    await submit(make, as_, contract, member)
    with pytest.raises(TimeIsDelivered):
        await make.deliver(contract, member)
    with pytest.raises(SheetWaits):
        async with as_(make.actor(member)) as work:
            await commands.finish_timed_contract(work, contract.id)
    other = await by_the_hour(make, member)
    await make.deliver(other, member)
    await note(make, as_, other, member, 60, date(2026, 11, 2))
    with pytest.raises(TimeIsDelivered):
        await submit(make, as_, other, member)


async def test_a_part_is_accepted_and_the_rest_stays(make, as_):
    member = await make.member()
    client = await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    contract = await make.signed_contract(member, client)
    delivery = await make.deliver(contract, member)

    async def part(net):
        async with as_(await make.client_of(contract, "delivery")) as work:
            said = AcceptPartIn(delivery_id=delivery.id, accepted_net=net, missing="Six are left")
            return await commands.accept_part(work, delivery.milestone_id, said)

    with pytest.raises(PartTooLarge):
        await part("400.00")
    done = await part("250.00")
    assert (done.state, done.accepted_minor) == ("accepted", 25_000)
    rest = (await make.milestones(contract))[2]
    assert (rest.title, rest.net_minor, rest.state) == ("Sketches (rest)", 15_000, "planned")
    async with as_(make.actor(member)) as work:
        drafted = await invoicing.draft_invoice_from_milestones(work, contract.id)
        assert (await work.session.get_one(Invoice, drafted)).net_minor == 25_000
    for position in (2, 3):
        await make.accept(contract, member, position)
    async with as_() as work:
        assert (await queries.contract_row(work, contract.id)).state == "completed"


async def test_files_are_handed_over_and_fetched_by_both_sides_only(make, as_):
    member, stranger = await make.member(), await make.member()
    contract = await make.signed_contract(member)
    milestone = (await make.milestones(contract))[0]
    content = base64.b64encode(b"twelve drawings").decode()
    async with as_(make.actor(member)) as work:
        delivery = await commands.deliver_milestone(
            work, milestone.id,
            DeliveryIn(note="Here", files=(FileIn(name="draw/../ings.zip", content=content),)),
        )  # fmt: skip
        seen = await queries.delivery_by_id(work, delivery.id)
    (file,) = seen.files
    assert file.size == 15
    assert "/" not in file.name
    async with as_(await make.client_of(contract, "delivery")) as work:
        assert (await queries.delivered_file(work, file.id))[1] == b"twelve drawings"
    with pytest.raises(ContractNotFound):
        async with as_(make.actor(stranger)) as work:
            await queries.delivered_file(work, file.id)
    second = (await make.milestones(contract))[1]
    with pytest.raises(FileRefused):
        async with as_(make.actor(member)) as work:
            huge = FileIn(name="a", content=base64.b64encode(b"x" * 5_000_001).decode())
            await commands.deliver_milestone(
                work, second.id, DeliveryIn(note="Here", files=(huge,))
            )

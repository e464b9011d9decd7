"""A client objects to a part; the member answers; silence, credit notes and mediation end it."""

from base64 import b64encode
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from guild.contracts.events import MilestoneAccepted
from guild.core.errors import Forbidden, IllegalMove, Invalid
from guild.core.ids import DocumentId, MilestoneId, ObjectionId
from guild.core.permissions import Role
from guild.invoicing.models import Invoice, InvoiceLine
from guild.mutual_fund.models import LeviedInvoice
from guild.receivables import commands, queries
from guild.receivables.errors import AlreadyDisputed, DisputedTooMuch, NothingOpen, OwnCase
from guild.receivables.jobs import end_silence
from guild.receivables.schemas import FileIn, ObjectionIn
from tests.conftest import Clock
from tests.features.receivables.scene import Scene

PART = ObjectionIn(reason_code="defective", text="The colours are wrong.", amount="302.50")


async def objected(scene: Scene, data: ObjectionIn = PART) -> ObjectionId:
    async with scene.by(await scene.contact()) as work:
        return await commands.object_to(work, scene.invoice_id, data)


async def test_a_part_is_disputed_and_the_rest_stays_due(scene: Scene) -> None:
    await objected(scene)
    async with scene.by(scene.member) as work:
        shown = await queries.receivable(work, scene.invoice_id)
        assert (shown.open, shown.disputed, shown.due) == ("1210.00", "302.50", "907.50")
        assert shown.objection is not None
        assert shown.objection.answer_by == date(2026, 11, 28)
    letters = await scene.make.letters()
    told = [one for one in letters if "Your objection" in one.subject]
    assert "union representative" in told[0].text
    assert "907.50" in told[0].text
    assert any(one.to == scene.rep.email for one in letters)
    async with scene.house() as work:
        levied = await work.session.get_one(LeviedInvoice, (scene.invoice_id, scene.member.id))
        assert levied.disputed_net_minor == 12_500  # half of 250.00 net
    await scene.sound()


async def test_by_lines_with_a_file(scene: Scene) -> None:
    content = b64encode(b"%PDF-1.7 proof").decode()
    file = FileIn(name="proof.pdf", media_type="application/pdf", content=content)
    made = await objected(
        scene, ObjectionIn(reason_code="incomplete", text="Sketches", lines=(1,), files=(file,))
    )
    async with scene.by(scene.rep) as work:
        shown = await queries.objection(work, made)
        assert shown.amount == "484.00"
        (kept,) = shown.files
        _, kind, held = await queries.objection_file(work, shown.id, DocumentId(kept.document_id))
        assert (kind, held) == ("application/pdf", b"%PDF-1.7 proof")


async def test_what_cannot_be_objected(scene: Scene) -> None:
    contact = await scene.contact()
    async with scene.by(contact) as work:
        with pytest.raises(DisputedTooMuch):
            await commands.object_to(
                work, scene.invoice_id,
                ObjectionIn(reason_code="amount", text="No", amount="1210.01"),
            )  # fmt: skip
        with pytest.raises(Invalid, match="no such lines"):
            await commands.object_to(
                work, scene.invoice_id, ObjectionIn(reason_code="amount", text="No", lines=(9,))
            )
        with pytest.raises(Invalid, match="not both"):
            await commands.object_to(
                work, scene.invoice_id,
                ObjectionIn(reason_code="amount", text="No", lines=(1,), amount="1.00"),
            )  # fmt: skip
        bad = FileIn(name="a.pdf", media_type="application/pdf", content="aGVsbG8=")
        with pytest.raises(Invalid, match="PDF"):
            await commands.object_to(
                work, scene.invoice_id, ObjectionIn(reason_code="paid", text="No", files=(bad,))
            )
    await objected(scene)
    async with scene.by(contact) as work:
        with pytest.raises(AlreadyDisputed):
            await commands.object_to(work, scene.invoice_id, PART)
    await scene.pay("1210.00", date(2026, 11, 23))
    async with scene.by(contact) as work:
        with pytest.raises(NothingOpen):
            await commands.object_to(work, scene.invoice_id, PART)


async def test_conceded_by_a_credit_note(scene: Scene) -> None:
    made = await objected(scene)
    async with scene.by(scene.member) as work:
        row = await commands.concede(work, made, "Agreed")
        assert row.state == "credited"
        assert row.credit_note_id is not None
    invoice = await scene.invoice()
    assert (invoice.credited_minor, invoice.open_minor) == (30_250, 90_750)
    await scene.sound()


async def test_silence_of_the_member_calls_a_representative(scene: Scene, clock: Clock) -> None:
    made = await objected(scene)
    clock.advance(days=5)
    async with scene.house() as work:
        await end_silence.job(work)
    assert await scene.run("receivables.apply_silence") == 0
    clock.advance(days=1)
    for _ in range(2):
        async with scene.house() as work:
            await end_silence.job(work)
        await scene.run("receivables.apply_silence")
    async with scene.by(scene.rep) as work:
        assert (await queries.objection(work, made)).state == "mediation"
        with pytest.raises(Invalid, match="Say why"):
            await commands.rule_on(work, made, "dismiss")
        ended = await commands.rule_on(work, made, "dismiss", "The work is as agreed.")
        assert ended.state == "dismissed"
    async with scene.by(scene.member) as work:
        shown = await queries.receivable(work, scene.invoice_id)
        assert (shown.disputed, shown.due) == ("0.00", "1210.00")


async def test_silence_of_the_client_withdraws(scene: Scene, clock: Clock) -> None:
    made = await objected(scene)
    async with scene.by(scene.member) as work:
        await commands.answer_objection(work, made, "They match the sample.")
    clock.advance(days=11)
    async with scene.house() as work:
        await end_silence.job(work)
    await scene.run("receivables.apply_silence")
    async with scene.by(scene.member) as work:
        shown = await queries.objection(work, made)
        assert (shown.state, shown.closed_on) == ("withdrawn", date(2026, 12, 4))
    async with scene.house() as work:
        assert (
            await work.session.get_one(LeviedInvoice, (scene.invoice_id, scene.member.id))
        ).disputed_net_minor == 0


async def test_who_may_do_what(scene: Scene) -> None:
    made = await objected(scene)
    async with scene.by(scene.member) as work:
        with pytest.raises(Forbidden):
            await commands.rule_on(work, made, "withdraw")
        with pytest.raises(OwnCase):
            await commands.rule_on(work, made, "dismiss", "Mine")
    async with scene.by(scene.rep) as work:
        with pytest.raises(Forbidden):
            await commands.answer_objection(work, made, "No")
        with pytest.raises(IllegalMove):
            await commands.rule_on(work, made, "dismiss", "Too early")
    async with scene.by(await scene.contact()) as work:
        with pytest.raises(IllegalMove):
            await commands.rule_on(work, made, "insist")
        assert (await commands.rule_on(work, made, "withdraw")).state == "withdrawn"


async def test_paid_meanwhile_ends_it(scene: Scene) -> None:
    made = await objected(scene)
    await scene.pay("1210.00", date(2026, 11, 23))
    await scene.sound()
    async with scene.house() as work:
        await end_silence.job(work)
    await scene.run("receivables.apply_silence")
    async with scene.by(scene.member) as work:
        assert (await queries.objection(work, made)).state == "withdrawn"


async def test_a_new_delivery_that_is_accepted_settles_it(scene: Scene) -> None:
    made = await objected(scene)
    async with scene.by(scene.member) as work:
        await commands.rule_on(work, made, "redeliver", "New colours by Friday.")
    async with scene.house() as work:
        invoice = await work.session.get_one(Invoice, scene.invoice_id)
        line = await work.session.scalar(
            select(InvoiceLine).where(InvoiceLine.invoice_id == scene.invoice_id).limit(1)
        )
        assert line is not None
        assert line.milestone_id is not None
        for milestone_id, state in (
            (MilestoneId(UUID(int=1)), "redelivery"), (line.milestone_id, "withdrawn"),
        ):  # fmt: skip
            await work.emit(
                MilestoneAccepted(
                    contract_id=invoice.contract_id, milestone_id=milestone_id,
                    member_id=scene.member.id, by_silence=False,
                )
            )  # fmt: skip
            assert (await queries.objection(work, made)).state == state
    assert any("Delivered anew" in one.subject for one in await scene.make.letters())
    async with scene.by(scene.member) as work:
        assert (await queries.receivable(work, scene.invoice_id)).due == "1210.00"
    await scene.sound()


async def test_an_overdue_mediation_is_reminded_of_once(scene: Scene, clock: Clock) -> None:
    made = await objected(scene)
    secretary = await scene.make.member(roles=[Role.SECRETARY])
    async with scene.by(scene.member) as work:
        await commands.rule_on(work, made, "mediate")
    clock.advance(days=15)
    for expected in (0, 1, 0):
        async with scene.house() as work:
            assert await commands.remind_mediators(work) == expected
        clock.advance(days=1 if not expected else 2)
    told = {one.to for one in await scene.make.letters() if one.subject.startswith("Overdue")}
    assert {scene.rep.email, secretary.email} <= told
    assert scene.member.email not in told

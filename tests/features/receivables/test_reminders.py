"""Reminders: the charter's steps, once each, and everything that keeps them quiet."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from guild.core.errors import Forbidden
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.governance.rules import ReminderStep
from guild.receivables import commands, queries
from guild.receivables.errors import PromiseTooLate
from guild.receivables.jobs import notice_broken_promises, remind_all
from guild.receivables.models import Promise, Reminder
from guild.receivables.rules.reminders import Override, due_now, plan_of
from guild.receivables.schemas import ObjectionIn, PromiseIn, ReminderRuleIn
from tests.conftest import Clock
from tests.factories import Factories
from tests.features.receivables.scene import Scene

STEPS = tuple(ReminderStep(days=days, tone="friendly", channel="mail") for days in (-3, 1, 8, 15))


def test_weekends_and_holidays_of_the_client_are_skipped() -> None:
    due = date(2026, 12, 24)
    plan = plan_of(due, STEPS, "BE", Override())
    assert [one.on for one in plan] == [
        date(2026, 12, 21), date(2026, 12, 28), date(2027, 1, 4), date(2027, 1, 8),
    ]  # fmt: skip
    later = plan_of(due, STEPS, "BE", Override(shift_days=7, channel="letter"))
    assert later[0].on == date(2026, 12, 21)
    assert later[1].on == date(2027, 1, 4)
    assert {one.channel for one in later} == {"letter"}


def test_only_the_newest_step_goes_out_after_a_pause() -> None:
    due = date(2026, 11, 2)
    plan = plan_of(due, STEPS, "NL", Override())
    found = due_now(plan, {-3, 1}, due, date(2026, 11, 30), None)
    assert found.send is not None
    assert found.send.step == 15
    assert [one.step for one in found.overtaken] == [8]
    assert due_now(plan, set(), due, date(2026, 11, 2), None).send == plan[0]
    void = due_now(plan, set(), due, date(2026, 11, 3), None)
    assert (void.send, [one.step for one in void.overtaken]) == (plan[1], [-3])
    assert due_now(plan, {1}, due, date(2026, 11, 10), date(2026, 11, 9)).send is None


async def run_on(scene: Scene, clock: Clock, day: date) -> int:
    clock.set(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    async with scene.house() as work:
        await remind_all.job(work)
    return await scene.run("receivables.remind")


async def sent(scene: Scene) -> list[tuple[int, str]]:
    async with scene.house() as work:
        rows = await work.session.scalars(select(Reminder).order_by(Reminder.id))
        return [(row.step, row.result) for row in rows]


async def test_the_whole_ladder(scene: Scene, clock: Clock) -> None:
    due = (await scene.invoice()).due_on
    assert due == date(2026, 12, 23)
    await run_on(scene, clock, date(2026, 12, 18))
    assert await sent(scene) == []
    await run_on(scene, clock, date(2026, 12, 21))
    await run_on(scene, clock, date(2026, 12, 21))
    assert await sent(scene) == [(-3, "sent")]
    letters = await scene.make.letters()
    assert letters[-1].subject.endswith("is due on 23 December 2026")
    assert "/i/" in letters[-1].text
    for day in (date(2026, 12, 24), date(2026, 12, 31), date(2027, 1, 7)):
        await run_on(scene, clock, day)
    assert [step for step, _ in await sent(scene)] == [-3, 1, 8, 15]
    await run_on(scene, clock, date(2027, 1, 22))
    assert (await sent(scene))[-1] == (30, "sent")
    assert await scene.run("receivables.print_reminder") == 1
    async with scene.by(scene.member) as work:
        shown = await queries.reminders(work, scene.invoice_id)
        assert shown.sent[-1].has_letter
        assert shown.next is None
        letter = await queries.reminder_letter(work, scene.invoice_id, 30)
        assert letter.startswith(b"%PDF-")
    await run_on(scene, clock, date(2027, 3, 1))
    assert len(await sent(scene)) == 5


@pytest.mark.parametrize(("lang", "says"), [
    ("fr", "est ouverte"), ("nl", "staat open"), ("de", "ist offen"),
])  # fmt: skip
async def test_in_the_language_of_the_client(
    system: System, make: Factories, clock: Clock, lang: str, says: str
) -> None:
    scene = await Scene(system, make).open(language=lang)
    await run_on(scene, clock, date(2026, 12, 24))
    assert any(says in one.subject and one.lang == lang for one in await make.letters())


async def test_a_promise_pauses_and_is_noticed_when_broken(scene: Scene, clock: Clock) -> None:
    contact = await scene.contact()
    clock.advance(days=28)
    async with scene.by(contact) as work:
        with pytest.raises(PromiseTooLate):
            await commands.promise_payment(
                work, scene.invoice_id, PromiseIn(pay_by=date(2027, 3, 1))
            )
        await commands.promise_payment(work, scene.invoice_id, PromiseIn(pay_by=date(2027, 1, 4)))
        with pytest.raises(PromiseTooLate, match="before"):
            await commands.promise_payment(
                work, scene.invoice_id, PromiseIn(pay_by=date(2027, 1, 5))
            )
    async with scene.by(scene.member) as work:
        with pytest.raises(Forbidden):
            await commands.promise_payment(
                work, scene.invoice_id, PromiseIn(pay_by=date(2027, 1, 5))
            )
    await run_on(scene, clock, date(2026, 12, 31))
    assert await sent(scene) == []
    clock.set(datetime(2027, 1, 7, 9, tzinfo=UTC))
    async with scene.house() as work:
        await notice_broken_promises.job(work)
        promise = await work.session.scalar(select(Promise))
        assert promise is not None
        assert promise.state == "broken"
    await run_on(scene, clock, date(2027, 1, 7))
    assert (await sent(scene))[-1] == (15, "sent")
    assert "You had promised to pay by 4 January 2027." in (await scene.make.letters())[-1].text


async def test_a_kept_promise(scene: Scene) -> None:
    async with scene.by(scene.treasurer) as work:
        await commands.promise_payment(work, scene.invoice_id, PromiseIn(pay_by=date(2026, 12, 1)))
    await scene.pay("1210.00", date(2026, 11, 23))
    async with scene.house() as work:
        promise = await work.session.scalar(select(Promise))
        assert promise is not None
        assert promise.state == "kept"
    await scene.sound()


async def test_stops_of_dispute_rule_and_payment(scene: Scene, clock: Clock) -> None:
    other = await scene.another()
    third = await scene.another()
    async with scene.by(await scene.contact()) as work:
        await commands.object_to(
            work, scene.invoice_id, ObjectionIn(reason_code="not_delivered", text="Nothing came")
        )
    async with scene.by(scene.treasurer) as work:
        await commands.set_rule(
            work,
            ReminderRuleIn(scope="invoice", subject_id=other, reason="We talk", stopped=True),
        )
    await scene.pay("1210.00", date(2026, 11, 23), third)
    await run_on(scene, clock, date(2026, 12, 24))
    assert await sent(scene) == []
    async with scene.by(scene.member) as work:
        assert "dispute" in (await queries.reminders(work, scene.invoice_id)).quiet[0]
        assert "We talk" in (await queries.reminders(work, other)).quiet[0]
        assert await queries.next_run(work, days=30) == []


async def test_the_house_can_stop_everything(scene: Scene, clock: Clock) -> None:
    async with scene.by(scene.treasurer) as work:
        await commands.set_rule(
            work,
            ReminderRuleIn(
                scope="house", subject_id=UUID(int=0), reason="Bank is down", stopped=True
            ),
        )
    await run_on(scene, clock, date(2026, 12, 24))
    assert await sent(scene) == []


async def test_the_preview_is_what_the_run_sends(scene: Scene, clock: Clock) -> None:
    clock.set(datetime(2026, 12, 18, 9, tzinfo=UTC))
    async with scene.by(scene.member) as work:
        (row,) = await queries.next_run(work, days=7)
        assert (row.next.step, row.next.on) == (-3, date(2026, 12, 21))
        assert await queries.next_run(work) == []
    await run_on(scene, clock, row.next.on)
    assert await sent(scene) == [(-3, "sent")]


async def test_two_runs_at_once_remind_once(committing: System, clock: Clock) -> None:
    scene = await Scene(committing, Factories(committing)).open()
    clock.set(datetime(2026, 12, 24, 9, tzinfo=UTC))

    async def once() -> object:
        async with begin_work(committing, SYSTEM) as work:
            return await commands.remind(work, scene.invoice_id)

    made = await asyncio.gather(*(once() for _ in range(6)))
    assert len([one for one in made if one]) == 1
    assert [row for row in await sent(scene) if row[1] == "sent"] == [(1, "sent")]

"""Payout runs: slices that go on after a kill, a whole run's approval, members' own rhythm."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Forbidden, Invalid
from guild.core.ids import PayoutRunId
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.members.models import Member
from guild.treasury import commands, jobs, queries
from guild.treasury.commands import runs
from guild.treasury.commands.run_approvals import set_aside_slice
from guild.treasury.errors import NothingToPay, OfficeMissing, RunNotFound, RunStillGoing
from guild.treasury.models import Payout, PayoutRun
from guild.treasury.rules.rhythms import Choice, is_due, next_turn
from guild.treasury.schemas import BatchIn, ChoiceIn, PayoutRunIn, PayoutRunOut
from tests.conftest import Clock
from tests.features.treasury.conftest import Desk


async def started(desk: Desk, which: int = 0) -> PayoutRunOut:
    async with begin_work(desk.system, desk.treasurer(which)) as work:
        return await commands.start_run(work, PayoutRunIn())


async def seen(desk: Desk, run_id: PayoutRunId) -> PayoutRunOut:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return await queries.payout_run(work, run_id)


async def finish(desk: Desk, run_id: PayoutRunId) -> int:
    """Run the job as the worker would, until it queues itself no more; says how many slices."""
    slices = 0
    more = True
    while more:
        async with begin_work(desk.system, SYSTEM) as work:
            more = await commands.advance_run(work, run_id)
        slices += 1
    return slices


async def set_aside(desk: Desk, run_id: PayoutRunId) -> None:
    last = None
    while True:
        async with begin_work(desk.system, SYSTEM) as work:
            last = await set_aside_slice(work, run_id, last)
        if last is None:
            return


async def amounts(desk: Desk, run_id: PayoutRunId) -> dict[object, int]:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        rows = await work.session.execute(
            select(Payout.member_id, func.sum(Payout.amount_minor))
            .where(Payout.run_id == run_id)
            .group_by(Payout.member_id)
        )
        return {member: int(minor) for member, minor in rows}


async def payees(desk: Desk, *minors: int) -> list[Member]:
    return [(await desk.payee(minor))[0] for minor in minors]


async def test_a_run_asks_for_everyone_who_can_be_paid(desk: Desk, clock: Clock) -> None:
    paid = await payees(desk, 10_000, 20_000, 30_000)
    without = await desk.make.member()
    await desk.paid_in(without, 500)
    clock.advance(hours=73)
    await desk.ask(paid[0], "60.00")
    run = await started(desk)
    assert (run.state, run.total, run.done, run.payouts, run.amount) == ("done", 4, 4, 3, "540.00")
    assert await amounts(desk, run.id) == {
        paid[0].id: 4_000, paid[1].id: 20_000, paid[2].id: 30_000,
    }  # fmt: skip
    assert [(one.member_id, one.amount) for one in run.skipped] == [(without.id, "5.00")]
    assert "no approved account" in run.skipped[0].reason

    # Who started it approves none of it; two others approve all of it at once.
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(OfficeMissing):
            await commands.approve_run(work, run.id)
    for which in (1, 2):
        async with begin_work(desk.system, desk.treasurer(which)) as work:
            told = await commands.approve_run(work, run.id)
        assert (told.approved, told.left_out) == (3, 0)
    await set_aside(desk, run.id)
    assert (await seen(desk, run.id)).waiting == 0
    async with begin_work(desk.system, desk.treasurer()) as work:
        made = await commands.make_payment_batch(work, BatchIn())
    assert (made.payments, made.total) == (3, "540.00")
    assert await desk.wrong() == []


async def test_a_killed_run_goes_on_and_pays_nobody_twice(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SLICE", 2)
    paid = await payees(desk, 10_000, 20_000, 30_000, 40_000, 50_000)
    clock.advance(hours=73)
    run = await started(desk)
    assert (run.state, run.done, run.total, run.payouts) == ("running", 2, 5, 2)
    # The worker dies in the middle of a slice: nothing of that slice is kept.
    with pytest.raises(RuntimeError):
        async with begin_work(desk.system, SYSTEM) as work:
            assert await commands.advance_run(work, run.id)
            await work.write()
            raise RuntimeError("killed")
    assert (await seen(desk, run.id)).done == 2
    with pytest.raises(RunStillGoing):
        await started(desk, 1)
    assert await finish(desk, run.id) == 2
    done = await seen(desk, run.id)
    assert (done.state, done.done, done.payouts, done.amount) == ("done", 5, 5, "1500.00")
    # The job comes again, as after a crash between its commit and its row's.
    assert await finish(desk, run.id) == 1
    assert await amounts(desk, run.id) == {one.id: 10_000 * n for n, one in enumerate(paid, 1)}
    with pytest.raises(NothingToPay):
        await started(desk)
    assert await desk.wrong() == []


async def test_setting_aside_twice_draws_once(desk: Desk, clock: Clock) -> None:
    (member,) = await payees(desk, 10_000)
    clock.advance(hours=73)
    run = await started(desk)
    for which in (1, 2):
        async with begin_work(desk.system, desk.treasurer(which)) as work:
            await commands.approve_run(work, run.id)
    for _ in range(2):
        async with begin_work(desk.system, SYSTEM) as work:
            await jobs.set_run_aside(work, run_id=run.id)
    assert await amounts(desk, run.id) == {member.id: 10_000}
    assert await desk.wrong() == []


async def test_an_account_replaced_meanwhile_stays_for_a_person(desk: Desk, clock: Clock) -> None:
    (member, other) = await payees(desk, 10_000, 20_000)
    clock.advance(hours=73)
    run = await started(desk)
    for which in (1, 2):
        async with begin_work(desk.system, desk.treasurer(which)) as work:
            await commands.approve_run(work, run.id)
    await desk.make.bank_account(member, approver=desk.treasurers[0], iban="BE71 0961 2345 6769")
    await set_aside(desk, run.id)
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        states = {one.member_id: one.state for one in await work.session.scalars(select(Payout))}
    assert states == {member.id: "requested", other.id: "approved"}


async def test_a_treasurers_own_payout_is_left_out_of_her_approval(
    desk: Desk, clock: Clock
) -> None:
    treasurer = desk.treasurers[1]
    await desk.make.bank_account(treasurer, approver=desk.treasurers[0])
    await desk.paid_in(treasurer, 5_000)
    await payees(desk, 10_000)
    clock.advance(hours=73)
    run = await started(desk)
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        told = await commands.approve_run(work, run.id)
    assert (told.approved, told.left_out) == (1, 1)


async def test_who_may_not_and_what_is_not_there(desk: Desk) -> None:
    member = await desk.make.member()
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        with pytest.raises(Forbidden):
            await commands.start_run(work, PayoutRunIn())
        with pytest.raises(Forbidden):
            await commands.approve_run(work, PayoutRunId(member.id))
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(RunNotFound):
            await commands.approve_run(work, PayoutRunId(member.id))
        with pytest.raises(RunNotFound):
            await queries.payout_run(work, PayoutRunId(member.id))


@pytest.mark.parametrize(
    ("attack", "refusal"),
    [
        ("UPDATE payout_run SET state = 'running', finished_at = NULL", "is done"),
        ("UPDATE payout_run SET cursor = NULL, done = 0", "is done"),
        ("DELETE FROM payout_run", "append-only|denied"),
        ("UPDATE payout SET run_id = NULL", "never change"),
        ("UPDATE payout SET roles_needed = '{}'", "never change"),
        ("UPDATE payout SET approvals_needed = 5, state = 'approved'", "approvals"),
    ],
)
async def test_sql_refuses_shortcuts(desk: Desk, clock: Clock, attack: str, refusal: str) -> None:
    await payees(desk, 10_000)
    clock.advance(hours=73)
    await started(desk)
    with pytest.raises(DBAPIError, match=refusal):
        async with begin_work(desk.system, desk.treasurer()) as work:
            await work.session.execute(text(attack))


class TestRhythm:
    """A member chooses once, and is paid on the day without asking."""

    async def choose(self, desk: Desk, member: Member, **said: object) -> None:
        async with begin_work(desk.system, desk.make.actor(member)) as work:
            await commands.choose_rhythm(work, ChoiceIn(**said))  # type: ignore[arg-type]

    async def run_of_today(self, desk: Desk) -> PayoutRunId | None:
        async with begin_work(desk.system, SYSTEM) as work:
            return await commands.start_chosen_run(work)

    async def test_each_is_paid_on_her_own_day(self, desk: Desk, clock: Clock) -> None:
        weekly, monthly, rich, poor, asks = await payees(
            desk, 10_000, 20_000, 90_000, 4_000, 30_000
        )
        await self.choose(desk, weekly, rhythm="weekly", day=4)
        await self.choose(desk, monthly, rhythm="monthly", day=28)
        for member in (rich, poor):
            await self.choose(desk, member, rhythm="threshold", minimum="500.00")
        clock.set(datetime(2026, 11, 26, 6, 0, tzinfo=UTC))  # a Thursday
        run_id = await self.run_of_today(desk)
        assert run_id is not None
        await finish(desk, run_id)
        assert await amounts(desk, run_id) == {weekly.id: 10_000, rich.id: 90_000}
        assert await self.run_of_today(desk) is None, "once a day"
        # 28 November is a Saturday: those who chose the 28th are paid on Monday the 30th.
        clock.set(datetime(2026, 11, 28, 6, 0, tzinfo=UTC))
        assert await self.run_of_today(desk) is None
        clock.set(datetime(2026, 11, 30, 6, 0, tzinfo=UTC))
        later = await self.run_of_today(desk)
        assert later is not None
        await finish(desk, later)
        assert await amounts(desk, later) == {monthly.id: 20_000}
        assert asks.id not in await amounts(desk, later)
        # She asked long before: any two others approve, a treasurer among them.
        async with begin_work(desk.system, desk.treasurer()) as work:
            asked = await work.session.scalar(select(Payout).where(Payout.member_id == monthly.id))
        assert asked is not None
        assert asked.requested_by == monthly.id

    async def test_the_choice_is_checked_and_taken_back(self, desk: Desk, clock: Clock) -> None:
        member = await desk.make.member()
        for wrong in (
            {"rhythm": "weekly", "day": 6},
            {"rhythm": "monthly", "day": 0},
            {"rhythm": "threshold", "day": 3, "minimum": "100.00"},
            {"rhythm": "threshold", "minimum": "1.00"},
        ):
            with pytest.raises(Invalid):
                await self.choose(desk, member, **wrong)
        await self.choose(desk, member, rhythm="weekly", day=1)
        async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
            shown = await queries.choice_of(work, member.id)
        assert (shown.rhythm, shown.next_on) == ("weekly", date(2026, 11, 30))
        await self.choose(desk, member, rhythm="on_request")
        async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
            assert (await queries.choice_of(work, member.id)).rhythm == "on_request"

    async def test_nobody_with_a_choice_is_no_run(self, desk: Desk) -> None:
        assert await self.run_of_today(desk) is None
        async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
            assert await work.session.scalar(select(func.count()).select_from(PayoutRun)) == 0


@pytest.mark.parametrize("day", range(1, 29))
def test_each_day_of_the_month_comes_once_a_month(day: int) -> None:
    choice = Choice(rhythm="monthly", day=day)
    turns = [
        date.fromordinal(n)
        for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())
        if is_due(choice, date.fromordinal(n), "BE")
    ]
    assert len(turns) in {11, 12, 13}
    assert next_turn(choice, turns[0], "BE") == turns[1]

"""Deliveries: acceptance, rounds, silence, reminders, completion, early end, invoicing."""

import msgspec
import pytest
from sqlalchemy import select, text

from guild.contracts import commands, jobs, queries
from guild.contracts.errors import MilestoneNotFound, NotAllInvoiceable, NothingDelivered
from guild.contracts.models import ContractEvidence, Milestone
from guild.contracts.schemas import DeliveryChangesIn, DeliveryIn, TerminateIn
from guild.core.errors import IllegalMove
from guild.core.events import EventRow
from guild.core.ids import new_id


async def state_of(as_, contract):
    async with as_() as work:
        return (await queries.contract_row(work, contract.id)).state


async def kinds(as_, contract):
    async with as_() as work:
        rows = await work.session.scalars(
            select(EventRow.kind).where(EventRow.subject_id == contract.id).order_by(EventRow.id)
        )
        return list(rows)


async def test_accepting_every_milestone_completes_the_contract(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    first = await make.accept(contract, member, 1)
    assert (first.state, first.accepted_by) == ("accepted", "client")
    assert await state_of(as_, contract) == "signed"
    await make.accept(contract, member, 2)
    assert await state_of(as_, contract) == "completed"
    assert (await kinds(as_, contract))[-3:] == [
        "MilestoneDelivered", "MilestoneAccepted", "ContractCompleted",
    ]  # fmt: skip


async def test_the_client_gets_a_link_and_the_days_run(make, as_, clock):
    member = await make.member()
    contract = await make.signed_contract(member)
    delivery = await make.deliver(contract, member)
    letter = (await make.letters())[-1]
    assert "/deliveries/" in letter.text
    assert "counts as accepted" in letter.text
    milestone = (await make.milestones(contract))[0]
    assert milestone.accept_by == delivery.answer_by
    assert milestone.accept_by.date().isoformat() == "2026-12-07"


async def test_rounds_are_counted_and_beyond_the_agreed_is_marked(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member, revision_rounds=1)
    for round_number in (1, 2):
        delivery = await make.deliver(contract, member)
        assert delivery.round == round_number
        async with as_(await make.client_of(contract, "delivery")) as work:
            milestone = await commands.request_milestone_changes(
                work, delivery.milestone_id,
                DeliveryChangesIn(delivery_id=delivery.id, wishes="Bluer"),
            )  # fmt: skip
        assert (milestone.state, milestone.rounds_used) == ("changes_requested", round_number)
    letter = (await make.letters())[-1]
    assert "beyond the agreed" in letter.text
    async with as_() as work:
        rows = await work.session.scalars(
            select(EventRow.body).where(EventRow.kind == "MilestoneChangesRequested")
        )
        assert sorted(body["beyond_agreed"] for body in rows) == [False, True]


async def test_an_answer_to_an_older_delivery_is_refused(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    old = await make.deliver(contract, member)
    client = await make.client_of(contract, "delivery")
    async with as_(client) as work:
        await commands.request_milestone_changes(
            work, old.milestone_id, DeliveryChangesIn(delivery_id=old.id, wishes="Again")
        )
        with pytest.raises(NothingDelivered):
            await commands.accept_milestone(work, old.milestone_id, old.id)
    await make.deliver(contract, member)
    async with as_(client) as work:
        with pytest.raises(NothingDelivered):
            await commands.accept_milestone(work, old.milestone_id, old.id)


async def test_only_the_client_of_the_contract_answers(make, as_):
    member, other = await make.member(), await make.member()
    contract, foreign = await make.signed_contract(member), await make.signed_contract(other)
    mine = await make.deliver(contract, member)
    await make.deliver(foreign, other)
    actors = [
        make.actor(member),
        make.actor(other),
        await make.client_of(foreign, "delivery"),
        await make.client_of(contract, "contract"),  # the link is for the offer, not for this
    ]
    for actor in actors:
        async with as_(actor) as work:
            with pytest.raises(MilestoneNotFound):
                await commands.accept_milestone(work, mine.milestone_id, mine.id)
            with pytest.raises(MilestoneNotFound):
                await commands.request_milestone_changes(
                    work, mine.milestone_id, DeliveryChangesIn(delivery_id=mine.id, wishes="x")
                )
    for actor in (make.actor(other), await make.client_of(contract, "delivery")):
        async with as_(actor) as work:
            with pytest.raises(MilestoneNotFound):
                await commands.deliver_milestone(work, mine.milestone_id, DeliveryIn(note="x"))


async def test_silence_accepts_after_the_day_and_not_before(make, as_, clock):
    member = await make.member()
    contract = await make.signed_contract(member)
    delivery = await make.deliver(contract, member)
    clock.set(delivery.answer_by)
    async with as_() as work:
        await commands.accept_by_silence(work, delivery.milestone_id)
    assert (await make.milestones(contract))[0].state == "delivered"
    clock.advance(seconds=1)
    for _ in range(2):  # a job may run twice
        async with as_() as work:
            await commands.accept_by_silence(work, delivery.milestone_id)
    milestone = (await make.milestones(contract))[0]
    assert (milestone.state, milestone.accepted_by) == ("accepted", "silence")
    async with as_() as work:
        rows = await work.session.scalars(
            select(EventRow.body).where(EventRow.kind == "MilestoneAccepted")
        )
        assert [body["by_silence"] for body in rows] == [True]


async def asked_jobs(system, as_, schedule):
    """The jobs that one run of a schedule queues."""
    async with as_() as work:
        before = await work.session.scalar(text("SELECT count(*) FROM outbox"))
    async with as_() as work:
        await schedule.job.run(work)
    async with as_() as work:
        rows = await work.session.execute(
            text("SELECT job, ids FROM outbox ORDER BY id OFFSET :n"), {"n": before}
        )
        return [(job, ids) for job, ids in rows]


async def test_schedules_find_what_is_due(make, as_, clock, system):
    member = await make.member()
    contract = await make.signed_contract(member)
    waiting = await make.sent_contract(member)
    delivery = await make.deliver(contract, member)
    assert await asked_jobs(system, as_, jobs.remind_of_deliveries) == []
    clock.advance(days=7)
    ((job, ids),) = await asked_jobs(system, as_, jobs.remind_of_deliveries)
    assert (job, ids["due"]) == ("contracts.remind_of_delivery", 1)
    count = len(await make.letters())
    for _ in range(2):
        async with as_() as work:
            await commands.remind_of_delivery(work, delivery.milestone_id, 1)
    letters = await make.letters()
    assert len(letters) == count + 1
    assert letters[-1].subject.startswith("Reminder:")
    assert await asked_jobs(system, as_, jobs.remind_of_deliveries) == []
    assert await asked_jobs(system, as_, jobs.accept_by_silence) == []
    clock.advance(days=8)
    ((job, ids),) = await asked_jobs(system, as_, jobs.accept_by_silence)
    assert (job, ids["milestone_id"]) == ("contracts.accept_silent", str(delivery.milestone_id))
    ((job, ids),) = await asked_jobs(system, as_, jobs.expire_offers)
    assert (job, ids["contract_id"]) == ("contracts.expire_offer", str(waiting.id))


async def test_an_ended_contract_is_not_performed(make, as_, clock):
    member = await make.member()
    contract = await make.signed_contract(member)
    delivery = await make.deliver(contract, member)
    client = await make.client_of(contract, "delivery")
    async with as_(make.actor(member)) as work:
        ended = await commands.terminate_contract(
            work, contract.id, TerminateIn(reason="not_paid", note="two invoices late")
        )
    assert (ended.state, ended.ended_reason) == ("terminated", "not_paid")
    second = (await make.milestones(contract))[1]
    async with as_(make.actor(member)) as work:
        with pytest.raises(IllegalMove):
            await commands.deliver_milestone(work, second.id, DeliveryIn(note="x"))
    async with as_(client) as work:
        with pytest.raises(IllegalMove):
            await commands.accept_milestone(work, delivery.milestone_id, delivery.id)
    clock.advance(days=30)
    async with as_() as work:
        await commands.accept_by_silence(work, delivery.milestone_id)
        await commands.remind_of_delivery(work, delivery.milestone_id, 1)
    assert (await make.milestones(contract))[0].state == "delivered"


async def test_milestones_are_invoiced_once(make, as_):
    member = await make.member()
    contract, other = await make.signed_contract(member), await make.signed_contract(member)
    await make.accept(contract, member, 1)
    await make.accept(other, member, 1)
    first, second = await make.milestones(contract)
    foreign = (await make.milestones(other))[0]
    async with as_() as work:
        for wrong in ([second.id], [first.id, second.id], [foreign.id], [], [new_id()]):
            with pytest.raises(NotAllInvoiceable):
                await commands.mark_milestones_invoiced(work, contract.id, wrong)
        done = await commands.mark_milestones_invoiced(work, contract.id, [first.id])
        assert [row.state for row in done] == ["invoiced"]
        with pytest.raises(NotAllInvoiceable):
            await commands.mark_milestones_invoiced(work, contract.id, [first.id])
    await make.accept(contract, member, 2)
    assert await state_of(as_, contract) == "completed"


async def test_a_delivered_milestone_cannot_be_delivered_again(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.deliver(contract, member)
    with pytest.raises(IllegalMove):
        await make.deliver(contract, member)


async def test_the_chain_tells_the_whole_story(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.accept(contract, member, 1)
    async with as_(make.actor(member)) as work:
        events = await queries.contract_events(work, contract.id)
    assert [event.kind for event in events] == [
        "drafted", "sent", "link_sent", "opened", "code_sent", "signed", "delivered", "accepted",
    ]  # fmt: skip
    assert [event.seq for event in events] == list(range(1, 9))
    async with as_() as work:
        bodies = await work.session.scalars(select(ContractEvidence.body))
        assert all(msgspec.json.decode(body)["contract_id"] == str(contract.id) for body in bodies)
        assert (await work.session.scalars(select(Milestone))).first() is not None

"""What happens by itself, through the scheduled job, and what a late payer does not hold up."""

from sqlalchemy import select

from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing.jobs import mark_overdue
from guild.reputation.jobs import publish_what_is_due
from guild.reputation.models import Attestation
from guild.translog.models import LogLeaf
from tests.features.reputation.story import GOOD, Story


async def test_the_blind_period_ends_by_itself(system, make, clock) -> None:
    story = Story(system, make)
    member = await make.member()
    contract = await story.finished(member)
    await story.client_says(contract, GOOD)
    clock.advance(days=14)
    for _ in range(2):
        async with begin_work(system, SYSTEM) as work:
            await publish_what_is_due.job.run(work)
    async with begin_work(system, SYSTEM, read_only=True) as work:
        states = await work.session.scalars(select(Attestation.state))
        assert list(states) == ["published"]
        kinds = await work.session.scalars(
            select(LogLeaf.kind).where(LogLeaf.kind != "document").order_by(LogLeaf.seq)
        )
        assert [kind for kind in kinds if kind[:4] in {"scor", "atte"}] == [
            "scoring-rules",
            "attestation",
            "attestation-standing",
        ]


async def test_nobody_waits_for_ever_for_a_late_payer(system, make, clock) -> None:
    story = Story(system, make)
    member = await make.member()
    contract = await story.finished(member, paid=False)
    clock.advance(days=40)
    async with begin_work(system, SYSTEM) as work:
        await mark_overdue.job.run(work)
    said = await story.member_says(member, contract, {"payment_on_time": False})
    assert said.state == "hidden"

"""Who judged a claim does not approve that its benefit is paid."""

import pytest
from sqlalchemy import select

from guild.core.permissions import Role
from guild.members.models import Member
from guild.mutual_fund.errors import OwnCase
from guild.mutual_fund.models import Juror
from guild.treasury import commands as treasury
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.mutual_fund.test_benefits import Desk


async def test_a_juror_does_not_approve_the_benefit_she_judged(
    as_: As, make: Factories, clock: Clock
) -> None:
    desk = await Desk(as_, make).open()
    clock.advance(days=4)
    claim = await desk.granted()
    payout_id = await desk.ask(claim.id)
    async with as_() as work:
        judge = await work.session.scalar(select(Juror.member_id).where(Juror.claim_id == claim.id))
        judged = await work.session.get_one(Member, judge)
    make.offices[judged.id] = frozenset({Role.TREASURER})
    with pytest.raises(OwnCase):
        async with as_(make.actor(judged)) as work:
            await treasury.approve_payout(work, payout_id)
    others = [await make.member(roles=[Role.TREASURER]) for _ in range(2)]
    for other in others:
        async with as_(make.actor(other)) as work:
            seen = await treasury.approve_payout(work, payout_id)
    assert (seen.state, seen.approvals) == ("approved", 2), "the juror's word was not counted"

"""What follows from facts about people: who is gone subscribes to nothing any more."""

from guild.core.events import reacts_to
from guild.core.permissions import Role
from guild.core.work import Work
from guild.members.events import MembershipEnded, RoleEnded
from guild.webhooks import commands


@reacts_to(MembershipEnded)
async def stop_with_membership(work: Work, fact: MembershipEnded) -> None:
    """All that the person subscribed to ends."""
    await commands.stop_of_member(work, fact.member_id)


@reacts_to(RoleEnded)
async def stop_with_office(work: Work, fact: RoleEnded) -> None:
    """What a treasurer subscribed to for the house ends with the office."""
    if fact.role == Role.TREASURER:
        await commands.stop_of_member(work, fact.member_id, scope="house")

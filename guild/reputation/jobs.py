"""What happens by itself: the blind period ends, and new rules are committed to."""

from guild.core.jobs import scheduled
from guild.core.work import Work
from guild.reputation.commands import log_rules, publish_due


@scheduled("reputation.publish_due", every_minutes=15)
async def publish_what_is_due(work: Work) -> None:
    """Publish what one side said alone; commit to the rules of a charter version that began."""
    await log_rules(work)
    await publish_due(work)


SCHEDULES = [publish_what_is_due]

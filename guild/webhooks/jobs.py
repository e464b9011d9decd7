"""Background work of webhooks: looking for news each minute, and sending it."""

from guild.core.jobs import scheduled
from guild.core.work import Work
from guild.webhooks import commands
from guild.webhooks.commands.dispatching import SWEEP_BATCH

SEND = commands.SEND


@scheduled("webhooks.dispatch", every_minutes=1)
async def dispatch(work: Work) -> None:
    """Make deliveries of the facts since the last look."""
    await commands.dispatch(work)


@scheduled("webhooks.sweep", every_minutes=24 * 60)
async def sweep(work: Work) -> None:
    """Delete deliveries of more than 90 days ago."""
    while await commands.sweep(work) == SWEEP_BATCH:
        pass

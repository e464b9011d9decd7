"""Tidying up: what is over is dropped."""

from guild.core.jobs import scheduled
from guild.core.work import Work
from guild.members import commands


@scheduled("members.sweep_access", every_minutes=60)
async def sweep_access(work: Work) -> None:
    """Drop sessions that are over, browsers of dead links, and counters of past windows."""
    await commands.sweep_sessions(work)
    await commands.sweep_link_sessions(work)
    await commands.sweep_tries(work)

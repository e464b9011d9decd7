"""Tidying up: what is over is dropped."""

from guild.core.jobs import scheduled
from guild.core.work import Work
from guild.members import commands


@scheduled("members.sweep_access", every_minutes=60)
async def sweep_access(work: Work) -> None:
    """Drop sessions, browsers, tokens and counters whose time is over."""
    await commands.sweep_sessions(work)
    await commands.sweep_link_sessions(work)
    await commands.sweep_resets(work)
    await commands.sweep_tries(work)

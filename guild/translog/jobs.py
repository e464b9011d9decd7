"""The sequencer: once a minute, or at once where somebody waits for the place of a leaf."""

from guild.core.jobs import scheduled
from guild.core.work import Work
from guild.translog.commands import BATCH_MAX, sequence_leaves, sequence_soon


@scheduled("translog.sequence", every_minutes=1)
async def sequence(work: Work) -> None:
    """Place what waits; a full batch asks for the next one at once."""
    if await sequence_leaves(work) == BATCH_MAX:
        work.later(sequence_soon)


JOBS = [sequence_soon]
SCHEDULES = [sequence]

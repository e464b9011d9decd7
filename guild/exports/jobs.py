"""Background work of exports: their parts, and taking away what is over."""

from guild.core.ids import ExportId
from guild.core.jobs import job, scheduled
from guild.core.work import Work
from guild.exports import commands


@job("exports.make_part", timeout_s=120)
async def make_part(work: Work, export_id: ExportId, number: int) -> None:
    """Make one part, and ask for the next if there is one."""
    if await commands.make_part(work, export_id, number):
        work.later(make_part, export_id=export_id, number=number + 1)


@scheduled("exports.sweep", every_minutes=60)
async def sweep(work: Work) -> None:
    """Take away the files of exports whose week is over."""
    await commands.sweep(work)

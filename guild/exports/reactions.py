"""What follows from facts, for exports: an export that was asked for is begun."""

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.exports import jobs
from guild.exports.events import ExportAsked


@reacts_to(ExportAsked)
async def begin(work: Work, fact: ExportAsked) -> None:
    """Queue the first part in the transaction that asked."""
    work.later(jobs.make_part, export_id=fact.export_id, number=0)

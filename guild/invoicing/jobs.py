"""Background work of invoicing: the files of what was issued, and the due dates that pass."""

from guild.core.ids import InvoiceId
from guild.core.jobs import job, scheduled
from guild.core.work import Work
from guild.invoicing import commands


@job("invoicing.make_documents", timeout_s=60)
async def make_documents(work: Work, invoice_id: InvoiceId) -> None:
    """Make and keep the PDF/A-3, the CII and the UBL file, and mail the client; once."""
    await commands.make_documents(work, invoice_id)


@scheduled("invoicing.mark_overdue", every_minutes=60)
async def mark_overdue(work: Work) -> None:
    """Mark what fell due since the last run."""
    await commands.mark_overdue(work)

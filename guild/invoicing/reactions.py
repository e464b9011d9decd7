"""What follows from issuing: the files are made in the background."""

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.invoicing import jobs
from guild.invoicing.events import InvoiceCredited, InvoiceIssued


@reacts_to(InvoiceIssued)
async def make_files_of_invoice(work: Work, fact: InvoiceIssued) -> None:
    """Queue the files in the transaction that issued it."""
    work.later(jobs.make_documents, invoice_id=fact.invoice_id)


@reacts_to(InvoiceCredited)
async def make_files_of_credit_note(work: Work, fact: InvoiceCredited) -> None:
    """Queue the files of the credit note."""
    work.later(jobs.make_documents, invoice_id=fact.credit_note_id)

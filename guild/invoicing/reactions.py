"""What follows from issuing: the files are made in the background."""

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.invoicing import jobs
from guild.invoicing.events import (
    InvoiceCredited,
    InvoiceDrafted,
    InvoiceIssued,
    SelfBilled,
    SelfBillObjected,
)


@reacts_to(InvoiceDrafted)
async def check_the_draft(work: Work, fact: InvoiceDrafted) -> None:
    """Queue the validation of what the draft says now."""
    work.later(jobs.validate_draft, invoice_id=fact.invoice_id)


@reacts_to(InvoiceIssued)
async def make_files_of_invoice(work: Work, fact: InvoiceIssued) -> None:
    """Queue the files in the transaction that issued it."""
    work.later(jobs.make_documents, invoice_id=fact.invoice_id)


@reacts_to(InvoiceCredited)
async def make_files_of_credit_note(work: Work, fact: InvoiceCredited) -> None:
    """Queue the files of the credit note."""
    work.later(jobs.make_documents, invoice_id=fact.credit_note_id)


@reacts_to(SelfBilled)
async def make_files_of_self_bill(work: Work, fact: SelfBilled) -> None:
    """Queue the files of a member's invoice to the co-operative."""
    work.later(jobs.make_documents, invoice_id=fact.invoice_id)


@reacts_to(SelfBillObjected)
async def make_files_of_self_bill_credit(work: Work, fact: SelfBillObjected) -> None:
    """Queue the files of the note that takes one back."""
    work.later(jobs.make_documents, invoice_id=fact.credit_note_id)

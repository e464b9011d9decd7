"""What follows from issuing: the files are made in the background, co-workers are told."""

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.invoicing import commands, jobs
from guild.invoicing.events import (
    InvoiceCredited,
    InvoiceDrafted,
    InvoiceIssued,
    InvoiceReinstated,
    InvoiceWrittenOff,
    SelfBilled,
    SelfBillObjected,
)


@reacts_to(InvoiceDrafted)
async def check_the_draft(work: Work, fact: InvoiceDrafted) -> None:
    """Queue the validation of what the draft says now."""
    work.later(jobs.validate_draft, invoice_id=fact.invoice_id)


@reacts_to(InvoiceIssued)
async def make_files_of_invoice(work: Work, fact: InvoiceIssued) -> None:
    """Queue the files in the transaction that issued it; who shares it is told."""
    work.later(jobs.make_documents, invoice_id=fact.invoice_id)
    await commands.tell_co_workers(work, fact.invoice_id, fact.parts, "issued")


@reacts_to(InvoiceCredited)
async def make_files_of_credit_note(work: Work, fact: InvoiceCredited) -> None:
    """Queue the files of the credit note; who shares the invoice is told."""
    work.later(jobs.make_documents, invoice_id=fact.credit_note_id)
    await commands.tell_co_workers(work, fact.invoice_id, fact.parts, "credited")


@reacts_to(InvoiceWrittenOff)
async def tell_of_write_off(work: Work, fact: InvoiceWrittenOff) -> None:
    """Who shares it reads what of her part is gone."""
    await commands.tell_co_workers(work, fact.invoice_id, fact.parts, "given up")


@reacts_to(InvoiceReinstated)
async def tell_of_return(work: Work, fact: InvoiceReinstated) -> None:
    """Who shares it reads what of her part is owed again."""
    await commands.tell_co_workers(work, fact.invoice_id, fact.parts, "owed again")


@reacts_to(SelfBilled)
async def make_files_of_self_bill(work: Work, fact: SelfBilled) -> None:
    """Queue the files of a member's invoice to the co-operative."""
    work.later(jobs.make_documents, invoice_id=fact.invoice_id)


@reacts_to(SelfBillObjected)
async def make_files_of_self_bill_credit(work: Work, fact: SelfBillObjected) -> None:
    """Queue the files of the note that takes one back."""
    work.later(jobs.make_documents, invoice_id=fact.credit_note_id)

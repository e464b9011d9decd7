"""When a contract is over and settled, both sides are asked."""

from guild.contracts.events import ContractCompleted
from guild.core.events import reacts_to
from guild.core.work import Work
from guild.invoicing.events import InvoiceCredited, InvoiceOverdue, PaymentRecorded
from guild.invoicing.models import Invoice
from guild.reputation.commands import invite


@reacts_to(ContractCompleted)
async def on_completed(work: Work, fact: ContractCompleted) -> None:
    """The last invoice may have been settled before."""
    await work.session.flush()
    await invite(work, fact.contract_id)


@reacts_to(PaymentRecorded)
async def on_payment(work: Work, fact: PaymentRecorded) -> None:
    """A settled invoice may be the last that was waited for."""
    if fact.settled:
        await invite(work, fact.contract_id, settled=fact.invoice_id)


@reacts_to(InvoiceOverdue)
async def on_overdue(work: Work, fact: InvoiceOverdue) -> None:
    """Nobody waits for ever for a late payer: whether it paid in time can be answered now."""
    await work.session.flush()
    invoice = await work.session.get_one(Invoice, fact.invoice_id)
    await invite(work, invoice.contract_id)


@reacts_to(InvoiceCredited)
async def on_credited(work: Work, fact: InvoiceCredited) -> None:
    """A credited invoice is not waited for."""
    await work.session.flush()
    invoice = await work.session.get_one(Invoice, fact.invoice_id)
    await invite(work, invoice.contract_id)

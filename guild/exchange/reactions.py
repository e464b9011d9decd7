"""What follows from facts, for exchange: a document whose files exist is delivered."""

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.exchange import commands
from guild.invoicing.events import InvoiceFiled, SelfBillFiled


@reacts_to(InvoiceFiled)
async def deliver(work: Work, fact: InvoiceFiled) -> None:
    """Choose the way and begin, in the transaction that filed it."""
    await commands.begin_delivery(work, fact.invoice_id)


@reacts_to(SelfBillFiled)
async def deliver_self_bill(work: Work, fact: SelfBillFiled) -> None:
    """Over the network where the member receives such documents; the mail has gone already."""
    await commands.begin_self_bill(work, fact.invoice_id)

"""What follows from payments: a promise that came true."""

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.invoicing.events import PaymentRecorded
from guild.receivables import commands


@reacts_to(PaymentRecorded)
async def on_payment_recorded(work: Work, fact: PaymentRecorded) -> None:
    """The invoice is settled, so what was promised for it was kept."""
    if fact.settled:
        commands.keep_promises(work, fact.invoice_id)

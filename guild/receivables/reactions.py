"""What follows from payments, credit notes and deliveries."""

from guild.contracts.events import MilestoneAccepted
from guild.core.events import reacts_to
from guild.core.work import Work
from guild.invoicing.events import PaymentRecorded, WriteOffCredited
from guild.receivables import commands


@reacts_to(PaymentRecorded)
async def on_payment_recorded(work: Work, fact: PaymentRecorded) -> None:
    """The invoice is settled, so what was promised for it was kept."""
    if fact.settled:
        commands.keep_promises(work, fact.invoice_id)


@reacts_to(MilestoneAccepted)
async def on_milestone_accepted(work: Work, fact: MilestoneAccepted) -> None:
    """What was to be delivered anew was accepted, so the client objects no more."""
    await commands.end_by_delivery(work, fact.contract_id, fact.milestone_id)


@reacts_to(WriteOffCredited)
async def on_write_off_credited(work: Work, fact: WriteOffCredited) -> None:
    """What a credit note covers was no loss, nor is its VAT one."""
    await commands.credit_write_off(work, fact)

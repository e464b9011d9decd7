"""What a provider says became of a payment: believed instead of its webhook, recorded once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from guild.core.ids import ProviderPaymentId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands import record_payment
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import post
from guild.treasury.commands.explaining import locked_invoice
from guild.treasury.commands.taken_back import give_charged, take_back_provided
from guild.treasury.events import ProviderPaid
from guild.treasury.models import PROVIDER_PAYMENT, ProviderPayment, ProviderRecording
from guild.treasury.providers.interface import Seen

MOVES = {"part_returned": "return_part", "returned": "return", "paid": "reinstate"}


async def record_seen(work: Work, provider: str, seen: Seen, *, asked_at: datetime) -> None:
    """Record what the provider says of a payment of ours; once, whatever it is told how often.

    Money arrives at the provider whole: the invoice gets the gross sum, the fee is the house's.
    What it says is how things stand and not what happened, so the difference to what is recorded
    is taken back or brought back. `asked_at`: an answer to an older question changes nothing.
    """
    row = await _ours(work, provider, seen)
    if row is None or (row.seen_at is not None and row.seen_at > asked_at):
        return
    row.seen_at = asked_at
    if row.state in {"asked", "failed"}:
        if seen.state == "paid":
            await _paid(work, row, seen)
        elif seen.state == "failed" and row.state == "asked":
            PROVIDER_PAYMENT.move(row, "fail")
    if row.state not in {"asked", "failed"} and seen.state != "open":
        await _fee(work, row, seen)
        await _settle_returned(work, row, seen)


async def _ours(work: Work, provider: str, seen: Seen) -> ProviderPayment | None:
    try:
        payment_id = ProviderPaymentId(UUID(hex=seen.payment_id))
    except ValueError:
        return None
    row = await work.session.scalar(
        select(ProviderPayment)
        .where(ProviderPayment.id == payment_id, ProviderPayment.provider == provider)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return row if row is not None and row.currency == seen.currency else None


async def _paid(work: Work, row: ProviderPayment, seen: Seen) -> None:
    await _bring(work, row, seen.amount_minor)
    PROVIDER_PAYMENT.move(row, "pay")
    row.paid_at = work.now
    await work.session.flush()
    await work.emit(
        ProviderPaid(
            payment_id=row.id,
            invoice_id=row.invoice_id,
            amount_minor=seen.amount_minor,
            fee_minor=seen.fee_minor,
            currency=row.currency,
        )
    )


async def _bring(work: Work, row: ProviderPayment, minor: int) -> None:
    """Money arrived at the provider: what had been taken from the client's account goes back there
    first, then it pays what is open, the rest is the client's credit.
    """
    # A payment of this Work may be collected and not yet written.
    await work.write()
    invoice = await locked_invoice(work, row.invoice_id)
    minor -= await give_charged(work, row, invoice, minor)
    amount = Money(minor, row.currency)
    paid = Money(min(minor, max(invoice.open_minor, 0)), row.currency)
    rest = amount - paid
    if paid:
        at_provider = Account("provider_balance", row.account_id)
        payment_id = await record_payment(work, invoice.id, paid, at_provider, work.today)
        work.session.add(ProviderRecording(payment_id=payment_id, provider_payment_id=row.id))
    if rest:
        await post(
            work,
            kind="provider_payment",
            text=f"Invoice {invoice.number} through {row.provider.title()}",
            lines=[
                debit("provider_balance", rest, row.account_id),
                credit("client_credit", rest, invoice.client_id),
            ],
            subject=row.id,
        )
        row.on_account_minor += rest.minor
    await work.session.flush()


async def _fee(work: Work, row: ProviderPayment, seen: Seen) -> None:
    """Book what the provider charged more, or gave back, since it was asked last."""
    more = Money(seen.fee_minor - row.fee_minor, row.currency)
    if more:
        await post(
            work,
            kind="provider_payment",
            text=f"Fee of {row.provider.title()}",
            lines=[
                debit("provider_fees", more),
                credit("provider_balance", more, row.account_id),
            ],
            subject=row.id,
        )
        row.fee_minor = seen.fee_minor


async def _settle_returned(work: Work, row: ProviderPayment, seen: Seen) -> None:
    """Take back what the provider has taken since, or bring back what it has given back."""
    whole = seen.amount_minor
    back = whole if seen.state == "failed" else seen.returned_minor
    more = back - row.returned_minor
    if more > 0:
        await take_back_provided(work, row, more)
    elif more < 0:
        await _bring(work, row, -more)
    row.returned_minor = back
    state = "returned" if back >= whole else "part_returned" if back else "paid"
    if state != row.state:
        PROVIDER_PAYMENT.move(row, MOVES[state])
    await work.session.flush()

"""Money that a payment provider takes back, wherever it is by then.

In this order: what the payment left on the client's account; what a credit note gave back of it, as
far as that is still there; the invoice, which is open again; and what is left, because the invoice
was credited or the client has used the money otherwise, from the client's account below zero
(`commands.charging`).
"""

from sqlalchemy import func, select

from guild.core.ids import PaymentId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands import reverse_payment
from guild.invoicing.commands.reversals import left_of_payment
from guild.invoicing.models import Invoice, Payment
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import lock_account, post
from guild.treasury.commands.charging import note_charged
from guild.treasury.commands.explaining import locked_invoice
from guild.treasury.models import ProviderPayment, ProviderRecording


async def take_back_provided(work: Work, row: ProviderPayment, minor: int) -> None:
    """The provider took `minor` of this payment back; all of it is booked."""
    await work.write()
    invoice = await locked_invoice(work, row.invoice_id)
    held = await lock_account(work, Account("client_credit", invoice.client_id), row.currency)
    there = max(held.minor, 0)
    kept = min(minor, row.on_account_minor, there)
    row.on_account_minor -= kept
    given = min(minor - kept, await _given_back(work, invoice), there - kept)
    left = minor - kept - given
    left -= await _reopen(work, row, invoice, left)
    row.charged_minor += given + left
    taken = Money(kept + given + left, row.currency)
    await work.session.flush()
    if not taken:
        return
    await _on_account(work, row, invoice, -taken)
    await note_charged(work, invoice, taken, row.provider)


async def give_charged(work: Work, row: ProviderPayment, invoice: Invoice, minor: int) -> int:
    """A dispute was won: what had come from the client's account is there again. Says how much."""
    back: int = min(minor, row.charged_minor)
    if back:
        row.charged_minor -= back
        await _on_account(work, row, invoice, Money(back, row.currency))
    return back


async def _given_back(work: Work, invoice: Invoice) -> int:
    """What credit notes gave back of the invoice's payments and no provider has taken since."""
    if not invoice.refundable_minor:
        return 0
    charged = await work.session.scalar(
        select(func.sum(ProviderPayment.charged_minor)).where(
            ProviderPayment.invoice_id == invoice.id
        )
    )
    return max(invoice.refundable_minor - int(charged or 0), 0)


async def _reopen(work: Work, row: ProviderPayment, invoice: Invoice, minor: int) -> int:
    """Open the invoice again, as far as this payment still pays it. Says by how much."""
    reopened = 0
    for payment_id, left in await _recorded(work, row):
        still = invoice.paid_minor - invoice.refundable_minor
        part = min(minor - reopened, left, still)
        if part > 0:
            await reverse_payment(
                work,
                payment_id,
                to=Account("provider_balance", row.account_id),
                cause="returned",
                reason=f"{row.provider.title()} took the payment back",
                on=work.today,
                amount=Money(part, row.currency),
            )
            reopened += part
    return reopened


async def _recorded(work: Work, row: ProviderPayment) -> list[tuple[PaymentId, int]]:
    """The payments that this money made, the latest first, with what is left of each."""
    payments = await work.session.scalars(
        select(Payment)
        .join(ProviderRecording, ProviderRecording.payment_id == Payment.id)
        .where(ProviderRecording.provider_payment_id == row.id)
        .order_by(Payment.recorded_at.desc(), Payment.id.desc())
    )
    return [(one.id, (await left_of_payment(work, one))[0]) for one in payments.all()]


async def _on_account(work: Work, row: ProviderPayment, invoice: Invoice, amount: Money) -> None:
    """Put money on the client's account, or take it (negative), below zero if need be."""
    took = "gave back" if amount.minor > 0 else "took back"
    await post(
        work,
        kind="provider_payment",
        text=f"{row.provider.title()} {took} money of invoice {invoice.number}",
        lines=[
            debit("provider_balance", amount, row.account_id),
            credit("client_credit", amount, invoice.client_id),
        ],
        subject=row.id,
    )

"""Taking back a recorded payment: the bank returned it, or it was never this invoice's."""

from datetime import date
from typing import Literal

from sqlalchemy import select

from guild.core.ids import BankEntryId, PaymentId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.dividing import undo_payment
from guild.invoicing.errors import PaymentKept, PaymentNotFound
from guild.invoicing.events import PaymentReversed
from guild.invoicing.models import INVOICE_LIFECYCLE, Invoice, Payment, PaymentReversal
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, Line, debit

Cause = Literal["mistake", "returned"]


async def reverse_payment(
    work: Work,
    payment_id: PaymentId,
    *,
    to: Account,
    cause: Cause,
    reason: str,
    on: date,
    bank_entry_id: BankEntryId | None = None,
) -> Money:
    """Take back a payment whole: the client owes it again, and `to` holds it. Returns the amount.

    Called by treasury, which has two persons' word or the bank's. What the payment had released to
    the member and the pots is taken back by the fund's reaction. Raises PaymentNotFound, and
    PaymentKept for one that was taken back already or has become a client's credit.
    """
    payment = await work.session.get(Payment, payment_id)
    if payment is None:
        raise PaymentNotFound
    await settle_appends(work, [payment.invoice_id])
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == payment.invoice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert invoice is not None, "a payment is of an invoice"
    await _check(work, invoice, payment)
    amount = Money(payment.amount_minor, payment.currency)
    work.session.add(_reversal(work, payment, cause, reason, on, bank_entry_id))
    # The guards let what is paid sink only by reversals that are there.
    await work.session.flush()
    rest = invoice.paid_minor - payment.amount_minor
    invoice.paid_minor = rest
    invoice.pending_net_minor += payment.net_minor
    invoice.settled_on = None
    INVOICE_LIFECYCLE.move(invoice, "reopen_part" if rest else "reopen")
    parts = await undo_payment(work, invoice.id, payment.id) if invoice.shared else ()
    await ledger.post(
        work,
        kind="payment_reversed",
        text=f"Payment for invoice {invoice.number} taken back",
        lines=[debit("receivable", amount, invoice.client_id), Line(to, -amount)],
        subject=invoice.id,
        occurred_on=on,
    )
    await work.session.flush()
    await work.emit(
        PaymentReversed(
            payment_id=payment.id,
            invoice_id=invoice.id,
            contract_id=invoice.contract_id,
            member_id=invoice.member_id,
            client_id=invoice.client_id,
            amount_minor=payment.amount_minor,
            net_minor=payment.net_minor,
            cause=cause,
            currency=payment.currency,
            reversed_on=on,
            parts=parts,
        )
    )
    return amount


def _reversal(
    work: Work,
    payment: Payment,
    cause: Cause,
    reason: str,
    on: date,
    bank_entry_id: BankEntryId | None,
) -> PaymentReversal:
    return PaymentReversal(
        payment_id=payment.id,
        invoice_id=payment.invoice_id,
        amount_minor=payment.amount_minor,
        net_minor=payment.net_minor,
        currency=payment.currency,
        cause=cause,
        reason=reason,
        reversed_on=on,
        reversed_at=work.now,
        reversed_by=work.actor.id,
        bank_entry_id=bank_entry_id,
    )


async def _check(work: Work, invoice: Invoice, payment: Payment) -> None:
    if await work.session.get(PaymentReversal, payment.id) is not None:
        raise PaymentKept(f"The payment for invoice {invoice.number} was taken back already.")
    if invoice.refundable_minor:
        raise PaymentKept(
            f"A credit note on invoice {invoice.number} gave this money back to the client.",
            mend="Settle what the client has on account first.",
        )
    if not INVOICE_LIFECYCLE.may(invoice.state, "reopen"):
        raise PaymentKept(
            f"Invoice {invoice.number} is {invoice.state.replace('_', ' ')}.",
            mend="Settle the credit note first.",
        )

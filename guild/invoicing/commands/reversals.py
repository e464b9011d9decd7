"""Taking back a payment, or a part of it: the bank returned it, or it was never this invoice's."""

from datetime import date
from typing import Literal

from sqlalchemy import func, select

from guild.core.ids import BankEntryId, PaymentId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.dividing import divide_reversal, room_to_reverse
from guild.invoicing.commands.writing_off import net_within
from guild.invoicing.errors import PaymentKept, PaymentNotFound, PaymentTooLarge
from guild.invoicing.events import MemberPart, PaymentReversed
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
    amount: Money | None = None,
    bank_entry_id: BankEntryId | None = None,
) -> Money:
    """Take back what is left of a payment, or `amount` of it: the client owes it again, and `to`
    holds it. Returns the amount.

    Called by treasury, which has two persons' word or the bank's. What the payment had released to
    the member and the pots is taken back by the fund's reaction, in proportion. What credit notes
    gave back of what was paid is the client's, and no invoice is opened by it. Raises
    PaymentNotFound, PaymentKept for a payment that was taken back already or has become a client's
    credit, and PaymentTooLarge for more than is left of it.
    """
    payment, invoice = await _held(work, payment_id)
    left, left_net = await left_of_payment(work, payment)
    back = Money(left, payment.currency) if amount is None else amount
    _check(invoice, left, back.minor)
    if not 0 < back.minor <= left:
        still = Money(left, payment.currency)
        raise PaymentTooLarge(f"{still} is left of this payment for invoice {invoice.number}.",
                              field="amount")  # fmt: skip
    net = await _net_in(work, invoice, payment, back.minor, left, left_net)
    reversal = PaymentReversal(
        id=new_id(), payment_id=payment.id, invoice_id=invoice.id, amount_minor=back.minor,
        net_minor=net, currency=payment.currency, cause=cause, reason=reason, reversed_on=on,
        reversed_at=work.now, reversed_by=work.actor.id, bank_entry_id=bank_entry_id,
    )  # fmt: skip
    work.session.add(reversal)
    # The guards let what is paid sink only by reversals that are there.
    await work.session.flush()
    parts = await _open_again(work, invoice, reversal, to)
    await work.emit(
        PaymentReversed(
            payment_id=payment.id,
            invoice_id=invoice.id,
            contract_id=invoice.contract_id,
            member_id=invoice.member_id,
            client_id=invoice.client_id,
            amount_minor=back.minor,
            net_minor=net,
            cause=cause,
            currency=payment.currency,
            reversed_on=on,
            parts=parts,
        )
    )
    return back


async def _open_again(
    work: Work, invoice: Invoice, reversal: PaymentReversal, to: Account
) -> tuple[MemberPart, ...]:
    """The client owes it again. Each one's part of the net, if several share the invoice."""
    back = Money(reversal.amount_minor, reversal.currency)
    invoice.paid_minor -= back.minor
    invoice.pending_net_minor += reversal.net_minor
    invoice.settled_on = None
    rest = invoice.paid_minor - invoice.refundable_minor
    INVOICE_LIFECYCLE.move(invoice, "reopen_part" if rest else "reopen")
    parts = await divide_reversal(work, reversal) if invoice.shared else ()
    await ledger.post(
        work,
        kind="payment_reversed",
        text=f"Payment for invoice {invoice.number} taken back",
        lines=[debit("receivable", back, invoice.client_id), Line(to, -back)],
        subject=invoice.id,
        occurred_on=reversal.reversed_on,
    )
    await work.session.flush()
    return parts


async def _held(work: Work, payment_id: PaymentId) -> tuple[Payment, Invoice]:
    """The payment, and its invoice locked as it stands; raises PaymentNotFound."""
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
    return payment, invoice


async def left_of_payment(work: Work, payment: Payment) -> tuple[int, int]:
    """What nobody has taken back of a payment: minor units, and the member's net in it."""
    row = await work.session.execute(
        select(
            func.coalesce(func.sum(PaymentReversal.amount_minor), 0),
            func.coalesce(func.sum(PaymentReversal.net_minor), 0),
        ).where(PaymentReversal.payment_id == payment.id)
    )
    back, back_net = row.one()
    return payment.amount_minor - int(back), payment.net_minor - int(back_net)


async def _net_in(
    work: Work, invoice: Invoice, payment: Payment, minor: int, left: int, left_net: int
) -> int:
    """The members' net in what is taken back: no more than credit notes left with them."""
    net = net_within(minor, left, left_net)
    if not invoice.credited_minor:
        return net
    gone = invoice.credited_net_minor + invoice.written_off_net_minor
    released = max(invoice.net_minor - gone - invoice.pending_net_minor, 0)
    if minor == invoice.paid_minor - invoice.refundable_minor:
        net = min(left_net, minor)
    most = min(net, released)
    return min(most, await room_to_reverse(work, payment)) if invoice.shared else most


def _check(invoice: Invoice, left: int, minor: int) -> None:
    if not left:
        raise PaymentKept(f"The payment for invoice {invoice.number} was taken back already.")
    if invoice.refundable_minor and minor > invoice.paid_minor - invoice.refundable_minor:
        raise PaymentKept(
            f"A credit note on invoice {invoice.number} gave this money back to the client.",
            mend="Settle what the client has on account first.",
        )
    if not INVOICE_LIFECYCLE.may(invoice.state, "reopen"):
        raise PaymentKept(
            f"Invoice {invoice.number} is {invoice.state.replace('_', ' ')}.",
            mend="Settle the credit note first.",
        )

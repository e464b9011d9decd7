"""Where orders for others than members come from: approved refunds, suppliers' booked invoices.

The packages below know what is owed and by whom it was decided; here it becomes an order, once,
and what the bank makes of it is told back to them.
"""

from uuid import UUID

from sqlalchemy import select

from guild.core.ids import PayoutId, RefundId, SupplierInvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.exchange.commands import record_supplier_payment
from guild.exchange.models import SEALED_PAYEE as SEALED_SUPPLIER
from guild.exchange.models import SUPPLIER_INVOICE, Supplier, SupplierInvoice
from guild.ledger.chart import Account
from guild.receivables.commands.credit import note_refund
from guild.receivables.models import CLIENT_REFUND, ClientRefund
from guild.treasury.commands.orders import Payee, order_refund, order_supplier_payment
from guild.treasury.events import PayoutSettled
from guild.treasury.models import Payout
from guild.treasury.rules.numbers import is_structured, plain_reference


async def order_approved_refund(work: Work, refund_id: RefundId) -> PayoutId | None:
    """Order an approved refund back to where the money came from.

    None when no bank entry is known: the treasurer pays it at the bank and explains the entry.
    """
    refund = await work.session.get(ClientRefund, refund_id, with_for_update=True)
    if refund is None or refund.bank_entry_id is None or refund.state not in {"approved", "failed"}:
        return None
    asked_by = refund.proposed_by or refund.approved_by
    assert asked_by is not None, "an approved refund was approved by somebody"
    return await order_refund(
        work,
        organisation_id=refund.client_id,
        refund_id=refund.id,
        amount=Money(refund.amount_minor, refund.currency),
        entry_id=refund.bank_entry_id,
        requested_by=asked_by,
        concerns=refund.member_id,
        text=refund.reason[:140],
    )


async def order_booked_invoice(
    work: Work, supplier_invoice_id: SupplierInvoiceId
) -> PayoutId | None:
    """Order the payment of a supplier's booked invoice on its due day, with its own reference.

    None for a credit note, and for an invoice without an account number: a person pays that.
    """
    row = await work.session.get(SupplierInvoice, supplier_invoice_id, with_for_update=True)
    if row is None or row.kind != "invoice" or row.state != "booked" or row.iban_sealed is None:
        return None
    supplier = await work.session.get_one(Supplier, row.supplier_id)
    iban = work.keyring.open(row.iban_sealed, context=SEALED_SUPPLIER.context(row.id)).decode()
    reference = plain_reference(str(row.content.get("payment_reference", "")))
    assert row.booked_by is not None, "what is booked was booked by somebody"
    assert row.member_id is not None, "what is booked is for a member's project"
    return await order_supplier_payment(
        work,
        supplier_id=row.supplier_id,
        supplier_invoice_id=row.id,
        amount=Money(row.payable_minor, row.currency),
        payee=Payee(
            name=supplier.name,
            iban=iban,
            reference=reference if is_structured(reference) else "",
            text=str(row.content.get("payment_reference", "")) or f"Invoice {row.number}",
        ),
        requested_by=row.booked_by,
        concerns=row.member_id,
        pay_on=row.due_on,
    )


async def tell_of_refund(work: Work, refund_id: UUID, step: str) -> None:
    """Tell receivables how far a refund is, where its own course knows that step."""
    refund = await work.session.get(ClientRefund, RefundId(refund_id), with_for_update=True)
    if refund is not None and CLIENT_REFUND.may(refund.state, step):
        await note_refund(work, RefundId(refund_id), step, work.today)


async def tell_of_supplier(work: Work, fact: PayoutSettled) -> None:
    """The supplier's invoice is paid.

    The order took the money from what is owed when it was approved, so the payment leaves the
    supplier's account as it is: debited and credited by the same sum.
    """
    payout = await work.session.scalar(select(Payout).where(Payout.id == fact.payout_id))
    if payout is None or payout.subject_id is None or payout.supplier_id is None:
        return
    row = await work.session.get(SupplierInvoice, SupplierInvoiceId(payout.subject_id))
    if row is None or not SUPPLIER_INVOICE.may(row.state, "pay"):
        return
    await record_supplier_payment(
        work,
        row.id,
        source=Account("payable", payout.supplier_id),
        paid_on=payout.settled_on or work.today,
    )

"""Where orders for others than members come from: approved refunds, suppliers' booked invoices.

The packages below know what is owed and by whom it was decided; here it becomes an order, once,
and what the bank makes of it is told back to them. What cannot be ordered by itself, or came
back, waits for a person (`queries.to_order`).
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from guild.core.ids import (
    BankEntryId,
    MemberId,
    OrganisationId,
    PayoutId,
    RefundId,
    SupplierInvoiceId,
)
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.exchange.commands import note_supplier_order
from guild.exchange.errors import SupplierInvoiceNotFound
from guild.exchange.models import SEALED_PAYEE as SEALED_SUPPLIER
from guild.exchange.models import SUPPLIER_INVOICE, Supplier, SupplierInvoice
from guild.ledger.chart import Account
from guild.ledger.commands import lock_account
from guild.receivables.commands.credit import note_refund
from guild.receivables.commands.withdrawing import withdraw_refund
from guild.receivables.errors import RefundNotFound
from guild.receivables.models import CLIENT_REFUND, REFUND_LIVE, ClientRefund
from guild.treasury.commands.orders import Payee, order_refund, order_supplier_payment
from guild.treasury.commands.payouts import LIVE, locked_payout
from guild.treasury.errors import NotOrderable
from guild.treasury.events import PayoutRejected
from guild.treasury.models import PAYOUT, BankEntry, Payout
from guild.treasury.queries.payouts import payout_view
from guild.treasury.rules.numbers import is_structured, plain_reference
from guild.treasury.schemas import PayoutOut, RejectIn


async def order_approved_refund(work: Work, refund_id: RefundId) -> PayoutId | None:
    """Order an approved refund back to where the money came from; once.

    None when no account is known: the treasurer pays it at the bank and explains the entry.
    """
    refund = await _refund(work, refund_id)
    if refund is None or refund.state not in {"approved", "failed"}:
        return None
    if await _unpayable_refund(work, refund):
        return None
    asked_by = refund.proposed_by or refund.approved_by
    assert asked_by is not None, "an approved refund was approved by somebody"
    return await _order_refund(work, refund, asked_by)


async def order_refund_again(work: Work, refund_id: RefundId) -> PayoutOut:
    """A person orders a refund that came back, was refused, or never became an order.

    The bands apply anew, and she does not approve it. Raises RefundNotFound and NotOrderable.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    refund = await _refund(work, refund_id)
    if refund is None:
        raise RefundNotFound
    await _require_orderable(work, "refund", refund.id, refund.state, {"approved", "failed"})
    why = await _unpayable_refund(work, refund)
    if why:
        raise NotOrderable(why, mend="Pay it at the bank by hand, and explain the entry then.")
    payout_id = await _order_refund(work, refund, work.actor.member_id)
    return await payout_view(work, await locked_payout(work, payout_id))


async def keep_refund(work: Work, refund_id: RefundId, data: RejectIn) -> None:
    """Leave the money on the client's account after all: nothing is ordered for this refund.

    Raises RefundNotFound, and NotOrderable while an order is on its way.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    refund = await _refund(work, refund_id)
    if refund is None:
        raise RefundNotFound
    await _require_orderable(work, "refund", refund.id, refund.state, {"approved", "failed"})
    await withdraw_refund(work, refund.id, data.reason)


async def withdraw_refunds_of(work: Work, entry_id: BankEntryId) -> None:
    """The match behind refunds was taken back: they are withdrawn, and orders that wait refused."""
    rows = await work.session.scalars(
        select(ClientRefund.id)
        .where(
            ClientRefund.bank_entry_id == entry_id,
            ClientRefund.state.in_(REFUND_LIVE),
        )
        .order_by(ClientRefund.id)
    )
    for refund_id in [*rows]:
        await _withdraw(work, refund_id, "What was said about the payment was taken back.")


async def withdraw_unfunded_refunds(
    work: Work, client_id: OrganisationId, currency: str, why: str
) -> None:
    """Withdraw the latest refunds of a client until its account holds what the others give back."""
    held = await lock_account(work, Account("client_credit", client_id), currency)
    rows = await work.session.scalars(
        select(ClientRefund)
        .where(
            ClientRefund.client_id == client_id,
            ClientRefund.currency == currency,
            ClientRefund.state.in_(REFUND_LIVE),
        )
        .order_by(ClientRefund.id)
    )
    left = held.minor
    for refund in [*rows]:
        left -= refund.amount_minor
        if left < 0:
            left += refund.amount_minor
            await _withdraw(work, refund.id, why)


async def _withdraw(work: Work, refund_id: RefundId, why: str) -> None:
    await withdraw_refund(work, refund_id, why)
    payout_id = await _ordered(work, "refund", refund_id)
    if payout_id is None:
        return
    payout = await locked_payout(work, payout_id)
    PAYOUT.move(payout, "reject")
    payout.reason = why
    await work.session.flush()
    await work.emit(
        PayoutRejected(
            payout_id=payout.id, member_id=None, purpose="refund", for_id=payout.subject_id
        )
    )


async def order_booked_invoice(
    work: Work, supplier_invoice_id: SupplierInvoiceId
) -> PayoutId | None:
    """Order the payment of a supplier's booked invoice on its due day, with its own reference.

    None for a credit note, and for an invoice without an account number: a person pays that.
    """
    row = await work.session.get(SupplierInvoice, supplier_invoice_id, with_for_update=True)
    if row is None or row.state != "booked" or unpayable_invoice(row):
        return None
    assert row.booked_by is not None, "what is booked was booked by somebody"
    return await _order_invoice(work, row, row.booked_by)


async def order_invoice_again(work: Work, supplier_invoice_id: SupplierInvoiceId) -> PayoutOut:
    """A person orders a supplier's invoice whose payment came back or was refused.

    Raises SupplierInvoiceNotFound and NotOrderable.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    row = await work.session.get(SupplierInvoice, supplier_invoice_id, with_for_update=True)
    if row is None:
        raise SupplierInvoiceNotFound
    await _require_orderable(work, "supplier", row.id, row.state, {"booked"})
    why = unpayable_invoice(row)
    if why:
        raise NotOrderable(why, mend="Pay it at the bank by hand, and explain the entry then.")
    payout_id = await _order_invoice(work, row, work.actor.member_id)
    return await payout_view(work, await locked_payout(work, payout_id))


def unpayable_invoice(row: SupplierInvoice) -> str:
    """Why a booked invoice cannot be ordered, or nothing."""
    if row.kind != "invoice":
        return "A credit note is set against what the supplier gets; it is not paid."
    if row.iban_sealed is None:
        return "The invoice names no account to pay to."
    return ""


async def tell_of_refund(work: Work, refund_id: UUID, step: str) -> None:
    """Tell receivables how far a refund is, where its own course knows that step."""
    refund = await _refund(work, RefundId(refund_id))
    if refund is not None and CLIENT_REFUND.may(refund.state, step):
        await note_refund(work, RefundId(refund_id), step, work.today)


async def tell_of_supplier(work: Work, payout_id: PayoutId, step: str) -> None:
    """Tell exchange how far the payment of a supplier's invoice is: `order`, `pay`, `come_back`."""
    payout = await work.session.scalar(select(Payout).where(Payout.id == payout_id))
    if payout is None or payout.subject_id is None:
        return
    invoice_id = SupplierInvoiceId(payout.subject_id)
    row = await work.session.get(SupplierInvoice, invoice_id, with_for_update=True)
    if row is not None and SUPPLIER_INVOICE.may(row.state, step):
        paid_on: date = payout.settled_on or work.today
        await note_supplier_order(work, invoice_id, step, min(paid_on, work.today))


async def _refund(work: Work, refund_id: RefundId) -> ClientRefund | None:
    return await work.session.scalar(
        select(ClientRefund)
        .where(ClientRefund.id == refund_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def _unpayable_refund(work: Work, refund: ClientRefund) -> str:
    if refund.bank_entry_id is None:
        return "No bank entry is known that this money came with."
    entry = await work.session.get(BankEntry, refund.bank_entry_id)
    if entry is None or entry.iban_sealed is None:
        return "The bank did not say from which account this money came."
    return ""


async def _order_refund(work: Work, refund: ClientRefund, by: MemberId) -> PayoutId:
    assert refund.bank_entry_id is not None, "asked before"
    return await order_refund(
        work,
        organisation_id=refund.client_id,
        refund_id=refund.id,
        amount=Money(refund.amount_minor, refund.currency),
        entry_id=refund.bank_entry_id,
        requested_by=by,
        concerns=refund.member_id,
        text=refund.reason[:140],
    )


async def _order_invoice(work: Work, row: SupplierInvoice, by: MemberId) -> PayoutId:
    supplier = await work.session.get_one(Supplier, row.supplier_id)
    assert row.iban_sealed is not None, "asked before"
    assert row.member_id is not None, "what is booked is for a member's project"
    iban = work.keyring.open(row.iban_sealed, context=SEALED_SUPPLIER.context(row.id)).decode()
    asked = str(row.content.get("payment_reference", ""))
    reference = plain_reference(asked)
    return await order_supplier_payment(
        work,
        supplier_id=row.supplier_id,
        supplier_invoice_id=row.id,
        amount=Money(row.payable_minor, row.currency),
        payee=Payee(
            name=supplier.name,
            iban=iban,
            reference=reference if is_structured(reference) else "",
            text=asked or f"Invoice {row.number}",
        ),
        requested_by=by,
        concerns=row.member_id,
        pay_on=row.due_on,
    )


async def _require_orderable(
    work: Work, purpose: str, subject_id: UUID, state: str, states: set[str]
) -> None:
    if await _ordered(work, purpose, subject_id) is not None:
        raise NotOrderable("An order for it is on its way already.")
    if state not in states:
        raise NotOrderable(f"It is {state.replace('_', ' ')}; only what is owed is ordered.")


async def _ordered(work: Work, purpose: str, subject_id: UUID) -> PayoutId | None:
    return await work.session.scalar(
        select(Payout.id).where(
            Payout.purpose == purpose, Payout.subject_id == subject_id, Payout.state.in_(LIVE)
        )
    )

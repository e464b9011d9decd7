"""What is owed to clients and suppliers and has no order on its way: a person looks at it."""

from typing import Final

from sqlalchemy import select

from guild.core.money import Money
from guild.core.work import Work
from guild.exchange.models import Supplier, SupplierInvoice
from guild.members.models import Organisation
from guild.receivables.models import ClientRefund
from guild.treasury.models import BankEntry, Payout
from guild.treasury.schemas import ToOrderOut

SHOWN: Final = 100
LIVE: Final = ("requested", "approved", "ordered", "settled")


async def to_order(work: Work) -> list[ToOrderOut]:
    """Approved refunds and booked invoices without an order: refused, come back, or not payable.

    The oldest first, refunds before invoices, a hundred of each at most.
    """
    return [*await _refunds(work), *await _invoices(work)]


async def _refunds(work: Work) -> list[ToOrderOut]:
    ordered = select(Payout.id).where(
        Payout.purpose == "refund",
        Payout.subject_id == ClientRefund.id,
        Payout.state.in_(LIVE),
    )
    rows = await work.session.execute(
        select(ClientRefund, Organisation.name, BankEntry)
        .join(Organisation, Organisation.id == ClientRefund.client_id)
        .outerjoin(BankEntry, BankEntry.id == ClientRefund.bank_entry_id)
        .where(ClientRefund.state.in_(["approved", "failed"]), ~ordered.exists())
        .order_by(ClientRefund.id)
        .limit(SHOWN)
    )
    found = [*rows]
    why = await _last_words(work, "refund", [refund.id for refund, *_ in found])
    shown = []
    for refund, name, entry in found:
        known = entry is not None and entry.iban_sealed is not None
        lost = "It is not known from which account the money came: pay it at the bank by hand."
        shown.append(
            ToOrderOut(
                purpose="refund",
                subject_id=refund.id,
                payee=name,
                about=refund.reason,
                amount=Money(refund.amount_minor, refund.currency).text,
                currency=refund.currency,
                payable=known,
                reason=why.get(refund.id, "") if known else lost,
            )
        )
    return shown


async def _invoices(work: Work) -> list[ToOrderOut]:
    ordered = select(Payout.id).where(
        Payout.purpose == "supplier",
        Payout.subject_id == SupplierInvoice.id,
        Payout.state.in_(LIVE),
    )
    rows = await work.session.execute(
        select(SupplierInvoice, Supplier.name)
        .join(Supplier, Supplier.id == SupplierInvoice.supplier_id)
        .where(
            SupplierInvoice.state == "booked",
            SupplierInvoice.kind == "invoice",
            ~ordered.exists(),
        )
        .order_by(SupplierInvoice.id)
        .limit(SHOWN)
    )
    found = [*rows]
    why = await _last_words(work, "supplier", [row.id for row, _ in found])
    return [
        ToOrderOut(
            purpose="supplier",
            subject_id=row.id,
            payee=name,
            about=f"Invoice {row.number}",
            amount=Money(row.payable_minor, row.currency).text,
            currency=row.currency,
            payable=row.iban_sealed is not None,
            reason=why.get(row.id, "")
            if row.iban_sealed is not None
            else "The invoice names no account: pay it at the bank by hand.",
        )
        for row, name in found
    ]


async def _last_words(work: Work, purpose: str, subjects: list[object]) -> dict[object, str]:
    """Why the last order for each of them came to nothing."""
    rows = await work.session.execute(
        select(Payout.subject_id, Payout.reason)
        .where(Payout.purpose == purpose, Payout.subject_id.in_(subjects))
        .order_by(Payout.id)
    )
    return {subject: reason or "" for subject, reason in rows}

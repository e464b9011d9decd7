"""A movement that pays a supplier's invoice without an order of ours, and its undoing."""

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from guild.core.errors import Conflict
from guild.core.ids import BankEntryId, SupplierInvoiceId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.exchange.commands import note_supplier_order, record_supplier_payment
from guild.exchange.errors import SupplierInvoiceNotFound
from guild.exchange.models import SupplierInvoice
from guild.ledger.chart import Account
from guild.ledger.commands import reverse
from guild.ledger.models import LedgerEntry
from guild.treasury.commands.explaining import locked_entry, mark
from guild.treasury.commands.payouts import LIVE
from guild.treasury.errors import MatchTooLarge
from guild.treasury.events import EntryExplained
from guild.treasury.models import BankCostMatch, BankEntry, Payout
from guild.treasury.queries.costs import paid_costs
from guild.treasury.schemas import ConfirmOut


async def confirm_supplier_invoice(
    work: Work, entry_id: BankEntryId, invoice_id: SupplierInvoiceId
) -> ConfirmOut:
    """This movement is the payment of that supplier's invoice: suspense → what is owed.

    For what was paid at the bank itself: by card, by direct debit. Money in is a supplier's credit
    note paid back. The sum must be exactly what is owed. Raises BankEntryNotFound,
    EntryAlreadyExplained, SupplierInvoiceNotFound, MatchTooLarge, and IllegalMove for an invoice
    that is not booked or that an order pays.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await locked_entry(work, entry_id)
    invoice = await work.session.get(SupplierInvoice, invoice_id)
    if invoice is None:
        raise SupplierInvoiceNotFound
    owed = Money(invoice.payable_minor, invoice.currency)
    if invoice.kind != "credit_note":
        owed = -owed
    if (owed.minor, owed.currency) != (entry.amount_minor, entry.currency):
        raise MatchTooLarge(
            f"For {invoice.number} the entry would be {owed}; it is "
            f"{Money(entry.amount_minor, entry.currency)}.",
            mend="Ask the supplier for a credit note or another invoice over the difference, or "
            "set the entry aside until it is clear.",
            field="supplier_invoice_id",
        )
    await _check_no_order(work, invoice)
    await record_supplier_payment(
        work, invoice.id, source=Account("suspense"), paid_on=entry.booked_on
    )
    work.session.add(
        BankCostMatch(
            entry_id=entry.id,
            round=entry.round,
            supplier_invoice_id=invoice.id,
            confirmed_by=work.actor.member_id,
            confirmed_at=work.now,
        )
    )
    what = "credit note" if invoice.kind == "credit_note" else "invoice"
    mark(work, entry, "confirm", f"Supplier's {what} {invoice.number}")
    await work.session.flush()
    await work.emit(EntryExplained(entry_id=entry.id, kind="supplier_invoice"))
    return ConfirmOut(
        entry_id=entry.id,
        state=entry.state,
        paid=Money(entry.amount_minor, entry.currency).text,
        surplus=Money.zero(entry.currency).text,
        currency=entry.currency,
    )


async def _check_no_order(work: Work, invoice: SupplierInvoice) -> None:
    """An order that waits would pay it a second time."""
    waiting = await work.session.scalar(
        select(Payout)
        .where(Payout.subject_id == invoice.id, Payout.state.in_(LIVE))
        .order_by(Payout.id.desc())
        .limit(1)
    )
    if waiting is not None:
        raise Conflict(
            f"Payout {waiting.number} pays invoice {invoice.number} already.",
            mend="If this movement is that payout, say so; if it was paid otherwise, reject the "
            "payout first.",
            field="supplier_invoice_id",
        )


async def unpay_costs(work: Work, entry: BankEntry, reason: str) -> None:
    """What the entry had paid is owed again; its posting is reversed."""
    for invoice_id in await paid_costs(work, entry):
        await work.write()
        mirror = aliased(LedgerEntry)
        posted = await work.session.scalar(
            select(LedgerEntry.id)
            .where(
                LedgerEntry.subject_id == invoice_id,
                LedgerEntry.kind == "supplier_invoice_paid",
                ~exists().where(mirror.reverses == LedgerEntry.id),
            )
            .order_by(LedgerEntry.id.desc())
            .limit(1)
        )
        assert posted is not None, "a paid invoice has its posting"
        await reverse(work, posted, f"Undone: {reason}"[:500])
        await note_supplier_order(work, invoice_id, "come_back", work.today)

"""Giving up the rest of an invoice, and taking that back when money comes after all.

What is given up leaves the receivable. The member's net in it leaves what waits for her. The VAT
in it does not leave what is owed to the State: relief for bad debts has conditions of its own in
each country (Directive 2006/112/EC, article 90), so it stands on `vat_on_bad_debts` until a
treasurer says whether it is reclaimed or borne.
"""

import msgspec
from sqlalchemy import select

from guild.core.errors import Conflict
from guild.core.ids import EntryId, InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.dividing import divide_write_off, undo_write_off
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import InvoiceReinstated, InvoiceWrittenOff
from guild.invoicing.models import INVOICE_LIFECYCLE, Invoice
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit


class WrittenOff(msgspec.Struct, frozen=True, kw_only=True):
    """What was given up, in minor units, and the entry that says so."""

    amount_minor: int
    net_minor: int
    vat_minor: int
    currency: str
    entry_id: EntryId


async def locked_invoice(work: Work, invoice_id: InvoiceId) -> Invoice:
    """The issued invoice, locked and as it stands; raises InvoiceNotFound."""
    await settle_appends(work, [invoice_id])
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, Invoice.kind == "invoice", Invoice.state != "draft")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invoice is None:
        raise InvoiceNotFound
    return invoice


async def write_off_rest(work: Work, invoice_id: InvoiceId, reason: str) -> WrittenOff:
    """Give up all that is open on an invoice. Who may decide it is the caller's question.

    Raises InvoiceNotFound, IllegalMove when nothing is open.
    """
    invoice = await locked_invoice(work, invoice_id)
    amount = invoice.open_minor
    net = min(invoice.pending_net_minor, amount)
    INVOICE_LIFECYCLE.move(invoice, "write_off")
    assert amount > 0, "an open invoice has something open"
    invoice.written_off_minor = amount
    invoice.written_off_net_minor = net
    invoice.pending_net_minor -= net
    pending = [debit("member_pending", Money(net, invoice.currency), invoice.member_id)]
    if invoice.shared:
        pending = await divide_write_off(work, invoice, net)

    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    entry_id = await ledger.post(
        work,
        kind="invoice_written_off",
        text=f"Invoice {invoice.number} given up: {reason}"[:500],
        lines=[
            *pending,
            debit("vat_on_bad_debts", money(amount - net)),
            credit("receivable", money(amount), invoice.client_id),
        ],
        subject=invoice_id,
    )
    await work.session.flush()
    await work.emit(
        InvoiceWrittenOff(
            invoice_id=invoice_id,
            member_id=invoice.member_id,
            client_id=invoice.client_id,
            amount_minor=amount,
            net_minor=net,
            vat_minor=amount - net,
            currency=invoice.currency,
        )
    )
    return WrittenOff(
        amount_minor=amount,
        net_minor=net,
        vat_minor=amount - net,
        currency=invoice.currency,
        entry_id=entry_id,
    )


async def reinstate_rest(work: Work, invoice_id: InvoiceId, entry_id: EntryId) -> None:
    """Take a write-off back: the rest is owed again, and the entry is reversed.

    Raises InvoiceNotFound, IllegalMove for an invoice that was not written off, Conflict when the
    entry is not the one that did it.
    """
    invoice = await locked_invoice(work, invoice_id)
    amount = invoice.written_off_minor
    INVOICE_LIFECYCLE.move(invoice, "reinstate_rest" if invoice.paid_minor else "reinstate")
    if not amount:
        raise Conflict("Nothing was given up on this invoice.")
    invoice.pending_net_minor += invoice.written_off_net_minor
    invoice.written_off_minor = invoice.written_off_net_minor = 0
    if invoice.shared:
        await undo_write_off(work, invoice_id)
    await ledger.reverse(work, entry_id, f"Invoice {invoice.number} is owed again")
    await work.session.flush()
    await work.emit(
        InvoiceReinstated(
            invoice_id=invoice_id,
            member_id=invoice.member_id,
            client_id=invoice.client_id,
            amount_minor=amount,
            currency=invoice.currency,
        )
    )

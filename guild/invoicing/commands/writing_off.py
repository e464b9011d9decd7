"""Giving up what is open on an invoice, whole or in part, and taking that back.

What is given up leaves the receivable. The member's net in it leaves what waits for her. The VAT
in it does not leave what is owed to the State: relief for bad debts has conditions of its own in
each country (Directive 2006/112/EC, article 90), so it stands on `vat_on_bad_debts` until a
treasurer says whether it is reclaimed or borne.

Of a shared invoice each member gives up by what waits for her, and what is taken back goes to each
as it came.

It is taken back when money comes after all, and by a credit note: what was never owed is no loss.
"""

import msgspec
from sqlalchemy import func, select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import EntryId, InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.dividing import divide_given_up
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import (
    InvoiceReinstated,
    InvoiceWrittenOff,
    MemberPart,
    WriteOffCredited,
)
from guild.invoicing.models import (
    INVOICE_LIFECYCLE,
    OPEN_STATES,
    Invoice,
    WrittenOffMove,
    WrittenOffShare,
)
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


async def write_off(
    work: Work, invoice_id: InvoiceId, reason: str, amount: Money | None = None
) -> WrittenOff:
    """Give up what is open on an invoice, or `amount` of it. Who may decide it is the caller's
    question.

    Raises InvoiceNotFound, IllegalMove when nothing is open, Invalid for more than is open.
    """
    invoice = await locked_invoice(work, invoice_id)
    still_open = invoice.open_minor
    minor = still_open if amount is None else amount.minor
    if minor >= still_open or not INVOICE_LIFECYCLE.may(invoice.state, "write_off"):
        INVOICE_LIFECYCLE.move(invoice, "write_off")
    assert still_open > 0, "an open invoice has something open"
    if not 0 < minor <= still_open:
        raise Invalid(
            f"{Money(still_open, invoice.currency)} is open on invoice {invoice.number}.",
            field="amount",
        )
    net = net_within(minor, still_open, invoice.pending_net_minor)
    moved = await _move(
        work, invoice, "given_up", minor, net, f"Invoice {invoice.number} given up: {reason}"[:500]
    )
    await work.emit(
        InvoiceWrittenOff(
            invoice_id=invoice_id,
            member_id=invoice.member_id,
            client_id=invoice.client_id,
            amount_minor=minor,
            net_minor=net,
            vat_minor=minor - net,
            currency=invoice.currency,
            open_minor=invoice.open_minor,
            parts=moved.parts,
        )
    )
    return WrittenOff(
        amount_minor=minor,
        net_minor=net,
        vat_minor=minor - net,
        currency=invoice.currency,
        entry_id=moved.entry_id,
    )


def net_within(minor: int, whole: int, net: int) -> int:
    """The member's net in `minor` of `whole`, in proportion, rounded half up; all of it in all."""
    if minor == whole:
        return min(net, minor)
    return min((2 * net * minor + whole) // (2 * whole), net, minor)


class _Moved(msgspec.Struct, frozen=True):
    """The entry of a movement, and each one's part of its net if several share the invoice."""

    entry_id: EntryId
    parts: tuple[MemberPart, ...]


async def _move(
    work: Work, invoice: Invoice, cause: str, minor: int, net: int, text: str,
    root: EntryId | None = None,
) -> _Moved:  # fmt: skip
    """Move a sum and the net in it to what is given up; negative ones back from `root`."""
    invoice.written_off_minor += minor
    invoice.written_off_net_minor += net
    invoice.pending_net_minor -= net
    parts = await divide_given_up(work, invoice.id, net, root) if invoice.shared else ()

    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    entry_id = await ledger.post(
        work,
        kind="invoice_written_off" if root is None else "write_off_taken_back",
        text=text,
        lines=[
            *[
                debit("member_pending", money(part.net_minor), part.member_id)
                for part in parts or (MemberPart(invoice.member_id, net),)
            ],
            debit("vat_on_bad_debts", money(minor - net)),
            credit("receivable", money(minor), invoice.client_id),
        ],
        subject=invoice.id,
    )
    work.session.add(
        WrittenOffMove(
            entry_id=entry_id,
            write_off_entry_id=root or entry_id,
            invoice_id=invoice.id,
            cause=cause,
            amount_minor=minor,
            net_minor=net,
            currency=invoice.currency,
            moved_on=work.today,
        )
    )
    await work.session.flush()
    work.session.add_all(
        WrittenOffShare(entry_id=entry_id, member_id=part.member_id, net_minor=part.net_minor)
        for part in parts
    )
    await work.session.flush()
    return _Moved(entry_id, parts)


async def reinstate(work: Work, invoice_id: InvoiceId, entry_id: EntryId) -> None:
    """Take back what is left of a write-off: it is owed again.

    Raises InvoiceNotFound, Conflict when nothing is left of it.
    """
    invoice = await locked_invoice(work, invoice_id)
    minor, net = await _left_of(work, entry_id)
    if not minor:
        raise Conflict("Nothing is given up by this write-off any more.")
    parts = await _take_back(work, invoice, "reinstated", entry_id, minor, net)
    await work.emit(
        InvoiceReinstated(
            invoice_id=invoice_id,
            member_id=invoice.member_id,
            client_id=invoice.client_id,
            amount_minor=minor,
            net_minor=net,
            currency=invoice.currency,
            parts=parts,
        )
    )


async def credit_given_up(work: Work, invoice: Invoice, minor: int) -> None:
    """A credit note over more than is open says that `minor` of what was given up was not owed.

    The latest write-off first. The caller holds the invoice and credits it in this transaction.
    """
    roots = await work.session.scalars(
        select(WrittenOffMove.write_off_entry_id)
        .where(WrittenOffMove.invoice_id == invoice.id)
        .group_by(WrittenOffMove.write_off_entry_id)
        .having(func.sum(WrittenOffMove.amount_minor) > 0)
        .order_by(WrittenOffMove.write_off_entry_id.desc())
    )
    for root in roots.all():
        if not minor:
            return
        left, left_net = await _left_of(work, root)
        part = min(left, minor)
        net = net_within(part, left, left_net)
        minor -= part
        parts = await _take_back(work, invoice, "credited", root, part, net)
        await work.emit(
            WriteOffCredited(
                invoice_id=invoice.id,
                member_id=invoice.member_id,
                client_id=invoice.client_id,
                write_off_entry_id=root,
                amount_minor=part,
                net_minor=net,
                vat_minor=part - net,
                currency=invoice.currency,
                parts=parts,
            )
        )


async def _left_of(work: Work, root: EntryId) -> tuple[int, int]:
    """What is still given up by a write-off: minor units with VAT, and the net in it."""
    row = await work.session.execute(
        select(
            func.coalesce(func.sum(WrittenOffMove.amount_minor), 0),
            func.coalesce(func.sum(WrittenOffMove.net_minor), 0),
        ).where(WrittenOffMove.write_off_entry_id == root)
    )
    minor, net = row.one()
    return int(minor), int(net)


async def _take_back(
    work: Work, invoice: Invoice, cause: str, root: EntryId, minor: int, net: int
) -> tuple[MemberPart, ...]:
    """Each one's part of the net that waits again, if several share the invoice."""
    if invoice.state not in OPEN_STATES:
        INVOICE_LIFECYCLE.move(invoice, "reinstate_rest" if invoice.paid_minor else "reinstate")
    invoice.settled_on = None
    again = "is owed again" if cause == "reinstated" else "was not owed"
    moved = await _move(
        work, invoice, cause, -minor, -net,
        f"Invoice {invoice.number}: what was given up {again}", root,
    )  # fmt: skip
    return tuple(MemberPart(part.member_id, -part.net_minor) for part in moved.parts)

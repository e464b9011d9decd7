"""Credit notes: the only way to correct what was issued.

A credit note takes back a whole invoice, whole lines of it, or a net amount, at the taxes of the
original and in the words that the original's parties had. It has its own series, is made and
issued in one transaction, and never exceeds the invoice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.invoicing import access
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.dividing import divide_credit
from guild.invoicing.commands.freezing import freeze, issued_out
from guild.invoicing.commands.notes import credited_lines, left_of, write_note
from guild.invoicing.commands.validating import refuse_invalid
from guild.invoicing.commands.writing_off import credit_given_up
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.einvoice.takeback import (
    TakenBack,
    TooMuch,
    an_amount,
    everything,
    these_lines,
)
from guild.invoicing.errors import CreditTooLarge, InvoiceNotFound
from guild.invoicing.events import InvoiceCredited, MemberPart
from guild.invoicing.models import INVOICE_LIFECYCLE, Invoice
from guild.invoicing.queries.documents import frozen_invoice
from guild.invoicing.schemas import IssuedOut
from guild.invoicing.schemas.credits import CreditReason
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one credit note takes back, and from where. All in minor units."""

    net: int
    vat: int
    off_open: int
    refundable: int
    released_net: int
    pending_net: int
    """What leaves the invoice's pending net; differs from net less released by rounding only."""
    rounding: int
    """What the invoice was rounded by, on the note that takes back its rest."""

    @property
    def total(self) -> int:
        return self.net + self.vat

    @property
    def owed(self) -> int:
        """What the client no longer owes, or gets back."""
        return self.total + self.rounding


async def credit_invoice(
    work: Work,
    invoice_id: InvoiceId,
    reason: str,
    *,
    code: CreditReason = "other",
    lines: Sequence[int] = (),
    net: Money | None = None,
) -> IssuedOut:
    """Issue a credit note against an invoice: what is left of it, the given lines, or `net`.

    `code` says for statistics what `reason` says to the client. It comes off what is open first,
    then off what was given up (which was not owed, so it is no loss), then off what was paid.
    Raises InvoiceNotFound, Forbidden, IllegalMove for a draft or an invoice that is credited
    already, CreditTooLarge for more than is left, Invalid for lines that are not there.
    """
    refuse_unprintable({"reason": reason})
    await settle_appends(work, [invoice_id])
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, access.visible_to(work.actor))
        .with_for_update(of=Invoice)
        .execution_options(populate_existing=True)
    )
    if invoice is None or invoice.kind != "invoice":
        raise InvoiceNotFound
    work.require(access.may_credit(work.actor, invoice.member_id))
    if not INVOICE_LIFECYCLE.may(invoice.state, "credit"):
        INVOICE_LIFECYCLE.move(invoice, "credit")
    said = (await frozen_invoice(work, invoice_id)).frozen
    back = await taken_back(work, invoice, said, lines, net)
    given_up = invoice.state == "written_off"
    beyond = _owed(invoice, back) - invoice.open_minor
    await credit_given_up(work, invoice, max(0, min(beyond, invoice.written_off_minor)))
    taken = _taken(invoice, back)
    note_id = await write_note(work, invoice, said, back, reason, code, rounding=taken.rounding)
    stored = await frozen_invoice(work, note_id)
    await refuse_invalid(work, stored)
    (frozen,) = await freeze(work, "credit_note", [stored])
    _take_back(invoice, taken, work, given_up=given_up)
    await _post_and_tell(work, invoice, note_id, frozen, taken)
    return issued_out(note_id, frozen)


async def taken_back(
    work: Work,
    invoice: Invoice,
    said: FrozenInvoice,
    positions: Sequence[int],
    net: Money | None,
) -> TakenBack:
    """The parts of the credit note that was asked for. Raises CreditTooLarge and Invalid."""
    if positions and net is not None:
        raise Invalid("Credit lines or an amount, not both.", field="net")
    left_minor = invoice.net_minor - invoice.credited_net_minor
    if net is not None and (net.currency != invoice.currency or net.minor <= 0):
        raise Invalid(f"The amount must be above zero, in {invoice.currency}.", field="net")
    if net is None and not positions and left_minor == invoice.net_minor:
        return everything(said)
    if positions:
        await _check_lines(work, invoice, said, positions)
    left = await left_of(work, invoice.id, said)
    try:
        if positions:
            return these_lines(said, positions, left)
        minor = left_minor if net is None else net.minor
        return an_amount(said, minor, left, invoice.title)
    except TooMuch:
        raise _too_large(invoice, "lines" if positions else "net") from None


async def _check_lines(
    work: Work, invoice: Invoice, said: FrozenInvoice, positions: Sequence[int]
) -> None:
    unknown = sorted(set(positions) - {line.position for line in said.lines})
    if unknown or len(set(positions)) != len(positions):
        raise Invalid("The invoice has no such lines.", field="lines", lines=unknown)
    gone = sorted(await credited_lines(work, invoice.id) & set(positions))
    if gone:
        raise CreditTooLarge(f"Line {gone[0]} has been credited already.", field="lines")


def _too_large(invoice: Invoice, field: str) -> CreditTooLarge:
    left = Money(invoice.net_minor - invoice.credited_net_minor, invoice.currency)
    return CreditTooLarge(
        f"{left} net is left of invoice {invoice.number}.",
        mend="Credit that much or less, at the taxes of which something is left.",
        field=field,
        left=left.text,
    )


def _owed(invoice: Invoice, back: TakenBack) -> int:
    """What the client no longer owes, its part of the rounding included; raises CreditTooLarge."""
    net, vat = back.net_minor, back.vat_minor
    vat_left = invoice.vat_minor - (invoice.credited_minor - invoice.credited_net_minor)
    if not 0 < net <= _net_left(invoice) or not 0 <= vat <= vat_left:
        raise _too_large(invoice, "net")
    return net + vat + _rounding(invoice, net)


def _net_left(invoice: Invoice) -> int:
    return invoice.net_minor - invoice.credited_net_minor


def _rounding(invoice: Invoice, net: int) -> int:
    return invoice.rounding_minor if net == _net_left(invoice) else 0


def _taken(invoice: Invoice, back: TakenBack) -> _Taken:
    """Reckon where a credit comes from; raises CreditTooLarge."""
    net, vat = back.net_minor, back.vat_minor
    owed, rounding = _owed(invoice, back), _rounding(invoice, net)
    off_open = min(owed, invoice.open_minor)
    refundable = owed - off_open
    closes = off_open == invoice.open_minor
    pending = invoice.pending_net_minor if closes else min(net, invoice.pending_net_minor)
    return _Taken(
        net=net,
        vat=vat,
        off_open=off_open,
        refundable=refundable,
        released_net=max(net - pending, 0) if refundable else 0,
        pending_net=pending,
        rounding=rounding,
    )


def _take_back(invoice: Invoice, taken: _Taken, work: Work, *, given_up: bool) -> None:
    invoice.credited_minor += taken.owed
    invoice.credited_net_minor += taken.net
    invoice.refundable_minor += taken.refundable
    invoice.pending_net_minor -= taken.pending_net
    if invoice.credited_minor == invoice.total_minor + invoice.rounding_minor:
        INVOICE_LIFECYCLE.move(invoice, "credit")
    elif invoice.open_minor == 0 and given_up and invoice.written_off_minor:
        INVOICE_LIFECYCLE.move(invoice, "write_off")  # as it was, with a smaller sum
    elif invoice.open_minor == 0 and invoice.state != "paid":
        INVOICE_LIFECYCLE.move(invoice, "settle")
        invoice.settled_on = work.today


async def _post_and_tell(
    work: Work, invoice: Invoice, note_id: InvoiceId, note: FrozenInvoice, taken: _Taken
) -> None:
    """Post the reversal and state the fact.

    What was released already is taken from `member_pending` here and put back there by the fund,
    out of the member's available money and the pots.
    """

    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    odd = taken.net - taken.released_net - taken.pending_net
    parts: tuple[MemberPart, ...] = ()
    pending = [debit("member_pending", money(taken.net - odd), invoice.member_id)]
    if invoice.shared:
        parts, pending = await divide_credit(
            work, invoice, note_id,
            net=taken.net, pending=taken.pending_net, released=taken.released_net,
        )  # fmt: skip
    await ledger.post(
        work,
        kind="invoice_credited",
        text=f"Credit note {note.number} for invoice {invoice.number}",
        lines=[
            debit("vat_payable", money(taken.vat)),
            *pending,
            debit("rounding", money(odd + taken.rounding)),
            credit("receivable", money(taken.off_open), invoice.client_id),
            credit("client_credit", money(taken.refundable), invoice.client_id),
        ],
        subject=note_id,
    )
    await work.session.flush()
    await work.emit(
        InvoiceCredited(
            credit_note_id=note_id,
            invoice_id=invoice.id,
            member_id=invoice.member_id,
            client_id=invoice.client_id,
            net_minor=taken.net,
            vat_minor=taken.vat,
            total_minor=taken.total,
            pending_net_minor=taken.net - taken.released_net,
            released_net_minor=taken.released_net,
            settled=invoice.open_minor == 0,
            currency=invoice.currency,
            parts=parts,
        )
    )

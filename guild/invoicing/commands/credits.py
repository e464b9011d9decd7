"""Credit notes: the only way to correct what was issued.

A credit note takes back a whole invoice, whole lines of it, or a net amount, at the VAT of the
original and in the words that the original's parties had. It has its own series, is made and
issued in one transaction, and never exceeds the invoice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from guild.core.errors import Invalid
from guild.core.ids import InvoiceId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.invoicing import access
from guild.invoicing.commands.drafts import PIECE, next_reference
from guild.invoicing.commands.issuing import freeze, issued_out, settle_appends
from guild.invoicing.einvoice.build import FrozenInvoice, einvoice_of
from guild.invoicing.errors import CreditTooLarge, InvoiceNotFound
from guild.invoicing.events import InvoiceCredited
from guild.invoicing.models import INVOICE_LIFECYCLE, Invoice, InvoiceLine, InvoiceVat
from guild.invoicing.queries.documents import frozen_invoice
from guild.invoicing.rules.peppol import refuse_broken
from guild.invoicing.rules.totals import vat_minor_of
from guild.invoicing.schemas import IssuedOut
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

    @property
    def total(self) -> int:
        return self.net + self.vat


async def credit_invoice(
    work: Work,
    invoice_id: InvoiceId,
    reason: str,
    *,
    lines: Sequence[int] = (),
    net: Money | None = None,
) -> IssuedOut:
    """Issue a credit note against an invoice: what is left of it, the given lines, or `net`.

    Raises InvoiceNotFound, Forbidden, IllegalMove for a draft or an invoice that is credited
    already, CreditTooLarge for more than is left, Invalid for lines that are not there.
    """
    refuse_unprintable({"reason": reason})
    await settle_appends(work, [invoice_id])
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, access.visible_to(work.actor))
        .options(selectinload(Invoice.lines), selectinload(Invoice.vat))
        .with_for_update(of=Invoice)
        .execution_options(populate_existing=True)
    )
    if invoice is None or invoice.kind != "invoice":
        raise InvoiceNotFound
    work.require(access.may_credit(work.actor, invoice.member_id))
    if not INVOICE_LIFECYCLE.may(invoice.state, "credit"):
        INVOICE_LIFECYCLE.move(invoice, "credit")
    rows = await _rows(work, invoice, lines, net)
    taken = _taken(invoice, sum(row.net_minor for row in rows), whole=not lines and net is None)
    note = await _note(work, invoice, rows, taken, reason)
    stored = await frozen_invoice(work, note.id)
    refuse_broken(einvoice_of(stored.frozen))
    (frozen,) = await freeze(work, "credit_note", [stored])
    _take_back(invoice, taken, work)
    await _post_and_tell(work, invoice, note.id, frozen, taken)
    return issued_out(note.id, frozen)


async def _rows(
    work: Work, invoice: Invoice, positions: Sequence[int], net: Money | None
) -> list[InvoiceLine]:
    """The lines of the credit note; all of them in the original's category and rate."""
    if positions and net is not None:
        raise Invalid("Credit lines or an amount, not both.", field="net")
    if net is not None:
        if net.currency != invoice.currency or net.minor <= 0:
            raise Invalid(f"The amount must be above zero, in {invoice.currency}.", field="net")
        return [_amount_line(invoice, net.minor)]
    if not positions:
        left = invoice.net_minor - invoice.credited_net_minor
        if left < invoice.net_minor:
            return [_amount_line(invoice, left)]
        return [_copy(number, line) for number, line in enumerate(invoice.lines, 1)]
    by_position = {line.position: line for line in invoice.lines}
    unknown = sorted(set(positions) - by_position.keys())
    if unknown or len(set(positions)) != len(positions):
        raise Invalid("The invoice has no such lines.", field="lines", lines=unknown)
    gone = await work.session.scalar(
        select(InvoiceLine.credits_position)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.corrects_id == invoice.id, InvoiceLine.credits_position.in_(positions))
        .limit(1)
    )
    if gone is not None:
        raise CreditTooLarge(f"Line {gone} has been credited already.", field="lines")
    return [_copy(number, by_position[at]) for number, at in enumerate(sorted(positions), 1)]


def _copy(number: int, line: InvoiceLine) -> InvoiceLine:
    return InvoiceLine(
        position=number,
        credits_position=line.position,
        text=line.text,
        detail=line.detail,
        quantity=line.quantity,
        unit=line.unit,
        price=line.price,
        net_minor=line.net_minor,
        category=line.category,
        rate_bps=line.rate_bps,
    )


def _amount_line(invoice: Invoice, net_minor: int) -> InvoiceLine:
    original = invoice.vat[0]
    return InvoiceLine(
        position=1,
        text=f"{invoice.title} ({invoice.number})"[:200],
        detail="",
        quantity=Decimal(1),
        unit=PIECE,
        price=Money(net_minor, invoice.currency).decimal,
        net_minor=net_minor,
        category=original.category,
        rate_bps=original.rate_bps,
    )


def _taken(invoice: Invoice, net: int, *, whole: bool) -> _Taken:
    """Reckon what a credit of `net` takes back; raises CreditTooLarge."""
    net_left = invoice.net_minor - invoice.credited_net_minor
    vat_left = invoice.vat_minor - (invoice.credited_minor - invoice.credited_net_minor)
    if not 0 < net <= net_left:
        raise CreditTooLarge(
            f"{Money(net_left, invoice.currency)} net is left of invoice {invoice.number}.",
            mend="Credit that much or less.",
            field="net",
            left=Money(net_left, invoice.currency).text,
        )
    rest = whole or net == net_left
    vat = vat_left if rest else min(vat_minor_of(net, invoice.vat[0].rate_bps), vat_left)
    off_open = min(net + vat, invoice.open_minor)
    refundable = net + vat - off_open
    closes = off_open == invoice.open_minor
    pending = invoice.pending_net_minor if closes else min(net, invoice.pending_net_minor)
    return _Taken(
        net=net,
        vat=vat,
        off_open=off_open,
        refundable=refundable,
        released_net=max(net - pending, 0) if refundable else 0,
        pending_net=pending,
    )


async def _note(
    work: Work, invoice: Invoice, rows: list[InvoiceLine], taken: _Taken, reason: str
) -> Invoice:
    """The credit note as a draft with the original's words, parties and VAT."""
    original = invoice.vat[0]
    assert invoice.buyer is not None
    note = Invoice(
        id=InvoiceId(new_id()),
        kind="credit_note",
        contract_id=invoice.contract_id,
        member_id=invoice.member_id,
        client_id=invoice.client_id,
        contact_id=invoice.contact_id,
        corrects_id=invoice.id,
        number_format=invoice.number_format,
        due_days=0,
        delivered_on=invoice.delivered_on,
        title=invoice.title,
        contract_number=invoice.contract_number,
        language=invoice.language,
        buyer_reference=invoice.buyer_reference,
        order_reference=invoice.order_reference,
        reason=" ".join(reason.split()),
        supply=invoice.supply,
        treatment=invoice.treatment,
        reference=await next_reference(work, str(invoice.buyer["country"])),
        currency=invoice.currency,
        net_minor=taken.net,
        vat_minor=taken.vat,
        total_minor=taken.total,
        charter_version=invoice.charter_version,
        created_at=work.now,
        lines=rows,
        vat=[
            InvoiceVat(
                category=original.category,
                rate_bps=original.rate_bps,
                taxable_minor=taken.net,
                vat_minor=taken.vat,
                reason_code=original.reason_code,
                reason=original.reason,
            )
        ],
    )
    work.session.add(note)
    await work.session.flush()
    return note


def _take_back(invoice: Invoice, taken: _Taken, work: Work) -> None:
    invoice.credited_minor += taken.total
    invoice.credited_net_minor += taken.net
    invoice.refundable_minor += taken.refundable
    invoice.pending_net_minor -= taken.pending_net
    if invoice.credited_minor == invoice.total_minor:
        INVOICE_LIFECYCLE.move(invoice, "credit")
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
    await ledger.post(
        work,
        kind="invoice_credited",
        text=f"Credit note {note.number} for invoice {invoice.number}",
        lines=[
            debit("vat_payable", money(taken.vat)),
            debit("member_pending", money(taken.net - odd), invoice.member_id),
            debit("rounding", money(odd)),
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
        )
    )

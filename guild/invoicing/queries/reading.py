"""Invoices as people see them: one, a page of many, what was paid, a client's account."""

from collections.abc import Sequence
from typing import Any, Literal, cast

from sqlalchemy import Select, func, select

from guild.core.ids import InvoiceId, OrganisationId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.invoicing import access
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice, InvoiceLine, InvoiceVat, Payment
from guild.invoicing.rules.canonical import plain
from guild.invoicing.rules.references import print_reference
from guild.invoicing.rules.totals import percent_of
from guild.invoicing.schemas import (
    InvoiceOut,
    InvoiceRow,
    InvoiceState,
    Kind,
    LineOut,
    PaymentOut,
    VatOut,
)
from guild.members.models import Organisation

PAGE_MAX = 100


async def invoice_row(work: Work, invoice_id: InvoiceId) -> tuple[Invoice, str]:
    """The visible invoice and its client's name; raises InvoiceNotFound."""
    found = (
        await work.session.execute(
            _visible(work).where(Invoice.id == invoice_id).execution_options(populate_existing=True)
        )
    ).one_or_none()
    if found is None:
        raise InvoiceNotFound
    invoice, name = found
    frozen = invoice.buyer["name"] if invoice.buyer else name
    return invoice, frozen


async def get_invoice(work: Work, invoice_id: InvoiceId) -> InvoiceOut:
    """One invoice or credit note in full; raises InvoiceNotFound."""
    invoice, client_name = await invoice_row(work, invoice_id)
    lines = await work.session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice_id)
        .order_by(InvoiceLine.position)
        .execution_options(populate_existing=True)
    )
    vat = await work.session.scalars(
        select(InvoiceVat)
        .where(InvoiceVat.invoice_id == invoice_id)
        .order_by(InvoiceVat.category, InvoiceVat.rate_bps)
        .execution_options(populate_existing=True)
    )
    return _out(invoice, client_name, lines.all(), vat.all())


async def list_invoices(
    work: Work,
    *,
    state: InvoiceState | None = None,
    kind: Kind | None = None,
    client_id: OrganisationId | None = None,
    overdue: bool = False,
    mine: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[InvoiceRow]:
    """A page of what the actor may see, newest first; `mine` leaves out what an office may see."""
    assert 0 < limit <= PAGE_MAX
    wanted = _visible(work)
    if mine:
        wanted = wanted.where(Invoice.member_id == work.actor.member_id)
    if state is not None:
        wanted = wanted.where(Invoice.state == state)
    if kind is not None:
        wanted = wanted.where(Invoice.kind == kind)
    if client_id is not None:
        wanted = wanted.where(Invoice.client_id == client_id)
    if overdue:
        wanted = wanted.where(Invoice.overdue_on.is_not(None), Invoice.settled_on.is_(None))
    if cursor:
        (after,) = decode_cursor(cursor, tuple[InvoiceId])
        wanted = wanted.where(Invoice.id < after)
    rows = (await work.session.execute(wanted.order_by(Invoice.id.desc()).limit(limit + 1))).all()
    more = len(rows) > limit
    items = [_row(*row) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


async def list_payments(work: Work, invoice_id: InvoiceId) -> list[PaymentOut]:
    """What has been paid on an invoice, oldest first; raises InvoiceNotFound."""
    await invoice_row(work, invoice_id)
    rows = await work.session.scalars(
        select(Payment).where(Payment.invoice_id == invoice_id).order_by(Payment.id)
    )
    return [
        PaymentOut(
            id=row.id,
            amount=Money(row.amount_minor, row.currency).text,
            currency=row.currency,
            received_on=row.received_on,
            recorded_at=row.recorded_at,
        )
        for row in rows
    ]


async def client_statement(work: Work, invoice: Invoice) -> tuple[Sequence[Invoice], int]:
    """The last invoices of one client from one member, and what is open on all of them.

    For the client's page: it shows that client its own account with the member, nothing else.
    """
    theirs = (
        Invoice.client_id == invoice.client_id,
        Invoice.member_id == invoice.member_id,
        Invoice.contact_id == invoice.contact_id,
        Invoice.currency == invoice.currency,
        Invoice.kind == "invoice",
        Invoice.state != "draft",
    )
    rows = await work.session.scalars(
        select(Invoice).where(*theirs).order_by(Invoice.id.desc()).limit(12)
    )
    left = Invoice.total_minor - Invoice.paid_minor - Invoice.credited_minor
    total = await work.session.scalar(
        select(func.sum(left + Invoice.refundable_minor)).where(*theirs)
    )
    return rows.all(), int(total or 0)


def _visible(work: Work) -> Select[Invoice, str]:
    return (
        select(Invoice, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(access.visible_to(work.actor))
    )


def _row(invoice: Invoice, client_name: str) -> InvoiceRow:
    return InvoiceRow(
        id=invoice.id,
        kind=cast("Kind", invoice.kind),
        state=cast("InvoiceState", invoice.state),
        number=invoice.number,
        title=invoice.title,
        client_id=invoice.client_id,
        client_name=client_name,
        member_id=invoice.member_id,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        overdue=invoice.overdue_on is not None and invoice.open_minor > 0,
        total=Money(invoice.total_minor, invoice.currency).text,
        open=Money(invoice.open_minor, invoice.currency).text,
        currency=invoice.currency,
    )


def _percent(category: str, rate_bps: int) -> str | None:
    return None if category == "O" else plain(percent_of(rate_bps))


def _out(
    invoice: Invoice, client_name: str, lines: Sequence[InvoiceLine], vat: Sequence[InvoiceVat]
) -> InvoiceOut:
    def amount(minor: int) -> str:
        return Money(minor, invoice.currency).text

    stored: dict[Literal["pdf", "ubl", "cii"], object] = {
        "pdf": invoice.pdf_document_id,
        "ubl": invoice.ubl_document_id,
        "cii": invoice.cii_document_id,
    }
    return InvoiceOut(
        id=invoice.id,
        kind=cast("Kind", invoice.kind),
        state=cast("InvoiceState", invoice.state),
        number=invoice.number,
        title=invoice.title,
        contract_id=invoice.contract_id,
        contract_number=invoice.contract_number,
        member_id=invoice.member_id,
        client_id=invoice.client_id,
        client_name=client_name,
        corrects_id=invoice.corrects_id,
        reason=invoice.reason,
        buyer_reference=invoice.buyer_reference,
        order_reference=invoice.order_reference,
        supply=cast("Literal['services', 'goods']", invoice.supply),
        treatment=cast("Any", invoice.treatment),
        delivered_on=invoice.delivered_on,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        overdue_on=invoice.overdue_on,
        settled_on=invoice.settled_on,
        currency=invoice.currency,
        lines=[
            LineOut(
                position=line.position,
                text=line.text,
                detail=line.detail,
                quantity=plain(line.quantity),
                unit=line.unit,
                unit_price=plain(line.price),
                net=amount(line.net_minor),
                vat_category=line.category,
                vat_percent=_percent(line.category, line.rate_bps),
            )
            for line in lines
        ],
        vat=[
            VatOut(
                category=row.category,
                percent=_percent(row.category, row.rate_bps),
                taxable=amount(row.taxable_minor),
                vat=amount(row.vat_minor),
                reason_code=row.reason_code,
                reason=row.reason,
            )
            for row in vat
        ],
        net=amount(invoice.net_minor),
        vat_total=amount(invoice.vat_minor),
        total=amount(invoice.total_minor),
        paid=amount(invoice.paid_minor),
        credited=amount(invoice.credited_minor),
        open=amount(invoice.open_minor),
        reference=print_reference(invoice.reference),
        files=[kind for kind, document_id in stored.items() if document_id is not None],
        row_version=invoice.row_version,
    )

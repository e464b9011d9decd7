"""Invoices as people see them: one, a page of many, what was paid, a client's account."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select

from guild.core.ids import InvoiceId, MemberId, OrganisationId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.invoicing import access
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice, InvoiceLine, Payment
from guild.invoicing.queries.documents import document_data
from guild.invoicing.queries.shapes import invoice_out
from guild.invoicing.schemas import (
    InvoiceOut,
    InvoiceRow,
    InvoiceState,
    Kind,
    PaymentOut,
)
from guild.members.models import Organisation

PAGE_MAX = 100
WORDS_MAX = 8


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
    (stored,) = await document_data(work, [invoice_id])
    milestones = await work.session.execute(
        select(InvoiceLine.position, InvoiceLine.milestone_id).where(
            InvoiceLine.invoice_id == invoice_id, InvoiceLine.milestone_id.is_not(None)
        )
    )
    return invoice_out(
        invoice, client_name, stored.frozen, {row.position: row.milestone_id for row in milestones}
    )


class Sieve(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; `search` looks in number, title, references and client's name.

    The days are those of issue; amounts are of the total with tax, in minor units.
    """

    state: InvoiceState | None = None
    kind: Kind | None = None
    client_id: OrganisationId | None = None
    member_id: MemberId | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    at_least_minor: int | None = None
    at_most_minor: int | None = None
    search: str = ""
    overdue: bool = False
    mine: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on invoices joined with their client."""
        equal: list[tuple[Any, object]] = [
            (Invoice.state, self.state),
            (Invoice.kind, self.kind),
            (Invoice.client_id, self.client_id),
            (Invoice.member_id, self.member_id),
        ]
        found = [column == value for column, value in equal if value is not None]
        if self.issued_from is not None:
            found.append(Invoice.issued_on >= self.issued_from)
        if self.issued_to is not None:
            found.append(Invoice.issued_on <= self.issued_to)
        if self.at_least_minor is not None:
            found.append(Invoice.total_minor >= self.at_least_minor)
        if self.at_most_minor is not None:
            found.append(Invoice.total_minor <= self.at_most_minor)
        if self.overdue:
            found += [Invoice.overdue_on.is_not(None), Invoice.settled_on.is_(None)]
        for word in self.search.split()[:WORDS_MAX]:
            searched = (Invoice.number, Invoice.title, Invoice.order_reference,
                        Invoice.buyer_reference, Organisation.name)  # fmt: skip
            found.append(or_(*(column.icontains(word, autoescape=True) for column in searched)))
        return found


async def list_invoices(
    work: Work, sieve: Sieve | None = None, *, limit: int = 50, cursor: str | None = None
) -> Page[InvoiceRow]:
    """A page of what the actor may see, newest first; `mine` leaves out what an office may see."""
    assert 0 < limit <= PAGE_MAX
    sieve = sieve or Sieve()
    wanted = _visible(work).where(*sieve.conditions())
    if sieve.mine:
        wanted = wanted.where(access.of_member(work.actor.member_id))
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
        select(
            func.sum(
                left + Invoice.refundable_minor + Invoice.rounding_minor - Invoice.written_off_minor
            )
        ).where(*theirs)
    )
    return rows.all(), int(total or 0)


def _visible(work: Work) -> Select[Invoice, str]:
    return (
        select(Invoice, func.coalesce(Organisation.name, work.settings.coop.name))
        .outerjoin(Organisation, Organisation.id == Invoice.client_id)
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
        shared=invoice.shared,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        overdue=invoice.overdue_on is not None and invoice.open_minor > 0,
        total=Money(invoice.total_minor, invoice.currency).text,
        open=Money(invoice.open_minor, invoice.currency).text,
        currency=invoice.currency,
    )

"""Reads of exports, and of what goes into them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.ids import DocumentId, ExportId, InvoiceId
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.exports.access import may_ask
from guild.exports.errors import ExportNotFound
from guild.exports.models import Export
from guild.exports.rules.kinds import KINDS, Kind, Span
from guild.exports.rules.listings import VatLine
from guild.exports.schemas import ExportOut, ExportState, KindOut
from guild.invoicing.models import Invoice, InvoiceVat
from guild.invoicing.queries import of_member
from guild.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting

NUMBERED: Final = ("invoice", "credit_note")
"""What the cooperative issues under its own VAT number; self-bills are its members' documents."""
PERIODS: Final[dict[Span, str]] = {
    "days": "any days, a year at most",
    "month_or_quarter": "a calendar month or quarter",
    "year": "a calendar year",
}


class _After(NamedTuple):
    id: UUID


class DocumentRow(NamedTuple):
    """An issued document and its files."""

    id: InvoiceId
    number: str
    kind: str
    issued_on: date
    buyer: str
    total_minor: int
    currency: str
    pdf: DocumentId | None
    ubl: DocumentId | None
    cii: DocumentId | None


class PostingRow(NamedTuple):
    """One posting of the books; a debit is positive."""

    day: date
    entry_id: UUID
    kind: str
    text: str
    account: str
    owner: UUID | None
    amount_minor: int
    currency: str


def kinds(work: Work) -> list[KindOut]:
    """The kinds that the actor may ask for."""
    return [
        KindOut(kind=name, title=kind.title, says=kind.says, period=PERIODS[kind.span])
        for name, kind in KINDS.items()
        if may_ask(work.actor, name)
    ]


async def exports(work: Work, *, cursor: str | None = None, limit: int = 50) -> Page[ExportOut]:
    """The actor's own exports, the latest first."""
    wanted = select(Export).where(Export.asked_by == work.actor.member_id)
    if cursor:
        wanted = wanted.where(Export.id < decode_cursor(cursor, _After).id)
    rows = list(await work.session.scalars(wanted.order_by(Export.id.desc()).limit(limit + 1)))
    shown = rows[:limit]
    return Page(
        items=[export_out(row) for row in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
    )


async def export(work: Work, export_id: ExportId) -> ExportOut:
    """One export; raises ExportNotFound for another's."""
    return export_out(await own_export(work, export_id))


async def own_export(work: Work, export_id: ExportId) -> Export:
    """The row, if it is the actor's."""
    row = await work.session.get(Export, export_id)
    if row is None or row.asked_by != work.actor.member_id:
        raise ExportNotFound
    return row


def export_out(row: Export) -> ExportOut:
    """An export as its asker sees it."""
    return ExportOut(
        id=row.id,
        kind=cast("Kind", row.kind),
        title=KINDS[cast("Kind", row.kind)].title,
        first_day=row.first_day,
        last_day=row.last_day,
        whole_house=row.whole_house,
        state=cast("ExportState", row.state),
        done=row.done,
        total=row.total,
        name=row.name,
        size=row.size,
        sha256=row.sha256.hex() if row.sha256 else None,
        problem=row.problem,
        asked_at=row.asked_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
    )


def _issued(row: Export) -> ColumnElement[bool]:
    within = and_(
        Invoice.kind.in_(NUMBERED),
        Invoice.state != "draft",
        Invoice.issued_on.between(row.first_day, row.last_day),
        Invoice.issued_at <= row.asked_at,  # what comes later must not move the parts
    )
    return within if row.whole_house else and_(within, of_member(row.asked_by))


async def count_documents(work: Work, row: Export) -> int:
    """How many documents the export covers."""
    counted = select(func.count()).select_from(Invoice).where(_issued(row))
    return await work.session.scalar(counted) or 0


async def documents_after(work: Work, row: Export, after: int, limit: int) -> list[DocumentRow]:
    """A batch of documents in the order of issue, by their place in it."""
    found = await work.session.execute(
        select(
            Invoice.id,
            Invoice.number,
            Invoice.kind,
            Invoice.issued_on,
            Invoice.buyer["name"].astext,
            Invoice.total_minor,
            Invoice.currency,
            Invoice.pdf_document_id,
            Invoice.ubl_document_id,
            Invoice.cii_document_id,
        )
        .where(_issued(row))
        .order_by(Invoice.kind, Invoice.series_year, Invoice.sequence)
        .offset(after)
        .limit(limit)
    )
    return [DocumentRow(*one) for one in found]


async def vat_lines(work: Work, row: Export) -> list[VatLine]:
    """The VAT rows of the documents; those of credit notes negative."""
    found = await work.session.execute(
        select(
            Invoice.number,
            Invoice.kind,
            Invoice.issued_on,
            Invoice.buyer,
            Invoice.currency,
            InvoiceVat.category,
            InvoiceVat.rate_milli,
            InvoiceVat.taxable_minor,
            InvoiceVat.vat_minor,
            InvoiceVat.reason_code,
            InvoiceVat.reason,
        )
        .join(InvoiceVat, InvoiceVat.invoice_id == Invoice.id)
        .where(_issued(row), InvoiceVat.tax == "VAT")
        .order_by(Invoice.kind, Invoice.series_year, Invoice.sequence, InvoiceVat.category)
    )
    return [_vat_line(one) for one in found]


def _vat_line(one: Row[Any]) -> VatLine:
    sign = -1 if one.kind == "credit_note" else 1
    milli = one.rate_milli
    return VatLine(
        number=one.number,
        kind=one.kind,
        issued_on=one.issued_on,
        buyer_name=one.buyer["name"],
        buyer_country=one.buyer["country"],
        buyer_vat=one.buyer.get("vat_number", ""),
        category=one.category,
        rate_percent=f"{milli // 1000}.{milli % 1000:03d}".rstrip("0").rstrip("."),
        taxable_minor=sign * one.taxable_minor,
        vat_minor=sign * one.vat_minor,
        currency=one.currency,
        reason_code=one.reason_code,
        reason=one.reason,
    )


async def postings(work: Work, first: date, last: date) -> list[PostingRow]:
    """Every posting of the period, in the order of the books."""
    found = await work.session.execute(
        select(
            LedgerEntry.occurred_on,
            LedgerEntry.id,
            LedgerEntry.kind,
            LedgerEntry.text,
            LedgerAccount.code,
            LedgerAccount.owner,
            LedgerPosting.amount_minor,
            LedgerPosting.currency,
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.occurred_on.between(first, last))
        .order_by(LedgerEntry.occurred_on, LedgerEntry.id, LedgerPosting.position)
    )
    return [PostingRow(*one) for one in found]


INVARIANTS: Final[Sequence[Callable[[AsyncSession], Awaitable[list[str]]]]] = []

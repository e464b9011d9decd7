"""Reads of claims of interest, write-offs, refunds and insolvencies: lists and single rows."""

from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from guild.core.ids import InvoiceId, OrganisationId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor
from guild.core.work import Work
from guild.documents import queries as documents
from guild.invoicing.models import Invoice, InvoiceLine
from guild.members.models import Organisation
from guild.members.rules.clients import client_key
from guild.receivables import access
from guild.receivables.errors import (
    BundleNotReady,
    InsolvencyNotFound,
    InterestClaimNotFound,
    WriteOffNotFound,
)
from guild.receivables.models import ClientRefund, Insolvency, InterestClaim, WriteOff
from guild.receivables.queries.account import visible_client
from guild.receivables.queries.paging import page_of
from guild.receivables.queries.standing import visible_standing
from guild.receivables.rules.overdue import line_gross
from guild.receivables.schemas import InsolvencyOut, InterestClaimOut, RefundOut, WriteOffOut


class InvoiceLineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line as a client may object to it, in minor units with VAT."""

    position: int
    text: str
    gross_minor: int


async def invoice_lines(work: Work, invoice_id: InvoiceId) -> list[InvoiceLineView]:
    """The lines of an invoice that the actor may see; raises InvoiceNotFound."""
    await visible_standing(work, invoice_id)
    rows = await work.session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice_id)
        .order_by(InvoiceLine.position)
    )
    return [
        InvoiceLineView(
            position=row.position, text=row.text,
            gross_minor=line_gross(row.net_minor, row.rate_milli),
        )
        for row in rows
    ]  # fmt: skip


async def interest_claims(
    work: Work, *, invoice_id: InvoiceId | None = None, cursor: str | None = None, limit: int = 50
) -> Page[InterestClaimOut]:
    """Claims of interest, newest first."""
    wanted = select(InterestClaim).where(access.rows_visible_to(work.actor, InterestClaim))
    if invoice_id is not None:
        wanted = wanted.where(InterestClaim.invoice_id == invoice_id)
    if cursor:
        wanted = wanted.where(InterestClaim.id < decode_cursor(cursor, tuple[UUID])[0])
    rows = await work.session.scalars(wanted.order_by(InterestClaim.id.desc()).limit(limit + 1))
    return page_of([claim_out(row) for row in rows], limit)


async def open_interest_claims(work: Work) -> list[InterestClaim]:
    """Claims that nobody has paid yet, for matching with the bank: reference and exact sum."""
    rows = await work.session.scalars(
        select(InterestClaim).where(InterestClaim.state == "claimed").order_by(InterestClaim.id)
    )
    return list(rows)


async def interest_claim(work: Work, claim_id: UUID) -> InterestClaimOut:
    """One claim; raises InterestClaimNotFound."""
    return claim_out(await _claim(work, claim_id))


async def interest_note(work: Work, claim_id: UUID) -> bytes:
    """The PDF of a claim; raises InterestClaimNotFound until it is made."""
    row = await _claim(work, claim_id)
    if row.document_id is None:
        raise InterestClaimNotFound("The note is made a moment after the claim; try again.")
    return await documents.read(work, row.document_id)


async def linked_interest_notes(work: Work, invoice_id: InvoiceId) -> list[InterestClaimOut]:
    """Claims on the invoice of a client's link."""
    await visible_standing(work, invoice_id)
    rows = await work.session.scalars(
        select(InterestClaim).where(InterestClaim.invoice_id == invoice_id)
    )
    return [claim_out(row) for row in rows]


async def linked_interest_note(work: Work, invoice_id: InvoiceId, claim_id: UUID) -> bytes:
    """The PDF of a claim on the invoice of a client's link."""
    await visible_standing(work, invoice_id)
    found = await work.session.scalar(
        select(InterestClaim.document_id).where(
            InterestClaim.id == claim_id, InterestClaim.invoice_id == invoice_id
        )
    )
    if found is None:
        raise InterestClaimNotFound
    return await documents.read(work, found)


async def _claim(work: Work, claim_id: UUID) -> InterestClaim:
    row = await work.session.scalar(
        select(InterestClaim)
        .where(InterestClaim.id == claim_id, access.rows_visible_to(work.actor, InterestClaim))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise InterestClaimNotFound
    return row


def claim_out(row: InterestClaim) -> InterestClaimOut:
    """A claim on the wire."""
    return InterestClaimOut(
        id=row.id, invoice_id=row.invoice_id, invoice_number=row.invoice_number,
        client_id=row.client_id, member_id=row.member_id, state=cast("Any", row.state),
        period_from=row.period_from, period_to=row.period_to, country=row.country,
        interest=Money(row.interest_minor, row.currency).text,
        compensation=Money(row.compensation_minor, row.currency).text,
        total=Money(row.total_minor, row.currency).text, currency=row.currency,
        reference=row.reference, claimed_on=row.claimed_on, ended_on=row.ended_on,
        waive_reason=row.waive_reason, has_letter=row.document_id is not None,
        charter_version=row.charter_version,
    )  # fmt: skip


# --- write-offs, refunds, insolvency -------------------------------------------------


async def write_offs(
    work: Work, *, waiting: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[WriteOffOut]:
    """Write-offs, newest first; `waiting` for those that need their second person."""
    wanted = (
        select(WriteOff, Invoice.number)
        .join(Invoice, Invoice.id == WriteOff.invoice_id)
        .where(access.rows_visible_to(work.actor, WriteOff))
    )
    if waiting:
        wanted = wanted.where(WriteOff.state == "asked")
    if cursor:
        wanted = wanted.where(WriteOff.id < decode_cursor(cursor, tuple[UUID])[0])
    rows = await work.session.execute(wanted.order_by(WriteOff.id.desc()).limit(limit + 1))
    return page_of([write_off_out(row, number or "") for row, number in rows], limit)


async def write_offs_of(work: Work, invoice_id: InvoiceId) -> list[WriteOffOut]:
    """What was asked for and given up on one invoice, newest first."""
    rows = await work.session.execute(
        select(WriteOff, Invoice.number)
        .join(Invoice, Invoice.id == WriteOff.invoice_id)
        .where(WriteOff.invoice_id == invoice_id, access.rows_visible_to(work.actor, WriteOff))
        .order_by(WriteOff.id.desc())
        .execution_options(populate_existing=True)
    )
    return [write_off_out(row, number or "") for row, number in rows]


async def write_off(work: Work, write_off_id: UUID) -> WriteOffOut:
    """One write-off; raises WriteOffNotFound."""
    found = (
        await work.session.execute(
            select(WriteOff, Invoice.number)
            .join(Invoice, Invoice.id == WriteOff.invoice_id)
            .where(WriteOff.id == write_off_id, access.rows_visible_to(work.actor, WriteOff))
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if found is None:
        raise WriteOffNotFound
    return write_off_out(found[0], found[1] or "")


def write_off_out(row: WriteOff, number: str) -> WriteOffOut:
    """A write-off on the wire."""
    return WriteOffOut(
        id=row.id, invoice_id=row.invoice_id, invoice_number=number, member_id=row.member_id,
        state=cast("Any", row.state), small=row.small,
        amount=Money(row.amount_minor, row.currency).text,
        vat=Money(row.vat_minor, row.currency).text,
        credited=Money(row.credited_minor, row.currency).text,
        credited_vat=Money(row.credited_vat_minor, row.currency).text,
        vat_left=Money(row.vat_minor - row.credited_vat_minor, row.currency).text,
        currency=row.currency,
        reason_code=cast("Any", row.reason_code), reason=row.reason, asked_by=row.asked_by,
        approved_by=row.approved_by, vat_decision=row.vat_decision, vat_ground=row.vat_ground,
        charter_version=row.charter_version,
    )  # fmt: skip


async def refunds(
    work: Work, *, waiting: bool = False, refund_id: UUID | None = None,
    cursor: str | None = None, limit: int = 50,
) -> Page[RefundOut]:  # fmt: skip
    """Refunds to clients, newest first; `waiting` for those that need their second person."""
    wanted = (
        select(ClientRefund, Organisation.name)
        .join(Organisation, Organisation.id == ClientRefund.client_id)
        .where(access.rows_visible_to(work.actor, ClientRefund))
        .execution_options(populate_existing=True)
    )
    if waiting:
        wanted = wanted.where(ClientRefund.state == "proposed")
    if refund_id is not None:
        wanted = wanted.where(ClientRefund.id == refund_id)
    if cursor:
        wanted = wanted.where(ClientRefund.id < decode_cursor(cursor, tuple[UUID])[0])
    rows = await work.session.execute(wanted.order_by(ClientRefund.id.desc()).limit(limit + 1))
    return page_of([refund_out(row, name) for row, name in rows], limit)


def refund_out(row: ClientRefund, client_name: str) -> RefundOut:
    """A refund on the wire."""
    return RefundOut(
        id=row.id, client_id=row.client_id, client_name=client_name, invoice_id=row.invoice_id,
        bank_entry_id=row.bank_entry_id, state=cast("Any", row.state),
        amount=Money(row.amount_minor, row.currency).text, currency=row.currency,
        reason=row.reason, proposed_by=row.proposed_by, proposed_at=row.proposed_at,
        approved_by=row.approved_by, decision_note=row.decision_note, paid_on=row.paid_on,
    )  # fmt: skip


async def insolvency(work: Work, client_id: OrganisationId) -> InsolvencyOut:
    """The newest flag of a client; raises OrganisationNotFound and InsolvencyNotFound."""
    row = await _insolvency(work, client_id)
    return InsolvencyOut(
        id=row.id, client_id=row.client_id, state=cast("Any", row.state), court=row.court,
        case_number=row.case_number, declared_on=row.declared_on, claims_by=row.claims_by,
        evidence=row.evidence, flagged_by=row.flagged_by, flagged_at=row.flagged_at,
        bundle_ready=row.bundle_document_id is not None, lifted_by=row.lifted_by,
        lift_reason=row.lift_reason,
    )  # fmt: skip


async def proof_bundle(work: Work, client_id: OrganisationId) -> tuple[str, bytes]:
    """Name and bytes of the bundle; raises BundleNotReady until the job has made it."""
    row = await _insolvency(work, client_id)
    if row.bundle_document_id is None:
        raise BundleNotReady
    about = await documents.about(work, row.bundle_document_id)
    return about.name, await documents.read(work, row.bundle_document_id)


async def _insolvency(work: Work, client_id: OrganisationId) -> Insolvency:
    client = await visible_client(work, client_id)
    row: Insolvency | None = await work.session.scalar(
        select(Insolvency)
        .where(Insolvency.client_key == client_key(client))
        .order_by(Insolvency.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise InsolvencyNotFound
    return row


async def is_insolvent(work: Work, key: str) -> bool:
    """Whether a client of that key is flagged, for the packages above."""
    found = await work.session.scalar(
        select(func.count())
        .select_from(Insolvency)
        .where(Insolvency.client_key == key, Insolvency.state == "flagged")
    )
    return bool(found)

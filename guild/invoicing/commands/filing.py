"""After issuing: the files of a document and its mail, and noticing that a due date has passed."""

from typing import Final

import msgspec
from sqlalchemy import select, update

from guild.core.ids import DocumentId, InvoiceId
from guild.core.work import Work
from guild.documents.commands import store
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import Attachment, PrintOrder
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.commands.letters import mail_document
from guild.invoicing.commands.printing import sheet_of
from guild.invoicing.einvoice.build import einvoice_of
from guild.invoicing.einvoice.cii import cii_bytes
from guild.invoicing.einvoice.ubl import ubl_bytes
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import InvoiceOverdue
from guild.invoicing.models import OPEN_STATES, Invoice
from guild.invoicing.queries.documents import Stored, frozen_invoice
from guild.invoicing.rules.references import print_reference
from guild.members import commands as members

OVERDUE_BATCH: Final = 500
LINK_HOURS: Final = 24 * 31
"""A link lives a month, a day longer than the usual term of payment."""
PDF: Final = "application/pdf"
XML: Final = "application/xml"


async def make_documents(work: Work, invoice_id: InvoiceId) -> None:
    """Make the UBL and CII files and the PDF/A-3, keep all three, and mail the client a link.

    The bytes follow from the frozen document alone, so a second run makes the same and, finding
    them linked, does nothing more. Raises InvoiceNotFound for drafts and unknown ids.
    """
    stored = await frozen_invoice(work, invoice_id)
    if stored.state == "draft" or stored.issued_at is None:
        raise InvoiceNotFound
    if stored.files:
        return
    original = await frozen_invoice(work, stored.corrects_id) if stored.corrects_id else None
    printed = await print_document(work, stored, await charter_at(work, stored.issued_at), original)
    stem = f"{stored.frozen.kind.replace('_', '-')}-{stored.frozen.number}"
    filed = await _file(
        work,
        invoice_id,
        pdf=await store(work, printed.pdf, PDF, f"{stem}.pdf", invoice_id),
        ubl=await store(work, printed.ubl, XML, f"{stem}-ubl.xml", invoice_id),
        cii=await store(work, printed.cii, XML, f"{stem}-cii.xml", invoice_id),
    )
    if filed:
        token = await members.issue_link(
            work,
            stored.contact_id,
            purpose=INVOICE_LINK,
            subject_id=invoice_id,
            valid_hours=LINK_HOURS,
        )
        mail_document(work, stored, token=token, reference=print_reference(stored.frozen.reference))


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """The three files of one document."""

    pdf: bytes
    ubl: bytes
    cii: bytes


async def print_document(
    work: Work, stored: Stored, charter: Charter, original: Stored | None
) -> Printed:
    """The bytes of the three files; equal documents give equal bytes."""
    assert stored.issued_at is not None
    document = einvoice_of(stored.frozen)
    cii = cii_bytes(document)
    sheet = sheet_of(stored, charter, original)
    pool = work.system.resource("documents.pool", DocumentPool)
    pdf = await pool.render(
        PrintOrder(
            html=render_html("invoicing/invoice_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=stored.issued_at,
            attachments=(
                Attachment(
                    name="factur-x.xml",
                    data=cii,
                    media_type="text/xml",
                    description="Factur-X invoice",
                    relationship="Alternative",
                ),
            ),
            facturx_profile="EN 16931",
        )
    )
    return Printed(pdf=pdf, ubl=ubl_bytes(document), cii=cii)


async def _file(
    work: Work, invoice_id: InvoiceId, *, pdf: DocumentId, ubl: DocumentId, cii: DocumentId
) -> bool:
    """Link the three files once; False when another run has linked them already."""
    result = await work.session.execute(
        update(Invoice)
        .where(Invoice.id == invoice_id, Invoice.pdf_document_id.is_(None))
        .values(pdf_document_id=pdf, ubl_document_id=ubl, cii_document_id=cii)
        .returning(Invoice.id)
        .execution_options(synchronize_session=False)
    )
    return result.one_or_none() is not None


async def mark_overdue(work: Work) -> int:
    """Mark invoices whose due date has passed and state it once; returns how many it found.

    Takes a batch at a time and skips rows that somebody is paying at this moment; the next run
    looks at them again.
    """
    rows = await work.session.execute(
        select(Invoice.id, Invoice.member_id, Invoice.client_id)
        .where(
            Invoice.kind == "invoice",
            Invoice.state.in_(OPEN_STATES),
            Invoice.overdue_on.is_(None),
            Invoice.due_on < work.today,
        )
        .order_by(Invoice.due_on, Invoice.id)
        .limit(OVERDUE_BATCH)
        .with_for_update(skip_locked=True)
    )
    found = rows.all()
    if not found:
        return 0
    await work.session.execute(
        update(Invoice)
        .where(Invoice.id.in_([row.id for row in found]))
        .values(overdue_on=work.today)
        .execution_options(synchronize_session=False)
    )
    for invoice_id, member_id, client_id in found:
        await work.emit(
            InvoiceOverdue(invoice_id=invoice_id, member_id=member_id, client_id=client_id)
        )
    return len(found)

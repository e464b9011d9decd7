"""After issuing: the files of a document, and noticing that a due date has passed."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select, update

from guild.core.ids import DocumentId, InvoiceId
from guild.core.work import Work
from guild.documents import queries as documents
from guild.documents.commands import store
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import Attachment, PrintOrder
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.invoicing.commands.printing import sheet_of
from guild.invoicing.commands.validating import final_report
from guild.invoicing.einvoice.build import einvoice_of
from guild.invoicing.einvoice.cii import cii_bytes
from guild.invoicing.einvoice.ubl import ubl_bytes
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import InvoiceFiled, InvoiceOverdue, SelfBillFiled
from guild.invoicing.models import OPEN_STATES, Invoice, InvoiceAttachment
from guild.invoicing.queries.documents import Stored, frozen_invoice
from guild.invoicing.rules.canonical import SELF_BILLED, Attached

OVERDUE_BATCH: Final = 500
MEDIA: Final = {
    "pdf": "application/pdf",
    "ubl": "application/xml",
    "cii": "application/xml",
    "report": "application/json",
}
ENDINGS: Final = {"pdf": ".pdf", "ubl": "-ubl.xml", "cii": "-cii.xml", "report": "-report.json"}


async def make_documents(work: Work, invoice_id: InvoiceId) -> None:
    """Make the UBL and CII files and the PDF/A-3, keep all three, and say that they exist.

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
        {
            f"{kind}_document_id": await store(
                work, data, MEDIA[kind], f"{stem}{ENDINGS[kind]}", invoice_id
            )
            for kind, data in printed.items()
        },
    )
    if filed and stored.frozen.kind in SELF_BILLED:
        if "ubl" in printed:
            await work.emit(SelfBillFiled(invoice_id=invoice_id, member_id=stored.member_id))
    elif filed:
        await work.emit(
            InvoiceFiled(
                invoice_id=invoice_id, member_id=stored.member_id, client_id=stored.client_id
            )
        )


async def print_document(
    work: Work, stored: Stored, charter: Charter, original: Stored | None
) -> dict[str, bytes]:
    """The bytes of each file by its kind, and the validator's report on them.

    Equal documents give equal bytes. A document without EU VAT is a PDF only. Raises
    EInvoiceRefused when a final file breaks a rule: then none is kept.
    """
    assert stored.issued_at is not None
    attached = await _attached(work, stored)
    document = einvoice_of(stored.frozen, {one.sha256: data for one, data in attached})
    made = {}
    if document.emitted:
        made = {"ubl": ubl_bytes(document), "cii": cii_bytes(document)}
    sheet = sheet_of(stored, charter, original, work.settings)
    pool = work.system.resource("documents.pool", DocumentPool)
    data = [_facturx(made["cii"])] if document.emitted else []
    made["pdf"] = await pool.render(
        PrintOrder(
            html=render_html("invoicing/invoice_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=stored.issued_at,
            attachments=(
                *data,
                *(
                    Attachment(
                        name=one.name,
                        data=content,
                        media_type=one.media_type,
                        description=one.description or one.name,
                        relationship="Supplement",
                    )
                    for one, content in attached
                ),
            ),
            facturx_profile="EN 16931" if document.emitted else "",
        )
    )
    made["report"] = await final_report(work, stored.frozen, document, made)
    return made


def _facturx(cii: bytes) -> Attachment:
    return Attachment(
        name="factur-x.xml",
        data=cii,
        media_type="text/xml",
        description="Factur-X invoice",
        relationship="Alternative",
    )


async def _attached(work: Work, stored: Stored) -> list[tuple[Attached, bytes]]:
    """The supporting files with their bytes, as they were when the document was issued."""
    if not stored.frozen.attachments:
        return []
    rows = await work.session.execute(
        select(InvoiceAttachment.document_id)
        .where(InvoiceAttachment.invoice_id == stored.id)
        .order_by(InvoiceAttachment.position)
    )
    ids = [row.document_id for row in rows]
    contents = [await documents.read(work, document_id) for document_id in ids]
    return list(zip(stored.frozen.attachments, contents, strict=True))


async def _file(work: Work, invoice_id: InvoiceId, linked: Mapping[str, DocumentId]) -> bool:
    """Link the files once; False when another run has linked them already."""
    result = await work.session.execute(
        update(Invoice)
        .where(Invoice.id == invoice_id, Invoice.pdf_document_id.is_(None))
        .values(dict(linked))
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

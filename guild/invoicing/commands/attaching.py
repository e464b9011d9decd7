"""Files that support a draft (time sheets, proofs), and notes that no client sees."""

from typing import Final

from sqlalchemy import func as sql
from sqlalchemy import select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId, InvoiceNoteId, new_id
from guild.core.work import Work
from guild.documents import queries as documents
from guild.documents.commands import refuse_unprintable, store
from guild.invoicing import access
from guild.invoicing.commands.copying import own_document
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import InvoiceDrafted
from guild.invoicing.models import Invoice, InvoiceAttachment, InvoiceNote
from guild.invoicing.queries.reading import invoice_row

FILE_MAX: Final = 5_000_000
"""Bytes of one file; access points refuse documents of more than 100 MB, mailboxes far less."""
ALL_MAX: Final = 10_000_000
FILES_MAX: Final = 10
MAGIC: Final = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "csv": ("text/csv", b""),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", b"PK\x03\x04"),
}
"""What EN 16931 allows to be embedded (BT-125-1), by ending, with the bytes it begins with."""


def media_type_of(name: str, data: bytes) -> str:
    """The media type by ending and first bytes; raises Invalid for what may not be embedded."""
    ending = name.rpartition(".")[2].lower()
    if ending not in MAGIC:
        raise Invalid(
            "Attach PDF, PNG, JPEG, CSV, XLSX or ODS: an electronic invoice carries no other.",
            field="file",
        )
    media_type, begins = MAGIC[ending]
    if not data.startswith(begins):
        raise Invalid(f"This file is no {ending.upper()}, whatever its name says.", field="file")
    if ending == "csv":
        try:
            data.decode()
        except UnicodeDecodeError:
            raise Invalid("A CSV file is text in UTF-8.", field="file") from None
    return media_type


async def attach_file(
    work: Work, invoice_id: InvoiceId, name: str, data: bytes, description: str = ""
) -> None:
    """Attach a file to a draft; it is embedded in both e-invoices and listed on the PDF.

    Raises InvoiceNotFound, Conflict once it is issued or a file of that name is there, Invalid.
    """
    invoice = await _draft(work, invoice_id)
    name = name.rpartition("/")[2].rpartition("\\")[2].strip()
    refuse_unprintable({"name": name, "description": description})
    if not name or len(name) > 120:
        raise Invalid("A file has a name of at most 120 letters.", field="file")
    if not data or len(data) > FILE_MAX:
        raise Invalid("A file has at most 5 MB and is not empty.", field="file")
    media_type = media_type_of(name, data)
    if any(one.name == name for one in invoice.attachments):
        raise Conflict(f"A file named {name} is attached already.", field="file")
    sizes = [(await documents.about(work, one.document_id)).size for one in invoice.attachments]
    if len(sizes) >= FILES_MAX or sum(sizes) + len(data) > ALL_MAX:
        raise Invalid("An invoice carries at most ten files and 10 MB in all.", field="file")
    document_id = await store(work, data, media_type, name, invoice_id)
    highest = await work.session.scalar(
        select(sql.max(InvoiceAttachment.position)).where(
            InvoiceAttachment.invoice_id == invoice_id
        )
    )
    work.session.add(
        InvoiceAttachment(
            invoice_id=invoice_id,
            position=1 + int(highest or 0),
            document_id=document_id,
            name=name,
            media_type=media_type,
            description=" ".join(description.split())[:200],
        )
    )
    await _changed(work, invoice)


async def remove_file(work: Work, invoice_id: InvoiceId, name: str) -> None:
    """Take a file off a draft. Raises InvoiceNotFound, Conflict once it is issued."""
    invoice = await _draft(work, invoice_id)
    found = [one for one in invoice.attachments if one.name == name]
    if not found:
        raise InvoiceNotFound("The draft has no such file.", field="name")
    await work.session.delete(found[0])
    await _changed(work, invoice)


async def add_note(work: Work, invoice_id: InvoiceId, text: str) -> InvoiceNoteId:
    """Note something about a document for its member and the treasury; clients never see it.

    Raises InvoiceNotFound, Forbidden for who may only read.
    """
    invoice, _ = await invoice_row(work, invoice_id)
    work.require(access.may_credit(work.actor, invoice.member_id))
    note = InvoiceNote(
        id=InvoiceNoteId(new_id()), invoice_id=invoice_id, by_id=work.actor.member_id,
        at=work.now, text=text,
    )  # fmt: skip
    work.session.add(note)
    await work.session.flush()
    return note.id


async def _draft(work: Work, invoice_id: InvoiceId) -> Invoice:
    invoice = await own_document(work, invoice_id, lock=True)
    if invoice.state != "draft":
        raise Conflict("An issued document is never changed.", mend="Correct it by a credit note.")
    return invoice


async def _changed(work: Work, invoice: Invoice) -> None:
    invoice.row_version += 1
    await work.session.flush()
    await work.emit(InvoiceDrafted(invoice_id=invoice.id, member_id=invoice.member_id))

"""Notes on a document that no client sees."""

from sqlalchemy import select

from guild.core.ids import InvoiceId
from guild.core.work import Work
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import InvoiceNote
from guild.invoicing.queries.reading import invoice_row
from guild.invoicing.schemas.kinds import NoteOut
from guild.members.models import Member


async def notes_on(work: Work, invoice_id: InvoiceId) -> list[NoteOut]:
    """The notes, oldest first; raises InvoiceNotFound, for a client's link too."""
    await invoice_row(work, invoice_id)
    if work.actor.kind == "contact":
        raise InvoiceNotFound
    rows = await work.session.execute(
        select(InvoiceNote, Member.display_name)
        .join(Member, Member.id == InvoiceNote.by_id)
        .where(InvoiceNote.invoice_id == invoice_id)
        .order_by(InvoiceNote.id)
    )
    return [
        NoteOut(id=note.id, by=note.by_id, by_name=name, at=note.at, text=note.text)
        for note, name in rows
    ]

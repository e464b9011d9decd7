"""The documents that belong to one: credit notes, reissues, copies, pro-formas, deposits."""

from sqlalchemy import select

from guild.core.ids import InvoiceId
from guild.core.work import Work
from guild.invoicing import access
from guild.invoicing.models import DepositSettlement, Invoice, InvoiceOrigin
from guild.invoicing.queries.reading import invoice_row
from guild.invoicing.schemas.kinds import RelatedOut

OF = {"copy": "copy_of", "reissue": "reissue_of", "proforma": "from_proforma"}
AS = {"copy": "copied_to", "reissue": "reissued_as", "proforma": "invoiced_as"}


async def related_to(work: Work, invoice_id: InvoiceId) -> list[RelatedOut]:
    """What belongs to a document, as far as the actor may see it; raises InvoiceNotFound."""
    invoice, _ = await invoice_row(work, invoice_id)
    how: dict[InvoiceId, str] = {}
    if invoice.corrects_id is not None:
        how[invoice.corrects_id] = "corrects"
    notes = await work.session.scalars(select(Invoice.id).where(Invoice.corrects_id == invoice_id))
    how.update(dict.fromkeys(notes, "credit_note"))
    origins = await work.session.scalars(
        select(InvoiceOrigin).where(
            (InvoiceOrigin.invoice_id == invoice_id) | (InvoiceOrigin.from_id == invoice_id)
        )
    )
    for one in origins:
        if one.invoice_id == invoice_id:
            how[one.from_id] = OF[one.how]
        else:
            how[one.invoice_id] = AS[one.how]
    deposits = await work.session.scalars(
        select(DepositSettlement).where(
            (DepositSettlement.final_id == invoice_id)
            | (DepositSettlement.deposit_id == invoice_id)
        )
    )
    for settled in deposits:
        if settled.final_id == invoice_id:
            how[settled.deposit_id] = "settles_deposit"
        else:
            how[settled.final_id] = "settled_by"
    rows = await work.session.scalars(
        select(Invoice)
        .where(Invoice.id.in_(how), access.visible_to(work.actor))
        .order_by(Invoice.id)
    )
    return [
        RelatedOut(
            id=row.id, how=how[row.id], kind=row.kind, state=row.state, number=row.number,
            title=row.title,
        )
        for row in rows
    ]  # fmt: skip

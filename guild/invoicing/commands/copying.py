"""A new draft with what another document says."""

from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from guild.core.ids import InvoiceId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import access
from guild.invoicing.commands.deciding import reckon_draft
from guild.invoicing.commands.drafts import next_reference
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import InvoiceDrafted
from guild.invoicing.models import (
    Invoice,
    InvoiceAdjustment,
    InvoiceAttachment,
    InvoiceLine,
    InvoiceOrigin,
)
from guild.invoicing.queries.documents import frozen_invoice

KEPT = (
    "contract_id",
    "member_id",
    "client_id",
    "contact_id",
    "due_days",
    "title",
    "contract_number",
    "language",
    "buyer_reference",
    "order_reference",
    "client_references",
    "delivery",
    "payee",
    "note",
    "supply",
    "treatment",
    "reduced_milli",
    "place_country",
    "place_region",
    "buyer_vat_check",
    "buyer_vat_checked_on",
    "currency",
    "round_to",
)
"""What a copy says as its original. Days, rates of exchange and what was prepaid are its own."""
COPIED_KINDS = ("invoice", "proforma")


async def copy_invoice(work: Work, invoice_id: InvoiceId) -> InvoiceId:
    """A new draft with the lines of an invoice or pro-forma of one's own; milestones stay behind.

    Raises InvoiceNotFound.
    """
    source = await own_document(work, invoice_id)
    return await copy_document(work, source, how="copy")


async def own_document(work: Work, invoice_id: InvoiceId, *, lock: bool = False) -> Invoice:
    """An invoice or pro-forma that the actor may work on; raises InvoiceNotFound."""
    wanted = (
        select(Invoice)
        .where(Invoice.id == invoice_id, access.visible_to(work.actor))
        .options(selectinload(Invoice.attachments))
        .execution_options(populate_existing=True)
    )
    source = await work.session.scalar(wanted.with_for_update(of=Invoice) if lock else wanted)
    if (
        source is None
        or source.kind not in COPIED_KINDS
        or not access.may_work_on(work.actor, source.member_id)
    ):
        raise InvoiceNotFound
    return source


async def copy_document(
    work: Work,
    source: Invoice,
    *,
    how: Literal["copy", "reissue", "proforma"],
    credit_note_id: InvoiceId | None = None,
) -> InvoiceId:
    """The draft, its origin noted, its tax decided by today's facts.

    A reissue and what comes from a pro-forma keep the milestones of the lines.
    """
    stored = await frozen_invoice(work, source.id)
    said = stored.frozen
    charter = await charter_at(work)
    new = InvoiceId(new_id())
    same_work = how == "reissue"
    type_code = source.type_code if same_work else "380"
    work.session.add(
        Invoice(
            id=new,
            type_code=type_code,
            number_format=charter.invoicing.number_format,
            delivered_on=source.delivered_on if same_work else work.today,
            period_from=source.period_from if same_work else None,
            period_to=source.period_to if same_work else None,
            reference=await next_reference(work, said.buyer.country),
            charter_version=charter.version,
            created_at=work.now,
            **{name: getattr(source, name) for name in KEPT},
        )
    )
    await work.session.flush()
    await _copy_parts(work, source, new, said, milestones=how != "copy")
    work.session.add(
        InvoiceOrigin(
            invoice_id=new,
            from_id=source.id,
            how=how,
            credit_note_id=credit_note_id,
            made_at=work.now,
        )
    )
    draft = await reckon_draft(work, new)
    await work.emit(InvoiceDrafted(invoice_id=new, member_id=draft.member_id))
    return new


async def _copy_parts(
    work: Work, source: Invoice, new: InvoiceId, said: FrozenInvoice, *, milestones: bool
) -> None:
    lines = await work.session.execute(
        select(InvoiceLine.position, InvoiceLine.milestone_id).where(
            InvoiceLine.invoice_id == source.id
        )
    )
    of_line = {row.position: row.milestone_id for row in lines} if milestones else {}
    work.session.add_all(
        InvoiceLine(
            invoice_id=new,
            milestone_id=of_line.get(line.position),
            **msgspec.structs.asdict(line),
        )
        for line in said.lines
    )
    await work.session.flush()
    work.session.add_all(
        InvoiceAdjustment(invoice_id=new, **msgspec.structs.asdict(one)) for one in said.adjustments
    )
    work.session.add_all(
        InvoiceAttachment(
            invoice_id=new,
            position=one.position,
            document_id=one.document_id,
            name=one.name,
            media_type=one.media_type,
            description=one.description,
        )
        for one in source.attachments
    )

"""Deciding a draft's tax by the facts of the day, and keeping its rows as they were reckoned."""

import msgspec
from sqlalchemy import bindparam, delete, insert, update

from guild.core.ids import InvoiceId
from guild.core.work import Work
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.einvoice.reckon import reckoned
from guild.invoicing.models import Invoice, InvoiceAdjustment, InvoiceLine, InvoiceVat
from guild.invoicing.queries.documents import Stored, document_data

SUMS = (
    "lines_minor",
    "allowances_minor",
    "charges_minor",
    "net_minor",
    "vat_minor",
    "total_minor",
    "rounding_minor",
    "payable_minor",
    "vat_accounting_minor",
)
"""The columns of a document that follow from its parts."""


async def with_todays_tax(work: Work, draft: Stored) -> Stored:
    """The draft decided and reckoned anew; its rows are rewritten only if they differ.

    Raises what the tax engine refuses.
    """
    changed = reckoned(draft.frozen, draft.facts)
    if changed == draft.frozen:
        return draft
    await _rewrite(work, draft.id, draft.frozen, changed)
    return msgspec.structs.replace(draft, frozen=changed)


async def reckon_draft(work: Work, invoice_id: InvoiceId) -> Stored:
    """Reckon a draft whose rows were just written by this Work."""
    await work.session.flush()
    (draft,) = await document_data(work, [invoice_id])
    draft = await with_todays_tax(work, draft)
    work.session.expire_all()
    return draft


async def _rewrite(
    work: Work, invoice_id: InvoiceId, before: FrozenInvoice, after: FrozenInvoice
) -> None:
    session = work.session
    if after.vat != before.vat:
        await session.execute(delete(InvoiceVat).where(InvoiceVat.invoice_id == invoice_id))
        await session.execute(
            insert(InvoiceVat),
            [{"invoice_id": invoice_id, **msgspec.structs.asdict(row)} for row in after.vat],
        )
    lines = [line for line, was in zip(after.lines, before.lines, strict=True) if line != was]
    if lines:
        await (await session.connection()).execute(
            update(InvoiceLine)
            .where(
                InvoiceLine.invoice_id == bindparam("of"), InvoiceLine.position == bindparam("at")
            )
            .values(
                category=bindparam("new_category"),
                rate_milli=bindparam("new_rate"),
                net_minor=bindparam("new_net"),
            ),
            [
                {
                    "of": invoice_id,
                    "at": line.position,
                    "new_category": line.category,
                    "new_rate": line.rate_milli,
                    "new_net": line.net_minor,
                }
                for line in lines
            ],
        )
    if after.adjustments != before.adjustments:
        await session.execute(
            delete(InvoiceAdjustment).where(InvoiceAdjustment.invoice_id == invoice_id)
        )
        await session.execute(
            insert(InvoiceAdjustment),
            [
                {"invoice_id": invoice_id, **msgspec.structs.asdict(one)}
                for one in after.adjustments
            ],
        )
    await session.execute(
        update(Invoice)
        .where(Invoice.id == invoice_id)
        .values({name: getattr(after, name) for name in SUMS})
        .execution_options(synchronize_session=False)
    )

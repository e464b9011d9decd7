"""Pro-formas: what an invoice would say. No number of a series, nothing in the books."""

from typing import Final

import msgspec
from sqlalchemy import select

from guild.contracts import commands as contracts
from guild.contracts.models import Contract, Milestone
from guild.core.errors import Conflict
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable, store
from guild.governance.queries import charter_at
from guild.invoicing.commands.copying import copy_document, own_document
from guild.invoicing.commands.deciding import reckon_draft
from guild.invoicing.commands.drafts import PIECE
from guild.invoicing.commands.filing import print_document
from guild.invoicing.commands.making import begin_draft, own_contract
from guild.invoicing.commands.terms import apply_terms
from guild.invoicing.errors import InvoiceNotFound, NothingToInvoice
from guild.invoicing.events import InvoiceDrafted
from guild.invoicing.models import Invoice, InvoiceLine, InvoiceOrigin
from guild.invoicing.queries.documents import frozen_invoice
from guild.invoicing.rules.references import print_reference
from guild.invoicing.schemas.kinds import ProformaIn

NOT_INVOICED: Final = ("planned", "delivered", "accepted")


async def draft_proforma(work: Work, data: ProformaIn) -> InvoiceId:
    """A pro-forma of free lines, or of the contract's milestones that have no invoice yet.

    Raises InvoiceNotFound for a contract that is not the actor's, NothingToInvoice.
    """
    refuse_unprintable(msgspec.to_builtins(data))
    contract = await own_contract(work, data.contract_id)
    invoice = await begin_draft(
        work, contract, kind="proforma", type_code="325",
        buyer_reference=data.buyer_reference, order_reference=data.order_reference,
    )  # fmt: skip
    invoice_id = invoice.id
    if data.lines is msgspec.UNSET or not data.lines:
        await _milestones(work, contract, invoice_id)
    await apply_terms(work, invoice, data)
    draft = await reckon_draft(work, invoice_id)
    await work.emit(InvoiceDrafted(invoice_id=invoice_id, member_id=draft.member_id))
    return invoice_id


async def _milestones(work: Work, contract: Contract, invoice_id: InvoiceId) -> None:
    rows = await work.session.scalars(
        select(Milestone)
        .where(Milestone.contract_id == contract.id, Milestone.state.in_(NOT_INVOICED))
        .order_by(Milestone.position)
    )
    waiting = rows.all()
    if not waiting:
        raise NothingToInvoice(
            "Every milestone of this contract has its invoice.",
            mend="Write the lines of the pro-forma yourself.",
        )
    work.session.add_all(
        InvoiceLine(
            invoice_id=invoice_id,
            position=position,
            milestone_id=one.id,
            text=one.title,
            detail=" ".join(one.description.split())[:500],
            quantity=1,
            unit=PIECE,
            price=Money(one.net_minor, contract.currency).decimal,
            category="S",
            rate_milli=0,
            net_minor=0,
        )
        for position, one in enumerate(waiting, 1)
    )


async def draft_from_proforma(work: Work, proforma_id: InvoiceId) -> InvoiceId:
    """The invoice that a pro-forma announced, as a draft; once.

    Its milestones must be accepted by now, and are bound to it. Raises InvoiceNotFound, Conflict
    when it has been done, NothingToInvoice.
    """
    source = await own_document(work, proforma_id, lock=True)
    if source.kind != "proforma":
        raise InvoiceNotFound
    done = await work.session.scalar(
        select(InvoiceOrigin.invoice_id).where(
            InvoiceOrigin.from_id == proforma_id, InvoiceOrigin.how == "proforma"
        )
    )
    if done is not None:
        raise Conflict("There is an invoice of this pro-forma already.", invoice_id=str(done))
    milestones = await work.session.scalars(
        select(InvoiceLine.milestone_id).where(
            InvoiceLine.invoice_id == proforma_id, InvoiceLine.milestone_id.is_not(None)
        )
    )
    wanted = [one for one in milestones if one is not None]
    if wanted:
        await contracts.mark_milestones_invoiced(work, source.contract_id, wanted)
    return await copy_document(work, source, how="proforma")


async def print_proforma(work: Work, proforma_id: InvoiceId) -> None:
    """Make the PDF of a pro-forma as it stands now. The job of each change of it."""
    stored = await frozen_invoice(work, proforma_id)
    if stored.frozen.kind != "proforma":
        return
    number = f"PF {print_reference(stored.frozen.reference)}"
    said = msgspec.structs.replace(stored.frozen, number=number)
    sheet = msgspec.structs.replace(stored, frozen=said, issued_at=work.now)
    files = await print_document(work, sheet, await charter_at(work), None)
    document_id = await store(
        work, files["pdf"], "application/pdf", f"pro-forma-{stored.frozen.reference}.pdf",
        proforma_id,
    )  # fmt: skip
    row = await work.session.get_one(Invoice, proforma_id, with_for_update=True)
    row.pdf_document_id = document_id

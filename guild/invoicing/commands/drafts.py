"""Drafts: from accepted milestones to a document that can be issued."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec
from msgspec import UNSET
from sqlalchemy import select

from guild.contracts import commands as contracts
from guild.contracts.models import Contract, ContractCharge, Milestone
from guild.core.errors import StaleVersion
from guild.core.ids import ContractId, InvoiceId, MilestoneId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.governance.queries import charter_at
from guild.invoicing import access
from guild.invoicing.commands.deciding import reckon_draft
from guild.invoicing.commands.sharing import follow_draft
from guild.invoicing.commands.terms import apply_terms
from guild.invoicing.errors import ContractNotSigned, InvoiceNotFound, NothingToInvoice
from guild.invoicing.events import InvoiceDrafted
from guild.invoicing.models import (
    INVOICE_LIFECYCLE,
    REFERENCE_SERIAL,
    Invoice,
    InvoiceLine,
)
from guild.invoicing.queries.drafting import RUNNING
from guild.invoicing.rules.references import reference_for
from guild.invoicing.rules.vat import (
    Supply,
    Treatment,
)
from guild.invoicing.schemas import DraftChange
from guild.invoicing.schemas.drafts import DraftTerms
from guild.members.models import Organisation

PIECE = "C62"
"""UN/ECE Recommendation 20: one. A milestone is one piece at its agreed price."""


async def draft_invoice_from_milestones(
    work: Work,
    contract_id: ContractId,
    milestone_ids: Sequence[MilestoneId] = (),
    *,
    buyer_reference: str = "",
    order_reference: str = "",
    supply: Supply = "services",
    treatment: Treatment = "general",
    terms: DraftTerms | None = None,
) -> InvoiceId:
    """Draft an invoice of accepted milestones, free lines or both.

    Without a list and without free lines it takes all milestones that wait.

    The milestones are bound to it at once, so none is invoiced twice. Without a reference of the
    client's own the contract's number is given, except to public bodies, which must name theirs.
    Raises InvoiceNotFound for a contract that is not the actor's, ContractNotSigned,
    NothingToInvoice, and what the tax engine refuses.
    """
    refuse_unprintable({"buyer_reference": buyer_reference, "order_reference": order_reference})
    terms = terms or DraftTerms()
    refuse_unprintable(msgspec.to_builtins(terms))
    contract, client = await _parties(work, contract_id)
    if contract.state not in RUNNING:
        raise ContractNotSigned(
            "The client has not signed this contract, so there is nothing to invoice.",
            mend="Send the contract and wait for the client's signature.",
        )
    wanted = list(milestone_ids)
    if not wanted and not terms.lines:
        wanted = await _accepted(work, contract_id)
    if not wanted and not terms.lines and not await _charged(work, contract_id):
        raise NothingToInvoice(
            "No milestone of this contract is accepted and not yet invoiced.",
            mend="Deliver the work; it is accepted by the client, or by silence in time.",
        )
    milestones = (
        await contracts.mark_milestones_invoiced(work, contract_id, wanted) if wanted else []
    )
    listed = bool(milestone_ids or terms.lines)
    charges = [] if listed else await contracts.mark_charges_invoiced(work, contract_id)
    charter = await charter_at(work)
    invoice = Invoice(
        id=InvoiceId(new_id()),
        contract_id=contract.id,
        member_id=contract.member_id,
        client_id=contract.client_id,
        contact_id=contract.contact_id,
        number_format=charter.invoicing.number_format,
        due_days=contract.payment_term_days or charter.invoicing.default_due_days,
        delivered_on=_delivered_on(milestones, charges, work.today),
        title=contract.title,
        contract_number=contract.number,
        language=client.language,
        buyer_reference=buyer_reference or _known_reference(contract, client, order_reference),
        order_reference=order_reference,
        supply=supply,
        treatment=treatment,
        reference=await next_reference(work, client.country),
        currency=contract.currency,
        charter_version=charter.version,
        created_at=work.now,
        lines=_lines(milestones, charges, contract),
    )
    work.session.add(invoice)
    invoice_id = invoice.id
    await apply_terms(work, invoice, terms)
    draft = await reckon_draft(work, invoice_id)
    await work.emit(InvoiceDrafted(invoice_id=invoice_id, member_id=draft.member_id))
    return invoice_id


async def edit_draft(work: Work, invoice_id: InvoiceId, change: DraftChange) -> InvoiceId:
    """Change a draft's references, its day of delivery or the kind of supply; tax follows.

    Raises InvoiceNotFound, StaleVersion when somebody changed it meanwhile, IllegalMove (409) once
    it is issued.
    """
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, access.visible_to(work.actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invoice is None or not access.may_work_on(work.actor, invoice.member_id):
        raise InvoiceNotFound
    if invoice.state != "draft":
        INVOICE_LIFECYCLE.move(invoice, "issue")  # refuses, naming the steps that are left
    if invoice.row_version != change.row_version:
        raise StaleVersion(mend="Load the draft again and look at what has changed.")
    refuse_unprintable(msgspec.to_builtins(change))
    for name in ("buyer_reference", "order_reference"):
        value = getattr(change, name)
        if value is not UNSET:
            setattr(invoice, name, value)
    invoice.row_version += 1
    shared = invoice.shared
    await apply_terms(work, invoice, change)
    draft = await reckon_draft(work, invoice_id)
    if shared:
        await follow_draft(work, invoice_id)
    await work.emit(InvoiceDrafted(invoice_id=invoice_id, member_id=draft.member_id))
    return invoice_id


async def next_reference(work: Work, buyer_country: str) -> str:
    """A fresh structured payment reference, in the form that the payer's bank understands."""
    serial = await work.session.scalar(select(REFERENCE_SERIAL.next_value()))
    assert serial is not None
    return reference_for(
        serial, seller_country=work.settings.coop.country, buyer_country=buyer_country
    )


async def _parties(work: Work, contract_id: ContractId) -> tuple[Contract, Organisation]:
    found = (
        await work.session.execute(
            select(Contract, Organisation)
            .join(Organisation, Organisation.id == Contract.client_id)
            .where(Contract.id == contract_id)
        )
    ).one_or_none()
    if found is None or not access.may_work_on(work.actor, found[0].member_id):
        raise InvoiceNotFound("You have no such contract.", field="contract_id")
    return found[0], found[1]


async def _accepted(work: Work, contract_id: ContractId) -> list[MilestoneId]:
    return list(
        await work.session.scalars(
            select(Milestone.id)
            .where(Milestone.contract_id == contract_id, Milestone.state == "accepted")
            .order_by(Milestone.position)
        )
    )


async def _charged(work: Work, contract_id: ContractId) -> bool:
    """Whether approved time, costs or a kill fee wait to be invoiced."""
    found = await work.session.scalar(
        select(ContractCharge.id)
        .where(ContractCharge.contract_id == contract_id, ContractCharge.invoiced_at.is_(None))
        .limit(1)
    )
    return found is not None


def _known_reference(contract: Contract, client: Organisation, order_reference: str) -> str:
    if order_reference or client.kind == "public_body":
        return ""
    return contract.number


def _delivered_on(
    milestones: Sequence[Milestone], charges: Sequence[ContractCharge], today: date
) -> date:
    days = [row.delivered_at.date() for row in milestones if row.delivered_at is not None]
    days += [row.worked_until for row in charges]
    return min(max(days, default=today), today)


def _lines(
    milestones: Sequence[Milestone], charges: Sequence[ContractCharge], contract: Contract
) -> list[InvoiceLine]:
    """Milestones first, then what is owed beside them."""
    return [
        *(_line(position, row, contract) for position, row in enumerate(milestones, 1)),
        *(
            _charge_line(position, row, contract)
            for position, row in enumerate(charges, len(milestones) + 1)
        ),
    ]


def _line(position: int, milestone: Milestone, contract: Contract) -> InvoiceLine:
    return InvoiceLine(
        position=position,
        milestone_id=milestone.id,
        text=milestone.title,
        detail=" ".join(milestone.description.split())[:500],
        quantity=Decimal(1),
        unit=PIECE,
        price=Money(milestone.payable_minor, contract.currency).decimal,
        category="S",
        rate_milli=0,
        net_minor=0,
    )


def _charge_line(position: int, charge: ContractCharge, contract: Contract) -> InvoiceLine:
    """Approved time at its rate, a cost, or a kill fee."""
    return InvoiceLine(
        position=position,
        milestone_id=None,
        text=charge.text,
        detail="",
        quantity=Decimal(charge.quantity_hundredths).scaleb(-2),
        unit=charge.unit,
        price=Money(charge.price_minor, contract.currency).decimal,
        category="S",
        rate_milli=0,
        net_minor=0,
    )

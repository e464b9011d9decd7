"""Drafts: from accepted milestones to a document that can be issued."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import cast

import msgspec
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from guild.contracts import commands as contracts
from guild.contracts.models import Contract, Milestone
from guild.core.errors import Invalid, StaleVersion
from guild.core.ids import ContractId, InvoiceId, MilestoneId, new_id
from guild.core.money import Money, minor_digits
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.governance.queries import charter_at
from guild.invoicing import access
from guild.invoicing.errors import ContractNotSigned, InvoiceNotFound, NothingToInvoice
from guild.invoicing.models import (
    INVOICE_LIFECYCLE,
    REFERENCE_SERIAL,
    Invoice,
    InvoiceLine,
    InvoiceVat,
)
from guild.invoicing.rules.references import reference_for
from guild.invoicing.rules.totals import TotalsLine, totals_of
from guild.invoicing.rules.vat import (
    BuyerKind,
    Supply,
    Treatment,
    VatDecision,
    VatFacts,
    decide_vat,
)
from guild.invoicing.schemas import DraftChange
from guild.members.models import Member, Organisation

PIECE = "C62"
"""UN/ECE Recommendation 20: one. A milestone is one piece at its agreed price."""

RUNNING = frozenset({"signed", "completed", "terminated"})
"""States of a contract that the client has accepted; what was accepted under it is owed."""


async def draft_invoice_from_milestones(
    work: Work,
    contract_id: ContractId,
    milestone_ids: Sequence[MilestoneId] = (),
    *,
    buyer_reference: str = "",
    order_reference: str = "",
    supply: Supply = "services",
    treatment: Treatment = "general",
) -> InvoiceId:
    """Draft an invoice of accepted milestones; without a list, of all that wait.

    The milestones are bound to it at once, so none is invoiced twice. Without a reference of the
    client's own the contract's number is given, except to public bodies, which must name theirs.
    Raises InvoiceNotFound for a contract that is not the actor's, ContractNotSigned,
    NothingToInvoice, and what the tax engine refuses.
    """
    refuse_unprintable({"buyer_reference": buyer_reference, "order_reference": order_reference})
    contract, client, member = await _parties(work, contract_id)
    if contract.state not in RUNNING:
        raise ContractNotSigned(
            "The client has not signed this contract, so there is nothing to invoice.",
            mend="Send the contract and wait for the client's signature.",
        )
    wanted = list(milestone_ids) or await _accepted(work, contract_id)
    if not wanted:
        raise NothingToInvoice(
            "No milestone of this contract is accepted and not yet invoiced.",
            mend="Deliver the work; it is accepted by the client, or by silence in time.",
        )
    milestones = await contracts.mark_milestones_invoiced(work, contract_id, wanted)
    charter = await charter_at(work)
    invoice = Invoice(
        id=InvoiceId(new_id()),
        contract_id=contract.id,
        member_id=contract.member_id,
        client_id=contract.client_id,
        contact_id=contract.contact_id,
        number_format=charter.invoicing.number_format,
        due_days=contract.payment_term_days or charter.invoicing.default_due_days,
        delivered_on=_delivered_on(milestones, work.today),
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
        lines=[_line(position, row, contract) for position, row in enumerate(milestones, 1)],
        vat=[],
    )
    work.session.add(invoice)
    reckon(invoice, vat_of(work, invoice, client, member))
    await work.session.flush()
    return invoice.id


async def edit_draft(work: Work, invoice_id: InvoiceId, change: DraftChange) -> InvoiceId:
    """Change a draft's references, its day of delivery or the kind of supply; tax follows.

    Raises InvoiceNotFound, StaleVersion when somebody changed it meanwhile, IllegalMove (409) once
    it is issued.
    """
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, access.visible_to(work.actor))
        .options(selectinload(Invoice.lines), selectinload(Invoice.vat))
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
    for name in ("buyer_reference", "order_reference", "supply", "treatment", "delivered_on"):
        value = getattr(change, name)
        if value is not UNSET:
            setattr(invoice, name, value)
    if invoice.delivered_on > work.today:
        raise Invalid("The work cannot be delivered in the future.", field="delivered_on")
    invoice.row_version += 1
    client = await work.session.get_one(Organisation, invoice.client_id)
    member = await work.session.get_one(Member, invoice.member_id)
    reckon(invoice, vat_of(work, invoice, client, member))
    await work.session.flush()
    return invoice.id


async def next_reference(work: Work, buyer_country: str) -> str:
    """A fresh structured payment reference, in the form that the payer's bank understands."""
    serial = await work.session.scalar(select(REFERENCE_SERIAL.next_value()))
    assert serial is not None
    return reference_for(
        serial, seller_country=work.settings.coop.country, buyer_country=buyer_country
    )


def vat_of(work: Work, invoice: Invoice, client: Organisation, member: Member) -> VatDecision:
    """The tax engine's decision on a draft, by the client and member as they stand now."""
    return decide_vat(
        VatFacts(
            on=invoice.delivered_on,
            seller_country=work.settings.coop.country,
            seller_exempt=member.vat_exempt,
            buyer_kind=cast("BuyerKind", client.kind),
            buyer_country=client.country,
            buyer_vat_number=client.vat_number or "",
            supply=cast("Supply", invoice.supply),
            treatment=cast("Treatment", invoice.treatment),
        )
    )


def reason_of(decision: VatDecision, language: str) -> str:
    """The statutory mention with its article; empty at the standard rate."""
    mention = decision.mention(language)
    return f"{mention} ({decision.article})" if mention else ""


def reckon(invoice: Invoice, decision: VatDecision) -> None:
    """Put the decision on each line and add the document up; its lines must be loaded."""
    for line in invoice.lines:
        line.category = decision.category
        line.rate_bps = decision.rate_bps
    totals = totals_of(
        [
            TotalsLine(
                quantity=line.quantity,
                price=line.price,
                category=line.category,
                rate_bps=line.rate_bps,
            )
            for line in invoice.lines
        ],
        minor_digits(invoice.currency),
    )
    for line, net in zip(invoice.lines, totals.lines, strict=True):
        line.net_minor = net
    kept = {(row.category, row.rate_bps): row for row in invoice.vat}
    rows = []
    for found in totals.vat:
        row = kept.get((found.category, found.rate_bps)) or InvoiceVat(
            category=found.category, rate_bps=found.rate_bps
        )
        row.taxable_minor = found.taxable_minor
        row.vat_minor = found.vat_minor
        row.reason_code = decision.reason_code
        row.reason = reason_of(decision, invoice.language)
        rows.append(row)
    invoice.vat[:] = rows
    invoice.net_minor = totals.net_minor
    invoice.vat_minor = totals.vat_minor
    invoice.total_minor = totals.total_minor
    invoice.pending_net_minor = 0


async def _parties(work: Work, contract_id: ContractId) -> tuple[Contract, Organisation, Member]:
    found = (
        await work.session.execute(
            select(Contract, Organisation, Member)
            .join(Organisation, Organisation.id == Contract.client_id)
            .join(Member, Member.id == Contract.member_id)
            .where(Contract.id == contract_id)
        )
    ).one_or_none()
    if found is None or not access.may_work_on(work.actor, found[0].member_id):
        raise InvoiceNotFound("You have no such contract.", field="contract_id")
    return found[0], found[1], found[2]


async def _accepted(work: Work, contract_id: ContractId) -> list[MilestoneId]:
    return list(
        await work.session.scalars(
            select(Milestone.id)
            .where(Milestone.contract_id == contract_id, Milestone.state == "accepted")
            .order_by(Milestone.position)
        )
    )


def _known_reference(contract: Contract, client: Organisation, order_reference: str) -> str:
    if order_reference or client.kind == "public_body":
        return ""
    return contract.number


def _delivered_on(milestones: Sequence[Milestone], today: date) -> date:
    days = [row.delivered_at.date() for row in milestones if row.delivered_at is not None]
    return min(max(days, default=today), today)


def _line(position: int, milestone: Milestone, contract: Contract) -> InvoiceLine:
    return InvoiceLine(
        position=position,
        milestone_id=milestone.id,
        text=milestone.title,
        detail=" ".join(milestone.description.split())[:500],
        quantity=Decimal(1),
        unit=PIECE,
        price=Money(milestone.net_minor, contract.currency).decimal,
        category="S",
        rate_bps=0,
    )

"""What the forms of drafts need: contracts, deposits to settle, lines that a form can hold."""

import msgspec
from sqlalchemy import exists, or_, select

from guild.contracts.models import Contract
from guild.core.ids import ContractId, InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import (
    DepositSettlement,
    Invoice,
    InvoiceAdjustment,
    InvoiceLine,
    ProformaSending,
)
from guild.invoicing.queries.reading import invoice_row
from guild.invoicing.schemas.drafts import LineIn
from guild.invoicing.schemas.kinds import SendingOut
from guild.members.models import Organisation

RUNNING = frozenset({"signed", "completed", "terminated"})
"""States of a contract that the client has accepted; what was accepted under it is owed."""
SHOWN = 200


class ContractChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A contract of the member's, to choose from."""

    id: ContractId
    words: str


class DepositChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit that a final draft may settle; `bound` when it does."""

    id: InvoiceId
    number: str
    total: Money
    paid: Money
    bound: bool


async def contracts_to_invoice(work: Work) -> list[ContractChoice]:
    """The acting member's contracts that a client has signed, newest first."""
    rows = await work.session.execute(
        select(Contract.id, Contract.number, Contract.title, Organisation.name)
        .join(Organisation, Organisation.id == Contract.client_id)
        .where(Contract.member_id == work.actor.member_id, Contract.state.in_(RUNNING))
        .order_by(Contract.id.desc())
        .limit(SHOWN)
    )
    return [
        ContractChoice(id=id_, words=f"{number} {title}, {client}")
        for id_, number, title, client in rows
    ]


async def deposits_for(work: Work, invoice_id: InvoiceId) -> list[DepositChoice]:
    """Issued deposits of the same contract that nobody settles, and those this draft settles."""
    invoice, _ = await invoice_row(work, invoice_id)
    if invoice.kind != "invoice" or invoice.state != "draft" or invoice.type_code != "380":
        return []
    bound = exists().where(
        DepositSettlement.deposit_id == Invoice.id, DepositSettlement.final_id == invoice_id
    )
    settled = exists().where(DepositSettlement.deposit_id == Invoice.id)
    rows = await work.session.execute(
        select(Invoice, bound)
        .where(
            Invoice.contract_id == invoice.contract_id,
            Invoice.type_code == "386",
            Invoice.state.in_(("issued", "partly_paid", "paid")),
            Invoice.credited_minor == 0,
            or_(bound, ~settled),
        )
        .order_by(Invoice.id)
    )
    return [
        DepositChoice(
            id=row.id,
            number=row.number or "",
            total=Money(row.total_minor, row.currency),
            paid=Money(row.paid_minor, row.currency),
            bound=is_bound,
        )
        for row, is_bound in rows
    ]


async def free_lines(work: Work, invoice_id: InvoiceId) -> list[LineIn] | None:
    """The free lines of a draft; None when a form of plain lines would lose something of them.

    Such are lines with allowances, a treatment of their own or a base quantity.
    """
    rows = await work.session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice_id, InvoiceLine.milestone_id.is_(None))
        .order_by(InvoiceLine.position)
    )
    lines = rows.all()
    adjusted = await work.session.scalar(
        select(InvoiceAdjustment.position)
        .where(
            InvoiceAdjustment.invoice_id == invoice_id,
            InvoiceAdjustment.line_position.is_not(None),
        )
        .limit(1)
    )
    if adjusted is not None or any(one.treatment or one.base_quantity != 1 for one in lines):
        return None
    return [
        LineIn(
            text=one.text,
            detail=one.detail,
            quantity=f"{one.quantity.normalize():f}",
            unit=one.unit,
            unit_price=f"{one.price.normalize():f}",
        )
        for one in lines
    ]


async def sendings_of(work: Work, invoice_id: InvoiceId) -> list[SendingOut]:
    """When a pro-forma was mailed and to whom, the latest first; raises InvoiceNotFound."""
    invoice, _ = await invoice_row(work, invoice_id)
    if invoice.kind != "proforma" or work.actor.kind == "contact":
        raise InvoiceNotFound
    rows = await work.session.scalars(
        select(ProformaSending)
        .where(ProformaSending.invoice_id == invoice_id)
        .order_by(ProformaSending.mail_id.desc())
    )
    return [SendingOut(sent_at=row.sent_at, sent_to=row.sent_to) for row in rows]

"""Suppliers' invoices as people read them."""

from typing import Any, Final, cast

import msgspec
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from guild.contracts.models import Contract
from guild.core.ids import DocumentId, SupplierInvoiceId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.exchange import access
from guild.exchange.errors import SupplierInvoiceNotFound
from guild.exchange.models import InboxMessage, Supplier, SupplierInvoice
from guild.exchange.queries.projects import suggestions
from guild.exchange.rules.next_steps import cost_step
from guild.exchange.rules.received import ReceivedInvoice, ReceivedLine
from guild.exchange.schemas import (
    CostLineOut,
    CostOut,
    CostRow,
    CostVatOut,
    FindingOut,
    SupplierOut,
    UnreadOut,
)
from guild.members.models import Member

_Of = aliased(Member)
UNREAD_SHOWN: Final = 50
UNDECIDED: Final = frozenset({"received", "disputed"})


def _wanted(work: Work) -> Select[*tuple[Any, ...]]:
    return (
        select(SupplierInvoice, Supplier, _Of.display_name, Contract.number, Contract.title)
        .join(Supplier, Supplier.id == SupplierInvoice.supplier_id)
        .outerjoin(_Of, _Of.id == SupplierInvoice.member_id)
        .outerjoin(Contract, Contract.id == SupplierInvoice.contract_id)
        .where(access.visible_to(work.actor))
    )


async def costs(
    work: Work, *, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[CostRow]:
    """Suppliers' invoices that the actor may see, the latest first; `state` narrows them."""
    wanted = _wanted(work).order_by(SupplierInvoice.id.desc()).limit(limit + 1)
    if state is not None:
        wanted = wanted.where(SupplierInvoice.state == state)
    if cursor is not None:
        (after,) = decode_cursor(cursor, tuple[SupplierInvoiceId])
        wanted = wanted.where(SupplierInvoice.id < after)
    rows = (await work.session.execute(wanted)).all()
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(
        items=[_row(row) for row in shown],
        next_cursor=encode_cursor(shown[-1][0].id) if more else None,
    )


async def cost(work: Work, invoice_id: SupplierInvoiceId) -> CostOut:
    """One supplier's invoice; raises SupplierInvoiceNotFound."""
    found = (
        await work.session.execute(_wanted(work).where(SupplierInvoice.id == invoice_id))
    ).one_or_none()
    if found is None:
        raise SupplierInvoiceNotFound
    row: SupplierInvoice = found[0]
    offered = await suggestions(work, row) if row.state in UNDECIDED else []
    return msgspec.convert(
        {
            **_facts(row),
            **_content(row),
            "supplier": _supplier(found[1]),
            "member_name": found[2] or "",
            "project": _project(found),
            "suggestions": offered,
            "next_step": step_of(row),
        },
        CostOut,
        from_attributes=True,
    )


async def cost_file(work: Work, invoice_id: SupplierInvoiceId) -> DocumentId:
    """The file as the supplier sent it; raises SupplierInvoiceNotFound."""
    document_id: DocumentId | None = await work.session.scalar(
        select(SupplierInvoice.document_id).where(
            SupplierInvoice.id == invoice_id, access.visible_to(work.actor)
        )
    )
    if document_id is None:
        raise SupplierInvoiceNotFound
    return document_id


async def unread(work: Work) -> list[UnreadOut]:
    """Messages of the inbox that could not be read, for the treasury; empty for others."""
    if not (work.actor.kind == "member" and work.actor.roles & access.OFFICES):
        return []
    rows = await work.session.scalars(
        select(InboxMessage)
        .where(InboxMessage.problem != "")
        .order_by(InboxMessage.received_at.desc(), InboxMessage.message_id)
        .limit(UNREAD_SHOWN)
    )
    return [
        UnreadOut(
            message_id=row.message_id,
            sender=row.sender,
            problem=row.problem,
            received_at=row.received_at,
            next_step="Ask the sender for the invoice again, as UBL, CII or Factur-X.",
        )
        for row in rows
    ]


def step_of(row: SupplierInvoice) -> str:
    """What a person does next."""
    return cost_step(
        row.state,
        broken=row.verdict == "broken",
        duplicate=row.duplicate_of is not None,
        matched=row.member_id is not None,
        wrong_buyer=row.wrong_buyer,
    )


def findings_out(row: SupplierInvoice) -> list[FindingOut]:
    """What is wrong with it, errors first."""
    return msgspec.convert(row.findings, list[FindingOut])


def _row(found: Row[*tuple[Any, ...]]) -> CostRow:
    row: SupplierInvoice = found[0]
    return CostRow(
        id=row.id,
        state=cast("Any", row.state),
        kind=cast("Any", row.kind),
        supplier=found[1].name,
        number=row.number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        total=Money(row.total_minor, row.currency).text,
        payable=Money(row.payable_minor, row.currency).text,
        currency=row.currency,
        verdict=cast("Any", row.verdict),
        project=_project(found),
        member_name=found[2] or "",
        next_step=step_of(row),
        received_at=row.received_at,
    )


def _project(found: Row[*tuple[Any, ...]]) -> str:
    return f"{found[4]} ({found[3]})" if found[3] else ""


def _supplier(row: Supplier) -> SupplierOut:
    return SupplierOut(
        id=row.id, name=row.name, country=row.country, vat_number=row.vat_number,
        legal_id=row.legal_id,
    )  # fmt: skip


def _facts(row: SupplierInvoice) -> dict[str, Any]:
    names = (
        "id", "state", "kind", "source", "syntax", "number", "issued_on", "due_on", "currency",
        "iban_last4", "verdict", "judged_by", "duplicate_of", "wrong_buyer", "contract_id",
        "member_id", "reason", "document_id", "received_at", "paid_on",
    )  # fmt: skip
    amounts = {
        "net": row.net_minor, "vat_total": row.vat_minor, "total": row.total_minor,
        "prepaid": row.prepaid_minor, "rounding": row.rounding_minor, "payable": row.payable_minor,
    }  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        **{name: Money(minor, row.currency).text for name, minor in amounts.items()},
        "sha256": row.sha256.hex(),
        "findings": findings_out(row),
    }


def _content(row: SupplierInvoice) -> dict[str, Any]:
    said = msgspec.convert(row.content, ReceivedInvoice, strict=False)
    return {
        "buyer": said.buyer.name,
        "lines": [_line(line) for line in said.lines],
        "vat": [
            CostVatOut(
                category=one.category,
                rate="" if one.rate is None else f"{one.rate:f}",
                taxable=f"{one.taxable:f}",
                vat=f"{one.vat:f}",
                reason=one.reason,
            )
            for one in said.vat
        ],
        "allowances": f"{said.allowance_total:f}",
        "charges": f"{said.charge_total:f}",
        "note": said.note,
        "buyer_reference": said.buyer_reference,
        "order_reference": said.order_reference,
        "contract_reference": said.contract_reference,
        "payment_reference": said.payment_reference,
        "attachments": [name for name in said.attachments if name],
    }


def _line(line: ReceivedLine) -> CostLineOut:
    return CostLineOut(
        id=line.id,
        name=line.name,
        description=line.description,
        quantity=f"{line.quantity:f}",
        unit=line.unit,
        price=f"{line.price:f}",
        net=f"{line.net:f}",
        vat_rate="" if line.rate is None else f"{line.rate:f}",
    )

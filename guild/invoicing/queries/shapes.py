"""A document as the wire shows it, from its row and what it says."""

from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from guild.core.ids import MilestoneId
from guild.core.money import Money
from guild.invoicing.einvoice.build import FrozenAdjustment, FrozenInvoice, FrozenLine, FrozenVat
from guild.invoicing.models import Invoice
from guild.invoicing.rules.canonical import plain
from guild.invoicing.rules.references import print_reference
from guild.invoicing.rules.totals import percent_of
from guild.invoicing.schemas import (
    AdjustmentOut,
    AttachmentOut,
    ExchangeOut,
    InvoiceOut,
    InvoiceState,
    LineOut,
    PeriodOut,
    VatOut,
)


def invoice_out(
    invoice: Invoice,
    client_name: str,
    said: FrozenInvoice,
    milestones: Mapping[int, MilestoneId | None],
) -> InvoiceOut:
    """The whole document; `milestones` are those of its lines by position."""
    stored: dict[Literal["pdf", "ubl", "cii", "report"], object] = {
        "pdf": invoice.pdf_document_id,
        "ubl": invoice.ubl_document_id,
        "cii": invoice.cii_document_id,
        "report": invoice.report_document_id,
    }
    return InvoiceOut(
        id=invoice.id,
        kind=said.kind,
        state=cast("InvoiceState", invoice.state),
        number=invoice.number,
        title=invoice.title,
        contract_id=invoice.contract_id,
        contract_number=invoice.contract_number,
        member_id=invoice.member_id,
        shared=invoice.shared,
        client_id=invoice.client_id,
        client_name=client_name,
        corrects_id=invoice.corrects_id,
        reason=invoice.reason,
        buyer_reference=invoice.buyer_reference,
        order_reference=invoice.order_reference,
        supply=cast("Any", invoice.supply),
        treatment=cast("Any", invoice.treatment),
        delivered_on=invoice.delivered_on,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        overdue_on=invoice.overdue_on,
        settled_on=invoice.settled_on,
        currency=invoice.currency,
        note=invoice.note,
        period=PeriodOut(first=said.period[0], last=said.period[1]) if said.period else None,
        references=msgspec.structs.asdict(said.references),
        delivery=msgspec.structs.asdict(said.delivery) if said.delivery else None,
        buyer_vat_check=cast("Any", invoice.buyer_vat_check),
        buyer_vat_checked_on=invoice.buyer_vat_checked_on,
        place_country=invoice.place_country,
        place_region=invoice.place_region,
        lines=[_line(said, line, milestones.get(line.position)) for line in said.lines],
        adjustments=_adjustments(said, None),
        vat=[_vat(said, row) for row in said.vat],
        **_sums(invoice, said),
        exchange=_exchange(said),
        attachments=[
            AttachmentOut(
                name=one.name,
                media_type=one.media_type,
                description=one.description,
                sha256=one.sha256,
            )
            for one in said.attachments
        ],
        reference=print_reference(invoice.reference),
        files=[kind for kind, document_id in stored.items() if document_id is not None],
        row_version=invoice.row_version,
    )


def _sums(invoice: Invoice, said: FrozenInvoice) -> dict[str, str]:
    """Every sum of the document by its name on the wire."""
    minors = {
        "lines_total": said.lines_minor,
        "allowances": said.allowances_minor,
        "charges": said.charges_minor,
        "net": said.net_minor,
        "vat_total": said.vat_minor,
        "total": said.total_minor,
        "prepaid": said.prepaid_minor,
        "rounding": said.rounding_minor,
        "payable": said.payable_minor,
        "paid": invoice.paid_minor,
        "credited": invoice.credited_minor,
        "open": invoice.open_minor,
    }
    return {name: Money(minor, said.currency).text for name, minor in minors.items()}


def _percent(category: str, rate_milli: int) -> str | None:
    return None if category == "O" else plain(percent_of(rate_milli))


def _line(said: FrozenInvoice, line: FrozenLine, milestone_id: MilestoneId | None) -> LineOut:
    return LineOut(
        position=line.position,
        text=line.text,
        detail=line.detail,
        quantity=plain(line.quantity),
        unit=line.unit,
        unit_price=plain(line.price),
        base_quantity=plain(line.base_quantity),
        adjustments=_adjustments(said, line.position),
        net=Money(line.net_minor, said.currency).text,
        vat_category=line.category,
        vat_percent=_percent(line.category, line.rate_milli),
        milestone_id=milestone_id,
    )


def _adjustments(said: FrozenInvoice, position: int | None) -> list[AdjustmentOut]:
    return [
        _adjustment(said.currency, one) for one in said.adjustments if one.line_position == position
    ]


def _adjustment(currency: str, one: FrozenAdjustment) -> AdjustmentOut:
    return AdjustmentOut(
        charge=one.charge,
        amount=Money(one.amount_minor, currency).text,
        base=None if one.base_minor is None else Money(one.base_minor, currency).text,
        percent=None if one.percent_milli is None else plain(percent_of(one.percent_milli)),
        reason_code=one.reason_code,
        reason=one.reason,
        vat_category=one.category,
        vat_percent=_percent(one.category, one.rate_milli),
    )


def _vat(said: FrozenInvoice, row: FrozenVat) -> VatOut:
    return VatOut(
        tax=cast("Any", row.tax),
        category=row.category,
        percent=_percent(row.category, row.rate_milli),
        taxable=Money(row.taxable_minor, said.currency).text,
        vat=Money(row.vat_minor, said.currency).text,
        reason_code=row.reason_code,
        reason=row.reason,
    )


def _exchange(said: FrozenInvoice) -> ExchangeOut | None:
    if (
        said.accounting_currency is None
        or said.exchange_rate is None
        or said.exchange_rate_on is None
    ):
        return None
    return ExchangeOut(
        currency=said.accounting_currency,
        rate=plain(said.exchange_rate),
        on=said.exchange_rate_on,
        source=said.exchange_rate_source,
        vat_total=Money(said.vat_accounting_minor or 0, said.accounting_currency).text,
    )

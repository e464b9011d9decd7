"""The rows of a credit note, whichever side wrote the document that it corrects."""

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import func as sql
from sqlalchemy import select

from guild.core.ids import InvoiceId, new_id
from guild.core.money import minor_digits
from guild.core.work import Work
from guild.invoicing.commands.drafts import next_reference
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.einvoice.takeback import Left, TakenBack, TaxRow
from guild.invoicing.models import Invoice, InvoiceAdjustment, InvoiceLine, InvoiceVat
from guild.invoicing.rules.totals import exchanged_minor

NOTE_OF: Final[Mapping[str, tuple[str, str]]] = {
    "invoice": ("credit_note", "381"),
    "self_bill": ("self_bill_credit", "261"),
}
"""Kind and UNCL 1001 code of the note that corrects a kind."""

AS_BEFORE: Final = (
    "contract_id",
    "member_id",
    "client_id",
    "contact_id",
    "number_format",
    "delivered_on",
    "title",
    "contract_number",
    "language",
    "buyer_reference",
    "order_reference",
    "client_references",
    "supply",
    "treatment",
    "reduced_milli",
    "place_country",
    "place_region",
    "currency",
    "accounting_currency",
    "exchange_rate",
    "exchange_rate_on",
    "exchange_rate_source",
    "charter_version",
)
"""What a note says as the document that it corrects."""


async def left_of(work: Work, invoice_id: InvoiceId, said: FrozenInvoice) -> dict[TaxRow, Left]:
    """What the credit notes so far have left of each tax row of a document."""
    rows = await work.session.execute(
        select(
            InvoiceVat.tax,
            InvoiceVat.category,
            InvoiceVat.rate_milli,
            sql.sum(InvoiceVat.taxable_minor),
            sql.sum(InvoiceVat.vat_minor),
        )
        .join(Invoice, Invoice.id == InvoiceVat.invoice_id)
        .where(Invoice.corrects_id == invoice_id, Invoice.state != "draft")
        .group_by(InvoiceVat.tax, InvoiceVat.category, InvoiceVat.rate_milli)
    )
    gone = {(tax, category, rate): (int(base), int(vat)) for tax, category, rate, base, vat in rows}
    left = {}
    for row in said.vat:
        key = (row.tax, row.category, row.rate_milli)
        base, vat = gone.get(key, (0, 0))
        left[key] = Left(row.taxable_minor - base, row.vat_minor - vat)
    return left


async def credited_lines(work: Work, invoice_id: InvoiceId) -> set[int]:
    """The lines of a document that credit notes have taken back whole."""
    found = await work.session.scalars(
        select(InvoiceLine.credits_position)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.corrects_id == invoice_id, InvoiceLine.credits_position.is_not(None))
    )
    return {position for position in found if position is not None}


async def write_note(
    work: Work,
    invoice: Invoice,
    said: FrozenInvoice,
    back: TakenBack,
    reason: str,
    code: str,
    *,
    rounding: int = 0,
) -> InvoiceId:
    """The credit note as a draft with the original's words, parties and taxes."""
    kind, type_code = NOTE_OF[invoice.kind]
    total = back.net_minor + back.vat_minor
    note = Invoice(
        id=InvoiceId(new_id()),
        kind=kind,
        type_code=type_code,
        corrects_id=invoice.id,
        shared=invoice.shared,
        due_days=0,
        reason=" ".join(reason.split()),
        reason_code=code,
        reference=await next_reference(work, said.buyer.country),
        lines_minor=back.lines_minor,
        allowances_minor=back.allowances_minor,
        charges_minor=back.charges_minor,
        net_minor=back.net_minor,
        vat_minor=back.vat_minor,
        total_minor=total,
        rounding_minor=rounding,
        payable_minor=total + rounding,
        vat_accounting_minor=_exchanged(said, back.vat_minor),
        created_at=work.now,
        **{name: getattr(invoice, name) for name in AS_BEFORE},
    )
    note_id = note.id
    work.session.add(note)
    await work.session.flush()
    work.session.add_all(
        InvoiceLine(invoice_id=note_id, credits_position=at, **msgspec.structs.asdict(line))
        for line, at in zip(back.lines, back.positions, strict=True)
    )
    work.session.add_all(
        InvoiceAdjustment(invoice_id=note_id, **msgspec.structs.asdict(one))
        for one in back.adjustments
    )
    work.session.add_all(
        InvoiceVat(invoice_id=note_id, **msgspec.structs.asdict(row)) for row in back.vat
    )
    await work.session.flush()
    return note_id


def _exchanged(said: FrozenInvoice, vat_minor: int) -> int | None:
    if said.accounting_currency is None or said.exchange_rate is None:
        return None
    return exchanged_minor(
        vat_minor,
        said.exchange_rate,
        minor_digits(said.currency),
        minor_digits(said.accounting_currency),
    )

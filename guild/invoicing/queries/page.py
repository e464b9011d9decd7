"""What the client's page of one invoice shows, ready to be set."""

from datetime import date
from typing import Final

import msgspec

from guild.core.ids import InvoiceId
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.documents import queries as documents
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.models import Invoice
from guild.invoicing.queries.documents import Stored, document_data
from guild.invoicing.queries.reading import client_statement, invoice_row
from guild.invoicing.rules.references import print_reference
from guild.invoicing.rules.totals import percent_of


class PageLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the page's table, amounts as text."""

    text: str
    detail: str
    amount: str


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice in the client's account."""

    number: str
    due_on: date
    status: str
    mark: str
    """Which sign the status carries: done, wait, look, stop."""
    open: str
    this: bool


class InvoicePage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page; `reference` is as stored, `reference_text` as typed by the payer."""

    lang: str
    is_note: bool
    is_proforma: bool
    word: str
    """Invoice, Credit note or Pro-forma."""
    number: str
    title: str
    client_name: str
    worker: str
    issued_on: date
    due_on: date
    days_left: int
    status: str
    mark: str
    currency: str
    total: str
    vat: str
    open_minor: int
    open: str
    reason: str
    payee: str
    iban: str
    iban_text: str
    bic: str
    reference: str
    reference_text: str
    code_title: str
    lines: tuple[PageLine, ...]
    taxes: tuple[PageLine, ...]
    contract_number: str
    order_reference: str
    pdf_size_kb: int
    fingerprint: str
    account: tuple[AccountRow, ...]
    account_open: str


WORD_OF: Final = {"invoice": "Invoice", "credit_note": "Credit note", "proforma": "Pro-forma"}


async def invoice_page(work: Work, invoice_id: InvoiceId) -> InvoicePage:
    """The page of an issued document that the actor may see; raises InvoiceNotFound."""
    invoice, client_name = await invoice_row(work, invoice_id)
    (stored,) = await document_data(work, [invoice_id])
    rows, account_open = await client_statement(work, invoice)
    pdf = await documents.about(work, stored.files["pdf"]) if "pdf" in stored.files else None
    return _page(
        work,
        invoice,
        stored,
        client_name=client_name,
        account=tuple(_account_row(row, invoice, work.today) for row in rows),
        account_open=money_text(account_open, invoice.currency),
        pdf_size_kb=max(1, round(pdf.size / 1000)) if pdf else 0,
        fingerprint=pdf.sha256 if pdf else "",
    )


def status_of(invoice: Invoice, today: date) -> tuple[str, str]:
    """The words for a document's state, and the sign that goes with them."""
    if invoice.kind == "credit_note":
        return "Credited to you", "done"
    if invoice.kind == "proforma":
        return "Not an invoice, nothing to pay yet", "part"
    if invoice.state == "paid":
        return "Paid", "done"
    if invoice.state == "credited":
        return "Credited", "done"
    if invoice.state == "written_off":
        return "Given up", "stop"
    late = invoice.due_on is not None and invoice.due_on < today
    part = "Partly paid" if invoice.state == "partly_paid" else "Open"
    return (f"{part}, overdue", "look") if late else (f"{part}, not yet due", "wait")


def _below_the_lines(said: FrozenInvoice) -> tuple[PageLine, ...]:
    """Allowances and charges of the whole document, and its taxes, with why there is none."""

    def money(minor: int) -> str:
        return money_text(minor, said.currency)

    adjustments = [
        PageLine(
            text=one.reason,
            detail="",
            amount=money(one.amount_minor if one.charge else -one.amount_minor),
        )
        for one in said.adjustments
        if one.line_position is None
    ]
    taxes = [
        PageLine(
            text=f"{row.tax}, {percent_of(row.rate_milli)} % of {money(row.taxable_minor)}"
            if row.category == "S"
            else row.reason or f"{row.tax}, 0 %",
            detail="",
            amount=money(row.vat_minor),
        )
        for row in said.vat
        if row.tax != "NONE"
    ]
    return (*adjustments, *taxes)


def _account_row(row: Invoice, shown: Invoice, today: date) -> AccountRow:
    status, mark = status_of(row, today)
    assert row.due_on is not None
    return AccountRow(
        number=row.number or "",
        due_on=row.due_on,
        status=status,
        mark=mark,
        open=money_text(row.open_minor, row.currency),
        this=row.id == shown.id,
    )


def _page(
    work: Work,
    invoice: Invoice,
    stored: Stored,
    *,
    client_name: str,
    account: tuple[AccountRow, ...],
    account_open: str,
    pdf_size_kb: int,
    fingerprint: str,
) -> InvoicePage:
    frozen = stored.frozen
    status, mark = status_of(invoice, work.today)

    def money(minor: int) -> str:
        return money_text(minor, frozen.currency)

    return InvoicePage(
        lang="en",
        is_note=frozen.kind == "credit_note",
        is_proforma=frozen.kind == "proforma",
        word=WORD_OF[frozen.kind],
        number=frozen.number,
        title=stored.title,
        client_name=client_name,
        worker=stored.member_name,
        issued_on=frozen.issued_on,
        due_on=frozen.due_on,
        days_left=(frozen.due_on - work.today).days,
        status=status,
        mark=mark,
        currency=frozen.currency,
        total=money(frozen.total_minor),
        vat=money(frozen.vat_minor),
        open_minor=invoice.open_minor,
        open=money(invoice.open_minor),
        reason=frozen.reason,
        payee=frozen.seller.name,
        iban=frozen.iban,
        iban_text=" ".join(frozen.iban[i : i + 4] for i in range(0, len(frozen.iban), 4)),
        bic=frozen.bic,
        reference=frozen.reference,
        reference_text=print_reference(frozen.reference),
        code_title=f"QR code for a SEPA transfer of {money(invoice.open_minor)} "
        f"to {frozen.seller.name}",
        lines=tuple(
            PageLine(
                text=line.text,
                detail=line.detail or f"delivered {long_date(frozen.delivered_on)}",
                amount=money(line.net_minor),
            )
            for line in frozen.lines
        ),
        taxes=_below_the_lines(frozen),
        contract_number=frozen.contract_number,
        order_reference=frozen.order_reference,
        pdf_size_kb=pdf_size_kb,
        fingerprint=fingerprint,
        account=account,
        account_open=account_open,
    )

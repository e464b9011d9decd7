"""What the client's page of one invoice shows, ready to be set, in the client's language."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

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
from guild.members.queries import reader_language

WORDS: Final = Path(__file__).parent.parent / "templates" / "invoice.json"


@cache
def page_words() -> dict[str, dict[str, Any]]:
    """The words of the page, by language: those of the mails and the PDF."""
    read: dict[str, dict[str, Any]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return read


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
    kind: str
    """invoice, credit_note or proforma."""
    number: str
    title: str
    client_name: str
    worker: str
    """All whose work it is."""
    drafter: str
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


async def invoice_page(work: Work, invoice_id: InvoiceId) -> InvoicePage:
    """The page of an issued document that the actor may see; raises InvoiceNotFound.

    The person behind a link reads it in her language, anybody else in the document's.
    """
    invoice, client_name = await invoice_row(work, invoice_id)
    (stored,) = await document_data(work, [invoice_id])
    lang = await reader_language(work) if work.actor.link else stored.frozen.language
    rows, account_open = await client_statement(work, invoice)
    pdf = await documents.about(work, stored.files["pdf"]) if "pdf" in stored.files else None
    return _page(
        work,
        invoice,
        stored,
        lang=lang,
        client_name=client_name,
        account=tuple(_account_row(row, invoice, work.today, lang) for row in rows),
        account_open=money_text(account_open, invoice.currency, lang),
        pdf_size_kb=max(1, round(pdf.size / 1000)) if pdf else 0,
        fingerprint=pdf.sha256 if pdf else "",
    )


def status_of(invoice: Invoice, today: date, lang: str) -> tuple[str, str]:
    """The words for a document's state, and the sign that goes with them."""
    words = page_words()[lang]["states"]
    if invoice.kind == "credit_note":
        return words["note"], "done"
    if invoice.kind == "proforma":
        return words["proforma"], "part"
    if invoice.state in {"paid", "credited"}:
        return words[invoice.state], "done"
    if invoice.state == "written_off":
        return words["written_off"], "stop"
    part = "part" if invoice.state == "partly_paid" else "open"
    if invoice.due_on is not None and invoice.due_on < today:
        return words[f"{part}_late"], "look"
    return words[part], "wait"


def _below_the_lines(said: FrozenInvoice, lang: str) -> tuple[PageLine, ...]:
    """Allowances and charges of the whole document, and its taxes, with why there is none."""
    words = page_words()[lang]

    def money(minor: int) -> str:
        return money_text(minor, said.currency, lang)

    def named(tax: str) -> str:
        name: str = words["tax"].get(tax, tax)
        return name

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
            text=words["tax_of"].format(
                tax=named(row.tax),
                percent=percent_of(row.rate_milli),
                base=money(row.taxable_minor),
            )
            if row.category == "S"
            else row.reason or f"{named(row.tax)}, 0 %",
            detail="",
            amount=money(row.vat_minor),
        )
        for row in said.vat
        if row.tax != "NONE"
    ]
    return (*adjustments, *taxes)


def _account_row(row: Invoice, shown: Invoice, today: date, lang: str) -> AccountRow:
    status, mark = status_of(row, today, lang)
    assert row.due_on is not None
    return AccountRow(
        number=row.number or "",
        due_on=row.due_on,
        status=status,
        mark=mark,
        open=money_text(row.open_minor, row.currency, lang),
        this=row.id == shown.id,
    )


def _page(
    work: Work,
    invoice: Invoice,
    stored: Stored,
    *,
    lang: str,
    client_name: str,
    account: tuple[AccountRow, ...],
    account_open: str,
    pdf_size_kb: int,
    fingerprint: str,
) -> InvoicePage:
    frozen = stored.frozen
    words = page_words()[lang]
    status, mark = status_of(invoice, work.today, lang)

    def money(minor: int) -> str:
        return money_text(minor, frozen.currency, lang)

    return InvoicePage(
        lang=lang,
        is_note=frozen.kind == "credit_note",
        is_proforma=frozen.kind == "proforma",
        kind=frozen.kind,
        number=frozen.number,
        title=stored.title,
        client_name=client_name,
        worker=stored.worker(lang),
        drafter=stored.member_name,
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
        code_title=words["code_title"].format(
            amount=money(invoice.open_minor), payee=frozen.seller.name
        ),
        lines=tuple(
            PageLine(
                text=line.text,
                detail=line.detail
                or words["delivered"].format(day=long_date(frozen.delivered_on, lang)),
                amount=money(line.net_minor),
            )
            for line in frozen.lines
        ),
        taxes=_below_the_lines(frozen, lang),
        contract_number=frozen.contract_number,
        order_reference=frozen.order_reference,
        pdf_size_kb=pdf_size_kb,
        fingerprint=fingerprint,
        account=account,
        account_open=account_open,
    )

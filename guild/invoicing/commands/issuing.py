"""Issuing: check, take the number, freeze, post, tell. The hot path of the house.

One statement reads everything and locks the documents; one moves the counter of the series; all
else (the freezing update, the ledger, the event, the job, the idempotency answer) goes into the
Work's single statement before the commit. A hundred invoices cost the same number of statements.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Final

import msgspec

from guild.core.appends import Appender
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing import access
from guild.invoicing.commands.appended import note_append, settle_appends
from guild.invoicing.commands.deciding import with_todays_tax
from guild.invoicing.commands.prepaying import record_prepaid
from guild.invoicing.commands.validating import refuse_invalid
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.errors import DatesOutOfOrder, InvoiceNotFound
from guild.invoicing.events import InvoiceIssued
from guild.invoicing.models import CREDIT_KINDS, INVOICE_LIFECYCLE
from guild.invoicing.queries.documents import Stored, document_data
from guild.invoicing.rules.numbering import number_text
from guild.invoicing.rules.references import print_reference
from guild.invoicing.schemas import IssuedOut
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit

BATCH_MAX: Final = 500

ISSUED: Final = Appender(
    "invoice",
    {
        "id": "uuid",
        "series_year": "smallint",
        "sequence": "bigint",
        "number": "text",
        "issued_on": "date",
        "issued_at": "timestamptz",
        "due_on": "date",
        "pending_net_minor": "bigint",
        "seller": "text",
        "buyer": "text",
        "iban": "text",
        "bic": "text",
    },
    statement="""UPDATE invoice SET state = 'issued', series_year = r.series_year,
        sequence = r.sequence, number = r.number, issued_on = r.issued_on,
        issued_at = r.issued_at, due_on = r.due_on, pending_net_minor = r.pending_net_minor,
        seller = r.seller::jsonb, buyer = r.buyer::jsonb, iban = r.iban, bic = r.bic
        FROM {rows} WHERE invoice.id = r.id AND invoice.state = 'draft'""",
)
"""Freezes documents; the trigger in guards.sql checks their sums once more."""

TAKE_NUMBERS: Final = """
    INSERT INTO number_series AS s (kind, year, next, last_date, number_format)
       VALUES ($1, $2, 1 + $3, $4, $5)
       ON CONFLICT (kind, year) DO UPDATE
          SET next = s.next + $3, last_date = excluded.last_date
        WHERE s.last_date <= excluded.last_date
       RETURNING next - $3 AS first, number_format"""
"""Locks the counter's row until the transaction ends: a rollback gives the numbers back."""


async def issue_invoice(work: Work, invoice_id: InvoiceId) -> IssuedOut:
    """Issue one draft; see `issue_invoices`."""
    return (await issue_invoices(work, [invoice_id]))[0]


async def issue_invoices(work: Work, ids: Sequence[InvoiceId]) -> list[IssuedOut]:
    """Issue drafts in the order given, all or none.

    Raises InvoiceNotFound for one that is not the actor's, IllegalMove (409) for one that is
    issued already, EInvoiceRefused or the tax engine's refusals before any number is taken, and
    DatesOutOfOrder when the series has a later date.
    """
    assert 0 < len(ids) <= BATCH_MAX, "issue in batches"
    await settle_appends(work, ids)
    found = {one.id: one for one in await document_data(work, ids, lock=True)}
    drafts = [await _checked(work, found.get(invoice_id)) for invoice_id in ids]
    frozen = await freeze(work, "invoice", drafts)
    answers = []
    for draft, invoice in zip(drafts, frozen, strict=True):
        await _post_and_tell(work, draft, invoice)
        if invoice.prepaid_minor:  # after all reactions: the fund must know the invoice by now
            prepaid = Money(invoice.prepaid_minor, invoice.currency)
            await record_prepaid(work, draft.id, draft.client_id, prepaid)
        answers.append(issued_out(draft.id, invoice))
    return answers


async def freeze(work: Work, kind: str, drafts: Sequence[Stored]) -> list[FrozenInvoice]:
    """Take numbers for checked drafts and append the update that freezes them."""
    year = work.today.year
    taken = await work.fetch(
        TAKE_NUMBERS, kind, year, len(drafts), work.today, drafts[0].number_format
    )
    if not taken:
        raise DatesOutOfOrder(
            f"The series of {year} has a number of a later day than {work.today.isoformat()}.",
            mend="Try again; if it stays so, the clock of the server is wrong.",
        )
    first, number_format = taken[0]
    frozen = []
    for sequence, draft in enumerate(drafts, first):
        invoice = msgspec.structs.replace(
            draft.frozen, number=number_text(kind, number_format, year, sequence)
        )
        _append(work, draft.id, invoice, year, sequence)
        frozen.append(invoice)
    return frozen


def _append(
    work: Work, invoice_id: InvoiceId, invoice: FrozenInvoice, year: int, sequence: int
) -> None:
    is_note = invoice.kind in CREDIT_KINDS
    work.append(
        ISSUED,
        id=invoice_id,
        series_year=year,
        sequence=sequence,
        number=invoice.number,
        issued_on=invoice.issued_on,
        issued_at=work.now,
        due_on=invoice.due_on,
        pending_net_minor=0 if is_note else invoice.net_minor,
        seller=msgspec.json.encode(invoice.seller).decode(),
        buyer=msgspec.json.encode(invoice.buyer).decode(),
        iban=invoice.iban,
        bic=invoice.bic,
    )
    note_append(work, invoice_id)


async def _checked(work: Work, draft: Stored | None) -> Stored:
    """The draft with today's tax, all rules asked; nothing is numbered before this returns."""
    if draft is None or not access.may_work_on(work.actor, draft.member_id):
        raise InvoiceNotFound
    if draft.frozen.kind != "invoice":
        raise InvoiceNotFound("Credit notes are issued as they are made.")
    INVOICE_LIFECYCLE.move(SimpleNamespace(state=draft.state), "issue")
    draft = await with_todays_tax(work, draft)
    await refuse_invalid(work, draft)
    return draft


async def _post_and_tell(work: Work, draft: Stored, invoice: FrozenInvoice) -> None:
    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    await ledger.post(
        work,
        kind="invoice_issued",
        text=f"Invoice {invoice.number}",
        lines=[
            debit(
                "receivable", money(invoice.total_minor + invoice.rounding_minor), draft.client_id
            ),
            credit("vat_payable", money(invoice.vat_minor)),
            credit("member_pending", money(invoice.net_minor), draft.member_id),
            credit("rounding", money(invoice.rounding_minor)),
        ],
        subject=draft.id,
        occurred_on=invoice.issued_on,
    )
    await work.emit(
        InvoiceIssued(
            invoice_id=draft.id,
            contract_id=draft.contract_id,
            member_id=draft.member_id,
            client_id=draft.client_id,
            number=invoice.number,
            net_minor=invoice.net_minor,
            vat_minor=invoice.vat_minor,
            total_minor=invoice.total_minor,
            currency=invoice.currency,
            due_on=invoice.due_on,
            prepaid_minor=invoice.prepaid_minor,
        )
    )


def issued_out(invoice_id: InvoiceId, invoice: FrozenInvoice) -> IssuedOut:
    """The answer to whoever issued it."""

    def amount(minor: int) -> str:
        return Money(minor, invoice.currency).text

    return IssuedOut(
        id=invoice_id,
        kind=invoice.kind,
        state="issued",
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        net=amount(invoice.net_minor),
        vat_total=amount(invoice.vat_minor),
        total=amount(invoice.total_minor),
        currency=invoice.currency,
        reference=print_reference(invoice.reference),
    )

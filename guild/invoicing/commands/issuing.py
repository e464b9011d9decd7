"""Issuing: check, take the number, freeze, post, tell. The hot path of the house.

One statement reads everything and locks the documents; one moves the counter of the series; all
else (the freezing update, the ledger, the event, the job, the idempotency answer) goes into the
Work's single statement before the commit. A hundred invoices cost the same number of statements.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Final, cast

import msgspec
from sqlalchemy import delete, insert, text, update

from guild.core.appends import Appender
from guild.core.ids import InvoiceId
from guild.core.money import Money, minor_digits
from guild.core.work import Work
from guild.invoicing import access
from guild.invoicing.commands.drafts import reason_of
from guild.invoicing.einvoice.build import FrozenInvoice, FrozenVat, einvoice_of
from guild.invoicing.errors import DatesOutOfOrder, InvoiceNotFound
from guild.invoicing.events import InvoiceIssued
from guild.invoicing.models import INVOICE_LIFECYCLE, Invoice, InvoiceLine, InvoiceVat
from guild.invoicing.queries.documents import Stored, document_data
from guild.invoicing.rules.numbering import number_text
from guild.invoicing.rules.peppol import refuse_broken
from guild.invoicing.rules.references import print_reference
from guild.invoicing.rules.totals import TotalsLine, totals_of
from guild.invoicing.rules.vat import BuyerKind, Supply, Treatment, VatFacts, decide_vat
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

TAKE_NUMBERS: Final = text(
    """INSERT INTO number_series AS s (kind, year, next, last_date, number_format)
       VALUES (:kind, :year, 1 + :count, :today, :number_format)
       ON CONFLICT (kind, year) DO UPDATE
          SET next = s.next + :count, last_date = excluded.last_date
        WHERE s.last_date <= excluded.last_date
       RETURNING next - :count AS first, number_format"""
)
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
        answers.append(issued_out(draft.id, invoice))
    return answers


async def freeze(work: Work, kind: str, drafts: Sequence[Stored]) -> list[FrozenInvoice]:
    """Take numbers for checked drafts and append the update that freezes them."""
    year = work.today.year
    taken = (
        await work.session.execute(
            TAKE_NUMBERS,
            {
                "kind": kind,
                "year": year,
                "count": len(drafts),
                "today": work.today,
                "number_format": drafts[0].number_format,
            },
        )
    ).one_or_none()
    if taken is None:
        raise DatesOutOfOrder(
            f"The series of {year} has a number of a later day than {work.today.isoformat()}.",
            mend="Try again; if it stays so, the clock of the server is wrong.",
        )
    first, number_format = taken
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
    is_note = invoice.kind == "credit_note"
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
    draft = await _with_todays_vat(work, draft)
    refuse_broken(einvoice_of(draft.frozen))
    return draft


async def _with_todays_vat(work: Work, draft: Stored) -> Stored:
    """Decide again by the facts of the day; the draft's rows are rewritten only if they differ."""
    frozen = draft.frozen
    decision = decide_vat(
        VatFacts(
            on=frozen.delivered_on,
            seller_country=frozen.seller.country,
            seller_exempt=draft.member_exempt,
            buyer_kind=cast("BuyerKind", draft.client_kind),
            buyer_country=frozen.buyer.country,
            buyer_vat_number=frozen.buyer.vat_number,
            supply=cast("Supply", draft.supply),
            treatment=cast("Treatment", draft.treatment),
        )
    )
    totals = totals_of(
        [
            TotalsLine(
                quantity=line.quantity,
                price=line.price,
                category=decision.category,
                rate_bps=decision.rate_bps,
            )
            for line in frozen.lines
        ],
        minor_digits(frozen.currency),
    )
    reason = reason_of(decision, frozen.language)
    vat = tuple(
        FrozenVat(
            category=row.category,
            rate_bps=row.rate_bps,
            taxable_minor=row.taxable_minor,
            vat_minor=row.vat_minor,
            reason_code=decision.reason_code,
            reason=reason,
        )
        for row in totals.vat
    )
    if vat == frozen.vat and totals.total_minor == frozen.total_minor:
        return draft
    changed = msgspec.structs.replace(
        frozen,
        vat=vat,
        lines=tuple(
            msgspec.structs.replace(
                line, category=decision.category, rate_bps=decision.rate_bps, net_minor=net
            )
            for line, net in zip(frozen.lines, totals.lines, strict=True)
        ),
        net_minor=totals.net_minor,
        vat_minor=totals.vat_minor,
        total_minor=totals.total_minor,
    )
    await _rewrite(work, draft.id, changed)
    return msgspec.structs.replace(draft, frozen=changed)


async def _rewrite(work: Work, invoice_id: InvoiceId, invoice: FrozenInvoice) -> None:
    session = work.session
    await session.execute(delete(InvoiceVat).where(InvoiceVat.invoice_id == invoice_id))
    await session.execute(
        insert(InvoiceVat),
        [{"invoice_id": invoice_id, **msgspec.structs.asdict(row)} for row in invoice.vat],
    )
    for line in invoice.lines:
        await session.execute(
            update(InvoiceLine)
            .where(InvoiceLine.invoice_id == invoice_id, InvoiceLine.position == line.position)
            .values(category=line.category, rate_bps=line.rate_bps, net_minor=line.net_minor)
        )
    await session.execute(
        update(Invoice)
        .where(Invoice.id == invoice_id)
        .values(
            net_minor=invoice.net_minor,
            vat_minor=invoice.vat_minor,
            total_minor=invoice.total_minor,
        )
    )


async def _post_and_tell(work: Work, draft: Stored, invoice: FrozenInvoice) -> None:
    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    await ledger.post(
        work,
        kind="invoice_issued",
        text=f"Invoice {invoice.number}",
        lines=[
            debit("receivable", money(invoice.total_minor), draft.client_id),
            credit("vat_payable", money(invoice.vat_minor)),
            credit("member_pending", money(invoice.net_minor), draft.member_id),
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


APPENDED: Final = "invoicing.appended"
"""Key in `session.info`: documents whose change this Work has appended but not yet written."""


def note_append(work: Work, invoice_id: InvoiceId) -> None:
    """Remember that a change of the document waits in the Work's last statement."""
    work.session.info.setdefault(APPENDED, set()).add(invoice_id)


async def settle_appends(work: Work, ids: Sequence[InvoiceId]) -> None:
    """Write what waits before one of its documents is read or changed again."""
    waiting = work.session.info.get(APPENDED)
    if waiting and not waiting.isdisjoint(ids):
        await work.write()
        waiting.clear()

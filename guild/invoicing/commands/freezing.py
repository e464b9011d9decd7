"""Taking numbers and freezing: what every numbered kind of document goes through at issue."""

from collections.abc import Sequence
from typing import Final

import msgspec

from guild.core.appends import Appender
from guild.core.ids import InvoiceId, MemberId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.appended import note_append
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.errors import DatesOutOfOrder
from guild.invoicing.queries.documents import Stored
from guild.invoicing.rules.numbering import number_text
from guild.invoicing.rules.references import print_reference
from guild.invoicing.schemas import IssuedOut

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


TAKE_SUPPLIERS_NUMBERS: Final = """
    INSERT INTO supplier_series AS s (member_id, kind, year, next, last_date)
       VALUES ($1, $2, $3, 1 + $4, $5)
       ON CONFLICT (member_id, kind, year) DO UPDATE
          SET next = s.next + $4, last_date = excluded.last_date
        WHERE s.last_date <= excluded.last_date
       RETURNING next - $4 AS first, $6::text AS number_format"""


async def freeze(
    work: Work, kind: str, drafts: Sequence[Stored], *, supplier_id: MemberId | None = None
) -> list[FrozenInvoice]:
    """Take numbers for checked drafts and append the update that freezes them.

    With `supplier_id` the numbers are of that member's own series.
    """
    year = work.today.year
    if supplier_id is None:
        taken = await work.fetch(
            TAKE_NUMBERS, kind, year, len(drafts), work.today, drafts[0].number_format
        )
    else:
        taken = await work.fetch(
            TAKE_SUPPLIERS_NUMBERS, supplier_id, kind, year, len(drafts), work.today,
            drafts[0].number_format,
        )  # fmt: skip
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
    work.append(
        ISSUED,
        id=invoice_id,
        series_year=year,
        sequence=sequence,
        number=invoice.number,
        issued_on=invoice.issued_on,
        issued_at=work.now,
        due_on=invoice.due_on,
        pending_net_minor=invoice.net_minor if invoice.kind == "invoice" else 0,
        seller=msgspec.json.encode(invoice.seller).decode(),
        buyer=msgspec.json.encode(invoice.buyer).decode(),
        iban=invoice.iban,
        bic=invoice.bic,
    )
    note_append(work, invoice_id)


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

"""The issued invoices that incoming payments are compared with."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    String,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from guild.core.work import Work
from guild.invoicing.models import OPEN_STATES, Invoice
from guild.members.models import Organisation
from guild.treasury.models import BankEntry
from guild.treasury.rules.camt053 import ReadEntry
from guild.treasury.rules.matching import Incoming, OpenInvoice, names_of
from guild.treasury.rules.numbers import plain_reference


async def invoices_for(work: Work, entries: Sequence[ReadEntry | BankEntry]) -> list[OpenInvoice]:
    """Open invoices that an entry names, however written, or pays to the cent; paid ones it names.

    Paid ones matter: a client who pays twice names an invoice on which nothing is open.
    """
    names = chain.from_iterable(names_of(entry.structured, entry.text) for entry in entries)
    return await invoices_named(work, names, [entry.amount_minor for entry in entries])


async def invoices_named(
    work: Work, as_written: Iterable[str], minors: Iterable[int]
) -> list[OpenInvoice]:
    """Open invoices by what payers wrote (`names_of`) or by the sum; paid ones by their name."""
    names = set(as_written)
    # Arrays instead of thousands of parameters: a large import names many.
    named = any_(literal([*names], ARRAY(String)))
    meant = any_(literal([*{plain_reference(name) for name in names}], ARRAY(String)))
    amounts = any_(literal([*{minor for minor in minors if minor > 0}], ARRAY(BigInteger)))
    still_open = (
        Invoice.total_minor
        + Invoice.rounding_minor
        - Invoice.paid_minor
        - Invoice.credited_minor
        + Invoice.refundable_minor
        - Invoice.written_off_minor
    )
    rows = await work.session.execute(
        select(Invoice, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(
            Invoice.kind == "invoice",
            Invoice.state != "draft",
            or_(
                and_(
                    Invoice.state.in_(OPEN_STATES),
                    or_(
                        still_open == amounts,
                        _plain(Invoice.reference) == meant,
                        _plain(Invoice.number) == meant,
                    ),
                ),
                Invoice.reference == named,
                Invoice.number == named,
            ),
        )
        # Payments are appended behind the ORM's back; what is open is read from the table.
        .execution_options(populate_existing=True)
    )
    return [matchable(invoice, name) for invoice, name in rows]


def _plain(written: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """`plain_reference` in SQL."""
    return func.upper(func.regexp_replace(written, "[^0-9A-Za-z]", "", "g"))


def matchable(invoice: Invoice, client_name: str) -> OpenInvoice:
    """An invoice as the matching rules see it."""
    return OpenInvoice(
        invoice_id=invoice.id,
        number=invoice.number or "",
        reference=invoice.reference,
        total_minor=invoice.total_minor,
        open_minor=invoice.open_minor,
        currency=invoice.currency,
        client_id=invoice.client_id,
        client_name=client_name,
        given_up=invoice.written_off_minor > 0,
    )


def incoming_of(entry: BankEntry) -> Incoming:
    """A booked entry as the matching rules see it."""
    return Incoming(
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        structured=entry.structured,
        text=entry.text,
        counterparty=entry.counterparty,
    )

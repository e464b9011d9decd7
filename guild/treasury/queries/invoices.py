"""The issued invoices that incoming payments are compared with."""

from collections.abc import Sequence

from sqlalchemy import String, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from guild.core.work import Work
from guild.invoicing.models import OPEN_STATES, Invoice
from guild.members.models import Organisation
from guild.treasury.models import BankEntry
from guild.treasury.rules.camt053 import ReadEntry
from guild.treasury.rules.matching import Incoming, OpenInvoice, named_in


async def invoices_for(work: Work, entries: Sequence[ReadEntry | BankEntry]) -> list[OpenInvoice]:
    """Every open invoice, and those that the entries name although they are paid.

    Paid ones matter: a client who pays twice names an invoice on which nothing is open.
    """
    names = list(named_in((entry.structured, entry.text) for entry in entries))
    # One array instead of thousands of parameters: a large import names many.
    named = any_(literal(names, ARRAY(String)))
    rows = await work.session.execute(
        select(Invoice, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(
            Invoice.kind == "invoice",
            Invoice.state != "draft",
            or_(
                Invoice.state.in_(OPEN_STATES),
                Invoice.reference == named,
                Invoice.number == named,
            ),
        )
        # Payments are appended behind the ORM's back; what is open is read from the table.
        .execution_options(populate_existing=True)
    )
    return [matchable(invoice, name) for invoice, name in rows]


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

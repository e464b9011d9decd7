"""Reading invoices: lists and details, what an issued document froze, and the invariants."""

from guild.invoicing.access import of_member
from guild.invoicing.queries.documents import (
    Stored,
    document_data,
    frozen_invoice,
)
from guild.invoicing.queries.invariants import INVARIANTS
from guild.invoicing.queries.of_contacts import (
    SentInvoice,
    invoices_settled,
    invoices_to_pay,
    sent_to,
)
from guild.invoicing.queries.of_contract import invoices_of_contract, payments_due
from guild.invoicing.queries.page import InvoicePage, invoice_page
from guild.invoicing.queries.reading import (
    Sieve,
    client_statement,
    get_invoice,
    invoice_row,
    list_invoices,
    list_payments,
)
from guild.invoicing.queries.series import list_series, series_report
from guild.invoicing.queries.shares import has_part, member_parts, sharers, shares_on

__all__ = [
    "INVARIANTS",
    "InvoicePage",
    "SentInvoice",
    "Sieve",
    "Stored",
    "client_statement",
    "document_data",
    "frozen_invoice",
    "get_invoice",
    "has_part",
    "invoice_page",
    "invoice_row",
    "invoices_of_contract",
    "invoices_settled",
    "invoices_to_pay",
    "list_invoices",
    "list_payments",
    "list_series",
    "member_parts",
    "of_member",
    "payments_due",
    "sent_to",
    "series_report",
    "sharers",
    "shares_on",
]

"""Reading invoices: lists and details, what an issued document froze, and the invariants."""

from guild.invoicing.queries.documents import (
    Stored,
    document_data,
    frozen_invoice,
)
from guild.invoicing.queries.invariants import INVARIANTS
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

__all__ = [
    "INVARIANTS",
    "InvoicePage",
    "Sieve",
    "Stored",
    "client_statement",
    "document_data",
    "frozen_invoice",
    "get_invoice",
    "invoice_page",
    "invoice_row",
    "invoices_of_contract",
    "list_invoices",
    "list_payments",
    "list_series",
    "payments_due",
    "series_report",
]

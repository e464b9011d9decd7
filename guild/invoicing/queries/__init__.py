"""Reading invoices: lists and details, what an issued document froze, and the invariants."""

from guild.invoicing.queries.documents import (
    Stored,
    document_data,
    frozen_invoice,
)
from guild.invoicing.queries.invariants import INVARIANTS
from guild.invoicing.queries.page import InvoicePage, invoice_page
from guild.invoicing.queries.reading import (
    client_statement,
    get_invoice,
    invoice_row,
    list_invoices,
    list_payments,
)

__all__ = [
    "INVARIANTS",
    "InvoicePage",
    "Stored",
    "client_statement",
    "document_data",
    "frozen_invoice",
    "get_invoice",
    "invoice_page",
    "invoice_row",
    "list_invoices",
    "list_payments",
]

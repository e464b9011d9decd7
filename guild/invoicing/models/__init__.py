"""Tables: invoices and credit notes, their lines and VAT, the counter of each series, payments."""

from guild.invoicing.models.invoice import (
    CREDIT_KINDS,
    INVOICE_LIFECYCLE,
    KINDS,
    OPEN_STATES,
    Invoice,
)
from guild.invoicing.models.origins import InvoiceOrigin
from guild.invoicing.models.parts import (
    InvoiceAdjustment,
    InvoiceAttachment,
    InvoiceLine,
    InvoiceVat,
)
from guild.invoicing.models.payment import Payment
from guild.invoicing.models.reversals import PaymentReversal
from guild.invoicing.models.series import REFERENCE_SERIAL, SERIES_KINDS, NumberSeries

__all__ = [
    "CREDIT_KINDS",
    "INVOICE_LIFECYCLE",
    "KINDS",
    "OPEN_STATES",
    "REFERENCE_SERIAL",
    "SERIES_KINDS",
    "Invoice",
    "InvoiceAdjustment",
    "InvoiceAttachment",
    "InvoiceLine",
    "InvoiceOrigin",
    "InvoiceVat",
    "NumberSeries",
    "Payment",
    "PaymentReversal",
]

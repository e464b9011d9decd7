"""What goes over the wire about invoices. Amounts are decimal strings in the invoice's currency."""

from guild.invoicing.schemas.checking import BrokenOut, CheckOut
from guild.invoicing.schemas.credits import CreditIn
from guild.invoicing.schemas.drafts import AdjustmentIn, DraftChange, DraftTerms, InvoiceIn, LineIn
from guild.invoicing.schemas.payments import PaymentOut
from guild.invoicing.schemas.reading import (
    AdjustmentOut,
    AttachmentOut,
    ExchangeOut,
    InvoiceOut,
    InvoiceRow,
    IssuedOut,
    LineOut,
    PeriodOut,
    VatOut,
)
from guild.invoicing.schemas.series import SeriesOut
from guild.invoicing.schemas.words import (
    InvoiceState,
    Kind,
    Position,
    RowVersion,
    Supply,
    Treatment,
)

__all__ = [
    "AdjustmentIn",
    "AdjustmentOut",
    "AttachmentOut",
    "BrokenOut",
    "CheckOut",
    "CreditIn",
    "DraftChange",
    "DraftTerms",
    "ExchangeOut",
    "InvoiceIn",
    "InvoiceOut",
    "InvoiceRow",
    "InvoiceState",
    "IssuedOut",
    "Kind",
    "LineIn",
    "LineOut",
    "PaymentOut",
    "PeriodOut",
    "Position",
    "RowVersion",
    "SeriesOut",
    "Supply",
    "Treatment",
    "VatOut",
]

"""Tables: invoices and credit notes, their lines and VAT, the counter of each series, payments."""

from guild.invoicing.models.deposits import DepositSettlement
from guild.invoicing.models.given_up import WrittenOffMove
from guild.invoicing.models.internal import InvoiceNote
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
from guild.invoicing.models.proforma import ProformaSending
from guild.invoicing.models.recurring import PLAN_LIFECYCLE, RecurringPlan, RecurringRun
from guild.invoicing.models.reversals import PaymentReversal
from guild.invoicing.models.self_bill_due import SELF_BILL_DUE_LIFECYCLE, SelfBillDue
from guild.invoicing.models.self_billing import (
    SELF_BILL_LIFECYCLE,
    SelfBill,
    SelfBillingMandate,
    SupplierSeries,
)
from guild.invoicing.models.series import REFERENCE_SERIAL, SERIES_KINDS, NumberSeries
from guild.invoicing.models.shares import (
    SHARE_LIFECYCLE,
    InvoiceShare,
    PaymentShare,
    ReversalShare,
    WrittenOffShare,
)

__all__ = [
    "CREDIT_KINDS",
    "INVOICE_LIFECYCLE",
    "KINDS",
    "OPEN_STATES",
    "PLAN_LIFECYCLE",
    "REFERENCE_SERIAL",
    "SELF_BILL_DUE_LIFECYCLE",
    "SELF_BILL_LIFECYCLE",
    "SERIES_KINDS",
    "SHARE_LIFECYCLE",
    "DepositSettlement",
    "Invoice",
    "InvoiceAdjustment",
    "InvoiceAttachment",
    "InvoiceLine",
    "InvoiceNote",
    "InvoiceOrigin",
    "InvoiceShare",
    "InvoiceVat",
    "NumberSeries",
    "Payment",
    "PaymentReversal",
    "PaymentShare",
    "ProformaSending",
    "RecurringPlan",
    "RecurringRun",
    "ReversalShare",
    "SelfBill",
    "SelfBillDue",
    "SelfBillingMandate",
    "SupplierSeries",
    "WrittenOffMove",
    "WrittenOffShare",
]

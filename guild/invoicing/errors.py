"""What can go wrong with invoices."""

from guild.core.errors import Conflict, Invalid, NotFound, Unavailable


class InvoiceNotFound(NotFound):
    """Absent, or another's."""

    code = "invoice_not_found"
    title = "No such invoice"


class InvoiceFileNotFound(NotFound):
    """The files are made by a background job a moment after issuing; drafts have none."""

    code = "invoice_file_not_ready"
    title = "This file does not exist (yet)"


class NothingToInvoice(Conflict):
    """The milestones are not accepted, or have an invoice already."""

    code = "nothing_to_invoice"
    title = "There is nothing to invoice here"


class ContractNotSigned(Conflict):
    """No invoice without an order that the client accepted."""

    code = "contract_not_signed"
    title = "The contract is not signed"


class VatUndecided(Invalid):
    """The facts do not say how the supply is taxed; a person has to add one."""

    code = "vat_undecided"
    title = "The VAT cannot be decided"


class VatRateUnknown(Invalid):
    """The dated table has no rate for that country and day; an old rate is never reused."""

    code = "vat_rate_unknown"
    title = "No VAT rate is known for that country and day"


class VatNumberInvalid(Invalid):
    """The check digits of a VAT number do not hold."""

    code = "vat_number_invalid"
    title = "The VAT number is not valid"


class EInvoiceRefused(Invalid):
    """A rule of EN 16931 or Peppol BIS Billing 3.0 is broken; `rule` names it."""

    code = "einvoice_rule"
    title = "The invoice would be refused by the receiver's system"


class DatesOutOfOrder(Conflict):
    """The series already has a later date; numbers follow the calendar."""

    code = "invoice_dates_out_of_order"
    title = "The date lies before the last number of the series"


class PaymentTooLarge(Invalid):
    """More than is open; the difference is the client's, not the invoice's."""

    code = "payment_too_large"
    title = "The payment is more than is open"


class CreditTooLarge(Invalid):
    """A credit note never takes back more than the invoice asked for."""

    code = "credit_too_large"
    title = "The credit is more than the invoice"


class PaymentNotFound(NotFound):
    """No such payment was recorded."""

    code = "payment_not_found"
    title = "No such payment"


class PaymentKept(Conflict):
    """The payment cannot be taken back as things stand."""

    code = "payment_kept"
    title = "This payment cannot be taken back now"


class NoSelfBillingMandate(NotFound):
    """The member has not agreed, or has ended it."""

    code = "no_self_billing_mandate"
    title = "You have no running mandate for self-billing"


class PlanNotFound(NotFound):
    """Absent, or another's."""

    code = "recurring_plan_not_found"
    title = "No such plan of recurring invoices"


class RulesUnavailable(Unavailable):
    """The official rules cannot be asked: a file is missing, or their process died."""

    code = "einvoice_rules_unavailable"
    title = "The invoice cannot be checked now"

"""What is done with invoices: draft, issue, record payments, credit, mark overdue, file."""

from guild.invoicing.commands.credits import credit_invoice
from guild.invoicing.commands.drafts import draft_invoice_from_milestones, edit_draft
from guild.invoicing.commands.filing import make_documents, mark_overdue
from guild.invoicing.commands.issuing import issue_invoice, issue_invoices
from guild.invoicing.commands.mailing import mail_invoice
from guild.invoicing.commands.payments import (
    locked_receivable,
    record_payment,
    record_received,
)
from guild.invoicing.commands.prepaying import record_prepaid
from guild.invoicing.commands.reversals import reverse_payment
from guild.invoicing.commands.validating import check_draft, validate_draft
from guild.invoicing.commands.writing_off import reinstate_rest, write_off_rest

__all__ = [
    "check_draft",
    "credit_invoice",
    "draft_invoice_from_milestones",
    "edit_draft",
    "issue_invoice",
    "issue_invoices",
    "locked_receivable",
    "mail_invoice",
    "make_documents",
    "mark_overdue",
    "record_payment",
    "record_prepaid",
    "record_received",
    "reinstate_rest",
    "reverse_payment",
    "validate_draft",
    "write_off_rest",
]

"""What is done with invoices: draft, issue, record payments, credit, mark overdue, file."""

from guild.invoicing.commands.credits import credit_invoice
from guild.invoicing.commands.drafts import draft_invoice_from_milestones, edit_draft
from guild.invoicing.commands.filing import make_documents, mark_overdue
from guild.invoicing.commands.issuing import issue_invoice, issue_invoices
from guild.invoicing.commands.payments import record_payment

__all__ = [
    "credit_invoice",
    "draft_invoice_from_milestones",
    "edit_draft",
    "issue_invoice",
    "issue_invoices",
    "make_documents",
    "mark_overdue",
    "record_payment",
]

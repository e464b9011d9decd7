"""What is done with invoices: draft, issue, record payments, credit, mark overdue, file."""

from guild.invoicing.commands.attaching import FILE_MAX, add_note, attach_file, remove_file
from guild.invoicing.commands.copying import copy_invoice
from guild.invoicing.commands.credits import credit_invoice
from guild.invoicing.commands.deposits import draft_deposit, settle_deposits
from guild.invoicing.commands.drafts import draft_invoice_from_milestones, edit_draft
from guild.invoicing.commands.filing import make_documents, mark_overdue
from guild.invoicing.commands.issuing import issue_invoice, issue_invoices
from guild.invoicing.commands.mailing import mail_invoice, mail_self_bill, send_proforma
from guild.invoicing.commands.payments import (
    Receivable,
    locked_receivable,
    record_payment,
    record_received,
)
from guild.invoicing.commands.prepaying import record_prepaid
from guild.invoicing.commands.proforma import draft_from_proforma, draft_proforma, print_proforma
from guild.invoicing.commands.recurring import (
    due_plans,
    end_plan,
    pause_plan,
    resume_plan,
    run_plan,
    skip_period,
    start_plan,
)
from guild.invoicing.commands.reissuing import credit_and_reissue
from guild.invoicing.commands.reversals import reverse_payment
from guild.invoicing.commands.self_billing import (
    accept_by_silence,
    accept_self_bill,
    object_to_self_bill,
    revoke_mandate,
    sign_mandate,
)
from guild.invoicing.commands.self_bills import (
    BilledLine,
    months_to_bill,
    retry_self_bill,
    self_bill_month,
    self_bill_payout,
)
from guild.invoicing.commands.sharing import agree_to_share, decline_share, share_draft
from guild.invoicing.commands.telling import tell_co_workers
from guild.invoicing.commands.validating import check_draft, validate_draft
from guild.invoicing.commands.writing_off import reinstate, write_off

__all__ = [
    "FILE_MAX",
    "BilledLine",
    "Receivable",
    "accept_by_silence",
    "accept_self_bill",
    "add_note",
    "agree_to_share",
    "attach_file",
    "check_draft",
    "copy_invoice",
    "credit_and_reissue",
    "credit_invoice",
    "decline_share",
    "draft_deposit",
    "draft_from_proforma",
    "draft_invoice_from_milestones",
    "draft_proforma",
    "due_plans",
    "edit_draft",
    "end_plan",
    "issue_invoice",
    "issue_invoices",
    "locked_receivable",
    "mail_invoice",
    "mail_self_bill",
    "make_documents",
    "mark_overdue",
    "months_to_bill",
    "object_to_self_bill",
    "pause_plan",
    "print_proforma",
    "record_payment",
    "record_prepaid",
    "record_received",
    "reinstate",
    "remove_file",
    "resume_plan",
    "retry_self_bill",
    "reverse_payment",
    "revoke_mandate",
    "run_plan",
    "self_bill_month",
    "self_bill_payout",
    "send_proforma",
    "settle_deposits",
    "share_draft",
    "sign_mandate",
    "skip_period",
    "start_plan",
    "tell_co_workers",
    "validate_draft",
    "write_off",
]

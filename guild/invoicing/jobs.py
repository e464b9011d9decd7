"""Background work of invoicing: the files of what was issued, and the due dates that pass."""

from datetime import date

from guild.core.ids import InvoiceId, MemberId, RecurringPlanId
from guild.core.jobs import job, scheduled
from guild.core.work import Work
from guild.invoicing import commands


@job("invoicing.make_documents", timeout_s=60)
async def make_documents(work: Work, invoice_id: InvoiceId) -> None:
    """Make and keep the PDF/A-3, the CII and the UBL file, and mail the client; once."""
    await commands.make_documents(work, invoice_id)


@job("invoicing.validate_draft", timeout_s=60)
async def validate_draft(work: Work, invoice_id: InvoiceId) -> None:
    """Judge a draft as it will be issued, so that issuing need not; again after each change."""
    await commands.validate_draft(work, invoice_id)
    await commands.print_proforma(work, invoice_id)


@scheduled("invoicing.mark_overdue", every_minutes=60)
async def mark_overdue(work: Work) -> None:
    """Mark what fell due since the last run."""
    await commands.mark_overdue(work)


@scheduled("invoicing.accept_self_bills", every_minutes=60)
async def accept_self_bills(work: Work) -> None:
    """Accept self-billed documents that nobody objected to in time."""
    await commands.accept_by_silence(work)


@job("invoicing.run_plan", timeout_s=120)
async def run_plan(work: Work, plan_id: RecurringPlanId) -> None:
    """Make the recurring invoices of a plan that are due; again makes none twice."""
    await commands.run_plan(work, plan_id)


@scheduled("invoicing.run_plans", every_minutes=60)
async def run_plans(work: Work) -> None:
    """One job for each plan of which something is due, so that one that fails stops no other."""
    for plan_id in await commands.due_plans(work):
        work.later(run_plan, plan_id=plan_id)


@job("invoicing.self_bill_month", timeout_s=120)
async def self_bill_month(work: Work, member_id: MemberId, month: str) -> None:
    """Write a member's documents for what she was paid in a month; once."""
    await commands.self_bill_month(work, member_id, date.fromisoformat(month))


@scheduled("invoicing.self_bill_months", every_minutes=60)
async def self_bill_months(work: Work) -> None:
    """Queue the month's documents of members whose mandate says so, when the month is over."""
    for one in await commands.months_to_bill(work):
        work.later(self_bill_month, member_id=one.member_id, month=one.month.isoformat())

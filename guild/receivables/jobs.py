"""Background work of receivables: reminders and letters, silence, broken promises, proofs."""

from sqlalchemy import select

from guild.core.ids import (
    InsolvencyId,
    InterestClaimId,
    InvoiceId,
    ObjectionId,
    OrganisationId,
    ReminderId,
)
from guild.core.jobs import job, scheduled
from guild.core.work import Work
from guild.invoicing.models import OPEN_STATES, Invoice
from guild.receivables import commands, queries
from guild.receivables.models import HOLDING, Objection

BATCH = 500


@job("receivables.remind", timeout_s=30)
async def remind_of(work: Work, invoice_id: InvoiceId) -> None:
    """Send the step that is due on one invoice, once."""
    await commands.remind(work, invoice_id)


@job("receivables.print_reminder", timeout_s=60)
async def print_reminder(work: Work, reminder_id: ReminderId) -> None:
    """Make the letter of a reminder, once."""
    await commands.print_reminder(work, reminder_id)


@job("receivables.print_interest", timeout_s=60)
async def print_interest(work: Work, claim_id: InterestClaimId) -> None:
    """Make the note of a claim of interest, once."""
    await commands.print_interest(work, claim_id)


@job("receivables.bundle_proofs", timeout_s=300)
async def bundle_proofs(work: Work, insolvency_id: InsolvencyId) -> None:
    """Put the proofs against an insolvent client together, once."""
    await commands.bundle_proofs(work, insolvency_id)


@job("receivables.apply_silence", timeout_s=60)
async def apply_silence(work: Work, objection_id: ObjectionId) -> None:
    """Do what silence means for one objection; what has moved on is left alone."""
    await commands.apply_silence(work, objection_id)


@job("receivables.tell_of_profile", timeout_s=30)
async def tell_of_profile(work: Work, client_id: OrganisationId) -> None:
    """Tell one client of its figures before members see them, once."""
    await commands.tell_of_profile(work, client_id)


@scheduled("receivables.tell_of_profiles", every_minutes=1440)
async def tell_of_profiles(work: Work) -> None:
    """Queue clients whose payment profile may have come to be shown."""
    for client_id in await queries.changed_lately(work):
        work.later(tell_of_profile, client_id=client_id)


@scheduled("receivables.remind_all", every_minutes=60)
async def remind_all(work: Work) -> None:
    """Queue every invoice of which a step may be due."""
    for invoice_id in await commands.due_invoices(work):
        work.later(remind_of, invoice_id=invoice_id)


@scheduled("receivables.end_silence", every_minutes=60)
async def end_silence(work: Work) -> None:
    """Queue objections whose day to answer has passed, or whose invoice was settled."""
    rows = await work.session.scalars(
        select(Objection.id)
        .join(Invoice, Invoice.id == Objection.invoice_id)
        .where(
            Objection.state.in_(HOLDING),
            (Objection.state.in_(["open", "answered"]) & (Objection.answer_by < work.today))
            | Invoice.state.not_in(OPEN_STATES),
        )
        .order_by(Objection.answer_by, Objection.id)
        .limit(BATCH)
    )
    for objection_id in rows:
        work.later(apply_silence, objection_id=objection_id)


@scheduled("receivables.notice_broken_promises", every_minutes=60)
async def notice_broken_promises(work: Work) -> None:
    """Mark promises whose day has passed."""
    await commands.notice_broken(work)


@scheduled("receivables.remind_mediators", every_minutes=60)
async def remind_mediators(work: Work) -> None:
    """Tell reps and secretaries of mediations that are overdue, once each."""
    await commands.remind_mediators(work)

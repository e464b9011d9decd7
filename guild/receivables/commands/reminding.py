"""Reminding: one step of the charter's schedule at a time, once per invoice and step.

The run only looks which invoices have a step today and queues one job for each. The job locks the
invoice, asks everything again and writes the step under a unique index, so that it does not matter
how often it runs or how many processes run it at once.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, text

from guild.core.errors import GuildError
from guild.core.ids import InvoiceId, ReminderId, new_id
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.documents.commands import store
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import PrintOrder
from guild.governance.queries import charter_at
from guild.invoicing.commands.writing_off import locked_invoice
from guild.invoicing.errors import InvoiceNotFound
from guild.members.models import Organisation
from guild.receivables.commands.letters import lang_of, mail_client, said_of, words_of
from guild.receivables.errors import ReminderNotFound
from guild.receivables.events import ReminderSent
from guild.receivables.models import Promise, Reminder, ReminderRule
from guild.receivables.queries.interest import interest_now
from guild.receivables.queries.sheets import reminder_sheet
from guild.receivables.queries.standing import Standing, standing
from guild.receivables.rules.reminders import Planned, due_now, plan_of
from guild.receivables.schemas import ReminderRuleIn

BATCH: Final = 2_000
PDF: Final = "application/pdf"

CANDIDATES: Final = text(
    """SELECT i.id FROM invoice i
        WHERE i.kind = 'invoice' AND i.state IN ('issued', 'partly_paid')
          AND i.due_on BETWEEN :from_day AND :to_day
          AND NOT EXISTS (SELECT FROM reminder r WHERE r.invoice_id = i.id
                           AND r.step >= least(:last_step, (:today - i.due_on)))
        ORDER BY i.due_on, i.id LIMIT :batch"""
)
"""Open invoices whose newest step is older than their days; the job decides for each."""


async def due_invoices(work: Work) -> list[InvoiceId]:
    """Invoices of which a step may be due today; a few too many do no harm."""
    steps = (await charter_at(work)).receivables.reminders
    first, last = steps[0].days, steps[-1].days
    rows = await work.session.execute(
        CANDIDATES,
        {
            "today": work.today,
            "from_day": work.today - timedelta(days=last + 400),
            "to_day": work.today - timedelta(days=first),
            "last_step": last,
            "batch": BATCH,
        },
    )
    return [InvoiceId(found) for (found,) in rows]


async def remind(work: Work, invoice_id: InvoiceId) -> ReminderId | None:
    """Send the step that is due on an invoice, if any and if nothing keeps it quiet.

    Safe to run again and at once in several processes: each step of an invoice is done once.
    """
    try:
        await locked_invoice(work, invoice_id)
    except InvoiceNotFound:
        return None
    one = await standing(work, invoice_id)
    if one.quiet(work.today):
        return None
    charter = await charter_at(work)
    plan = plan_of(one.due_on, charter.receivables.reminders, one.country, one.override)
    due = due_now(plan, one.done_steps, one.due_on, work.today, one.last_sent)
    for step in due.overtaken:
        _log(work, one, step, "overtaken", charter.version)
    sent = _log(work, one, due.send, "sent", charter.version) if due.send else None
    await work.session.flush()
    if sent is None or due.send is None:
        return None
    await _mail(work, one, due.send)
    if due.send.channel == "letter":
        from_jobs(work, sent)
    await work.emit(
        ReminderSent(
            reminder_id=sent, invoice_id=invoice_id, step=due.send.step, tone=due.send.tone
        )
    )
    return sent


def from_jobs(work: Work, reminder_id: ReminderId) -> None:
    """Queue the letter; the room of jobs imports this one, so the look-up is by name."""
    work.later(work.system.jobs["receivables.print_reminder"], reminder_id=reminder_id)


def _log(work: Work, one: Standing, step: Planned, result: str, charter_version: int) -> ReminderId:
    row = Reminder(
        id=ReminderId(new_id()),
        invoice_id=one.id,
        step=step.step,
        tone=step.tone,
        channel=step.channel,
        result=result,
        planned_on=step.on,
        sent_at=work.now,
        sent_to=one.contact_email,
        language=lang_of(one),
        asked_minor=one.due_minor,
        disputed_minor=one.disputed_minor,
        currency=one.currency,
        charter_version=charter_version,
    )
    work.session.add(row)
    return row.id


async def _mail(work: Work, one: Standing, step: Planned) -> None:
    lang = lang_of(one)
    words = words_of(lang)
    said = words["reminder"]["before" if step.step < 0 else step.tone]
    paragraphs = [said["text"], words["facts"]]
    if one.disputed_minor:
        paragraphs.append(words["disputed"])
    extra: dict[str, Any] = {"late": (work.today - one.due_on).days, "interest": "", "promised": ""}
    broken = await work.session.scalar(
        select(func.max(Promise.pay_by)).where(
            Promise.invoice_id == one.id, Promise.state == "broken"
        )
    )
    if broken is not None:
        paragraphs.insert(1, words["promise_broken"])
        extra["promised"] = long_date(broken, lang)
    if step.tone in {"firm", "final"}:
        extra["interest"] = await interest_words(work, one)
    await mail_client(work, one, said["subject"], paragraphs, **extra)


async def interest_words(work: Work, one: Standing) -> str:
    """What the law would give up to today, in the client's language; nothing where it does not."""
    try:
        shown = await interest_now(work, one)
    except GuildError:
        return ""
    if shown.interest_minor <= 0:
        return ""
    lang = lang_of(one)
    said: str = words_of(lang)["interest"]
    return said.format(
        interest=money_text(shown.interest_minor, one.currency, lang),
        fixed=money_text(shown.compensation_minor, one.currency, lang),
    )


async def print_reminder(work: Work, reminder_id: ReminderId) -> None:
    """Make the letter of a reminder as a PDF and keep it; a second run finds it made."""
    row = await work.session.scalar(
        select(Reminder).where(Reminder.id == reminder_id).with_for_update()
    )
    if row is None:
        raise ReminderNotFound
    if row.document_id is not None:
        return
    one = await standing(work, row.invoice_id)
    interest = await interest_words(work, one) if row.tone in {"firm", "final"} else ""
    client = await work.session.get_one(Organisation, one.client_id)
    sheet = reminder_sheet(work, one, row, client, words_of(lang_of(one)), said_of(one), interest)
    pool = work.system.resource("documents.pool", DocumentPool)
    pdf = await pool.render(
        PrintOrder(
            html=render_html("receivables/reminder_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=row.sent_at,
            attachments=(),
            facturx_profile="",
        )
    )
    name = f"reminder-{one.number}-{row.step}.pdf"
    row.document_id = await store(work, pdf, PDF, name, row.invoice_id)
    await work.session.flush()


async def set_rule(work: Work, data: ReminderRuleIn) -> ReminderRule:
    """Stop or change reminders for the house, a client or an invoice; it replaces the former."""
    row = await work.session.get(ReminderRule, (data.scope, data.subject_id), with_for_update=True)
    if row is None:
        row = ReminderRule(scope=data.scope, subject_id=data.subject_id)
        work.session.add(row)
    row.stopped, row.shift_days, row.channel = data.stopped, data.shift_days, data.channel
    row.reason, row.set_by, row.set_at = data.reason, work.actor.member_id, work.now
    await work.session.flush()
    return row

"""How an invoice stands: what is open and why, objections to it, reminders of it."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, select

from guild.core.errors import GuildError
from guild.core.ids import DocumentId, InvoiceId, ObjectionId, OrganisationId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor
from guild.core.work import Work
from guild.documents import queries as documents
from guild.governance.queries import charter_at
from guild.invoicing.models import Invoice
from guild.ledger import queries as ledger
from guild.ledger.chart import Account
from guild.members.models import Member, Organisation
from guild.receivables import access
from guild.receivables.errors import (
    ObjectionNotFound,
    ReminderNotFound,
)
from guild.receivables.models import (
    HOLDING,
    Objection,
    ObjectionFile,
    Promise,
    Reminder,
    ReminderRule,
)
from guild.receivables.queries.interest import interest_now
from guild.receivables.queries.paging import page_of
from guild.receivables.queries.standing import standings, visible_standing
from guild.receivables.rules.overdue import bucket_of
from guild.receivables.rules.reminders import Planned, next_of, plan_of
from guild.receivables.schemas import (
    NextRunRow,
    ObjectionFileOut,
    ObjectionOut,
    PromiseOut,
    ReceivableOut,
    ReminderOut,
    ReminderPlanOut,
    ReminderRuleOut,
    RemindersOut,
)


async def receivable(work: Work, invoice_id: InvoiceId) -> ReceivableOut:
    """How an invoice that the actor may see stands with its client; raises InvoiceNotFound."""
    one = await visible_standing(work, invoice_id)

    def amount(minor: int) -> str:
        return Money(minor, one.currency).text

    interest, note = None, ""
    try:
        interest = amount((await interest_now(work, one)).total_minor)
    except GuildError as none:
        note = none.detail
    held = await work.session.scalar(
        select(Objection.id).where(Objection.invoice_id == invoice_id, Objection.state.in_(HOLDING))
    )
    promises = await work.session.scalars(
        select(Promise).where(Promise.invoice_id == invoice_id).order_by(Promise.id)
    )
    credit = await ledger.balance_of(work, Account("client_credit", one.client_id), one.currency)
    return ReceivableOut(
        invoice_id=one.id,
        number=one.number,
        title=one.title,
        state=one.state,
        client_id=one.client_id,
        client_name=one.client_name,
        member_id=one.member_id,
        issued_on=one.issued_on,
        due_on=one.due_on,
        days_late=max(0, (work.today - one.due_on).days) if one.open_minor else 0,
        bucket=bucket_of(one.due_on, work.today),
        currency=one.currency,
        total=amount(one.total_minor),
        paid=amount(one.paid_minor),
        credited=amount(one.credited_minor),
        written_off=amount(one.written_off_minor),
        open=amount(one.open_minor),
        disputed=amount(one.disputed_minor),
        due=amount(one.due_minor),
        promised_until=one.promised_until,
        insolvent=one.insolvent,
        quiet=one.quiet(work.today),
        credit_on_account=credit.text,
        interest_so_far=interest,
        interest_note=note,
        objection=await objection(work, held) if held else None,
        promises=[
            PromiseOut(
                id=row.id, state=cast("Any", row.state), pay_by=row.pay_by, note=row.note,
                said_by=cast("Any", row.said_by), recorded_at=row.recorded_at,
            )
            for row in promises
        ],
    )  # fmt: skip


# --- objections ----------------------------------------------------------------------


async def objection(work: Work, objection_id: ObjectionId) -> ObjectionOut:
    """One objection that the actor may see; raises ObjectionNotFound."""
    rows = await _objections(work, _objection_rows(work).where(Objection.id == objection_id))
    if not rows:
        raise ObjectionNotFound
    return rows[0]


async def objections(
    work: Work, *, held: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[ObjectionOut]:
    """Objections, newest first; `held` leaves out those that have ended."""
    wanted = _objection_rows(work)
    if held:
        wanted = wanted.where(Objection.state.in_(HOLDING))
    if cursor:
        wanted = wanted.where(Objection.id < decode_cursor(cursor, tuple[UUID])[0])
    rows = await _objections(work, wanted.order_by(Objection.id.desc()).limit(limit + 1))
    return page_of(rows, limit)


def _objection_rows(work: Work) -> Select[Objection, str | None, str, str]:
    return (
        select(Objection, Invoice.number, Organisation.name, Member.display_name)
        .join(Invoice, Invoice.id == Objection.invoice_id)
        .join(Organisation, Organisation.id == Objection.client_id)
        .join(Member, Member.id == Objection.member_id)
        .where(access.objections_visible_to(work.actor))
        .execution_options(populate_existing=True)
    )


async def _objections(
    work: Work, wanted: Select[Objection, str | None, str, str]
) -> list[ObjectionOut]:
    rows = (await work.session.execute(wanted)).all()
    files: dict[UUID, list[ObjectionFileOut]] = {}
    for file in await work.session.scalars(
        select(ObjectionFile).where(ObjectionFile.objection_id.in_([row[0].id for row in rows]))
    ):
        files.setdefault(file.objection_id, []).append(
            ObjectionFileOut(
                document_id=file.document_id, name=file.name, media_type=file.media_type
            )
        )
    silence = (await charter_at(work)).receivables.dispute_silence
    return [
        ObjectionOut(
            id=row.id,
            invoice_id=row.invoice_id,
            invoice_number=number or "",
            client_name=client,
            member_id=row.member_id,
            member_name=member,
            state=cast("Any", row.state),
            reason_code=cast("Any", row.reason_code),
            text=row.text,
            lines=list(row.positions),
            amount=Money(row.amount_minor, row.currency).text,
            currency=row.currency,
            opened_on=row.opened_on,
            answer_by=row.answer_by,
            after_silence=after_silence(row.state, silence),
            answer=row.answer,
            outcome_note=row.outcome_note,
            closed_on=row.closed_on,
            credit_note_id=row.credit_note_id,
            files=files.get(row.id, []),
            charter_version=row.charter_version,
        )
        for row, number, client, member in rows
    ]


def after_silence(state: str, default: str) -> str:
    """What follows by itself when whose turn it is says nothing, in words."""
    if state == "open":
        return (
            "A union representative takes it up."
            if default == "mediation"
            else "A credit note over the disputed part is issued."
        )
    return "It counts as withdrawn." if state == "answered" else ""


async def objection_file(
    work: Work, objection_id: ObjectionId, document_id: DocumentId
) -> tuple[str, str, bytes]:
    """Name, media type and bytes of a file of an objection; raises ObjectionNotFound."""
    await objection(work, objection_id)
    row = await work.session.get(ObjectionFile, (objection_id, document_id))
    if row is None:
        raise ObjectionNotFound
    return row.name, row.media_type, await documents.read(work, document_id)


# --- reminders -----------------------------------------------------------------------


async def reminders(work: Work, invoice_id: InvoiceId) -> RemindersOut:
    """The log and the plan of one invoice; raises InvoiceNotFound."""
    one = await visible_standing(work, invoice_id)
    charter = await charter_at(work)
    plan = plan_of(one.due_on, charter.receivables.reminders, one.country, one.override)
    quiet = one.quiet(work.today)
    upcoming = None if quiet else next_of(plan, one.done_steps, work.today)
    rows = await work.session.scalars(
        select(Reminder).where(Reminder.invoice_id == invoice_id).order_by(Reminder.id)
    )
    return RemindersOut(
        invoice_id=one.id,
        quiet=quiet,
        next=_planned(upcoming) if upcoming else None,
        plan=[_planned(step) for step in plan if step.step not in one.done_steps],
        sent=[
            ReminderOut(
                id=row.id, step=row.step, tone=row.tone, channel=row.channel, result=row.result,
                planned_on=row.planned_on, sent_at=row.sent_at, sent_to=row.sent_to,
                asked=Money(row.asked_minor, row.currency).text,
                disputed=Money(row.disputed_minor, row.currency).text, currency=row.currency,
                has_letter=row.document_id is not None,
            )
            for row in rows
        ],
        charter_version=charter.version,
    )  # fmt: skip


def _planned(step: Planned) -> ReminderPlanOut:
    return ReminderPlanOut(step=step.step, tone=step.tone, channel=step.channel, on=step.on)


async def next_run(
    work: Work, *, days: int = 0, limit: int = 100, client_id: OrganisationId | None = None
) -> list[NextRunRow]:
    """What runs send up to so many days ahead: the member's own, or all for the treasury."""
    day = work.today + timedelta(days=days)
    charter = await charter_at(work)
    steps = charter.receivables.reminders
    wanted = select(Invoice.id).where(
        Invoice.kind == "invoice",
        Invoice.state.in_(["issued", "partly_paid"]),
        Invoice.due_on.is_not(None),
    )
    if client_id is not None:
        wanted = wanted.where(Invoice.client_id == client_id)
    if not work.actor.roles & access.OFFICES:
        wanted = wanted.where(Invoice.member_id == work.actor.member_id)
    ids = list(
        await work.session.scalars(wanted.order_by(Invoice.due_on, Invoice.id).limit(10 * limit))
    )
    rows = []
    for one in sorted(await standings(work, ids), key=lambda each: (each.due_on, each.id)):
        if one.quiet(day):
            continue
        plan = plan_of(one.due_on, steps, one.country, one.override)
        step = next_of(plan, one.done_steps, work.today)
        if step is not None and step.on <= day:
            rows.append(
                NextRunRow(
                    invoice_id=one.id, number=one.number, client_name=one.client_name,
                    asked=Money(one.due_minor, one.currency).text, currency=one.currency,
                    due_on=one.due_on, next=_planned(step),
                )
            )  # fmt: skip
    return rows[:limit]


async def reminder_rule(work: Work, scope: str, subject_id: UUID) -> ReminderRuleOut | None:
    """What a treasurer changed for the house, a client or an invoice, or None."""
    row = await work.session.get(ReminderRule, (scope, subject_id), populate_existing=True)
    return None if row is None else rule_out(row)


async def reminder_rules(work: Work) -> list[ReminderRuleOut]:
    """What treasurers changed, newest first."""
    rows = await work.session.scalars(
        select(ReminderRule).order_by(ReminderRule.set_at.desc()).limit(200)
    )
    return [rule_out(row) for row in rows]


def rule_out(row: ReminderRule) -> ReminderRuleOut:
    """A rule on the wire."""
    return ReminderRuleOut(
        scope=row.scope, subject_id=row.subject_id, stopped=row.stopped,
        shift_days=row.shift_days, channel=row.channel, reason=row.reason, set_by=row.set_by,
        set_at=row.set_at,
    )  # fmt: skip


async def reminder_letter(work: Work, invoice_id: InvoiceId, step: int) -> bytes:
    """The PDF of a reminder letter; raises ReminderNotFound."""
    await visible_standing(work, invoice_id)
    found = await work.session.scalar(
        select(Reminder.document_id).where(Reminder.invoice_id == invoice_id, Reminder.step == step)
    )
    if found is None:
        raise ReminderNotFound
    return await documents.read(work, found)

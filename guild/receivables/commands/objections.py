"""After an objection the member answers, a representative helps; it ends one way or another.

While an objection holds, reminders and interest rest on the disputed part only. What happens in
silence is said in the first mail and done by the clock.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import ObjectionId
from guild.core.money import Money
from guild.core.pages import long_date, money_text
from guild.core.permissions import Permission, Role
from guild.core.wire import money_in
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import commands as invoicing
from guild.invoicing.commands.writing_off import locked_invoice
from guild.invoicing.models import Invoice
from guild.invoicing.queries import has_part, sharers
from guild.members.models import Member, MemberRole
from guild.members.queries.firms import owns_client
from guild.receivables import access
from guild.receivables.commands.letters import (
    lang_of,
    mail_client,
    tell_member,
    words_of,
)
from guild.receivables.errors import (
    ObjectionNotFound,
    OwnCase,
)
from guild.receivables.events import (
    InvoiceDisputeClosed,
    ObjectionAnswered,
    ObjectionMediated,
)
from guild.receivables.models import HOLDING, OBJECTION, Objection
from guild.receivables.queries.standing import Standing, standing


async def tell_members(work: Work, row: Objection, subject: str, text: str) -> None:
    """Write to the member who drafted the invoice, and to each who shares it with her own part."""
    shared = await sharers(work, row.invoice_id)
    if not shared:
        tell_member(work, (await work.session.get_one(Member, row.member_id)).email, subject, text)
    for one in shared:
        part = f"Your part of this invoice is {money_text(one.net)} before tax."
        if one.member_id != row.member_id:
            part += " Whoever drafted it answers the client."
        tell_member(work, one.email, subject, f"{text}\n\n{part}")


async def rep_emails(work: Work) -> list[str]:
    """Where the union representatives read about it, twenty at most."""
    rows = await work.session.scalars(
        select(Member.email)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .where(MemberRole.role == Role.REP.value, MemberRole.ended_at.is_(None))
        .order_by(Member.email)
        .limit(20)
    )
    return list(rows)


async def answer_objection(work: Work, objection_id: ObjectionId, answer: str) -> Objection:
    """The member (or the treasurer for her) answers; the client has its days to reply."""
    row = await locked_objection(work, objection_id)
    work.require(access.may_act_for(work.actor, row.member_id), "The member answers.")
    OBJECTION.move(row, "answer")
    charter = await charter_at(work)
    row.answer = answer.strip()
    row.answer_by = work.today + timedelta(days=charter.receivables.dispute_reply_days)
    await work.session.flush()
    await work.emit(
        ObjectionAnswered(objection_id=row.id, invoice_id=row.invoice_id, reply_by=row.answer_by)
    )
    one = await standing(work, row.invoice_id)
    said = words_of(lang_of(one))["answered"]
    await mail_client(
        work, one, said["subject"], [said["text"]], answer=row.answer,
        reply_by=long_date(row.answer_by, lang_of(one)),
    )  # fmt: skip
    return row


async def rule_on(work: Work, objection_id: ObjectionId, outcome: str, note: str = "") -> Objection:
    """Move an objection on; who may do which is decided here.

    The client insists or withdraws; the member asks for mediation or delivers anew; a
    representative mediates, dismisses, or sends both to the ombuds office or a court. A
    representative whose own invoice it is decides nothing.
    """
    row = await locked_objection(work, objection_id)
    await _may_rule(work, row, outcome)
    if outcome in {"dismiss", "to_court", "redeliver"} and not note.strip():
        raise Invalid("Say why; the client reads it.", field="note")
    _move(work, row, outcome)
    row.outcome_note = note.strip()
    if row.state in HOLDING:
        days = (await charter_at(work)).receivables.dispute_mediation_days
        row.answer_by = work.today + timedelta(days=days)
    await _moved(work, row)
    return row


async def _may_rule(work: Work, row: Objection, outcome: str) -> None:
    actor = work.actor
    own = actor.kind == "member" and (
        await has_part(work, row.invoice_id)
        or await owns_client(work, actor.member_id, row.client_id)
    )
    mediator = actor.may(Permission.OBJECTIONS_MEDIATE) and actor.kind == "member"
    if outcome in {"dismiss", "to_court"}:
        if own:
            raise OwnCase
        work.require(mediator, "A union representative decides this.")
    elif outcome in {"insist", "withdraw"}:
        work.require(actor.kind in {"contact", "job"} or access.is_treasurer(actor),
                     "That is the client's to say.")  # fmt: skip
        if own:
            raise OwnCase
    elif outcome == "mediate":
        work.require(mediator or access.may_act_for(actor, row.member_id))
    else:
        work.require(access.may_act_for(actor, row.member_id), "The member delivers anew.")


async def concede(
    work: Work, objection_id: ObjectionId, reason: str, net: str | None = None
) -> Objection:
    """Issue the credit note that ends an objection: what is disputed, or a smaller net amount."""
    row = await locked_objection(work, objection_id)
    work.require(access.may_act_for(work.actor, row.member_id), "The member credits.")
    _move(work, row, "credit")
    invoice = await work.session.get_one(Invoice, row.invoice_id)
    said: dict[str, Any] = {}
    if net is not None:
        said["net"] = money_in(net, row.currency, field="net")
    elif row.positions:
        said["lines"] = row.positions
    elif row.amount_minor < invoice.total_minor - invoice.credited_minor:
        share = (2 * row.amount_minor * invoice.net_minor + invoice.total_minor) // (
            2 * invoice.total_minor
        )
        left = invoice.net_minor - invoice.credited_net_minor
        said["net"] = Money(max(1, min(share, left)), row.currency)
    note = await invoicing.credit_invoice(work, row.invoice_id, reason, **said)
    row.credit_note_id = note.id
    row.outcome_note = reason.strip()
    await _moved(work, row)
    return row


def _move(work: Work, row: Objection, action: str) -> None:
    """Take a step; an end is dated at once, because a half-written end may be flushed."""
    OBJECTION.move(row, action)
    if row.state not in HOLDING:
        row.closed_on, row.closed_at, row.closed_by = work.today, work.now, work.actor.kind


async def end_objection(work: Work, row: Objection) -> None:
    """What the client objected to is mended: the objection ends, and its part is due again."""
    _move(work, row, "withdraw")
    await work.session.flush()
    await _closed(work, row)


async def _closed(work: Work, row: Objection) -> None:
    await work.emit(
        InvoiceDisputeClosed(
            objection_id=row.id, invoice_id=row.invoice_id, member_id=row.member_id,
            client_id=row.client_id, outcome=row.state,
        )
    )  # fmt: skip


async def _moved(work: Work, row: Objection) -> None:
    """State what became of it and tell the client, and the reps when it is theirs now."""
    closed = row.state not in HOLDING
    row.overdue_told_at = None
    await work.session.flush()
    if closed:
        await _closed(work, row)
    elif row.state == "mediation":
        await work.emit(
            ObjectionMediated(
                objection_id=row.id, invoice_id=row.invoice_id, member_id=row.member_id
            )
        )
    one = await standing(work, row.invoice_id)
    said = words_of(lang_of(one))["closed"]
    subject = said["subject"] if closed else words_of(lang_of(one))["objection"]["subject"]
    await mail_client(
        work, one, subject, [said[row.state]], note=row.outcome_note,
        answer_by=long_date(row.answer_by, lang_of(one)),
    )  # fmt: skip
    text = f"The objection to invoice {one.number} is now: {row.state}. {row.outcome_note}".strip()
    title = f"Objection to invoice {one.number}: {row.state}"
    await tell_members(work, row, title, text)
    for email in await rep_emails(work) if row.state == "mediation" else ():
        tell_member(work, email, title, text)


async def apply_silence(work: Work, objection_id: ObjectionId) -> None:
    """What was said in the first mail: the member's silence, or the client's, has its outcome.

    Safe to run twice: what has moved on meanwhile is left alone. An objection on which nothing is
    open any more ends too.
    """
    row = await work.session.scalar(
        select(Objection)
        .where(Objection.id == objection_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.state not in HOLDING:
        return
    one: Standing = await standing(work, row.invoice_id)
    if one.open_minor <= 0:
        row.outcome_note = "The invoice was settled."
        _move(work, row, "withdraw")
        await _moved(work, row)
        return
    if work.today <= row.answer_by:
        return
    if row.state == "open":
        charter = await charter_at(work, row.opened_at)
        if charter.receivables.dispute_silence == "credited":
            await concede(work, objection_id, "No answer within the days of the charter")
        else:
            await rule_on_silence(work, row)
    elif row.state == "answered":
        row.outcome_note = "No reply to the answer within the days of the charter."
        _move(work, row, "withdraw")
        await _moved(work, row)


async def rule_on_silence(work: Work, row: Objection) -> None:
    """The member said nothing: a representative takes the objection up."""
    _move(work, row, "mediate")
    days = (await charter_at(work)).receivables.dispute_mediation_days
    row.answer_by = work.today + timedelta(days=days)
    await _moved(work, row)


async def locked_objection(work: Work, objection_id: ObjectionId) -> Objection:
    """The objection if the actor may see it, with its invoice locked first, so that nobody waits
    crosswise. Raises ObjectionNotFound.
    """
    found = await work.session.scalar(
        select(Objection.invoice_id).where(
            Objection.id == objection_id, access.objections_visible_to(work.actor)
        )
    )
    if found is None:
        raise ObjectionNotFound
    await locked_invoice(work, found)
    row = await work.session.scalar(
        select(Objection)
        .where(Objection.id == objection_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert row is not None, "objections are never deleted"
    return row

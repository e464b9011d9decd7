"""A client objects; the member answers; a representative helps; it ends one way or another.

While an objection holds, reminders and interest rest on the disputed part only. What happens in
silence is said in the first mail and done by the clock.
"""

from base64 import b64decode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import InvoiceId, ObjectionId, new_id
from guild.core.money import Money
from guild.core.pages import long_date
from guild.core.permissions import Permission, Role
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents.commands import store
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.invoicing import commands as invoicing
from guild.invoicing.commands.writing_off import locked_invoice
from guild.invoicing.models import Invoice, InvoiceLine
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
    AlreadyDisputed,
    DisputedTooMuch,
    NothingOpen,
    ObjectionNotFound,
    OwnCase,
)
from guild.receivables.events import (
    InvoiceDisputeClosed,
    InvoiceDisputed,
    ObjectionAnswered,
    ObjectionMediated,
)
from guild.receivables.models import HOLDING, OBJECTION, Objection, ObjectionFile
from guild.receivables.queries.standing import Standing, standing, visible_standing
from guild.receivables.rules.overdue import line_gross
from guild.receivables.schemas import FileIn, ObjectionIn

FILE_BYTES_MAX: Final = 1_048_576
MAGIC: Final = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}


async def object_to(work: Work, invoice_id: InvoiceId, data: ObjectionIn) -> ObjectionId:
    """Dispute an invoice in whole or part, as its client or for a client who wrote a letter.

    Raises InvoiceNotFound, NothingOpen, AlreadyDisputed, DisputedTooMuch, Invalid for lines that
    are not there and files that cannot be read.
    """
    await visible_standing(work, invoice_id)
    invoice = await locked_invoice(work, invoice_id)
    before = await standing(work, invoice_id)
    if before.open_minor <= 0:
        raise NothingOpen
    if await _holding(work, invoice_id) is not None:
        raise AlreadyDisputed(mend="Wait for the answer, or withdraw it first.")
    files = [(file, _content(place, file)) for place, file in enumerate(data.files)]
    amount = await _disputed(work, invoice, data)
    if amount > before.open_minor:
        left = Money(before.open_minor, invoice.currency)
        raise DisputedTooMuch(f"{left} is open.", field="amount", open=left.text)
    charter = await charter_at(work)
    terms = charter.receivables
    row = Objection(
        id=ObjectionId(new_id()),
        invoice_id=invoice_id,
        member_id=invoice.member_id,
        client_id=invoice.client_id,
        contact_id=invoice.contact_id,
        state=OBJECTION.initial,
        reason_code=data.reason_code,
        text=data.text.strip(),
        positions=sorted(data.lines),
        amount_minor=amount,
        currency=invoice.currency,
        opened_on=work.today,
        opened_at=work.now,
        answer_by=work.today + timedelta(days=terms.dispute_answer_days),
        charter_version=charter.version,
    )
    work.session.add(row)
    await work.session.flush()
    await _keep_files(work, row, files)
    await work.emit(
        InvoiceDisputed(
            objection_id=row.id,
            invoice_id=invoice_id,
            member_id=row.member_id,
            client_id=row.client_id,
            reason_code=row.reason_code,
            disputed_minor=amount,
            disputed_net_minor=amount * invoice.net_minor // invoice.total_minor,
            currency=row.currency,
            advance_bps=terms.dispute_advance_bps,
        )
    )
    await _tell_of_objection(work, row, charter)
    return row.id


async def _disputed(work: Work, invoice: Invoice, data: ObjectionIn) -> int:
    """The disputed part in minor units, VAT included."""
    if data.lines and data.amount is not None:
        raise Invalid("Name lines or an amount, not both.", field="amount")
    if data.amount is not None:
        return money_in(data.amount, invoice.currency, field="amount").minor
    if not data.lines:
        return invoice.open_minor
    rows = await work.session.execute(
        select(InvoiceLine.position, InvoiceLine.net_minor, InvoiceLine.rate_milli).where(
            InvoiceLine.invoice_id == invoice.id, InvoiceLine.position.in_(data.lines)
        )
    )
    found = rows.all()
    if len(found) != len(data.lines):
        raise Invalid("The invoice has no such lines, or one is named twice.", field="lines")
    gross = sum(line_gross(net, rate) for _, net, rate in found)
    # VAT is rounded on the sum of the invoice, so single lines may come to a cent more than it.
    return min(gross, invoice.open_minor) if len(found) and gross else invoice.open_minor


def _content(place: int, file: FileIn) -> bytes:
    """The bytes of a file that came in base64; raises Invalid when it is not what it says."""
    try:
        content = b64decode(file.content, validate=True)
    except ValueError:
        raise Invalid("The content is not base64.", field=f"files.{place}.content") from None
    if not content.startswith(MAGIC[file.media_type]) or len(content) > FILE_BYTES_MAX:
        raise Invalid(
            f"“{file.name}” is not a {file.media_type.partition('/')[2].upper()} file of at "
            "most one megabyte.",
            field=f"files.{place}.content",
        )
    return content


async def _keep_files(work: Work, row: Objection, files: Sequence[tuple[FileIn, bytes]]) -> None:
    for file, content in files:
        document = await store(work, content, file.media_type, file.name, row.id)
        work.session.add(
            ObjectionFile(
                objection_id=row.id, document_id=document, name=file.name,
                media_type=file.media_type,
            )
        )  # fmt: skip
    await work.session.flush()


async def _tell_of_objection(work: Work, row: Objection, charter: Charter) -> None:
    one = await standing(work, row.invoice_id)
    lang = lang_of(one)
    said = words_of(lang)["objection"]
    await mail_client(
        work, one, said["subject"], [said["text"]],
        answer_by=long_date(row.answer_by, lang),
        silence=said[charter.receivables.dispute_silence],
        reply_days=charter.receivables.dispute_reply_days,
    )  # fmt: skip
    held = Money(row.amount_minor, row.currency)
    subject = f"{one.client_name} objects to invoice {one.number}"
    text = (
        f"{one.client_name} objects to {held} of invoice {one.number} ({row.reason_code}):\n\n"
        f"{row.text}\n\nPlease answer by {long_date(row.answer_by)}."
    )
    for email in [await _email(work, row), *await _rep_emails(work)]:
        tell_member(work, email, subject, text)


async def _email(work: Work, row: Objection) -> str:
    return (await work.session.get_one(Member, row.member_id)).email


async def _rep_emails(work: Work) -> list[str]:
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
    own = actor.is_member(row.member_id) or (
        actor.kind == "member" and await owns_client(work, actor.member_id, row.client_id)
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
    told = [await _email(work, row), *(await _rep_emails(work) if row.state == "mediation" else ())]
    for email in told:
        tell_member(work, email, f"Objection to invoice {one.number}: {row.state}", text)


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


async def _holding(work: Work, invoice_id: InvoiceId) -> Objection | None:
    found: Objection | None = await work.session.scalar(
        select(Objection).where(Objection.invoice_id == invoice_id, Objection.state.in_(HOLDING))
    )
    return found

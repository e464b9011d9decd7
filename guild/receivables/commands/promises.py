"""A client names the day on which it pays; nobody reminds before that day."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from guild.core.appends import Appender
from guild.core.ids import InvoiceId, PromiseId, new_id
from guild.core.pages import long_date
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing.commands.writing_off import locked_invoice
from guild.receivables import access
from guild.receivables.commands.letters import lang_of, mail_client, words_of
from guild.receivables.errors import NothingOpen, PromiseTooLate
from guild.receivables.events import PaymentPromised, PromiseBroken
from guild.receivables.models import PROMISE, Promise
from guild.receivables.queries.standing import standing, visible_standing
from guild.receivables.schemas import PromiseIn

BATCH: Final = 500
GRACE_DAYS: Final = 2
"""A transfer ordered on the promised day is booked a day or two later."""

KEPT: Final = Appender(
    "promise",
    {"invoice_id": "uuid", "ended_at": "timestamptz"},
    statement="""UPDATE promise SET state = 'kept', ended_at = r.ended_at FROM {rows}
        WHERE promise.invoice_id = r.invoice_id AND promise.state = 'open'""",
    distinct=True,
)
"""Goes with the Work's own statement, so that a payment costs no round trip more."""


async def promise_payment(work: Work, invoice_id: InvoiceId, data: PromiseIn) -> PromiseId:
    """Record a promise, as the client or as the treasurer to whom the client said it.

    A client may promise once per invoice by itself; after that it is the treasurer's to believe
    it. Raises InvoiceNotFound, NothingOpen, PromiseTooLate.
    """
    one = await visible_standing(work, invoice_id)
    contact = work.actor.kind == "contact"
    work.require(contact or access.is_treasurer(work.actor), "The client or the treasurer.")
    await locked_invoice(work, invoice_id)
    if one.due_minor <= 0:
        raise NothingOpen
    charter = await charter_at(work)
    latest = work.today + timedelta(days=charter.receivables.promise_max_days)
    if not work.today <= data.pay_by <= latest:
        raise PromiseTooLate(
            f"The day must lie between today and {long_date(latest)}.", field="pay_by"
        )
    former = list(
        await work.session.scalars(select(Promise).where(Promise.invoice_id == invoice_id))
    )
    if contact and any(row.said_by == "contact" for row in former):
        raise PromiseTooLate(
            "A day was promised for this invoice before.",
            mend=f"Write to {work.settings.coop.email}; the treasurer can note another day.",
            field="pay_by",
        )
    for row in former:
        if row.state == "open":
            PROMISE.move(row, "replace")
            row.ended_at = work.now
    await work.session.flush()
    assert work.actor.id is not None
    made = Promise(
        id=PromiseId(new_id()),
        invoice_id=invoice_id,
        state=PROMISE.initial,
        pay_by=data.pay_by,
        note=data.note,
        said_by="contact" if contact else "member",
        recorded_by=work.actor.id,
        recorded_at=work.now,
        charter_version=charter.version,
    )
    work.session.add(made)
    await work.session.flush()
    await work.emit(PaymentPromised(promise_id=made.id, invoice_id=invoice_id, pay_by=data.pay_by))
    words = words_of(lang_of(one))["promise"]
    promised = long_date(data.pay_by, lang_of(one))
    await mail_client(work, one, words["subject"], [words["text"]], promised=promised)
    return made.id


def keep_promises(work: Work, invoice_id: InvoiceId) -> None:
    """The invoice is settled: what was promised was kept."""
    work.append(KEPT, invoice_id=invoice_id, ended_at=work.now)


async def notice_broken(work: Work) -> int:
    """Mark promises whose day has passed by more than a bank needs; says how many.

    Skips rows that somebody holds at this moment; the next run looks again.
    """
    rows = await work.session.scalars(
        select(Promise)
        .where(Promise.state == "open", Promise.pay_by < work.today - timedelta(days=GRACE_DAYS))
        .order_by(Promise.pay_by, Promise.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = list(rows)
    for row in found:
        one = await standing(work, row.invoice_id)
        row.ended_at = work.now
        if one.open_minor <= 0:
            PROMISE.move(row, "keep")
            continue
        PROMISE.move(row, "break")
        await work.emit(
            PromiseBroken(promise_id=row.id, invoice_id=row.invoice_id, member_id=one.member_id)
        )
    await work.session.flush()
    return len(found)

"""A client says that its transfer was meant otherwise, and a treasurer answers or undoes it."""

from sqlalchemy import select

from guild.core.ids import BankEntryId, InvoiceId
from guild.core.money import Money
from guild.core.pages import long_date, money_text
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.members.models import Contact
from guild.treasury.commands.letters import write_to
from guild.treasury.errors import (
    AllocationObjectionNotFound,
    BankEntryNotFound,
    ObjectionTooLate,
    SecondPersonNeeded,
)
from guild.treasury.events import AllocationObjected
from guild.treasury.models import (
    ALLOCATION_OBJECTION,
    AllocationObjection,
    BankEntry,
    BankMatch,
)
from guild.treasury.queries.transfers import object_until
from guild.treasury.schemas import AnswerAllocationIn, ObjectAllocationIn


async def object_to_allocation(
    work: Work, invoice_id: InvoiceId, entry_id: BankEntryId, data: ObjectAllocationIn
) -> None:
    """The client of this invoice says how it meant a transfer that paid it. Nothing moves yet.

    Raises BankEntryNotFound for an entry that did not pay this invoice, ObjectionTooLate.
    """
    entry = await work.session.scalar(
        select(BankEntry)
        .join(BankMatch, BankMatch.entry_id == BankEntry.id)
        .where(
            BankEntry.id == entry_id,
            BankEntry.state == "confirmed",
            BankMatch.invoice_id == invoice_id,
            BankMatch.round == BankEntry.round,
        )
        .with_for_update(of=BankEntry)
    )
    link = work.actor.link
    if entry is None or link is None or link.contact_id is None:
        raise BankEntryNotFound
    until, charter_version = await object_until(work, entry)
    if until is None:
        raise BankEntryNotFound
    if work.today > until:
        raise ObjectionTooLate(
            f"You could say so until {long_date(until)}.", mend="Write to the office."
        )
    if await work.session.get(AllocationObjection, (entry.id, entry.round)) is not None:
        raise ObjectionTooLate("You have said so already; a treasurer looks at it.")
    work.session.add(
        AllocationObjection(
            entry_id=entry.id,
            round=entry.round,
            invoice_id=invoice_id,
            contact_id=link.contact_id,
            text=data.text,
            said_at=work.now,
            charter_version=charter_version,
        )
    )
    await work.session.flush()
    await work.emit(AllocationObjected(entry_id=entry.id, invoice_id=invoice_id))


async def answer_allocation(work: Work, entry_id: BankEntryId, data: AnswerAllocationIn) -> None:
    """Leave the match as it is and tell the client why; by another than who confirmed it.

    Whoever finds that the client is right asks to undo the match instead. Raises
    BankEntryNotFound, AllocationObjectionNotFound and SecondPersonNeeded.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await work.session.get(BankEntry, entry_id)
    if entry is None:
        raise BankEntryNotFound
    row = await _said(work, entry)
    if row is None:
        raise AllocationObjectionNotFound
    confirmed = await work.session.scalars(
        select(BankMatch.confirmed_by).where(
            BankMatch.entry_id == entry.id, BankMatch.round == entry.round
        )
    )
    if work.actor.member_id in set(confirmed):
        raise SecondPersonNeeded("You recorded this payment; somebody else has to answer.")
    ALLOCATION_OBJECTION.move(row, "answer")
    row.answer, row.answered_by, row.ended_at = data.answer, work.actor.member_id, work.now
    await work.session.flush()
    await _write(work, entry, row, "allocation_answered", answer=data.answer)


async def follow_objection(work: Work, entry_id: BankEntryId) -> None:
    """The match was undone, so what the client said was followed; it is told. Safe to repeat."""
    rows = await work.session.scalars(
        select(AllocationObjection)
        .where(AllocationObjection.entry_id == entry_id, AllocationObjection.state == "said")
        .with_for_update()
    )
    for row in rows.all():
        ALLOCATION_OBJECTION.move(row, "follow")
        row.ended_at = work.now
        await work.session.flush()
        entry = await work.session.get_one(BankEntry, entry_id)
        await _write(work, entry, row, "allocation_followed")


async def _said(work: Work, entry: BankEntry) -> AllocationObjection | None:
    row = await work.session.get(
        AllocationObjection, (entry.id, entry.round), with_for_update=True, populate_existing=True
    )
    return row if row is not None and row.state == "said" else None


async def _write(
    work: Work, entry: BankEntry, row: AllocationObjection, letter: str, **said: object
) -> None:
    contact = await work.session.get_one(Contact, row.contact_id)
    invoice = await work.session.get_one(Invoice, row.invoice_id)
    lang = invoice.language if invoice.language in {"en", "fr", "nl", "de"} else "en"
    amount = money_text(Money(entry.amount_minor, entry.currency), lang=lang)
    write_to(work, contact.email, lang, letter, amount=amount, number=invoice.number, **said)

"""The payments inside a batch, as a notification of the bank named them."""

import msgspec
from sqlalchemy import select

from guild.core.ids import BankEntryId
from guild.core.money import Money
from guild.core.work import Work
from guild.treasury.errors import BankEntryNotFound
from guild.treasury.models import SEALED_PARTS, BankEntry, BookingNotification
from guild.treasury.rules.entries import ReadEntry
from guild.treasury.schemas import InsideOut


def parts_of(work: Work, row: BookingNotification) -> list[ReadEntry]:
    """The payments of a notification, opened."""
    opened = work.keyring.open(row.parts_sealed, context=SEALED_PARTS.context(row.id))
    return msgspec.json.decode(opened, type=list[ReadEntry])


async def payments_inside(work: Work, entry_id: BankEntryId) -> list[InsideOut]:
    """What is inside an entry: the entries that it was divided into, or what a notification names
    of one that a person had explained as a whole. Raises BankEntryNotFound.
    """
    entry = await work.session.get(BankEntry, entry_id)
    if entry is None:
        raise BankEntryNotFound
    children = await work.session.scalars(
        select(BankEntry).where(BankEntry.parent_id == entry_id).order_by(BankEntry.id)
    )
    found = [
        InsideOut(
            entry_id=one.id, amount=Money(one.amount_minor, one.currency).text,
            currency=one.currency, counterparty=one.counterparty,
            counterparty_iban_last4=one.iban_last4, structured_reference=one.structured,
            text=one.text, state=one.state,
        )
        for one in children
    ]  # fmt: skip
    if found:
        return found
    notice = await work.session.scalar(
        select(BookingNotification).where(
            BookingNotification.account_id == entry.account_id,
            BookingNotification.reference == entry.reference,
            BookingNotification.amount_minor == entry.amount_minor,
        )
    )
    return [
        InsideOut(
            entry_id=None, amount=Money(one.amount_minor, entry.currency).text,
            currency=entry.currency, counterparty=one.counterparty,
            counterparty_iban_last4=one.counterparty_iban[-4:],
            structured_reference=one.structured, text=one.text, state="",
        )
        for one in (parts_of(work, notice) if notice is not None else [])
    ]  # fmt: skip

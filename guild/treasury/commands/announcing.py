"""What banks say before or beside a booking: pending entries, and the payments inside a batch."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import select

from guild.core.ids import NotificationId, PendingEntryId, new_id
from guild.core.work import Work
from guild.treasury.commands.booking import Judged
from guild.treasury.commands.dividing import divide_booked
from guild.treasury.errors import StatementDoesNotAdd
from guild.treasury.models import (
    SEALED_PARTS,
    BankStatement,
    BookingNotification,
    CoopBankAccount,
    PendingEntry,
)
from guild.treasury.queries.inside import parts_of
from guild.treasury.rules.entries import ReadEntry, ReadNotification, ReadStatement, movement
from guild.treasury.rules.overlap import Known, likeness

FORGOTTEN_DAYS = 14
"""An announcement that never came and is not repeated is dropped after this many days."""


async def keep_pending(
    work: Work,
    account: CoopBankAccount,
    statement: BankStatement,
    read: ReadStatement,
    judged: Sequence[Judged],
) -> int:
    """Note what is announced; what is booked now, or no longer announced, is gone. Counts them."""
    waiting = list(
        await work.session.scalars(
            select(PendingEntry)
            .where(PendingEntry.account_id == account.id, PendingEntry.gone_at.is_(None))
            .order_by(PendingEntry.id)
            .with_for_update()
        )
    )
    announced = list(read.pending)
    for old in waiting:
        again = next((one for one in announced if _same(old, one)), None)
        booked = next((one for one in judged if _same(old, one.entry)), None)
        if booked is not None:
            old.entry_id, old.gone_at = booked.id, work.now
            judged = [one for one in judged if one is not booked]
        elif again is not None:
            announced.remove(again)
        elif read.pending or read.to_on - old.expected_on > timedelta(days=FORGOTTEN_DAYS):
            old.gone_at = work.now
    for one in announced:
        work.session.add(_pending(work, account, statement, one))
    await work.session.flush()
    return len(announced)


def _same(old: PendingEntry, entry: ReadEntry) -> bool:
    """The announcement of that entry: the bank's reference, or everything else it says."""
    if old.amount_minor != entry.amount_minor:
        return False
    known = Known(
        old.reference, old.amount_minor, old.expected_on, old.structured, old.iban_last4,
        old.end_to_end_id, old.text,
    )  # fmt: skip
    return old.reference == entry.reference or likeness(entry, known) > 0


def _pending(
    work: Work, account: CoopBankAccount, statement: BankStatement, entry: ReadEntry
) -> PendingEntry:
    return PendingEntry(
        id=PendingEntryId(new_id()),
        account_id=account.id,
        statement_id=statement.id,
        reference=entry.reference,
        amount_minor=entry.amount_minor,
        currency=account.currency,
        expected_on=entry.booked_on,
        counterparty=entry.counterparty,
        iban_last4=entry.counterparty_iban[-4:],
        structured=entry.structured,
        end_to_end_id=entry.end_to_end_id,
        text=entry.text,
        announced_at=work.now,
    )


async def keep_notifications(
    work: Work,
    accounts: Mapping[tuple[str, str], CoopBankAccount],
    read: Sequence[ReadNotification],
) -> tuple[int, int]:
    """Keep the payments inside bookings, once each. Counts the new ones, and the bookings that
    were there already as one sum and are divided now.
    """
    kept = divided_now = 0
    for one in read:
        if sum(part.amount_minor for part in one.parts) != one.amount_minor:
            raise StatementDoesNotAdd(
                f"The payments of booking {one.reference} do not make "
                f"{movement(one.amount_minor, one.currency)}."
            )
        account = accounts[one.iban, one.currency]
        there = await work.session.scalar(
            select(BookingNotification.id).where(
                BookingNotification.account_id == account.id,
                BookingNotification.reference == one.reference,
            )
        )
        if there is not None:
            continue
        notification_id = NotificationId(new_id())
        work.session.add(
            BookingNotification(
                id=notification_id,
                account_id=account.id,
                reference=one.reference,
                amount_minor=one.amount_minor,
                booked_on=one.booked_on,
                payments=len(one.parts),
                parts_sealed=work.keyring.seal(
                    msgspec.json.encode(one.parts), context=SEALED_PARTS.context(notification_id)
                ),
                received_by=work.actor.member_id,
                received_at=work.now,
            )
        )
        await work.session.flush()
        kept += 1
        divided_now += await divide_booked(work, account, one)
    return kept, divided_now


async def divided(work: Work, account: CoopBankAccount, read: ReadStatement) -> ReadStatement:
    """The statement with each hidden batch replaced by the payments that a notification named."""
    hidden = {entry.reference for entry in read.entries if entry.undivided}
    if not hidden:
        return read
    rows = await work.session.scalars(
        select(BookingNotification).where(
            BookingNotification.account_id == account.id,
            BookingNotification.reference.in_(hidden),
        )
    )
    named = {row.reference: row for row in rows}
    entries: list[ReadEntry] = []
    for entry in read.entries:
        row = named.get(entry.reference)
        if row is None or not entry.undivided or row.amount_minor != entry.amount_minor:
            entries.append(entry)
            continue
        entries.extend(
            msgspec.structs.replace(
                part,
                reference=f"{entry.reference}:{place}",
                booked_on=entry.booked_on,
                valued_on=entry.valued_on,
            )
            for place, part in enumerate(parts_of(work, row), 1)
        )
    return msgspec.structs.replace(read, entries=tuple(entries))

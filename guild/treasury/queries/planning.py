"""Whether a statement may be booked, and which of its entries are new.

Either it opens where the account stands, or it overlaps with what is booked: then the entries that
nobody booked yet must make exactly the difference to its closing balance. So no format, no order
and no splitting of files can book a movement twice or lose one.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import String, any_, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from guild.core.money import Money
from guild.core.work import Work
from guild.treasury.errors import EntryAlreadyBooked, StatementGap
from guild.treasury.models import BankEntry, BankStatement, CoopBankAccount
from guild.treasury.rules.entries import ReadEntry, ReadStatement
from guild.treasury.rules.overlap import Known, Overlap, explained, overlap

NAMED = 5
"""Entries named in a refusal."""


class Plan(NamedTuple):
    """What booking a statement would do."""

    new: Sequence[ReadEntry]
    known: int
    closing_minor: int
    """What the account stands at after it."""


async def plan(work: Work, account: CoopBankAccount, read: ReadStatement) -> Plan:
    """The entries to book. Raises StatementGap and EntryAlreadyBooked."""
    if read.opening_minor == account.balance_minor and read.to_on >= account.balance_on:
        await _check_new(work, account, read)
        assert read.closing_minor is not None, "with an opening balance there is a closing one"
        return Plan(read.entries, 0, read.closing_minor)
    new, left = await _held_against(work, account, read)
    known = len(read.entries) - len(new)
    moved = sum(entry.amount_minor for entry in new)
    if new or not read.entries:
        await _check_difference(work, account, read, new, moved)
    elif read.closing_minor is not None:
        await _check_end(work, account, read, left)
    return Plan(new, known, account.balance_minor + moved)


async def _check_new(work: Work, account: CoopBankAccount, read: ReadStatement) -> None:
    """No entry that another statement booked; the unique constraint stands behind this."""
    references = [entry.reference for entry in read.entries]
    twice = list(
        await work.session.scalars(
            select(BankEntry.reference)
            .where(
                BankEntry.account_id == account.id,
                BankEntry.reference == any_(literal(references, ARRAY(String))),
            )
            .limit(NAMED)
        )
    )
    if twice:
        raise EntryAlreadyBooked(
            f"Booked by an earlier statement: {', '.join(sorted(twice))}.",
            mend="Ask the bank for the statement again; this one repeats what it had reported.",
        )


async def _held_against(work: Work, account: CoopBankAccount, read: ReadStatement) -> Overlap:
    entries = read.entries
    if not entries:
        return Overlap([], [])
    days = [entry.booked_on for entry in entries]
    # A batch that was divided later is known as one sum to a file that shows it so, by its
    # reference, and by its payments to any other.
    shown = literal([entry.reference for entry in entries], ARRAY(String))
    batch = aliased(BankEntry)
    as_sum = exists().where(batch.id == BankEntry.parent_id, batch.reference == any_(shown))
    rows = await work.session.execute(
        select(
            BankEntry.reference,
            BankEntry.amount_minor,
            BankEntry.booked_on,
            BankEntry.structured,
            BankEntry.iban_last4,
            BankEntry.end_to_end_id,
            BankEntry.text,
            BankStatement.source,
        )
        .join(BankStatement, BankStatement.id == BankEntry.statement_id)
        .where(
            BankEntry.account_id == account.id,
            BankEntry.booked_on.between(min(days), max(days)),
            ~as_sum,
            or_(BankEntry.state != "divided", BankEntry.reference == any_(shown)),
        )
        .order_by(BankEntry.id)
    )
    return overlap(entries, [Known(*row) for row in rows], read.source)


async def _check_difference(
    work: Work,
    account: CoopBankAccount,
    read: ReadStatement,
    new: Sequence[ReadEntry],
    moved: int,
) -> None:
    """The new entries must make the closing balance; nothing is added to proven days."""
    proven_on = await _proven_on(work, account)
    if read.closing_minor is None:
        late = sorted({entry.booked_on for entry in new if entry.booked_on <= proven_on})
        if late:
            raise StatementGap(
                f"The file has movements of {_days(late)}, which the statements until {proven_on} "
                "do not show.",
                mend="Check that the file is of this account; statements with balances prevail.",
            )
        return
    held = account.balance_minor - await _moved_after(work, account, read.to_on)
    if read.to_on < proven_on or held + moved != read.closing_minor:
        raise _gap(account, read, read.closing_minor - held - moved)


async def _check_end(
    work: Work, account: CoopBankAccount, read: ReadStatement, left: Sequence[Known]
) -> None:
    """A file that brings nothing new ends at a balance that the account has had.

    Else its movements were taken for others that are like them, and some are missing before it.
    """
    assert read.closing_minor is not None
    held = account.balance_minor - await _moved_after(work, account, read.to_on)
    after = [one.amount_minor for one in left if one.booked_on == read.to_on]
    if not explained(held - read.closing_minor, after):
        raise _gap(account, read, read.closing_minor - held)


def _gap(account: CoopBankAccount, read: ReadStatement, missing_minor: int) -> StatementGap:
    opening = Money(read.opening_minor or 0, read.currency)
    missing = Money(missing_minor, read.currency)
    closed = Money(account.balance_minor, account.currency)
    return StatementGap(
        f"It opens with {opening} and ends on {read.to_on}; the account stood at {closed} "
        f"on {account.balance_on}. Movements of {missing} are missing between them.",
        mend="Import the missing statements first, oldest first.",
    )


async def _proven_on(work: Work, account: CoopBankAccount) -> date:
    """The last day whose closing balance the bank itself gave."""
    last = await work.session.scalar(
        select(func.max(BankStatement.to_on)).where(
            BankStatement.account_id == account.id, BankStatement.proven
        )
    )
    return last or account.opened_on


async def _moved_after(work: Work, account: CoopBankAccount, day: date) -> int:
    minor = await work.session.scalar(
        select(func.coalesce(func.sum(BankEntry.amount_minor), 0)).where(
            BankEntry.account_id == account.id,
            BankEntry.booked_on > day,
            BankEntry.parent_id.is_(None),
        )
    )
    return int(minor or 0)


def _days(days: Sequence[date]) -> str:
    shown = ", ".join(day.isoformat() for day in days[:NAMED])
    return shown + (" and others" if len(days) > NAMED else "")


async def same_statement(
    work: Work, account: CoopBankAccount, statement: ReadStatement
) -> BankStatement | None:
    """The statement as booked before, when the bank gave out the same one in another file."""
    former = await work.session.scalar(
        select(BankStatement).where(
            BankStatement.account_id == account.id,
            BankStatement.bank_reference == statement.statement_id,
            BankStatement.opening_minor == statement.opening_minor,
            BankStatement.closing_minor == statement.closing_minor,
            BankStatement.to_on == statement.to_on,
            BankStatement.entries == len(statement.entries),
        )
    )
    if former is None:
        return None
    rows = await work.session.execute(
        select(BankEntry.reference, BankEntry.amount_minor).where(
            BankEntry.statement_id == former.id, BankEntry.parent_id.is_(None)
        )
    )
    as_booked = Counter((reference, minor) for reference, minor in rows)
    as_read = Counter((entry.reference, entry.amount_minor) for entry in statement.entries)
    return former if as_booked == as_read else None

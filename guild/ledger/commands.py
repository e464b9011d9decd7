"""Posting and reversing entries, and locking an account before money is drawn from it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from guild.core.appends import Appender
from guild.core.ids import EntryId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.ledger import queries, rules
from guild.ledger.chart import Account, Line
from guild.ledger.errors import AlreadyReversed, BelowZero, LedgerEntryNotFound
from guild.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting

__all__ = ["Account", "Line", "draw", "lock_account", "post", "reverse"]

# Accounts come to be with their first posting. They are taken in the order of their ids, so that
# two transactions that open the same ones do not wait crosswise.
ACCOUNTS = Appender(
    "ledger_account",
    {"id": "uuid", "code": "text", "kind": "text", "owner": "uuid", "currency": "text"},
    statement=(
        "INSERT INTO ledger_account (id, code, kind, owner, currency) "
        "SELECT r.id, r.code, r.kind, r.owner, r.currency FROM {rows} ORDER BY r.id "
        "ON CONFLICT DO NOTHING"
    ),
    distinct=True,
)
ENTRIES = Appender(
    "ledger_entry",
    {
        "id": "uuid",
        "kind": "text",
        "text": "text",
        "occurred_on": "date",
        "recorded_at": "timestamptz",
        "subject_id": "uuid",
        "reverses": "uuid",
        "actor": "text",
    },
)
POSTINGS = Appender(
    "ledger_posting",
    {
        "entry_id": "uuid",
        "position": "smallint",
        "account_id": "uuid",
        "amount_minor": "bigint",
        "currency": "text",
        "occurred_on": "date",
    },
)


async def post(
    work: Work,
    *,
    kind: str,
    text: str,
    lines: Sequence[Line],
    subject: UUID | None = None,
    occurred_on: date | None = None,
) -> EntryId:
    """Record an entry; it is written with all else that the Work appends.

    ``kind`` names the act (``invoice_issued``), ``subject`` what it is about, ``occurred_on`` the
    day that it counts for (today, in UTC, unless given). Positive lines debit, negative ones
    credit; lines of nothing are left out. Raises Unbalanced.
    """
    kept = rules.balanced(lines)
    return _append(work, kept, kind=kind, text=text, subject=subject, day=occurred_on or work.today)


async def reverse(work: Work, entry_id: EntryId, text: str) -> EntryId:
    """Undo an entry by its mirror image, once, dated today.

    Raises LedgerEntryNotFound and AlreadyReversed; the database's unique index settles a race.
    """
    await work.write()
    entry = await work.session.get(LedgerEntry, entry_id)
    if entry is None:
        raise LedgerEntryNotFound
    earlier = select(LedgerEntry.id).where(LedgerEntry.reverses == entry_id)
    if await work.session.scalar(earlier) is not None:
        raise AlreadyReversed
    rows = await work.session.execute(
        select(LedgerAccount.code, LedgerAccount.owner, LedgerPosting)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerPosting.entry_id == entry_id)
        .order_by(LedgerPosting.position)
    )
    lines = [
        Line(Account(code, owner), Money(posting.amount_minor, posting.currency))
        for code, owner, posting in rows
    ]
    return _append(
        work,
        rules.mirrored(lines),
        kind="reversal",
        text=text,
        subject=entry.subject_id,
        day=work.today,
        reverses=entry_id,
    )


async def lock_account(work: Work, account: Account, currency: str) -> Money:
    """Hold the account until the transaction ends and return what it holds (natural sign).

    Two who draw from one account at once wait for each other here, so that each sees what the
    other left. The database's own floor check takes the same lock.
    """
    await work.write()
    await work.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:account, 0))"),
        {"account": str(account.id(currency))},
    )
    return await queries.balance_of(work, account, currency)


async def draw(work: Work, account: Account, amount: Money) -> Money:
    """Lock the account and make sure that it holds ``amount``; returns what would be left.

    Raises BelowZero. The entry that draws it is the caller's to post.
    """
    held = await lock_account(work, account, amount.currency)
    if held < amount:
        raise BelowZero(f"The account holds {held}; {amount} is asked of it.")
    return held - amount


def _append(
    work: Work,
    lines: Sequence[Line],
    *,
    kind: str,
    text: str,
    subject: UUID | None,
    day: date,
    reverses: EntryId | None = None,
) -> EntryId:
    entry_id = EntryId(new_id())
    who = work.actor
    work.append(
        ENTRIES,
        id=entry_id,
        kind=kind,
        text=text,
        occurred_on=day,
        recorded_at=work.now,
        subject_id=subject,
        reverses=reverses,
        actor=f"{who.kind}:{who.id}" if who.id else who.kind,
    )
    for position, line in enumerate(lines):
        account, amount = line.account, line.amount
        account_id = account.id(amount.currency)
        work.append(
            ACCOUNTS,
            id=account_id,
            code=account.code,
            kind=account.kind.value,
            owner=account.owner,
            currency=amount.currency,
        )
        work.append(
            POSTINGS,
            entry_id=entry_id,
            position=position,
            account_id=account_id,
            amount_minor=amount.minor,
            currency=amount.currency,
            occurred_on=day,
        )
    return entry_id

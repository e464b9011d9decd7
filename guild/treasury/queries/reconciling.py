"""The proof that books and bank agree: per statement, at the end of its last day."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from guild.core.ids import BankAccountId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.ledger.chart import Account
from guild.ledger.models import LedgerBalance, LedgerPosting
from guild.ledger.rules import month_of
from guild.treasury.models import BankEntry, BankStatement, CoopBankAccount, PendingEntry
from guild.treasury.queries.reading import account_of
from guild.treasury.schemas import ExplainingOut, PendingOut, ReconciledOut

WAITING = ("unmatched", "suggested", "set_aside")
EXPLAINED_MAX = 50
EXPORT_MAX = 1_000


class _After(NamedTuple):
    to_on: date
    id: UUID


async def reconciled(
    work: Work, account_id: BankAccountId, *, cursor: str | None = None, limit: int = 20
) -> Page[ReconciledOut]:
    """Statements of an account beside the books, the latest first. Raises BankAccountNotFound."""
    account = await account_of(work, account_id)
    wanted = select(BankStatement).where(BankStatement.account_id == account.id)
    if cursor:
        after = decode_cursor(cursor, _After)
        wanted = wanted.where(
            tuple_(BankStatement.to_on, BankStatement.id) < tuple_(after.to_on, after.id)
        )
    ordered = wanted.order_by(BankStatement.to_on.desc(), BankStatement.id.desc())
    rows = list(await work.session.scalars(ordered.limit(limit + 1)))
    shown = rows[:limit]
    waiting = await _waiting(work, shown)
    return Page(
        items=[await _line(work, account, row, waiting.get(row.id, (0, 0))) for row in shown],
        next_cursor=encode_cursor(shown[-1].to_on, shown[-1].id) if len(rows) > limit else None,
    )


async def _line(
    work: Work, account: CoopBankAccount, row: BankStatement, waiting: tuple[int, int]
) -> ReconciledOut:
    ledger = await _ledger_at(work, account, row.to_on)
    stated = row.stated_closing_minor
    explained: list[ExplainingOut] = []
    state: Literal["agrees", "explained", "differs", "unproven", "same_day"] = "unproven"
    if stated is not None:
        state = "agrees" if ledger == stated else "differs"
        if ledger != stated and await _later_that_day(work, row):
            state = "same_day"
        elif ledger != stated:
            explained, sum_minor = await _other_days(work, row)
            state = "explained" if sum_minor == ledger - stated else "differs"

    def written(minor: int) -> str:
        return Money(minor, account.currency).text

    return ReconciledOut(
        statement_id=row.id,
        account_id=account.id,
        number=row.number or row.bank_reference,
        source=row.source,
        to_on=row.to_on,
        currency=account.currency,
        statement_balance=None if stated is None else written(stated),
        ledger_balance=written(ledger),
        difference=None if stated is None else written(ledger - stated),
        state=state,
        explained_by=explained,
        unmatched=waiting[0],
        unmatched_sum=written(waiting[1]),
        pending=row.pending,
        imported_at=row.imported_at,
    )


async def _ledger_at(work: Work, account: CoopBankAccount, day: date) -> int:
    """What the books hold at the end of a day: full months as kept, the rest by postings."""
    ledger_id = Account("bank", account.id).id(account.currency)
    month = month_of(day)
    months = select(
        func.coalesce(func.sum(LedgerBalance.debit_minor - LedgerBalance.credit_minor), 0)
    ).where(LedgerBalance.account_id == ledger_id, LedgerBalance.month < month)
    days = select(func.coalesce(func.sum(LedgerPosting.amount_minor), 0)).where(
        LedgerPosting.account_id == ledger_id,
        LedgerPosting.occurred_on.between(month, day),
    )
    row = (
        await work.session.execute(select(months.scalar_subquery(), days.scalar_subquery()))
    ).one()
    return int(row[0]) + int(row[1])


async def _later_that_day(work: Work, row: BankStatement) -> bool:
    later = aliased(BankStatement)
    found = await work.session.scalar(
        select(
            exists().where(
                later.account_id == row.account_id,
                later.to_on == row.to_on,
                later.id > row.id,
                later.proven,
            )
        )
    )
    return bool(found)


async def _other_days(work: Work, row: BankStatement) -> tuple[list[ExplainingOut], int]:
    """Entries that the statement holds but are dated later, or that came later but are dated so."""
    late = (BankEntry.statement_id <= row.id) & (BankEntry.booked_on > row.to_on)
    early = (BankEntry.statement_id > row.id) & (BankEntry.booked_on <= row.to_on)
    rows = await work.session.scalars(
        select(BankEntry)
        .where(
            BankEntry.account_id == row.account_id, BankEntry.parent_id.is_(None), or_(late, early)
        )
        .order_by(BankEntry.booked_on, BankEntry.id)
        .limit(EXPLAINED_MAX)
    )
    found: list[ExplainingOut] = []
    total = 0
    for entry in rows:
        is_late = entry.booked_on > row.to_on
        total += -entry.amount_minor if is_late else entry.amount_minor
        found.append(
            ExplainingOut(
                entry_id=str(entry.id),
                booked_on=entry.booked_on,
                amount=Money(entry.amount_minor, entry.currency).text,
                counterparty=entry.counterparty,
                why="on this statement, dated after it" if is_late
                else "on a later statement, dated before its end",
            )
        )  # fmt: skip
    return found, total


async def _waiting(work: Work, rows: Sequence[BankStatement]) -> dict[UUID, tuple[int, int]]:
    """Entries of each statement that nobody has explained: how many and their sum."""
    counted = await work.session.execute(
        select(BankEntry.statement_id, func.count(), func.sum(BankEntry.amount_minor))
        .where(BankEntry.statement_id.in_([row.id for row in rows]), BankEntry.state.in_(WAITING))
        .group_by(BankEntry.statement_id)
    )
    return {statement_id: (number, int(minor)) for statement_id, number, minor in counted}


async def reconciliation_csv(work: Work, account_id: BankAccountId) -> bytes:
    """The same as CSV, the latest thousand statements."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["statement", "source", "day", "currency", "statement balance", "ledger balance",
                    "difference", "state", "unmatched", "unmatched sum", "pending"])  # fmt: skip
    cursor, written = None, 0
    while written < EXPORT_MAX:
        shown = await reconciled(work, account_id, cursor=cursor, limit=100)
        for one in shown.items:
            table.writerow([_plain(one.number), one.source, one.to_on.isoformat(), one.currency,
                            one.statement_balance or "", one.ledger_balance, one.difference or "",
                            one.state, one.unmatched, one.unmatched_sum, one.pending])  # fmt: skip
            written += 1
        cursor = shown.next_cursor
        if cursor is None:
            break
    return out.getvalue().encode()


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text


async def pending_entries(work: Work, account_id: BankAccountId | None = None) -> list[PendingOut]:
    """What banks have announced and not booked, the next first."""
    wanted = select(PendingEntry).where(PendingEntry.gone_at.is_(None))
    if account_id is not None:
        wanted = wanted.where(PendingEntry.account_id == account_id)
    rows = await work.session.scalars(
        wanted.order_by(PendingEntry.expected_on, PendingEntry.id).limit(200)
    )
    return [
        PendingOut(
            id=row.id,
            account_id=row.account_id,
            amount=Money(row.amount_minor, row.currency).text,
            currency=row.currency,
            expected_on=row.expected_on,
            counterparty=row.counterparty,
            iban_last4=row.iban_last4,
            text=row.text,
            announced_at=row.announced_at,
        )
        for row in rows
    ]

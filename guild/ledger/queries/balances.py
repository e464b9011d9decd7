"""Balances from the maintained months, and statements that page by key."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Uuid, bindparam, func, select, text

from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.ledger import access, rules
from guild.ledger.chart import CHART, Account, Kind
from guild.ledger.errors import LedgerAccountNotFound
from guild.ledger.models import LedgerAccount, LedgerBalance
from guild.ledger.schemas import (
    MyAccount,
    MyBooks,
    Statement,
    StatementLine,
    TrialBalance,
    TrialLine,
)

PAGE_MAX = 200


class _Key(NamedTuple):
    """Where a page ends: the key of its last posting."""

    day: date
    entry_id: UUID
    position: int


async def balance_of(work: Work, account: Account, currency: str = "EUR") -> Money:
    """What the account holds or owes, in its kind's natural direction: a bank account with money
    in it, a member with something to be paid out and a pot with reserves are all positive.

    Reads a few maintained rows. What this Work has posted and not yet written is not in it:
    ``await work.write()`` first where that matters.
    """
    return (await balances_of(work, [account], currency))[0]


async def balances_of(
    work: Work, accounts: Sequence[Account], currency: str = "EUR"
) -> list[Money]:
    """The balances of several accounts in one statement, in their order (see ``balance_of``)."""
    ids = [account.id(currency) for account in accounts]
    rows = await work.session.execute(
        select(
            LedgerBalance.account_id,
            func.sum(LedgerBalance.debit_minor - LedgerBalance.credit_minor),
        )
        .where(LedgerBalance.account_id.in_(ids))
        .group_by(LedgerBalance.account_id)
    )
    held: dict[UUID, int] = {account_id: int(minor) for account_id, minor in rows}
    return [
        Money(rules.natural(account.kind, held.get(key, 0)), currency)
        for account, key in zip(accounts, ids, strict=True)
    ]


# Summed per account first: then each of the many months is looked at once, and few rows are joined.
_BY_CODE: Final = text("""
    SELECT a.code, b.currency, sum(b.debit), sum(b.credit)
      FROM (SELECT account_id, currency, sum(debit_minor) AS debit, sum(credit_minor) AS credit
              FROM ledger_balance WHERE month <= :until GROUP BY 1, 2) AS b
      JOIN ledger_account a ON a.id = b.account_id
     GROUP BY 1, 2""")


async def trial_balance(work: Work, month: date | None = None) -> TrialBalance:
    """Debits, credits and balance of each code and currency, to the end of ``month`` (now)."""
    until = rules.month_of(month or work.today)
    rows = (await work.session.execute(_BY_CODE, {"until": until})).all()
    order = {code: number for number, code in enumerate(CHART)}
    found = sorted(rows, key=lambda row: (row[1], order[row[0]]))
    lines = [_trial_line(code, currency, int(d), int(c)) for code, currency, d, c in found]
    off: dict[str, int] = {}
    for _, currency, debited, credited in found:
        off[currency] = off.get(currency, 0) + int(debited) - int(credited)
    return TrialBalance(until=until, lines=lines, balanced=not any(off.values()))


def _trial_line(code: str, currency: str, debited: int, credited: int) -> TrialLine:
    known = CHART[code]
    return TrialLine(
        code=code,
        title=known.title,
        kind=known.kind.value,
        currency=currency,
        debit=Money(debited, currency).text,
        credit=Money(credited, currency).text,
        balance=Money(rules.natural(known.kind, debited - credited), currency).text,
    )


class OwnedAccount(NamedTuple):
    """One of the accounts of a code, and what it holds or owes."""

    id: UUID
    owner: UUID | None
    balance: Money


async def accounts_of(
    work: Work, code: str, currency: str, *, cursor: str | None = None, limit: int = 50
) -> Page[OwnedAccount]:
    """The accounts of one code and currency, a page by key; for those who read all the books.

    Raises LedgerAccountNotFound for an unknown code and for anybody else.
    """
    known = CHART.get(code)
    if known is None or not access.may_read_all(work.actor):
        raise LedgerAccountNotFound
    asked = (
        select(LedgerAccount.id, LedgerAccount.owner)
        .where(LedgerAccount.code == code, LedgerAccount.currency == currency)
        .order_by(LedgerAccount.id)
        .limit(limit + 1)
    )
    if cursor:
        asked = asked.where(LedgerAccount.id > decode_cursor(cursor, tuple[UUID])[0])
    rows = (await work.session.execute(asked)).all()
    kept = rows[:limit]
    held = await balances_of(work, [Account(code, row.owner) for row in kept], currency)
    return Page(
        items=[
            OwnedAccount(row.id, row.owner, balance)
            for row, balance in zip(kept, held, strict=True)
        ],
        next_cursor=encode_cursor(kept[-1].id) if len(rows) > limit else None,
    )


async def statement(
    work: Work,
    code: str,
    owner: UUID | None,
    *,
    currency: str = "EUR",
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Statement:
    """A page of the account's movements, oldest first, with opening and closing balance.

    The opening comes from whole months and the few postings before the page in its own month, so
    the last page costs as much as the first. Raises LedgerAccountNotFound when the code is
    unknown, has no such owner, or the account is not for this actor's eyes.
    """
    try:
        account = Account(code, owner)
    except ValueError:
        raise LedgerAccountNotFound from None
    if not access.may_read(work.actor, code, owner):
        raise LedgerAccountNotFound
    start = decode_cursor(cursor, _Key) if cursor else _Key(since or date.min, UUID(int=0), -1)
    size = max(1, min(limit, PAGE_MAX))
    rows = (
        await work.session.execute(
            _PAGE,
            {
                "account": account.id(currency),
                "month": rules.month_of(start.day),
                **start._asdict(),
                "until": until or date.max,
                "size": size + 1,
            },
        )
    ).all()
    opening = account.kind.sign * int(rows[0].opening)
    shown = rows[:size] if rows[0].entry_id else []
    lines = _lines(shown, account.kind, opening, currency)
    last = shown[-1] if len(rows) > size else None
    return Statement(
        code=code,
        title=CHART[code].title,
        owner=owner,
        currency=currency,
        opening=Money(opening, currency).text,
        lines=lines,
        closing=lines[-1].balance if lines else Money(opening, currency).text,
        next_cursor=encode_cursor(last.occurred_on, last.entry_id, last.position) if last else None,
    )


# One round trip: what stood before the page (whole months, and the days before it in its own
# month), and the page. There is a row even when the page is empty.
_PAGE: Final = text("""
    SELECT o.opening, p.*
      FROM (SELECT coalesce((SELECT sum(debit_minor - credit_minor) FROM ledger_balance
                              WHERE account_id = :account AND month < :month), 0)
                 + coalesce((SELECT sum(amount_minor) FROM ledger_posting
                              WHERE account_id = :account AND occurred_on >= :month
                                AND (occurred_on, entry_id, position)
                                    <= (:day, :entry_id, :position)), 0) AS opening) AS o
      LEFT JOIN LATERAL (
            SELECT p.occurred_on, p.entry_id, p.position, p.amount_minor,
                   e.kind, e.text, e.subject_id
              FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
             WHERE p.account_id = :account AND p.occurred_on <= :until
               AND (p.occurred_on, p.entry_id, p.position) > (:day, :entry_id, :position)
             ORDER BY p.occurred_on, p.entry_id, p.position LIMIT :size) AS p ON true
     ORDER BY p.occurred_on, p.entry_id, p.position""").bindparams(
    bindparam("account", type_=Uuid()), bindparam("entry_id", type_=Uuid())
)


def _lines(
    rows: Sequence[Row[Any]],
    kind: Kind,
    opening: int,
    currency: str,
) -> list[StatementLine]:
    held = opening
    lines = []
    for row in rows:
        amount = rules.natural(kind, row.amount_minor)
        held += amount
        lines.append(
            StatementLine(
                entry_id=row.entry_id,
                position=row.position,
                occurred_on=row.occurred_on,
                kind=row.kind,
                text=row.text,
                subject_id=row.subject_id,
                amount=Money(amount, currency).text,
                balance=Money(held, currency).text,
            )
        )
    return lines


async def my_books(work: Work) -> MyBooks:
    """All accounts of the acting member, with their balances."""
    rows = await work.session.execute(
        select(
            LedgerAccount.code,
            LedgerAccount.currency,
            func.sum(LedgerBalance.debit_minor - LedgerBalance.credit_minor),
        )
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(
            LedgerAccount.owner == work.actor.member_id,
            LedgerAccount.code.in_(["member_available", "member_pending", "benefit_payable"]),
        )
        .group_by(LedgerAccount.code, LedgerAccount.currency)
        .order_by(LedgerAccount.code, LedgerAccount.currency)
    )
    return MyBooks(
        accounts=[
            MyAccount(
                code=code,
                title=CHART[code].title,
                currency=currency,
                balance=Money(rules.natural(CHART[code].kind, int(minor)), currency).text,
            )
            for code, currency, minor in rows
        ]
    )

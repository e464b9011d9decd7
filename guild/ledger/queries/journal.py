"""The journal as plain text, for hledger and for beancount: books that anyone can check.

A journal covers one calendar year. It starts with the balances brought forward, lists every entry
and ends with what Guild's own maintained balances say each account holds; the reader's program
adds the postings up by itself and complains when the two differ. Owners are ids, never names.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy import func, select

from guild.core.ids import EntryId
from guild.core.money import Money
from guild.core.work import Work
from guild.ledger.chart import CHART, Kind
from guild.ledger.models import LedgerAccount, LedgerBalance, LedgerEntry, LedgerPosting

_ROOTS = {
    Kind.ASSET: "Assets",
    Kind.LIABILITY: "Liabilities",
    Kind.INCOME: "Income",
    Kind.EXPENSE: "Expenses",
    Kind.EQUITY: "Equity",
}


@dataclass(frozen=True, slots=True)
class _Posting:
    account: str
    amount: Money


@dataclass(frozen=True, slots=True)
class _Entry:
    id: EntryId
    day: date
    kind: str
    text: str
    postings: Sequence[_Posting]


@dataclass(frozen=True, slots=True)
class _Journal:
    year: int
    opening: Sequence[_Posting]
    entries: Sequence[_Entry]
    closing: Sequence[_Posting]

    def accounts(self) -> list[str]:
        """Every account that the journal names, sorted."""
        used = {p.account for p in (*self.opening, *self.closing)}
        used.update(p.account for entry in self.entries for p in entry.postings)
        return sorted(used)


def _name(code: str, owner: UUID | None) -> str:
    """A name that both programs read: ``Liabilities:Member-available:0193…`` (upper-case id)."""
    name = f"{_ROOTS[CHART[code].kind]}:{code.replace('_', '-').capitalize()}"
    return f"{name}:{str(owner).upper()}" if owner else name


def _plain(text: str) -> str:
    """One line without what the formats would read as syntax."""
    return re.sub(r"\s+", " ", text).replace(";", ",").replace("|", "/").strip()


async def journal_hledger(work: Work, year: int) -> str:
    """The year as an hledger journal, with balance assertions at its end."""
    return "\n".join(_hledger(await _journal(work, year))) + "\n"


async def journal_beancount(work: Work, year: int) -> str:
    """The year as a beancount ledger, with balance assertions on the next first of January."""
    return "\n".join(_beancount(await _journal(work, year))) + "\n"


def _hledger(journal: _Journal) -> Iterator[str]:
    yield f"; Journal of {journal.year}"
    yield "decimal-mark ."
    yield from (f"account {account}" for account in journal.accounts())
    if journal.opening:
        yield f"\n{journal.year}-01-01 Balances brought forward"
        yield from (f"    {p.account}  {p.amount}" for p in journal.opening)
    for entry in journal.entries:
        yield f"\n{entry.day} ({entry.id}) {_plain(entry.text)}  ; kind:{entry.kind}"
        yield from (f"    {p.account}  {p.amount}" for p in entry.postings)
    if journal.closing:
        yield f"\n{journal.year}-12-31 Balances as maintained by Guild"
        yield from (
            f"    {p.account}  {Money.zero(p.amount.currency)} = {p.amount}"
            for p in journal.closing
        )


def _beancount(journal: _Journal) -> Iterator[str]:
    yield f'option "title" "Journal of {journal.year}"'
    for currency in sorted({p.amount.currency for p in journal.closing}):
        yield f'option "operating_currency" "{currency}"'
    yield from (f"{journal.year}-01-01 open {account}" for account in journal.accounts())
    if journal.opening:
        yield f'\n{journal.year}-01-01 * "Balances brought forward"'
        yield from (f"  {p.account}  {p.amount}" for p in journal.opening)
    for entry in journal.entries:
        text = _plain(entry.text).replace("\\", "\\\\").replace('"', '\\"')
        yield f'\n{entry.day} * "{text}"'
        yield f'  entry: "{entry.id}"'
        yield f'  kind: "{entry.kind}"'
        yield from (f"  {p.account}  {p.amount}" for p in entry.postings)
    yield ""
    yield from (f"{journal.year + 1}-01-01 balance {p.account}  {p.amount}"
                for p in journal.closing)  # fmt: skip


async def _journal(work: Work, year: int) -> _Journal:
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = await work.session.execute(
        select(
            LedgerEntry.id,
            LedgerEntry.occurred_on,
            LedgerEntry.kind,
            LedgerEntry.text,
            LedgerAccount.code,
            LedgerAccount.owner,
            LedgerPosting.amount_minor,
            LedgerPosting.currency,
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.occurred_on.between(first, last))
        .order_by(LedgerEntry.occurred_on, LedgerEntry.id, LedgerPosting.position)
    )
    entries = []
    for (entry_id, day, kind, text), group in groupby(rows, key=lambda row: tuple(row[:4])):
        postings = [
            _Posting(_name(code, owner), Money(minor, currency))
            for *_, code, owner, minor, currency in group
        ]
        entries.append(_Entry(entry_id, day, kind, text, postings))
    opening = await _balances(work, date(year - 1, 12, 1))
    return _Journal(
        year=year,
        opening=[posting for posting in opening if posting.amount],
        entries=entries,
        closing=await _balances(work, date(year, 12, 1)),
    )


async def _balances(work: Work, month: date) -> list[_Posting]:
    """What each account holds at the end of ``month``, debit positive, from maintained rows."""
    rows = await work.session.execute(
        select(
            LedgerAccount.code,
            LedgerAccount.owner,
            LedgerAccount.currency,
            func.sum(LedgerBalance.debit_minor - LedgerBalance.credit_minor),
        )
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(LedgerBalance.month <= month)
        .group_by(LedgerAccount.id)
        .order_by(LedgerAccount.code, LedgerAccount.owner)
    )
    return [
        _Posting(_name(code, owner), Money(int(minor), currency))
        for code, owner, currency, minor in rows
    ]

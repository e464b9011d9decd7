"""Accounts, statements, entries with what is suggested for them, and the books beside the bank."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, func, or_, select

from guild.core.ids import BankAccountId, BankEntryId, InvoiceId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor, money_in
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.members.models import Organisation
from guild.treasury.errors import BankAccountNotFound, BankEntryNotFound
from guild.treasury.models import BankEntry, BankStatement, CoopBankAccount
from guild.treasury.queries.invoices import incoming_of, invoices_for
from guild.treasury.queries.shapes import account_out, entry_out, statement_out
from guild.treasury.rules.matching import InvoiceIndex
from guild.treasury.schemas import (
    BankEntryOut,
    CoopAccountOut,
    ReconciliationOut,
    StatementOut,
    SuggestionOut,
)

CLIENTS_MAX = 2_000
UNEXPLAINED = ("unmatched", "suggested")


class _After(NamedTuple):
    id: UUID


async def coop_accounts(work: Work) -> list[CoopAccountOut]:
    """The accounts of the co-operative, the oldest first."""
    rows = await work.session.scalars(
        select(CoopBankAccount).order_by(CoopBankAccount.opened_at, CoopBankAccount.id)
    )
    return [account_out(account) for account in rows]


async def statements(
    work: Work,
    *,
    account_id: BankAccountId | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[StatementOut]:
    """Imported statements, the latest first."""
    wanted = select(BankStatement)
    if account_id is not None:
        wanted = wanted.where(BankStatement.account_id == account_id)
    if cursor:
        wanted = wanted.where(BankStatement.id < decode_cursor(cursor, _After).id)
    ordered = wanted.order_by(BankStatement.id.desc()).limit(limit + 1)
    rows = list(await work.session.scalars(ordered))
    shown = rows[:limit]
    return Page(
        items=[statement_out(row) for row in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
    )


class EntrySieve(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries a list shows; amounts are decimal strings without sign."""

    state: str | None = None
    """`open` stands for all that wait for a person."""
    account_id: BankAccountId | None = None
    q: str = ""
    """Looked for in name, text and references."""
    amount_from: str | None = None
    amount_to: str | None = None
    since: date | None = None
    until: date | None = None


async def entries(
    work: Work,
    sieve: EntrySieve | None = None,
    *,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[BankEntryOut]:
    """Entries in the order in which they were imported."""
    wanted = select(BankEntry).where(*_kept(work, sieve or EntrySieve(state=state)))
    if cursor:
        wanted = wanted.where(BankEntry.id > decode_cursor(cursor, _After).id)
    rows = list(await work.session.scalars(wanted.order_by(BankEntry.id).limit(limit + 1)))
    shown = rows[:limit]
    return Page(
        items=[entry_out(row) for row in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
    )


def _kept(work: Work, sieve: EntrySieve) -> list[ColumnElement[bool]]:
    kept: list[ColumnElement[bool]] = []
    if sieve.state == "open":
        kept.append(BankEntry.state.in_(UNEXPLAINED))
    elif sieve.state is not None:
        kept.append(BankEntry.state == sieve.state)
    if sieve.account_id is not None:
        kept.append(BankEntry.account_id == sieve.account_id)
    for word in sieve.q.split():
        pattern = func.concat("%", word.replace("\\", "").replace("%", "").replace("_", "\\_"), "%")
        kept.append(
            or_(
                BankEntry.counterparty.ilike(pattern),
                BankEntry.text.ilike(pattern),
                BankEntry.structured.ilike(pattern),
                BankEntry.reference.ilike(pattern),
                BankEntry.end_to_end_id.ilike(pattern),
            )
        )
    currency = work.settings.coop.currency
    if sieve.amount_from is not None:
        least = money_in(sieve.amount_from, currency, field="amount_from", zero=True)
        kept.append(func.abs(BankEntry.amount_minor) >= least.minor)
    if sieve.amount_to is not None:
        most = money_in(sieve.amount_to, currency, field="amount_to", zero=True)
        kept.append(func.abs(BankEntry.amount_minor) <= most.minor)
    if sieve.since is not None:
        kept.append(BankEntry.booked_on >= sieve.since)
    if sieve.until is not None:
        kept.append(BankEntry.booked_on <= sieve.until)
    return kept


async def entry(work: Work, entry_id: BankEntryId) -> BankEntryOut:
    """One entry. Raises BankEntryNotFound."""
    return entry_out(await _entry(work, entry_id))


async def suggestions(work: Work, entry_id: BankEntryId) -> list[SuggestionOut]:
    """Invoices that an unexplained credit may pay, as things stand now, the best first.

    Judged anew at each look: an invoice may have been issued, or paid, since the import.
    """
    row = await _entry(work, entry_id)
    if row.state not in UNEXPLAINED or row.amount_minor <= 0:
        return []
    invoices = await invoices_for(work, [row])
    known = {invoice.invoice_id: invoice for invoice in invoices}
    return [
        SuggestionOut(
            invoice_id=InvoiceId(candidate.invoice_id),
            number=known[candidate.invoice_id].number,
            client_name=known[candidate.invoice_id].client_name,
            amount=Money(candidate.amount_minor, row.currency).text,
            score=candidate.score,
            verdict=candidate.verdict,
            reasons=list(candidate.reasons),
        )
        for candidate in InvoiceIndex(invoices).candidates(incoming_of(row))
    ]


async def clients(work: Work) -> list[tuple[str, str]]:
    """Clients who were ever invoiced, as (id, name) for a form."""
    rows = await work.session.execute(
        select(Organisation.id, Organisation.name)
        .where(exists().where(Invoice.client_id == Organisation.id, Invoice.state != "draft"))
        .order_by(Organisation.name, Organisation.id)
        .limit(CLIENTS_MAX)
    )
    return [(str(client_id), name) for client_id, name in rows]


async def _entry(work: Work, entry_id: BankEntryId) -> BankEntry:
    row = await work.session.get(BankEntry, entry_id)
    if row is None:
        raise BankEntryNotFound
    return row


async def reconciliation(work: Work, account_id: BankAccountId) -> ReconciliationOut:
    """The ledger beside the last statement, with what still waits. Raises BankAccountNotFound."""
    account = await work.session.get(CoopBankAccount, account_id)
    if account is None:
        raise BankAccountNotFound
    bank, in_transit = await balances_of(
        work,
        [Account("bank", account.id), Account("payout_in_transit", account.id)],
        account.currency,
    )
    closing = Money(account.balance_minor, account.currency)
    number, waiting = (
        await work.session.execute(
            select(func.count(), func.coalesce(func.sum(BankEntry.amount_minor), 0)).where(
                BankEntry.account_id == account_id, BankEntry.state.in_(UNEXPLAINED)
            )
        )
    ).one()
    return ReconciliationOut(
        account_id=account.id,
        currency=account.currency,
        statement_on=account.balance_on,
        statement_balance=closing.text,
        ledger_balance=bank.text,
        difference=(bank - closing).text,
        in_suspense=Money(int(waiting), account.currency).text,
        entries_to_explain=number,
        payouts_in_transit=in_transit.text,
    )

"""Accounts, statements, entries with what is suggested for them, and the books beside the bank."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, func, select

from guild.core.ids import BankAccountId, BankEntryId, InvoiceId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
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


async def entries(
    work: Work, *, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[BankEntryOut]:
    """Entries in the order they were booked; `open` stands for all that wait for a person."""
    wanted = select(BankEntry)
    if state == "open":
        wanted = wanted.where(BankEntry.state.in_(UNEXPLAINED))
    elif state is not None:
        wanted = wanted.where(BankEntry.state == state)
    if cursor:
        wanted = wanted.where(BankEntry.id > decode_cursor(cursor, _After).id)
    rows = list(await work.session.scalars(wanted.order_by(BankEntry.id).limit(limit + 1)))
    shown = rows[:limit]
    return Page(
        items=[entry_out(row) for row in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
    )


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

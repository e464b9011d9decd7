"""Importing bank statements: booked at once between the bank and suspense, never twice."""

import asyncio
import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import String, any_, exists, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from guild.core.ids import BankAccountId, BankEntryId, StatementId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.ledger.chart import Account, Line
from guild.ledger.commands import post
from guild.treasury.commands.appends import ENTRIES, FILES, STATEMENTS, SUGGESTIONS, suggestion_row
from guild.treasury.commands.settling import Settled, settle_from_statement
from guild.treasury.errors import EntryAlreadyBooked, ForeignStatement, StatementGap
from guild.treasury.events import StatementImported
from guild.treasury.models import (
    BANK_ENTRY,
    SEALED_FILE,
    SEALED_PAYER,
    BankEntry,
    BankStatement,
    CoopBankAccount,
)
from guild.treasury.queries.invoices import invoices_for
from guild.treasury.queries.shapes import statement_out
from guild.treasury.rules.camt053 import ReadEntry, ReadStatement, read_statements
from guild.treasury.rules.matching import Candidate, Incoming, InvoiceIndex, preselected
from guild.treasury.schemas import ImportOut

COMPRESSION = 1


class _Judged(NamedTuple):
    """An entry with what is known about it before it is written."""

    id: BankEntryId
    entry: ReadEntry
    candidates: tuple[Candidate, ...]
    settled: Settled | None


async def import_statements(work: Work, content: bytes) -> ImportOut:
    """Book every statement of a camt.053 file; the same file again changes nothing.

    A statement must be of an account that is kept here, open with the balance on which the last
    one closed, and repeat no entry. The account's row is locked, so imports of one account wait
    for each other. Raises StatementUnreadable, StatementDoesNotAdd, StatementTooLarge,
    ForeignStatement, StatementGap and EntryAlreadyBooked; then nothing of the file is booked.
    """
    work.require(Permission.STATEMENTS_IMPORT)
    digest = hashlib.sha256(content).digest()
    read = await asyncio.to_thread(read_statements, content)
    accounts = await _locked_accounts(work, read)
    earlier = await _earlier(work, digest)
    if earlier:
        return _repeated(earlier)
    known = [await _same_statement(work, accounts[_key(one)], one) for one in read]
    if all(known):
        return _repeated([statement for statement in known if statement is not None])
    work.append(FILES, sha256=digest, content_sealed=await _sealed(work, digest, content))
    booked: list[BankStatement] = []
    judged: list[_Judged] = []
    for position, (statement, former) in enumerate(zip(read, known, strict=True)):
        if former is None:
            row, entries = await _book(work, accounts[_key(statement)], statement, digest, position)
            booked.append(row)
            judged.extend(entries)
    return ImportOut(
        statements=[statement_out(row) for row in booked],
        new_entries=len(judged),
        suggested=sum(preselected(one.candidates) is not None for one in judged),
        payouts_settled=sum(one.settled is not None for one in judged),
    )


def _key(statement: ReadStatement) -> tuple[str, str]:
    return statement.iban, statement.currency


async def _locked_accounts(
    work: Work, read: Sequence[ReadStatement]
) -> dict[tuple[str, str], CoopBankAccount]:
    """The accounts of the file, locked in the order of their ids."""
    rows = await work.session.scalars(
        select(CoopBankAccount)
        .where(CoopBankAccount.iban.in_({one.iban for one in read}))
        .order_by(CoopBankAccount.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    accounts = {(account.iban, account.currency): account for account in rows}
    for statement in read:
        if _key(statement) not in accounts:
            raise ForeignStatement(
                f"The statement is of account …{statement.iban[-4:]} in {statement.currency}, "
                "which the co-operative does not keep here.",
                mend="Check that you downloaded the right account, or add the account first.",
            )
    return accounts


async def _earlier(work: Work, digest: bytes) -> list[BankStatement]:
    rows = await work.session.scalars(
        select(BankStatement)
        .where(BankStatement.file_sha256 == digest)
        .order_by(BankStatement.file_position)
    )
    return list(rows)


async def _same_statement(
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
            BankEntry.statement_id == former.id
        )
    )
    as_booked = Counter((reference, minor) for reference, minor in rows)
    as_read = Counter((entry.reference, entry.amount_minor) for entry in statement.entries)
    return former if as_booked == as_read else None


def _repeated(statements: list[BankStatement]) -> ImportOut:
    return ImportOut(
        statements=[statement_out(one) for one in statements],
        new_entries=0,
        suggested=0,
        payouts_settled=0,
    )


async def _sealed(work: Work, digest: bytes, content: bytes) -> bytes:
    compressed = await asyncio.to_thread(zlib.compress, content, COMPRESSION)
    return work.keyring.seal(compressed, context=SEALED_FILE.context(digest))


async def _book(
    work: Work, account: CoopBankAccount, read: ReadStatement, digest: bytes, position: int
) -> tuple[BankStatement, list[_Judged]]:
    """Check that the statement follows, then append it, its entries and what they post."""
    _check_follows(account, read)
    await _check_new(work, account, read)
    former = await _last_statement(work, account.id)
    row = BankStatement(
        id=StatementId(new_id()),
        account_id=account.id,
        previous_id=former,
        file_sha256=digest,
        file_position=position,
        bank_reference=read.statement_id,
        number=read.number,
        opening_minor=read.opening_minor,
        closing_minor=read.closing_minor,
        currency=read.currency,
        from_on=read.from_on,
        to_on=read.to_on,
        entries=len(read.entries),
        pending=read.pending,
        imported_by=work.actor.id,
        imported_at=work.now,
    )
    work.append(STATEMENTS, **{name: getattr(row, name) for name in STATEMENTS.columns})
    account.balance_minor, account.balance_on = read.closing_minor, read.to_on
    judged = await _judge(work, account, read)
    for one in judged:
        _append_entry(work, account, row.id, one)
    await _post_days(work, account, row, judged)
    for one in judged:
        if one.settled:
            await one.settled.post()
    await work.emit(
        StatementImported(statement_id=row.id, account_id=account.id, entries=len(judged))
    )
    # A later statement of the same file is checked against this one.
    await work.write()
    return row, judged


def _check_follows(account: CoopBankAccount, read: ReadStatement) -> None:
    """No gap: neither in the balance nor backwards in time."""
    if read.opening_minor != account.balance_minor or read.to_on < account.balance_on:
        opening = Money(read.opening_minor, read.currency)
        closed = Money(account.balance_minor, account.currency)
        raise StatementGap(
            f"It opens with {opening} and ends on {read.to_on}; the account stood at {closed} "
            f"on {account.balance_on}.",
            mend="Import the missing statements first, oldest first.",
        )


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
            .limit(5)
        )
    )
    if twice:
        raise EntryAlreadyBooked(
            f"Booked by an earlier statement: {', '.join(sorted(twice))}.",
            mend="Ask the bank for statements whose periods do not overlap.",
        )


async def _last_statement(work: Work, account_id: BankAccountId) -> StatementId | None:
    """The end of the account's chain; the account's row is locked, so there is one."""
    following = aliased(BankStatement)
    return await work.session.scalar(
        select(BankStatement.id).where(
            BankStatement.account_id == account_id,
            ~exists().where(
                following.account_id == account_id, following.previous_id == BankStatement.id
            ),
        )
    )


async def _judge(work: Work, account: CoopBankAccount, read: ReadStatement) -> list[_Judged]:
    """For each entry: the payout it settles or returns, or the invoices it may pay."""
    incoming = [entry for entry in read.entries if entry.amount_minor > 0]
    index = InvoiceIndex(await invoices_for(work, incoming) if incoming else ())
    settled = await settle_from_statement(work, account, read.entries)
    judged = []
    for entry in read.entries:
        came_of = settled.get(entry.reference)
        candidates: tuple[Candidate, ...] = ()
        if came_of is None and entry.amount_minor > 0:
            candidates = index.candidates(
                Incoming(
                    amount_minor=entry.amount_minor,
                    currency=read.currency,
                    structured=entry.structured,
                    text=entry.text,
                    counterparty=entry.counterparty,
                )
            )
        judged.append(_Judged(BankEntryId(new_id()), entry, candidates, came_of))
    return judged


async def _post_days(
    work: Work, account: CoopBankAccount, statement: BankStatement, judged: Sequence[_Judged]
) -> None:
    """One ledger entry for each day of the statement, between the bank and suspense.

    Money in and money out stay apart. Who paid and why is in the statement's entries alone: the
    books are kept for ever, and hold no names of payers.
    """
    days: dict[date, list[int]] = defaultdict(list)
    for one in judged:
        days[one.entry.booked_on].append(one.entry.amount_minor)
    for day, minors in days.items():
        both = (sum(m for m in minors if m > 0), sum(m for m in minors if m < 0))
        amounts = [Money(minor, account.currency) for minor in both if minor]
        if not amounts:
            continue
        await post(
            work,
            kind="bank_statement",
            text=f"Bank statement {statement.number or statement.bank_reference}",
            lines=[
                *(Line(Account("bank", account.id), amount) for amount in amounts),
                *(Line(Account("suspense"), -amount) for amount in amounts),
            ],
            subject=statement.id,
            occurred_on=day,
        )


def _append_entry(
    work: Work, account: CoopBankAccount, statement_id: StatementId, judged: _Judged
) -> None:
    """The entry as the bank reports it, and what is suggested for it."""
    entry = judged.entry
    state, words = _first_state(judged)
    iban = entry.counterparty_iban
    work.append(
        ENTRIES,
        id=judged.id,
        statement_id=statement_id,
        account_id=account.id,
        reference=entry.reference,
        amount_minor=entry.amount_minor,
        currency=account.currency,
        booked_on=entry.booked_on,
        valued_on=entry.valued_on,
        structured=entry.structured,
        text=entry.text,
        counterparty=entry.counterparty,
        iban_sealed=work.keyring.seal(iban.encode(), context=SEALED_PAYER.context(judged.id))
        if iban
        else None,
        iban_last4=iban[-4:],
        end_to_end_id=entry.end_to_end_id,
        return_reason=entry.return_reason,
        state=state,
        explanation=words,
        explained_by=work.actor.id if words else None,
        explained_at=work.now if words else None,
    )
    for candidate in judged.candidates:
        work.append(SUGGESTIONS, **suggestion_row(judged.id, candidate))


def _first_state(judged: _Judged) -> tuple[str, str]:
    """The state an entry begins in, and the explanation where the import itself knows it."""
    if judged.settled:
        return "confirmed", judged.settled.words
    if not judged.entry.amount_minor:
        return "explained", "An entry without an amount"
    return ("suggested" if preselected(judged.candidates) else BANK_ENTRY.initial), ""

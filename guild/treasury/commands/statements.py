"""Importing bank files: booked at once between the bank and suspense, never twice."""

import asyncio
import hashlib
import zlib
from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from guild.core.ids import BankAccountId, CsvMappingId, StatementId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.treasury.commands import announcing
from guild.treasury.commands.appends import FILES, STATEMENTS
from guild.treasury.commands.booking import (
    Judged,
    judge,
    post_days,
    suspect_paid_twice,
    write_entries,
)
from guild.treasury.events import StatementImported
from guild.treasury.models import SEALED_FILE, BankStatement, CoopBankAccount
from guild.treasury.queries.planning import Plan, plan, same_statement
from guild.treasury.queries.reading import locked_accounts, read_file
from guild.treasury.queries.shapes import statement_out
from guild.treasury.rules.entries import ReadStatement
from guild.treasury.rules.matching import preselected
from guild.treasury.schemas import ImportOut

COMPRESSION = 1


async def import_statements(
    work: Work,
    content: bytes,
    *,
    account_id: BankAccountId | None = None,
    mapping_id: CsvMappingId | None = None,
) -> ImportOut:
    """Book every statement of a file (camt.053, CODA, CSV); the same file again changes nothing.

    A statement must be of an account that is kept here. Either it opens with the balance on which
    the last one closed, or what of it is not booked yet makes the difference to its closing
    balance. The payments inside bookings (camt.054) are kept for matching; nothing is booked from
    them. The account's row is locked, so imports of one account wait for each other. Raises
    StatementUnreadable, StatementDoesNotAdd, StatementTooLarge, MappingMissing, ForeignStatement,
    StatementGap and EntryAlreadyBooked; then nothing of the file is booked.
    """
    work.require(Permission.STATEMENTS_IMPORT)
    digest = hashlib.sha256(content).digest()
    packing = asyncio.create_task(asyncio.to_thread(zlib.compress, content, COMPRESSION))
    reading = await read_file(work, content, account_id=account_id, mapping_id=mapping_id)
    accounts = await locked_accounts(work, [*reading.statements, *reading.notifications])
    if reading.notifications:
        kept, inside = await announcing.keep_notifications(work, accounts, reading.notifications)
        return _out([], [], notified=kept, divided=inside)
    earlier = await _earlier(work, digest)
    if earlier:
        return _out(earlier, [])
    booked: list[BankStatement] = []
    judged: list[Judged] = []
    former: list[BankStatement] = []
    known = pending = 0
    for position, statement in enumerate(reading.statements):
        account = accounts[statement.iban, statement.currency]
        same = await same_statement(work, account, statement)
        if same is not None:
            former.append(same)
            continue
        divided = await announcing.divided(work, account, statement)
        planned = await plan(work, account, divided)
        known += planned.known
        if planned.known and not planned.new:
            former.extend(await _statements_of(work, account, statement))
            continue
        if not booked:
            work.append(FILES, sha256=digest, content_sealed=_sealed(work, digest, await packing))
        row, entries = await _book(work, account, divided, planned, digest, position)
        pending += await announcing.keep_pending(work, account, row, divided, entries)
        booked.append(row)
        judged.extend(entries)
    return _out(booked or former, judged, known=known, pending=pending)


async def _earlier(work: Work, digest: bytes) -> list[BankStatement]:
    rows = await work.session.scalars(
        select(BankStatement)
        .where(BankStatement.file_sha256 == digest)
        .order_by(BankStatement.file_position)
    )
    return list(rows)


async def _statements_of(
    work: Work, account: CoopBankAccount, read: ReadStatement
) -> list[BankStatement]:
    """The statements that booked what this one repeats."""
    rows = await work.session.scalars(
        select(BankStatement)
        .where(
            BankStatement.account_id == account.id,
            BankStatement.from_on <= read.to_on,
            BankStatement.to_on >= read.from_on,
        )
        .order_by(BankStatement.id)
        .limit(20)
    )
    return list(rows)


def _out(
    statements: Sequence[BankStatement],
    judged: Sequence[Judged],
    *,
    known: int = 0,
    pending: int = 0,
    notified: int = 0,
    divided: int = 0,
) -> ImportOut:
    return ImportOut(
        statements=[statement_out(one) for one in statements],
        new_entries=len(judged),
        known_entries=known,
        suggested=sum(one.interest or preselected(one.candidates) is not None for one in judged),
        payouts_settled=sum(one.settled is not None for one in judged),
        by_rule=sum(one.rule is not None for one in judged),
        pending=pending,
        notified=notified,
        divided=divided,
    )


def _sealed(work: Work, digest: bytes, compressed: bytes) -> bytes:
    return work.keyring.seal(compressed, context=SEALED_FILE.context(digest))


async def _book(
    work: Work,
    account: CoopBankAccount,
    read: ReadStatement,
    planned: Plan,
    digest: bytes,
    position: int,
) -> tuple[BankStatement, list[Judged]]:
    """Append the statement, its new entries and what they post."""
    row = BankStatement(
        id=StatementId(new_id()),
        account_id=account.id,
        previous_id=await _last_statement(work, account.id),
        file_sha256=digest,
        file_position=position,
        bank_reference=read.statement_id,
        number=read.number,
        opening_minor=account.balance_minor,
        closing_minor=planned.closing_minor,
        currency=read.currency,
        from_on=read.from_on,
        to_on=read.to_on,
        entries=len(planned.new),
        pending=len(read.pending),
        imported_by=work.actor.id,
        imported_at=work.now,
        source=read.source,
        proven=read.closing_minor is not None,
        stated_opening_minor=read.opening_minor,
        stated_closing_minor=read.closing_minor,
        known=planned.known,
    )
    work.append(STATEMENTS, **{name: getattr(row, name) for name in STATEMENTS.columns})
    account.balance_minor = planned.closing_minor
    account.balance_on = max(account.balance_on, read.to_on)
    judged = await judge(work, account, planned.new)
    await write_entries(work, account, row.id, judged)
    await post_days(work, account, row, judged)
    for one in judged:
        if one.settled:
            await one.settled.post()
        if one.twice is not None:
            await suspect_paid_twice(work, one, one.twice, account.currency)
    await work.emit(
        StatementImported(statement_id=row.id, account_id=account.id, entries=len(judged))
    )
    # A later statement of the same file is checked against this one.
    await work.write()
    return row, judged


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

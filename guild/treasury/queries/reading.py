"""Reading a bank file of any format: what it is, of which account, and how its CSV is mapped."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import select

from guild.core.ids import BankAccountId, CsvMappingId
from guild.core.work import Work
from guild.treasury.errors import BankAccountNotFound, ForeignStatement, MappingMissing
from guild.treasury.models import CoopBankAccount, CsvFileMapping
from guild.treasury.rules.camt import read_message
from guild.treasury.rules.camt053 import statements_of
from guild.treasury.rules.camt054 import notifications_of
from guild.treasury.rules.coda import read_coda
from guild.treasury.rules.csv_files import CsvMapping, headers_in, read_csv
from guild.treasury.rules.detecting import kind_of
from guild.treasury.rules.entries import ReadNotification, ReadStatement


class Reading(NamedTuple):
    """What a file holds: statements to book, or the payments inside bookings."""

    statements: tuple[ReadStatement, ...] = ()
    notifications: tuple[ReadNotification, ...] = ()


async def read_file(
    work: Work,
    content: bytes,
    *,
    account_id: BankAccountId | None = None,
    mapping_id: CsvMappingId | None = None,
) -> Reading:
    """Read a file by its content. Account and mapping matter for CSV alone.

    Raises StatementUnreadable, StatementTooLarge, StatementDoesNotAdd, and MappingMissing for a
    CSV whose header no saved mapping knows.
    """
    kind = kind_of(content)
    if kind == "camt":
        return await asyncio.to_thread(_camt, content)
    if kind == "coda":
        return Reading(statements=await asyncio.to_thread(read_coda, content))
    saved, account = await _mapping(work, content, account_id, mapping_id)
    mapping = msgspec.convert(saved.mapping, CsvMapping)
    read = await asyncio.to_thread(
        read_csv, content, mapping, iban=account.iban, currency=account.currency
    )
    return Reading(statements=(read,))


def _camt(content: bytes) -> Reading:
    message = read_message(content)
    if message.name.startswith("camt.054"):
        return Reading(notifications=notifications_of(message))
    return Reading(statements=statements_of(message))


async def _mapping(
    work: Work,
    content: bytes,
    account_id: BankAccountId | None,
    mapping_id: CsvMappingId | None,
) -> tuple[CsvFileMapping, CoopBankAccount]:
    """The mapping that was named, or the one whose header the file has."""
    wanted = select(CsvFileMapping, CoopBankAccount).join(
        CoopBankAccount, CoopBankAccount.id == CsvFileMapping.account_id
    )
    if mapping_id is not None:
        wanted = wanted.where(CsvFileMapping.id == mapping_id)
    else:
        keys = await asyncio.to_thread(headers_in, content)
        wanted = wanted.where(CsvFileMapping.header_sha256.in_(keys))
    if account_id is not None:
        wanted = wanted.where(CsvFileMapping.account_id == account_id)
    rows = (await work.session.execute(wanted.order_by(CsvFileMapping.saved_at))).all()
    if not rows:
        raise MappingMissing(
            "No saved mapping fits this CSV.",
            mend="Say once which column holds what; the next file is then recognised.",
        )
    if len({account.id for _, account in rows}) > 1:
        raise MappingMissing(
            "Several accounts have CSV files like this one.", mend="Say which account it is of."
        )
    saved, account = rows[-1]
    return saved, account


async def locked_accounts(
    work: Work, read: Sequence[ReadStatement | ReadNotification], *, lock: bool = True
) -> dict[tuple[str, str], CoopBankAccount]:
    """The accounts of a file by number and currency, locked in the order of their ids."""
    query = (
        select(CoopBankAccount)
        .where(CoopBankAccount.iban.in_({one.iban for one in read}))
        .order_by(CoopBankAccount.id)
        .execution_options(populate_existing=True)
    )
    rows = await work.session.scalars(query.with_for_update(key_share=True) if lock else query)
    accounts = {(account.iban, account.currency): account for account in rows}
    for one in read:
        if (one.iban, one.currency) not in accounts:
            raise ForeignStatement(
                f"The statement is of account …{one.iban[-4:]} in {one.currency}, "
                "which the co-operative does not keep here.",
                mend="Check that you downloaded the right account, or add the account first.",
            )
    return accounts


async def account_of(work: Work, account_id: BankAccountId) -> CoopBankAccount:
    """An account of the co-operative. Raises BankAccountNotFound."""
    account = await work.session.get(CoopBankAccount, account_id)
    if account is None:
        raise BankAccountNotFound
    return account

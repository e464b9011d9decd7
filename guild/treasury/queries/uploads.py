"""What an uploaded file says, and what its import would do; nothing is written."""

import asyncio
import zlib

import msgspec
from sqlalchemy import select

from guild.core.errors import GuildError
from guild.core.ids import BankAccountId, CsvMappingId, UploadId
from guild.core.money import Money
from guild.core.work import Work
from guild.treasury.errors import MappingNotFound, UploadNotFound
from guild.treasury.models import SEALED_UPLOAD, BankUpload, CoopBankAccount, CsvFileMapping
from guild.treasury.queries.planning import plan
from guild.treasury.queries.reading import Reading, locked_accounts, read_file
from guild.treasury.rules.csv_files import CsvMapping
from guild.treasury.rules.csv_guess import guess
from guild.treasury.rules.detecting import kind_of
from guild.treasury.rules.entries import ReadEntry, ReadStatement
from guild.treasury.schemas import MappingOut, PreviewRowOut, PreviewStatementOut, UploadOut

SHOWN = 25


async def upload_content(work: Work, upload_id: UploadId) -> tuple[bytes, str]:
    """An uploaded file, opened, and its name. Raises UploadNotFound."""
    row = await work.session.get(BankUpload, upload_id)
    if row is None:
        raise UploadNotFound
    opened = work.keyring.open(row.content_sealed, context=SEALED_UPLOAD.context(row.id))
    return await asyncio.to_thread(zlib.decompress, opened), row.name


async def look_at(
    work: Work, upload_id: UploadId, *, mapping_id: CsvMappingId | None = None
) -> UploadOut:
    """Read an uploaded file and say what its import would do. Raises UploadNotFound."""
    content, name = await upload_content(work, upload_id)
    kind, guessed, mapping = "", None, None
    header: list[str] = []
    problem = mend = ""
    statements: list[PreviewStatementOut] = []
    reading = Reading()
    try:
        kind = kind_of(content)
        if kind == "csv":
            guessed, header = await asyncio.to_thread(guess, content)
        reading = await read_file(work, content, mapping_id=mapping_id)
        accounts = await locked_accounts(
            work, [*reading.statements, *reading.notifications], lock=False
        )
        if kind == "csv":
            account = accounts[reading.statements[0].iban, reading.statements[0].currency]
            mapping = await _used(work, account.id, mapping_id, header)
        for statement in reading.statements:
            account = accounts[statement.iban, statement.currency]
            statements.append(await _statement(work, account, statement))
    except GuildError as refused:
        problem, mend = str(refused), refused.mend
    return UploadOut(
        id=upload_id,
        name=name,
        format=kind,
        problem=problem,
        mend=mend,
        header=header,
        guess=guessed,
        mapping=mapping,
        notifications=len(reading.notifications),
        statements=statements,
    )


async def _used(
    work: Work, account_id: BankAccountId, mapping_id: CsvMappingId | None, header: list[str]
) -> MappingOut | None:
    query = select(CsvFileMapping).where(CsvFileMapping.account_id == account_id)
    if mapping_id is not None:
        query = query.where(CsvFileMapping.id == mapping_id)
    rows = list(await work.session.scalars(query.order_by(CsvFileMapping.saved_at.desc())))
    fitting = [one for one in map(mapping_out, rows) if set(one.mapping.columns()) <= set(header)]
    return fitting[0] if fitting else None


async def _statement(
    work: Work, account: CoopBankAccount, read: ReadStatement
) -> PreviewStatementOut:
    problem = mend = ""
    new: set[str] = {entry.reference for entry in read.entries}
    known = 0
    try:
        planned = await plan(work, account, read)
        new, known = {entry.reference for entry in planned.new}, planned.known
    except GuildError as refused:
        problem, mend = str(refused), refused.mend

    def written(minor: int | None) -> str | None:
        return None if minor is None else Money(minor, read.currency).text

    return PreviewStatementOut(
        account_id=account.id,
        account_name=account.name,
        currency=read.currency,
        from_on=read.from_on,
        to_on=read.to_on,
        opening=written(read.opening_minor),
        closing=written(read.closing_minor),
        entries=len(read.entries),
        new_entries=0 if problem else len(new),
        known_entries=known,
        pending=len(read.pending),
        problem=problem,
        mend=mend,
        rows=[_row(entry, read.currency, new=entry.reference in new)
              for entry in read.entries[:SHOWN]],
    )  # fmt: skip


def _row(entry: ReadEntry, currency: str, *, new: bool) -> PreviewRowOut:
    return PreviewRowOut(
        booked_on=entry.booked_on,
        amount=Money(entry.amount_minor, currency).text,
        counterparty=entry.counterparty,
        iban_last4=entry.counterparty_iban[-4:],
        structured_reference=entry.structured,
        text=entry.text,
        new=new,
    )


async def mappings(work: Work) -> list[MappingOut]:
    """The saved mappings, by account and name."""
    rows = await work.session.scalars(
        select(CsvFileMapping).order_by(CsvFileMapping.account_id, CsvFileMapping.name)
    )
    return [mapping_out(row) for row in rows]


async def mapping(work: Work, mapping_id: CsvMappingId) -> MappingOut:
    """One saved mapping. Raises MappingNotFound."""
    row = await work.session.get(CsvFileMapping, mapping_id)
    if row is None:
        raise MappingNotFound
    return mapping_out(row)


def mapping_out(row: CsvFileMapping) -> MappingOut:
    """A mapping as the wire shows it."""
    return MappingOut(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        mapping=msgspec.convert(row.mapping, CsvMapping),
        saved_at=row.saved_at,
    )

"""A bank file that is looked at first: kept sealed for a day, mapped if CSV, then imported."""

import asyncio
import zlib
from datetime import timedelta

import msgspec
from sqlalchemy import delete, select

from guild.core.errors import Invalid
from guild.core.ids import CsvMappingId, UploadId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.treasury.commands.statements import COMPRESSION, import_statements
from guild.treasury.errors import MappingNotFound, StatementTooLarge
from guild.treasury.models import SEALED_UPLOAD, BankUpload, CsvFileMapping
from guild.treasury.queries.reading import account_of
from guild.treasury.queries.uploads import mapping_out, upload_content
from guild.treasury.rules.csv_files import header_key, header_of, read_csv
from guild.treasury.rules.entries import MAX_BYTES
from guild.treasury.schemas import ImportOut, MappingIn, MappingOut

KEPT = timedelta(hours=24)


async def keep_upload(work: Work, content: bytes, name: str) -> UploadId:
    """Keep a file for a day, sealed, so that it can be looked at. Raises StatementTooLarge."""
    work.require(Permission.STATEMENTS_IMPORT)
    if len(content) > MAX_BYTES:
        raise StatementTooLarge(f"One import takes at most {MAX_BYTES} bytes.")
    if not content:
        raise Invalid("The file is empty.", field="statement")
    upload_id = UploadId(new_id())
    compressed = await asyncio.to_thread(zlib.compress, content, COMPRESSION)
    work.session.add(
        BankUpload(
            id=upload_id,
            content_sealed=work.keyring.seal(compressed, context=SEALED_UPLOAD.context(upload_id)),
            name="".join(sign for sign in name if sign.isprintable())[:200],
            uploaded_by=work.actor.member_id,
            uploaded_at=work.now,
        )
    )
    await work.session.flush()
    return upload_id


async def import_upload(
    work: Work, upload_id: UploadId, mapping_id: CsvMappingId | None = None
) -> ImportOut:
    """Import a file that was looked at; then it is gone. Raises what `import_statements` raises."""
    work.require(Permission.STATEMENTS_IMPORT)
    content, _ = await upload_content(work, upload_id)
    came = await import_statements(work, content, mapping_id=mapping_id)
    await work.session.execute(delete(BankUpload).where(BankUpload.id == upload_id))
    return came


async def discard_upload(work: Work, upload_id: UploadId) -> None:
    """Forget a file. Raises UploadNotFound."""
    work.require(Permission.STATEMENTS_IMPORT)
    await upload_content(work, upload_id)
    await work.session.execute(delete(BankUpload).where(BankUpload.id == upload_id))


async def save_mapping(work: Work, data: MappingIn) -> MappingOut:
    """Save how the CSV files of an account are read, under a name; the same name is replaced.

    The upload must be readable with it. Raises BankAccountNotFound, UploadNotFound,
    StatementUnreadable and StatementDoesNotAdd.
    """
    work.require(Permission.STATEMENTS_IMPORT)
    account = await account_of(work, data.account_id)
    content, _ = await upload_content(work, data.upload_id)
    mapping = data.mapping
    if bool(mapping.amount) == bool(mapping.credit or mapping.debit):
        raise Invalid("Map either one column of amounts, or one for credit and one for debit.",
                      field="amount")  # fmt: skip
    if not mapping.amount and not (mapping.credit and mapping.debit):
        raise Invalid("Map both the credit and the debit column.", field="credit")
    if mapping.direction and not mapping.debit_words:
        raise Invalid("Say which words of that column mean money out.", field="debit_words")
    _, names = header_of(content, mapping)
    await asyncio.to_thread(
        read_csv, content, mapping, iban=account.iban, currency=account.currency
    )
    row = await work.session.scalar(
        select(CsvFileMapping)
        .where(CsvFileMapping.account_id == account.id, CsvFileMapping.name == data.name)
        .with_for_update()
    )
    if row is None:
        row = CsvFileMapping(id=CsvMappingId(new_id()), account_id=account.id, name=data.name)
        work.session.add(row)
    row.header_sha256 = header_key(names)
    row.mapping = msgspec.to_builtins(mapping)
    row.saved_by, row.saved_at = work.actor.member_id, work.now
    await work.session.flush()
    return mapping_out(row)


async def forget_mapping(work: Work, mapping_id: CsvMappingId) -> None:
    """Remove a saved mapping; what was imported by it stays. Raises MappingNotFound."""
    work.require(Permission.STATEMENTS_IMPORT)
    row = await work.session.get(CsvFileMapping, mapping_id)
    if row is None:
        raise MappingNotFound
    await work.session.delete(row)


async def drop_old_uploads(work: Work) -> int:
    """Forget uploads that nobody imported within a day; counts them."""
    gone = await work.session.execute(
        delete(BankUpload).where(BankUpload.uploaded_at < work.now - KEPT)
    )
    return int(getattr(gone, "rowcount", 0))

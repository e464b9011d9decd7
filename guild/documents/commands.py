"""Storing documents under the hash of their bytes, erasing them; refusing unprintable texts."""

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import DocumentId, new_id
from guild.core.jobs import job
from guild.core.work import Work
from guild.documents.errors import TextUnprintable
from guild.documents.fonts import uncovered_characters
from guild.documents.models import Document
from guild.documents.rules import place, safe_name

ERASED_NAME: Final = "erased"
"""What a document is called that is there no more: names may be of people too."""


def refuse_unprintable(given: Mapping[str, object]) -> None:
    """Refuse typed input that is to be printed later and could not be; by field, lists included.

    Asked where names, addresses and descriptions come in, because a contract or an invoice can no
    longer be changed when its sheet is made. Raises TextUnprintable.
    """
    for field, text in _texts(given, ""):
        missing = uncovered_characters(text)
        if missing:
            named = ", ".join(
                f"{unicodedata.name(sign, 'control character').lower()} (U+{ord(sign):04X})"
                for sign in missing[:3]
            )
            raise TextUnprintable(
                f"No sheet can show this: {named}.",
                mend="Write it without pictures and invisible signs, in Latin, Greek or Cyrillic "
                "letters.",
                field=field,
            )


def _texts(given: object, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(given, str):
        yield field, given
    elif isinstance(given, Mapping):
        for name, value in given.items():
            yield from _texts(value, f"{field}.{name}".lstrip("."))
    elif isinstance(given, Sequence):
        for place, value in enumerate(given):
            yield from _texts(value, f"{field}.{place}")


async def store(
    work: Work, data: bytes, media_type: str, name: str, subject_id: UUID | None = None
) -> DocumentId:
    """Keeps `data` until it is erased, and returns its id; the same bytes have the same id.

    The file is on disk, synced, before the row is written: a crash leaves at worst a file without
    a row, which the next storing of the same bytes takes over.
    """
    assert data, "an empty document proves nothing"
    digest = hashlib.sha256(data).digest()
    known = await _id_of(work, digest)
    name = safe_name(name)
    if known is not None:
        await _restore(work, known, data, name, media_type, subject_id)
        return known
    path = place(work.settings.data_dir, digest, name)
    await asyncio.to_thread(write_durably, path, data)
    added = await work.session.scalar(
        insert(Document)
        .values(
            id=new_id(),
            sha256=digest,
            media_type=media_type,
            size=len(data),
            name=name,
            created_at=work.now,
            subject_id=subject_id,
        )
        .on_conflict_do_nothing(index_elements=["sha256"])
        .returning(Document.id)
    )
    if added is None:  # another transaction stored the same bytes meanwhile
        added = await _id_of(work, digest)
        assert added is not None
    return added


async def _restore(
    work: Work, known: DocumentId, data: bytes, name: str, media_type: str, subject_id: UUID | None
) -> None:
    """Bytes that were erased have come back: keep them again. The lock keeps the sweeper out."""
    erased = await work.session.scalar(
        select(Document).where(Document.id == known, Document.erased_at.is_not(None))
        .with_for_update().execution_options(populate_existing=True)
    )  # fmt: skip
    if erased is None:
        return
    path = place(work.settings.data_dir, erased.sha256, name)
    await asyncio.to_thread(write_durably, path, data)
    erased.name, erased.media_type, erased.subject_id = name, media_type, subject_id
    erased.created_at, erased.erased_at = work.now, None
    await work.session.flush()


async def erase(work: Work, document_id: DocumentId) -> bool:
    """Erase a document that nothing refers to any more; its hash and size stay.

    The row is changed now, and the bytes go when this Work has committed.
    Says whether it did: False where something else refers to the same bytes, or it is done already.
    """
    row = await work.session.get(Document, document_id, with_for_update=True)
    if row is None or row.erased_at is not None:
        return False
    if await work.session.scalar(select(func.document_referred(document_id))):
        return False
    row.name, row.erased_at = ERASED_NAME, work.now
    await work.session.flush()
    work.later(remove_bytes, document_id=document_id)
    return True


@job("documents.remove_bytes")
async def remove_bytes(work: Work, document_id: DocumentId) -> None:
    """Take the bytes of an erased document from the disk; nothing if they have come back.

    It stands here and not among the jobs, because `erase` queues it. May run twice.
    """
    row = await work.session.get(Document, document_id, with_for_update=True)
    if row is None or row.erased_at is None:
        return
    folder = place(work.settings.data_dir, row.sha256, ERASED_NAME).parent
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    if await asyncio.to_thread(folder.exists):
        raise OSError(f"the bytes of document {document_id} could not be removed")


async def _id_of(work: Work, digest: bytes) -> DocumentId | None:
    found: DocumentId | None = await work.session.scalar(
        select(Document.id).where(Document.sha256 == digest)
    )
    return found


def write_durably(path: Path, data: bytes) -> None:
    """Writes a whole file or nothing: a synced draft is renamed, and the folders are synced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        raise
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

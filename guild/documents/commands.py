"""Storing documents under the hash of their bytes; refusing texts that none could show."""

import asyncio
import contextlib
import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import DocumentId, new_id
from guild.core.work import Work
from guild.documents.errors import TextUnprintable
from guild.documents.fonts import uncovered_characters
from guild.documents.models import Document
from guild.documents.rules import place, safe_name


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
    """Keeps `data` for ever and returns its id; the same bytes have the same id.

    The file is on disk, synced, before the row is written: a crash leaves at worst a file without
    a row, which the next storing of the same bytes takes over.
    """
    assert data, "an empty document proves nothing"
    digest = hashlib.sha256(data).digest()
    known = await _id_of(work, digest)
    if known is not None:
        return known
    name = safe_name(name)
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

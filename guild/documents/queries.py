"""Reading stored documents, each time with a check of their hash."""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import select

from guild.core.ids import DocumentId
from guild.core.work import Work
from guild.documents.errors import DocumentDamaged, DocumentErased, DocumentNotFound
from guild.documents.models import Document
from guild.documents.rules import place


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a document without reading it. `sha256` is lower-case hex."""

    id: DocumentId
    sha256: str
    media_type: str
    size: int
    name: str
    created_at: datetime
    subject_id: UUID | None


async def about(work: Work, document_id: DocumentId) -> StoredDocument:
    """The row of a document; raises DocumentErased when only its hash is kept. the actor
    may read it is the calling feature's question.
    """
    row = await work.session.get(Document, document_id)
    if row is None:
        raise DocumentNotFound
    if row.erased_at is not None:
        raise DocumentErased("Its time was over. Only its fingerprint is kept.")
    return StoredDocument(
        id=row.id,
        sha256=row.sha256.hex(),
        media_type=row.media_type,
        size=row.size,
        name=row.name,
        created_at=row.created_at,
        subject_id=row.subject_id,
    )


async def read(work: Work, document_id: DocumentId) -> bytes:
    """The bytes. Raises `DocumentDamaged` when they are missing or are not what was stored."""
    row = await about(work, document_id)
    path = place(work.settings.data_dir, bytes.fromhex(row.sha256), row.name)
    data, fault = await asyncio.to_thread(_checked, path, row.sha256)
    if fault:
        raise DocumentDamaged(f"{row.name}: {fault}.", mend="Restore the file from a backup.")
    return data


async def damaged_documents(work: Work, *, hashed: bool = True) -> list[str]:
    """Invariant: each row's file exists and has its hash. Names what does not, empty when all do.

    `hashed=False` compares sizes only, which is cheap enough for every quarter of an hour.
    """
    wrong = []
    rows = await work.session.stream(
        select(Document.sha256, Document.name, Document.size)
        .where(Document.erased_at.is_(None))
        .order_by(Document.id)
    )
    async for digest, name, size in rows:
        path = place(work.settings.data_dir, digest, name)
        if hashed:
            _, fault = await asyncio.to_thread(_checked, path, digest.hex())
        else:
            fault = await asyncio.to_thread(_sized, path, size)
        if fault:
            wrong.append(f"document {digest.hex()} ({name}): {fault}")
    return wrong


def _checked(path: Path, expected: str) -> tuple[bytes, str]:
    try:
        data = path.read_bytes()
    except OSError:
        return b"", "the file is missing"
    return data, "" if hashlib.sha256(data).hexdigest() == expected else "the bytes have changed"


def _sized(path: Path, size: int) -> str:
    try:
        return "" if path.stat().st_size == size else "the size has changed"
    except OSError:
        return "the file is missing"

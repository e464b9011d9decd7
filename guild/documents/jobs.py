"""Looking again for the bytes of erased documents: none may be left on the disk."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from guild.core.jobs import scheduled
from guild.core.work import Work
from guild.documents.commands import remove_bytes
from guild.documents.models import Document

SWEPT_FOR: Final = timedelta(days=30)
"""How long after its erasure a document is looked for: a storing that failed may leave bytes."""


@scheduled("documents.sweep_erased", every_minutes=24 * 60)
async def sweep_erased(work: Work) -> None:
    """Queue what was erased in the last month, one job each."""
    erased = await work.session.scalars(
        select(Document.id).where(Document.erased_at > work.now - SWEPT_FOR).limit(5_000)
    )
    for document_id in erased:
        work.later(remove_bytes, document_id=document_id)

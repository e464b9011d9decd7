"""Asking for an export, fetching its file, and taking it away when its week is over."""

import asyncio
import hashlib
import shutil
from typing import Final

from sqlalchemy import select

from guild.core.ids import ExportId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.exports import queries
from guild.exports.access import for_whole_house, may_ask
from guild.exports.commands.places import file_path, folder_of
from guild.exports.errors import ExportNotOffered, ExportNotReady
from guild.exports.events import ExportAsked, ExportFetched
from guild.exports.models import EXPORT, Export
from guild.exports.rules.kinds import check_period
from guild.exports.schemas import ExportIn

SWEEP_BATCH: Final = 100
WAITING: Final = {
    "waiting": "It is not begun yet.",
    "running": "It is being made.",
    "failed": "It could not be made.",
    "expired": "Its week is over, and the file is gone.",
}


async def ask_export(work: Work, wanted: ExportIn) -> Export:
    """Ask for an export; jobs make it. Raises ExportNotOffered and PeriodWrong."""
    work.require(Permission.EXPORTS_MAKE)
    if not may_ask(work.actor, wanted.kind):
        raise ExportNotOffered(
            "This listing is made for the treasury and the auditor.",
            mend="GET /api/v1/exports/kinds lists what you may ask for.",
            field="kind",
        )
    check_period(wanted.kind, wanted.first_day, wanted.last_day)
    row = Export(
        id=ExportId(new_id()),
        kind=wanted.kind,
        asked_by=work.actor.member_id,
        whole_house=for_whole_house(work.actor),
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        name=f"{wanted.kind.replace('_', '-')}-{wanted.first_day}-{wanted.last_day}.zip",
        asked_at=work.now,
    )
    row.total = await queries.count_documents(work, row) if wanted.kind == "documents" else 1
    work.session.add(row)
    await work.session.flush()
    await work.emit(
        ExportAsked(
            export_id=row.id,
            asked_by=row.asked_by,
            kind=row.kind,
            first_day=row.first_day,
            last_day=row.last_day,
        )
    )
    return row


async def fetch_export(work: Work, export_id: ExportId) -> tuple[Export, bytes]:
    """The file, whose hash is checked; who fetched it is noted. Raises ExportNotReady."""
    work.require(Permission.EXPORTS_MAKE)
    row = await queries.own_export(work, export_id)
    if row.state != "ready" or row.sha256 is None:
        raise ExportNotReady(WAITING[row.state], mend="Look again in a moment, or ask for it anew.")
    path = file_path(work, row.id)
    try:
        data = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        raise ExportNotReady("The file is gone.", mend="Ask for the export anew.") from None
    if hashlib.sha256(data).digest() != row.sha256:
        raise ExportNotReady("The file was changed on disk.", mend="Ask for the export anew.")
    await work.emit(ExportFetched(export_id=row.id, fetched_by=work.actor.member_id))
    return row, data


async def sweep(work: Work) -> int:
    """Take away the files of exports whose week is over; returns how many."""
    rows = await work.session.scalars(
        select(Export)
        .where(Export.state.in_(("ready", "failed")), Export.expires_at < work.now)
        .order_by(Export.id)
        .limit(SWEEP_BATCH)
        .with_for_update(skip_locked=True)
    )
    swept = 0
    for row in rows:
        await asyncio.to_thread(shutil.rmtree, folder_of(work, row.id), ignore_errors=True)
        EXPORT.move(row, "expire")
        swept += 1
    return swept

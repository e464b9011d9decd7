"""Exports over HTTP."""

from litestar import Response

from guild.core.ids import ExportId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post
from guild.core.work import Work
from guild.documents.rules import download_headers
from guild.exports import commands, queries
from guild.exports.queries import export_out
from guild.exports.schemas import ExportIn, ExportOut, KindOut

MAKE = Permission.EXPORTS_MAKE


@get("/exports/kinds", permission=MAKE, tags=["exports"], summary="What can be exported")
async def kinds(work: Work) -> list[KindOut]:
    """The kinds of exports that you may ask for, and the periods they are made of."""
    return queries.kinds(work)


@post("/exports", permission=MAKE, tags=["exports"], summary="Ask for an export")
async def ask_export(work: Work, data: ExportIn) -> ExportOut:
    """Ask for an export. It is made in the background; its `done` and `total` say how far it is.
    Members get their own documents, the treasury and the auditor everybody's.
    """
    return export_out(await commands.ask_export(work, data))


@get("/exports", permission=MAKE, tags=["exports"], summary="Your exports")
async def exports(
    work: Work, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[ExportOut]:
    """What you asked for, the latest first."""
    return await queries.exports(work, cursor=cursor, limit=limit)


@get("/exports/{export_id:uuid}", permission=MAKE, tags=["exports"], summary="One export")
async def export(work: Work, export_id: ExportId) -> ExportOut:
    """One export, and how far it is."""
    return await queries.export(work, export_id)


@post("/exports/{export_id:uuid}/file", permission=MAKE, tags=["exports"],
      summary="Fetch its file", status_code=200, media_type="application/zip")  # fmt: skip
async def fetch_export(work: Work, export_id: ExportId) -> Response[bytes]:
    """The file, for a week after it was made. That you fetched it is noted."""
    row, data = await commands.fetch_export(work, export_id)
    return Response(data, media_type="application/zip", headers=download_headers(row.name))


ROUTES = [kinds, ask_export, exports, export, fetch_export]

"""The page of exports: ask, watch, fetch."""

from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.ids import ExportId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.documents.rules import download_headers
from guild.exports import commands, queries
from guild.exports.schemas import ExportIn
from guild.members.pages.forms import (
    FORM,
    Form,
    answer_refused,
    faults_of,
    read_form,
    status_of,
)

MAKE = Permission.EXPORTS_MAKE


@get("/exports", permission=MAKE, include_in_schema=False)
async def exports_page(work: Work) -> Response[str]:
    """What you asked for, and the form for more."""
    return await _page(work)


@post("/exports", permission=MAKE, **FORM)
async def ask_export(work: Work, data: Form) -> Response[Any]:
    """Ask for one."""
    try:
        wanted = read_form(data, ExportIn, "kind", "first_day", "last_day")
        await commands.ask_export(work, wanted)
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, await _page(work, refusal=refusal, entered=data))
    return Redirect("/exports#made", status_code=303)


@post("/exports/{export_id:uuid}/file", permission=MAKE, **FORM)
async def fetch_export(work: Work, export_id: ExportId) -> Response[Any]:
    """Fetch the file."""
    row, file = await commands.fetch_export(work, export_id)
    return Response(file, media_type="application/zip", headers=download_headers(row.name))


async def _page(
    work: Work, *, refusal: Exception | None = None, entered: dict[str, Any] | None = None
) -> Response[str]:
    last_month = work.today.replace(day=1)
    return page(
        work,
        "exports/exports.html",
        status=status_of(refusal),
        section="/exports",
        kinds=queries.kinds(work),
        exports=await queries.exports(work, limit=20),
        first_day=last_month,
        errors=faults_of(refusal),
        entered=entered or {},
    )


PAGES = [exports_page, ask_export, fetch_export]

"""Importing clients from a file: choose it, see what would happen, do it."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from guild.core.errors import GuildError, Invalid
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.tables import decoded
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands
from guild.members.pages.forms import (
    FORM,
    Form,
    answer_refused,
    faults_of,
    status_of,
    text_of,
)
from guild.members.rules.client_csv import BYTES_MAX, FIELDS, REQUIRED
from guild.members.schemas.imports import ClientImportIn, ClientImportOut

Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
MANAGE = Permission.CLIENTS_MANAGE


@get("/clients/import", permission=MANAGE, include_in_schema=False)
async def import_page(work: Work) -> Response[str]:
    """The form for a file."""
    return _page(work)


@post("/clients/import", permission=MANAGE, request_max_body_size=BYTES_MAX + 100_000, **FORM)
async def read_file(work: Work, data: Upload) -> Response[Any]:
    """Read the file and show what would become of each row."""
    try:
        text = await _text(data.get("file"))
        found = await commands.import_clients(work, ClientImportIn(csv=text))
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, _page(work, refusal=refusal))
    return _page(work, found=found, csv=text)


@post("/clients/import/rows", permission=MANAGE, request_max_body_size=BYTES_MAX * 3, **FORM)
async def import_rows(work: Work, data: Form) -> Response[Any]:
    """Look again with other columns, or enter the clients."""
    text = text_of(data, "csv")
    chosen = {field: text_of(data, f"mapping.{field}") for field in FIELDS}
    mapping = {field: column for field, column in chosen.items() if column}
    try:
        wanted = ClientImportIn(
            csv=text,
            mapping=mapping,
            dry_run=text_of(data, "do") != "import",
            skip_wrong=bool(text_of(data, "skip_wrong")),
        )
        found = await commands.import_clients(work, wanted)
    except (GuildError, msgspec.ValidationError) as refusal:
        shown = _page(work, refusal=refusal, csv=text, mapping=mapping)
        return answer_refused(work, refusal, shown)
    return _page(work, found=found, csv=text)


async def _text(file: object) -> str:
    """The file as text: UTF-8, else what spreadsheets on Windows write."""
    if not isinstance(file, UploadFile):
        raise Invalid("Choose the file first.", field="file")
    return decoded(await file.read())


def _page(
    work: Work,
    *,
    refusal: Exception | None = None,
    found: ClientImportOut | None = None,
    csv: str = "",
    mapping: dict[str, str] | None = None,
) -> Response[str]:
    return page(
        work,
        "members/client_import.html",
        status=status_of(refusal),
        section="/contracts",
        found=found,
        csv=csv,
        mapping=mapping or (found.mapping if found else {}),
        header=found.header if found else sorted(set((mapping or {}).values())),
        fields=list(FIELDS),
        required=REQUIRED,
        errors=faults_of(refusal),
    )


PAGES = [import_page, read_file, import_rows]

"""The page of a member's rates, and their import: choose a file, see what would happen, do it."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.errors import RateTaken
from guild.contracts.pages.client import _page
from guild.contracts.pages.drafting import Form
from guild.contracts.pages.forms import Faults, faults_of
from guild.contracts.rules.amounts import amount
from guild.contracts.rules.rate_csv import FIELDS, REQUIRED
from guild.contracts.schemas.rates import RateImportIn, RateImportOut, RateIn
from guild.core.errors import Invalid
from guild.core.ids import RateId
from guild.core.permissions import Permission
from guild.core.tables import BYTES_MAX, decoded
from guild.core.wire import Cursor, get, post
from guild.core.work import Work

DRAFT = Permission.CONTRACTS_DRAFT
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
REFUSALS = (Invalid, RateTaken, msgspec.ValidationError)
"""What is raised before anything is written, so that the form may be shown in the same Work."""


@get("/rates", permission=DRAFT, include_in_schema=False)
async def rates_page(work: Work, cursor: Cursor | None = None) -> Response[str]:
    """What a member asks for her work."""
    return await _rates(work, cursor, {}, [])


async def _rates(
    work: Work, cursor: str | None, form: dict[str, str], errors: Faults
) -> Response[str]:
    found = await queries.rates(work, cursor=cursor, limit=100)
    return _page(
        work, "contracts/rates.html", status=422 if errors else 200, section="/contracts",
        rates=found.items, next_cursor=found.next_cursor, form=form, errors=errors,
    )  # fmt: skip


@post("/rates", permission=DRAFT, include_in_schema=False, status_code=303)
async def enter_rate(work: Work, data: Form) -> Response[Any]:
    """Enter one rate."""
    typed: dict[str, Any] = {
        name: data[name].strip() for name in ("role", "unit", "currency") if data.get(name)
    }
    typed["rate"] = amount(data.get("rate", "")) or ""
    if data.get("valid_from"):
        typed["valid_from"] = data["valid_from"]
    try:
        await commands.add_rate(work, msgspec.convert(typed, RateIn))
    except REFUSALS as refusal:
        return await _rates(work, None, data, faults_of(refusal))
    return Redirect("/rates", status_code=303)


@post("/rates/{rate_id:uuid}/remove", permission=DRAFT, include_in_schema=False, status_code=303)
async def take_away(work: Work, rate_id: UUID) -> Redirect:
    """Take a rate away."""
    await commands.remove_rate(work, RateId(rate_id))
    return Redirect("/rates", status_code=303)


@get("/rates/import", permission=DRAFT, include_in_schema=False)
async def import_page(work: Work) -> Response[str]:
    """The form for a file."""
    return _import(work)


@post("/rates/import", permission=DRAFT, include_in_schema=False, status_code=200,
      request_max_body_size=BYTES_MAX + 100_000)  # fmt: skip
async def read_rates_file(work: Work, data: Upload) -> Response[str]:
    """Read the file and show what would become of each row."""
    try:
        file = data.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("Choose the file first.", field="file")
        text = decoded(await file.read())
        found = await commands.import_rates(work, RateImportIn(csv=text))
    except REFUSALS as refusal:
        return _import(work, errors=faults_of(refusal))
    return _import(work, found=found, csv=text)


@post("/rates/import/rows", permission=DRAFT, include_in_schema=False, status_code=200,
      request_max_body_size=BYTES_MAX * 3)  # fmt: skip
async def import_rates_rows(work: Work, data: Form) -> Response[str]:
    """Look again with other columns, or enter the rates."""
    text = data.get("csv", "")
    chosen = {field: data.get(f"mapping.{field}", "") for field in FIELDS}
    mapping = {field: column for field, column in chosen.items() if column}
    wanted = RateImportIn(
        csv=text, mapping=mapping, dry_run=data.get("do") != "import",
        skip_wrong=bool(data.get("skip_wrong")),
    )  # fmt: skip
    try:
        found = await commands.import_rates(work, wanted)
    except REFUSALS as refusal:
        return _import(work, errors=faults_of(refusal), csv=text, mapping=mapping)
    return _import(work, found=found, csv=text)


def _import(
    work: Work, *, errors: Faults | None = None, found: RateImportOut | None = None,
    csv: str = "", mapping: dict[str, str] | None = None,
) -> Response[str]:  # fmt: skip
    return _page(
        work, "contracts/rates_import.html", status=422 if errors else 200, section="/contracts",
        found=found, csv=csv, mapping=mapping or (found.mapping if found else {}),
        header=found.header if found else sorted(set((mapping or {}).values())),
        fields=list(FIELDS), required=REQUIRED, errors=errors or [],
    )  # fmt: skip


PAGES = [rates_page, enter_rate, take_away, import_page, read_rates_file, import_rates_rows]

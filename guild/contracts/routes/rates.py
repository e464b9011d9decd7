"""Rate cards over HTTP."""

from guild.contracts import commands, queries
from guild.contracts.schemas.rates import RateImportIn, RateImportOut, RateIn, RateOut
from guild.core.ids import RateId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, delete, get, post
from guild.core.work import Work

TAGS = ["contracts"]
DRAFT = Permission.CONTRACTS_DRAFT


@get("/rates", permission=DRAFT, tags=TAGS, summary="Your rates")
async def list_rates(
    work: Work, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[RateOut]:
    """What you ask for your work, by role, the newest of each first."""
    return await queries.rates(work, cursor=cursor, limit=limit)


@post("/rates", permission=DRAFT, tags=TAGS, summary="Enter a rate")
async def add_rate(work: Work, data: RateIn) -> RateOut:
    """From its day on it takes the place of an earlier one of the same role, unit and currency."""
    return await queries.rate_by_id(work, (await commands.add_rate(work, data)).id)


@delete("/rates/{rate_id:uuid}", permission=DRAFT, tags=TAGS, summary="Take a rate away")
async def remove_rate(work: Work, rate_id: RateId) -> None:
    """Contracts keep the amounts that were picked."""
    await commands.remove_rate(work, rate_id)


@post("/rates/import", permission=DRAFT, tags=TAGS, summary="Import rates from a table",
      status_code=200, request_max_body_size=5_000_000)  # fmt: skip
async def import_rates(work: Work, data: RateImportIn) -> RateImportOut:
    """Enter the rates of a CSV table. With `dry_run`, which is the default, nothing is entered and
    the answer says what would become of each row.
    """
    return await commands.import_rates(work, data)


ROUTES = [list_rates, add_rate, remove_rate, import_rates]
"""Under /api/v1."""

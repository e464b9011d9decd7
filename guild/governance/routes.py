"""The public door to the charter."""

from datetime import date
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.governance import queries
from guild.governance.schemas import CharterOut


@get(
    "/charter",
    permission=Permission.PUBLIC,
    tags=["governance"],
    summary="The rules in force, with reasons and sources",
)
async def show_charter(
    work: Work,
    at: Annotated[
        date | None, QueryParameter(name="at", description="A day; default: today (UTC).")
    ] = None,
) -> CharterOut:
    """Every number that the members have voted: what it is, why, and where it comes from."""
    return msgspec.convert(
        await queries.published_charter(work, at), CharterOut, from_attributes=True
    )


ROUTES = [show_charter]

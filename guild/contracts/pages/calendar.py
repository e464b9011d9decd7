"""The page of deadlines, and the calendar file that programs read."""

from litestar import Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.pages.client import _page
from guild.contracts.routes import NO_STORE
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

DRAFT = Permission.CONTRACTS_DRAFT


@get("/deadlines", permission=DRAFT, include_in_schema=False)
async def deadlines_page(work: Work) -> Response[str]:
    """What is due, soonest first, and whether a calendar program may read it."""
    return await _shown(work, "")


async def _shown(work: Work, url: str) -> Response[str]:
    return _page(
        work, "contracts/deadlines.html", section="/contracts",
        deadlines=await queries.my_deadlines(work), feed=await queries.feed_view(work), url=url,
        today=work.today,
    )  # fmt: skip


@post("/deadlines/address", permission=DRAFT, include_in_schema=False, status_code=200)
async def make_address(work: Work) -> Response[str]:
    """Make a new secret address and show it, this once."""
    _, token = await commands.make_calendar_feed(work)
    return await _shown(work, queries.feed_url(work, token))


@post("/deadlines/address/revoke", permission=DRAFT, include_in_schema=False, status_code=303)
async def revoke_address(work: Work) -> Redirect:
    """Make the address stop working."""
    await commands.revoke_calendar_feed(work, work.actor.member_id)
    return Redirect("/deadlines", status_code=303)


@get("/calendar/{name:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def calendar_feed(work: Work, name: str) -> Response[bytes]:
    """The calendar behind a secret address; it ends in `.ics`, as programs expect."""
    content = await queries.calendar_of(work, name.removesuffix(".ics"))
    return Response(
        content,
        media_type="text/calendar; charset=utf-8",
        headers={**NO_STORE, "Content-Disposition": 'inline; filename="deadlines.ics"'},
    )


PAGES = [deadlines_page, make_address, revoke_address, calendar_feed]

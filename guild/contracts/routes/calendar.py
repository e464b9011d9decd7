"""Deadlines over HTTP: as a list, and as a calendar under a secret address."""

from guild.contracts import commands, queries
from guild.contracts.schemas.calendar import CalendarFeedOut, DeadlineOut
from guild.core.permissions import Permission
from guild.core.wire import delete, get, post
from guild.core.work import Work

TAGS = ["contracts"]


@get("/deadlines", permission=Permission.CONTRACTS_DRAFT, tags=TAGS, summary="Your deadlines")
async def list_deadlines(work: Work) -> list[DeadlineOut]:
    """What is due of you and of your clients, and what silence does, soonest first."""
    return await queries.my_deadlines(work)


@get("/calendar-feed", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
     summary="Whether your calendar has an address")  # fmt: skip
async def read_calendar_feed(work: Work) -> CalendarFeedOut:
    """Since when it has one. The address itself is told only when it is made."""
    return await queries.feed_view(work)


@post("/calendar-feed", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Make an address for your calendar")  # fmt: skip
async def make_calendar_feed(work: Work) -> CalendarFeedOut:
    """A secret address that calendar programs read (RFC 5545). An earlier one stops working."""
    made, token = await commands.make_calendar_feed(work)
    return CalendarFeedOut(made_at=made.made_at, url=queries.feed_url(work, token))


@delete("/calendar-feed", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
        summary="Revoke the address of your calendar")  # fmt: skip
async def revoke_calendar_feed(work: Work) -> None:
    """It stops working at once."""
    await commands.revoke_calendar_feed(work, work.actor.member_id)


ROUTES = [list_deadlines, read_calendar_feed, make_calendar_feed, revoke_calendar_feed]
"""Under /api/v1."""

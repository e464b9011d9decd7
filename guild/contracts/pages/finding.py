"""The list of contracts, searched and narrowed."""

from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode

from litestar import Response
from litestar.params import QueryParameter
from msgspec import Meta

from guild.contracts import queries
from guild.contracts.pages.client import _page
from guild.contracts.routes.contract import Search, State
from guild.core.errors import Invalid
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get
from guild.core.work import Work

Typed = Annotated[str, Meta(max_length=20)]
SHOWN = 50


def _day(typed: str, field: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Invalid(
            "There is no such day.", field=field, mend="Write it as 2026-11-23."
        ) from None


def _minor(typed: str, field: str) -> int | None:
    try:
        return Money.parse(typed.replace(",", "."), "EUR").minor if typed else None
    except ValueError:
        raise Invalid("That is no amount.", field=field, mend="Write it as 1200.00.") from None


@get("/contracts", permission=Permission.CONTRACTS_READ, include_in_schema=False)
async def contracts_page(
    work: Work,
    search: Search = "",
    wanted: Annotated[State | Literal[""], QueryParameter(name="state")] = "",
    drafted_from: Typed = "",
    drafted_to: Typed = "",
    at_least: Typed = "",
    at_most: Typed = "",
    cursor: Cursor | None = None,
) -> Response[str]:
    """A member's contracts, newest first; a rep sees all that were ever sent."""
    sieve = queries.Sieve(
        search=search, state=wanted or None, drafted_from=_day(drafted_from, "drafted_from"),
        drafted_to=_day(drafted_to, "drafted_to"), at_least_minor=_minor(at_least, "at_least"),
        at_most_minor=_minor(at_most, "at_most"),
    )  # fmt: skip
    found = await queries.list_contracts(work, sieve, cursor=cursor, limit=SHOWN)
    chosen = {"search": search, "state": wanted, "drafted_from": drafted_from,
              "drafted_to": drafted_to, "at_least": at_least, "at_most": at_most}  # fmt: skip
    return _page(
        work, "contracts/list.html", section="/contracts", contracts=found.items,
        next_cursor=found.next_cursor, chosen=chosen, narrowed=any(chosen.values()),
        asked=urlencode({key: value for key, value in chosen.items() if value}),
    )  # fmt: skip


PAGES = [contracts_page]

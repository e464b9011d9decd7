"""The charter as a page: every number that the members voted, with its reason and source."""

from datetime import date
from typing import Any

from litestar import Response

from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.governance.queries import published_charter


@get("/charter", permission=Permission.PUBLIC, include_in_schema=False)
async def charter_page(work: Work, at: date | None = None) -> Response[str]:
    """The rules in force today, or on the day that is asked about."""
    shown = await published_charter(work, at)
    return page(work, "governance/charter.html", charter=shown, said=said)


_UNITS = ("_minor", "_bps")


def said(name: str, value: Any) -> str:
    """A value in words: 6.5 %, 14 days, a list joined by commas."""
    if isinstance(value, dict):
        return "; ".join(
            f"{_plain(key)}: {said(key if key.endswith(_UNITS) else name, one)}"
            for key, one in value.items()
        )
    if isinstance(value, list):
        return ", ".join(said("", one) for one in value)
    if value is None:
        return "no limit"
    if isinstance(value, bool) or not isinstance(value, int):
        return _plain(str(value)) if str(value).startswith("fund_") else str(value)
    return _figure(name, value)


def _figure(name: str, value: int) -> str:
    if name.endswith("_bps") or name == "pots":
        return f"{value / 100:g} %"
    if name.endswith("_minor"):
        return f"{value / 100:,.2f}"
    return str(value)


def _plain(name: str) -> str:
    return name.removeprefix("fund_").removesuffix("_minor").replace("_", " ")


PAGES = [charter_page]

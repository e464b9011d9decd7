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
    return page(work, "governance/charter.html", charter=shown, said=said, called=called)


_UNITS = ("_minor", "_bps")
_SPANS = ("minutes", "hours", "days", "months")
_CALLED = {
    "otp_tries": "Tries at a one-time code",
    "otp_minutes": "A one-time code holds",
    "link_hours": "A personal link holds",
    "prior_alpha": "Good entries assumed at first",
    "prior_beta": "Bad entries assumed at first",
    "confidence_z": "Width of the confidence interval",
    "auto_confirm_exact": "Book exact matches without a person",
    "one_pair_of_eyes_minor": "One person may book up to",
    "number_format": "How documents are numbered",
    "max_share_per_counterparty_bps": "What one client may weigh at most",
    "daily_minor": "Benefit a day",
}
"""What parameters are called whose own name says too little."""


def called(name: str) -> str:
    """A parameter's name for people: its unit stands with the value."""
    known = _CALLED.get(name)
    if known:
        return known
    for unit in (*_UNITS, *(f"_{span}" for span in _SPANS)):
        name = name.removesuffix(unit)
    return name.replace("_", " ").capitalize()


def said(name: str, value: Any) -> str:
    """A value in words: 6.5 %, 14 days, a list joined by commas."""
    if isinstance(value, dict):
        return "; ".join(
            f"{_plain(key)}: {said(key if key.endswith(_UNITS) else name, one)}"
            for key, one in value.items()
        )
    if isinstance(value, list):
        between = " / " if any(isinstance(one, dict) for one in value) else ", "
        return between.join(said("", one) for one in value)
    if value is None:
        return "no limit"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int):
        return _plain(str(value)) if str(value).startswith("fund_") else str(value)
    return _figure(name, value)


def _figure(name: str, value: int) -> str:
    if name.endswith("_bps") or name == "pots":
        return f"{value / 100:g} %"
    if name.endswith("_minor"):
        return f"{value / 100:,.2f}"
    span = name.rpartition("_")[2] if "_" in name else ""
    return f"{value} {span if value != 1 else span[:-1]}" if span in _SPANS else str(value)


def _plain(name: str) -> str:
    return name.removeprefix("fund_").removesuffix("_minor").replace("_", " ")


PAGES = [charter_page]

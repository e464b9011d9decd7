"""The charter as a page: every number that the members voted, with its reason and source."""

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response

from guild.core.pages import country_text, page
from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.governance.queries import published_charter


@get("/charter", permission=Permission.PUBLIC, include_in_schema=False)
async def charter_page(work: Work, at: date | None = None) -> Response[str]:
    """The rules in force today, or on the day that is asked about."""
    shown = await published_charter(work, at)
    return page(
        work, "governance/charter.html", charter=shown, said=said, called=called, sourced=sourced
    )


_CHOICE = "[choice]"
_UNREAD = "[from memory]"
"""How the charter's data marks a source: an own choice; or one that nobody has looked up yet."""


class Sourced(msgspec.Struct, frozen=True):
    """Where a figure comes from, in words, and whether anybody has looked it up."""

    text: str
    checked: bool


def sourced(source: str) -> Sourced:
    """The source without the data's marks. An unread one is not hidden: the page says so."""
    text, checked = source.replace(_CHOICE, ""), _UNREAD not in source
    text = text.replace(_UNREAD, "").strip(" ;")
    if _CHOICE in source and "choice of the founding" not in text.lower():
        text += "; the figure is a choice of the founding meeting"
    return Sourced(" ".join(text.split()), checked)


_UNITS = ("_minor", "_bps")
_SPANS = ("minutes", "hours", "days", "months")
_SHARES = {"pots", "weights", "interest_split"}
"""Parameters whose numbers are hundredths of a per cent."""


class Words(msgspec.Struct, frozen=True):
    """What parameters and the codes among their values are called."""

    names: dict[str, str]
    values: dict[str, str]


@cache
def words() -> Words:
    """The words, read once."""
    file = Path(__file__).parent / "data" / "charter_words.json"
    return msgspec.json.decode(file.read_bytes(), type=Words)


def called(name: str) -> str:
    """A parameter's name for people; one without words of its own loses only its unit."""
    known = words().names.get(name)
    if known:
        return known
    for unit in (*_UNITS, *(f"_{span}" for span in _SPANS)):
        name = name.removesuffix(unit)
    return name.replace("_", " ").capitalize()


def said(name: str, value: Any) -> str:
    """A value in words: 6.5 %, 14 days, a list joined by commas."""
    if name in _ROWS:
        return "; ".join(_ROWS[name](one) for one in value)
    if isinstance(value, dict):
        return "; ".join(_pair(name, key, one) for key, one in value.items()) or "not asked for"
    if isinstance(value, list):
        return ", ".join(country_text(one) if name == "zone" else said("", one) for one in value)
    if value is None:
        return "no limit"
    if name == "number_format":
        return f"as {str(value).format(year=2026, number=1)}"
    return _figure(name, value) if isinstance(value, int) else _plain(str(value))


def _pair(name: str, key: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{_plain(key)}: " + ", ".join(_pair(name, one, two) for one, two in value.items())
    text = said(name, value)
    return f"{key} {text}" if name.endswith(_UNITS) else f"{_plain(key)}: {text}"


def _band(band: dict[str, Any]) -> str:
    """Up to 10,000.00: 2 persons, of them 1 treasurer."""
    limit = band["up_to_minor"]
    upto = "above" if limit is None else f"up to {_figure('_minor', limit)}"
    roles = " and ".join(
        f"{count} {role if count == 1 else role + 's'}" for role, count in band["roles"].items()
    )
    return f"{upto}: {band['approvals']} persons" + (f", of them {roles}" if roles else "")


def _reminder(step: dict[str, Any]) -> str:
    """3 days before the due day: friendly, by mail."""
    days = abs(step["days"])
    side = "before" if step["days"] < 0 else "after"
    span = "day" if days == 1 else "days"
    return f"{days} {span} {side} the due day: {step['tone']}, by {step['channel']}"


def _floor(rate: dict[str, Any]) -> str:
    """Any trade in Belgium: 25.00 EUR an hour."""
    place, trade = rate["region"] or country_text(rate["country"]), rate["trade"]
    work = "any trade" if trade == "any" else trade.replace("_", " ")
    return (
        f"{work} in {place}: {_figure('_minor', rate['hourly_minor'])} {rate['currency']} an hour"
    )


_ROWS: dict[str, Callable[[dict[str, Any]], str]] = {
    "bands": _band, "reminders": _reminder, "floor_rates": _floor,
}  # fmt: skip


def _figure(name: str, value: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_bps") or name in _SHARES:
        return f"{value / 100:g} %"
    if name.endswith("_minor"):
        return f"{value / 100:,.2f}"
    span = name.rpartition("_")[2] if "_" in name and name not in _SPELT else ""
    return f"{value} {span if value != 1 else span[:-1]}" if span in _SPANS else str(value)


_SPELT = {"business_days", "advice_business_days"}
"""Their names say working days."""


def _plain(code: str) -> str:
    return words().values.get(code, code)


PAGES = [charter_page]

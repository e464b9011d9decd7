"""The first and the last day of the calendar in every place for a day: refused or done, never 500.

Reckoning with days leaves the calendar at its ends, so a day that is nonsense must be refused
before anybody reckons with it.
"""

import inspect
import re
import typing
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from tests.security.asks import ask_for
from tests.security.doors import Door, doors
from tests.security.test_settings import knock
from tests.security.world import World

module = pytest.mark.asyncio(loop_scope="module")
pytestmark = pytest.mark.timeout(900)
ENDS = ("0001-01-01", "9999-12-31")
YEARS = ("0", "1", "9999", "10000", "99999999999")
MONTHS = ("0000-01", "0001-01", "2026-13", "9999-12")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def days_in_query(door: Door) -> list[str]:
    """The query parameters of a door that are days."""
    hints = typing.get_type_hints(inspect.unwrap(door.handler.fn))
    return [name for name, hint in hints.items()
            if name != "return" and date in (hint, *typing.get_args(hint))]  # fmt: skip


def with_ends(body: Any) -> list[Any]:
    """The body once for each day in it and each end of the calendar, with that day put there."""
    places = list(_days_of(body, ()))
    made = []
    for place in places:
        for end in ENDS:
            other = deepcopy(body)
            holder = other
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = end
            made.append(other)
    return made


def _days_of(node: Any, where: tuple[Any, ...]) -> typing.Iterator[tuple[Any, ...]]:
    if isinstance(node, str) and DAY.fullmatch(node):
        yield where
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _days_of(value, (*where, name))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _days_of(value, (*where, place))


@module
async def test_days_in_addresses_are_bounded(world: World) -> None:
    faults, asked = [], 0
    for door in doors(world.app):
        ask = ask_for(world, door.method, door.template, keyed=door.keyed, example=door.example)
        known = ask.parts.get("params", {})
        tried = [{**known, name: end} for name in days_in_query(door) for end in ENDS]
        tried += [{**known, "month": month} for month in MONTHS if "month" in known]
        paths = [ask.path]
        if "{year}" in door.template:
            place = door.template.split("/").index("{year}")
            parts = ask.path.split("/")
            paths = ["/".join([*parts[:place], year, *parts[place + 1 :]]) for year in YEARS]
            tried = tried or [known]
        for path in paths:
            ask.path = path
            for params in tried:
                answer = await knock(world, ask, **{**ask.parts, "params": params})
                asked += 1
                if answer.status_code >= 500:
                    faults.append(f"{door.name} {path} {params}")
    assert faults == []
    assert asked > 60


@module
async def test_days_in_bodies_are_bounded(world: World) -> None:
    faults, asked = [], 0
    for door in doors(world.app):
        ask = ask_for(world, door.method, door.template, keyed=door.keyed, example=door.example)
        for kind in ("json", "data"):
            for body in with_ends(ask.parts.get(kind)):
                answer = await knock(world, ask, **{**ask.parts, kind: body})
                asked += 1
                if answer.status_code >= 500:
                    faults.append(f"{door.name} {body}")
    assert faults == []
    assert asked > 60

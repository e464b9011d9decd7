"""Every page, drawn by Chromium on a desk and on a phone, and judged by axe.

The world of the access matrix has a row of every kind, so the pages are seen filled. A new page is
looked at without a word here.
"""

import re
import shutil
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guild.core.settings import Settings
from tests.browser import DESKTOP, PHONE, Page, chromium
from tests.security.asks import ask_for, headers_of
from tests.security.doors import Door, doors
from tests.security.world import World, open_world

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900), pytest.mark.slow,
]  # fmt: skip
SEEN_AS = ("owner", "link", "treasurer", "juror", "rep", "secretary", "operator", "anonymous")
"""Who opens a page: the first of these who gets through."""
SERIOUS = {"serious", "critical"}
ODD = re.compile(
    r"\{\{|\}\}|\{%|^(?:None|null|True|False)$|<[a-z_.]+ object|Decimal\(|datetime\."
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|\d{4}-\d\d-\d\dT\d\d",
    re.MULTILINE,
)
"""What a program says and no person: an empty value, an id, a moment for machines."""
NO_PAGE = re.compile(r"/(?:pdf|csv|zip|file|root\.(?:pem|crl)|time-root\.pem)$|\.(?:csv|zip)$")

NOT_BY_A_LINK = {
    "/": "where everybody begins",
    "/closed": "where closing one's pages leads",
    "/deliveries": "the button of a mailed link opens it",
    "/labels/{code}": "its address is given to whoever asks for the label",
    "/outbox": "of a local server; `guild demo` names it",
    "/treasury/payout-runs/{run_id}": "linked while the run is under way",
    "/treasury/uploads/{upload_id}": "what an upload leads to",
}
"""Pages that nobody reaches by a link on a page, and how else."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, resources: dict[str, Any]
) -> AsyncIterator[World]:
    """The cooperative of the access matrix."""
    async with open_world(settings, tmp_path_factory.mktemp("world"), resources) as made:
        yield made


class Visitor:
    """Opens one door after the other as somebody who may."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._headers: dict[str, str] = {}
        self._files: dict[str, httpx.Response] = {}

    async def come_to(self, door: Door) -> str | None:
        """Take the credentials of somebody who gets through; the path, or None if nobody does."""
        async for path, _ in self.seen(door):
            return path
        return None

    async def seen(self, door: Door) -> AsyncIterator[tuple[str, str]]:
        """Path and HTML of a page, as each kind of person who gets through."""
        try:
            ask = ask_for(self._world, door.method, door.template, keyed=False)
        except KeyError:  # The world has no such row; the access matrix complains of that.
            return
        query = httpx.QueryParams(ask.parts.get("params") or {})
        path = f"{ask.path}?{query}" if query else ask.path
        for kind in SEEN_AS:
            self._headers = headers_of(self._world, ask, kind)
            answer = await self.answer("GET", path, {"Accept": "text/html"}, None)
            if answer.status_code >= 300:
                continue
            if "text/html" not in answer.headers["content-type"]:
                return
            if "attachment" in answer.headers.get("content-disposition", ""):
                return
            yield path, answer.text

    async def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> httpx.Response:
        """What the browser gets; style and fonts are fetched once."""
        if path.startswith("/static/"):
            if path not in self._files:
                self._files[path] = await self._world.http.get(path)
            return self._files[path]
        return await self._world.ask(method, path, {**self._headers, **headers}, content=body)


def _pages(world: World) -> list[Door]:
    return [
        door
        for door in doors(world.app)
        if door.method == "GET"
        and not door.template.startswith("/api/")
        and not NO_PAGE.search(door.template)
    ]


async def _faults(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    seen: dict[str, Any] = await page.measured()
    found = [f"says {odd[0]!r}" for odd in ODD.finditer(seen["words"])]
    if seen["titles"] != 1:
        found.append(f"has {seen['titles']} first-level titles")
    if seen["wide"] > 0:
        found.append(f"is {seen['wide']} pixels too wide: {seen['widest']}")
    found += [
        f"{wrong['rule']}: {wrong['nodes']}"
        for wrong in await page.judged()
        if wrong["impact"] in SERIOUS
    ]
    return found


@pytest.mark.skipif(shutil.which("bash") is None, reason="the browser is started through bash")
async def test_every_page_is_good_on_a_desk_and_on_a_phone(world: World) -> None:
    visitor = Visitor(world)
    wrong: list[str] = []
    unseen, seen = [], 0
    async with chromium() as browser:
        page = await browser.page(visitor.answer)
        for door in _pages(world):
            path = await visitor.come_to(door)
            if path is None:
                unseen.append(door.template)
                continue
            await page.open(path, DESKTOP)
            seen += 1
            refused = [one for one in page.complaints if "Content Security Policy" in one]
            faults = [*refused, *await _faults(page)]
            await page.resize(PHONE)
            faults += [f"on a phone: {one}" for one in await _faults(page)]
            wrong += [f"{path} {fault}" for fault in faults]
    assert not wrong, "\n".join(wrong)
    assert seen > 80, f"no page was seen of {unseen}"


async def test_every_page_is_reached_without_typing_an_address(world: World) -> None:
    visitor = Visitor(world)
    linked: set[str] = set()
    pages = []
    for door in _pages(world):
        found = [html async for _, html in visitor.seen(door)]
        if found:
            pages.append(door.template)
        for html in found:
            linked |= set(re.findall(r'(?:href|action|formaction)="([^"?#]*)', html))
    alone = [
        page
        for page in pages
        if page not in NOT_BY_A_LINK
        and not any(re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", page), one) for one in linked)
    ]
    assert not alone, "no link leads to " + " ".join(alone)

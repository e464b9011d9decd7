"""A Chromium that shows the pages of the app under test, without a socket between them.

The browser is driven over two pipes (the DevTools protocol), and every request it makes is answered
by the test. So it sees what the test's transaction holds, as whoever the test lets it be, and the
pages are laid out and judged as in a person's browser. axe-core, which judges, is in tests/axe.
"""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx

HOST: Final = "http://localhost"
DESKTOP: Final = (1280, 900)
PHONE: Final = (390, 844)
Answering = Callable[[str, str, dict[str, str], bytes | None], Awaitable[httpx.Response]]
"""Method, path, headers and body of a request to what comes back."""
AXE: Final = Path(__file__).parent / "axe" / "axe.min.js"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--mute-audio",
    "--no-first-run", "--disable-extensions", "--disable-background-networking",
    "--disable-dev-shm-usage", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
ANSWER_S: Final = 120
PASSED_ON: Final = {"Accept", "Content-Type"}
KEYS: Final = {"Enter": (13, "\r"), " ": (32, " ")}
"""Keys with their code and the text that they type."""
JUDGE: Final = """(async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(v => ({rule: v.id, impact: v.impact, help: v.help,
    nodes: v.nodes.slice(0, 4).map(n => n.target.join(" ") + " " + n.html.slice(0, 160))}));
})()"""
MEASURE: Final = """(() => { const said = of => {
  if (!of) return "";
  const coded = [...of.querySelectorAll("code, pre, .id, .hash")];
  coded.forEach(one => one.hidden = true);
  const words = of.innerText;
  coded.forEach(one => one.hidden = false);
  return words;
}; return {
  titles: document.querySelectorAll("h1").length,
  wide: document.scrollingElement.scrollWidth - window.innerWidth,
  widest: [...document.querySelectorAll("main *, header *, footer *")].filter(e => {
    const box = e.getBoundingClientRect();
    const out = box.right > window.innerWidth + 1 && box.width > 0;
    return out && !e.closest(".scroll, .hidden, svg");
  }).slice(0, 4).map(e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 60)),
  height: document.scrollingElement.scrollHeight,
  words: said(document.querySelector("main")),
}; })()"""


class Page:
    """One tab, whose requests the test answers."""

    def __init__(self, browser: "Browser", session: str, answering: Answering) -> None:
        self._browser: Final = browser
        self._session: Final = session
        self._answering: Final = answering
        self._loaded = asyncio.Event()
        self.status = 0
        self.is_html = False
        self._broken: Exception | None = None
        self.complaints: list[str] = []

    async def open(self, path: str, size: tuple[int, int] = DESKTOP) -> None:
        """Go to a path of the app and wait until it is drawn."""
        self.complaints.clear()
        await self.resize(size)
        self._loaded.clear()
        going = asyncio.create_task(self.send("Page.navigate", url=HOST + path))
        await asyncio.wait_for(self._loaded.wait(), ANSWER_S)
        if self._broken is not None:
            going.cancel()
            raise self._broken
        await going

    async def press(self, selector: str, key: str = "Enter") -> None:
        """Follow a link or send a form by the keyboard alone, and wait for the page it leads to."""
        self._loaded.clear()
        await self.key(selector, key)
        await asyncio.wait_for(self._loaded.wait(), ANSWER_S)
        if self._broken is not None:
            raise self._broken

    async def key(self, selector: str, key: str) -> None:
        """Press a key on what the selector finds: Enter, or a space that ticks and chooses."""
        await self._focus(selector)
        code, text = KEYS[key]
        for kind in ("keyDown", "keyUp"):
            await self.send(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                **({"text": text} if kind == "keyDown" else {}),
            )  # fmt: skip

    async def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        await self._focus(selector)
        await self.send("Input.insertText", text=text)

    async def _focus(self, selector: str) -> None:
        found = await self.ask(
            f"(e => !!e && (e.focus(), document.activeElement === e))"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        assert found, f"nothing that a keyboard reaches is {selector}"

    async def resize(self, size: tuple[int, int]) -> None:
        """Be a desk or a phone."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=size[0], height=size[1], deviceScaleFactor=1, mobile=size[0] < 600,
        )  # fmt: skip

    async def ask(self, script: str) -> Any:
        """What a script in the page answers; ours, so the page's policy does not hold it back."""
        told = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            raise AssertionError(told["exceptionDetails"])
        return told["result"].get("value")

    async def measured(self) -> dict[str, Any]:
        """Titles, overflow, words: what a layout can have wrong."""
        found: dict[str, Any] = await self.ask(MEASURE)
        return found

    async def judged(self) -> list[dict[str, Any]]:
        """What axe has against the page as it stands, closed details opened."""
        await self.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
        if not await self.ask("typeof axe === 'object'"):
            await self.ask(f"{AXE.read_text()};0")
        found: list[dict[str, Any]] = await self.ask(JUDGE)
        return found

    async def picture(self, to: Path) -> None:
        """The whole page as PNG, for eyes."""
        size = await self.ask("[innerWidth, document.scrollingElement.scrollHeight]")
        told = await self.send(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1},
        )  # fmt: skip
        await asyncio.to_thread(to.write_bytes, base64.b64decode(told["data"]))

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command to the tab."""
        return await self._browser.send(method, params, self._session)

    async def told(self, method: str, params: dict[str, Any]) -> None:
        """An event of the tab."""
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Fetch.requestPaused":
            try:
                await self._answer(params)
            except Exception as broken:  # noqa: BLE001  # It must reach whoever waits for the page.
                self._broken = broken
                self._loaded.set()
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"])[:400])

    async def _answer(self, paused: dict[str, Any]) -> None:
        asked = paused["request"]
        body = asked.get("postData")
        given = await self._answering(
            asked["method"],
            asked["url"].removeprefix(HOST),
            {name: said for name, said in asked["headers"].items() if name in PASSED_ON},
            body.encode() if body else None,
        )
        if paused["resourceType"] == "Document":
            self.status = given.status_code
            self.is_html = "text/html" in given.headers.get("content-type", "")
        await self.send(
            "Fetch.fulfillRequest", requestId=paused["requestId"], responseCode=given.status_code,
            responseHeaders=[
                {"name": name, "value": value} for name, value in given.headers.multi_items()
                if name not in {"content-encoding", "content-length", "transfer-encoding"}
            ],
            body=base64.b64encode(given.content).decode(),
        )  # fmt: skip


class Browser:
    """One Chromium."""

    def __init__(self, writer: int, reader: asyncio.StreamReader) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._number = 0
        self._waiting: Final[dict[int, asyncio.Future[dict[str, Any]]]] = {}
        self._pages: Final[dict[str, Page]] = {}
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    async def page(self, answering: Answering) -> Page:
        """A new tab."""
        target = await self.send("Target.createTarget", {"url": "about:blank"})
        joined = await self.send(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )
        page = self._pages[joined["sessionId"]] = Page(self, joined["sessionId"], answering)
        for domain in ("Page", "Runtime", "Log"):
            await page.send(f"{domain}.enable")
        await page.send("Fetch.enable", patterns=[{"urlPattern": "*"}])
        return page

    async def send(self, method: str, params: dict[str, Any], session: str = "") -> dict[str, Any]:
        """One command; its answer."""
        self._number += 1
        number = self._number
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        await asyncio.to_thread(_write_all, self._writer, data)
        answer = await asyncio.wait_for(waiting, ANSWER_S)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def listen(self) -> None:
        """Take answers and events as they come, until the pipe ends."""
        while True:
            try:
                message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                return
            if "id" in message:
                waiting = self._waiting.pop(message["id"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            elif page := self._pages.get(message.get("sessionId", "")):
                task = asyncio.create_task(page.told(message["method"], message["params"]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def by_client(client: httpx.AsyncClient) -> Answering:
    """Answers as a client gets them, with its cookies and headers."""

    async def answer(
        method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> httpx.Response:
        return await client.request(method, path, headers=headers, content=body)

    return answer


def found_browser() -> str | None:
    """Where Chromium is, if it is."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A Chromium of its own, with a profile that is thrown away."""
    program = found_browser()
    assert program, "Chromium is not installed; scripts/system-packages chromium installs it"
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # The browser reads commands at descriptor 3 and answers at 4.
    place = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", place, program, *FLAGS, f"--user-data-dir={profile}", "about:blank",
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        reader = asyncio.StreamReader(limit=64 * 2**20)
        pipe = os.fdopen(ours_in, "rb", 0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        browser = Browser(ours_out, reader)
        listening = asyncio.create_task(browser.listen())
        try:
            yield browser
        finally:
            with contextlib.suppress(AssertionError, TimeoutError, BrokenPipeError):
                await browser.send("Browser.close", {})
            listening.cancel()
            transport.close()
            os.close(ours_out)
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()

"""The one script of the signing pages in a real browser, with the browser's virtual authenticator.

Chromium is driven through a pipe (Chrome DevTools Protocol), so nothing else is needed.
"""

import itertools
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import parse_qs

import pytest

from guild.core.pages import SCRIPTED
from guild.members.rules.passkeys import (
    RelyingParty,
    assertion_options,
    registration_options,
    verified_assertion,
    verified_registration,
)

SCRIPT = Path(__file__).parents[2] / "guild" / "web" / "static" / "passkey.js"
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]
PAGE = """<!doctype html><script src="/static/passkey.js" defer></script>
<form action="/" method="post" data-passkey="{kind}" data-options="{options}">
<input type="hidden" name="credential" value=""><p data-said hidden></p>
<button>Go</button></form>"""


BECOME = """import os, sys
read, write = os.dup(int(sys.argv[1])), os.dup(int(sys.argv[2]))
os.dup2(read, 3), os.dup2(write, 4)
os.set_inheritable(3, True), os.set_inheritable(4, True)
os.execv(sys.argv[3], sys.argv[3:])"""


class Browser:
    """Chromium over its debugging pipe."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        theirs, self._out = os.pipe()
        self._in, also_theirs = os.pipe()

        # Chromium reads commands from descriptor 3 and answers on 4; BECOME puts them there.
        self.process = subprocess.Popen(
            [sys.executable, "-c", BECOME, str(theirs), str(also_theirs), CHROMIUM, "--headless",
             "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
             f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(theirs, also_theirs), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs)
        os.close(also_theirs)
        self._numbers, self._rest, self.session = itertools.count(1), b"", ""

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                read = os.read(self._in, 65_536)
                assert read, "the browser has gone"
                self._rest += read
            told, _, self._rest = self._rest.partition(b"\0")
            found = json.loads(told)
            if found.get("id") == number:
                assert "error" not in found, found
                result: dict[str, Any] = found["result"]
                return result

    def open(self) -> None:
        """A page of its own, with an authenticator that says yes to its person."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self.ask("WebAuthn.enable")
        self.ask("WebAuthn.addVirtualAuthenticator", options={
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        })  # fmt: skip

    def close(self) -> None:
        """End it by its own id."""
        self.process.kill()
        self.process.wait(timeout=10)
        os.close(self._out)
        os.close(self._in)

    def press(self, url: str) -> None:
        """Go there, wait until the script has run, and press the button."""
        self.ask("Page.navigate", url=url)
        ready = "document.readyState == 'complete' && !!document.querySelector('button')"
        for _ in range(200):
            if self.ask("Runtime.evaluate", expression=ready)["result"]["value"]:
                break
        self.ask(
            "Runtime.evaluate", expression="document.querySelector('button').click()",
            userGesture=True,
        )  # fmt: skip


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, str], "Queue[dict[str, Any]]"]]:
    """A host that shows what `pages` holds, and hears what the script hands in."""
    pages: dict[str, str] = {}
    heard: Queue[dict[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/static/passkey.js"
            body = SCRIPT.read_bytes() if script else pages.get(self.path, "").encode()
            self._answer(body, "text/javascript" if script else "text/html")

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["content-length"])).decode()
            heard.put(json.loads(parse_qs(said)["credential"][0]))
            self._answer(b"<!doctype html>done", "text/html")

        def _answer(self, body: bytes, media_type: str) -> None:
            self.send_response(200)
            self.send_header("content-type", media_type)
            for name, value in SCRIPTED.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", pages, heard
    server.shutdown()
    server.server_close()


def test_a_browser_makes_a_passkey_and_signs_with_it(
    site: tuple[str, dict[str, str], "Queue[dict[str, Any]]"], tmp_path: Path
) -> None:
    origin, pages, heard = site
    party = RelyingParty(id="localhost", name="Guild", origin=origin)
    challenge = secrets.token_bytes(32)
    asked = registration_options(
        party, challenge=challenge, user_id=b"x" * 16, user_name="a@example.org", known=[]
    )
    pages["/make"] = PAGE.format(kind="create", options=escape(asked))
    browser = Browser(tmp_path)
    try:
        browser.open()
        browser.press(f"{origin}/make")
        key = verified_registration(party, heard.get(timeout=30), challenge=challenge)
        manifest = secrets.token_bytes(32)
        asked = assertion_options(party, challenge=manifest, known=[key.credential_id])
        pages["/sign"] = PAGE.format(kind="get", options=escape(asked))
        browser.press(f"{origin}/sign")
        verified_assertion(
            party, heard.get(timeout=30), challenge=manifest, public_key=key.public_key,
            sign_count=key.sign_count,
        )  # fmt: skip
    finally:
        browser.close()

"""The people of a story, each with a browser's worth of HTTP: cookies, a CSRF token, a mailbox."""

import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from lxml import html

LINK: Final = re.compile(r"https?://\S+/(offers|deliveries|attest|i)/([A-Za-z0-9_-]{20,})")
CODE: Final = re.compile(r"^\D{3,40}:\s?(\d{6})$", re.MULTILINE)
"""In whatever language: a few words, a colon, six digits, and nothing else on the line."""
MINUTES_BEFORE_SIGN_IN_AGAIN: Final = 20


class StepFailed(Exception):
    """A deed of the story was refused; the message holds the answer, `code` its stable code."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code: Final = code


class Letter:
    """A mail as the outbox page shows it."""

    def __init__(self, to: str, subject: str, text: str) -> None:
        self.to: Final = to
        self.subject: Final = subject
        self.text: Final = text


class Person:
    """Somebody with a browser: signed in as a member, or come through a personal link."""

    def __init__(self, client: httpx.Client) -> None:
        self.client: Final = client

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """One request; the decoded answer, or StepFailed with what the problem says."""
        headers = dict(more.pop("headers", {}))
        if method in {"POST", "PUT", "PATCH"}:
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        if body is not None:
            more["json"] = body
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **more)
        kind = answer.headers.get("content-type", "")
        if answer.status_code >= 400:
            code = answer.json().get("code", "") if "json" in kind else ""
            raise StepFailed(f"{method} {path} → {answer.status_code}: {answer.text[:600]}", code)
        return answer.json() if "json" in kind else answer.content

    def get(self, path: str, **query: Any) -> Any:
        """Read."""
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Do."""
        return self.ask("POST", path, body, **more)


class Cast:
    """Everybody of a story, against one installation."""

    def __init__(self, base_url: str, clock: Path, password: str) -> None:
        self._base_url: Final = base_url
        self._clock: Final = clock
        self._password: Final = password
        self._members: dict[str, tuple[Person, datetime]] = {}
        self.emails: Final[dict[str, str]] = {}
        self.moment: datetime = datetime.min.replace(tzinfo=UTC)

    def turn(self, moment: datetime) -> None:
        """Set the clock of the installation."""
        self.moment = moment
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(moment.isoformat(), encoding="ascii")
        fresh.replace(self._clock)

    def stranger(self) -> Person:
        """Somebody who has not signed in."""
        return Person(httpx.Client(base_url=self._base_url, timeout=60))

    def member(self, name: str) -> Person:
        """A member, signed in not long ago."""
        known = self._members.get(name)
        if known is not None:
            person, since = known
            if (self.moment - since).total_seconds() < MINUTES_BEFORE_SIGN_IN_AGAIN * 60:
                return person
        person = self.stranger()
        session = person.post("/session", {"email": self.emails[name], "password": self._password})
        person.client.headers["X-CSRF-Token"] = session["csrf_token"]
        self._members[name] = (person, self.moment)
        return person

    def letters(self, to: str) -> list[Letter]:
        """The mails to an address, newest first, as the local outbox page shows them."""
        answer = httpx.get(f"{self._base_url}/outbox", timeout=60, params={"to": to})
        found = []
        for section in html.fromstring(answer.text).iterfind(".//section"):
            texts = ["".join(map(str, node.itertext())) for node in section.iterfind(".//pre")]
            about = ["".join(map(str, node.itertext())) for node in section.iterfind(".//dd")]
            if texts and about[0] == to:
                found.append(Letter(to, about[1], texts[0]))
        return found

    def link(self, to: str, kind: str, about: str) -> str:
        """The token of the newest personal link of a kind in a mail that speaks of `about`."""
        for letter in self.letters(to):
            found = LINK.search(letter.text)
            if found and found[1] == kind and about in f"{letter.subject} {letter.text}":
                return found[2]
        raise StepFailed(f"{to} has no mail with a link to {kind} about {about}")

    def code(self, to: str) -> str:
        """The newest one-time code in somebody's mails."""
        for letter in self.letters(to):
            if found := CODE.search(letter.text):
                return found[1]
        raise StepFailed(f"{to} has no mail with a code")

    def visitor(self, token: str) -> Person:
        """A client who opens a personal link: this browser is bound to it."""
        person = self.stranger()
        opened = person.post("/links/open", {"token": token})
        person.client.headers["X-CSRF-Token"] = opened["csrf_token"]
        return person

"""A gateway over HTTP, by the small contract in `docs/peppol.md`.

Certificates are checked, redirects are not followed, answers have a size limit, and each failure is
sorted into the three kinds that matter: certainly not arrived, certainly refused, not known.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec

from guild.exchange.gateway.interface import (
    Answer,
    DocumentKind,
    GatewayAway,
    GatewayRefuses,
    GatewayUnsure,
    Parcel,
    Told,
    Waiting,
)

CONNECT_S: Final = 5.0
ANSWER_S: Final = 20.0
JSON_MAX: Final = 262_144
DOCUMENT_MAX: Final = 10_000_000
INBOX_MAX: Final = 100
MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,120}")


class _Capability(msgspec.Struct, frozen=True):
    reachable: bool


class _Told(msgspec.Struct, frozen=True):
    status: str
    code: str = ""
    detail: str = ""


class _Inbox(msgspec.Struct, frozen=True):
    messages: list[Waiting]


class _Problem(msgspec.Struct, frozen=True):
    code: str = ""
    detail: str = ""


class HttpGateway:
    """Speaks to an access point's adapter at `url` with an API key."""

    name = "http"

    def __init__(
        self,
        url: str,
        key: str,
        *,
        ca_file: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url: Final = url.rstrip("/")
        self._headers: Final = {"Authorization": f"Bearer {key}", "User-Agent": "Guild"}
        self._verify: Final = ca_file
        self._transport: Final = transport

    async def look_up(self, participant: str, kind: DocumentKind) -> bool:
        """`GET /participants/{participant}?document={kind}`; 404 is no."""
        path = f"/participants/{quote(participant, safe='')}"
        answer = await self._ask("GET", path, params={"document": kind}, missing=True)
        return answer is not None and _read(answer, _Capability).reachable

    async def send(self, parcel: Parcel) -> Told:
        """`PUT /documents/{key}`: the key is the address, so the same twice is the same."""
        answer = await self._ask(
            "PUT",
            f"/documents/{quote(parcel.key, safe='')}",
            content=parcel.ubl,
            headers={
                "Content-Type": "application/xml",
                "Idempotency-Key": parcel.key,
                "Peppol-Sender": parcel.sender,
                "Peppol-Receiver": parcel.receiver,
                "Peppol-Document": parcel.kind,
            },
            changes=True,
        )
        assert answer is not None
        return _told(answer)

    async def status(self, key: str) -> Told | None:
        """`GET /documents/{key}`."""
        answer = await self._ask("GET", f"/documents/{quote(key, safe='')}", missing=True)
        return None if answer is None else _told(answer)

    async def inbox(self) -> list[Waiting]:
        """`GET /inbox`."""
        answer = await self._ask("GET", "/inbox", params={"limit": INBOX_MAX})
        assert answer is not None
        found = _read(answer, _Inbox).messages[:INBOX_MAX]
        return [one for one in found if MESSAGE_ID.fullmatch(one.message_id)]

    async def fetch(self, message_id: str) -> bytes:
        """`GET /inbox/{id}/document`."""
        answer = await self._ask(
            "GET", f"/inbox/{quote(message_id, safe='')}/document", limit=DOCUMENT_MAX
        )
        assert answer is not None
        return answer

    async def acknowledge(self, message_id: str) -> None:
        """`DELETE /inbox/{id}`; gone already is as good."""
        await self._ask("DELETE", f"/inbox/{quote(message_id, safe='')}", missing=True)

    async def respond(self, answer: Answer) -> None:
        """`PUT /inbox/{id}/response/{key}`."""
        path = f"/inbox/{quote(answer.message_id, safe='')}/response/{quote(answer.key, safe='')}"
        body = msgspec.json.encode({"code": answer.code, "reason": answer.reason})
        await self._ask(
            "PUT", path, content=body, headers={"Content-Type": "application/json"}, changes=True
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = JSON_MAX,
        missing: bool = False,
        changes: bool = False,
    ) -> bytes | None:
        """The body of a 2xx, or None for a 404 that may be; raises the gateway's three kinds.

        `changes` marks calls that leave something behind there: after those, silence is doubt.
        """
        try:
            async with (
                self._client() as client,
                client.stream(
                    method,
                    f"{self._url}{path}",
                    content=content,
                    params=dict(params or {}),
                    headers=dict(headers or {}),
                ) as answer,
            ):
                body = await _limited(answer, limit)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as away:
            raise GatewayAway(f"no connection: {type(away).__name__}") from away
        except httpx.HTTPError as lost:
            kind = GatewayUnsure if changes else GatewayAway
            raise kind(f"no answer: {type(lost).__name__}") from lost
        return _sorted(answer.status_code, body, missing=missing, changes=changes)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers=self._headers,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            follow_redirects=False,
            verify=httpx.create_ssl_context(self._verify) if self._verify else True,
            transport=self._transport,
            trust_env=False,
        )


async def _limited(answer: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > limit:
            raise httpx.DecodingError("the answer is larger than agreed", request=answer.request)
    return bytes(body)


def _sorted(status: int, body: bytes, *, missing: bool, changes: bool) -> bytes | None:
    if 200 <= status < 300:
        return body
    if status == 404 and missing:
        return None
    if status in {408, 425, 429, 503}:
        raise GatewayAway(f"asked to come later ({status})")
    if 400 <= status < 500:
        problem = _problem(body)
        raise GatewayRefuses(problem.code or f"http_{status}", problem.detail)
    kind = GatewayUnsure if changes else GatewayAway
    raise kind(f"answered {status}")


def _problem(body: bytes) -> _Problem:
    try:
        return msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeError):
        return _Problem()


def _read(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError) as strange:
        raise GatewayUnsure(f"an answer that makes no sense: {strange}") from strange


def _told(body: bytes) -> Told:
    found = _read(body, _Told)
    try:
        return msgspec.convert(
            {"status": found.status, "code": found.code[:60], "detail": found.detail[:500]}, Told
        )
    except msgspec.ValidationError as strange:
        raise GatewayUnsure(f"a status that is not in the contract: {strange}") from strange

"""The HTTP adapter against a gateway that keeps the contract, and against ones that do not."""

import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from guild.core.settings import Settings, read_settings
from guild.core.work import System
from guild.exchange.gateway.choice import RESOURCE, gateway_of, own_participant
from guild.exchange.gateway.http import JSON_MAX, HttpGateway
from guild.exchange.gateway.interface import (
    Answer,
    GatewayAway,
    GatewayRefuses,
    GatewayUnsure,
    Parcel,
    Told,
)
from tests.conftest import Clock
from tests.factories import Factories
from tests.features.exchange.conftest import CLIENT, COOP, Looping, run, transmission

PARCEL = Parcel(key="k" * 32, sender=COOP, receiver=CLIENT, kind="invoice", ubl=b"<Invoice/>")


class Provider:
    """A gateway by the letter of docs/peppol.md, in memory."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.inbox = {"m-1": b"<Invoice/>"}
        self.answers: list[tuple[str, bytes]] = []
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.headers.get("authorization") != "Bearer secret-key":
            return httpx.Response(401, json={"code": "key", "detail": "Who are you?"})
        what, *rest = request.url.path.removeprefix("/v1/").split("/")
        return getattr(self, f"_{what}")(request, rest)  # type: ignore[no-any-return]

    def _participants(self, _: httpx.Request, rest: list[str]) -> httpx.Response:
        known = rest == [CLIENT]
        return httpx.Response(200 if known else 404, json={"reachable": known})

    def _documents(self, request: httpx.Request, rest: list[str]) -> httpx.Response:
        if request.method == "PUT":
            self.documents.setdefault(rest[0], request.content)
            return httpx.Response(202, json={"status": "sent"})
        if rest[0] not in self.documents:
            return httpx.Response(404)
        return httpx.Response(
            200, json={"status": "delivered", "code": "", "detail": "AS4 receipt"}
        )

    def _inbox(self, request: httpx.Request, rest: list[str]) -> httpx.Response:
        if not rest:
            waiting = [{"message_id": one, "sender": CLIENT, "receiver": COOP}
                       for one in [*self.inbox, "../../etc"]]  # fmt: skip
            return httpx.Response(200, json={"messages": waiting})
        if request.method == "DELETE":
            self.inbox.pop(rest[0], None)
            return httpx.Response(204)
        if request.method == "PUT":
            self.answers.append((rest[2], request.content))
            return httpx.Response(200)
        return httpx.Response(200, content=self.inbox[rest[0]])


def speaking_to(handler: Callable[[httpx.Request], Any], key: str = "secret-key") -> HttpGateway:
    return HttpGateway("https://gateway.example/v1/", key, transport=httpx.MockTransport(handler))


async def test_every_call_of_the_contract() -> None:
    provider = Provider()
    gateway = speaking_to(provider)
    assert await gateway.look_up(CLIENT, "invoice")
    assert not await gateway.look_up("0208:0000000097", "invoice")
    assert await gateway.status(PARCEL.key) is None
    told = await gateway.send(PARCEL)
    assert await gateway.send(PARCEL) == told == Told(status="sent", code="", detail="")
    assert provider.documents == {PARCEL.key: b"<Invoice/>"}
    sent = next(one for one in provider.asked if one.method == "PUT")
    assert sent.headers["idempotency-key"] == PARCEL.key
    assert (sent.headers["peppol-sender"], sent.headers["peppol-receiver"]) == (COOP, CLIENT)
    status = await gateway.status(PARCEL.key)
    assert status is not None
    assert (status.status, status.detail) == ("delivered", "AS4 receipt")
    assert [one.message_id for one in await gateway.inbox()] == ["m-1"]
    assert await gateway.fetch("m-1") == b"<Invoice/>"
    await gateway.respond(Answer(key="a-1", message_id="m-1", code="RE", reason="PRI: too much"))
    assert provider.answers == [("a-1", b'{"code":"RE","reason":"PRI: too much"}')]
    for _ in range(2):
        await gateway.acknowledge("m-1")
    assert [one.message_id for one in await gateway.inbox()] == []
    with pytest.raises(GatewayRefuses, match="key"):
        await speaking_to(provider, key="wrong").send(PARCEL)


def raising(kind: type[httpx.RequestError]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise kind("no", request=request)

    return answer


def answering(status: int, **more: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, **more)


@pytest.mark.parametrize(
    ("handler", "sending", "asking"),
    [
        (raising(httpx.ConnectError), GatewayAway, GatewayAway),
        (raising(httpx.ConnectTimeout), GatewayAway, GatewayAway),
        (raising(httpx.ReadTimeout), GatewayUnsure, GatewayAway),
        (raising(httpx.WriteError), GatewayUnsure, GatewayAway),
        (raising(httpx.RemoteProtocolError), GatewayUnsure, GatewayAway),
        (answering(503), GatewayAway, GatewayAway),
        (answering(429), GatewayAway, GatewayAway),
        (answering(500), GatewayUnsure, GatewayAway),
        (answering(502, text="<html>"), GatewayUnsure, GatewayAway),
        (answering(302, headers={"Location": "https://evil.example"}), GatewayUnsure, GatewayAway),
        (answering(400, json={"code": "R008", "detail": "empty"}), GatewayRefuses, GatewayRefuses),
        (answering(403, text="no"), GatewayRefuses, GatewayRefuses),
        (answering(200, text="fine"), GatewayUnsure, GatewayUnsure),
        (answering(200, json={"status": "eaten"}), GatewayUnsure, GatewayUnsure),
        (answering(200, json=[]), GatewayUnsure, GatewayUnsure),
        (answering(200, content=b" " * (JSON_MAX + 1)), GatewayUnsure, GatewayAway),
    ],
)  # fmt: skip
async def test_each_failure_is_of_its_kind(
    handler: Any, sending: type[Exception], asking: type[Exception]
) -> None:
    """After a call that changes something, silence is doubt; after a question it is not."""
    gateway = speaking_to(handler)
    with pytest.raises(sending):
        await gateway.send(PARCEL)
    with pytest.raises(asking):
        await gateway.status(PARCEL.key)


async def test_a_document_that_never_ends_is_cut_off() -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 1_000_000

    gateway = speaking_to(lambda _: httpx.Response(200, content=endless()))
    with pytest.raises(GatewayAway):
        await gateway.fetch("m-1")


async def test_an_invoice_goes_out_over_http(looping: Looping, clock: Clock) -> None:
    provider = Provider()
    async with looping(gateway="http", url="https://gateway.example/v1", key="k") as system:
        system.resources[RESOURCE] = speaking_to(provider)
        invoice_id = await Factories(system).issued_invoice()
        await run(system, clock)
        row = await transmission(system, invoice_id)
        assert (row.state, row.provider) == ("sent", "http")
        assert list(provider.documents) == [row.id.hex]


async def test_the_settings_choose(system: System) -> None:
    assert gateway_of(system) is None
    chosen = read_settings({
        "GUILD_PEPPOL_GATEWAY": "http", "GUILD_PEPPOL_URL": "https://gateway.example",
        "GUILD_PEPPOL_KEY": "k", "GUILD_PEPPOL_PARTICIPANT": "9925:be0123456749",
    })  # fmt: skip
    assert own_participant(chosen.coop, chosen.peppol.participant) == "9925:be0123456749"
    assert own_participant(Settings().coop) == COOP
    assert isinstance(httpx.create_ssl_context(), ssl.SSLContext)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"GUILD_PEPPOL_GATEWAY": "loopback"}, "never leave the house"),
        ({"GUILD_PEPPOL_GATEWAY": "http", "GUILD_PEPPOL_URL": "http://g.example",
          "GUILD_PEPPOL_KEY": "k"}, "not https"),
        ({"GUILD_PEPPOL_GATEWAY": "http", "GUILD_PEPPOL_URL": "https://g.example"}, "KEY"),
        ({"GUILD_PEPPOL_HOOK_SECRET": "short"}, "shorter than 32"),
        ({"GUILD_MAIL_HOOK_SECRET": "short"}, "shorter than 32"),
    ],
)  # fmt: skip
def test_production_refuses_what_is_not_safe(given: dict[str, str], words: str) -> None:
    problems = read_settings({"GUILD_ENV": "production", **given}).problems()
    assert any(words in problem for problem in problems)

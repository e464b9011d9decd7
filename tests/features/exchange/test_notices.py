"""Reports from outside: forged, old, repeated and reordered ones change nothing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from guild.contracts import queries as contract_queries
from guild.contracts.models import ContractSigner
from guild.core.ids import InvoiceId
from guild.core.permissions import SYSTEM
from guild.core.signatures import WINDOW_S, is_fresh, sign, signature_holds
from guild.core.work import System, begin_work
from guild.exchange.models import GatewayNotice
from tests.conftest import NOON, Clock
from tests.factories import Factories
from tests.features.exchange.conftest import (
    MAIL_SECRET,
    SECRET,
    invariants_hold,
    run,
    transmission,
)
from tests.shared import App

STAMP = int(NOON.timestamp())


@pytest_asyncio.fixture
async def outside(looped: System) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway, calling us."""
    transport = httpx.ASGITransport(app=App(looped))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://guild.test") as client:
        yield client


async def report(
    client: httpx.AsyncClient,
    told: dict[str, Any],
    *,
    secret: str = SECRET,
    stamp: int = STAMP,
    path: str = "/api/v1/peppol/notices",
    **headers: str,
) -> httpx.Response:
    body = json.dumps(told).encode()
    signed = {"Guild-Timestamp": str(stamp), "Guild-Signature": sign(secret, stamp, body)}
    return await client.post(path, content=body, headers={**signed, **headers})


async def kept(system: System) -> int:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return await work.session.scalar(select(func.count()).select_from(GatewayNotice)) or 0


@pytest_asyncio.fixture
async def sent(looped: System, looped_make: Factories, clock: Clock) -> InvoiceId:
    """An invoice that has reached its receiver."""
    invoice_id = await looped_make.issued_invoice()
    await run(looped, clock)
    return invoice_id


async def test_a_signed_notice_moves_it_once(
    outside: httpx.AsyncClient, looped: System, sent: InvoiceId, clock: Clock
) -> None:
    row = await transmission(looped, sent)
    told = {"id": "e-1", "key": row.id.hex, "status": "refused_by_receiver", "code": "REF",
            "detail": "Our order number is missing"}  # fmt: skip
    first = await report(outside, told)
    assert (first.status_code, first.json()) == (202, {"id": "e-1", "known": False})
    for _ in range(3):
        again = await report(outside, told)
        assert (again.status_code, again.json()["known"]) == (202, True)
    await run(looped, clock)
    row = await transmission(looped, sent)
    assert (row.state, row.code) == ("refused_by_receiver", "REF")
    letters = [one for one in await Factories(looped).letters() if "refused" in one.subject]
    assert len(letters) == 2
    assert "order number" in letters[0].text
    late = {"id": "e-2", "key": row.id.hex, "status": "delivered"}
    assert (await report(outside, late)).status_code == 202
    await run(looped, clock)
    assert (await transmission(looped, sent)).state == "refused_by_receiver"
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        outcomes = await work.session.execute(
            select(GatewayNotice.external_id, GatewayNotice.outcome)
        )
        assert dict(outcomes.all()) == {"e-1": "moved", "e-2": "stale"}
    await invariants_hold(looped)


async def test_forged_and_old_notices_have_no_effect(
    outside: httpx.AsyncClient, looped: System, sent: InvoiceId, clock: Clock
) -> None:
    row = await transmission(looped, sent)
    told = {"id": "e-1", "key": row.id.hex, "status": "refused_by_receiver"}
    body = json.dumps(told).encode()
    good = sign(SECRET, STAMP, body)
    refused = {
        "another secret": await report(outside, told, secret="x" * 40),
        "no signature": await outside.post("/api/v1/peppol/notices", content=body),
        "another body": await outside.post(
            "/api/v1/peppol/notices", content=body.replace(b"refused_by_receiver", b"accepted"),
            headers={"Guild-Timestamp": str(STAMP), "Guild-Signature": good}),
        "another moment": await outside.post(
            "/api/v1/peppol/notices", content=body,
            headers={"Guild-Timestamp": str(STAMP + 1), "Guild-Signature": good}),
        "odd moment": await outside.post(
            "/api/v1/peppol/notices", content=body,
            headers={"Guild-Timestamp": "soon", "Guild-Signature": good}),
        "the mail's secret": await report(outside, told, secret=MAIL_SECRET),
    }  # fmt: skip
    for name, answer in refused.items():
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid"), name
    for stamp in (STAMP - WINDOW_S - 1, STAMP + WINDOW_S + 1):
        answer = await report(outside, told, stamp=stamp)
        assert (answer.status_code, answer.json()["code"]) == (409, "notice_too_old")
    clock.advance(minutes=6)
    recorded = await report(outside, told, stamp=STAMP)
    assert recorded.status_code == 409
    await run(looped, clock)
    assert await kept(looped) == 0
    assert (await transmission(looped, sent)).state == "delivered"


async def test_one_identifier_has_one_content(
    outside: httpx.AsyncClient, looped: System, sent: InvoiceId
) -> None:
    row = await transmission(looped, sent)
    told = {"id": "e-1", "key": row.id.hex, "status": "accepted"}
    assert (await report(outside, told)).status_code == 202
    answer = await report(outside, {**told, "status": "failed"})
    assert (answer.status_code, answer.json()["code"]) == (409, "notice_reused")
    assert await kept(looped) == 1


@pytest.mark.parametrize(
    "told",
    [
        {"id": "e", "status": "eaten"},
        {"status": "sent"},
        {"id": "e 1", "status": "sent"},
        {"id": "e", "status": "sent", "more": 1},
        {"id": "e", "status": "sent", "detail": "x" * 501},
        [],
    ],
)
async def test_signed_nonsense_is_a_bad_request(outside: httpx.AsyncClient, told: Any) -> None:
    assert (await report(outside, told)).status_code == 400


async def test_notices_about_strangers_end_quietly(
    outside: httpx.AsyncClient, looped: System, clock: Clock
) -> None:
    for number, key in enumerate(("", "nothing", "0" * 32)):
        told = {"id": f"e-{number}", "key": key, "status": "accepted"}
        assert (await report(outside, told)).status_code == 202
    await run(looped, clock)
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        outcomes = set(await work.session.scalars(select(GatewayNotice.outcome)))
    assert outcomes == {"stranger"}


async def test_many_notices_are_not_held_back(outside: httpx.AsyncClient) -> None:
    """The ceiling for strangers is not for machines that sign."""
    for number in range(130):
        answer = await report(outside, {"id": f"e-{number}", "status": "waiting"})
        assert answer.status_code == 202, number


async def test_a_large_notice_is_refused(outside: httpx.AsyncClient) -> None:
    answer = await outside.post("/api/v1/peppol/notices", content=b" " * 70_000)
    assert answer.status_code == 413


async def test_without_a_secret_nothing_is_believed(
    http: httpx.AsyncClient, system: System
) -> None:
    body = b'{"id":"e","status":"sent"}'
    object.__setattr__(system, "settings", _silent(system))
    answer = await http.post(
        "/api/v1/peppol/notices", content=body,
        headers={"Guild-Timestamp": str(STAMP), "Guild-Signature": sign("", STAMP, body)},
    )  # fmt: skip
    assert answer.status_code == 401


def _silent(system: System) -> Any:
    import msgspec  # noqa: PLC0415

    from guild.core.settings import Peppol  # noqa: PLC0415

    return msgspec.structs.replace(system.settings, peppol=Peppol(), mail_hook_secret="")


def test_two_signatures_while_a_secret_is_changed() -> None:
    body = b"{}"
    both = f"{sign('x' * 40, STAMP, body)},{sign(SECRET, STAMP, body)}"
    assert signature_holds(SECRET, str(STAMP), body, both)
    assert not signature_holds("", str(STAMP), body, sign("", STAMP, body))
    assert is_fresh(str(STAMP), STAMP + WINDOW_S)
    assert not is_fresh("-5", 0)


# --- mails that come back ------------------------------------------------------------------------


async def test_a_bounce_is_marked_and_told(
    http: httpx.AsyncClient, system: System, make: Factories, clock: Clock
) -> None:
    member = await make.member()
    invoice_id = await make.issued_invoice(member)
    await run(system, clock)
    row = await transmission(system, invoice_id)
    told = {"id": "b-1", "message_id": f"<{row.mail_id}@guild.test>", "kind": "delayed"}
    path = "/api/v1/mail/bounces"
    assert (await report(http, told, secret=MAIL_SECRET, path=path)).status_code == 202
    assert (await report(http, told, path=path)).status_code == 401
    await run(system, clock)
    assert (await transmission(system, invoice_id)).state == "by_mail"
    told |= {"id": "b-2", "kind": "bounced", "code": "5.1.1", "detail": "550 no such user"}
    assert (await report(http, told, secret=MAIL_SECRET, path=path)).status_code == 202
    await run(system, clock)
    row = await transmission(system, invoice_id)
    assert (row.state, row.code, row.detail) == ("bounced", "5.1.1", "550 no such user")
    told |= {"id": "b-3", "message_id": "somebody@else.example"}
    assert (await report(http, told, secret=MAIL_SECRET, path=path)).status_code == 202
    told |= {"id": "b-4", "message_id": "<------------------------------------@x.example>"}
    assert (await report(http, told, secret=MAIL_SECRET, path=path)).status_code == 202
    await run(system, clock)
    assert (await transmission(system, invoice_id)).state == "bounced"
    assert {one.to for one in (await make.letters())[-2:]} == {
        member.email, system.settings.coop.email,
    }  # fmt: skip
    await invariants_hold(system)


async def test_a_bounced_link_is_marked_on_the_contract(
    http: httpx.AsyncClient, system: System, make: Factories, clock: Clock
) -> None:
    member = await make.member()
    contract = await make.sent_contract(member)
    async with begin_work(system, SYSTEM, read_only=True) as work:
        signer = (await work.session.scalars(select(ContractSigner))).one()
    told = {
        "id": "c-1", "message_id": f"<{signer.link_mail_id}@guild.test>", "kind": "bounced",
        "code": "5.1.1", "detail": "550 no such user",
    }  # fmt: skip
    path = "/api/v1/mail/bounces"
    assert (await report(http, told, secret=MAIL_SECRET, path=path)).status_code == 202
    await run(system, clock)
    async with begin_work(system, make.actor(member), read_only=True) as work:
        (seen,) = await contract_queries.signer_views(work, contract.id, 1)
    assert seen.bounced_at is not None
    assert (await make.letters())[-1].to == member.email

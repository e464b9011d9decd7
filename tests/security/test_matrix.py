"""Who gets through which door: every route, every kind of person, against a table read by people.

`matrix.toml` says for each route what each kind of person gets, by the permission that the route
declares. The rows asked for are Mira's, so `owner` and `other` show own and another's.

    ok    done, or shown
    no    the door was open, but the step is not possible as things stand (400, 409, 422)
    401, 403, 404    refused, as it says
"""

import tomllib
from pathlib import Path

import litestar
import pytest
from litestar.exceptions import ImproperlyConfiguredException

from guild import features
from guild.core.permissions import ANONYMOUS, Permission, Role, permissions_of
from guild.web.app import create_app
from tests.security.asks import ask_for, headers_of
from tests.security.doors import Door, doors
from tests.security.world import KINDS, OFFICES, World

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900), pytest.mark.slow,
]  # fmt: skip
TABLE = tomllib.loads((Path(__file__).parent / "matrix.toml").read_text(encoding="utf-8"))
REFUSED = {401: "401", 403: "403", 404: "404"}
NEVER_DONE = {
    "POST /api/v1/peppol/notices": "needs the gateway's signature; test_notices.py signs",
    "POST /api/v1/mail/bounces": "needs the mail server's signature; test_notices.py signs",
    "POST /api/v1/provider-webhooks/stripe": "no key is set here; test_providers.py signs",
    "POST /api/v1/provider-webhooks/gocardless": "no key is set here; test_providers.py signs",
    "POST /api/v1/invoices/{invoice_id}/payment-links": "no key is set; test_providers.py has one",
    "GET /offer/eid": "no provider is connected here; test_sign_pages.py has one",
    "POST /api/v1/eid/answers": "no provider is connected here; test_sign_levels.py has one",
    "GET /eid/loopback": "no provider is connected here; test_sign_pages.py has one",
    "POST /eid/loopback": "no provider is connected here; test_sign_pages.py has one",
    "POST /api/v1/invoice/payment-links": "no key; test_client_payments.py",
    "POST /invoice/payments/ask/{provider}": "no key; test_client_payments.py",
    "POST /api/v1/invoice/transfers/{entry_id}/objection": "no transfer; test_client_payments.py",
    "POST /invoice/payments/{entry_id}/object": "no transfer; test_client_payments.py",
    "POST /api/v1/bank-entries/{entry_id}/objection/answer": "none said; test_client_payments.py",
    "POST /treasury/entries/{entry_id}/objection": "none said; test_client_payments.py",
    "POST /api/v1/offer/sign": "needs the code from the mail; test_signing.py signs",
    "POST /offer/sign": "needs the code from the mail; test_pages.py signs",
    "POST /api/v1/password-resets/use": "needs the token from the mail; test_recovery.py has it",
    "POST /new-password/{token}": "needs the token from the mail; test_recovery.py has it",
    "POST /api/v1/members/{member_id}/return": "nobody here is on leave; test_people.py returns",
}
"""Doors that one request in this world cannot get all the way through, and who does."""


def expected(door: Door) -> dict[str, str]:
    """What the table says about a route, by kind of person."""
    section = TABLE.get(door.permission.value, {})
    assert door.name in section, (
        f"{door.name} has no row in tests/security/matrix.toml under "
        f'["{door.permission.value}"]. Decide what each of {" ".join(KINDS)} gets '
        "(ok, no, 401, 403, 404) and write it down."
    )
    words = section[door.name].split()
    if words == ["all", "ok"]:
        words = ["ok"] * len(KINDS)
    assert len(words) == len(KINDS), f"{door.name}: {len(words)} columns, not {len(KINDS)}"
    return dict(zip(KINDS, words, strict=True))


def outcome(status: int) -> str:
    """The class of an answer; a server error is in no class."""
    if status in REFUSED:
        return REFUSED[status]
    if status < 400:
        return "ok"
    return "no" if status in {400, 409, 422} else str(status)


async def test_every_route_has_a_row_and_every_row_a_route(world: World) -> None:
    known = {door.name: expected(door) for door in doors(world.app)}
    rows = {name for section in TABLE.values() for name in section}
    assert rows - set(known) == set(), "rows without a route: strike them"


async def test_the_table_agrees_with_the_permissions(world: World) -> None:
    """Whoever lacks the declared permission is refused, whatever the rows say."""
    held = {"owner": {Role.MEMBER}, "other": {Role.MEMBER}, "juror": {Role.MEMBER}}
    held |= {office: {Role.MEMBER, Role(office)} for office in OFFICES}
    rights = {kind: permissions_of(frozenset(roles)) for kind, roles in held.items()}
    links = {"link", "other_link", "wrong_link"}
    rights |= {kind: frozenset({Permission.PUBLIC, Permission.LINK}) for kind in links}
    rights |= dict.fromkeys(("anonymous", "removed"), ANONYMOUS.permissions)
    wrong = []
    for door in doors(world.app):
        for kind, said in expected(door).items():
            may = door.permission in rights[kind]
            refusal = "401" if kind in {"anonymous", "removed"} else "403"
            if not may and said != refusal:
                wrong.append(f"{door.name}: {kind} lacks {door.permission} but gets {said}")
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
async def test_everybody_gets_what_the_table_says(kind: str, world: World) -> None:
    wrong = []
    for door in doors(world.app):
        ask = ask_for(world, door.method, door.template, keyed=door.keyed, example=door.example)
        answer = await world.ask(ask.method, ask.path, headers_of(world, ask, kind), **ask.parts)
        got, said = outcome(answer.status_code), expected(door)[kind]
        if got != said:
            wrong.append(
                f"{door.name}: the table says {said}, {kind} got {got}: {answer.text[:90]}"
            )
    assert not wrong, "\n".join(wrong)


async def test_each_door_lets_somebody_through(world: World) -> None:
    """A door that is closed to everybody proves nothing about who may pass."""
    shut = [
        door.name
        for door in doors(world.app)
        if "ok" not in expected(door).values() and door.name not in NEVER_DONE
    ]
    assert shut == []


async def test_what_is_not_yours_is_answered_like_what_does_not_exist(world: World) -> None:
    """404 for another's row and for no row: the same code, the same words, the same headers."""
    absent = "01a20000-0000-7000-8000-000000000000"
    compared = 0
    for door in doors(world.app):
        if expected(door)["other"] != "404" or "_id}" not in door.template:
            continue
        ask = ask_for(world, door.method, door.template, keyed=door.keyed, example=door.example)
        other = headers_of(world, ask, "other")
        theirs = await world.ask(ask.method, ask.path, other, **ask.parts)
        names = [part for part in door.template.split("/") if part.endswith("_id}")]
        parts = door.template.split("/")
        nowhere = "/".join(
            absent if part == names[0] else asked
            for part, asked in zip(parts, ask.path.split("/"), strict=True)
        )
        missing = await world.ask(ask.method, nowhere, other, **ask.parts)
        assert missing.status_code == theirs.status_code == 404, door.name
        if theirs.headers["content-type"] == "application/problem+json":
            told = [{**answer.json(), "instance": ""} for answer in (theirs, missing)]
            assert told[0] == told[1], door.name
        compared += 1
    assert compared > 40


async def test_an_api_key_opens_only_its_scopes(world: World) -> None:
    """Mira's key may read contracts; everything else that she may do is closed to it."""
    wrong = []
    for door in doors(world.app):
        if door.permission is Permission.PUBLIC:
            continue
        ask = ask_for(world, door.method, door.template, keyed=door.keyed, example=door.example)
        answer = await world.ask(ask.method, ask.path, headers_of(world, ask, "key"), **ask.parts)
        may = door.permission is Permission.CONTRACTS_READ
        if may != (answer.status_code < 300) or (not may and answer.status_code != 403):
            wrong.append(f"{door.name}: {answer.status_code}")
    assert wrong == []


async def test_head_and_options_tell_no_more_than_get(world: World) -> None:
    for path in ("/api/v1/ledger/journal", f"/api/v1/contracts/{world.rows['signed']}"):
        for method in ("HEAD", "OPTIONS"):
            answer = await world.ask(method, path, {})
            assert answer.status_code in {401, 405, 204}, (method, path)
            assert answer.content == b""


async def test_a_handler_without_a_permission_is_refused_at_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    @litestar.get("/forgotten-door")
    async def bare() -> str:
        return "in"

    @litestar.get("/blind-door", permission=Permission.SELF)
    async def blind() -> str:
        return "in"

    for handler, words in ((bare, "declares no permission"), (blind, "never asks who acts")):
        monkeypatch.setattr(features, "ROUTES", [handler])
        with pytest.raises(ImproperlyConfiguredException, match=words):
            create_app(world.system)

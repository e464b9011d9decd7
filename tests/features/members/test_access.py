"""API keys and personal links: scopes, secrets shown once, and what an attacker would try."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, text

from guild.core.errors import GuildError
from guild.core.permissions import ANONYMOUS, SYSTEM, Permission, Role
from guild.core.work import System, begin_work
from guild.members import commands
from guild.members.errors import LinkNotFound, ScopeNotAllowed
from guild.members.models import AccessLink, LinkSession
from guild.members.rules.powers import KEY_SCOPES, KEYLESS, SCOPE_WORDS
from guild.members.rules.tokens import is_api_key, new_api_key
from guild.members.schemas import ApiKeyIn
from tests.conftest import As, Clock
from tests.factories import Factories

KEYS = "/api/v1/me/api-keys"
OPEN = "/api/v1/links/open"


async def made_key(client: httpx.AsyncClient, *scopes: str, **more: Any) -> dict[str, Any]:
    answer = await client.post(KEYS, json={"name": "books", "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


def bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


async def test_key_is_shown_once_and_stored_hashed(
    make: Factories, signed_in: Any, as_: As
) -> None:
    client = await signed_in(await make.member())
    made = await made_key(client, "clients:manage")
    assert made["key"].startswith("guild_live_")
    assert is_api_key(made["key"])
    listed = await client.get(KEYS)
    assert made["key"] not in listed.text
    assert listed.json()[0]["prefix"] == made["key"][:14]
    async with as_() as work:
        row = (await work.session.execute(text("SELECT k::text FROM api_key k"))).scalar_one()
        assert made["key"] not in row
        assert made["key"][11:] not in row


async def test_key_does_only_what_its_scopes_say(
    make: Factories, signed_in: Any, http: httpx.AsyncClient
) -> None:
    client = await signed_in(await make.member())
    made = await made_key(client, "clients:manage")
    assert (await http.get("/api/v1/organisations", headers=bearer(made))).status_code == 200
    for path in ("/api/v1/me", KEYS, "/api/v1/me/export", "/api/v1/me/bank-accounts"):
        assert (await http.get(path, headers=bearer(made))).status_code == 403, path
    answer = await http.post(
        "/api/v1/me/bank-accounts", json={"iban": "x" * 9, "holder": "x"}, headers=bearer(made)
    )
    assert answer.status_code == 403


async def test_key_needs_no_csrf_token_and_notes_its_use(
    make: Factories, signed_in: Any, http: httpx.AsyncClient
) -> None:
    client = await signed_in(await make.member())
    made = await made_key(client, "clients:manage")
    body = {"name": "A", "kind": "company", "country": "BE", "street": "S 1", "postcode": "1000",
            "city": "B", "email": "a@b.example"}  # fmt: skip
    answer = await http.post("/api/v1/organisations", json=body, headers=bearer(made))
    assert answer.status_code == 201, answer.text
    assert (await client.get(KEYS)).json()[0]["last_used"] is not None


@pytest.mark.parametrize("scope", sorted(KEYLESS))
async def test_rights_that_need_a_person_are_never_a_scope(
    make: Factories, as_: As, scope: Permission
) -> None:
    boss = await make.member(roles=[Role.TREASURER, Role.SECRETARY, Role.OPERATOR, Role.REP])
    async with as_(make.actor(boss)) as work:
        with pytest.raises(ScopeNotAllowed):
            await commands.make_api_key(work, ApiKeyIn(name="x", scopes=frozenset({scope})))


async def test_a_key_cannot_have_more_than_its_owner(make: Factories, as_: As) -> None:
    mira = await make.member()
    assert Permission.STATEMENTS_IMPORT in KEY_SCOPES
    assert set(SCOPE_WORDS) == KEY_SCOPES, "each scope is explained where it is ticked"
    async with as_(make.actor(mira)) as work:
        with pytest.raises(ScopeNotAllowed):
            await commands.make_api_key(
                work, ApiKeyIn(name="x", scopes=frozenset({Permission.STATEMENTS_IMPORT}))
            )


async def test_a_key_shrinks_with_its_owner(
    make: Factories, signed_in: Any, http: httpx.AsyncClient, as_: As
) -> None:
    odile = await make.member(roles=[Role.TREASURER])
    made = await made_key(await signed_in(odile), "clients:manage", "treasury:read")
    assert (await http.get("/api/v1/organisations", headers=bearer(made))).status_code == 200
    async with as_(make.actor(odile)) as work:
        await commands.resign(work, odile.id)
    assert (await http.get("/api/v1/organisations", headers=bearer(made))).status_code == 401


async def test_revoked_and_expired_keys_open_nothing(
    make: Factories, signed_in: Any, http: httpx.AsyncClient, clock: Clock
) -> None:
    mira, jonas = await make.member(), await make.member()
    client, other = await signed_in(mira), await signed_in(jonas)
    made = await made_key(client, "clients:manage")
    short = await made_key(client, "clients:manage", expires_at="2026-11-23T13:00:00Z")
    assert (await other.delete(f"{KEYS}/{made['id']}")).status_code == 404, "another's key"
    assert (await client.delete(f"{KEYS}/{made['id']}")).status_code == 204
    assert (await http.get("/api/v1/organisations", headers=bearer(made))).status_code == 401
    assert (await http.get("/api/v1/organisations", headers=bearer(short))).status_code == 200
    clock.advance(hours=1)
    assert (await http.get("/api/v1/organisations", headers=bearer(short))).status_code == 401


async def test_forged_keys_are_refused(http: httpx.AsyncClient) -> None:
    for key in (new_api_key(), "guild_live_", "guild_live_" + "é" * 36, "x" * 5000):
        answer = await http.get(
            "/api/v1/organisations", headers={b"Authorization": f"Bearer {key}".encode()}
        )
        assert answer.status_code == 401


def test_checksum_finds_typing_errors() -> None:
    key = new_api_key()
    for place in range(11, len(key)):
        wrong = "a" if key[place] != "a" else "b"
        assert not is_api_key(key[:place] + wrong + key[place + 1 :])


# --- personal links -----------------------------------------------------------------------------


@pytest.fixture
async def mail_token(make: Factories) -> str:
    """A token as the client's mail holds it."""
    mira = await make.member()
    client = await make.organisation(mira)
    return await make.link(client.contacts[0].id, uuid4())


async def test_opening_binds_the_browser_and_uses_the_token_up(
    http: httpx.AsyncClient, mail_token: str
) -> None:
    answer = await http.post(OPEN, json={"token": mail_token})
    assert answer.status_code == 200, answer.text
    flags = answer.headers["set-cookie"].lower()
    assert flags.startswith("guild_link=")
    assert "httponly" in flags
    assert mail_token not in answer.text + answer.headers["set-cookie"]
    again = await http.post(
        OPEN, json={"token": mail_token}, headers={"X-CSRF-Token": answer.json()["csrf_token"]}
    )
    http.cookies.clear()
    other_device = await http.post(OPEN, json={"token": mail_token})
    assert (other_device.status_code, other_device.json()["code"]) == (404, "link_not_found")
    assert again.status_code in {403, 404}


async def test_unknown_used_expired_revoked_links_answer_alike(
    make: Factories, http: httpx.AsyncClient, clock: Clock, as_: As
) -> None:
    client = await make.organisation(await make.member())
    contact, subject = client.contacts[0].id, uuid4()
    used = await make.link(contact, subject)
    assert (await http.post(OPEN, json={"token": used})).status_code == 200
    http.cookies.clear()
    expired = await make.link(contact, uuid4(), hours=1)
    revoked = await make.link(contact, subject)
    async with as_() as work:
        await commands.revoke_links(work, subject)
    clock.advance(hours=1)
    answers = [
        await http.post(OPEN, json={"token": token}) for token in ("A" * 43, used, expired, revoked)
    ]
    assert {a.status_code for a in answers} == {404}
    assert len({a.json()["detail"] for a in answers}) == 1


async def test_revoking_shuts_open_browsers_and_headers(
    make: Factories, http: httpx.AsyncClient, as_: As
) -> None:
    client = await make.organisation(await make.member())
    subject = uuid4()
    token = await make.link(client.contacts[0].id, subject)
    header = {"Authorization": f"Link {token}"}
    assert (await http.get("/api/v1/me", headers=header)).status_code == 403, "known, no right"
    assert (await http.post(OPEN, json={"token": token})).status_code == 200
    assert (await http.get("/api/v1/me")).status_code == 403
    async with as_() as work:
        await commands.revoke_links(work, subject)
    assert (await http.get("/api/v1/me")).status_code == 401
    assert (await http.get("/api/v1/me", headers=header)).status_code == 404


async def test_a_link_session_id_is_no_member_session(
    http: httpx.AsyncClient, mail_token: str
) -> None:
    await http.post(OPEN, json={"token": mail_token})
    stolen = http.cookies["guild_link"]
    http.cookies.clear()
    for cookie in (f"guild={stolen}", f"guild={mail_token}", f"guild_link={mail_token}"):
        answer = await http.get("/api/v1/me", headers={"Cookie": cookie})
        assert answer.status_code == 401, cookie


async def test_only_hashes_of_links_are_stored(system: System, mail_token: str) -> None:
    async with begin_work(system, SYSTEM) as work:
        for table in ("access_link", "event", "outbox"):
            rows = (await work.session.execute(text(f"SELECT t::text FROM {table} t"))).scalars()
            assert not any(mail_token in row for row in rows)


async def test_a_get_never_uses_a_link_up(http: httpx.AsyncClient, mail_token: str) -> None:
    assert (await http.get(OPEN, params={"token": mail_token})).status_code == 405
    assert (await http.post(OPEN, json={"token": mail_token})).status_code == 200


async def test_guessing_links_is_limited(http: httpx.AsyncClient) -> None:
    answers = [(await http.post(OPEN, json={"token": f"{n:043d}"})).status_code for n in range(31)]
    assert answers == [404] * 30 + [429]


async def test_two_browsers_at_once_open_a_link_once(committing: System) -> None:
    make = Factories(committing)
    client = await make.organisation(await make.member())
    token = await make.link(client.contacts[0].id, uuid4())
    outcomes: list[bool] = []

    async def one() -> None:
        try:
            async with begin_work(committing, ANONYMOUS) as work:
                await commands.open_link(work, token)
            outcomes.append(True)
        except LinkNotFound:
            outcomes.append(False)

    await asyncio.gather(*(one() for _ in range(8)))
    assert sorted(outcomes) == [False] * 7 + [True]
    async with begin_work(committing, SYSTEM) as work:
        assert await work.session.scalar(select(func.count()).select_from(LinkSession)) == 1
        assert await work.session.scalar(select(func.count()).select_from(AccessLink)) == 1


async def test_links_need_a_known_contact(as_: As) -> None:
    async with as_() as work:
        with pytest.raises(GuildError):
            await commands.issue_link(work, uuid4(), purpose="contract", subject_id=uuid4())  # type: ignore[arg-type]


async def test_a_token_that_a_browser_used_up_is_worth_nothing_in_a_header(
    http: httpx.AsyncClient, mail_token: str
) -> None:
    header = {"Authorization": f"Link {mail_token}"}
    assert (await http.get("/api/v1/me", headers=header)).status_code == 403, "known, no right"
    assert (await http.post(OPEN, json={"token": mail_token})).status_code == 200
    http.cookies.clear()
    answer = await http.get("/api/v1/me", headers=header)
    assert (answer.status_code, answer.json()["code"]) == (404, "link_not_found")

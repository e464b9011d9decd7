"""Sessions: no fixation, rotation, the cookie, sign-out, tries, and equal answers for strangers."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import func, select, text

from guild.core.permissions import ANONYMOUS, SYSTEM, Role
from guild.core.work import System, begin_work
from guild.members import commands, queries
from guild.members.commands.limits import SIGN_IN_ACCOUNT, SIGN_IN_ANYWHERE
from guild.members.errors import SignInFailed, TooManyTries
from guild.members.models import Credential, RateLimit, WebSession
from guild.members.rules import passwords
from guild.members.rules.tokens import token_hash
from guild.members.schemas import ApplicationIn
from guild.members.schemas.cookies import (
    ended_session_cookie,
    link_cookie,
    session_cookie,
)
from tests.conftest import NOON, As, Clock
from tests.factories import Factories

SESSION = "/api/v1/session"


async def sign_in(
    http: httpx.AsyncClient, email: str, password: str = Factories.PASSWORD, **more: Any
) -> httpx.Response:
    return await http.post(SESSION, json={"email": email, "password": password}, **more)


async def sessions(system: System) -> int:
    async with begin_work(system, SYSTEM) as work:
        return await work.session.scalar(select(func.count()).select_from(WebSession)) or 0


async def test_sign_in_and_who_am_i(http: httpx.AsyncClient, make: Factories) -> None:
    mira = await make.member(roles=[Role.TREASURER])
    answer = await sign_in(http, mira.email.upper())
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    me = (await http.get("/api/v1/me")).json()
    assert me["id"] == str(mira.id)
    assert set(me["roles"]) == {"member", "treasurer"}
    assert "payouts:approve" in me["permissions"]


async def test_planted_session_id_is_never_adopted(
    http: httpx.AsyncClient, make: Factories, system: System
) -> None:
    mira = await make.member()
    planted = "attacker-chose-this-session-id-0123456789"
    http.cookies.set("guild", planted, domain="guild.test")
    assert (await http.get("/api/v1/me")).status_code == 401
    assert await sessions(system) == 0, "a stranger has no row"
    answer = await sign_in(http, mira.email)
    assert planted not in answer.headers["set-cookie"]
    async with begin_work(system, SYSTEM) as work:
        stored = list(await work.session.scalars(select(WebSession.id_hash)))
    assert len(stored) == 1
    assert token_hash(planted) not in stored


async def test_each_sign_in_begins_a_new_session_and_ends_the_former(
    http: httpx.AsyncClient, make: Factories, system: System
) -> None:
    mira = await make.member()
    token = (await sign_in(http, mira.email)).json()["csrf_token"]
    former = http.cookies["guild"]
    await sign_in(http, mira.email, headers={"X-CSRF-Token": token})
    assert http.cookies["guild"] != former
    assert await sessions(system) == 1
    http.cookies.clear()
    stolen = await http.get("/api/v1/me", headers={"Cookie": f"guild={former}"})
    assert stolen.status_code == 401


async def test_only_hashes_are_stored(
    http: httpx.AsyncClient, make: Factories, system: System
) -> None:
    mira = await make.member()
    await sign_in(http, mira.email)
    token = http.cookies["guild"]
    async with begin_work(system, SYSTEM) as work:
        row = (await work.session.execute(text("SELECT s::text FROM session s"))).scalar_one()
        stored = await work.session.scalar(select(Credential.password_hash))
    assert token not in row
    assert token.encode().hex() not in row
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_sign_out_ends_session_and_cookie(
    make: Factories, signed_in: Any, system: System
) -> None:
    client = await signed_in(await make.member())
    token = client.cookies["guild"]
    answer = await client.delete(SESSION)
    assert answer.status_code == 204
    gone = answer.headers["set-cookie"]
    assert "Max-Age=0" in gone
    assert "guild=" in gone
    assert await sessions(system) == 0
    again = await client.get("/api/v1/me", headers={"Cookie": f"guild={token}"})
    assert again.status_code == 401


async def test_session_is_over_after_twelve_hours(
    make: Factories, signed_in: Any, clock: Clock, as_: As, system: System
) -> None:
    client = await signed_in(await make.member())
    clock.advance(hours=11, minutes=59)
    assert (await client.get("/api/v1/me")).status_code == 200
    clock.advance(minutes=1)
    assert (await client.get("/api/v1/me")).status_code == 401
    async with as_() as work:
        await commands.sweep_sessions(work)
    assert await sessions(system) == 0


async def test_cookie_flags(http: httpx.AsyncClient, make: Factories) -> None:
    mira = await make.member()
    flags = (await sign_in(http, mira.email)).headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "path=/" in flags
    assert "domain" not in flags
    assert "max-age=43200" in flags


def test_cookies_over_tls_are_host_bound(settings: Any) -> None:
    tls = msgspec.structs.replace(settings, base_url="https://guild.example")
    for made in (
        session_cookie(tls, "x", now=NOON, until=NOON + timedelta(hours=1)),
        ended_session_cookie(tls),
        link_cookie(tls, "x", now=NOON, until=NOON + timedelta(hours=1)),
    ):
        assert made.key.startswith("__Host-guild")
        assert made.secure
        assert made.httponly
        assert (made.path, made.domain) == ("/", None)


async def test_all_refusals_look_the_same(
    http: httpx.AsyncClient, make: Factories, as_: As
) -> None:
    mira = await make.member()
    left = await make.member()
    async with as_(make.actor(left)) as work:
        await commands.resign(work, left.id)
    wrong = await sign_in(http, mira.email, "wrong horse battery")
    unknown = await sign_in(http, "nobody@example.org")
    gone = await sign_in(http, left.email)
    assert wrong.status_code == unknown.status_code == gone.status_code == 401
    assert wrong.json()["code"] == "sign_in_failed"
    same = [{k: v for k, v in r.json().items() if k != "instance"} for r in (wrong, unknown, gone)]
    assert same[0] == same[1] == same[2]
    assert all("set-cookie" not in r.headers for r in (wrong, unknown, gone))


async def test_unknown_accounts_cost_a_hash_too(
    system: System, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    mira = await make.member()
    verified: list[str] = []
    real = passwords.password_matches

    def counting(stored: str, password: str) -> bool:
        verified.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "password_matches", counting)
    for email in (mira.email, "nobody@example.org"):
        with pytest.raises(SignInFailed):
            async with begin_work(system, ANONYMOUS) as work:
                await commands.sign_in(work, email=email, password="wrong")
    assert len(verified) == 2
    assert all("m=19456,t=2,p=1" in stored for stored in verified)


async def test_sixth_wrong_try_per_account_waits(
    http: httpx.AsyncClient, make: Factories, clock: Clock
) -> None:
    mira, jonas = await make.member(), await make.member()
    for _ in range(5):
        assert (await sign_in(http, mira.email, "wrong")).status_code == 401
    sixth = await sign_in(http, mira.email)
    assert sixth.status_code == 429, "even the right password waits"
    assert sixth.json()["code"] == "too_many_tries"
    assert (await sign_in(http, jonas.email)).status_code == 201, "another account does not"
    http.cookies.clear()
    clock.advance(minutes=15)
    assert (await sign_in(http, mira.email)).status_code == 201


async def test_unknown_accounts_are_counted_alike(http: httpx.AsyncClient) -> None:
    answers = [(await sign_in(http, "nobody@example.org")).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


async def test_tries_per_address_are_counted_apart(
    http: httpx.AsyncClient, make: Factories
) -> None:
    mira = await make.member()
    for n in range(20):
        assert (await sign_in(http, f"guess{n}@example.org")).status_code == 401
    assert (await sign_in(http, "guess20@example.org")).status_code == 429
    assert (await sign_in(http, mira.email)).status_code == 429


async def test_right_tries_do_not_use_up_a_shared_address(
    http: httpx.AsyncClient, make: Factories
) -> None:
    people = [await make.member() for _ in range(3)]
    for n in range(24):
        http.cookies.clear()
        assert (await sign_in(http, people[n % 3].email)).status_code == 201


async def test_simultaneous_tries_are_counted_exactly(committing: System) -> None:
    """Sixteen at once pass a limit of five exactly five times, whatever the timing."""

    async def one() -> bool:
        try:
            async with begin_work(committing, ANONYMOUS) as work:
                limited = await commands.count_try(work, (SIGN_IN_ACCOUNT, "race@example.org"))
                if limited is not None:
                    raise work.refuse(limited)
        except TooManyTries:
            return False
        return True

    assert sum(await asyncio.gather(*(one() for _ in range(16)))) == 5
    async with begin_work(committing, SYSTEM) as work:
        row = (await work.session.scalars(select(RateLimit))).one()
    assert row.hits == 16, "refused tries are counted too"
    assert b"race" not in row.key_hash


async def test_changed_password_ends_all_sessions(
    make: Factories, signed_in: Any, http: httpx.AsyncClient
) -> None:
    mira = await make.member()
    here, elsewhere = await signed_in(mira), await signed_in(mira)
    former = here.cookies["guild"]
    new = "another staple horse"
    answer = await here.put("/api/v1/me/password", json={"current": Factories.PASSWORD, "new": new})
    assert answer.status_code == 200, answer.text
    assert here.cookies["guild"] != former
    assert (await here.get("/api/v1/me")).status_code == 200
    assert (await elsewhere.get("/api/v1/me")).status_code == 401
    assert (await sign_in(http, mira.email)).status_code == 401
    assert (await sign_in(http, mira.email, new)).status_code == 201


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaaa", "123456789012345", "mira.halloran!!", "x" * 201]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Exception, match="password"):
        passwords.check_password(password, "mira.halloran@example.org", "Mira Halloran")


async def test_changed_offices_sign_out(make: Factories, signed_in: Any, as_: As) -> None:
    first, second = (
        await make.member(roles=[Role.SECRETARY]),
        await make.member(roles=[Role.SECRETARY]),
    )
    mira = await make.member()
    client = await signed_in(mira)
    async with as_(make.actor(first)) as work:
        grant = await commands.request_role(
            work, mira.id, Role.REP, reason="Elected by the assembly"
        )
    assert (await client.get("/api/v1/me")).status_code == 200
    async with as_(make.actor(second)) as work:
        await commands.confirm_role(work, grant.id)
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_applicants_cannot_sign_in_before_admission(
    http: httpx.AsyncClient, make: Factories, as_: As
) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    application = {
        "email": "new@example.org",
        "password": Factories.PASSWORD,
        "legal_name": "New Person",
        "country": "BE",
    }
    answer = await http.post("/api/v1/applications", json=application)
    assert answer.status_code == 202
    again = await http.post("/api/v1/applications", json=application)
    assert (again.status_code, again.json()) == (202, answer.json()), "no one learns who is known"
    assert (await sign_in(http, "new@example.org")).status_code == 401
    async with as_(make.actor(secretary)) as work:
        (waiting,) = (
            await queries.members_page(work, state="applicant", cursor=None, size=10)
        ).items
        await commands.admit_member(work, waiting.id)
    assert (await sign_in(http, "new@example.org")).status_code == 201


async def test_applications_per_address_are_limited(http: httpx.AsyncClient) -> None:
    answers = []
    for n in range(6):
        body = {"email": f"a{n}@example.org", "password": Factories.PASSWORD,
                "legal_name": "A Person", "country": "BE"}  # fmt: skip
        answers.append((await http.post("/api/v1/applications", json=body)).status_code)
    assert answers == [202] * 5 + [429]


async def test_founding_is_for_the_command_line(system: System, make: Factories) -> None:
    mira = await make.member()
    application = ApplicationIn(
        email="x@example.org", password=Factories.PASSWORD, legal_name="X", country="BE"
    )
    for actor in (ANONYMOUS, make.actor(mira)):
        with pytest.raises(Exception, match="command line"):
            async with begin_work(system, actor) as work:
                await commands.create_first_operator(work, application)


async def test_a_stranger_elsewhere_does_not_lock_the_owner_out(
    http: httpx.AsyncClient, make: Factories
) -> None:
    mira = await make.member()
    app = http._transport.app  # type: ignore[attr-defined]
    elsewhere = httpx.ASGITransport(app=app, client=("198.51.100.7", 4711))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://guild.test") as stranger:
        for expected in [401] * 5 + [429] * 3:
            assert (await sign_in(stranger, mira.email, "wrong")).status_code == expected
    assert (await sign_in(http, mira.email)).status_code == 201


async def test_many_addresses_together_are_bounded(system: System, make: Factories) -> None:
    mira = await make.member()
    async with begin_work(system, SYSTEM) as work:
        for _ in range(SIGN_IN_ANYWHERE.tries):
            assert await commands.count_try(work, (SIGN_IN_ANYWHERE, mira.email)) is None
    with pytest.raises(TooManyTries):
        async with begin_work(system, ANONYMOUS) as work:
            await commands.sign_in(work, email=mira.email, password=Factories.PASSWORD)

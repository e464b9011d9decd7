"""A lost password: equal answers, a token that works once, and all sessions ended."""

import re
from typing import Any

import httpx
from sqlalchemy import func, select, text

from guild.core.mail import Mail, read_letter
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.members import commands
from guild.members.models import PasswordReset
from tests.conftest import As, Clock
from tests.factories import Factories

ASK, USE = "/api/v1/password-resets", "/api/v1/password-resets/use"
NEW = "another staple horse"
CLIENTS = "/api/v1/organisations"


async def mailed_token(system: System, email: str) -> str:
    async with begin_work(system, SYSTEM) as work:
        letters = [
            read_letter(work, m) for m in await work.session.scalars(select(Mail).order_by(Mail.id))
        ]
    texts = [x.text for x in letters if x.to == email and "/new-password/" in x.text]
    found = re.search(r"/new-password/([\w-]+)", texts[-1])
    assert found
    return found[1]


async def test_a_lost_password_is_replaced_once(
    http: httpx.AsyncClient, make: Factories, signed_in: Any, system: System
) -> None:
    mira = await make.member()
    elsewhere = await signed_in(mira)
    assert (await http.post(ASK, json={"email": mira.email})).status_code == 202
    token = await mailed_token(system, mira.email)
    weak = await http.post(USE, json={"token": token, "new": "short"})
    assert weak.json()["code"] == "password_too_weak"
    assert (await http.post(USE, json={"token": token, "new": NEW})).status_code == 204
    assert (await http.post(USE, json={"token": token, "new": NEW})).status_code == 404
    assert (await elsewhere.get("/api/v1/me")).status_code == 401
    for password, status in ((Factories.PASSWORD, 401), (NEW, 201)):
        entered = {"email": mira.email, "password": password}
        assert (await http.post("/api/v1/session", json=entered)).status_code == status


async def test_a_new_password_ends_every_api_key(
    http: httpx.AsyncClient, make: Factories, signed_in: Any, system: System
) -> None:
    """Whoever knew the old password may have made a key; another member's key goes on."""
    keys = []
    for member in (mira := await make.member(), await make.member()):
        browser = await signed_in(member)
        wanted = {"name": "script", "scopes": ["clients:manage"]}
        made = await browser.post("/api/v1/me/api-keys", json=wanted)
        assert made.status_code == 201, made.text
        keys.append({"Authorization": f"Bearer {made.json()['key']}"})
    for key in keys:
        assert (await http.get(CLIENTS, headers=key)).status_code == 200
    await http.post(ASK, json={"email": mira.email})
    token = await mailed_token(system, mira.email)
    assert (await http.post(USE, json={"token": token, "new": NEW})).status_code == 204
    answers = [(await http.get(CLIENTS, headers=key)).status_code for key in keys]
    assert answers == [401, 200]


async def test_nobody_learns_who_is_a_member(
    http: httpx.AsyncClient, make: Factories, system: System
) -> None:
    mira = await make.member()
    known = await http.post(ASK, json={"email": mira.email})
    unknown = await http.post(ASK, json={"email": "nobody@example.org"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    token = await mailed_token(system, mira.email)
    async with begin_work(system, SYSTEM) as work:
        assert await work.session.scalar(select(func.count()).select_from(PasswordReset)) == 1
        row = (await work.session.execute(text("SELECT r::text FROM password_reset r"))).scalar()
    assert token not in str(row)


async def test_old_replaced_and_former_members_tokens_open_nothing(
    http: httpx.AsyncClient, make: Factories, system: System, clock: Clock, as_: As
) -> None:
    mira = await make.member()
    await http.post(ASK, json={"email": mira.email})
    first = await mailed_token(system, mira.email)
    await http.post(ASK, json={"email": mira.email})
    second = await mailed_token(system, mira.email)
    assert (await http.post(USE, json={"token": first, "new": NEW})).status_code == 404
    clock.advance(hours=1)
    assert (await http.post(USE, json={"token": second, "new": NEW})).status_code == 404
    await http.post(ASK, json={"email": mira.email})
    third = await mailed_token(system, mira.email)
    async with as_(make.actor(mira)) as work:
        await commands.resign(work, mira.id)
    assert (await http.post(USE, json={"token": third, "new": NEW})).status_code == 404


async def test_asking_is_limited_per_account(http: httpx.AsyncClient, make: Factories) -> None:
    mira = await make.member()
    answers = [(await http.post(ASK, json={"email": mira.email})).status_code for _ in range(4)]
    assert answers == [202] * 3 + [429]


async def test_by_form(http: httpx.AsyncClient, make: Factories, system: System) -> None:
    mira = await make.member()
    assert "/forgotten" in (await http.get("/sign-in")).text
    assert (await http.get("/forgotten")).status_code == 200
    assert (await http.post("/forgotten", data={"email": "x"})).status_code == 400
    assert "on its way" in (await http.post("/forgotten", data={"email": mira.email})).text
    path = f"/new-password/{await mailed_token(system, mira.email)}"
    assert (await http.get(path)).headers["cache-control"] == "no-store"
    assert "12 to 200" in (await http.post(path, data={"new": "short"})).text
    assert (await http.post(path, data={"new": NEW})).headers["location"] == "/sign-in"
    assert (await http.post(path, data={"new": NEW})).status_code == 404

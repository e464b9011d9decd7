"""The pages work without JavaScript: forms, refusals beside their fields, safe redirects."""

from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from guild.members.models import BankAccount, Member
from tests.factories import Factories

FORM = {
    "legal_name": "New Person",
    "display_name": "",
    "email": "new@example.org",
    "password": Factories.PASSWORD,
    "language": "fr",
    "street": "Rue 1",
    "postcode": "1000",
    "city": "Bruxelles",
    "country": "BE",
    "vat_number": "",
    "motivation": "",
}


async def test_sign_in_and_out_by_form(http: httpx.AsyncClient, make: Factories) -> None:
    mira = await make.member()
    shown = await http.get("/sign-in")
    assert shown.status_code == 200
    assert 'name="password"' in shown.text
    entered = {"email": mira.email, "password": Factories.PASSWORD, "to": "/me"}
    answer = await http.post("/sign-in", data=entered)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    account = await http.get("/me")
    assert account.status_code == 200, account.text
    assert mira.legal_name in account.text
    token = account.text.split('name="csrf_token" value="')[1].split('"')[0]
    gone = await http.post("/sign-out", data={"csrf_token": token})
    assert gone.headers["location"] == "/sign-in"
    assert (await http.get("/me", headers={"Accept": "application/json"})).status_code == 401


async def test_refused_sign_in_says_one_thing_and_is_counted(http: httpx.AsyncClient) -> None:
    entered = {"email": "nobody@example.org", "password": "x"}
    answers = [await http.post("/sign-in", data=entered) for _ in range(6)]
    assert [a.status_code for a in answers] == [401] * 5 + [429]
    assert "do not belong together" in answers[0].text
    assert 'value="nobody@example.org"' in answers[0].text


@pytest.mark.parametrize(
    "to",
    ["//evil.test", "https://evil.test", "/\\evil.test", "javascript:x", "", "/a\r\nb", "me"],
)
async def test_nobody_is_sent_elsewhere(http: httpx.AsyncClient, make: Factories, to: str) -> None:
    mira = await make.member()
    answer = await http.post(
        "/sign-in", data={"email": mira.email, "password": Factories.PASSWORD, "to": to}
    )
    assert answer.headers["location"] == "/me"


async def test_apply_by_form(http: httpx.AsyncClient, system: System) -> None:
    assert (await http.get("/apply")).status_code == 200
    weak = await http.post("/apply", data={**FORM, "password": "short"})
    assert weak.status_code == 422
    assert "12 to 200 characters" in weak.text
    assert 'value="New Person"' in weak.text
    assert "short" not in weak.text.split("<form", 2)[-1]
    missing = await http.post("/apply", data={**FORM, "legal_name": ""})
    assert missing.status_code == 400
    assert "Please check the full name" in missing.text
    sent = await http.post("/apply", data=FORM)
    assert sent.status_code == 200
    assert "We have written" in sent.text
    async with begin_work(system, SYSTEM) as work:
        assert await work.session.scalar(select(func.count()).select_from(Member)) == 1


async def test_what_people_type_is_escaped(make: Factories, signed_in: Any) -> None:
    name = "<script>alert(1)</script>"
    client = await signed_in(await make.member(legal_name=name, display_name=name))
    shown = (await client.get("/me")).text
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


async def test_account_forms(make: Factories, signed_in: Any, system: System) -> None:
    client = await signed_in(await make.member())
    wrong = await client.post("/me/bank-accounts", data={"iban": "BE00", "holder": "M"})
    assert wrong.status_code in {400, 422}
    good = {"iban": "BE68 5390 0754 7034", "holder": "M"}
    assert (await client.post("/me/bank-accounts", data=good)).status_code == 303
    async with begin_work(system, SYSTEM) as work:
        assert await work.session.scalar(select(func.count()).select_from(BankAccount)) == 1
    key = await client.post("/me/api-keys", data={"name": "books", "scopes": "clients:manage"})
    assert key.status_code == 200, key.text
    assert key.headers["cache-control"] == "no-store"
    secret = "guild_live_" + key.text.split("guild_live_")[1][:36]
    assert secret not in (await client.get("/me")).text
    two = {"name": "both", "scopes": ["clients:manage", "contracts:read"]}
    assert (await client.post("/me/api-keys", data=two)).status_code == 200
    none = await client.post("/me/api-keys", data={"name": "none"})
    assert none.status_code == 400
    bad = {"current": "wrong", "new": "another staple horse"}
    assert (await client.post("/me/password", data=bad)).status_code == 401
    changed = {"current": Factories.PASSWORD, "new": "another staple horse"}
    assert (await client.post("/me/password", data=changed)).status_code == 303


async def test_the_office_decides(http: httpx.AsyncClient, make: Factories, signed_in: Any) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    await http.post("/apply", data=FORM)
    mira = await make.member()
    await make.bank_account(mira)
    client = await signed_in(secretary)
    desk = (await client.get("/office")).text
    assert "2 decisions wait for you" in desk
    assert "2 decisions wait in the office" in (await client.get("/")).text
    for action, answer in (("/office/applicants/", "admit"), ("/office/bank-accounts/", "approve")):
        path = action + desk.split(f'action="{action}')[1].split('"')[0]
        assert (await client.post(path, data={"answer": "?"})).status_code == 400
        done = await client.post(path, data={"answer": answer})
        assert done.status_code == 303, done.text
    assert "Nothing waits for you" in (await client.get("/office")).text


async def test_a_refused_decision_leaves_nothing_behind(
    make: Factories, signed_in: Any, system: System
) -> None:
    secretary = await make.member(roles=[Role.SECRETARY])
    own = await make.bank_account(secretary)
    client = await signed_in(secretary)
    answer = await client.post(f"/office/bank-accounts/{own.id}", data={"answer": "approve"})
    assert answer.status_code == 403
    assert "Somebody else has to decide" in answer.text
    async with begin_work(system, SYSTEM) as work:
        assert (await work.session.get_one(BankAccount, own.id)).state == "requested"
    strange = await (await signed_in(await make.member())).post(
        f"/office/bank-accounts/{own.id}", data={"answer": "approve"}
    )
    assert strange.status_code == 403

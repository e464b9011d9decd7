"""Forged requests: another's valid token, other sites, missing tokens, headers beside cookies."""

from typing import Any

import httpx
import pytest

from tests.factories import Factories

KEYS = "/api/v1/me/api-keys"
KEY = {"name": "books", "scopes": ["contracts:read"]}


async def test_another_persons_valid_token_is_refused(make: Factories, signed_in: Any) -> None:
    mira, attacker = await signed_in(await make.member()), await signed_in(await make.member())
    mira.headers["X-CSRF-Token"] = attacker.headers["X-CSRF-Token"]
    answer = await mira.post(KEYS, json=KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")


async def test_missing_token_is_refused_and_the_right_one_passes(
    make: Factories, signed_in: Any
) -> None:
    mira = await signed_in(await make.member())
    right = mira.headers.pop("X-CSRF-Token")
    assert (await mira.post(KEYS, json=KEY)).status_code == 403
    assert (await mira.post(KEYS, json=KEY, headers={"X-CSRF-Token": ""})).status_code == 403
    assert (await mira.get(KEYS)).status_code == 200, "reading needs none"
    assert (await mira.post(KEYS, json=KEY, headers={"X-CSRF-Token": right})).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://guild.test"}, 201),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://guild.test.evil.test"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://guild.test"}, 403),
    ],
)
async def test_requests_from_other_sites(
    make: Factories, signed_in: Any, headers: dict[str, str], status: int
) -> None:
    mira = await signed_in(await make.member())
    assert (await mira.post(KEYS, json=KEY, headers=headers)).status_code == status


async def test_nobody_is_signed_in_by_another_site(
    http: httpx.AsyncClient, make: Factories
) -> None:
    mira = await make.member()
    answer = await http.post(
        "/api/v1/session",
        json={"email": mira.email, "password": Factories.PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("header", ["Basic bWlyYTpwdw==", "Bearer x", "Link x", "", "Bearer"])
async def test_an_authorization_header_never_falls_back_to_the_cookie(
    make: Factories, signed_in: Any, header: str
) -> None:
    mira = await signed_in(await make.member())
    answer = await mira.post(KEYS, json=KEY, headers={"Authorization": header})
    assert answer.status_code in {401, 404}


async def test_form_field_counts_as_token(make: Factories, signed_in: Any) -> None:
    mira = await signed_in(await make.member())
    token = mira.headers.pop("X-CSRF-Token")
    refused = await mira.post("/sign-out", data={"csrf_token": "wrong"})
    assert refused.status_code == 403
    passed = await mira.post("/sign-out", data={"csrf_token": token})
    assert passed.status_code == 303
    assert (await mira.get("/api/v1/me")).status_code == 401

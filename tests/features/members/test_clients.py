"""Clients: numbers that are checked, twins that are found, others' clients that are not seen."""

from typing import Any

import pytest

from guild.core.errors import GuildError
from guild.members.errors import EnterpriseNumberInvalid, VatNumberInvalid
from guild.members.rules.numbers import check_vat, firm_numbers
from tests.factories import Factories

BODY = {
    "name": "Brasserie du Port",
    "kind": "company",
    "country": "BE",
    "vat_number": "BE 0403.019.261",
    "street": "Quai 1",
    "postcode": "1000",
    "city": "Bruxelles",
    "email": "Accounts@Client.example",
    "contact": {"name": "Jonas Abelard", "email": "jonas@client.example"},
}
PATH = "/api/v1/organisations"


async def test_entering_a_client(make: Factories, signed_in: Any) -> None:
    client = await signed_in(await make.member())
    answer = await client.post(PATH, json=BODY)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["vat_number"] == "BE0403019261"
    assert made["enterprise_number"] == "0403019261"
    assert made["email"] == "accounts@client.example"
    assert made["contacts"][0]["name"] == "Jonas Abelard"
    listed = (await client.get(PATH)).json()
    assert [o["id"] for o in listed["items"]] == [made["id"]]


async def test_a_twin_is_answered_with_a_link(make: Factories, signed_in: Any) -> None:
    mira, jonas = await signed_in(await make.member()), await signed_in(await make.member())
    first = (await mira.post(PATH, json=BODY)).json()
    twin = await mira.post(PATH, json={**BODY, "vat_number": "0403019261"})
    assert (twin.status_code, twin.json()["code"]) == (409, "client_exists")
    assert twin.json()["link"] == f"{PATH}/{first['id']}"
    assert (await jonas.post(PATH, json=BODY)).status_code == 201, "another member's own entry"


async def test_others_clients_are_absent(make: Factories, signed_in: Any) -> None:
    mira, jonas = await signed_in(await make.member()), await signed_in(await make.member())
    theirs = (await mira.post(PATH, json=BODY)).json()["id"]
    contact = {"name": "X", "email": "x@x.example"}
    for answer in (
        await jonas.get(f"{PATH}/{theirs}"),
        await jonas.patch(f"{PATH}/{theirs}", json={"row_version": 1, "name": "Mine"}),
        await jonas.post(f"{PATH}/{theirs}/contacts", json=contact),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "organisation_not_found")
    assert (await jonas.get(PATH)).json()["items"] == []


async def test_changes_answer_the_version_that_was_read(make: Factories, signed_in: Any) -> None:
    client = await signed_in(await make.member())
    made = (await client.post(PATH, json=BODY)).json()
    path = f"{PATH}/{made['id']}"
    changed = await client.patch(path, json={"row_version": 1, "name": "Other"})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["row_version"]) == ("Other", 2)
    stale = await client.patch(path, json={"row_version": 1, "city": "Gent"})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    moved = await client.patch(path, json={"row_version": 2, "country": "FR"})
    assert (moved.status_code, moved.json()["code"]) == (422, "vat_number_invalid")
    consumer = {"row_version": 2, "kind": "consumer", "vat_number": None}
    assert (await client.patch(path, json=consumer)).json()["vat_number"] is None
    forged = await client.patch(path, json={"row_version": 3, "created_by": made["id"]})
    assert forged.status_code == 400


async def test_pages_of_clients(make: Factories, signed_in: Any) -> None:
    mira = await make.member()
    names = [(await make.organisation(mira)).name for _ in range(5)]
    client = await signed_in(mira)
    seen, cursor = [], ""
    while True:
        page = (await client.get(PATH, params={"size": 2, "cursor": cursor})).json()
        seen += [o["name"] for o in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names[::-1]
    assert (await client.get(PATH, params={"cursor": "bm9uc2Vuc2U="})).status_code == 400
    assert (await client.get(PATH, params={"size": 1000})).status_code == 400


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("BE0403019262", "BE"),
        ("FR40303265045", "BE"),
        ("FR41303265045", "FR"),
        ("EL094259217", "GR"),
        ("X", "BE"),
        ("GB980780685", "GB"),
    ],
)
def test_wrong_vat_numbers(number: str, country: str) -> None:
    with pytest.raises(VatNumberInvalid):
        check_vat(number, country)


@pytest.mark.parametrize(
    ("number", "country", "compact"),
    [
        ("0403.019.261", "BE", "BE0403019261"),
        ("el 094259216", "GR", "EL094259216"),
        ("NL004495445B01", "NL", "NL004495445B01"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
    ],
)
def test_right_vat_numbers(number: str, country: str, compact: str) -> None:
    assert check_vat(number, country) == compact


def test_the_two_belgian_numbers_agree() -> None:
    assert firm_numbers("BE", None, "0403 019 261") == (None, "0403019261")
    with pytest.raises(EnterpriseNumberInvalid, match="two different firms"):
        firm_numbers("BE", "BE0403019261", "0428759497")
    with pytest.raises(EnterpriseNumberInvalid, match="check digits"):
        firm_numbers("BE", None, "0403019262")
    with pytest.raises(GuildError):
        firm_numbers("BE", "BE0403019262", None)

"""The pages of clients: found, corrected, and another person who signs."""

from typing import Any

from tests.factories import Factories

FIRM = {"kind": "company", "country": "BE", "street": "Quai 1", "postcode": "1000",
        "email": "books@firm.example"}  # fmt: skip


async def three(make: Factories, browser: Any) -> list[str]:
    """Three clients of one member, oldest first."""
    ids = []
    for name, city in (("Brasserie du Port", "Bruxelles"), ("Drukkerij 100%", "Gent"),
                       ("Galerie Nord", "Liège")):  # fmt: skip
        body = {
            **FIRM,
            "name": name,
            "city": city,
            "contact": {"name": f"Jo {city}", "email": f"jo@{city[:3].lower()}.example"},
        }
        body["contact"]["email"] = body["contact"]["email"].replace("é", "e")
        answer = await browser.post("/api/v1/organisations", json=body)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    return ids


async def test_clients_are_listed_and_found(make: Factories, signed_in: Any) -> None:
    browser = await signed_in(await make.member())
    assert "No client yet" in (await browser.get("/clients")).text
    await three(make, browser)
    page = (await browser.get("/clients")).text
    assert page.index("Galerie Nord") < page.index("Brasserie du Port")
    for search, found in (("port brux", "Brasserie"), ("100%", "Drukkerij"), ("jo@gen", "Drukk")):
        page = (await browser.get("/clients", params={"search": search})).text
        assert found in page, search
        assert "Galerie" not in page, search
    assert "No client of yours" in (await browser.get("/clients?search=_")).text
    stranger = await signed_in(await make.member())
    assert "Galerie" not in (await stranger.get("/clients")).text


async def test_the_list_goes_on(make: Factories, signed_in: Any) -> None:
    mira = await make.member()
    for _ in range(26):
        await make.organisation(mira)
    browser = await signed_in(mira)
    first = (await browser.get("/clients")).text
    assert first.count('href="/clients/0') == 25
    after = first.split('href="/clients?cursor=')[1].split('"')[0]
    assert (await browser.get(f"/clients?cursor={after}")).text.count('href="/clients/0') == 1


async def test_a_client_is_corrected(make: Factories, signed_in: Any) -> None:
    browser = await signed_in(await make.member())
    at = f"/clients/{(await three(make, browser))[0]}"
    assert "Brasserie du Port" in (await browser.get(at)).text
    form = {**FIRM, "name": "Brasserie du Nord", "city": "Bruxelles", "language": "fr",
            "row_version": "1"}  # fmt: skip
    assert (await browser.post(at, data=form)).headers["location"] == at
    assert "Brasserie du Nord" in (await browser.get(at)).text
    stale = await browser.post(at, data={**form, "name": "Third"})
    assert stale.status_code == 409
    assert "changed since you read it" in stale.text
    assert 'value="Third"' in stale.text
    stranger = await signed_in(await make.member())
    assert (await stranger.get(at)).status_code == 404
    assert (await stranger.post(at, data=form)).status_code == 404


async def test_a_state_lies_in_its_country(make: Factories, signed_in: Any) -> None:
    browser = await signed_in(await make.member())
    at = f"/clients/{(await three(make, browser))[0]}"
    form = {**FIRM, "name": "Studio", "city": "New York", "language": "en", "row_version": "1"}
    wrong = await browser.post(at, data={**form, "region": "us-ny"})
    assert wrong.status_code == 422
    assert "US-NY does not lie in BE" in wrong.text
    right = await browser.post(at, data={**form, "region": "us-ny", "country": "US"})
    assert right.status_code == 303
    told = (await browser.get(f"/api/v1/organisations/{at[9:]}")).json()
    assert (told["country"], told["region"]) == ("US", "US-NY")


async def test_the_state_of_a_client_stands_in_its_drafts(make: Factories, as_: Any) -> None:
    mira = await make.member()
    client = await make.organisation(mira, country="US", region="US-NY", vat_number=None)
    draft = await make.contract(mira, client)
    assert draft.terms["client"]["region"] == "US-NY"


async def test_contacts_are_added_and_corrected(make: Factories, signed_in: Any) -> None:
    browser = await signed_in(await make.member())
    which = (await three(make, browser))[0]
    added = await browser.post(
        f"/clients/{which}/contacts",
        data={"new_name": "An Other", "new_email": "an@firm.example", "new_language": "nl"},
    )
    assert added.status_code == 303
    twin = await browser.post(
        f"/clients/{which}/contacts",
        data={"new_name": "An", "new_email": "an@firm.example", "new_language": "nl"},
    )
    assert twin.status_code == 409
    assert "has a contact with that address" in twin.text
    contacts = (await browser.get(f"/api/v1/organisations/{which}")).json()["contacts"]
    person = contacts[1]["id"]
    changed = await browser.post(f"/contacts/{person}", data={"name": "Ann", "language": "fr"})
    assert changed.status_code == 303
    empty = await browser.post(f"/contacts/{person}", data={"name": "", "language": "fr"})
    assert empty.status_code == 400
    assert f'href="#name-{person}"' in empty.text
    told = (await browser.get(f"/api/v1/organisations/{which}")).json()["contacts"][1]
    assert (told["name"], told["language"], told["email"]) == ("Ann", "fr", "an@firm.example")
    stranger = await signed_in(await make.member())
    refused = await stranger.patch(f"/api/v1/contacts/{person}", json={"name": "Hers"})
    assert refused.status_code == 404

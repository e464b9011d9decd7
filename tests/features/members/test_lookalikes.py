"""The same client twice is noticed: by its VAT number and by its name."""

import pytest

from guild.members.rules.names import alike, firm_key

PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Acme N.V.", "ACME nv", True), ("Café Müller GmbH", "Cafe Muller", True),
        ("The Paper House Ltd", "Paper House", True), ("Smit & Zoon BV", "Smit en Zoon", True),
        ("Client 1", "Client 2", False), ("SA", "NV", False), ("Web Shop", "Webshop bv", True),
    ],
)  # fmt: skip
def test_names_are_alike_but_for_form_and_accents(one: str, other: str, *, same: bool) -> None:
    assert alike(one, other) is same, (firm_key(one), firm_key(other))


async def test_lookalikes_are_shown_and_only_ones_own(make, signed_in):
    member = await make.member()
    await make.organisation(member, name="Musée Royal SA", vat_number="BE0403019261")
    browser, stranger = await signed_in(member), await signed_in(await make.member())
    path = "/api/v1/organisations/lookalikes"
    found = (await browser.get(path, params={"name": "musee royal"})).json()
    assert [(one["name"], one["same_vat_number"]) for one in found] == [("Musée Royal SA", False)]
    by_number = {"name": "Other", "vat_number": "BE 0403.019.261", "country": "BE"}
    found = (await browser.get(path, params=by_number)).json()
    assert [one["same_vat_number"] for one in found] == [True]
    assert (await browser.get(path, params={"name": "Elsewhere"})).json() == []
    assert (await stranger.get(path, params={"name": "musee royal"})).json() == []


async def test_the_page_asks_before_it_enters_a_twin(make, signed_in):
    member = await make.member()
    browser = await signed_in(member)
    browser.headers["Accept"] = "text/html"
    page = await browser.get("/clients/new")
    assert page.status_code == 200, page.text
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    given = {
        "csrf_token": token, "name": "Galerie Nord", "kind": "company", "country": "BE",
        "street": "Nordlaan 1", "postcode": "1000", "city": "Brussel",
        "email": "books@nord.example", "contact_name": "Nina", "language": "nl",
        "contact_email": "nina@nord.example",
    }  # fmt: skip
    made = await browser.post("/clients/new", data=given)
    assert (made.status_code, made.headers["location"]) == (303, "/contracts/new"), made.text
    twin = await browser.post("/clients/new", data={**given, "name": "galerie nord bv"})
    assert twin.status_code == 200
    assert "Is it one of these?" in twin.text
    other = {**given, "name": "Galerie Nord bv", "another": "yes", "email": "x@y.example"}
    assert (await browser.post("/clients/new", data=other)).status_code == 303
    bad = await browser.post("/clients/new", data={**given, "name": "New", "email": "none"})
    assert bad.status_code == 400
    assert "Please check the e-mail address" in bad.text

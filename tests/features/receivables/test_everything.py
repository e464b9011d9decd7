"""The client's page of all that was sent to it, and the link that opens all of it."""

import json

import httpx

from guild.members import commands as members
from guild.members.schemas import ContactIn
from guild.receivables.pages.everything import WORDS
from tests.conftest import Clock
from tests.features.receivables.scene import Scene

NOT_KNOWN = "somebody.else@client.example"


async def _mailed(scene: Scene, word: str = "/client/open/") -> str:
    """The token of the newest mail that carries such a link."""
    letters = [one for one in await scene.make.letters() if word in one.text]
    return letters[-1].text.split(word)[1].split()[0]


def _csrf(shown: httpx.Response) -> dict[str, str]:
    return {"csrf_token": shown.text.split('name="csrf_token" value="')[1].split('"')[0]}


async def test_a_client_opens_all_that_was_sent_to_its_address(
    scene: Scene, http: httpx.AsyncClient
) -> None:
    ours = scene.client.contacts[0]
    other = await scene.make.member()
    theirs = await scene.make.organisation(other)
    async with scene.by(other) as work:
        entered = ContactIn(name="The same person", email=ours.email, language="fr")
        same = await members.add_contact(work, theirs.id, entered)
    offer = await scene.make.sent_contract(other, theirs, contact_id=same.id)
    work_done = await scene.make.signed_contract(scene.member, scene.client)
    await scene.make.deliver(work_done, scene.member)
    hidden = await scene.make.issued_invoice(other)
    mails = len(await scene.make.letters())

    unknown = await http.post("/client/ask", data={"email": NOT_KNOWN})
    known = await http.post("/client/ask", data={"email": ours.email.upper()})
    assert unknown.status_code == known.status_code == 200
    assert unknown.text == known.text
    assert len(await scene.make.letters()) == mails + 1
    token = await _mailed(scene)
    assert token not in known.text

    door = await http.get(f"/client/open/{token}")
    assert (await http.get("/client")).status_code == 401, "a GET opens nothing"
    opened = await http.post(f"/client/open/{token}", data=_csrf(door))
    assert opened.headers["location"] == "/client"
    again = await http.post(f"/client/open/{token}", data=_csrf(door))
    assert again.status_code == 404

    page = await http.get("/client")
    said = page.text
    assert f"/client/invoices/{scene.invoice_id}" in said
    assert f"/client/contracts/{offer.id}/offer" in said
    assert f"/client/contracts/{work_done.id}/delivery" in said
    agreed = said.split('id="agreed"')[1].split("</section>")[0]
    assert work_done.number in agreed
    assert offer.number not in agreed, "it is not signed yet"
    assert f"{work_done.number} est en cours de scellement" in agreed
    assert (await http.get(f"/client/contracts/{offer.id}/files/pdf")).status_code == 404
    early = await http.get(f"/client/contracts/{work_done.id}/files/pdf")
    assert early.status_code == 404, "not sealed yet"
    assert f"/client/statements/{scene.client.id}/EUR/pdf" in said
    assert said.count("<caption") == 1, "an account of each client that was ever invoiced"
    assert str(hidden) not in said
    paying = await http.post(f"/client/invoices/{scene.invoice_id}", data=_csrf(page))
    assert paying.headers["location"] == "/invoice"
    assert "1,210.00" in (await http.get("/invoice")).text
    answering = await http.post(
        f"/client/contracts/{work_done.id}/delivery", data=_csrf(await http.get("/client"))
    )
    assert answering.headers["location"] == "/deliveries"
    assert (await http.get("/deliveries")).status_code == 200
    page = await http.get("/client")
    signing = await http.post(f"/client/contracts/{offer.id}/offer", data=_csrf(page))
    assert signing.headers["location"] == "/client?said=offer_mailed"
    assert (await http.post(f"/client/invoices/{hidden}", data=_csrf(page))).status_code == 404
    kept = await http.get(f"/client/statements/{scene.client.id}/EUR/csv")
    assert "1210.00" in kept.text
    foreign = f"/client/statements/{scene.make.number():032x}/EUR/csv"
    assert (await http.get(foreign)).status_code == 404


async def test_closing_ends_the_link_to_all_and_what_was_opened_from_it(
    scene: Scene, http: httpx.AsyncClient
) -> None:
    await http.post("/client/ask", data={"email": scene.client.contacts[0].email})
    token = await _mailed(scene)
    await http.post(f"/client/open/{token}", data=_csrf(await http.get(f"/client/open/{token}")))
    page = await http.get("/client")
    await http.post(f"/client/invoices/{scene.invoice_id}", data=_csrf(page))
    first = http.cookies["guild_link"]
    await http.post(f"/client/invoices/{scene.invoice_id}", data=_csrf(page))
    kept = dict(http.cookies)
    assert kept["guild_link"] != first
    await scene.make.link(scene.client.contacts[0].id, scene.invoice_id, purpose="invoice")
    page = await http.get("/client")
    assert 'action="/client/close"' in page.text
    assert (await http.post("/client/close")).status_code == 403, "a forged request closes nothing"
    closed = await http.post("/client/close", data={**_csrf(page), "language": "de"})
    assert closed.headers["location"] == "/closed?language=de"
    assert not http.cookies
    assert "Ihre Seiten sind geschlossen" in (await http.get("/closed?language=de")).text
    for cookies in ({}, kept, {"guild_link": first}):
        http.cookies.update(cookies)
        assert (await http.get("/client")).status_code == 401
        assert (await http.get("/invoice")).status_code == 401


async def test_closing_one_thing_leaves_what_another_browser_has_open(
    scene: Scene, http: httpx.AsyncClient
) -> None:
    contact = scene.client.contacts[0].id
    held = []
    for _ in range(2):
        token = await scene.make.link(contact, scene.invoice_id, purpose="invoice")
        await http.post(f"/i/{token}", data=_csrf(await http.get(f"/i/{token}")))
        held.append(http.cookies["guild_link"])
    page = await http.get("/invoice")
    assert 'action="/close"' in page.text
    closed = await http.post("/close", data={**_csrf(page), "language": "<b>"})
    assert closed.headers["location"] == "/closed"
    for session, status in zip(held, (200, 401), strict=True):
        http.cookies.set("guild_link", session)
        assert (await http.get("/invoice")).status_code == status
        http.cookies.clear()


async def test_the_link_of_one_thing_shows_the_list_and_opens_nothing_else(
    scene: Scene, http: httpx.AsyncClient, clock: Clock
) -> None:
    second = await scene.another()
    token = await scene.make.link(scene.client.contacts[0].id, scene.invoice_id, purpose="invoice")
    await http.post(f"/i/{token}", data=_csrf(await http.get(f"/i/{token}")))
    page = await http.get("/client")
    assert "/client/invoices/" not in page.text
    assert "2 things wait for you" in page.text
    refused = await http.post(f"/client/invoices/{second}", data=_csrf(page))
    assert refused.status_code == 404
    for _ in range(3):
        asked = await http.post("/client/link", data=_csrf(page))
        assert asked.headers["location"] == "/client?said=mailed"
    letters = [one for one in await scene.make.letters() if "/client/open/" in one.text]
    assert [one.to for one in letters] == [scene.client.contacts[0].email] * 3
    asked = await http.post("/client/link", data=_csrf(page))
    assert asked.headers["location"] == "/client?said=too_often"
    clock.advance(hours=25)
    late = await _mailed(scene)
    dead = await http.post(
        f"/client/open/{late}", data=_csrf(await http.get(f"/client/open/{late}"))
    )
    assert dead.status_code == 404


def test_words_in_all_four_languages_name_the_same_things() -> None:
    words = json.loads(WORDS.read_text(encoding="utf-8"))
    assert set(words) == {"en", "fr", "nl", "de"}
    assert all(sorted(one) == sorted(words["en"]) for one in words.values())
    assert all(sorted(one["kinds"]) == sorted(words["en"]["kinds"]) for one in words.values())

"""The client's pages, without JavaScript: doors, three answers, forms that say what to mend."""

import re

import httpx
import pytest_asyncio

from guild.contracts import commands, queries
from guild.contracts.schemas import WithdrawIn


@pytest_asyncio.fixture
async def client(http):
    """A browser that asks for pages."""
    http.headers["Accept"] = "text/html"
    return http


def main(page: httpx.Response) -> str:
    """What a page says between its head and its foot."""
    return page.text.partition("<main")[2].partition("</main")[0]


async def token_of(make, word="offers"):
    found = [re.search(rf"/{word}/(\S+)", letter.text) for letter in await make.letters()]
    return [match[1] for match in found if match][-1]


async def code_of(make):
    found = [re.search(r"[Cc]ode\s*: (\d{6})", letter.text) for letter in await make.letters()]
    return [match[1] for match in found if match][-1]


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the page's last form."""
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return dict(pairs)


async def opened(make, client, contract, word="offers"):
    token = await token_of(make, word)
    fields = hidden(await client.get(f"/{word}/{token}"))
    answer = await client.post(f"/{word}/{token}", data=fields)
    assert answer.status_code == 303, answer.text
    assert "set-cookie" in answer.headers
    return token


async def test_the_door_changes_nothing_and_opens_once(make, client, as_):
    contract = await make.sent_contract()
    token = await token_of(make)
    for _ in range(3):  # mail scanners
        door = await client.get(f"/offers/{token}")
        assert door.status_code == 200
        assert "set-cookie" not in door.headers
        assert door.headers["referrer-policy"] in {"no-referrer", "same-origin"}
        assert contract.number not in door.text
    assert (await client.get("/offer")).status_code in {303, 401}
    async with as_() as work:
        kinds = [event.kind for event in await queries.contract_events(work, contract.id)]
    assert "opened" not in kinds
    await opened(make, client, contract)
    page = await client.get("/offer")
    assert page.status_code == 200, page.text
    assert contract.number in page.text
    async with as_() as work:
        kinds = [event.kind for event in await queries.contract_events(work, contract.id)]
    assert kinds[-1] == "opened"
    again = await client.post(f"/offers/{token}", data=hidden(await client.get(f"/offers/{token}")))
    assert again.status_code == 404, "a link opens once"


async def test_the_page_shows_the_very_bytes_that_are_signed(make, client, as_):
    contract = await make.sent_contract(title="<script>alert(1)</script>")
    await opened(make, client, contract)
    page = await client.get("/offer")
    async with as_() as work:
        shown = await queries.document_html(work, contract.id)
    assert shown.decode() in page.text
    assert "<script" not in page.text
    assert page.text.count('type="radio"') == 3, "three answers of equal weight"
    assert "checked" not in page.text, "none is preselected"
    assert page.text.count("button primary") == 1


async def test_signing_through_the_forms(make, client, as_):
    contract = await make.sent_contract()
    await opened(make, client, contract)
    chosen = await client.get("/offer/answer", params={"answer": "sign"})
    assert chosen.headers["location"] == "/offer/sign"
    page = await client.get("/offer/sign")
    fields = hidden(page)
    sent = await client.post("/offer/code", data=fields)
    assert (sent.status_code, sent.headers["location"]) == (303, "/offer/sign")
    code = await code_of(make)

    empty = await client.post("/offer/sign", data=fields)
    assert empty.status_code == 422
    assert "<title>Error: " in empty.text
    assert 'role="alert"' in empty.text
    for name in ("code", "typed_name", "role", "consent"):
        assert f'href="#{name}"' in empty.text
    typed = {**fields, "typed_name": "Jonas Abelard", "role": "Head", "consent": "yes"}
    wrong = await client.post(
        "/offer/sign", data={**typed, "code": "000000" if code != "000000" else "111111"}
    )
    assert wrong.status_code == 422
    assert "Tries left: 4." in wrong.text
    assert 'value="Jonas Abelard"' in wrong.text, "what was typed is kept"
    assert 'aria-invalid="true"' in wrong.text
    done = await client.post("/offer/sign", data={**typed, "code": f"{code[:3]} {code[3:]}"})
    assert (done.status_code, done.headers["location"]) == (303, "/offer"), done.text
    after = await client.get("/offer")
    assert "You signed this contract" in after.text
    assert "Being sealed" in after.text
    assert 'type="radio"' not in after.text
    for form in ("sign", "changes", "decline", "forward", "passkey", "eid"):
        page = await client.get(f"/offer/{form}")
        assert (page.status_code, "<form" in main(page)) == (200, False), form
        assert "You signed this contract on 23 November 2026" in page.text
        assert "The contract is being sealed" in page.text, "what comes next"
    said = {**typed, "code": code, "wishes": "Ten", "reason": "dates"}
    for form in ("code", "sign", "changes", "decline", "forward"):
        again = await client.post(f"/offer/{form}", data=said)
        assert (again.status_code, "You have signed" in again.text) == (409, True), form


async def test_asking_for_changes_and_declining(make, client, as_):
    contract = await make.sent_contract()
    await opened(make, client, contract)
    fields = hidden(await client.get("/offer/changes"))
    assert (await client.post("/offer/changes", data=fields)).status_code == 422
    done = await client.post("/offer/changes", data={**fields, "wishes": "Ten, not twelve"})
    assert done.status_code == 303
    assert "You asked for changes" in (await client.get("/offer")).text
    closed = await client.get("/offer/sign")
    assert (closed.status_code, "<form" in main(closed)) == (200, False)
    for told in ("You asked for changes on 23 November", "Ten, not twelve", "A new version comes"):
        assert told in closed.text

    other = await make.sent_contract()
    await opened(make, client, other)
    fields = hidden(await client.get("/offer/decline"))
    assert (await client.post("/offer/decline", data=fields)).status_code == 422
    done = await client.post("/offer/decline", data={**fields, "reason": "dates"})
    assert done.status_code == 303
    assert "You declined this offer" in (await client.get("/offer")).text
    closed = await client.get("/offer/decline")
    assert "You declined this offer on 23 November" in closed.text
    assert "You need do nothing" in closed.text


async def test_a_form_without_its_token_is_refused(make, client):
    contract = await make.sent_contract()
    await opened(make, client, contract)
    fields = hidden(await client.get("/offer/decline"))
    del fields["csrf_token"]
    refused = await client.post("/offer/decline", data={**fields, "reason": "price"})
    assert refused.status_code == 403


async def test_answering_a_delivery(make, client):
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.deliver(contract, member)
    await opened(make, client, contract, "deliveries")
    page = await client.get("/deliveries")
    assert "Waits for you" in page.text
    fields = hidden(page)
    assert (await client.post("/deliveries/answer", data=fields)).status_code == 422
    short = await client.post("/deliveries/answer", data={**fields, "answer": "change"})
    assert short.status_code == 422
    assert 'href="#wishes"' in short.text
    done = await client.post("/deliveries/answer", data={**fields, "answer": "accept"})
    assert done.status_code == 303
    assert "Accepted" in (await client.get("/deliveries")).text


async def test_an_offer_link_opens_no_deliveries_and_back(make, client):
    contract = await make.sent_contract()
    token = await token_of(make)
    assert (await client.post(f"/deliveries/{token}")).status_code == 404
    await opened(make, client, contract)
    assert (await client.get("/deliveries")).status_code == 404


async def test_an_offer_that_is_over_says_so(make, client, as_):
    member = await make.member()
    other = await make.sent_contract(member)
    await opened(make, client, other)
    async with as_(make.actor(member)) as work:
        await commands.withdraw_contract(work, other.id, WithdrawIn())
    page = await client.get("/offer")
    assert "has withdrawn this offer" in page.text
    assert 'type="radio"' not in page.text
    closed = await client.get("/offer/sign")
    assert "You have given no answer" in closed.text
    assert "has withdrawn this offer" in closed.text


async def test_a_version_that_is_no_number_of_ours_is_a_stale_one(make, client):
    contract = await make.sent_contract()
    await opened(make, client, contract)
    fields = hidden(await client.get("/offer/changes"))
    for version in ("9" * 5000, "²", "-1", ""):
        wished = {**fields, "version": version, "wishes": "Another date, please"}
        answer = await client.post("/offer/changes", data=wished)
        assert answer.status_code in {400, 409}, answer.text

"""A member hands her work over from a page; her client gets the mail."""

import re

import pytest
from sqlalchemy import select

from guild.contracts.models import DeliveryFile
from tests.features.contracts.test_working_pages import client_page, csrf

__all__ = ["client_page"]
WHOLE = {"note": "The sketches, in three sizes.", "links": "https://example.org/a\n"}


@pytest.fixture
async def hers(make, signed_in):
    """A signed contract, its first delivery's page, and the browser of its member."""
    member = await make.member()
    contract = await make.signed_contract(member)
    first = (await make.milestones(contract))[0]
    return contract, f"/milestones/{first.id}/deliver", await signed_in(member)


async def test_the_contract_leads_to_the_page_and_the_client_gets_the_work(
    hers, make, as_, client_page
):
    contract, path, browser = hers
    assert path in (await browser.get(f"/contracts/{contract.id}")).text
    assert "What is delivered" in (await browser.get(path)).text
    files = [
        ("files", ("a.pdf", b"%PDF-1.7 a", "application/pdf")),
        ("files", ("b.txt", b"words", "text/plain; charset=utf-8")),
    ]
    sent = await browser.post(path, data=WHOLE, files=files, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    page = await browser.get(sent.headers["location"].partition("#")[0])
    assert "Silence counts as acceptance" in page.text
    assert path not in page.text
    assert "nothing to deliver" in (await browser.get(path)).text
    again = await browser.post(path, data=WHOLE, files=files, follow_redirects=False)
    assert again.status_code == 409
    async with as_() as work:
        kept = (await work.session.scalars(select(DeliveryFile))).all()
    assert sorted((one.name, one.media_type) for one in kept) == [
        ("a.pdf", "application/pdf"),
        ("b.txt", "text/plain"),
    ]
    visitor = await client_page(contract)
    shown = (await visitor.get("/deliveries")).text
    for word in (WHOLE["note"], "https://example.org/a", "a.pdf", "b.txt"):
        assert word in shown


async def test_a_note_is_enough_and_an_empty_file_field_is_no_file(hers, make):
    _, path, browser = hers
    parts = {"note": "Done.", "links": "", "files": ""}  # what a browser sends for no choice
    sent = await browser.post(
        path, files=[(name, (None, text)) for name, text in parts.items()], follow_redirects=False
    )
    assert sent.status_code == 303, sent.text
    assert any("/deliveries/" in one.text for one in await make.letters())


async def test_everything_wrong_is_said_beside_its_field_and_the_words_stay(hers, make):
    contract, path, browser = hers
    before = len(await make.letters())
    many = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(6)]
    form = {"note": " ", "links": "sketches.example"}
    answer = await browser.post(path, data=form, files=many)
    assert answer.status_code == 422
    for field in ("note", "links", "files"):
        assert f'id="{field}-why"' in answer.text
    assert "sketches.example</textarea>" in answer.text
    nothing = [("files", ("empty.txt", b"", "text/plain"))]
    assert "“empty.txt” is empty" in (await browser.post(path, data=WHOLE, files=nothing)).text
    links = "\n".join(f"https://example.org/{n}" for n in range(21))
    one = [("files", ("a.txt", b"x" * 5_000_001, "text/plain"))]
    answer = await browser.post(path, data={**WHOLE, "links": links}, files=one)
    assert "at most 20 links" in answer.text
    answer = await browser.post(path, data=WHOLE, files=one)
    assert answer.status_code == 422
    assert re.search(r'id="files-why">[^<]*too large', answer.text)
    assert len(await make.letters()) == before
    assert (await make.milestones(contract))[0].state == "planned"


async def test_a_page_of_another_member_is_not_there(hers, make, signed_in):
    _, path, _ = hers
    stranger = await signed_in(await make.member())
    assert (await stranger.get(path)).status_code == 404
    sent = await stranger.post(path, data=WHOLE, files=[("csrf_token", (None, "x"))])
    assert sent.status_code == 404


async def test_what_the_client_wished_stands_on_the_page(make, client_page, signed_in):
    member = await make.member()
    contract = await make.signed_contract(member)
    delivery = await make.deliver(contract, member)
    path, browser = f"/milestones/{delivery.milestone_id}/deliver", await signed_in(member)
    visitor = await client_page(contract)
    form = {
        "milestone_id": str(delivery.milestone_id), "delivery_id": str(delivery.id),
        "answer": "change", "wishes": "Larger, please",
        **csrf(await visitor.get("/deliveries")),
    }  # fmt: skip
    asked = await visitor.post("/deliveries/answer", data=form, follow_redirects=False)
    assert asked.status_code == 303, asked.text
    again = await browser.get(path)
    assert "Larger, please" in again.text
    assert "What is delivered" in again.text

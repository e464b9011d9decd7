"""The pages of work under a contract, as the member and the client use them."""

import re
from datetime import date

import pytest
from sqlalchemy import update

from guild.contracts import commands, queries
from guild.contracts.schemas.drafting import TimeIn as DealTimeIn
from guild.contracts.schemas.performing import SheetIn, TimeIn
from guild.members.models import Contact


def csrf(page):
    """The hidden field that every form of a page carries."""
    return {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]}


@pytest.fixture
def client_page(http, make):
    """Open the newest delivery link in a browser and return it."""

    async def opened(contract):
        letter = next(one for one in reversed(await make.letters()) if "/deliveries/" in one.text)
        token = re.search(r"/deliveries/([\w-]+)", letter.text)[1]
        browser = http
        answer = await browser.post(f"/deliveries/{token}", follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return browser

    return opened


async def test_the_member_notes_time_and_a_cost_and_sends_the_month(make, as_, signed_in):
    member = await make.member()
    deal = DealTimeIn(unit="hour", rate="60.00", estimate="1", ends_on=date(2027, 1, 29))
    contract = await make.signed_contract(member, deal=deal, milestones=[])
    browser = await signed_in(member)
    path = f"/contracts/{contract.id}/work"
    assert "Start the timer" in (await browser.get(path)).text
    for form in (
        {"step": "start"}, {"step": "stop"},
        {"step": "time", "day": "2026-11-20", "minutes": "90", "note": "Sketches"},
    ):  # fmt: skip
        answer = await browser.post(path, data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
    wrong = await browser.post(path, data={"step": "time", "day": "x", "minutes": "90"})
    assert wrong.status_code == 422
    sent = await browser.post(
        f"/contracts/{contract.id}/costs",
        data={"day": "2026-11-20", "text": "Paper", "net": "12.50", "rebillable": "yes"},
        files={"receipt": ("r.pdf", b"%PDF-1.7 x", "application/pdf")},
        follow_redirects=False,
    )
    assert sent.status_code == 303, sent.text
    page = await browser.get(path)
    assert "above the estimate" in page.text
    assert "Paper" in page.text
    await browser.post(path, data={"step": "submit", "month": "2026-11"})
    async with as_(make.actor(member)) as work:
        (sheet,) = (await queries.worked(work, contract.id)).sheets
    assert (sheet.state, sheet.costs) == ("submitted", "12.50")


async def test_amending_and_ending_have_pages(make, signed_in):
    member = await make.member()
    contract = await make.signed_contract(member)
    browser = await signed_in(member)
    shown = await browser.get(f"/contracts/{contract.id}")
    for path in ("work", "versions", "end"):
        assert f"/contracts/{contract.id}/{path}" in shown.text
    begun = await browser.post(f"/contracts/{contract.id}/amend", follow_redirects=False)
    assert begun.status_code == 303, begun.text
    amendment = begun.headers["location"].split("/")[2]
    draft = await browser.get(begun.headers["location"])
    assert draft.status_code == 200, draft.text
    versions = await browser.get(f"/contracts/{amendment}/versions")
    assert "What changes" in versions.text
    page = await browser.get(f"/contracts/{contract.id}/end")
    assert "250.00" in page.text
    fields = dict(re.findall(r'name="(with_fee|without)" value="([0-9a-f]+)"', page.text))
    ended = await browser.post(
        f"/contracts/{contract.id}/end", data={"reason": "not_needed", **fields},
        follow_redirects=False,
    )  # fmt: skip
    assert ended.status_code == 303, ended.text
    assert "closing statement" in (await browser.get(f"/contracts/{contract.id}/end")).text


async def test_the_client_approves_a_month_and_reads_what_ending_costs(make, as_, client_page):
    member = await make.member()
    deal = DealTimeIn(unit="hour", rate="60.00", estimate="10", ends_on=date(2027, 1, 29))
    contract = await make.signed_contract(member, deal=deal, milestones=[])
    async with as_(make.actor(member)) as work:
        await commands.note_time(work, contract.id, TimeIn(day=date(2026, 11, 20), minutes=90))
        sheet = await commands.submit_sheet(work, contract.id, SheetIn(month="2026-11"))
    browser = await client_page(contract)
    page = await browser.get("/time-sheets")
    assert "1\u00a0h\u00a030" in page.text
    assert "cost" in (await browser.get("/ending")).text
    form = {"sheet_id": str(sheet.id), "round": "1", "answer": "approve", **csrf(page)}
    answer = await browser.post("/time-sheets/answer", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert "Approved" in (await browser.get("/time-sheets")).text


async def test_a_french_client_accepts_a_part_on_the_page(make, as_, client_page):
    member = await make.member()
    contract = await make.signed_contract(member)
    async with as_() as work:
        await work.session.execute(update(Contact).values(language="fr"))
    delivery = await make.deliver(contract, member)
    letter = next(one for one in reversed(await make.letters()) if "/deliveries/" in one.text)
    assert letter.lang == "fr"
    assert re.fullmatch(
        r"À accepter au plus tard le 7 décembre 2026, 23:59 UTC\u202f: «\u202fSketches\u202f»",
        letter.subject,
    )
    assert "a été livré\u202f:" in letter.text
    assert not re.search(r"Dear|delivered|If you", letter.text + letter.reason)
    browser = await client_page(contract)
    page = await browser.get("/deliveries")
    assert '<html lang="fr"' in page.text
    for path in ("/deliveries", "/time-sheets", "/ending", "/cases"):
        shown = (await browser.get(path)).text
        for english in (
            "Accept each",
            "Send",
            "Skip to",
            "Language",
            "Deliver",
            "Contract ",
            "Delivered",
        ):
            assert english not in shown, (path, english)
    form = {
        "milestone_id": str(delivery.milestone_id), "delivery_id": str(delivery.id),
        "answer": "part", "accepted_net": "100,00", "wishes": "Il en manque neuf",
        **csrf(page),
    }  # fmt: skip
    empty = await browser.post("/deliveries/answer", data={**form, "wishes": ""})
    assert (empty.status_code, "Écrivez" in empty.text) == (422, True)
    answer = await browser.post("/deliveries/answer", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert (await make.milestones(contract))[2].net_minor == 30_000
    chosen = {"language": "nl", **csrf(page)}
    assert 'action="/language?to=/deliveries"' in page.text
    back = await browser.post("/language?to=/deliveries", data=chosen, follow_redirects=False)
    assert (back.status_code, back.headers["location"]) == (303, "/deliveries")
    assert '<html lang="nl"' in (await browser.get("/deliveries")).text
    odd = await browser.post("/language", data={**chosen, "language": "xx"})
    assert odd.status_code == 422
    outside = await browser.post("/language?to=//evil.example", data=chosen, follow_redirects=False)
    assert outside.headers["location"] == "/me"

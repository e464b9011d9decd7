"""The member's pages for drafting, without a script: template, form, panel, paper, sending."""

import re

import pytest_asyncio
from sqlalchemy import select

from guild.contracts import jobs, queries
from guild.contracts.models import ContractPaper
from guild.contracts.pages import forms
from tests.features.contracts.pdfs import CLEAN, NASTY, pdf_of

PAGE = {"Accept": "text/html"}


@pytest_asyncio.fixture
async def owner(make):
    return await make.member()


async def csrf(client, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get(path)).text)
    assert found is not None
    return found[1]


async def begun(make, signed_in, owner, **fields):
    """A browser, and the address of a draft that was begun with the form."""
    client = await signed_in(owner)
    client.headers["Accept"] = "text/html"
    org = await make.organisation(owner)
    token = await csrf(client, "/contracts/new?template=illustration")
    answer = await client.post(
        "/contracts/new",
        data={
            "csrf_token": token, "template": "illustration", "kind": "milestones",
            "who": f"{org.id}/{org.contacts[0].id}", "title": "Six drawings", "currency": "EUR",
            "hours_estimate": "20", "m0_title": "Sketches", "m0_net": "400,00",
            "m0_due": "2026-12-18", "m1_title": "Drawings", "m1_net": "600.00",
            "m1_due": "2027-01-29", **fields,
        },
    )  # fmt: skip
    return client, answer


async def test_templates_are_offered_by_trade(signed_in, owner):
    client = await signed_in(owner)
    page = await client.get("/contracts/new", headers=PAGE)
    assert page.status_code == 200, page.text
    for name in ("Illustration", "Translation", "Software and web", "Photography", "Music"):
        assert name in page.text


async def test_each_kind_has_its_fields(signed_in, owner):
    client = await signed_in(owner)
    for name, field in (("translation", "deal_price"), ("software", "deal_rate"),
                        ("upkeep", "deal_periods"), ("licence", "deal_fee"),
                        ("writing", "m0_title")):  # fmt: skip
        page = await client.get(f"/contracts/new?template={name}", headers=PAGE)
        assert f'name="{field}"' in page.text, name
    assert (await client.get("/contracts/new?template=nothing", headers=PAGE)).status_code == 404


async def test_a_draft_is_begun_and_its_panel_shown(make, signed_in, owner):
    client, answer = await begun(make, signed_in, owner)
    assert answer.status_code == 303, answer.text
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    assert "It can be sent" in page.text
    assert "€50.00" in page.text, "1,000.00 by 20 hours"
    assert "€935.00" in page.text, "1,000.00 less 6.5 %"
    assert "Deposit" in page.text
    assert "In plain words" in page.text
    assert "Sign and send" in page.text
    assert "<script" not in page.text


async def test_a_refused_form_keeps_what_was_typed(make, signed_in, owner):
    _, answer = await begun(make, signed_in, owner, m0_net="much", who="")
    assert answer.status_code == 422
    assert "Six drawings" in answer.text
    assert 'role="alert"' in answer.text
    assert "Choose a client" in answer.text


async def test_editing_saves_all_of_it(make, signed_in, owner):
    client, answer = await begun(make, signed_in, owner)
    path = answer.headers["location"]
    token = await csrf(client, path)
    fields = {
        "csrf_token": token, "ticks": "yes", "clauses": "yes", "kind": "milestones",
        "title": "Seven drawings", "language": "fr", "kill_fee": "12,5", "revision_rounds": "1",
        "hours_estimate": "20", "revision_hours": "5", "unpaid_costs": "50", "notice_days": "7",
        "m0_title": "All", "m0_net": "1.000,00", "m0_due": "2027-01-29", "clause_sickness": "yes",
        "sickness.sick_days": "45", "rights_transferable": "no", "payment_term_days": "30",
    }  # fmt: skip
    saved = await client.post(path, data=fields)
    assert saved.status_code == 303, saved.text
    page = (await client.get(path)).text
    assert "€38.00" in page, "(1,000.00 - 50.00) by 25 hours"
    assert "12,5\u00a0% du prix" in page
    assert "45 jours" in page
    assert "Acompte (not in this contract)" in page
    wrong = await client.post(path, data={**fields, "kill_fee": "a lot"})
    assert wrong.status_code == 422
    assert 'href="#kill_fee"' in wrong.text


async def test_signing_and_sending_from_the_page(make, signed_in, owner):
    client, answer = await begun(make, signed_in, owner)
    path = answer.headers["location"]
    token = await csrf(client, path)
    send = path.replace("/draft", "/send")
    refused = await client.post(send, data={"csrf_token": token, "version": "1"})
    assert refused.status_code == 422
    done = await client.post(
        send, data={"csrf_token": token, "version": "1", "consent": "yes", "typed_name": "M. M."}
    )
    assert done.status_code == 303, done.text
    assert "Waits for the client" in (await client.get(done.headers["location"])).text


async def test_a_clients_paper_on_the_page(make, as_, signed_in, owner):
    client, answer = await begun(make, signed_in, owner)
    path = answer.headers["location"]
    token = await csrf(client, path)
    paper = path.replace("/draft", "/paper")
    file = {"file": ("terms.pdf", pdf_of(NASTY), "application/pdf")}
    up = await client.post(paper, data={"csrf_token": token}, files=file)
    assert up.status_code == 303, up.text
    assert "Being read" in (await client.get(path)).text
    async with as_() as work:
        row = (await work.session.scalars(select(ContractPaper.id))).one()
        await jobs.read_paper.run(work, paper_id=row)
    page = (await client.get(path)).text
    assert "Unlimited liability" in page
    assert "unlimited liability for all" in page, "the passage"
    assert "Ask a rep" in page
    assert "It cannot be sent yet" in page
    asked = await client.post(
        path.replace("/draft", "/ask"), data={"csrf_token": token, "kind": "own_paper"}
    )
    assert asked.status_code == 303
    rep = await signed_in(await make.member(roles=["rep"]))
    listed = (await rep.get("/rep-tasks", headers=PAGE)).text
    assert "Advice on a client" in listed
    task = re.search(r"/rep-tasks/([0-9a-f-]{36})/answer", listed)
    token = await csrf(rep, "/rep-tasks")
    empty = await rep.post(f"/rep-tasks/{task[1]}/answer", data={"csrf_token": token})
    assert empty.status_code == 422
    done = await rep.post(
        f"/rep-tasks/{task[1]}/answer",
        data={"csrf_token": token, "outcome": "yes", "answer": "Struck out by hand."},
    )
    assert done.status_code == 303, done.text
    page = (await client.get(path)).text
    assert "Struck out by hand." in page
    assert "It can be sent" in page
    bad = {"file": ("terms.pdf", b"hello", "application/pdf")}
    token = await csrf(client, path)
    assert (await client.post(paper, data={"csrf_token": token}, files=bad)).status_code == 422
    gone = await client.post(f"{paper}/remove", data={"csrf_token": token})
    assert gone.status_code == 303
    assert CLEAN


async def test_a_stranger_sees_no_draft(make, signed_in, owner):
    _, answer = await begun(make, signed_in, owner)
    other = await signed_in(await make.member())
    assert (await other.get(answer.headers["location"], headers=PAGE)).status_code == 404
    rep = await signed_in(await make.member(roles=["rep"]))
    assert (await rep.get(answer.headers["location"], headers=PAGE)).status_code == 404
    assert queries.GUARANTEE


def test_amounts_are_read_as_people_write_them():
    for typed, wire in (("1000", "1000"), ("1.000,50", "1000.50"), ("1,000.50", "1000.50"),
                        ("1 000", "1000"), ("12,5", "12.5"), ("1.000", "1000"), ("", None),
                        ("1.234.567", "1234567"), ("much", "much")):  # fmt: skip
        assert forms.amount(typed) == wire, typed

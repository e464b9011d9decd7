"""Who may pass the doors of drafting: what is another's stays another's, for reps too."""

import base64

from guild.contracts import commands
from guild.contracts.schemas.papers import AskRepIn, PaperIn
from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from tests.features.contracts.pdfs import NASTY, pdf_of


async def test_a_rep_reads_a_sent_contract_in_the_drafting_view(signed_in, make) -> None:
    sent = await make.sent_contract()
    rep = await signed_in(await make.member(roles=[Role.REP]))
    page = await rep.get(f"/contracts/{sent.id}/draft")
    assert page.status_code == 200
    assert "Save and check" not in page.text
    assert "The fund answers its member only" in page.text


async def test_a_rep_neither_sends_nor_keeps_what_another_wrote(signed_in, make) -> None:
    sent = await make.sent_contract()
    rep = await signed_in(await make.member(roles=[Role.REP]))
    forms = {
        "send": {"typed_name": "R", "consent": "yes", "version": "1"},
        "send ": {"typed_name": "", "version": "x"},
        "keep": {"name": "Mine now"},
        "draft": {"title": "Changed"},
    }
    for door, form in forms.items():
        answer = await rep.post(f"/contracts/{sent.id}/{door.strip()}", data=form)
        assert answer.status_code == 404, door


async def asked(make, as_, system, member, client):
    """A draft with a nasty paper about which its member has asked."""
    draft = await make.contract(member, client)
    async with as_(make.actor(member)) as work:
        content = base64.b64encode(pdf_of(NASTY)).decode()
        paper = await commands.upload_paper(
            work, draft.id, PaperIn(name="terms.pdf", content=content)
        )
    async with begin_work(system, SYSTEM) as work:
        await commands.read_stored_paper(work, paper.id)
    async with as_(make.actor(member)) as work:
        return await commands.ask_rep(work, draft.id, AskRepIn(kind="own_paper"))


async def test_a_rep_who_works_for_the_same_client_does_not_answer(
    signed_in, make, as_, system
) -> None:
    mira, rep = await make.member(), await make.member(roles=[Role.REP])
    firm = {"name": "Brouwerij", "vat_number": "BE0403019261", "kind": "company", "country": "BE"}
    theirs = await make.organisation(mira, **firm)
    task = await asked(make, as_, system, mira, theirs)
    await make.contract(rep, await make.organisation(rep, **firm))
    browser = await signed_in(rep)
    said = {"outcome": "no", "answer": "Ask for thirty days."}
    refused = await browser.post(f"/api/v1/rep-tasks/{task.id}/answer", json=said)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_case")
    listed = (await browser.get("/rep-tasks")).text
    assert "close to one of the sides" in listed
    assert "Send the answer" not in listed
    free = await signed_in(await make.member(roles=[Role.REP]))
    assert "Send the answer" in (await free.get("/rep-tasks")).text
    answered = await free.post(f"/rep-tasks/{task.id}/answer", data=said)
    assert answered.headers["location"] == "/rep-tasks"


async def test_a_member_takes_her_question_back_on_the_page(signed_in, make, as_, system) -> None:
    mira = await make.member()
    task = await asked(make, as_, system, mira, await make.organisation(mira))
    browser = await signed_in(mira)
    assert "Take the question back" in (await browser.get("/rep-tasks")).text
    assert (await browser.post(f"/rep-tasks/{task.id}/withdraw")).status_code == 303
    page = (await browser.get("/rep-tasks")).text
    assert "Taken back" in page
    assert "Take the question back" not in page


async def test_what_a_rep_typed_is_kept_when_it_is_refused(signed_in, make, as_, system) -> None:
    mira = await make.member()
    task = await asked(make, as_, system, mira, await make.organisation(mira))
    rep = await signed_in(await make.member(roles=[Role.REP]))
    page = await rep.post(f"/rep-tasks/{task.id}/answer", data={"answer": "Fair enough to me."})
    assert page.status_code == 422
    assert "Fair enough to me." in page.text
    assert "Choose yes or no" in page.text


async def test_a_template_is_looked_at_renamed_begun_anew_and_put_away(signed_in, make) -> None:
    mira = await make.member()
    draft = await make.contract(mira)
    other = await make.contract(mira, await make.organisation(mira), payment_term_days=21)
    browser = await signed_in(mira)
    kept = await browser.post(f"/contracts/{draft.id}/keep", data={"name": "Posters"})
    at = kept.headers["location"]
    page = (await browser.get(at)).text
    assert "Posters" in page
    assert "version 1" in page
    assert "Take the terms of" in page
    renamed = await browser.post(at, data={"version": "1", "name": "My posters"})
    assert renamed.status_code == 303
    anew = {"version": "1", "name": "My posters", "contract_id": str(other.id)}
    assert (await browser.post(at, data=anew)).status_code == 303
    page = (await browser.get(at)).text
    assert "version 2" in page
    assert "My posters" in page
    assert ">21<" in page.replace(" ", "")
    stale = await browser.post(at, data={"version": "1", "name": "Old"})
    assert stale.status_code == 422
    assert "changed since you read it" in stale.text
    stranger = await signed_in(await make.member())
    assert (await stranger.get(at)).status_code == 404
    assert (await browser.post(f"{at}/away")).headers["location"] == "/contracts/new"
    assert "My posters" not in (await browser.get("/contracts/new")).text
    assert (await browser.get(at)).status_code == 404


async def test_a_template_of_the_house_is_shown_and_not_changed(signed_in, make) -> None:
    browser = await signed_in(await make.member())
    page = (await browser.get("/contract-templates/illustration")).text
    assert "of the co-op" in page
    assert "Save the template" not in page
    refused = await browser.post("/contract-templates/illustration", data={"version": "1"})
    assert refused.status_code == 404


async def test_the_kind_of_a_draft_is_changed_on_its_page(signed_in, make, as_, system) -> None:
    mira = await make.member()
    draft = await make.contract(mira)
    browser = await signed_in(mira)
    at = f"/contracts/{draft.id}/draft"
    page = (await browser.get(f"{at}?kind=fixed")).text
    assert 'name="deal_price"' in page
    assert "the contract keeps its kind" in page
    form = {"title": draft.title, "kind": "fixed", "deal_price": "1.000,00",
            "deal_due_on": "2027-01-29"}  # fmt: skip
    assert (await browser.post(at, data=form)).status_code == 303
    view = (await browser.get(f"/api/v1/contracts/{draft.id}")).json()
    assert (view["kind"], view["net"]) == ("fixed", "1000.00")
    rep = await signed_in(await make.member(roles=[Role.REP]))
    assert (await rep.get(f"{at}?kind=fixed")).status_code == 404

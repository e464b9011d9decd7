"""The thread about an offer: said by each side, about a named clause, and told to the other."""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.contracts import commands, queries
from guild.contracts.errors import ContractNotFound, OfferNotFound, TooManyRemarks
from guild.contracts.schemas import ChangesIn, ContractChange, SendIn
from guild.contracts.schemas.remarks import RemarkIn
from guild.core.errors import IllegalMove, Invalid

OURS = RemarkIn(text="A quarter is what others take.", clause="kill_fee")
THEIRS = RemarkIn(text="The kill fee is high.", clause="kill_fee")


async def said(make, as_, contract, purpose="contract", remark=THEIRS):
    async with as_(await make.client_of(contract, purpose)) as work:
        return await commands.remark_as_client(work, remark)


async def answered(make, as_, contract, member, remark=OURS):
    async with as_(make.actor(member)) as work:
        return await commands.remark(work, contract.id, remark)


async def thread(make, as_, contract, member):
    async with as_(make.actor(member)) as work:
        return await queries.thread(work, contract.id)


async def test_each_word_reaches_the_other_side(make, as_):
    member = await make.member()
    contract = await make.sent_contract(member)
    await said(make, as_, contract)
    mail = (await make.letters())[-1]
    assert mail.to == member.email
    assert "The kill fee is high." in mail.text
    assert f"/contracts/{contract.id}/thread" in mail.text
    await answered(make, as_, contract, member)
    mail = (await make.letters())[-1]
    assert "A quarter is what others take." in mail.text
    assert "/threads/" not in mail.text  # she is asked: the link to the offer goes on working
    found = await thread(make, as_, contract, member)
    assert [(one.side, one.clause, one.version) for one in found.remarks] == [
        ("client", "kill_fee", 1), ("member", "kill_fee", 1),
    ]  # fmt: skip
    assert found.open
    assert {"", "price", "deliveries", "kill_fee"} <= {one.clause for one in found.places}
    async with as_(await make.client_of(contract)) as work:
        assert (await queries.linked_thread(work)).remarks == found.remarks
        view, _ = await queries.offer_view(work)
    assert view.state == "sent"  # to speak voids nothing
    kinds = [one.kind for one in await _events(make, as_, contract, member)]
    assert kinds[-2:] == ["remarked", "remarked"]


async def _events(make, as_, contract, member):
    async with as_(make.actor(member)) as work:
        return await queries.contract_events(work, contract.id)


async def test_a_request_for_changes_names_its_clause_and_the_talk_goes_on(make, as_):
    member = await make.member()
    contract = await make.sent_contract(member)
    client = await make.client_of(contract)
    async with as_(client) as work:
        view, _ = await queries.offer_view(work)
        await commands.request_contract_changes(
            work,
            ChangesIn(version=1, shown_sha256=view.shown_sha256, wishes="Lower", clause="kill_fee"),
        )
    await answered(make, as_, contract, member)
    mail = (await make.letters())[-1]
    assert "/threads/" in mail.text  # nobody is asked now, so the talk has a link of its own
    await said(make, as_, contract, "thread", RemarkIn(text="Thank you."))
    async with as_(make.actor(member)) as work:
        await commands.edit_contract(
            work, contract.id, ContractChange(title="Secret new title", kill_fee_bps=1000)
        )
    await answered(make, as_, contract, member, RemarkIn(text="It comes tomorrow."))
    async with as_(await make.client_of(contract, "thread")) as work:
        found = await queries.linked_thread(work)
    assert found.title == "Twelve illustrations"  # a draft is the member's alone
    async with as_(make.actor(member)) as work:
        await commands.send_contract(
            work, contract.id, SendIn(typed_name=member.legal_name, consent=True, version=2)
        )
    await said(make, as_, contract)
    found = await thread(make, as_, contract, member)
    assert [(one.version, one.side, one.wants_change) for one in found.remarks] == [
        (1, "client", True), (1, "member", False), (1, "client", False), (2, "member", False),
        (2, "client", False),
    ]  # fmt: skip


async def test_what_is_not_there_or_over_is_refused(make, as_):
    member = await make.member()
    contract = await make.sent_contract(member)
    with pytest.raises(Invalid) as refusal:
        await said(make, as_, contract, remark=RemarkIn(text="What of it?", clause="nothing"))
    assert refusal.value.field == "clause"
    draft = await make.contract(member)
    with pytest.raises(IllegalMove):
        await answered(make, as_, draft, member)
    signed = await make.signed_contract(member)
    with pytest.raises(IllegalMove):
        await said(make, as_, signed)
    assert not (await thread(make, as_, signed, member)).open


async def test_others_neither_read_nor_speak(make, as_):
    member, other = await make.member(), await make.member()
    contract = await make.sent_contract(member)
    another = await make.sent_contract(other)
    with pytest.raises(ContractNotFound):
        await answered(make, as_, contract, other)
    with pytest.raises(ContractNotFound):
        await thread(make, as_, contract, other)
    await said(make, as_, another)
    assert (await thread(make, as_, contract, member)).remarks == []
    signed = await make.signed_contract(member)
    await make.deliver(signed, member)
    with pytest.raises(OfferNotFound):
        await said(make, as_, signed, "delivery")


async def test_nobody_is_flooded(make, as_):
    member = await make.member()
    contract = await make.sent_contract(member)
    for _ in range(30):
        await said(make, as_, contract)
    with pytest.raises(TooManyRemarks):
        await said(make, as_, contract)
    await answered(make, as_, contract, member)


async def test_what_was_said_stays(make, as_):
    await said(make, as_, await make.sent_contract())
    for statement in ("UPDATE contract_remark SET text = 'x'", "DELETE FROM contract_remark"):
        with pytest.raises(DBAPIError):
            async with as_() as work:
                await work.session.execute(text(statement))


async def test_both_pages(make, as_, http, signed_in):
    member = await make.member()
    contract = await make.sent_contract(member)
    token = re.search(r"/offers/(\S+)", (await make.letters())[-1].text)[1]
    opened = await http.post(f"/offers/{token}", data={})
    assert opened.status_code == 303
    assert "/offer/thread" in (await http.get("/offer")).text
    page = (await http.get("/offer/thread")).text
    csrf = re.search(r'name="csrf_token" value="([^"]*)"', page)
    form = {"csrf_token": csrf[1] if csrf else "", "clause": "kill_fee", "do": "say"}
    assert (await http.post("/offer/thread", data={**form, "text": " "})).status_code == 422
    assert (await http.post("/offer/thread", data={**form, "text": "<b>Hm</b>"})).status_code == 303
    hers = await signed_in(member)
    assert f"/contracts/{contract.id}/thread" in (await hers.get(f"/contracts/{contract.id}")).text
    shown = (await hers.get(f"/contracts/{contract.id}/thread")).text
    assert "&lt;b&gt;Hm&lt;/b&gt;" in shown
    answer = await hers.post(f"/contracts/{contract.id}/thread", data={"text": "So?", "clause": ""})
    assert answer.status_code == 303
    seen = re.search(r'name="shown_sha256" value="(\w+)"', page)[1]
    asked = await http.post(
        "/offer/thread",
        data={**form, "do": "change", "text": "Lower", "version": "1", "shown_sha256": seen},
    )
    assert asked.status_code == 303, asked.text
    assert "Asks for a new version" in (await hers.get(f"/contracts/{contract.id}/thread")).text
    await hers.post(f"/contracts/{contract.id}/thread", data={"text": "Soon", "clause": ""})
    door = re.search(r"/threads/(\S+)", (await make.letters())[-1].text)[1]
    assert (await http.get(f"/threads/{door}")).status_code == 200
    token = {"csrf_token": form["csrf_token"]}
    assert (await http.post(f"/offers/{door}", data=token)).status_code == 404
    assert (await http.get("/api/v1/offer/thread")).json()["remarks"][-1]["text"] == "Soon"

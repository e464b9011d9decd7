"""Disputes in the browser: opened, answered, let go and decided, by those who may."""

import re

from guild.contracts import queries


async def cases_of(make, as_, contract):
    async with as_() as work:
        return await queries.cases(work, contract.id)


async def linked(make, http, contract, member):
    await make.deliver(contract, member)
    token = re.search(r"/deliveries/(\S+)", (await make.letters())[-1].text)[1]
    assert (await http.post(f"/deliveries/{token}", data={})).status_code == 303
    page = (await http.get("/cases")).text
    found = re.search(r'name="csrf_token" value="([^"]*)"', page)
    return {"csrf_token": found[1] if found else ""}


async def test_a_client_opens_a_member_answers_a_rep_decides(make, as_, http, signed_in):
    member, rep = await make.member(), await make.member(roles=["rep"])
    contract = await make.signed_contract(member)
    form = await linked(make, http, contract, member)
    empty = await http.post("/cases", data={**form, "matter": "delivery", "text": ""})
    assert empty.status_code == 422
    opened = await http.post("/cases", data={**form, "matter": "delivery", "text": "Not as agreed"})
    assert opened.status_code == 303
    (case,) = await cases_of(make, as_, contract)
    hers, reps = await signed_in(member), await signed_in(rep)
    page = (await hers.get(f"/contract-cases?contract_id={contract.id}")).text
    assert "Not as agreed" in page
    assert "Your decision" not in page
    again = await hers.post(
        f"/contracts/{contract.id}/cases", data={"matter": "other", "text": "Me too"}
    )
    assert again.status_code == 422
    assert f"Your client disputes contract {contract.number}" in (await hers.get("/")).text
    assert "Your decision" not in (await reps.get("/contract-cases")).text, "it is too early"
    early = await reps.post(
        f"/contract-cases/{case.id}/decision", data={"outcome": "for_member", "reasons": "So"}
    )
    assert early.status_code == 422
    assert "still has time" in early.text
    answer = await hers.post(f"/contract-cases/{case.id}/answer", data={"text": "It is"})
    assert answer.status_code == 303
    assert "Your decision" in (await reps.get("/contract-cases")).text
    assert "1 dispute waits for a decision" in (await reps.get("/")).text
    done = await reps.post(
        f"/contract-cases/{case.id}/decision", data={"outcome": "for_member", "reasons": "It is so"}
    )
    assert done.status_code == 303
    assert "It is so" in (await http.get("/cases")).text


async def test_whoever_opened_it_lets_it_go(make, as_, http, signed_in):
    member = await make.member()
    contract = await make.signed_contract(member)
    form = await linked(make, http, contract, member)
    hers = await signed_in(member)
    await hers.post(f"/contracts/{contract.id}/cases", data={"matter": "payment", "text": "Late"})
    (case,) = await cases_of(make, as_, contract)
    assert (await http.post(f"/cases/{case.id}/withdraw", data=form)).status_code == 422
    answer = await http.post(f"/cases/{case.id}/answer", data={**form, "text": "Paid now"})
    assert answer.status_code == 303
    assert (await hers.post(f"/contract-cases/{case.id}/withdraw", data={})).status_code == 303
    assert (await cases_of(make, as_, contract))[0].state == "withdrawn"
    await http.post("/cases", data={**form, "matter": "other", "text": "Another"})
    newest = (await cases_of(make, as_, contract))[0]
    gone = await http.post(
        f"/api/v1/cases/{newest.id}/withdraw", json={}, headers={"X-CSRF-Token": form["csrf_token"]}
    )
    assert gone.status_code == 200


async def test_a_stranger_sees_none(make, http, signed_in):
    contract = await make.signed_contract()
    client = await signed_in(await make.member())
    assert (await client.get(f"/contract-cases?contract_id={contract.id}")).status_code == 404
    assert "Nothing is in dispute" in (await client.get("/contract-cases")).text

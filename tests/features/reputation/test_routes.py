"""Reputation over HTTP: what each side sees, and what strangers do not."""

import hashlib
import json

import pytest

from guild.reputation.rules import canonical
from guild.translog.checkpoint import Verifier, open_note
from tests.features.reputation.story import FAIR, GOOD, POOR, Story

API = "/api/v1/reputation"


@pytest.fixture
def story(system, make) -> Story:
    return Story(system, make)


async def test_the_course_of_a_disputed_entry(story: Story, signed_in) -> None:
    member, rep = await story.make.member(), await story.make.member(roles=["rep"])
    hers, reps = await signed_in(member), await signed_in(rep)
    contract = await story.finished(member)
    (asked,) = (await hers.get(f"{API}/contracts")).json()
    assert asked["contract_id"] == str(contract.id)
    answer = await hers.post(
        f"{API}/attestations", json={"contract_id": str(contract.id), "answers": FAIR}
    )
    assert (answer.status_code, answer.json()["state"]) == (201, "hidden")
    await story.client_says(contract, POOR)

    (entry,) = (await hers.get(f"{API}/entries")).json()
    answer = await hers.post(f"{API}/entries/{entry['id']}/reply", json={"text": "By letter."})
    assert answer.json()["reply"] == "By letter."
    answer = await hers.post(f"{API}/entries/{entry['id']}/dispute", json={"reason": "short"})
    assert answer.status_code in {400, 422}
    reason = {"reason": "The date was moved by letter."}
    dispute = (await hers.post(f"{API}/entries/{entry['id']}/dispute", json=reason)).json()
    assert (dispute["state"], dispute["due_at"][:10]) == ("open", "2026-12-07")

    ruling = {"outcome": "struck", "reasons": "The letter shows it."}
    path = f"{API}/disputes/{dispute['id']}/ruling"
    assert (await hers.post(path, json=ruling)).status_code == 403
    (waiting,) = (await reps.get(f"{API}/disputes")).json()
    assert waiting["id"] == dispute["id"]
    assert (await reps.post(path, json=ruling)).json()["state"] == "struck"
    answer = await reps.post(path, json=ruling)
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")

    own = (await hers.get(f"{API}/members/{member.id}/explanation")).json()
    seen = (await reps.get(f"{API}/members/{member.id}/explanation")).json()
    assert own["entries"][0]["excluded"] == seen["entries"][0]["excluded"] == "struck"
    assert own["entries"][0]["dispute"]["ruling"] == "The letter shows it."
    assert "Client" in own["entries"][0]["counterparty"]
    assert seen["entries"][0]["counterparty"] == "not shown"
    assert seen["entries"][0]["dispute"] is None
    score = (await reps.get(f"{API}/members/{member.id}/score")).json()
    assert (score["state"], score["mean"]) == ("new", None)


async def test_strangers_and_absent_things_look_alike(story: Story, signed_in, http) -> None:
    member, other = await story.make.member(), await story.make.member()
    contract, entry = await story.both_say(member)
    stranger = await signed_in(other)
    nobody = "00000000-0000-7000-8000-000000000000"
    for one in (entry.id, nobody):
        answer = await stranger.post(f"{API}/entries/{one}/reply", json={"text": "Hello"})
        assert (answer.status_code, answer.json()["code"]) == (404, "attestation_not_found")
    for one in (contract.id, nobody):
        answer = await stranger.get(f"{API}/contracts/{one}")
        assert (answer.status_code, answer.json()["code"]) == (404, "contract_not_found")
    assert (await stranger.get(f"{API}/members/{nobody}/score")).status_code == 404
    assert (await stranger.get(f"{API}/disputes")).status_code == 403
    answer = await stranger.post(f"{API}/members/{member.id}/erasure")
    assert answer.status_code == 403
    assert (await http.get(f"{API}/entries")).status_code == 401


async def test_the_export_is_signed_and_whole(story: Story, signed_in) -> None:
    member = await story.make.member()
    await story.both_say(member, GOOD)
    hers = await signed_in(member)
    export = (await hers.get(f"{API}/export")).json()
    vkey = (await hers.get("/api/v1/log/key")).json()["vkey"]
    note = open_note(export["note"].encode(), [Verifier.parse(vkey)])
    digest = hashlib.sha256(export["document"].encode()).hexdigest()
    assert note.text == f"reputation export\n{digest}\n"
    document = json.loads(export["document"])
    assert canonical(document) == export["document"].encode()
    assert document["explanation"]["entries"][0]["answers"] == GOOD


async def test_a_client_answers_through_the_link_in_the_mail(story: Story, http) -> None:
    member = await story.make.member()
    contract = await story.finished(member)
    letter = next(one for one in await story.make.letters() if "/attest/" in one.text)
    token = letter.text.rsplit("/attest/", 1)[1].split()[0]
    door = await http.get(f"/attest/{token}")
    assert door.status_code == 200
    assert "no answer" in door.text
    link = {"Authorization": f"Link {token}"}
    asked = (await http.get(f"{API}/link", headers=link)).json()
    assert asked["questions"] == sorted(GOOD)
    answer = await http.post(f"{API}/link/attestation", headers=link, json={"answers": GOOD})
    assert (answer.status_code, answer.json()["about"]) == (201, "freelancer")
    assert (await http.get(f"{API}/link/entries", headers=link)).json() == []
    await story.member_says(member, contract)
    (entry,) = (await http.get(f"{API}/link/entries", headers=link)).json()
    assert entry["answers"] == FAIR


async def test_the_pages(story: Story, signed_in) -> None:
    member, rep = await story.make.member(), await story.make.member(roles=["rep"])
    hers, reps = await signed_in(member), await signed_in(rep)
    empty = await hers.get("/reputation")
    assert empty.status_code == 200
    assert "You are new" in empty.text
    await story.both_say(member, GOOD)
    _, entry = await story.both_say(member, POOR)
    contract = await story.finished(member)
    mine = (await hers.get("/reputation")).text
    assert "Your score is 0.5000, from 2 contracts" in mine
    assert "Your word is asked" in mine
    asked = await hers.get(f"/reputation/contracts/{contract.id}")
    assert "Did the client pay on time?" in asked.text
    form = await hers.get(f"/reputation/entries/{entry.id}/dispute")
    assert "Dispute this entry" in form.text

    async def send(client, path: str, **data: str):
        return await client.post(path, data={"csrf_token": client.headers["X-CSRF-Token"], **data})

    answer = await send(hers, f"/reputation/entries/{entry.id}/dispute", text="no")
    assert answer.status_code == 422
    assert "Write at least a sentence" in answer.text
    answer = await send(hers, f"/reputation/entries/{entry.id}/dispute", text="It was on time.")
    assert answer.status_code == 303
    answer = await send(hers, f"/reputation/contracts/{contract.id}", brief_clear="skip")
    assert answer.status_code == 422
    answer = await send(hers, f"/reputation/contracts/{contract.id}", brief_clear="yes")
    assert answer.status_code == 303
    inbox = await reps.get("/reputation/disputes")
    assert "It was on time." in inbox.text
    assert "A client about a freelancer" in inbox.text, "the rep reads what was said"
    assert "1 disputed entry waits for a ruling" in (await reps.get("/")).text
    dispute_id = inbox.text.split('action="/reputation/disputes/')[1].split('"')[0]
    answer = await send(reps, f"/reputation/disputes/{dispute_id}", outcome="struck", reasons="x")
    assert answer.status_code == 422
    answer = await send(
        reps, f"/reputation/disputes/{dispute_id}", outcome="upheld", reasons="It was late."
    )
    assert answer.status_code == 303
    assert "A rep ruled" in (await hers.get("/reputation")).text

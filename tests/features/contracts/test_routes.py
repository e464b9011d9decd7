"""Contracts over HTTP: the member's side, the client's link, and strangers at both doors."""

import json
import re
from datetime import date

import pytest

from guild.contracts import commands


def draft_of(client, **fields):
    return {
        "client_id": str(client.id),
        "contact_id": str(client.contacts[0].id),
        "title": "A logo",
        "milestones": [{"title": "Logo", "net": "500.00", "due_on": "2026-12-18"}],
        "payment_term_days": 30,
        **fields,
    }


async def token_of(make, word="offers"):
    letters = await make.letters()
    found = [re.search(rf"/{word}/(\S+)", letter.text) for letter in letters]
    return [match[1] for match in found if match][-1]


async def code_of(make):
    found = [re.search(r"[Cc]ode\s*: (\d{6})", letter.text) for letter in await make.letters()]
    return [match[1] for match in found if match][-1]


async def test_from_draft_to_signature_and_delivery(make, signed_in, http):
    member = await make.member()
    client = await make.organisation(member)
    browser = await signed_in(member)
    made = await browser.post("/api/v1/contracts", json=draft_of(client))
    assert made.status_code == 201, made.text
    url = f"/api/v1/contracts/{made.json()['id']}"
    changed = await browser.patch(url, json={"title": "Two logos", "hours_estimate": 10})
    assert changed.json()["title"] == "Two logos"
    assert changed.json()["effective_hourly"] == "50.00"
    checks = await browser.post(f"{url}/checks")
    assert checks.json()["may_be_sent"] is True
    say = {"typed_name": "Mira", "consent": True, "version": 1}
    headers = {"Idempotency-Key": "send-the-first-one"}
    sent = await browser.post(f"{url}/send", json=say, headers=headers)
    assert sent.status_code == 200, sent.text
    again = await browser.post(f"{url}/send", json=say, headers=headers)
    assert (again.status_code, again.json()) == (200, sent.json()), "replayed, not sent twice"
    assert len([x for x in await make.letters() if "/offers/" in x.text]) == 1

    token = await token_of(make)
    read = [await browser.get(f"{url}{path}") for path in ("", "/events", "/document")]
    for answer in (made, changed, checks, sent, *read):
        assert token not in answer.text, "only the mail has it"

    link = {"Authorization": f"Link {token}"}
    offer = (await http.get("/api/v1/offer", headers=link)).json()
    document = await http.get("/api/v1/offer/document", headers=link)
    assert document.text == read[-1].text
    seen = {"version": offer["version"], "shown_sha256": offer["shown_sha256"]}
    asked = await http.post("/api/v1/offer/code", json=seen, headers=link)
    assert asked.status_code == 201, asked.text
    assert asked.json()["sent_to"].startswith("c•••@")
    right = {
        **seen,
        "code": await code_of(make),
        "typed_name": "Jo",
        "role": "Boss",
        "consent": True,
    }
    wrong = {**right, "code": "000000" if right["code"] != "000000" else "111111"}
    refused = await http.post("/api/v1/offer/sign", json=wrong, headers=link)
    assert (refused.status_code, refused.json()["code"]) == (422, "signing_code_wrong")
    assert refused.json()["tries_left"] == 4
    signed = await http.post("/api/v1/offer/sign", json=right, headers=link)
    assert signed.json()["state"] == "signed", signed.text
    assert (await http.post("/api/v1/offer/sign", json=right, headers=link)).status_code == 409

    milestone = (await browser.get(url)).json()["milestones"][0]
    path = f"/api/v1/milestones/{milestone['id']}"
    handed = await browser.post(
        f"{path}/deliveries", json={"note": "Here", "links": ["https://files.example/x"]}
    )
    assert handed.status_code == 201, handed.text
    other = {"Authorization": f"Link {await token_of(make, 'deliveries')}"}
    listed = (await http.get("/api/v1/deliveries", headers=other)).json()
    assert listed["items"][0]["id"] == handed.json()["id"]
    body = {"delivery_id": handed.json()["id"]}
    assert (await http.post(f"{path}/accept", json=body, headers=link)).status_code == 404
    accepted = await http.post(f"{path}/accept", json=body, headers=other)
    assert accepted.json()["accepted_by"] == "client", accepted.text
    assert (await browser.get(url)).json()["state"] == "completed"
    page = (await browser.get("/api/v1/contracts?state=completed")).json()
    assert [row["number"] for row in page["items"]] == [made.json()["number"]]
    pdf = await browser.get(f"{url}/pdf")
    assert (pdf.status_code, pdf.json()["code"]) == (404, "contract_document_not_ready")
    copy = await http.get("/api/v1/offer/pdf", headers=link)
    assert copy.json()["code"] == "contract_document_not_ready"


async def test_lists_are_pages(make, signed_in):
    member = await make.member()
    client = await make.organisation(member)
    made = [(await make.contract(member, client)).number for _ in range(3)]
    browser = await signed_in(member)
    first = (await browser.get("/api/v1/contracts?limit=2")).json()
    second = (await browser.get(f"/api/v1/contracts?limit=2&cursor={first['next_cursor']}")).json()
    assert [x["number"] for x in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None
    assert (await browser.get("/api/v1/contracts?cursor=made-up")).status_code == 400
    assert (await browser.get("/api/v1/contracts?limit=1000")).status_code == 400


async def test_strangers_get_the_same_answer_as_for_nothing(make, signed_in, http):
    owner, other = await make.member(), await make.member()
    contract = await make.sent_contract(owner)
    browser = await signed_in(other)
    absent = "/api/v1/contracts/01900000-0000-7000-8000-000000000000"
    for path in ("", "/document", "/pdf", "/events"):
        mine = await browser.get(f"/api/v1/contracts/{contract.id}{path}")
        none = await browser.get(f"{absent}{path}")
        assert mine.status_code == none.status_code == 404
        assert mine.json()["code"] == none.json()["code"]
        assert (await http.get(f"/api/v1/contracts/{contract.id}{path}")).status_code == 401
    for verb in ("checks", "resend-link", "withdraw", "terminate"):
        body = {"withdraw": {}, "terminate": {"reason": "other"}}.get(verb)
        answer = await browser.post(f"/api/v1/contracts/{contract.id}/{verb}", json=body)
        assert answer.status_code == 404, (verb, answer.text)


async def test_the_sender_cannot_answer_and_a_link_cannot_send(make, signed_in, http):
    member = await make.member()
    contract = await make.sent_contract(member)
    browser = await signed_in(member)
    for path in ("/api/v1/offer", "/api/v1/offer/document", "/api/v1/deliveries"):
        assert (await browser.get(path)).status_code == 403
    seen = {"version": 1, "shown_sha256": "0" * 64}
    for verb, body in (("code", seen), ("decline", {**seen, "reason": "price"})):
        answer = await browser.post(f"/api/v1/offer/{verb}", json=body)
        assert answer.status_code == 403
    link = {"Authorization": f"Link {await token_of(make)}"}
    for path in (f"/api/v1/contracts/{contract.id}", "/api/v1/contracts"):
        assert (await http.get(path, headers=link)).status_code == 403
    assert (
        await http.get("/api/v1/offer", headers={"Authorization": "Link no"})
    ).status_code == 404


@pytest.mark.parametrize(
    "spoil",
    [
        {"title": ""}, {"title": "a\x00b"}, {"milestones": []}, {"currency": "euro"},
        {"state": "signed"}, {"net_minor": 1}, {"kill_fee_bps": 10_001}, {"payment_term_days": 0},
        {"milestones": [{"title": "L", "net": "-1.00", "due_on": "2026-12-18"}]},
        {"milestones": [{"title": "L", "net": "1e9", "due_on": "2026-12-18"}]},
        {"law_region": "<b>"}, {"profession": "spy"},
    ],
)  # fmt: skip
async def test_wrong_input_is_named(make, signed_in, spoil):
    member = await make.member()
    client = await make.organisation(member)
    browser = await signed_in(member)
    answer = await browser.post("/api/v1/contracts", json=draft_of(client, **spoil))
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_scripts_in_links_of_a_delivery_are_refused(make, signed_in):
    member = await make.member()
    contract = await make.signed_contract(member)
    browser = await signed_in(member)
    milestone = (await make.milestones(contract))[0]
    for link in ("javascript:alert(1)", 'https://x.example/"><script>', "ftp://x", "https:// x"):
        answer = await browser.post(
            f"/api/v1/milestones/{milestone.id}/deliveries", json={"note": "x", "links": [link]}
        )
        assert answer.status_code == 400, link


async def test_missing_protections_are_listed_in_the_problem(make, signed_in):
    member = await make.member()
    client = await make.organisation(member, kind="public_body")
    contract = await make.contract(member, client, payment_term_days=40)
    browser = await signed_in(member)
    answer = await browser.post(
        f"/api/v1/contracts/{contract.id}/send",
        json={"typed_name": "M", "consent": True, "version": 1},
        headers={"Idempotency-Key": "missing-protections"},
    )
    assert answer.status_code == 422
    problem = json.loads(answer.text)
    assert problem["code"] == "contract_protections_missing"
    assert problem["findings"][0]["article"] == "article 4(3) and 4(6)"
    assert problem["field"] == "payment_term_days"


async def test_a_rep_reads_what_was_sent(make, signed_in):
    rep = await make.member(roles=["rep"])
    draft, sent = await make.contract(), await make.sent_contract()
    browser = await signed_in(rep)
    assert (await browser.get(f"/api/v1/contracts/{draft.id}")).status_code == 404
    assert (await browser.get(f"/api/v1/contracts/{sent.id}")).status_code == 200
    assert date.fromisoformat((await browser.get(f"/api/v1/contracts/{sent.id}")).json()["terms"]
                              ["milestones"][0]["due_on"]) == date(2026, 12, 18)  # fmt: skip
    assert commands.send_contract.__doc__

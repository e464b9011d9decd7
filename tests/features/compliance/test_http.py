"""The doors: JSON for programs, pages for people, and a public page that names nobody."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from guild.compliance import commands
from guild.compliance.models import Label
from guild.compliance.schemas import ConfirmationIn
from tests.factories import Factories
from tests.features.compliance.scene import GOOD, GRANT, rep, sent


@pytest.fixture
async def granted(make: Factories, as_: Any) -> Any:
    """A granted label with the people behind it."""
    member, first, second = await make.member(), await rep(make), await rep(make)
    contract = await sent(make, member)
    async with as_(make.actor(member)) as work:
        review_id = await commands.open_review(work, contract.id)
    async with as_(make.actor(first)) as work:
        await commands.take_review(work, review_id)
        await commands.record_findings(work, review_id, GOOD)
        await commands.propose_conclusion(work, review_id, GRANT)
    async with as_(make.actor(second)) as work:
        label_id = await commands.confirm_conclusion(work, review_id, ConfirmationIn(agree=True))
        label = await work.session.get_one(Label, label_id)
    return {"member": member, "first": first, "second": second, "review": review_id,
            "label": label_id, "code": label.code, "contract": contract}  # fmt: skip


async def test_the_public_page_names_nobody(granted: Any, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/labels/{granted['code']}")
    assert answer.status_code == 200
    page = answer.text
    assert "This contract keeps the Good Work Code" in page
    assert "4 of 16" in page
    for secret in (
        granted["member"].display_name,
        granted["member"].legal_name,
        granted["contract"].title,
        granted["contract"].number,
        "2,150",
        GOOD.note_to_all,
    ):
        assert secret not in page
    told = (await http.get(f"/api/v1/labels/{granted['code']}")).json()
    assert told["status"] == "granted"
    assert len(told["principles"]) == 8


@pytest.mark.parametrize("path", ["/labels/{}", "/api/v1/labels/{}"])
async def test_an_unknown_label_is_not_found(path: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(path.format("2222222222"))).status_code == 404
    assert (await http.get(path.format("x"))).status_code in {400, 404}


async def test_strangers_get_what_does_not_exist(
    granted: Any, make: Factories, signed_in: Any, http: httpx.AsyncClient
) -> None:
    assert (await http.get("/api/v1/reviews")).status_code == 401
    stranger = await signed_in(await make.member())
    there = await stranger.get(f"/api/v1/reviews/{granted['review']}")
    absent = await stranger.get(f"/api/v1/reviews/{uuid4()}")
    assert (there.status_code, absent.status_code) == (404, 404)
    assert there.json()["code"] == absent.json()["code"] == "review_not_found"
    taken = await stranger.post(f"/api/v1/reviews/{granted['review']}/take")
    assert taken.status_code == 403


async def test_a_review_through_the_interface(make: Factories, signed_in: Any) -> None:
    member, first, second = await make.member(), await rep(make), await rep(make)
    contract = await sent(make, member)
    as_member, as_first, as_second = [await signed_in(p) for p in (member, first, second)]
    asked = await as_member.post("/api/v1/reviews", json={"contract_id": str(contract.id)})
    assert asked.status_code == 201, asked.text
    where = f"/api/v1/reviews/{asked.json()['id']}"
    [line] = (await as_first.get("/api/v1/reviews")).json()
    assert (line["tie"], line["title"], line["late"]) == (False, contract.title, False)
    assert (await as_first.post(f"{where}/take")).json()["state"] == "in_review"
    bare = {"principle": "safety", "threshold": "basic", "verdict": "met"}
    refused = await as_first.put(f"{where}/findings", json={"findings": [bare]})
    assert (refused.status_code, refused.json()["code"]) == (422, "evidence_missing")
    findings = [
        {"principle": f.principle, "threshold": f.threshold, "verdict": f.verdict,
         "evidence": f.evidence}
        for f in GOOD.findings
    ]  # fmt: skip
    put = await as_first.put(f"{where}/findings", json={"findings": findings})
    assert put.status_code == 200, put.text
    proposal = {"outcome": "granted", "reasons": GRANT.reasons}
    proposed = await as_first.post(f"{where}/conclude", json=proposal)
    assert proposed.json()["seconder_id"] == str(second.id)
    done = await as_second.post(f"{where}/confirm", json={"agree": True})
    assert done.json()["state"] == "concluded"
    assert done.json()["label_code"]


async def test_the_rep_works_with_forms_only(make: Factories, signed_in: Any) -> None:
    member, first, second = await make.member(), await rep(make), await rep(make)
    contract = await sent(make, member)
    as_member, as_first, as_second = [await signed_in(p) for p in (member, first, second)]

    async def send(client: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
        token = client.headers["X-CSRF-Token"]
        return await client.post(path, data={"csrf_token": token, **fields})

    asked = await send(as_member, "/reviews", contract_id=str(contract.id))
    assert asked.status_code == 303
    where = asked.headers["location"]
    assert contract.title in (await as_first.get("/reviews")).text
    assert (await send(as_first, f"{where}/take")).status_code == 303
    bare = await send(as_first, f"{where}/findings", safety_result="basic", note_to_all="Kept")
    assert bare.status_code == 422
    assert "<title>Error: " in bare.text
    assert 'href="#safety_evidence"' in bare.text
    assert "Kept" in bare.text
    form = {"private_note": "Between us."}
    for finding in GOOD.findings:
        met = finding.verdict == "met"
        form[f"{finding.principle}_result"] = "advanced" if met else "no_evidence"
        form[f"{finding.principle}_evidence"] = finding.evidence
    assert (await send(as_first, f"{where}/findings", **form)).status_code == 303
    shown = (await as_first.get(where)).text
    assert "Between us." in shown
    told = await send(as_first, f"{where}/conclude", outcome="granted", reasons="It is €3 short.")
    assert (told.status_code, "a sum of money" in told.text) == (422, True)
    proposal = {"outcome": "granted", "reasons": "All is in writing."}
    assert (await send(as_first, f"{where}/conclude", **proposal)).status_code == 303
    assert "Record the answer" in (await as_second.get(where)).text
    assert (await send(as_second, f"{where}/confirm", agree="no")).status_code == 422
    assert (await send(as_second, f"{where}/confirm", agree="yes")).status_code == 303
    assert "Two representatives agreed" in (await as_member.get(where)).text
    assert "Between us." not in (await as_member.get(where)).text


async def test_a_tied_rep_sees_neither_page_nor_content(
    make: Factories, as_: Any, signed_in: Any
) -> None:
    biased = await rep(make)
    contract = await sent(make, biased)
    async with as_(make.actor(biased)) as work:
        await commands.open_review(work, contract.id)
    client = await signed_in(biased)
    inbox = (await client.get("/reviews")).text
    assert "Closed to you" in inbox
    assert contract.title not in inbox


async def test_withdrawing_through_the_interface(granted: Any, signed_in: Any) -> None:
    first, second = [await signed_in(granted[name]) for name in ("first", "second")]
    where = f"/api/v1/labels/{granted['label']}"
    reasons = {"reasons": "Acceptance came too late."}
    proposed = await first.post(f"{where}/withdraw", json=reasons)
    assert (proposed.status_code, proposed.json()["state"]) == (200, "granted")
    assert (await first.post(f"{where}/confirm-withdrawal")).status_code == 403
    assert (await second.post(f"{where}/confirm-withdrawal")).status_code == 204
    shown = await second.get(f"/labels/{granted['code']}")
    assert "This label was withdrawn" in shown.text
    assert "Acceptance came too late." in shown.text

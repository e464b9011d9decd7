"""The fund's doors: JSON and pages, by whom they open."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from guild.core.ids import ClaimId
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from guild.members.models import Member
from guild.mutual_fund import jobs
from tests.conftest import NOON
from tests.factories import Factories
from tests.features.mutual_fund.court import endow

API = "/api/v1"
TODAY = NOON.date()
CLAIM = {
    "kind": "sickness",
    "started_on": (TODAY - timedelta(days=39)).isoformat(),
    "since": (TODAY - timedelta(days=39)).isoformat(),
    "until": TODAY.isoformat(),
    "capacity_lost_percent": 100,
    "statement": "A wrist is broken.",
}


@pytest.fixture
async def people(system: System, make: Factories) -> list[Member]:
    members = [await make.member() for _ in range(6)]
    async with begin_work(system, SYSTEM) as work:
        await work.session.execute(text("UPDATE member SET joined_on = '2024-01-01'"))
        await endow(work, "fund_sickness", 123_456)
    return members


async def file(client: httpx.AsyncClient, key: str = "") -> dict[str, Any]:
    answer = await client.post(
        f"{API}/claims", json=CLAIM, headers={"Idempotency-Key": key or str(uuid4())}
    )
    assert answer.status_code == 201, answer.text
    claim: dict[str, Any] = answer.json()
    return claim


async def test_the_fund_is_exact_for_members_and_rounded_for_all(
    people: list[Member], http: httpx.AsyncClient, signed_in: Any
) -> None:
    client = await signed_in(people[0])
    fund = (await client.get(f"{API}/fund")).json()
    assert fund["holds"] == "1234.56"
    assert fund["pots"][1] == {
        "code": "fund_sickness",
        "title": "Sick pay of members",
        "holds": "1234.56",
        "inflow": "1234.56",
        "outflow": "0.00",
    }
    public = (await http.get(f"{API}/fund/public")).json()
    assert public["holds"] == "1200.00"
    assert (await http.get(f"{API}/fund")).status_code == 401


async def test_a_claim_is_filed_once_per_key_and_needs_one(
    people: list[Member], signed_in: Any
) -> None:
    client = await signed_in(people[0])
    bare = await client.post(f"{API}/claims", json=CLAIM)
    assert bare.status_code in {400, 422}
    first = await file(client, "a-key-of-mine")
    again = await file(client, "a-key-of-mine")
    assert again["id"] == first["id"]
    mine = (await client.get(f"{API}/me/claims")).json()["claims"]
    assert [claim["id"] for claim in mine] == [first["id"]]
    assert (await client.get(f"{API}/claims/{first['id']}")).json()["amount"] == "500.00"


async def test_a_verdict_without_a_reason_is_refused(
    people: list[Member], signed_in: Any, system: System
) -> None:
    client = await signed_in(people[0])
    claim = await file(client)
    async with begin_work(system, SYSTEM) as work:
        await jobs.draw_jury(work, claim_id=ClaimId(UUID(claim["id"])))
    judges = []
    for member in people[1:]:
        other = await signed_in(member)
        cases = (await other.get(f"{API}/jury/claims")).json()["cases"]
        if cases:
            judges.append(other)
    assert len(judges) == 3
    path = f"{API}/claims/{claim['id']}"
    told = await judges[0].post(f"{path}/invitation", json={"accept": True})
    assert told.status_code == 200
    empty = {"outcome": "rejected", "reason_code": "not_covered", "reason": " "}
    assert (await judges[0].post(f"{path}/verdict", json=empty)).status_code in {400, 422}
    full = {**empty, "reason": "The days are not covered."}
    assert (await judges[0].post(f"{path}/verdict", json=full)).status_code == 200
    assert (await client.post(f"{path}/verdict", json=full)).status_code == 403
    proof = await client.get(f"{path}/draw-proof")
    assert len(proof.json()["draws"][0]["jury"]) == 3


async def test_the_pages_lead_through_a_claim(
    people: list[Member], signed_in: Any, system: System, http: httpx.AsyncClient
) -> None:
    public = await http.get("/fund")
    assert "about €1,200.00" in public.text
    client = await signed_in(people[0])
    assert "holds €1,234.56" in (await client.get("/fund")).text
    assert "You are covered" in (await client.get("/claims")).text
    assert "What has happened?" in (await client.get("/claims/new")).text
    form = {name: str(value) for name, value in CLAIM.items()}
    late = {**form, "until": CLAIM["since"]}
    refused = await client.post("/claims", data=late)
    assert refused.status_code == 422
    assert "Error:" in refused.text
    assert "A wrist is broken." in refused.text
    missing = await client.post("/claims", data={**form, "until": ""})
    assert missing.status_code == 422
    done = await client.post("/claims", data=form)
    assert done.status_code == 303
    page = await client.get(done.headers["location"])
    assert "waits for its jury" in page.text
    claim_id = done.headers["location"].rsplit("/", 1)[1]
    async with begin_work(system, SYSTEM) as work:
        await jobs.draw_jury(work, claim_id=ClaimId(UUID(claim_id)))
    verdicts = 0
    for member in people[1:]:
        judge = await signed_in(member)
        if "No claim waits" in (await judge.get("/jury")).text:
            continue
        desk = f"/jury/{claim_id}"
        assert "Will you judge it?" in (await judge.get(desk)).text
        yes = await judge.post(f"{desk}/invitation", data={"accept": "yes"})
        assert yes.headers["location"] == desk
        case = await judge.get(desk)
        assert "A wrist is broken." not in case.text
        reading = case.text.split(f'action="{desk}/read/')[1].split('"')[0]
        read = await judge.post(f"{desk}/read/{reading}")
        assert "A wrist is broken." in read.text
        verdict = {"outcome": "part", "amount": "", "reason_code": "other", "reason": "Some."}
        wrong = await judge.post(f"{desk}/verdict", data=verdict)
        assert wrong.status_code == 422
        right = await judge.post(f"{desk}/verdict", data={**verdict, "amount": "100.00"})
        assert right.status_code == 303
        verdicts += 1
    assert verdicts == 3
    decided = (await client.get(f"/claims/{claim_id}")).text
    assert "granted in part" in decided
    assert decided.count("a juror") == 3
    appealed = await client.post(f"/claims/{claim_id}/appeal", data={"statement": "Once more."})
    assert appealed.status_code == 303


async def test_only_the_offices_hold_advances(people: list[Member], signed_in: Any) -> None:
    client = await signed_in(people[0])
    path = f"{API}/fund/advances/{uuid4()}/hold"
    assert (await client.post(path, json={"reason": "x"})).status_code == 403


async def test_a_treasurer_gets_404_for_an_invoice_the_fund_does_not_know(
    make: Factories, signed_in: Any
) -> None:
    treasurer = await signed_in(await make.member(roles=[Role.TREASURER]))
    path = f"{API}/fund/advances/{uuid4()}/hold"
    assert (await treasurer.post(path, json={"reason": "x"})).status_code == 404


async def test_papers_are_added_by_form_and_read_by_a_rep_as_a_file(
    people: list[Member], make: Factories, signed_in: Any
) -> None:
    client = await signed_in(people[0])
    claim = await file(client)
    path = f"/claims/{claim['id']}"
    pdf = ("note.pdf", b"%PDF-1.7 secret", "application/pdf")
    added = await client.post(f"{path}/papers", data={"health": "yes"}, files={"file": pdf})
    assert added.status_code == 303, added.text
    odd = ("x.html", b"<script>", "text/html")
    assert (await client.post(f"{path}/papers", files={"file": odd})).status_code == 422
    assert "health data for a rep alone" in (await client.get(path)).text
    rep = await signed_in(await make.member(roles=[Role.REP]))
    assert path in (await rep.get("/jury")).text
    listed = (await rep.get(f"{API}/claims/papers")).json()["claims"]
    paper = next(each for each in listed[0]["evidence"] if each["health"])
    taken = await rep.post(f"{path}/papers/{paper['id']}")
    assert taken.content == b"%PDF-1.7 secret"
    assert taken.headers["content-disposition"].startswith("attachment")
    said = await rep.post(f"{path}/papers/{paper['id']}/fits", data={"fits": "yes"})
    assert said.status_code == 303
    assert "a rep says that it fits" in (await client.get(path)).text
    assert "a union rep" in (await client.get(path)).text

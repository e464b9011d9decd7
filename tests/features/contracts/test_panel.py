"""The panel beside a draft, previews, the floor and its waiver, templates: over HTTP."""

import copy
from datetime import date

import msgspec
import pytest

from guild.contracts import commands, queries
from guild.contracts.errors import FloorRate, NothingToAsk
from guild.contracts.rules.floors import Effort, effective, floor_sets
from guild.contracts.schemas import ClauseIn, ContractChange, DealIn, SendIn
from guild.contracts.schemas.papers import AnswerTaskIn, AskRepIn
from guild.core.errors import Invalid
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.governance.commands import adopt_charter, founding_body
from guild.governance.rules import LevyTerms
from guild.mutual_fund.rules.levy import levy_of
from tests.features.contracts.test_protections import terms

SEND = SendIn(typed_name="Mira Member", consent=True, version=1)


def body_of(client, **fields):
    return {
        "client_id": str(client.id), "contact_id": str(client.contacts[0].id), "title": "Drawings",
        "summary": "Ten drawings", "hours_estimate": 20, "payment_term_days": 30,
        "milestones": [{"title": "All", "net": "1000.00", "due_on": "2027-01-29"}], **fields,
    }  # fmt: skip


async def blocking(system) -> None:
    """The members have voted that the floor binds."""
    body = copy.deepcopy(founding_body())
    body["contracts"]["floor_blocks"]["value"] = True
    async with begin_work(system, SYSTEM) as work:
        await adopt_charter(work, body, date(2026, 11, 23))


async def test_the_panel_reckons_what_is_left(make, signed_in):
    member = await make.member()
    contract = await make.contract(member, unpaid_costs="50.00", revision_hours="2.5")
    browser = await signed_in(member)
    panel = (await browser.get(f"/api/v1/contracts/{contract.id}/panel")).json()
    assert panel["hours"] == "25", "20 and two rounds of 2.5"
    assert panel["effective_hourly"] == "38.00"
    assert panel["floor"]["hourly"] == "25.00"
    assert panel["floor"]["met"] is True
    assert [(line["text"], line["amount"]) for line in panel["lines"]] == [
        ("Price before VAT", "1000.00"), ("VAT", None),
        ("Contribution to the mutual fund", "-65.00"), ("Costs nobody pays back", "-50.00"),
        ("What is left for you", "885.00"),
    ]  # fmt: skip
    assert panel["receives"] == "885.00"
    assert panel["guarantee"] is not None
    assert panel["guarantee"]["sentence"]
    assert panel["may_be_sent"] is True
    assert {"eu-2011-7", "be-2002"} <= {one["id"] for one in panel["rules"]}
    draft = (await browser.get(f"/api/v1/contracts/{contract.id}")).json()
    assert "unpaid_costs" not in draft["terms"], "the client never sees them"


async def test_the_levy_of_the_panel_is_that_of_the_fund(make, as_):
    member = await make.member()
    contract = await make.contract(member)
    async with as_(make.actor(member)) as work:
        row = await queries.contract_row(work, contract.id)
        panel = await queries.panel_of(work, row)
        charter = (await queries.checks_of(work, row)).charter_version
    assert charter == 1
    chapter = msgspec.convert({"rate_bps": 650, "pots": {"fund_buffer": 10_000}}, LevyTerms)
    assert panel.receives == f"{(100_000 - levy_of(100_000, chapter)) / 100:.2f}"


async def test_a_preview_writes_nothing(make, signed_in, as_):
    member = await make.member()
    client = await make.organisation(member)
    browser = await signed_in(member)
    for lang, word in (("en", "Rounds of changes"), ("fr", "Tours de modifications"),
                       ("nl", "Correctierondes")):  # fmt: skip
        answer = await browser.post(
            "/api/v1/contract-previews", json=body_of(client, language=lang)
        )
        assert answer.status_code == 200, answer.text
        assert word in answer.json()["document"]
        assert answer.json()["panel"]["language"] == lang
    assert (await browser.get("/api/v1/contracts")).json()["items"] == []


@pytest.mark.parametrize(
    ("deal", "net", "count"),
    [
        ({"kind": "fixed", "price": "900.00", "due_on": "2027-01-29"}, "900.00", 1),
        ({"kind": "time", "unit": "day", "rate": "450.00", "estimate": "3.5", "cap": "2000.00",
          "ends_on": "2027-01-29"}, "1575.00", 1),
        ({"kind": "retainer", "period": "month", "amount": "800.00", "first_on": "2027-01-01",
          "periods": 12, "included": "20 hours of upkeep"}, "9600.00", 12),
        ({"kind": "licence", "fee": "300.00", "starts_on": "2027-01-01"}, "300.00", 1),
    ],
)  # fmt: skip
async def test_each_kind_is_drafted_sent_and_signed(make, signed_in, as_, deal, net, count):
    member = await make.member()
    client = await make.organisation(member)
    given = msgspec.convert(deal, DealIn)
    contract = await make.contract(member, client, milestones=[], deal=given)
    browser = await signed_in(member)
    view = (await browser.get(f"/api/v1/contracts/{contract.id}")).json()
    assert (view["net"], view["kind"]) == (net, deal["kind"])
    signed = await make.signed_contract(member, client, milestones=[], deal=given)
    assert signed.kind == deal["kind"]
    made = await make.milestones(signed)
    assert len(made) == count
    assert sum(one.net_minor for one in made) == signed.net_minor


async def test_a_deal_makes_its_deliveries_itself(make, signed_in):
    member = await make.member()
    client = await make.organisation(member)
    browser = await signed_in(member)
    fixed = {"kind": "fixed", "price": "900.00", "due_on": "2027-01-29"}
    both = await browser.post("/api/v1/contracts", json=body_of(client, deal=fixed))
    assert both.status_code == 422
    assert both.json()["field"] == "milestones"
    none = await browser.post("/api/v1/contracts", json=body_of(client, milestones=[]))
    assert none.status_code == 422
    contract = await make.contract(member, client)
    changed = await browser.patch(f"/api/v1/contracts/{contract.id}", json={"deal": fixed})
    assert changed.status_code == 200, changed.text
    assert changed.json()["net"] == "900.00"
    for bad in ({"kind": "barter"}, {"kind": "fixed"}, {**fixed, "price": "0"},
                {"kind": "time", "unit": "day", "rate": "450.00", "estimate": "10",
                 "cap": "100.00", "ends_on": "2027-01-29"}):  # fmt: skip
        answer = await browser.post(
            "/api/v1/contracts", json=body_of(client, milestones=[], deal=bad)
        )
        assert answer.status_code in {400, 422}, bad


async def test_clauses_are_chosen_with_values_and_bad_ones_named(make, signed_in):
    member = await make.member()
    client = await make.organisation(member)
    browser = await signed_in(member)
    chosen = [{"id": "deposit", "values": {"deposit_bps": 4_000}}, {"id": "ombuds"}]
    made = await browser.post("/api/v1/contracts", json=body_of(client, library=chosen))
    assert made.status_code == 201, made.text
    named = {one["id"]: one for one in made.json()["terms"]["library"]}
    assert named["deposit"]["values"] == {"deposit_bps": 4_000}
    assert "sickness" not in named
    for wrong in ([{"id": "nothing"}], [{"id": "deposit", "values": {"deposit_bps": 1}}],
                  [{"id": "kill_fee", "values": {"kill_fee_bps": 5}}]):  # fmt: skip
        answer = await browser.post("/api/v1/contracts", json=body_of(client, library=wrong))
        assert answer.status_code == 422
        assert answer.json()["field"] == "library"
    listed = (await browser.get("/api/v1/clauses?language=nl")).json()
    assert {"Correctierondes", "Voorschot"} <= {one["heading"] for one in listed}
    assert all(one["missing_in"] == [] for one in listed)


async def test_a_clause_in_another_language_blocks_and_a_reader_of_another_is_warned_of(make, as_):
    member = await make.member()
    client = await make.organisation(member)
    contract = await make.contract(
        member, client, language="nl",
        clauses=(ClauseIn(heading="Chat", text="Le chat dort.", language="fr"),),
    )  # fmt: skip
    async with as_(make.actor(member)) as work:
        checks = await queries.checks_of(work, await queries.contract_row(work, contract.id))
        found = {one.rule: one for one in checks.findings}
        assert found["language/Chat"].outcome == "missing"
        assert found["language/client"].outcome == "warning", "the contact reads English"
        await commands.edit_contract(work, contract.id, ContractChange(language="fr"))
        checks = await queries.checks_of(work, await queries.contract_row(work, contract.id))
        assert "language/Chat" not in {one.rule for one in checks.findings}


async def test_below_the_floor_warns_and_refuses_once_the_members_voted_so(make, as_, system):
    member, rep = await make.member(), await make.member(roles=["rep"])
    contract = await make.contract(member, hours_estimate=50)
    async with as_(make.actor(member)) as work:
        checks = await queries.checks_of(work, await queries.contract_row(work, contract.id))
    floor = next(one for one in checks.findings if one.rule == "floor/hourly")
    assert floor.outcome == "warning"
    assert "1000.00 EUR less 0.00 EUR) by 50 hours is 20.00 EUR" in floor.sentence
    assert "25.00 EUR" in floor.sentence
    await blocking(system)
    async with as_(make.actor(member)) as work:
        with pytest.raises(FloorRate) as refused:
            await commands.send_contract(work, contract.id, SEND)
    assert refused.value.status == 409
    assert refused.value.code == "floor_rate"
    assert "20.00 EUR an hour" in refused.value.detail
    async with as_(make.actor(member)) as work:
        task = await commands.ask_rep(work, contract.id, AskRepIn(kind="floor_waiver"))
    assert task.facts == {"hourly_minor": 2_000, "floor_minor": 2_500, "currency": "EUR"}
    async with as_(make.actor(rep)) as work:
        for day in (None, date(2026, 11, 22), date(2027, 1, 1)):
            with pytest.raises(Invalid):
                said = AnswerTaskIn(outcome="yes", answer="A friend.", expires_on=day)
                await commands.answer_task(work, task.id, said)
    async with as_(make.actor(rep)) as work:
        said = AnswerTaskIn(outcome="yes", answer="Her own book.", expires_on=date(2026, 12, 10))
        await commands.answer_task(work, task.id, said)
    async with as_(make.actor(member)) as work:
        panel = await queries.panel_of(work, await queries.contract_row(work, contract.id))
        assert panel.floor is not None
        assert panel.floor.waived_until == "2026-12-10"
        await commands.edit_contract(work, contract.id, ContractChange(hours_estimate=80))
        with pytest.raises(FloorRate):
            await commands.send_contract(work, contract.id, SEND)
        await commands.edit_contract(work, contract.id, ContractChange(hours_estimate=50))
        assert (await commands.send_contract(work, contract.id, SEND)).state == "sent"


async def test_a_waiver_ends(make, as_, system, clock):
    member, rep = await make.member(), await make.member(roles=["rep"])
    contract = await make.contract(member, hours_estimate=50)
    await blocking(system)
    async with as_(make.actor(member)) as work:
        task = await commands.ask_rep(work, contract.id, AskRepIn(kind="floor_waiver"))
    async with as_(make.actor(rep)) as work:
        said = AnswerTaskIn(outcome="yes", answer="Once.", expires_on=date(2026, 11, 24))
        await commands.answer_task(work, task.id, said)
    clock.advance(days=2)
    async with as_(make.actor(member)) as work:
        with pytest.raises(FloorRate):
            await commands.send_contract(work, contract.id, SEND)


async def test_waivers_are_counted_for_everyone(make, as_, http):
    member, rep = await make.member(), await make.member(roles=["rep"])
    for outcome in ("yes", "no"):
        contract = await make.contract(member, hours_estimate=50)
        async with as_(make.actor(member)) as work:
            task = await commands.ask_rep(work, contract.id, AskRepIn(kind="floor_waiver"))
        async with as_(make.actor(rep)) as work:
            said = AnswerTaskIn(outcome=outcome, answer="So.", expires_on=date(2026, 11, 30))
            await commands.answer_task(work, task.id, said)
    answer = await http.get("/api/v1/floor-waivers")
    assert answer.json() == [{"quarter": "2026-Q4", "granted": 1, "refused": 1}]


async def test_above_the_floor_there_is_nothing_to_waive(make, as_):
    member = await make.member()
    contract = await make.contract(member)
    async with as_(make.actor(member)) as work:
        with pytest.raises(NothingToAsk):
            await commands.ask_rep(work, contract.id, AskRepIn(kind="floor_waiver"))


def test_costs_and_rounds_count_in_an_hour() -> None:
    made = terms(100_000)
    assert effective(made, Effort(hours_hundredths=None)) is None
    rate = effective(made, Effort(hours_hundredths=2_000, revision_hundredths=250, costs_minor=1))
    assert rate is not None
    assert (rate.hourly_minor, rate.hours_hundredths) == (3_999, 2_500), "rounded down"
    costly = effective(made, Effort(hours_hundredths=100, costs_minor=200_000))
    assert costly is not None
    assert costly.hourly_minor == 0


def test_floors_are_dated_with_their_source() -> None:
    for known in floor_sets():
        for one in known.versions:
            assert one.source
            assert one.valid_from
            assert one.hourly_minor > 0


async def test_templates_are_kept_changed_used_and_put_away(make, signed_in):
    member = await make.member()
    client = await make.organisation(member)
    browser, stranger = await signed_in(member), await signed_in(await make.member())
    contract = await make.contract(member, client, kill_fee_bps=4_200)
    path = "/api/v1/contract-templates"
    saved = await browser.post(path, json={"name": "Mine", "contract_id": str(contract.id)})
    assert saved.status_code == 201, saved.text
    one = f"{path}/{saved.json()['id']}"
    assert saved.json()["body"]["kill_fee_bps"] == 4_200
    assert (await browser.post(path, json={"name": "Mine", "body": {}})).status_code == 409
    assert (await browser.post(path, json={"name": "Empty"})).status_code == 422
    assert (await stranger.get(one)).status_code == 404
    assert (await stranger.delete(one)).status_code == 404
    body = {**saved.json()["body"], "revision_rounds": 5}
    changed = await browser.patch(one, json={"version": 1, "body": body})
    assert changed.json()["version"] == 2
    stale = await browser.patch(one, json={"version": 1, "name": "Other"})
    assert stale.status_code == 409
    used = await browser.post(
        "/api/v1/contracts/from-template",
        json={
            "template": saved.json()["id"], "client_id": str(client.id), "title": "Again",
            "contact_id": str(client.contacts[0].id),
            "milestones": [{"title": "All", "net": "500.00", "due_on": "2027-01-29"}],
        },
    )  # fmt: skip
    assert used.status_code == 201, used.text
    assert used.json()["terms"]["revision_rounds"] == 5
    assert used.json()["terms"]["kill_fee_bps"] == 4_200
    listed = (await browser.get(path)).json()
    assert [t["name"] for t in listed if t["own"]] == ["Mine"]
    assert len([t for t in listed if not t["own"]]) >= 5
    assert (await browser.delete(one)).status_code == 204
    assert (await browser.get(one)).status_code == 404


async def test_a_template_speaks_the_clients_language(make, signed_in):
    member = await make.member()
    client = await make.organisation(member)
    browser = await signed_in(member)
    anne = await browser.post(
        f"/api/v1/organisations/{client.id}/contacts",
        json={"name": "Anne", "email": "anne@client.example", "language": "fr"},
    )
    made = await browser.post(
        "/api/v1/contracts/from-template",
        json={
            "template": "illustration", "client_id": str(client.id), "title": "Dessins",
            "contact_id": anne.json()["id"],
            "milestones": [{"title": "Tout", "net": "500.00", "due_on": "2027-01-29"}],
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    assert made.json()["language"] == "fr"
    assert made.json()["terms"]["rights"]["territory"] == "l’Union européenne"


async def test_a_house_template_wants_its_kind(make, signed_in):
    member = await make.member()
    client = await make.organisation(member)
    browser = await signed_in(member)
    given = {
        "template": "software", "client_id": str(client.id), "title": "A site",
        "contact_id": str(client.contacts[0].id),
    }  # fmt: skip
    path = "/api/v1/contracts/from-template"
    assert (await browser.post(path, json=given)).json()["field"] == "deal"
    deal = {"kind": "time", "unit": "hour", "rate": "60.00", "estimate": "40", "cap": "2800.00",
            "ends_on": "2027-02-26"}  # fmt: skip
    made = await browser.post(path, json={**given, "deal": deal})
    assert made.status_code == 201, made.text
    assert (made.json()["kind"], made.json()["net"]) == ("time", "2400.00")
    assert (await browser.post(path, json={**given, "template": "none"})).status_code == 404

"""Amendments: what changes in words, what may not, who signs, and what stays in force meanwhile."""

from datetime import date

import pytest
from sqlalchemy import text

from guild.contracts import commands, queries
from guild.contracts.errors import AmendmentOpen, AmendmentTouchesDone, ProtectionsMissing
from guild.contracts.schemas import (
    ContractChange,
    DeclineIn,
    MilestoneIn,
    SendIn,
    TerminateIn,
    WithdrawIn,
)
from guild.core.errors import IllegalMove, Invalid
from guild.members.queries import known_as
from guild.mutual_fund.models import GuaranteeReservation
from tests.features.mutual_fund.court import endow

DEAR = [
    MilestoneIn(title="Sketches", net="400.00", due_on=date(2026, 12, 18)),
    MilestoneIn(title="Finished work", net="800.00", due_on=date(2027, 2, 8)),
]
CHEAP = [
    MilestoneIn(title="Sketches", net="400.00", due_on=date(2026, 12, 18)),
    MilestoneIn(title="Finished work", net="500.00", due_on=date(2027, 1, 29)),
]


async def amend(make, as_, contract, member, **change):
    async with as_(make.actor(member)) as work:
        return await commands.begin_amendment(work, contract.id, ContractChange(**change))


async def send(make, as_, amendment, member):
    async with as_(make.actor(member)) as work:
        said = SendIn(typed_name=member.legal_name, consent=True, version=amendment.version)
        return await commands.send_contract(work, amendment.id, said)


async def sign(make, as_, amendment, answer):
    said = await answer(amendment)
    async with as_(await make.client_of(amendment)) as work:
        return await commands.sign_contract(work, said)


async def row_of(as_, contract):
    async with as_() as work:
        return await queries.contract_row(work, contract.id)


async def plan_of(make, contract):
    return [(m.title, m.net_minor, m.due_on, m.state) for m in await make.milestones(contract)]


async def test_the_change_is_said_in_words_and_the_old_stays_until_all_signed(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member)
    amendment = await amend(make, as_, contract, member, milestones=DEAR)
    assert amendment.number == f"{contract.number}-A1"
    async with as_(make.actor(member)) as work:
        said = await queries.comparison(work, amendment.id)
        html = (await queries.document_html(work, amendment.id)).decode()
    assert said.changes == [
        "price 1,000.00 EUR → 1,200.00 EUR", "deadline +10 days",
        "Finished work: 600.00 EUR, 29 January 2027 → 800.00 EUR, 8 February 2027",
    ]  # fmt: skip
    assert (said.old.net, said.new.net, said.may_be_sent) == ("1000.00", "1200.00", True)
    assert (said.old.effective_hourly, said.new.effective_hourly) == ("50.00", "60.00")
    assert "price 1,000.00 EUR → 1,200.00 EUR; deadline +10 days" in html
    assert said.parent_sha256 in html
    assert said.old.terms_sha256 == said.parent_sha256
    await send(make, as_, amendment, member)
    assert (await row_of(as_, contract)).net_minor == 100_000
    await sign(make, as_, amendment, answer)
    now = await row_of(as_, contract)
    assert (now.net_minor, now.state, now.version) == (120_000, "signed", 1)
    assert (await row_of(as_, amendment)).state == "applied"
    assert await plan_of(make, contract) == [
        ("Sketches", 40_000, date(2026, 12, 18), "planned"),
        ("Finished work", 60_000, date(2027, 1, 29), "cancelled"),
        ("Finished work", 80_000, date(2027, 2, 8), "planned"),
    ]
    async with as_(make.actor(member)) as work:
        chain = await queries.versions(work, amendment.id)
    assert [(v.number, v.net) for v in chain] == [
        (contract.number, "1000.00"), (amendment.number, "1200.00"),
    ]  # fmt: skip
    assert chain[1].parent_sha256 == chain[0].terms_sha256
    assert chain[1].changes == said.changes
    async with as_(await make.client_of(contract)) as work:
        (agreed,) = await queries.agreed_with(work, await known_as(work))
    assert [copy.number for copy in agreed.copies] == [contract.number, amendment.number]


async def test_the_amended_contract_is_performed_to_its_end(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.accept(contract, member, 1)
    amendment = await amend(make, as_, contract, member, milestones=DEAR)
    await send(make, as_, amendment, member)
    await sign(make, as_, amendment, answer)
    await make.accept(contract, member, 3)
    assert (await row_of(as_, contract)).state == "completed"


async def test_an_amendment_that_takes_out_the_rest_completes_the_contract(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.accept(contract, member, 1)
    amendment = await amend(make, as_, contract, member, milestones=DEAR[:1])
    await send(make, as_, amendment, member)
    await sign(make, as_, amendment, answer)
    assert (await row_of(as_, contract)).state == "completed"


async def test_a_second_amendment_follows_the_first(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member)
    first = await amend(make, as_, contract, member, milestones=DEAR)
    await send(make, as_, first, member)
    await sign(make, as_, first, answer)
    second = await amend(make, as_, contract, member, revision_rounds=5)
    assert second.number.endswith("-A2")
    async with as_(make.actor(member)) as work:
        said = await queries.comparison(work, second.id)
        earlier = await queries.comparison(work, first.id)
    assert said.changes == ["rounds of changes 2 → 5"]
    assert (earlier.old.net, earlier.new.net) == ("1000.00", "1200.00")
    clauses = [one["heading"] for one in second.terms["clauses"]]
    assert clauses.count(f"Amendment of {contract.number}") == 1


@pytest.mark.parametrize("end", ["decline", "withdraw", "expire"])
async def test_what_is_not_signed_leaves_the_original(make, as_, clock, answer, seen, end):
    member = await make.member()
    contract = await make.signed_contract(member)
    before = await plan_of(make, contract)
    amendment = await amend(make, as_, contract, member, milestones=DEAR)
    await send(make, as_, amendment, member)
    if end == "decline":
        said = seen(await answer(amendment))
        async with as_(await make.client_of(amendment)) as work:
            await commands.decline_contract(
                work,
                DeclineIn(version=said.version, shown_sha256=said.shown_sha256, reason="price"),
            )
    elif end == "withdraw":
        async with as_(make.actor(member)) as work:
            await commands.withdraw_contract(work, amendment.id, WithdrawIn())
    else:
        clock.advance(days=30)
        async with as_() as work:
            await commands.expire_offer(work, amendment.id)
    now = await row_of(as_, contract)
    assert (now.net_minor, now.state, now.amended_at) == (100_000, "signed", None)
    assert await plan_of(make, contract) == before
    again = await amend(make, as_, contract, member, milestones=DEAR)
    assert again.number.endswith("-A2")


async def test_one_amendment_at_a_time_and_only_of_what_runs(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    amendment = await amend(make, as_, contract, member)
    with pytest.raises(AmendmentOpen):
        await amend(make, as_, contract, member)
    with pytest.raises(IllegalMove):
        await amend(make, as_, amendment, member)
    draft = await make.contract(member)
    with pytest.raises(IllegalMove):
        await amend(make, as_, draft, member)
    async with as_(make.actor(member)) as work:
        await commands.terminate_contract(work, contract.id, TerminateIn(reason="agreed"))
    assert (await row_of(as_, amendment)).state == "withdrawn"
    with pytest.raises(IllegalMove):
        await amend(make, as_, contract, member)


async def test_another_currency_is_refused(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    with pytest.raises(Invalid, match="EUR"):
        await amend(make, as_, contract, member, currency="USD")


async def test_what_is_delivered_stays_as_it_is(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.deliver(contract, member, 1)
    moved = [MilestoneIn(title="Sketches", net="500.00", due_on=date(2026, 12, 18)), DEAR[1]]
    amendment = await amend(make, as_, contract, member, milestones=moved)
    with pytest.raises(ProtectionsMissing, match="stays as it is"):
        await send(make, as_, amendment, member)


async def test_what_is_delivered_while_it_is_out_stops_the_signature(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member)
    amendment = await amend(make, as_, contract, member, milestones=DEAR)
    await send(make, as_, amendment, member)
    await make.deliver(contract, member, 2)
    with pytest.raises(AmendmentTouchesDone):
        await sign(make, as_, amendment, answer)
    assert (await row_of(as_, contract)).net_minor == 100_000


async def test_before_the_start_a_lower_price_may_be_agreed(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member, starts_on=date(2026, 12, 1))
    amendment = await amend(make, as_, contract, member, milestones=CHEAP)
    await send(make, as_, amendment, member)
    await sign(make, as_, amendment, answer)
    assert (await row_of(as_, contract)).net_minor == 90_000


@pytest.mark.parametrize("change", [
    {"milestones": CHEAP}, {"revision_rounds": 4}, {"rights": "transfer_on_payment"},
    {"milestones": CHEAP[:1]},
])  # fmt: skip
async def test_after_the_start_the_house_refuses(make, as_, change):
    """Less pay, more rounds, more rights; leaving out a whole delivery is no lower pay."""
    member = await make.member()
    contract = await make.signed_contract(member, starts_on=date(2026, 11, 23))
    amendment = await amend(make, as_, contract, member, **change)
    if change == {"milestones": CHEAP[:1]}:
        await send(make, as_, amendment, member)
        return
    with pytest.raises(ProtectionsMissing, match="The work has begun") as refused:
        await send(make, as_, amendment, member)
    assert refused.value.facts["findings"][0]["mend"]


PLACES = {
    "us-nyc": ("US-NY", "New York"), "us-ny": ("US-NY", "Albany"), "us-il": ("US-IL", "Chicago"),
    "us-ca": ("US-CA", "Fresno"), "us-la": ("US-CA", "Los Angeles"),
    "us-columbus": ("US-OH", "Columbus"),
}  # fmt: skip


@pytest.mark.parametrize("law", sorted(PLACES))
async def test_each_jurisdiction_refuses_lower_pay_after_the_start(make, as_, law):
    region, city = PLACES[law]
    member = await make.member()
    client = await make.organisation(
        member, country="US", street="1 Main Street", postcode="10001", city=city
    )
    contract = await make.signed_contract(
        member, client, currency="USD", client_region=region, law_country="US", law_region=region,
        starts_on=date(2026, 11, 23), services_list_due="with each invoice",
        payment_counts_from="completion", client_phone="+1 555 0100", member_phone="+32 2 000",
    )  # fmt: skip
    amendment = await amend(make, as_, contract, member, milestones=CHEAP)
    with pytest.raises(ProtectionsMissing) as refused:
        await send(make, as_, amendment, member)
    rules = {one["rule"] for one in refused.value.facts["findings"]}
    assert f"{law}/after_start_pay" in rules
    if law == "us-ca":
        async with as_(make.actor(member)) as work:
            await commands.edit_contract(
                work, amendment.id,
                ContractChange(
                    milestones=[
                        MilestoneIn(title="Sketches", net="400.00", due_on=date(2026, 12, 18)),
                        MilestoneIn(title="Finished work", net="600.00", due_on=date(2027, 1, 29)),
                    ],
                    revision_rounds=6,
                ),
            )  # fmt: skip
        with pytest.raises(ProtectionsMissing) as refused:
            await send(make, as_, amendment, member)
        rules = {one["rule"] for one in refused.value.facts["findings"]}
        assert {"us-ca/after_start_work", "house/amendment_work"} <= rules


async def test_the_guarantee_follows_the_price(make, as_, answer):
    async with as_() as work:
        await endow(work, "fund_guarantee", 10**6)
    member = await make.member()
    contract = await make.signed_contract(member)
    amendment = await amend(make, as_, contract, member, milestones=DEAR)
    await send(make, as_, amendment, member)
    async with as_() as work:
        held = await work.session.get_one(GuaranteeReservation, amendment.id)
        assert (held.state, held.up_to_minor) == ("held", 20_000)
    await sign(make, as_, amendment, answer)
    async with as_() as work:
        whole = await work.session.get_one(GuaranteeReservation, contract.id)
        part = await work.session.get_one(GuaranteeReservation, amendment.id)
        assert (whole.state, whole.up_to_minor) == ("reserved", 120_000)
        assert part.state == "released"


async def test_the_amendment_is_sealed_like_any_contract(make, as_, answer):
    member = await make.member()
    contract = await make.signed_contract(member)
    amendment = await amend(make, as_, contract, member, milestones=DEAR)
    await send(make, as_, amendment, member)
    await sign(make, as_, amendment, answer)
    for one in (contract, amendment):
        async with as_() as work:
            await commands.seal_contract(work, one.id)
    assert (await row_of(as_, amendment)).sealed_sha256 != (
        (await row_of(as_, contract)).sealed_sha256
    )


async def test_the_database_refuses_other_terms_without_an_amendment(make, as_):
    contract = await make.signed_contract()
    with pytest.raises(Exception, match="stays as it is"):
        async with as_() as work:
            await work.session.execute(
                text("UPDATE contract SET net_minor = 1, amended_at = now() WHERE id = :id"),
                {"id": contract.id},
            )


@pytest.mark.parametrize(("language", "said"), [
    ("fr", "prix 1 000,00 EUR → 1 200,00 EUR; échéance +10 jours"),
    ("nl", "prijs 1.000,00 EUR → 1.200,00 EUR; termijn +10 dagen"),
])  # fmt: skip
async def test_the_words_are_those_of_the_contracts_language(make, as_, language, said):
    member = await make.member()
    contract = await make.signed_contract(member, language=language)
    amendment = await amend(make, as_, contract, member, milestones=DEAR)
    text_of = amendment.terms["clauses"][0]["text"].replace("\u202f", " ").replace("\xa0", " ")
    assert said in text_of


async def test_over_http(http, signed_in, make):
    member = await make.member()
    contract = await make.signed_contract(member)
    stranger = await signed_in(await make.member())
    mine = await signed_in(member)
    path = f"/api/v1/contracts/{contract.id}/amendments"
    assert (await stranger.post(path, json={})).status_code == 404
    begun = await mine.post(path, json={"revision_rounds": 1})
    assert begun.status_code == 201, begun.text
    assert begun.json()["amends_id"] == str(contract.id)
    amendment = begun.json()["id"]
    assert (await mine.post(path, json={})).status_code == 409
    shown = await mine.get(f"/api/v1/contracts/{amendment}/comparison")
    assert shown.json()["changes"] == ["rounds of changes 2 → 1"]
    assert (await mine.get(f"/api/v1/contracts/{contract.id}/comparison")).status_code == 404
    assert (await stranger.get(f"/api/v1/contracts/{amendment}/comparison")).status_code == 404
    chain = await mine.get(f"/api/v1/contracts/{contract.id}/versions")
    assert [one["state"] for one in chain.json()] == ["signed", "draft"]
    assert len((await mine.get("/api/v1/contracts")).json()["items"]) == 1

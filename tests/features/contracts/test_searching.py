"""Finding contracts by words, state, client, day and value."""

import pytest
from sqlalchemy import text

from guild.contracts import queries
from guild.contracts.models.contract import SEARCHED
from guild.contracts.queries import Sieve
from guild.contracts.rules.searching import wanted
from guild.contracts.schemas.drafting import MilestoneIn
from tests.features.contracts.test_working import TODAY


async def found(make, as_, member, **sieve):
    async with as_(make.actor(member)) as work:
        page = await queries.list_contracts(work, Sieve(**sieve), cursor=None, limit=10)
    return [one.number for one in page.items]


@pytest.mark.parametrize(
    ("typed", "beginnings", "phrases"),
    [
        ("Garden", "garden:*", ()),
        ("C-2026-0001", "c:* & 2026:* & 0001:*", ()),
        ("rose's & | ! :*", "", ("rose's", "&", "|", "!", ":*")),
        ("a@b.example été", "été:*", ("a@b.example",)),
        ("", "", ()),
    ],
)
def test_what_is_typed_becomes_a_question(typed, beginnings, phrases):
    asked = wanted(typed)
    assert (asked.beginnings, asked.phrases) == (beginnings, phrases)


async def test_words_are_looked_for_in_title_terms_client_and_number(make, as_):
    member = await make.member()
    bakery = await make.organisation(member, name="Boulangerie Été")
    garden = await make.contract(member, title="Garden posters", summary="With many hollyhocks")
    bread = await make.contract(member, client=bakery, title="Bread wrappers")
    for typed, numbers in {
        "gard": [garden.number],
        "HOLLYHOCK": [garden.number],
        "boulangerie été": [bread.number],
        garden.number: [garden.number],
        "garden bread": [],
        "contact1@client.example": [],
        "'; DROP TABLE contract; --": [],
        "": [bread.number, garden.number],
    }.items():
        assert await found(make, as_, member, search=typed) == numbers, typed


async def test_client_state_days_and_value_narrow_it(make, as_, clock):
    member = await make.member()
    client = await make.organisation(member)
    small = await make.contract(member, client)
    clock.advance(days=3)
    large = await make.sent_contract(
        member, milestones=[MilestoneIn(title="All", net="5000.00", due_on=TODAY.replace(month=12))]
    )
    for sieve, numbers in [
        ({"client_id": client.id}, [small.number]),
        ({"state": "sent"}, [large.number]),
        ({"drafted_to": TODAY}, [small.number]),
        ({"drafted_from": clock.moment.date()}, [large.number]),
        ({"at_least_minor": 100_001}, [large.number]),
        ({"at_most_minor": 100_000, "currency": "EUR"}, [small.number]),
        ({"currency": "USD"}, []),
    ]:
        assert await found(make, as_, member, **sieve) == numbers, sieve


async def test_others_contracts_are_not_found(make, as_):
    await make.contract(title="Garden posters")
    assert await found(make, as_, await make.member(), search="garden") == []


async def test_the_pages_follow_one_another(make, as_, signed_in):
    member = await make.member()
    for number in range(3):
        await make.contract(member, title=f"Garden {number}")
    client = await signed_in(member)
    first = (await client.get("/api/v1/contracts?search=garden&limit=2")).json()
    rest = (
        await client.get(f"/api/v1/contracts?search=garden&limit=2&cursor={first['next_cursor']}")
    ).json()
    titles = [one["title"] for one in first["items"] + rest["items"]]
    assert titles == ["Garden 2", "Garden 1", "Garden 0"]
    assert rest["next_cursor"] is None


async def test_the_index_answers(make, as_):
    await make.contract()
    async with as_() as work:
        for other in ("seqscan", "indexscan", "indexonlyscan"):  # no other has the words
            await work.session.execute(text(f"SET LOCAL enable_{other} = off"))
        plan = await work.session.execute(
            text(f"EXPLAIN SELECT id FROM contract WHERE ({SEARCHED}) @@ "
                 "to_tsquery('simple', 'garden:*')")
        )  # fmt: skip
        assert "ix_contract_searched" in str(plan.all())


async def test_the_page_searches_and_refuses_nonsense(make, signed_in):
    member = await make.member()
    await make.contract(member, title="Garden posters")
    client = await signed_in(member)
    assert "Garden posters" in (await client.get("/contracts?search=post")).text
    assert "Nothing fits" in (await client.get("/contracts?search=bread&at_least=3,50")).text
    assert (await client.get("/contracts?drafted_from=yesterday")).status_code == 422
    assert (await client.get("/contracts?at_least=much")).status_code == 422

"""Rate cards: entered, in force from their day, imported with a dry run, picked in a draft."""

from datetime import date

import pytest

from guild.contracts import commands, queries
from guild.contracts.errors import RateNotFound, RateTaken
from guild.contracts.rules.amounts import amount
from guild.contracts.rules.rate_csv import FIELDS, typed_rows
from guild.contracts.schemas.drafting import ServiceIn
from guild.contracts.schemas.drafting import TimeIn as DealTimeIn
from guild.contracts.schemas.rates import RateImportIn, RateIn
from guild.core.errors import Invalid
from guild.core.tables import read_table, suggested

HEAD = "Fonction;Unité;Tarif;Devise;À partir de"
GOOD = "Illustration;heure;65,00;€;01/12/2026"
ALSO = "Direction artistique;jour;1.250,00;EUR;2026-11-01"


def table(*rows, head=HEAD):
    return "\n".join([head, *rows]) + "\n"


async def add(make, as_, member, **fields):
    data = {"role": "Illustrator", "unit": "hour", "rate": "65.00", **fields}
    async with as_(make.actor(member)) as work:
        return await commands.add_rate(work, RateIn(**data))


async def mine(make, as_, member):
    async with as_(make.actor(member)) as work:
        found = await queries.rates(work, cursor=None, limit=100)
    return [(one.role, one.rate, one.in_force) for one in found.items]


async def test_the_newest_that_has_begun_is_in_force(make, as_, clock):
    member = await make.member()
    await add(make, as_, member, rate="60.00", valid_from=date(2026, 1, 1))
    await add(make, as_, member)
    await add(make, as_, member, rate="70.00", valid_from=date(2027, 1, 1))
    assert await mine(make, as_, member) == [
        ("Illustrator", "60.00", False), ("Illustrator", "65.00", True),
        ("Illustrator", "70.00", False),
    ]  # fmt: skip
    clock.advance(days=60)
    assert [one for _, one, valid in await mine(make, as_, member) if valid] == ["70.00"]
    with pytest.raises(RateTaken):
        await add(make, as_, member, role="ILLUSTRATOR", valid_from=date(2027, 1, 1))


async def test_pages_of_rates_follow_one_another(make, as_):
    member = await make.member()
    for role in ("a", "B", "c"):
        await add(make, as_, member, role=role)
    async with as_(make.actor(member)) as work:
        first = await queries.rates(work, cursor=None, limit=2)
        rest = await queries.rates(work, cursor=first.next_cursor, limit=2)
    assert [one.role for one in first.items + rest.items] == ["a", "B", "c"]
    assert rest.next_cursor is None


async def test_nobody_takes_away_anothers(make, as_):
    member, other = await make.member(), await make.member()
    rate = await add(make, as_, member)
    with pytest.raises(RateNotFound):
        async with as_(make.actor(other)) as work:
            await commands.remove_rate(work, rate.id)
    async with as_(make.actor(member)) as work:
        await commands.remove_rate(work, rate.id)
    assert await mine(make, as_, member) == []


async def test_a_rate_is_picked_for_its_day_and_kept_by_the_draft(make, as_):
    member = await make.member()
    await add(make, as_, member)
    later = await add(make, as_, member, rate="80.00", valid_from=date(2027, 1, 1))
    deal = DealTimeIn(unit="hour", estimate="10", ends_on=date(2027, 3, 1), rate_card="illustrator")
    now = await make.contract(member, deal=deal, milestones=[])
    then = await make.contract(member, deal=deal, milestones=[], starts_on=date(2027, 2, 1))
    assert (now.net_minor, then.net_minor) == (65_000, 80_000)
    assert (then.draft["deal"]["rate"], then.draft["deal"]["rate_card"]) == ("80.00", None)
    async with as_(make.actor(member)) as work:
        await commands.remove_rate(work, later.id)
        view = await queries.contract_view(work, then.id)
    assert view.net == "800.00"


@pytest.mark.parametrize(
    "changed",
    [
        {"rate_card": "Nobody"},
        {"unit": "day"},
        {"rate": "50.00"},
        {"rate_card": None},
    ],
)
async def test_what_cannot_be_picked_is_refused(make, as_, changed):
    member = await make.member()
    await add(make, as_, member)
    deal = {"unit": "hour", "estimate": "10", "ends_on": date(2027, 3, 1),
            "rate_card": "Illustrator"}  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        await make.contract(member, deal=DealTimeIn(**{**deal, **changed}), milestones=[])
    assert refusal.value.field.startswith("deal.rate")


async def test_services_pick_too(make, as_):
    member = await make.member()
    await add(make, as_, member, unit="unit", rate="12.50")
    contract = await make.contract(
        member,
        services=(
            ServiceIn(text="Pictures", value="1000.00", method="unit", rate_card="Illustrator",
                      quantity="80"),
        ),
    )  # fmt: skip
    assert contract.draft["services"][0]["rate"] == "12.50"


def test_columns_and_cells_are_read_as_people_write_them():
    read = read_table(table(GOOD, ALSO, "X;minute;1;EUR;", ";h;;EUR;soon"))
    mapping = suggested(read.header, FIELDS)
    assert mapping == {
        "role": "Fonction", "unit": "Unité", "rate": "Tarif", "currency": "Devise",
        "valid_from": "À partir de",
    }  # fmt: skip
    good, also, minute, empty = typed_rows(read, mapping)
    assert (good.rate.rate, good.rate.currency, good.rate.valid_from) == (
        "65.00", "EUR", date(2026, 12, 1),
    )  # fmt: skip
    assert (also.rate.unit, also.rate.rate) == ("day", "1250.00")
    assert [field for field, _ in minute.wrong] == ["unit"]
    assert [field for field, _ in empty.wrong] == ["role", "rate", "valid_from"]
    assert amount("1 250,5") == "1250.5"


async def test_an_import_is_tried_first_and_all_or_nothing(make, as_):
    member = await make.member()
    bad = "Wrong;hour;65,0000;EUR;"
    async with as_(make.actor(member)) as work:
        tried = await commands.import_rates(work, RateImportIn(csv=table(GOOD, ALSO, bad, GOOD)))
    assert (tried.dry_run, tried.new, tried.known, tried.wrong) == (True, 2, 1, 1)
    assert await mine(make, as_, member) == []
    with pytest.raises(Invalid, match="line 4"):
        async with as_(make.actor(member)) as work:
            await commands.import_rates(
                work, RateImportIn(csv=table(GOOD, ALSO, bad), dry_run=False)
            )
    async with as_(make.actor(member)) as work:
        done = await commands.import_rates(
            work, RateImportIn(csv=table(GOOD, ALSO, bad), dry_run=False, skip_wrong=True)
        )
        again = await commands.import_rates(
            work, RateImportIn(csv=table(GOOD, GOOD.replace("65", "66")))
        )
    assert done.new == 2
    assert (again.known, again.wrong) == (1, 1)
    assert await mine(make, as_, member) == [
        ("Direction artistique", "1250.00", True), ("Illustration", "65.00", False),
    ]  # fmt: skip


async def test_the_pages(make, signed_in):
    member = await make.member()
    client = await signed_in(member)
    assert "No rate yet" in (await client.get("/rates")).text
    refused = await client.post("/rates", data={"role": "Illustrator", "unit": "hour"})
    assert refused.status_code == 422
    await client.post("/rates", data={"role": "Illustrator", "unit": "hour", "rate": "65,00"})
    page = (await client.get("/rates")).text
    assert "Valid today" in page
    shown = await client.post("/rates/import", files={"file": ("r.csv", table(ALSO).encode())})
    assert "Enter 1 rate<" in shown.text
    mapping = {"mapping.role": "Fonction", "mapping.unit": "Unité", "mapping.rate": "Tarif"}
    done = await client.post(
        "/rates/import/rows", data={"csv": table(ALSO), "do": "import", **mapping}
    )
    assert "1 rate was entered" in done.text
    wrong = await client.post("/rates/import", files={"file": ("r.csv", b"")})
    assert wrong.status_code == 422
    listed = (await client.get("/api/v1/rates")).json()["items"]
    assert [one["role"] for one in listed] == ["Direction artistique", "Illustrator"]
    assert (await client.delete(f"/api/v1/rates/{listed[0]['id']}")).status_code == 204


async def test_a_draft_is_begun_with_a_picked_rate(make, as_, signed_in):
    member = await make.member()
    await add(make, as_, member)
    made = await make.organisation(member)
    client = await signed_in(member)
    page = await client.get("/contracts/new?template=software")
    names = {"deal_unit": "hour", "deal_rate_card": "Illustrator", "deal_estimate": "10",
             "deal_ends_on": "2027-03-01"}  # fmt: skip
    assert page.status_code == 200
    began = await client.post(
        "/contracts/new",
        data={"template": "software", "who": f"{made.id}/{made.contacts[0].id}", "title": "Code",
              "currency": "EUR", "kind": "time", **names},
    )  # fmt: skip
    assert began.status_code == 303, began.text
    draft = await client.get(began.headers["location"])
    assert "65.00" in draft.text
    assert "Illustrator: 65.00 EUR an hour" in draft.text

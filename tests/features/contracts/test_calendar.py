"""Deadlines of a person: as a list, a page, and an iCalendar file under a secret address."""

from datetime import date, timedelta

from icalendar import Calendar
from sqlalchemy import select

from guild.contracts import commands, queries
from guild.contracts.models import CalendarFeed
from guild.contracts.schemas import TerminateIn
from guild.contracts.schemas.ending import CaseIn


async def deadlines(make, as_, member):
    async with as_(make.actor(member)) as work:
        return [(one.kind, one.day) for one in await queries.my_deadlines(work)]


async def test_each_step_of_a_contract_has_its_day(make, as_):
    member = await make.member()
    sent = await make.sent_contract(member)
    assert [kind for kind, _ in await deadlines(make, as_, member)] == ["client_answer"]
    contract = await make.signed_contract(member)
    assert ("delivery", date(2026, 12, 18)) in await deadlines(make, as_, member)
    await make.deliver(contract, member)
    found = await deadlines(make, as_, member)
    assert ("silence_accepts", date(2026, 12, 7)) in found
    assert ("delivery", date(2026, 12, 18)) not in found
    async with as_(await make.client_of(contract, "delivery")) as work:
        await commands.open_case(work, None, CaseIn(matter="delivery", text="Not so"))
    async with as_(make.actor(member)) as work:
        await commands.terminate_contract(
            work, contract.id, TerminateIn(reason="agreed", note="Enough")
        )
    kinds = {kind for kind, _ in await deadlines(make, as_, member)}
    assert kinds == {
        "client_answer", "notice_ends", "statement_answer", "dispute_answer", "dispute_decision",
    }  # fmt: skip
    assert sent.state == "sent"


async def test_unpaid_invoices_are_due(make, as_):
    member = await make.member()
    await make.issued_invoice(member)
    assert ("payment_due", date(2026, 12, 23)) in await deadlines(make, as_, member)


async def test_nobody_sees_the_deadlines_of_another(make, as_):
    member, other = await make.member(), await make.member(roles=["rep"])
    await make.signed_contract(member)
    assert await deadlines(make, as_, other) == []


async def test_the_feed_is_read_by_a_parser_and_stays_the_same_event(
    make, as_, http, signed_in, clock
):
    member = await make.member()
    contract = await make.sent_contract(member, title="Zwölf Bilder; groß, bunt")
    client = await signed_in(member)
    made = (await client.post("/api/v1/calendar-feed")).json()
    path = made["url"].partition("/calendar/")[1:]
    answer = await http.get("".join(path))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["cache-control"] == "no-store"
    calendar = Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    assert event["summary"] == f"Last day to answer offer {contract.number}"
    assert "Zwölf Bilder; groß, bunt" in event["description"]
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(days=1)
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    clock.advance(hours=5)
    (again,) = Calendar.from_ical((await http.get("".join(path))).content).walk("VEVENT")
    assert again["uid"] == event["uid"]


async def test_an_address_is_secret_replaced_and_revoked(make, as_, http, signed_in):
    member = await make.member()
    client = await signed_in(member)
    assert (await client.get("/api/v1/calendar-feed")).json() == {"made_at": None, "url": None}
    first = (await client.post("/api/v1/calendar-feed")).json()["url"]
    second = (await client.post("/api/v1/calendar-feed")).json()["url"]
    old, new = ("/calendar/" + url.rpartition("/")[2] for url in (first, second))
    assert (await http.get(old)).status_code == 404
    assert (await http.get(new)).status_code == 200
    assert (await client.get("/api/v1/calendar-feed")).json()["url"] is None
    async with as_() as work:
        rows = await work.session.scalars(select(CalendarFeed.token_hash))
        assert all(len(one) == 32 for one in rows)
    assert (await client.delete("/api/v1/calendar-feed")).status_code == 204
    assert (await http.get(new)).status_code == 404
    assert (await http.get("/calendar/nothing.ics")).status_code == 404


async def test_the_page_shows_the_address_once(make, as_, signed_in):
    member = await make.member()
    contract = await make.signed_contract(member)
    client = await signed_in(member)
    page = await client.get("/deadlines")
    assert f"/contracts/{contract.id}" in page.text
    made = await client.post("/deadlines/address", data={})
    assert "/calendar/" in made.text
    assert "/calendar/" not in (await client.get("/deadlines")).text
    await client.post("/deadlines/address/revoke", data={})
    assert "Make an address" in (await client.get("/deadlines")).text

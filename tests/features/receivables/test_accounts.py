"""Statements, ageing and payment profiles, over HTTP and as pages, for each kind of person."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from guild.core.errors import Forbidden
from guild.receivables import commands, queries
from guild.receivables.errors import NotContested
from guild.receivables.rules.overdue import bucket_of
from guild.receivables.schemas import ObjectionIn, ProfileReplyIn, ProfileSettleIn, WriteOffIn
from tests.conftest import Clock, SignIn
from tests.factories import Factories
from tests.features.receivables.scene import Scene, problem

API = "/api/v1"


def test_the_due_day_is_not_late() -> None:
    due = date(2026, 11, 23)
    late = [0, 1, 30, 31, 60, 61, 90, 91]
    assert [bucket_of(due, due + timedelta(days=days)) for days in late] == [
        "not_due", "days_1_30", "days_1_30", "days_31_60", "days_31_60", "days_61_90",
        "days_61_90", "days_over_90",
    ]  # fmt: skip


async def test_a_statement_closes_on_what_is_open(scene: Scene) -> None:
    await scene.pay("410.00", date(2026, 11, 23))
    await scene.another()
    async with scene.by(scene.member) as work:
        shown = await queries.statement_of(
            work, scene.client.id, "EUR", date(2026, 1, 1), date(2026, 12, 31)
        )
        assert [line.kind for line in shown.lines] == [
            "invoice_issued", "payment_recorded", "invoice_issued",
        ]  # fmt: skip
        assert (shown.opening, shown.closing) == ("0.00", "2010.00")
        assert queries.statement_csv(shown).decode().count("\r\n") == 6
        assert (await queries.statement_pdf(work, shown, "nl")).startswith(b"%PDF-")
        later = await queries.statement_of(
            work, scene.client.id, "EUR", date(2026, 11, 24), date(2026, 12, 31)
        )
        assert (later.opening, later.lines, later.closing) == ("2010.00", [], "2010.00")


async def test_ageing_by_day_and_person(scene: Scene, clock: Clock, make: Factories) -> None:
    foreign = await make.issued_invoice()
    await scene.pay("210.00", date(2026, 11, 23))
    clock.advance(days=30 + 40)
    await scene.pay("500.00", date(2027, 1, 15))
    async with scene.by(scene.member) as work:
        shown = await queries.ageing(work)
        (row,) = shown.rows
        assert (row.days_31_60, row.total, row.not_due) == ("500.00", "500.00", "0.00")
        then = await queries.ageing(work, as_of=date(2026, 12, 31))
        assert (then.rows[0].days_1_30, then.rows[0].total) == ("1000.00", "1000.00")
        assert (await queries.ageing(work, as_of=date(2026, 11, 1))).rows == []
    async with scene.by(scene.treasurer) as work:
        whole = await queries.ageing(work, limit=1)
        assert whole.totals[0].total == "1710.00"
        assert whole.totals[0].clients == 2
        assert whole.next_cursor is not None
        rest = await queries.ageing(work, limit=1, cursor=whole.next_cursor)
        assert (rest.rows[0].total, rest.next_cursor) == ("500.00", None)
        assert b"1210.00" in queries.ageing_csv(whole)
    assert foreign


async def test_the_plan_of_ageing_uses_the_index(scene: Scene) -> None:
    async with scene.house() as work:
        # It alone has the rows in the order that is wanted; nothing hangs on what the server knows.
        for other in ("seqscan", "bitmapscan", "sort", "incremental_sort", "hashagg"):
            await work.session.execute(text(f"SET LOCAL enable_{other} = off"))
        rows = await work.session.execute(
            text(
                "EXPLAIN SELECT client_id, currency, sum(total_minor + rounding_minor - paid_minor"
                " - credited_minor + refundable_minor) FROM invoice i WHERE i.state IN "
                "('issued', 'partly_paid') AND i.kind = 'invoice' GROUP BY client_id, currency"
            )
        )
        assert "ix_invoice_open" in "\n".join(row[0] for row in rows)


async def test_a_profile_needs_invoices_of_three_members(
    scene: Scene, clock: Clock, make: Factories
) -> None:
    invoices = [scene.invoice_id, await scene.another()]
    for _ in range(2):
        colleague = await make.member()
        same = await make.organisation(colleague, vat_number="BE0403019261")
        invoices.append(await make.issued_invoice(colleague, same))
    async with scene.by(scene.member) as work:
        few = await queries.payment_profile(work, scene.client.id)
        assert (few.enough, few.median_days) == (False, None)
        assert "Not enough data yet" in few.note
    fifth = await scene.another()
    for place, invoice_id in enumerate([*invoices, fifth]):
        await scene.pay("1210.00", date(2026, 12, 3) + timedelta(days=10 * place), invoice_id)
    clock.advance(days=90)
    async with scene.by(scene.member) as work:
        hidden = await queries.payment_profile(work, scene.client.id)
        assert (hidden.enough, hidden.median_days) == (False, None)
        assert "told of its figures first" in hidden.note
    await told_once(scene)
    clock.advance(days=13)
    async with scene.by(scene.member) as work:
        assert not (await queries.payment_profile(work, scene.client.id)).enough
    clock.advance(days=1)
    async with scene.by(scene.member) as work:
        shown = await queries.payment_profile(work, scene.client.id)
        assert (shown.enough, shown.median_days, shown.ninetieth_days) == (True, 30, 50)
        assert (shown.on_time_percent, shown.invoices) == (60, 5)
    clock.set(datetime(2029, 3, 1, tzinfo=UTC))
    async with scene.by(scene.member) as work:
        assert not (await queries.payment_profile(work, scene.client.id)).enough


async def told_once(scene: Scene) -> None:
    """The job tells the client fourteen days ahead, once, whoever of the members has it."""
    for _ in range(2):
        async with scene.house() as work:
            await commands.tell_of_profile(work, scene.client.id)
    told = [one for one in await scene.make.letters() if "will see of how you pay" in one.subject]
    assert len(told) == 1
    assert "30 days" in told[0].text
    async with scene.by(await scene.contact()) as work:
        own = await queries.payment_profile(work, scene.client.id)
        assert (own.enough, own.median_days) == (True, 30)


async def test_contested_figures_are_settled_by_a_treasurer(scene: Scene) -> None:
    wanted = ProfileSettleIn(outcome="confirmed", reason="Compared with five invoices")
    async with scene.by(scene.treasurer) as work:
        with pytest.raises(NotContested):
            await commands.settle_profile(work, scene.client.id, wanted)
    async with scene.by(await scene.contact()) as work:
        said = ProfileReplyIn(text="We pay on the day", contested=True)
        await commands.reply_to_profile(work, scene.invoice_id, said)
    async with scene.by(scene.member) as work:
        assert (await queries.payment_profile(work, scene.client.id)).contested
        with pytest.raises(Forbidden):
            await commands.settle_profile(work, scene.client.id, wanted)
    async with scene.by(scene.treasurer) as work:
        await commands.settle_profile(work, scene.client.id, wanted)
        shown = await queries.payment_profile(work, scene.client.id)
        assert (shown.contested, shown.settled, shown.reply) == (
            False, "confirmed", "We pay on the day",
        )  # fmt: skip
    assert any("figures were checked" in one.subject for one in await scene.make.letters())


async def test_the_account_speaks_the_language_of_the_invoice(
    scene: Scene, http: httpx.AsyncClient
) -> None:
    """Four languages, and an objection to one line by the form."""
    said = {"en": "Object", "fr": "Contester", "nl": "Betwisten", "de": "Beanstanden"}
    for place, (lang, word) in enumerate(said.items()):
        head = 4_030_200 + place
        number = f"0{head}{97 - head % 97:02}"
        client = await scene.make.organisation(
            scene.member, language=lang, vat_number=f"BE{number}", enterprise_number=number
        )
        invoice_id = await scene.make.issued_invoice(scene.member, client)
        token = await scene.make.link(client.contacts[0].id, invoice_id, purpose="invoice")
        headers = {"Authorization": f"Link {token}"}
        shown = await http.get("/invoice/account", headers=headers)
        assert shown.status_code == 200, shown.text
        assert f'lang="{lang}"' in shown.text
        assert f">{word}</h2>" in shown.text
        paper = (await http.get("/invoice", headers=headers)).text
        assert f'lang="{lang}"' in paper
        assert re.search(f">{word}[^<]*</a>", paper), "the invoice leads there in the same words"
        wrong = await http.post(
            "/invoice/account/promise", headers=headers, data={"pay_by": "soon"}
        )
        assert wrong.status_code == 422, wrong.text
        told = {"en": "Pay by", "fr": "Choisissez un jour", "nl": "Kies een dag",
                "de": "Wählen Sie einen Tag"}  # fmt: skip
        assert told[lang] in wrong.text
    form = {"reason_code": "incomplete", "text": "Sketches", "line-1": "yes"}
    sent = await http.post(
        "/invoice/account/object", data=form, files={"none": b""}, headers=headers
    )
    assert sent.status_code in {200, 303}, sent.text
    again = await http.get("/invoice/account", headers=headers)
    assert "484,00" in again.text
    assert "Wartet auf Antwort" in again.text


async def test_the_client_over_http(scene: Scene, http: httpx.AsyncClient) -> None:
    headers = await scene.link_headers()
    shown = (await http.get(f"{API}/invoice/receivable", headers=headers)).json()
    assert (shown["open"], shown["due"]) == ("1210.00", "1210.00")
    wrong = {"reason_code": "because", "text": "No"}
    refused = await http.post(f"{API}/invoice/objections", json=wrong, headers=headers)
    assert refused.status_code in {400, 422}
    said = {"reason_code": "amount", "text": "Too much", "amount": "121.00"}
    made = await http.post(f"{API}/invoice/objections", json=said, headers=headers)
    assert made.status_code == 201, made.text
    again = await http.post(f"{API}/invoice/objections", json=said, headers=headers)
    assert again.json() == made.json()
    promised = await http.post(
        f"{API}/invoice/promises", json={"pay_by": "2026-12-01"}, headers=headers
    )
    assert promised.json()["promised_until"] == "2026-12-01"
    statement = await http.get(f"{API}/invoice/statement", headers=headers)
    assert statement.json()["closing"] == "1210.00"
    table = await http.get(f"{API}/invoice/statement/csv", headers=headers)
    assert table.headers["content-type"].startswith("text/csv")
    ended = await http.post(
        f"{API}/invoice/objections/ruling", json={"outcome": "withdraw"}, headers=headers
    )
    assert ended.json()["state"] == "withdrawn"
    replied = await http.post(
        f"{API}/invoice/payment-profile", json={"text": "We pay monthly", "contested": True},
        headers=headers,
    )  # fmt: skip
    assert (replied.json()["contested"], replied.json()["reply"]) == (True, "We pay monthly")


async def test_strangers_see_nothing(scene: Scene, signed_in: SignIn, make: Factories) -> None:
    stranger: Any = await signed_in(await make.member())
    for path in (
        f"/invoices/{scene.invoice_id}/receivable", f"/invoices/{scene.invoice_id}/reminders",
        f"/invoices/{scene.invoice_id}/interest", f"/clients/{scene.client.id}/statement",
        f"/clients/{scene.client.id}/payment-profile",
    ):  # fmt: skip
        assert (await stranger.get(API + path)).status_code == 404
    answer = await stranger.put(f"{API}/receivables/reminder-rules", json={})
    assert answer.status_code in {400, 403, 422}
    keyed = {"Idempotency-Key": "a-stranger-asks"}
    tried = await stranger.post(
        f"{API}/invoices/{scene.invoice_id}/write-offs",
        json={"reason_code": "settlement", "reason": "Because"}, headers=keyed,
    )  # fmt: skip
    assert problem(tried) == (404, "invoice_not_found")


async def test_the_pages(scene: Scene, signed_in: SignIn, http: httpx.AsyncClient) -> None:
    async with scene.by(await scene.contact()) as work:
        await commands.object_to(
            work, scene.invoice_id, ObjectionIn(reason_code="amount", text="A lot", amount="10.00")
        )
    async with scene.by(scene.member) as work:
        await commands.ask_write_off(
            work, await scene.another(), WriteOffIn(reason_code="settlement", reason="We agreed")
        )
    member: Any = await signed_in(scene.member)
    treasurer: Any = await signed_in(scene.treasurer)
    rep: Any = await signed_in(scene.rep)
    accept = {"Accept": "text/html"}
    desk = await treasurer.get("/receivables", headers=accept)
    assert desk.status_code == 200
    assert "Give it up" in desk.text
    for path in (
        "/receivables", f"/receivables/invoices/{scene.invoice_id}",
        f"/receivables/clients/{scene.client.id}", "/objections",
    ):  # fmt: skip
        shown = await member.get(path, headers=accept)
        assert shown.status_code == 200, shown.text[:500]
        assert shown.text.count("<h1") == 1
    assert "Take it up" in (await rep.get("/objections", headers=accept)).text


async def test_the_clients_page(scene: Scene, http: httpx.AsyncClient) -> None:
    headers = {**await scene.link_headers(), "Accept": "text/html"}
    shown = await http.get("/invoice/account", headers=headers)
    assert shown.status_code == 200, shown.text[:800]
    assert "€1,210.00 to pay" in shown.text
    assert re.search(r'<form action="/invoice/account/object"', shown.text)
    assert "Nothing yet: figures are shown from" in shown.text

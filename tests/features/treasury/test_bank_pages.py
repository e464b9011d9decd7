"""The bank pages and routes as a treasurer uses them in a browser without JavaScript."""

import re
from typing import Any
from uuid import uuid4

import httpx

from guild.core.permissions import Role
from guild.core.work import begin_work
from guild.treasury import queries
from tests.camt import Move
from tests.conftest import SignIn
from tests.features.treasury.conftest import COOP_IBAN, Desk
from tests.features.treasury.test_confirming import pays, row
from tests.features.treasury.test_importing import FEE, IN, as_csv

API = "/api/v1"


def token(html: str) -> dict[str, str]:
    """The hidden field that every form carries."""
    found = re.search(r'name="(\w*csrf\w*)" value="([^"]+)"', html)
    assert found, html[:500]
    return {found[1]: found[2]}


async def send(client: httpx.AsyncClient, path: str, shown: str, **data: Any) -> httpx.Response:
    return await client.post(path, data={**token(shown), **data})


async def ok(answer: httpx.Response) -> Any:
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def test_a_csv_is_looked_at_mapped_and_imported(desk: Desk, signed_in: SignIn) -> None:
    browser = await signed_in(desk.treasurers[0])
    shown = (await browser.get("/treasury")).text
    assert "Look at it first" in shown
    answer = await browser.post(
        "/treasury/uploads",
        data=token(shown),
        files={"statement": ("bank.csv", as_csv(desk, IN, FEE), "text/csv")},
    )
    assert answer.status_code == 303, answer.text
    upload = answer.headers["location"]
    shown = (await browser.get(upload)).text
    assert "What do these columns mean?" in shown
    assert "Structured" in shown
    mapping = {
        "account_id": str(desk.account_id), "name": "Web", "booked_on": "Date", "amount": "Amount",
        "counterparty": "Name", "counterparty_iban": "IBAN", "structured": "Structured",
        "text0": "Text", "date_format": "YYYY-MM-DD", "decimal": ".", "delimiter": ",",
        "encoding": "utf-8",
    }  # fmt: skip
    broken = await send(browser, f"{upload}/mapping", shown, **{**mapping, "amount": ""})
    assert broken.status_code == 422
    assert "one column of amounts" in broken.text
    saved = await send(browser, f"{upload}/mapping", shown, **mapping)
    assert saved.status_code == 303, saved.text
    shown = (await browser.get(upload)).text
    assert "2 new entries to import" in shown
    gone = await send(browser, f"{upload}/import", shown)
    assert gone.status_code == 303, gone.text
    assert (await browser.get(upload)).status_code == 404
    assert "Proef" in (await browser.get("/treasury/entries", params={"q": "proef"})).text
    none = await browser.get("/treasury/entries", params={"least": "5000"})
    assert "No entry fits" in none.text
    wrong = await browser.get("/treasury/entries", params={"since": "yesterday"})
    assert wrong.status_code == 200
    assert "put right" in wrong.text


async def test_several_invoices_undo_and_the_proof_in_the_browser(
    desk: Desk, signed_in: SignIn
) -> None:
    first = await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))
    second = await row(desk, await desk.invoice("500.00", "Proef & Zoon bv", again=True))
    said = f"Invoices {first.number} and {second.number}"
    await desk.bring_in(desk.statement(pays(181_500, None, "Proef & Zoon", text=said)))
    browser = await signed_in(desk.treasurers[0])
    (entry,) = (await ok(await browser.get(f"{API}/bank-entries")))["items"]
    path = f"/treasury/entries/{entry['id']}"
    shown = (await browser.get(path)).text
    assert "Several invoices" in shown
    assert "ask for exactly this amount" in shown
    parts = {f"part-{first.id}": "1210,00", f"part-{second.id}": "605.00"}
    done = await send(browser, f"{path}/split", shown, **parts)
    assert done.status_code == 303, done.text
    listed = (await browser.get("/treasury/entries")).text
    assert f"{first.number}" in listed, "a confirmed entry says what it is"
    shown = (await browser.get(path)).text
    assert "Ask to undo it" in shown
    assert (await send(browser, f"{path}/undo", shown, undo_reason="")).status_code == 422
    asked = await send(browser, f"{path}/undo", shown, undo_reason="Another client")
    assert asked.status_code == 303
    assert "another person decides" in (await browser.get(path)).text
    other = await signed_in(desk.treasurers[1])
    shown = (await other.get(path)).text
    (undo,) = await ok(await other.get(f"{API}/bank-undos"))
    decided = await send(other, f"{path}/undos/{undo['id']}", shown, decision="approve")
    assert decided.status_code == 303, decided.text
    assert "What is this" in (await other.get(path)).text
    proof = await other.get(f"/treasury/reconciliation/{desk.account_id}")
    assert "books and bank agree" in proof.text
    table = await other.get(f"{API}/bank-accounts/{desk.account_id}/reconciliations.csv")
    assert "agrees" in table.text
    assert await desk.wrong() == []


async def test_a_rule_is_written_tried_and_switched_on_in_the_browser(
    desk: Desk, signed_in: SignIn
) -> None:
    await desk.bring_in(desk.statement(Move(cents=-1_250, reference="F1", text="Beheerskosten")))
    browser = await signed_in(desk.treasurers[0])
    shown = (await browser.get("/treasury/rules")).text
    rule = {"name": "Fee", "sign": "out", "text": "beheerskosten", "do": "book",
            "account": "bank_fees", "note": "Account fee", "position": "10"}  # fmt: skip
    empty = await send(browser, "/treasury/rules", shown, **{**rule, "text": ""})
    assert empty.status_code == 422
    assert "everything" in empty.text
    made = await send(browser, "/treasury/rules", shown, **rule)
    assert made.status_code == 303, made.text
    shown = (await browser.get(made.headers["location"])).text
    assert "It would have matched 1 entry" in shown
    on = await send(browser, f"{made.headers['location']}/switch", shown, to="on", matched="1")
    assert on.status_code == 303, on.text
    assert "1 rule explains" in (await browser.get("/treasury/rules")).text
    shown = (await browser.get(made.headers["location"])).text
    changed = await send(browser, f"{made.headers['location']}/change", shown, **rule)
    assert changed.status_code == 303, changed.text
    assert "version 2" in (await browser.get(changed.headers["location"])).text


async def test_the_same_over_the_api(desk: Desk, signed_in: SignIn) -> None:
    client = await signed_in(desk.treasurers[0])
    file = as_csv(desk, IN, FEE)
    seen = await ok(await client.post(f"{API}/bank-uploads", content=file))
    assert (seen["format"], seen["mapping"]) == ("csv", None)
    body = {"account_id": str(desk.account_id), "name": "Web", "upload_id": seen["id"],
            "mapping": {**seen["guess"], "date_format": "YYYY-MM-DD"}}  # fmt: skip
    await ok(await client.post(f"{API}/csv-mappings", json=body))
    (mapping,) = await ok(await client.get(f"{API}/csv-mappings"))
    again = await ok(await client.get(f"{API}/bank-uploads/{seen['id']}"))
    assert again["statements"][0]["new_entries"] == 2
    key = {"Idempotency-Key": str(uuid4())}
    came = await ok(await client.post(f"{API}/bank-uploads/{seen['id']}/import", headers=key))
    assert came["new_entries"] == 2
    found = await ok(
        await client.get(f"{API}/bank-entries", params={"q": "proef", "amount_from": "1000"})
    )
    assert len(found["items"]) == 1
    assert (await ok(await client.get(f"{API}/bank-pending"))) == []
    assert (await client.delete(f"{API}/csv-mappings/{mapping['id']}")).status_code == 204
    none = await client.post(f"{API}/bank-statements", content=b"%PDF-1.7",
                             headers={"Idempotency-Key": str(uuid4())})  # fmt: skip
    assert (none.status_code, none.json()["code"]) == (422, "statement_unreadable")


async def test_another_account_is_kept_by_a_form(desk: Desk, signed_in: SignIn) -> None:
    """What is wrong stands at its field, with what was typed; nothing is half kept."""
    browser = await signed_in(desk.treasurers[0])
    shown = (await browser.get("/treasury")).text
    typed = {"name": "Savings", "iban": "BE62 5100 0754 7061", "currency": "EUR",
             "opened_on": "2026-11-01", "opening_balance": "1 250,50"}  # fmt: skip
    wrongs = {
        "iban": ("BE62 5100 0754 7062", COOP_IBAN),
        "opening_balance": ("1.250,505", "much"),
        "opened_on": ("", "1 November"),
        "name": ("", "  "),
    }
    for field, values in wrongs.items():
        for value in values:
            answer = await send(browser, "/treasury/accounts", shown, **{**typed, field: value})
            assert answer.status_code in {409, 422}, (field, value)
            assert f'href="#{field}"' in answer.text, (field, value)
            assert field == "name" or 'value="Savings"' in answer.text
    kept = await send(browser, "/treasury/accounts", shown, **typed)
    assert (kept.status_code, kept.headers["location"]) == (303, "/treasury#accounts")
    assert "Savings, ending in 7061" in (await browser.get("/treasury")).text
    twice = await send(browser, "/treasury/accounts", shown, **{**typed, "name": "Again"})
    assert (twice.status_code, "is kept already" in twice.text) == (409, True)
    in_dollars = {**typed, "currency": "USD", "opening_balance": "0.00"}
    assert (await send(browser, "/treasury/accounts", shown, **in_dollars)).status_code == 303
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        found = await queries.coop_accounts(work)
    assert [(one.name, one.currency, one.statement_balance) for one in found] == [
        ("Current account", "EUR", "10000.00"), ("Savings", "EUR", "1250.50"),
        ("Savings", "USD", "0.00"),
    ]  # fmt: skip
    assert await desk.wrong() == []


async def test_a_member_sees_none_of_it(desk: Desk, signed_in: SignIn) -> None:
    member = await desk.make.member(roles=[Role.REP])
    stranger = await signed_in(member)
    proof = f"/treasury/reconciliation/{desk.account_id}"
    pages = ("/treasury/entries", "/treasury/rules", proof)
    for path in (*pages, f"{API}/bank-rules", f"{API}/bank-undos", f"{API}/csv-mappings"):
        assert (await stranger.get(path)).status_code in {403, 404}, path

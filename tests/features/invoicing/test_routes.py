"""Invoices over HTTP, and the client's page."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands, jobs
from guild.invoicing.models import Invoice
from tests.features.invoicing.conftest import BELGIAN, Bench


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def test_from_milestones_to_credit_note(bench: Bench, signed_in: Any) -> None:
    contract, member = await bench.accepted(both=True)
    client = await signed_in(member)
    drafted = await client.post("/api/v1/invoices", json={"contract_id": str(contract.id)})
    assert drafted.status_code == 201, drafted.text
    draft = drafted.json()
    path = f"/api/v1/invoices/{draft['id']}"
    assert (draft["state"], draft["total"], draft["number"]) == ("draft", "1210.00", None)

    change = {"row_version": 1, "order_reference": "PO 7715"}
    changed = await client.patch(path, json=change)
    assert changed.json()["order_reference"] == "PO 7715"
    stale = await client.patch(path, json=change)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")

    header = key()
    issued = await client.post(f"{path}/issue", headers=header)
    assert (issued.status_code, issued.json()["number"]) == (201, "2026-0001")
    again = await client.post(f"{path}/issue", headers=header)
    assert again.json() == issued.json()
    assert again.headers["Idempotent-Replay"] == "true"
    twice = await client.post(f"{path}/issue", headers=key())
    assert (twice.status_code, twice.json()["code"]) == (409, "illegal_move")
    keyless = await client.post(f"{path}/issue")
    assert keyless.status_code == 400

    shown = (await client.get(path)).json()
    assert (shown["state"], shown["open"], shown["files"]) == ("issued", "1210.00", [])
    assert (await client.get(f"{path}/payments")).json() == []
    early = await client.get(f"{path}/pdf")
    assert (early.status_code, early.json()["code"]) == (404, "invoice_file_not_ready")

    wrong = await client.post(
        f"{path}/credit-notes", json={"reason": "No", "net": "1000.01"}, headers=key()
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "credit_too_large")
    note = await client.post(
        f"{path}/credit-notes", json={"reason": "Not needed", "lines": [2]}, headers=key()
    )
    assert (note.status_code, note.json()["total"]) == (201, "726.00")
    assert (await client.get(path)).json()["open"] == "484.00"
    assert await bench.broken() == []


async def test_lists_are_filtered_and_paged(bench: Bench, signed_in: Any) -> None:
    member = await bench.make.member()
    clients = [await bench.make.organisation(member, kind="consumer") for _ in range(3)]
    ids = [str(await bench.issued(member, client)) for client in clients]
    client = await signed_in(member)
    first = (await client.get("/api/v1/invoices", params={"limit": 2})).json()
    assert [item["id"] for item in first["items"]] == [ids[2], ids[1]]
    rest = (
        await client.get("/api/v1/invoices", params={"limit": 2, "cursor": first["next_cursor"]})
    ).json()
    assert [item["id"] for item in rest["items"]] == [ids[0]]
    assert rest["next_cursor"] is None
    mine = (await client.get("/api/v1/me/invoices", params={"state": "draft"})).json()
    assert mine["items"] == []
    by_client = {"client_id": first["items"][0]["client_id"], "state": "issued"}
    assert len((await client.get("/api/v1/invoices", params=by_client)).json()["items"]) == 1
    overdue = await client.get("/api/v1/invoices", params={"overdue": "true"})
    assert overdue.json()["items"] == []
    bad = await client.get("/api/v1/invoices", params={"cursor": "AAAA"})
    assert bad.status_code == 400


async def test_each_sees_her_own_and_the_treasury_what_is_issued(
    bench: Bench, signed_in: Any, http: httpx.AsyncClient
) -> None:
    issued, draft = await bench.issued(), await bench.draft()
    stranger = await signed_in(await bench.make.member())
    treasurer = await signed_in(await bench.make.member(roles=["treasurer"]))
    for invoice_id in (issued, draft, uuid4()):
        for path in ("", "/payments", "/pdf", "/ubl", "/cii"):
            answer = await stranger.get(f"/api/v1/invoices/{invoice_id}{path}")
            assert answer.status_code == 404
        steps = (("issue", None), ("credit-notes", {"reason": "No"}))
        for step, body in steps:
            answer = await stranger.post(
                f"/api/v1/invoices/{invoice_id}/{step}", json=body, headers=key()
            )
            assert answer.status_code == 404, answer.text
    assert (await treasurer.get(f"/api/v1/invoices/{issued}")).status_code == 200
    assert (await treasurer.get(f"/api/v1/invoices/{draft}")).status_code == 404
    listed = (await treasurer.get("/api/v1/invoices")).json()["items"]
    assert [item["id"] for item in listed] == [str(issued)]
    assert (await http.get(f"/api/v1/invoices/{issued}")).status_code == 401
    assert (await stranger.get(f"/api/v1/invoices/{issued}/exe")).status_code in {400, 404}


async def test_the_client_opens_her_link_pays_and_keeps_the_files(
    bench: Bench, http: httpx.AsyncClient
) -> None:
    invoice_id, other = await bench.issued(), await bench.issued()
    async with begin_work(bench.system, SYSTEM) as work:
        await jobs.make_documents(work, invoice_id=invoice_id)
    letter = (await bench.make.letters())[-1]
    token = letter.text.split("/i/")[1].split()[0]

    assert (await http.get("/invoice")).status_code == 401
    door = await http.get(f"/i/{token}")
    assert door.status_code == 200
    assert "Open it" in door.text
    token_field = door.text.split('name="csrf_token" value="')[1].split('"')[0]
    opened = await http.post(f"/i/{token}", data={"csrf_token": token_field})
    assert (opened.status_code, opened.headers["location"]) == (303, "/invoice")

    page = await http.get("/invoice")
    assert page.status_code == 200, page.text
    for words in ("2026-0001", "€1,210.00", "BE68 5390 0754 7034", "+++", "<svg", "Work by"):
        assert words in page.text
    assert 'style="' not in page.text
    pdf = await http.get("/invoice/pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"] == 'attachment; filename="invoice-2026-0001.pdf"'
    assert (await http.get("/invoice/ubl")).content.startswith(b"<?xml")

    as_link = {"Authorization": f"Link {token}"}
    used_up = await http.get("/api/v1/invoice", headers=as_link)
    assert used_up.status_code == 404, "the raw token opened a browser and is spent"
    own = await http.get("/api/v1/invoice")
    assert own.json()["id"] == str(invoice_id)
    assert (await http.get("/api/v1/invoice/payments")).json() == []
    assert (await http.get("/api/v1/invoice/cii")).status_code == 200
    assert (await http.get(f"/api/v1/invoices/{other}")).status_code == 403


async def test_a_link_for_something_else_opens_no_invoice(
    bench: Bench, http: httpx.AsyncClient
) -> None:
    member = await bench.make.member()
    client = await bench.make.organisation(member, **BELGIAN)
    contract, _ = await bench.accepted(member, client)
    invoice_id = await bench.draft(contract, member)
    contact_id = client.contacts[0].id
    contract_token = await bench.make.link(contact_id, contract.id)
    for path in ("/api/v1/invoice", "/api/v1/invoice/pdf", "/api/v1/invoice/payments"):
        answer = await http.get(path, headers={"Authorization": f"Link {contract_token}"})
        assert answer.status_code == 404
    draft_token = await bench.make.link(contact_id, invoice_id, purpose="invoice")
    answer = await http.get("/api/v1/invoice", headers={"Authorization": f"Link {draft_token}"})
    assert answer.status_code == 404


async def test_the_page_of_a_credit_note_and_of_a_late_invoice(
    bench: Bench, http: httpx.AsyncClient, clock: Any
) -> None:
    invoice_id = await bench.issued()
    async with begin_work(bench.system, SYSTEM) as work:
        row = await work.session.get_one(Invoice, invoice_id)
        note = await commands.credit_invoice(work, invoice_id, "One drawing less", lines=[1])
    token = await bench.make.link(row.contact_id, note.id, purpose="invoice")
    shown = await http.get("/invoice", headers={"Authorization": f"Link {token}"})
    assert shown.status_code == 200, shown.text
    assert "One drawing less" in shown.text
    assert "Scan the code" not in shown.text
    clock.advance(days=40)
    token = await bench.make.link(row.contact_id, invoice_id, purpose="invoice")
    late = await http.get("/invoice", headers={"Authorization": f"Link {token}"})
    assert "overdue" in late.text
    assert "10 days ago" in late.text
    assert "€726.00" in late.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contract_id": "x"},
        {"contract_id": str(uuid4()), "unknown": 1},
        {"contract_id": str(uuid4()), "supply": "magic"},
        {"contract_id": str(uuid4()), "buyer_reference": "a\x00b"},
    ],
)
async def test_bad_input_is_refused(bench: Bench, signed_in: Any, body: dict[str, Any]) -> None:
    client = await signed_in(await bench.make.member())
    answer = await client.post("/api/v1/invoices", json=body)
    assert answer.status_code in {400, 422}
    absent = await client.post("/api/v1/invoices", json={"contract_id": str(uuid4())})
    assert absent.status_code == 404


async def test_a_member_sees_her_invoices_as_a_page(bench: Bench, signed_in: Any) -> None:
    contract, member = await bench.accepted()
    client = await signed_in(member)
    page = {"Accept": "text/html"}
    assert "No invoice yet" in (await client.get("/invoices", headers=page)).text
    draft = (await client.post("/api/v1/invoices", json={"contract_id": str(contract.id)})).json()
    assert "Draft, not issued" in (await client.get("/invoices", headers=page)).text
    path = f"/api/v1/invoices/{draft['id']}"
    issued = (await client.post(f"{path}/issue", headers=key())).json()
    shown = await client.get("/invoices", headers=page)
    assert shown.status_code == 200, shown.text
    assert issued["number"] in shown.text
    assert f"/invoices/{draft['id']}/pdf" in shown.text
    early = await client.get(f"/invoices/{draft['id']}/pdf", headers=page)
    assert early.status_code == 404
    stranger = await signed_in(await bench.make.member())
    assert issued["number"] not in (await stranger.get("/invoices", headers=page)).text

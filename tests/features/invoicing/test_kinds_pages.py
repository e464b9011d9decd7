"""The new pages and doors as a person uses them: search, credit, reissue, files, notes, plans."""

import base64
from typing import Any
from uuid import UUID

import pytest

from guild.core.ids import InvoiceId, PayoutId
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands
from guild.invoicing.einvoice.build import einvoice_of
from guild.invoicing.queries import frozen_invoice
from guild.members.models import Member
from tests.features.invoicing.conftest import BELGIAN, Bench
from tests.features.invoicing.test_amounts import issue, shown

PDF = b"%PDF-1.4 a time sheet"
pytestmark = pytest.mark.asyncio


async def own(bench: Bench) -> tuple[Member, InvoiceId, Any]:
    contract, member = await bench.accepted(both=True)
    return member, await bench.draft(contract, member, order_reference="PO 77"), contract


async def test_a_member_attaches_issues_credits_and_reissues(bench: Bench, signed_in: Any) -> None:
    member, invoice_id, _ = await own(bench)
    browser = await signed_in(member)
    page = await browser.get(f"/invoices/{invoice_id}")
    assert page.status_code == 200
    assert "Issue it" in page.text
    sent = await browser.post(
        f"/invoices/{invoice_id}/attachments",
        data={"description": "Hours"}, files={"file": ("hours.pdf", PDF, "application/pdf")},
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    wrong = await browser.post(
        f"/invoices/{invoice_id}/attachments", files={"file": ("a.pdf", b"MZ", "application/pdf")}
    )
    assert wrong.status_code == 422
    assert "no PDF" in wrong.text
    async with begin_work(bench.system, SYSTEM) as work:
        stored = await frozen_invoice(work, invoice_id)
    assert [one.name for one in einvoice_of(stored.frozen).attachments] == ["hours.pdf"]
    assert (await browser.post(f"/invoices/{invoice_id}/step/issue")).status_code == 303
    late = await browser.post(
        f"/invoices/{invoice_id}/attachments", files={"file": ("b.pdf", PDF, "application/pdf")}
    )
    assert late.status_code == 409
    noted = await browser.post(f"/invoices/{invoice_id}/notes", data={"text": "Ask on Monday"})
    assert noted.status_code == 303
    assert "Ask on Monday" in (await browser.get(f"/invoices/{invoice_id}")).text
    credited = await browser.post(
        f"/invoices/{invoice_id}/credit",
        data={"reason": "A discount", "reason_code": "goodwill", "net": "100.00"},
    )
    assert credited.status_code == 303, credited.text
    note = await browser.get(credited.headers["location"])
    assert "Takes back" in note.text
    again = await browser.post(f"/invoices/{invoice_id}/reissue", data={"reason": "Wrong"})
    assert again.status_code == 409
    assert "credited already" in again.text
    copied = await browser.post(f"/invoices/{invoice_id}/step/copy")
    assert copied.status_code == 303
    assert "Copied from" in (await browser.get(copied.headers["location"])).text
    assert await bench.broken() == []


async def test_lists_are_searched(bench: Bench, signed_in: Any) -> None:
    member, invoice_id, _ = await own(bench)
    await issue(bench, invoice_id)
    browser = await signed_in(member)
    for asked, found in (
        ("search=PO+77", 1), ("search=2026-0001", 1), ("search=nothing", 0), ("state=issued", 1),
        ("state=draft", 0), ("kind=credit_note", 0), ("issued_from=2026-11-23", 1),
        ("issued_from=2026-11-24", 0), ("at_least=121000", 1), ("at_most=120999", 0),
        ("overdue=true", 0), (f"member_id={member.id}", 1), ("search=100%25", 0),
    ):  # fmt: skip
        answer = await browser.get(f"/api/v1/invoices?{asked}")
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) == found, asked
    page = await browser.get("/invoices?search=PO&state=issued&kind=&issued_from=&issued_to=")
    assert "2026-0001" in page.text
    assert "Nothing fits" in (await browser.get("/invoices?search=zzz")).text
    assert (await browser.get("/invoices?issued_from=2026-02-30")).status_code == 422


async def test_plans_and_self_billing_have_pages(bench: Bench, signed_in: Any) -> None:
    contract, member = await bench.accepted(both=True)
    async with begin_work(bench.system, SYSTEM) as work:
        row = await work.session.get_one(Member, member.id)
        for name, value in BELGIAN.items():
            setattr(row, name, value)
    browser = await signed_in(member)
    assert contract.number in (await browser.get("/recurring-invoices")).text, "offered by name"
    form = {"contract_id": str(contract.id), "lines.0.text": "Upkeep {month}",
            "lines.0.unit_price": "200",
            "every": "1", "unit": "months", "starts_on": "2026-12-01", "shift": "next"}  # fmt: skip
    wrong = await browser.post(
        "/recurring-invoices", data={**form, "lines.0.text": "Upkeep {moon}"}
    )
    assert wrong.status_code == 422
    assert "moon" in wrong.text
    assert (await browser.post("/recurring-invoices", data=form)).status_code == 303
    page = await browser.get("/recurring-invoices")
    assert "Skip the next one" in page.text
    plan = (await browser.get("/api/v1/recurring-invoices")).json()["items"][0]
    skipped = await browser.post(f"/recurring-invoices/{plan['id']}/skip", data={"number": "0"})
    assert skipped.status_code == 303
    assert (await browser.post(f"/recurring-invoices/{plan['id']}/end")).status_code == 303
    assert "I agree" in (await browser.get("/self-billing")).text
    refused = await browser.post(
        "/self-billing/sign", data={"typed_name": "X", "terms_version": "1"}
    )
    assert refused.status_code == 422
    signed = await browser.post(
        "/self-billing/sign", data={"typed_name": member.legal_name, "terms_version": "1"}
    )
    assert signed.status_code == 303
    lines = [commands.BilledLine(invoice_id=InvoiceId(contract.id), number="1", net_minor=500)]
    async with begin_work(bench.system, SYSTEM) as work:
        bill = await commands.self_bill_payout(
            work, PayoutId(UUID(plan["id"])), member.id, "EUR", lines
        )
    assert "Waits for the member" in (await browser.get("/self-billing")).text
    objected = await browser.post(f"/self-bills/{bill}/object", data={"reason": "Not this"})
    assert objected.status_code == 303, objected.text
    assert "Objected to" in (await browser.get("/self-billing")).text
    assert (await browser.get(f"/invoices/{bill}")).status_code == 200
    ended = await browser.post("/self-billing/revoke", data={"reason": "Enough"})
    assert ended.status_code == 303


async def test_the_doors_of_kinds(bench: Bench, signed_in: Any) -> None:
    member, invoice_id, contract = await own(bench)
    browser = await signed_in(member)
    api = "/api/v1"
    deposit = await browser.post(
        f"{api}/deposits", json={"contract_id": str(contract.id), "percent": "30"}
    )
    assert deposit.status_code == 201, deposit.text
    await issue(bench, InvoiceId(UUID(deposit.json()["id"])))
    settled = await browser.post(
        f"{api}/invoices/{invoice_id}/deposits", json={"deposits": [deposit.json()["id"]]}
    )
    assert settled.status_code == 201, settled.text
    related = (await browser.get(f"{api}/invoices/{invoice_id}/related")).json()
    assert [one["how"] for one in related] == ["settles_deposit"]
    body = {"name": "h.csv", "data": base64.b64encode(b"a;b").decode()}
    attached = await browser.post(f"{api}/invoices/{invoice_id}/attachments", json=body)
    assert attached.status_code == 201, attached.text
    twice = await browser.post(f"{api}/invoices/{invoice_id}/attachments", json=body)
    assert twice.status_code == 409
    gone = await browser.post(
        f"{api}/invoices/{invoice_id}/attachments/remove", json={"name": "h.csv"}
    )
    assert gone.json()["attachments"] == []
    proforma = await browser.post(
        f"{api}/pro-formas",
        json={"contract_id": str(contract.id), "lines": [{"text": "x", "unit_price": "5"}]},
    )
    assert proforma.status_code == 201, proforma.text
    turned = await browser.post(f"{api}/invoices/{proforma.json()['id']}/invoice")
    assert turned.json()["net"] == "5.00"
    await issue(bench, invoice_id)
    done = await browser.post(
        f"{api}/invoices/{invoice_id}/reissue", json={"reason": "Wrong"},
        headers={"Idempotency-Key": "a-key-of-some-length"},
    )  # fmt: skip
    assert done.status_code == 201, done.text
    assert (await shown(bench, InvoiceId(UUID(done.json()["draft_id"])))).state == "draft"
    stranger = await signed_in(await bench.make.member())
    for door in ("related", "notes"):
        assert (await stranger.get(f"{api}/invoices/{invoice_id}/{door}")).status_code == 404

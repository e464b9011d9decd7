"""Drafting by pages: invoices, pro-formas that are mailed, deposits, credits by lines."""

import re
from typing import Any
from uuid import UUID

import pytest

from guild.core.ids import InvoiceId
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands
from tests.features.invoicing.conftest import Bench
from tests.features.invoicing.test_amounts import issue, shown
from tests.features.invoicing.test_kinds import pay

LINE = {"lines.0.text": "Two days more", "lines.0.quantity": "2", "lines.0.unit_price": "450,50"}


def id_in(answer: Any) -> InvoiceId:
    assert answer.status_code == 303, answer.text
    return InvoiceId(UUID(answer.headers["location"].rsplit("/", 1)[-1]))


async def test_a_member_drafts_an_invoice_and_changes_it(bench: Bench, signed_in: Any) -> None:
    contract, member = await bench.accepted(both=True)
    browser = await signed_in(member)
    page = await browser.get("/invoices/new")
    assert contract.number in page.text
    assert "/invoices/new" in (await browser.get("/invoices")).text
    form = {"contract_id": str(contract.id), "order_reference": "PO 9"}
    for typed, why in (
        ({**form, "contract_id": ""}, "Choose the contract"),
        ({**form, **LINE, "lines.0.unit_price": "x"}, "no number"),
        ({**form, **LINE, "lines.0.unit_price": "-1"}, "not negative"),
        ({**form, **LINE, "lines.0.text": ""}, "what the line is for"),
        ({**form, **LINE, "lines.0.quantity": "0"}, "has a quantity"),
    ):
        again = await browser.post("/invoices/new/invoice", data=typed)
        assert again.status_code == 422, typed
        assert why in again.text
        assert "PO 9" in again.text
    stranger = await signed_in(await bench.make.member())
    assert (await stranger.post("/invoices/new/invoice", data=form)).status_code == 404
    draft = id_in(await browser.post("/invoices/new/invoice", data={**form, **LINE}))
    assert (await shown(bench, draft)).net == "901.00"
    edit = await browser.get(f"/invoices/{draft}/edit")
    assert 'value="450.5"' in edit.text
    assert (await stranger.get(f"/invoices/{draft}/edit")).status_code == 404
    version = re.search(r'name="row_version" value="(\d+)"', edit.text)
    assert version
    change = {**LINE, "lines.0.unit_price": "500", "lines.1.text": "Travel",
              "lines.1.unit_price": "80", "note": "As we said", "order_reference": "PO 10",
              "row_version": version[1]}  # fmt: skip
    assert (await browser.post(f"/invoices/{draft}/edit", data=change)).status_code == 303
    said = await shown(bench, draft)
    assert (said.net, said.note, said.order_reference) == ("1080.00", "As we said", "PO 10")
    late = await browser.post(f"/invoices/{draft}/edit", data=change)
    assert late.status_code == 409
    assert "As we said" in late.text
    assert (await browser.post(f"/invoices/{draft}/step/issue")).status_code == 303
    assert (await browser.get(f"/invoices/{draft}/edit")).status_code == 409
    assert await bench.balance("member_pending", member.id) == 108_000
    assert await bench.broken() == []


async def test_a_form_of_plain_lines_keeps_richer_lines_as_they_are(
    bench: Bench, signed_in: Any
) -> None:
    contract, member = await bench.accepted(both=True)
    browser = await signed_in(member)
    made = await browser.post("/api/v1/invoices", json={
        "contract_id": str(contract.id),
        "lines": [{"text": "Work", "unit_price": "100",
                   "adjustments": [{"reason": "Discount", "percent": "10"}]}],
    })  # fmt: skip
    draft = InvoiceId(UUID(made.json()["id"]))
    edit = await browser.get(f"/invoices/{draft}/edit")
    assert "They stay as they are" in edit.text
    typed = {"note": "Thank you", "row_version": "1"}
    assert (await browser.post(f"/invoices/{draft}/edit", data=typed)).status_code == 303
    said = await shown(bench, draft)
    assert (said.net, said.note) == ("90.00", "Thank you")


async def test_a_proforma_is_mailed_and_the_client_reads_it(
    bench: Bench, signed_in: Any, http: Any
) -> None:
    contract, member = await bench.accepted(both=True)
    browser = await signed_in(member)
    made = await browser.post("/invoices/new/proforma", data={"contract_id": str(contract.id)})
    one = id_in(made)
    page = await browser.get(f"/invoices/{one}")
    assert "The PDF is being made" in page.text
    soon = await browser.post(f"/invoices/{one}/step/send")
    assert soon.status_code == 409
    assert "still being made" in soon.text
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.print_proforma(work, one)
    sent = await browser.post(f"/invoices/{one}/step/send")
    assert sent.status_code == 303, sent.text
    assert "Mailed to" in (await browser.get(f"/invoices/{one}")).text
    letter = (await bench.make.letters())[-1]
    assert letter.subject.startswith("Pro-forma from")
    assert "€1,210.00" in letter.text
    assert "no invoice" in letter.text
    token = re.search(r"/i/(\S+)", letter.text)
    assert token
    opened = await http.post(f"/i/{token[1]}")
    assert opened.status_code == 303, opened.text
    read = await http.get("/invoice")
    assert read.status_code == 200
    assert "Pro-forma" in read.text
    assert "Not an invoice, nothing to pay yet" in read.text
    assert "IBAN" not in read.text
    pdf = await http.get("/invoice/pdf")
    assert pdf.content.startswith(b"%PDF")
    assert await bench.balance("receivable", contract.client_id) == 0
    stranger = await signed_in(await bench.make.member())
    assert (await stranger.post(f"/invoices/{one}/step/send")).status_code == 404
    at = f"/api/v1/pro-formas/{one}"
    again = await browser.post(f"{at}/send", headers={"Idempotency-Key": "a-key-of-some-length"})
    assert len(again.json()) == 2
    assert (await stranger.get(f"{at}/sendings")).status_code == 404
    draft = id_in(await browser.post(f"/invoices/{one}/step/invoice"))
    assert (await browser.post(f"/invoices/{draft}/step/send")).status_code == 404
    assert await bench.broken() == []


async def test_a_deposit_is_drafted_and_settled_by_pages(bench: Bench, signed_in: Any) -> None:
    contract, member = await bench.accepted(both=True)
    browser = await signed_in(member)
    form = {"contract_id": str(contract.id)}
    none = await browser.post("/invoices/new/deposit", data=form)
    assert none.status_code == 422
    assert "no deposit clause" in none.text
    both = await browser.post(
        "/invoices/new/deposit", data={**form, "percent": "20", "amount": "5"}
    )
    assert both.status_code == 422
    first = id_in(await browser.post("/invoices/new/deposit", data={**form, "percent": "30 %"}))
    await issue(bench, first)
    await pay(bench, first, "363.00")
    final = await bench.draft(contract, member)
    page = await browser.get(f"/invoices/{final}")
    assert "Settle those that are ticked" in page.text
    wrong = await browser.post(f"/invoices/{final}/deposits", data={f"deposit_{final}": "yes"})
    assert wrong.status_code == 422
    done = await browser.post(f"/invoices/{final}/deposits", data={f"deposit_{first}": "yes"})
    assert done.status_code == 303, done.text
    assert (await shown(bench, final)).prepaid == "363.00"
    assert (await browser.post(f"/invoices/{final}/deposits", data={})).status_code == 303
    assert (await shown(bench, final)).prepaid == "0.00"
    await browser.post(f"/invoices/{final}/deposits", data={f"deposit_{first}": "yes"})
    assert (await browser.post(f"/invoices/{final}/step/issue")).status_code == 303
    assert await bench.balance("vat_payable") == 21_000
    assert await bench.balance("receivable", contract.client_id) == 84_700
    assert await bench.broken() == []


@pytest.mark.parametrize("both", [False, True])
async def test_lines_are_credited_by_ticking_them(
    bench: Bench, signed_in: Any, *, both: bool
) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member)
    await issue(bench, invoice_id)
    browser = await signed_in(member)
    page = await browser.get(f"/invoices/{invoice_id}")
    assert "Only these lines" in page.text
    typed = {"reason": "Not wanted", "reason_code": "cancelled", "line_1": "yes"}
    mixed = await browser.post(f"/invoices/{invoice_id}/credit", data={**typed, "net": "5"})
    assert mixed.status_code == 422
    ticked = {**typed, "line_2": "yes"} if both else typed
    done = await browser.post(f"/invoices/{invoice_id}/credit", data=ticked)
    assert done.status_code == 303, done.text
    note = await shown(bench, id_in(done))
    assert note.net == ("1000.00" if both else "400.00")
    if not both:
        twice = await browser.post(f"/invoices/{invoice_id}/credit", data=typed)
        assert twice.status_code == 422
        assert "credited already" in twice.text
    assert await bench.balance("member_pending", member.id) == (0 if both else 60_000)
    assert await bench.broken() == []

"""The client's page of its payments: by card, by direct debit, and a transfer meant otherwise."""

import copy
import re
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from guild.core.outbox import OutboxRow
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.governance.commands import adopt_charter, founding_body
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.models import Invoice
from guild.receivables import commands as receivables
from guild.receivables.schemas import ObjectionIn
from guild.treasury import commands, jobs, queries
from guild.treasury.errors import AllocationObjectionNotFound, ObjectionTooLate, SecondPersonNeeded
from guild.treasury.models import AllocationObjection, ProviderPayment
from guild.treasury.schemas import (
    AnswerAllocationIn,
    DecideUndoIn,
    ObjectAllocationIn,
    PartIn,
    SplitIn,
    UndoIn,
)
from tests.camt import Move
from tests.conftest import Clock, SignIn
from tests.features.receivables.scene import client_by_link
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import entries, row
from tests.features.treasury.test_providers import Fake, fake, run
from tests.features.treasury.test_undoing import by

__all__ = ["fake"]
HTML = {"Accept": "text/html"}
OTHERWISE = ObjectAllocationIn(text="All of it was for the second invoice")


@pytest_asyncio.fixture
async def invoice(desk: Desk) -> Invoice:
    return await row(desk, await desk.invoice("1000.00", "Proef & Zoon bv"))


async def link(desk: Desk, invoice: Invoice) -> dict[str, str]:
    token = await desk.make.link(invoice.contact_id, invoice.id, purpose=INVOICE_LINK)
    return {"Authorization": f"Link {token}", **HTML}


async def made(desk: Desk) -> int:
    """The links that were asked for are made, as the worker does."""
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        waiting = await work.session.scalars(
            select(OutboxRow).where(OutboxRow.job == "treasury.make_payment_link")
        )
        asked = [dict(one.ids) for one in waiting]
    for ids in asked:
        await run(desk, jobs.make_payment_link, **ids)
    return len(asked)


# -- providers ----------------------------------------------------------------------------------


async def test_without_a_provider_there_is_the_code_and_the_account(
    desk: Desk, invoice: Invoice, http: httpx.AsyncClient
) -> None:
    headers = await link(desk, invoice)
    shown = (await http.get("/invoice/payments", headers=headers)).text
    assert shown.count("<h1") == 1
    assert "<svg" in shown
    assert "€1,210.00 to pay" in shown
    assert "Pay by card" not in shown
    refused = await http.post("/invoice/payments/ask/stripe", headers=headers)
    assert (refused.status_code, "not set up" in refused.text) == (404, True)


@pytest.mark.parametrize("provider", ["stripe", "gocardless"])
async def test_the_client_goes_on_to_the_provider(
    desk: Desk, fake: Fake, invoice: Invoice, http: httpx.AsyncClient, provider: str
) -> None:
    headers = await link(desk, invoice)
    opened = (await http.get("/invoice", headers=headers)).text
    assert f'action="/invoice/payments/ask/{provider}"' in opened
    for _ in range(2):  # pressed twice, asked once
        sent = await http.post(f"/invoice/payments/ask/{provider}", headers=headers)
        assert (sent.status_code, sent.headers["location"]) == (303, "/invoice/payments#links")
    assert "is being made" in (await http.get("/invoice/payments", headers=headers)).text
    assert await made(desk) == 2
    shown = (await http.get("/invoice/payments", headers=headers)).text
    found = re.search(rf'href="({fake.url}[^"]+)"', shown)
    assert found, shown
    assert len([one for one in fake.asked if one[0] == "POST"]) == (
        1 if provider == "stripe" else 2
    )
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        (kept,) = (await work.session.scalars(select(ProviderPayment))).all()
    assert (kept.asked_by, kept.amount_minor, kept.link_id is not None) == (None, 121_000, True)


async def test_what_is_in_dispute_is_not_asked_for(
    desk: Desk, fake: Fake, invoice: Invoice, http: httpx.AsyncClient
) -> None:
    headers = await link(desk, invoice)
    said = ObjectionIn(reason_code="defective", text="Not as agreed", amount="210.00")
    async with await client_by_link(desk, invoice.id) as work:
        await receivables.object_to(work, invoice.id, said)
    asked = await http.post(
        "/api/v1/invoice/payment-links", json={"provider": "stripe"},
        headers={**headers, "Accept": "*/*", "Idempotency-Key": "pay-by-card-1"},
    )  # fmt: skip
    assert (asked.status_code, asked.json()["amount"]) == (201, "1000.00")
    shown = (await http.get("/invoice/payments", headers=headers)).text
    assert "€1,000.00 to pay" in shown
    page = await http.get("/api/v1/invoice/transfers", headers={**headers, "Accept": "*/*"})
    assert (page.json()["due"], page.json()["providers"]) == ("1000.00", ["stripe", "gocardless"])
    assert fake.asked == []


async def test_a_paid_invoice_asks_for_nothing(
    desk: Desk, fake: Fake, invoice: Invoice, http: httpx.AsyncClient
) -> None:
    await desk.bring_in(
        desk.statement(Move(cents=121_000, reference="P1", structured=invoice.reference))
    )
    (entry,) = await entries(desk)
    await by(desk, 0, lambda work: commands.confirm_match(work, entry.id, invoice.id))
    headers = await link(desk, invoice)
    shown = (await http.get("/invoice/payments", headers=headers)).text
    assert "Nothing to pay" in shown
    assert "Transfer of" in shown
    refused = await http.post("/invoice/payments/ask/stripe", headers=headers)
    assert (refused.status_code, "nothing to pay" in refused.text) == (409, True)
    assert fake.asked == []


# -- meant otherwise ----------------------------------------------------------------------------


async def shared(desk: Desk, one: Invoice) -> tuple[Any, Invoice]:
    """A transfer of 1,500.00 that pays one invoice whole and another in part, by a person."""
    two = await row(desk, await desk.invoice("500.00", "Proef & Zoon bv", again=True))
    await desk.bring_in(desk.statement(Move(cents=150_000, reference="T1", name="Proef & Zoon")))
    (entry,) = await entries(desk)
    split = SplitIn(parts=[PartIn(invoice_id=one.id, amount="1210.00"),
                           PartIn(invoice_id=two.id, amount="190.00")])  # fmt: skip
    await by(desk, 0, lambda work: commands.confirm_split(work, entry.id, split))
    return entry, two


async def test_the_mail_links_to_the_page_and_the_page_takes_the_clients_word(
    desk: Desk, invoice: Invoice, http: httpx.AsyncClient, signed_in: SignIn
) -> None:
    entry, two = await shared(desk, invoice)
    await by(desk, 0, lambda work: commands.mail_allocation(work, entry.id))
    (mail,) = [one for one in await desk.make.letters() if "shared out" in one.subject]
    assert "/i/" in mail.text
    headers = await link(desk, invoice)
    shown = (await http.get("/invoice/payments", headers=headers)).text
    for part in ("€1,210.00", "€190.00", "€100.00", "€1,500.00", two.number or "", "account"):
        assert part in shown
    path = f"/invoice/payments/{entry.id}/object"
    empty = await http.post(path, data={"text": " "}, headers=headers)
    assert empty.status_code == 422
    sent = await http.post(path, data={"text": "It was for the second one"}, headers=headers)
    assert sent.status_code == 303
    again = await http.post(path, data={"text": "Once more"}, headers=headers)
    assert again.status_code == 409
    assert "A treasurer looks at it" in (await http.get("/invoice/payments", headers=headers)).text
    desk_page: Any = await signed_in(desk.treasurers[1])
    assert "Meant otherwise" in (await desk_page.get("/treasury", headers=HTML)).text
    about = (await desk_page.get(f"/treasury/entries/{entry.id}", headers=HTML)).text
    assert "It was for the second one" in about
    done = await desk_page.post(
        f"/treasury/entries/{entry.id}/objection", data={"answer": "Your transfer named it"}
    )
    assert done.status_code == 303
    (letter,) = [one for one in await desk.make.letters() if "Your transfer named it" in one.text]
    assert letter.subject == "Your transfer of €1,500.00"
    assert "Your transfer named it" in (await http.get("/invoice/payments", headers=headers)).text
    assert await desk.wrong() == []


async def test_who_recorded_it_does_not_answer_and_an_undo_follows_it(
    desk: Desk, invoice: Invoice
) -> None:
    entry, _ = await shared(desk, invoice)
    answer = AnswerAllocationIn(answer="It stays")
    with pytest.raises(AllocationObjectionNotFound):
        await by(desk, 1, lambda work: commands.answer_allocation(work, entry.id, answer))
    async with await client_by_link(desk, invoice.id) as work:
        await commands.object_to_allocation(work, invoice.id, entry.id, OTHERWISE)
    with pytest.raises(SecondPersonNeeded):
        await by(desk, 0, lambda work: commands.answer_allocation(work, entry.id, answer))
    asked = await by(
        desk, 0, lambda work: commands.ask_undo(work, entry.id, UndoIn(reason="The client's word"))
    )
    yes = DecideUndoIn(approve=True)
    await by(desk, 1, lambda work: commands.decide_undo(work, asked.id, yes))
    (kept,) = await by(desk, 0, lambda work: queries.allocation_objections(work, entry.id))
    assert kept.state == "followed"
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        said = await work.session.get_one(AllocationObjection, (entry.id, 0))
    assert said.charter_version == 1
    assert any("meant otherwise" in one.text for one in await desk.make.letters())
    assert await by(desk, 0, queries.allocation_objections) == []
    assert await desk.wrong() == []


async def test_after_ten_days_it_is_written_to_the_office(
    desk: Desk, invoice: Invoice, clock: Clock
) -> None:
    """The charter of the day when it was recorded counts; a later one gives no more days."""
    entry, _ = await shared(desk, invoice)
    body = copy.deepcopy(founding_body())
    body["bank"]["meant_otherwise_days"]["value"] = 20
    clock.advance(days=5)
    async with begin_work(desk.system, SYSTEM) as work:
        await adopt_charter(work, body, work.today)
    clock.advance(days=5)
    async with await client_by_link(desk, invoice.id) as work:
        shown = await queries.client_payments(work, invoice.id)
        assert shown.transfers[0].object_until == work.today
    clock.advance(days=1)
    async with await client_by_link(desk, invoice.id) as work:
        with pytest.raises(ObjectionTooLate, match="until 3 December 2026"):
            await commands.object_to_allocation(work, invoice.id, entry.id, OTHERWISE)
        shown = await queries.client_payments(work, invoice.id)
        assert shown.transfers[0].object_until is None


async def test_another_clients_transfer_is_not_seen(
    desk: Desk, invoice: Invoice, http: httpx.AsyncClient
) -> None:
    entry, _ = await shared(desk, invoice)
    foreign = await row(desk, await desk.invoice("300.00", "Bramble Tram Company"))
    headers = await link(desk, foreign)
    assert "Transfer of" not in (await http.get("/invoice/payments", headers=headers)).text
    path = f"/api/v1/invoice/transfers/{entry.id}/objection"
    tried = await http.post(
        path, json={"text": "It was mine"}, headers={**headers, "Accept": "*/*"}
    )
    assert tried.status_code == 404

"""The pages of money out by forms: owed, payees, direct debits, payroll, employment; the mails."""

import re

import httpx
import pytest

from guild.core.permissions import SYSTEM, Role
from guild.core.work import begin_work
from guild.treasury import commands, jobs
from guild.treasury.schemas import RejectIn
from tests.conftest import Clock, SignIn
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_collections import announced, creditor, debits
from tests.features.treasury.test_seams import Refunds

__all__ = ["creditor"]


async def form(client: httpx.AsyncClient, page: str, to: str, **data: str) -> httpx.Response:
    """Send a form of a page with the token that stands on it."""
    shown = await client.get(page)
    assert shown.status_code == 200, shown.text
    found = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
    assert found is not None, "the page has a form"
    return await client.post(to, data={"csrf_token": found[1], **data})


async def test_a_refused_refund_is_ordered_again_by_form(desk: Desk, signed_in: SignIn) -> None:
    refunds = await Refunds(desk).open()
    await refunds.decide()
    order = await refunds.order()
    async with begin_work(desk.system, desk.treasurer(2)) as work:
        await commands.reject_payout(work, order.id, RejectIn(reason="Not today"))
    treasurer = await signed_in(desk.treasurers[1])
    shown = await treasurer.get("/treasury/owed")
    assert "Not today" in shown.text
    gone = await form(
        treasurer, "/treasury/owed", f"/treasury/owed/refunds/{refunds.refund_id}/order"
    )
    assert gone.status_code == 303
    again = await treasurer.get("/treasury/owed")
    assert "All that is owed is ordered" in again.text


async def test_the_banks_answer_about_a_payee(desk: Desk, signed_in: SignIn, clock: Clock) -> None:
    member, account = await desk.payee()
    clock.advance(hours=73)
    await desk.ask(member, "910.00")
    treasurer = await signed_in(desk.treasurers[0])
    page, to = "/treasury/payees", f"/treasury/payees/{account.id}/check"
    assert "1 payee to ask the bank about" in (await treasurer.get(page)).text
    wrong = await form(treasurer, page, to, result="", source="Portal")
    assert wrong.status_code == 422
    done = await form(treasurer, page, to, result="CMTC", source="Portal", bank_name="Payee N")
    assert done.status_code == 303
    assert "The bank knows it as Payee N" in (await treasurer.get(page)).text


@pytest.mark.usefixtures("creditor")
async def test_direct_debits_by_form(desk: Desk, signed_in: SignIn, clock: Clock) -> None:
    await announced(desk, clock)
    (one,) = await debits(desk)
    treasurer = await signed_in(desk.treasurers[0])
    page = "/treasury/direct-debits"
    assert "1 collection is announced" in (await treasurer.get(page)).text
    wrong = await form(treasurer, page, "/treasury/mandates", reference="M-2")
    assert wrong.status_code == 422
    done = await form(treasurer, page, f"{page}/{one.id}/stop", reason="They pay by card")
    assert done.status_code == 303
    assert "They pay by card" in (await treasurer.get(page)).text


async def test_employment_and_payroll_by_form(desk: Desk, signed_in: SignIn) -> None:
    member = await desk.make.member()
    secretary = await signed_in(await desk.make.member(roles=[Role.SECRETARY]))
    said = {"country": "BE", "number": "E-7", "since": "2026-11-01"}
    wrong = await form(secretary, "/employed", "/employed", email="nobody@example.org", **said)
    assert wrong.status_code == 422
    assert "No member signs in with this address" in wrong.text
    done = await form(secretary, "/employed", "/employed", email=member.email, **said)
    assert done.status_code == 303
    assert member.display_name in (await secretary.get("/employed")).text
    treasurer = await signed_in(desk.treasurers[0])
    tried = await treasurer.get("/treasury/payroll", params={"country": "BE", "month": "2026-11"})
    assert "nothing was paid out" in tried.text
    assert (await treasurer.get("/treasury/payroll?country=US&month=2026-11")).status_code < 500


@pytest.mark.parametrize(
    ("language", "word"), [("en", "not approved"), ("fr", "approuvé"), ("nl", "goedgekeurd"),
                           ("de", "freigegeben"), ("es", "not approved")]
)  # fmt: skip
async def test_a_member_reads_of_it_in_her_language(
    desk: Desk, clock: Clock, language: str, word: str
) -> None:
    member, _ = await desk.payee()
    clock.advance(hours=73)
    asked = await desk.ask(member, "910.00")
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        await commands.reject_payout(work, asked.id, RejectIn(reason="Wait"))
    async with begin_work(desk.system, SYSTEM) as work:
        row = await work.session.get_one(type(member), member.id)
        row.language = language
    async with begin_work(desk.system, SYSTEM) as work:
        await jobs.tell_of_payout(work, payout_id=asked.id)
    letter = (await desk.make.letters())[-1]
    assert word in letter.subject
    assert "Wait" in letter.text

"""Ending early, disputes, renewal: what is owed is shown first; a rep decides what is disputed."""

from datetime import date

import pytest
from sqlalchemy import select

from guild.contracts import commands, jobs, queries
from guild.contracts.errors import CaseIsOpen, CaseNotFound, NothingLeft, OwnCase, StaleEnding
from guild.contracts.models import ContractEnding
from guild.contracts.schemas import TerminateIn
from guild.contracts.schemas.drafting import LicenceIn, RetainerIn
from guild.contracts.schemas.ending import (
    AgreeEndingIn,
    CaseAnswerIn,
    CaseDecisionIn,
    CaseIn,
    ClientNoticeIn,
    ContestEndingIn,
)
from guild.core.errors import IllegalMove, Invalid, StaleVersion
from guild.core.permissions import Role
from guild.invoicing import commands as invoicing
from guild.invoicing.models import Invoice
from tests.features.contracts.test_pages import hidden


async def preview(make, as_, contract, member, reason="not_needed"):
    async with as_(make.actor(member)) as work:
        return await queries.ending_preview(work, contract.id, by="member", reason=reason)


async def end(make, as_, contract, member, reason="not_needed", seen=None):
    async with as_(make.actor(member)) as work:
        said = TerminateIn(reason=reason, seen_sha256=seen)
        await commands.terminate_contract(work, contract.id, said)


async def statement(make, as_, contract):
    async with as_(await make.client_of(contract, "delivery")) as work:
        return await queries.linked_ending(work)


async def vat_client(make, member):
    return await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )


async def test_what_is_owed_is_shown_before_and_stated_after(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member, await vat_client(make, member))
    await make.accept(contract, member, 1)
    seen = await preview(make, as_, contract, member)
    assert (seen.accepted, seen.not_begun, seen.kill_fee, seen.owed) == (
        "400.00", "600.00", "150.00", "550.00",
    )  # fmt: skip
    assert (await preview(make, as_, contract, member, "illness")).kill_fee == "0.00"
    await end(make, as_, contract, member, seen=seen.sha256)
    stated = await statement(make, as_, contract)
    assert (stated.state, stated.kill_fee, stated.sha256) == ("proposed", "150.00", seen.sha256)
    assert stated.notice_until == date(2026, 12, 3)
    assert "€150.00" in (await make.letters())[-1].text
    async with as_(await make.client_of(contract, "delivery")) as work:
        said = AgreeEndingIn(seen_sha256=stated.sha256, typed_name="Jonas Client")
        assert (await commands.agree_ending(work, said)).state == "agreed"
    async with as_(make.actor(member)) as work:
        drafted = await invoicing.draft_invoice_from_milestones(work, contract.id)
        assert (await work.session.get_one(Invoice, drafted)).net_minor == 55_000


async def test_sums_that_changed_meanwhile_are_looked_at_again(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    seen = await preview(make, as_, contract, member)
    await make.accept(contract, member, 1)
    with pytest.raises(StaleVersion):
        await end(make, as_, contract, member, seen=seen.sha256)
    async with as_(make.actor(member)) as work:
        row = await queries.contract_row(work, contract.id)
        assert (row.state, await queries.ending_of(work, row)) == ("signed", None)


async def test_silence_agrees_after_fourteen_days(make, as_, clock):
    member = await make.member()
    contract = await make.signed_contract(member, await vat_client(make, member))
    await end(make, as_, contract, member)
    async with as_() as work:
        row = await queries.contract_row(work, contract.id)
        stated = await queries.ending_of(work, row)
    assert stated is not None
    assert stated.answer_by.date() == date(2026, 12, 7)
    async with as_() as work:
        ending_id = await work.session.scalar(select(ContractEnding.id))
        await commands.deem_ending(work, ending_id)
    assert (await statement(make, as_, contract)).state == "proposed"
    clock.advance(days=15)
    for _ in range(2):
        async with as_() as work:
            await commands.deem_ending(work, ending_id)
    async with as_() as work:
        row = await queries.contract_row(work, contract.id)
        assert (await queries.ending_of(work, row)).state == "deemed_agreed"
    async with as_(make.actor(member)) as work:
        drafted = await invoicing.draft_invoice_from_milestones(work, contract.id)
        assert (await work.session.get_one(Invoice, drafted)).net_minor == 25_000


async def test_the_client_ends_and_owes_the_kill_fee(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.deliver(contract, member, 1)
    client = await make.client_of(contract, "delivery")
    async with as_(client) as work:
        tried = await queries.linked_ending(work)
    assert (tried.state, tried.delivered, tried.not_begun) == ("tried", "400.00", "600.00")
    with pytest.raises(StaleVersion):
        async with as_(client) as work:
            await commands.client_ends(work, ClientNoticeIn(seen_sha256="0" * 64))
    async with as_(client) as work:
        ended = await commands.client_ends(work, ClientNoticeIn(seen_sha256=tried.sha256))
    assert (ended.state, ended.ended_reason) == ("terminated", "not_needed")
    with pytest.raises(IllegalMove):
        await end(make, as_, contract, member)


async def test_what_is_all_delivered_ends_by_itself(make, as_, http, signed_in):
    member = await make.member()
    contract = await make.signed_contract(member)
    delivered = [await make.deliver(contract, member, position) for position in (1, 2)]
    browser = await signed_in(member)
    browser.headers["Accept"] = http.headers["Accept"] = "text/html"
    assert ">How it ends<" in (await browser.get(f"/contracts/{contract.id}")).text
    page = await browser.get(f"/contracts/{contract.id}/end")
    assert "There is nothing left to end" in page.text
    assert "End the contract" not in page.text
    with pytest.raises(NothingLeft):
        await end(make, as_, contract, member)
    token = await make.link(contract.contact_id, contract.id, purpose="delivery")
    door = f"/deliveries/{token}"
    await http.post(door, data=hidden(await http.get(door)))
    page = await http.get("/ending")
    assert "All work is delivered" in page.text
    assert "seen_sha256" not in page.text
    fields = {**hidden(page), "answer": "notice", "seen_sha256": "0" * 64}
    refused = await http.post("/ending/answer", data=fields)
    assert (refused.status_code, "nothing left to end" in refused.text) == (422, True)
    async with as_(await make.client_of(contract, "delivery")) as work:
        for one in delivered:
            await commands.accept_milestone(work, one.milestone_id, one.id)
    assert (await preview(make, as_, contract, member)).state == "completed"
    assert "all work is accepted" in (await browser.get(f"/contracts/{contract.id}/end")).text
    assert "The contract is complete" in (await http.get("/ending")).text
    with pytest.raises(NothingLeft):
        await end(make, as_, contract, member)


async def test_a_contested_statement_is_decided_by_a_rep(make, as_):
    member, rep = await make.member(), await make.member(roles=[Role.REP])
    contract = await make.signed_contract(member, await vat_client(make, member))
    await end(make, as_, contract, member)
    stated = await statement(make, as_, contract)
    client = await make.client_of(contract, "delivery")
    with pytest.raises(StaleEnding):
        async with as_(client) as work:
            said = ContestEndingIn(seen_sha256="0" * 64, note="No")
            await commands.contest_ending(work, said)
    async with as_(client) as work:
        said = ContestEndingIn(seen_sha256=stated.sha256, note="Half of it")
        assert (await commands.contest_ending(work, said)).state == "contested"
    with pytest.raises(IllegalMove):
        async with as_(client) as work:
            said = AgreeEndingIn(seen_sha256=stated.sha256, typed_name="J")
            await commands.agree_ending(work, said)
    async with as_(client) as work:
        case = await commands.open_case(work, None, CaseIn(matter="ending", text="Half of it"))
    assert case.opened_by == "client"
    with pytest.raises(IllegalMove, match="time to answer"):
        async with as_(make.actor(rep)) as work:
            decision = CaseDecisionIn(outcome="settled", reasons="Half")
            await commands.decide_case(work, case.id, decision)
    async with as_(make.actor(member)) as work:
        await commands.answer_case(work, case.id, CaseAnswerIn(text="Half is fine"))
    async with as_(make.actor(rep)) as work:
        decision = CaseDecisionIn(outcome="settled", reasons="Half", kill_fee="125.00")
        assert (await commands.decide_case(work, case.id, decision)).state == "decided"
    async with as_(make.actor(member)) as work:
        drafted = await invoicing.draft_invoice_from_milestones(work, contract.id)
        assert (await work.session.get_one(Invoice, drafted)).net_minor == 12_500


async def _late_decision_is_chased(make, as_, clock, case, rep):
    """The rep hears of it two days before its day, and all who can help when it is over: once."""

    async def chased():
        before = len(await make.letters())
        for _ in range(2):
            async with as_() as work:
                await jobs.chase_decisions.job.run(work)
            async with as_() as work:
                await commands.chase_case(work, case.id)
        return [(one.to, one.subject) for one in (await make.letters())[before:]]

    clock.advance(days=12)
    assert await chased() == []
    clock.advance(days=2)
    ((to, subject),) = await chased()
    assert (to, "waits for your decision" in subject) == (rep.email, True)
    clock.advance(days=3)
    told = await chased()
    assert all("nobody has decided in time" in subject for _, subject in told)
    assert sorted(to for to, _ in told) == sorted({rep.email, (await make.letters())[-1].to})
    assert len(told) == 2, "the rep and the office"
    clock.advance(days=1)
    assert await chased() == []


async def test_who_may_do_what_in_a_dispute(make, as_, clock):
    member, stranger = await make.member(), await make.member()
    rep = await make.member(roles=[Role.REP])
    contract = await make.signed_contract(member)
    await make.deliver(contract, member)
    async with as_(make.actor(member)) as work:
        case = await commands.open_case(
            work, contract.id, CaseIn(matter="payment", text="Nothing is paid")
        )
    with pytest.raises(CaseIsOpen):
        async with as_(await make.client_of(contract, "delivery")) as work:
            await commands.open_case(work, None, CaseIn(matter="other", text="x"))
    with pytest.raises(OwnCase):
        async with as_(make.actor(member)) as work:
            await commands.answer_case(work, case.id, CaseAnswerIn(text="x"))
    with pytest.raises(CaseNotFound):
        async with as_(make.actor(stranger)) as work:
            await commands.answer_case(work, case.id, CaseAnswerIn(text="x"))
    async with as_(make.actor(stranger)) as work:
        assert await queries.cases(work, None) == []
    async with as_(make.actor(rep)) as work:
        assert [one.id for one in await queries.cases(work, None)] == [case.id]
    await _late_decision_is_chased(make, as_, clock, case, rep)
    with pytest.raises(Invalid):
        async with as_(make.actor(rep)) as work:
            wrong = CaseDecisionIn(outcome="settled", reasons="x", kill_fee="1.00")
            await commands.decide_case(work, case.id, wrong)
    async with as_(make.actor(rep)) as work:
        decision = CaseDecisionIn(outcome="for_member", reasons="The client was silent")
        await commands.decide_case(work, case.id, decision)
    with pytest.raises(IllegalMove):
        async with as_(make.actor(member)) as work:
            await commands.withdraw_case(work, case.id)


async def test_a_rep_does_not_decide_in_her_own_contract(make, as_, clock):
    rep = await make.member(roles=[Role.MEMBER, Role.REP])
    contract = await make.signed_contract(rep)
    async with as_(make.actor(rep)) as work:
        case = await commands.open_case(work, contract.id, CaseIn(matter="terms", text="x"))
    clock.advance(days=8)
    with pytest.raises(OwnCase):
        async with as_(make.actor(rep)) as work:
            decision = CaseDecisionIn(outcome="for_member", reasons="Mine")
            await commands.decide_case(work, case.id, decision)


async def test_a_retainer_is_announced_and_renewed(make, as_, clock):
    member = await make.member()
    deal = RetainerIn(
        period="month", amount="500.00", first_on=date(2026, 12, 1), periods=2, included="Upkeep"
    )
    contract = await make.signed_contract(member, deal=deal, milestones=[], hours_estimate=20)
    async with as_() as work:
        await commands.warn_of_expiry(work, contract.id)
    assert not [one for one in await make.letters() if "ends on" in one.subject]
    clock.advance(days=40)
    for _ in range(2):
        async with as_() as work:
            await commands.warn_of_expiry(work, contract.id)
    told = [one for one in await make.letters() if "ends on 2027-01-31" in one.subject]
    assert len(told) == 1
    async with as_(make.actor(member)) as work:
        renewed = await commands.renew_contract(work, contract.id)
    assert (renewed.state, renewed.renews_id) == ("draft", contract.id)
    assert renewed.draft["deal"]["first_on"] == "2027-02-01"


async def test_only_what_expires_is_renewed(make, as_):
    member = await make.member()
    plain = await make.signed_contract(member)
    with pytest.raises(IllegalMove):
        async with as_(make.actor(member)) as work:
            await commands.renew_contract(work, plain.id)
    deal = LicenceIn(fee="500.00", starts_on=date(2026, 12, 1))
    licence = await make.signed_contract(
        member, deal=deal, milestones=[], rights_term_months=12, rights_scope="One book"
    )
    async with as_(make.actor(member)) as work:
        renewed = await commands.renew_contract(work, licence.id)
    assert renewed.draft["deal"]["starts_on"] == "2027-12-01"

"""Pro-formas, deposits with their settlement, and recurring invoices, with the books after each."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from guild.contracts.models import Contract
from guild.core.errors import Conflict, GuildError, IllegalMove, Invalid
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands
from guild.invoicing.errors import (
    ContractNotSigned,
    InvoiceNotFound,
    NothingToInvoice,
    PlanNotFound,
)
from guild.invoicing.models import Invoice, NumberSeries, RecurringPlan, RecurringRun
from guild.invoicing.queries.recurring import get_plan
from guild.invoicing.rules.recurring import Period, Rhythm, filled, period_of
from guild.invoicing.schemas.kinds import DepositIn, ProformaIn
from guild.invoicing.schemas.recurring import PlanIn
from guild.ledger.chart import Account
from tests.features.invoicing.conftest import Bench
from tests.features.invoicing.test_amounts import issue, shown

DAY = dt.date(2026, 11, 23)


def typed(kind: Any, **given: Any) -> Any:
    return msgspec.convert({key: str(value) if key.endswith("_id") else value
                            for key, value in given.items()}, kind)  # fmt: skip


async def pay(bench: Bench, invoice_id: InvoiceId, amount: str) -> None:
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.record_payment(
            work, invoice_id, Money.parse(amount, "EUR"), Account("suspense"), DAY
        )


async def test_a_proforma_takes_no_number_and_becomes_an_invoice(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    actor = bench.make.actor(member)
    async with begin_work(bench.system, actor) as work:
        one = await commands.draft_proforma(work, typed(ProformaIn, contract_id=contract.id))
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.print_proforma(work, one)
    said = await shown(bench, one)
    assert (said.kind, said.number, said.total, said.files) == (
        "proforma", None, "1210.00", ["pdf"],
    )  # fmt: skip
    with pytest.raises(InvoiceNotFound):
        await issue(bench, one)
    async with begin_work(bench.system, SYSTEM) as work:
        assert await work.session.scalar(select(func.count()).select_from(NumberSeries)) == 0
    assert await bench.balance("receivable", contract.client_id) == 0
    async with begin_work(bench.system, actor) as work:
        draft = await commands.draft_from_proforma(work, one)
    made = await shown(bench, draft)
    assert (made.kind, made.total) == ("invoice", "1210.00")
    assert all(line.milestone_id for line in made.lines)
    with pytest.raises(Conflict):
        async with begin_work(bench.system, actor) as work:
            await commands.draft_from_proforma(work, one)
    with pytest.raises(NothingToInvoice):
        async with begin_work(bench.system, actor) as work:
            await commands.draft_proforma(work, typed(ProformaIn, contract_id=contract.id))
    assert (await issue(bench, draft)).number == "2026-0001"
    assert await bench.broken() == []


async def deposit(bench: Bench, contract: Contract, **given: Any) -> InvoiceId:
    async with begin_work(bench.system, SYSTEM) as work:
        return await commands.draft_deposit(
            work, typed(DepositIn, contract_id=contract.id, **given)
        )


@pytest.mark.parametrize("paid", ["363.00", "100.00", None])
async def test_a_deposit_is_settled_and_vat_is_owed_once(bench: Bench, paid: str | None) -> None:
    contract, member = await bench.accepted(both=True)
    first = await deposit(bench, contract, percent="30")
    await issue(bench, first)
    said = await shown(bench, first)
    assert (said.net, said.total) == ("300.00", "363.00")
    if paid:
        await pay(bench, first, paid)
    final = await bench.draft(contract, member)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.settle_deposits(work, final, [first])
    done = await issue(bench, final)
    one = await shown(bench, final)
    assert (done.total, one.prepaid) == ("1210.00", paid or "0.00")
    gone = await shown(bench, first)
    assert (gone.state, gone.open) == ("credited", "0.00")
    assert await bench.balance("vat_payable") == 21_000
    assert await bench.balance("client_credit", contract.client_id) == 0
    open_minor = 121_000 - (Money.parse(paid, "EUR").minor if paid else 0)
    assert await bench.balance("receivable", contract.client_id) == open_minor
    assert await bench.broken() == []


async def test_what_a_deposit_refuses(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    for given in ({}, {"percent": "0"}, {"percent": "20", "amount": "5.00"},
                  {"amount": "1000.01"}, {"percent": "12.345"}):  # fmt: skip
        with pytest.raises(Invalid):
            await deposit(bench, contract, **given)
    sent = await bench.make.sent_contract(member)
    with pytest.raises(ContractNotSigned):
        await deposit(bench, sent, percent="10")
    first = await deposit(bench, contract, amount="900.00")
    with pytest.raises(Invalid):
        await deposit(bench, contract, percent="20")
    final = await bench.draft(contract, member)
    for wrong in (first, final):  # a draft; no deposit
        with pytest.raises(GuildError):
            async with begin_work(bench.system, SYSTEM) as work:
                await commands.settle_deposits(work, final, [wrong])
    await issue(bench, first)
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.settle_deposits(work, final, [first])
    await pay(bench, first, "50.00")
    with pytest.raises(Conflict):  # paid since the draft was made
        await issue(bench, final)
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.settle_deposits(work, final, [first])
    assert (await shown(bench, final)).prepaid == "50.00"
    await issue(bench, final)
    assert await bench.broken() == []


PLAN = {"starts_on": "2026-09-30", "terms": {
    "lines": [{"text": "Upkeep {month}/{year}", "unit_price": "250"}],
    "note": "From {first} to {last}"}}  # fmt: skip


async def plan(bench: Bench, **given: Any) -> tuple[Any, Any, Contract]:
    contract, member = await bench.accepted(both=True)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        data = typed(PlanIn, contract_id=contract.id, **{**PLAN, **given})
        return await commands.start_plan(work, data), member, contract


async def run(bench: Bench, plan_id: Any) -> list[InvoiceId]:
    async with begin_work(bench.system, SYSTEM) as work:
        return await commands.run_plan(work, plan_id)


async def test_missed_periods_are_made_once(bench: Bench, clock: Any) -> None:
    plan_id, member, _ = await plan(bench, issue=True)
    made = await run(bench, plan_id)
    assert await run(bench, plan_id) == []
    said = [await shown(bench, one) for one in made]
    assert [one.lines[0].text for one in said] == ["Upkeep 09/2026", "Upkeep 10/2026"]
    assert [one.number for one in said] == ["2026-0001", "2026-0002"]
    assert said[1].period is not None
    assert str(said[1].period.first) == "2026-10-30"
    clock.set(dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC))
    assert len(await run(bench, plan_id)) == 1
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        out = await get_plan(work, plan_id)
    assert [str(one.run_on) for one in out.coming[:2]] == ["2026-12-30", "2027-02-01"]
    assert len(out.done) == 3
    assert await bench.balance("member_pending", member.id) == 75_000
    assert await bench.broken() == []


@pytest.mark.parametrize("day", ["0001-01-01", "2025-11-20", "2031-12-01", "9999-12-31"])
async def test_a_plan_begins_at_a_day_that_is_near(bench: Bench, day: str) -> None:
    with pytest.raises(Invalid, match="at most a year ago"):
        await plan(bench, starts_on=day)


async def test_a_plan_is_skipped_paused_resumed_and_ended(bench: Bench, clock: Any) -> None:
    plan_id, member, _ = await plan(bench, starts_on="2026-12-01", periods=4)
    actor = bench.make.actor(member)
    async with begin_work(bench.system, actor) as work:
        await commands.skip_period(work, plan_id, 0)
    with pytest.raises(Conflict):
        async with begin_work(bench.system, actor) as work:
            await commands.skip_period(work, plan_id, 0)
    async with begin_work(bench.system, actor) as work:
        await commands.pause_plan(work, plan_id)
    clock.set(dt.datetime(2027, 2, 2, 9, tzinfo=dt.UTC))
    assert await run(bench, plan_id) == []
    async with begin_work(bench.system, actor) as work:
        await commands.resume_plan(work, plan_id)
    made = await run(bench, plan_id)
    assert len(made) == 2
    assert (await shown(bench, made[0])).state == "draft"
    with pytest.raises(PlanNotFound):
        async with begin_work(bench.system, bench.make.actor(await bench.make.member())) as work:
            await commands.end_plan(work, plan_id)
    clock.set(dt.datetime(2027, 3, 2, 9, tzinfo=dt.UTC))
    assert len(await run(bench, plan_id)) == 1
    async with begin_work(bench.system, SYSTEM) as work:
        row = await work.session.get_one(RecurringPlan, plan_id)
        runs = await work.session.scalar(select(func.count()).select_from(RecurringRun))
    assert (row.state, row.next_on, runs) == ("ended", None, 4)
    with pytest.raises(IllegalMove):
        async with begin_work(bench.system, actor) as work:
            await commands.end_plan(work, plan_id)


async def test_what_a_plan_refuses(bench: Bench) -> None:
    for wrong in (
        {"ends_on": "2026-01-01"},
        {"ends_on": "2027-01-01", "periods": 3},
        {"terms": {"lines": [{"text": "Upkeep {moon}", "unit_price": "250"}]}},
        {"terms": {"lines": [{"text": "Upkeep {", "unit_price": "250"}]}},
    ):
        with pytest.raises(Invalid):
            await plan(bench, **wrong)
    member = await bench.make.member()
    sent = await bench.make.sent_contract(member)
    with pytest.raises(ContractNotSigned):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.start_plan(work, typed(PlanIn, contract_id=sent.id, **PLAN))


async def test_a_document_that_is_refused_waits_as_a_draft(bench: Bench) -> None:
    member = await bench.make.member()
    town = await bench.make.organisation(member, kind="public_body", enterprise_number="0207500123")
    contract, _ = await bench.accepted(member, town)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        data = typed(PlanIn, contract_id=contract.id, **{**PLAN, "periods": 1, "issue": True})
        plan_id = await commands.start_plan(work, data)
    (made,) = await run(bench, plan_id)
    async with begin_work(bench.system, SYSTEM) as work:
        row = await work.session.get_one(RecurringPlan, plan_id)
        invoice = await work.session.get_one(Invoice, made)
    assert (row.state, invoice.state) == ("ended", "draft")
    assert row.problem
    assert await bench.broken() == []


@pytest.mark.parametrize(
    ("shift", "run_on"),
    [("none", "2026-11-01"), ("next", "2026-11-02"), ("previous", "2026-10-31")],
)
def test_days_move_off_closed_days(shift: Any, run_on: str) -> None:
    rhythm = Rhythm(every=1, unit="months", starts_on=dt.date(2026, 10, 1), shift=shift)
    found = period_of(rhythm, 1, lambda day: day.weekday() != 6)
    assert found is not None
    assert (str(found.first), str(found.last), str(found.run_on)) == (
        "2026-11-01", "2026-11-30", run_on,
    )  # fmt: skip


def test_short_months_and_texts() -> None:
    rhythm = Rhythm(every=1, unit="months", starts_on=dt.date(2027, 1, 31), shift="none")
    firsts = [period_of(rhythm, number, lambda _: True) for number in range(3)]
    assert [str(one.first) for one in firsts if one] == ["2027-01-31", "2027-02-28", "2027-03-31"]
    one = Period(number=4, first=DAY, last=DAY, run_on=DAY)
    assert filled("{number}: Q{quarter} {year}, {first}", one) == "5: Q4 2026, 2026-11-23"
    with pytest.raises(ValueError, match="moon"):
        filled("{moon}", one)

"""One self-billed document for a month, and what the rules refused tried again; with the books."""

from typing import Any

import pytest
from sqlalchemy import select

from guild.core.errors import Conflict
from guild.core.ids import InvoiceId, PayoutId, new_id
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands, jobs
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import SelfBillDue, SelfBillingMandate
from guild.invoicing.queries import frozen_invoice
from guild.invoicing.queries.self_billing import list_self_bills, list_unbilled
from guild.members.models import Member
from tests.conftest import Clock
from tests.features.invoicing.conftest import BELGIAN, Bench

FIRST, SECOND = InvoiceId(new_id()), InvoiceId(new_id())


async def agreed(bench: Bench, period: Any = "month") -> Member:
    member = await bench.make.member()
    async with begin_work(bench.system, SYSTEM) as work:
        row = await work.session.get_one(Member, member.id)
        for name, value in BELGIAN.items():
            setattr(row, name, value)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.sign_mandate(work, member.legal_name, terms_version=1, period=period)
    return member


async def paid(
    bench: Bench, member: Member, *lines: tuple[InvoiceId, str, int], currency: str = "EUR"
) -> PayoutId:
    payout = PayoutId(new_id())
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.self_bill_payout(
            work, payout, member.id, currency,
            [commands.BilledLine(invoice_id=one, number=number, net_minor=minor)
             for one, number, minor in lines],
        )  # fmt: skip
    return payout


async def run_month(bench: Bench) -> int:
    """What the clock does: find the months that are over, and a job for each."""
    async with begin_work(bench.system, SYSTEM) as work:
        found = await commands.months_to_bill(work)
    for one in found:
        async with begin_work(bench.system, SYSTEM) as work:
            await jobs.self_bill_month(work, member_id=one.member_id, month=one.month.isoformat())
    return len(found)


async def test_a_months_payouts_make_one_document(bench: Bench, clock: Clock) -> None:
    member = await agreed(bench)
    one = await paid(bench, member, (FIRST, "2026-0001", 60_000), (SECOND, "2026-0002", 1_000))
    clock.advance(days=4)
    two = await paid(bench, member, (SECOND, "2026-0002", 29_000))
    assert await run_month(bench) == 0  # the month is not over
    async with begin_work(bench.system, bench.make.actor(member), read_only=True) as work:
        waiting = await list_unbilled(work)
    assert [(row.payout_id, row.state, row.amount) for row in waiting] == [
        (one, "waiting", "610.00"), (two, "waiting", "290.00"),
    ]  # fmt: skip
    clock.advance(days=5)  # 2 December
    three = await paid(bench, member, (FIRST, "2026-0001", 5_000))
    assert await run_month(bench) == 1
    assert await run_month(bench) == 0
    async with begin_work(bench.system, bench.make.actor(member), read_only=True) as work:
        (bill,) = (await list_self_bills(work)).items
        (left,) = await list_unbilled(work)
        said = (await frozen_invoice(work, bill.id)).frozen
    assert (set(bill.payouts), bill.net, left.payout_id) == ({one, two}, "900.00", three)
    assert [(line.text[-9:], line.net_minor) for line in said.lines] == [
        ("2026-0001", 60_000), ("2026-0002", 30_000),
    ]  # fmt: skip
    assert said.period is not None
    assert [str(day) for day in said.period] == ["2026-11-01", "2026-11-27"]
    assert said.buyer_reference == "2026-11"
    assert await bench.balance("vat_receivable") == 18_900
    assert await bench.balance("member_available", member.id) == 18_900
    letters = [one for one in await bench.make.letters() if one.to == member.email]
    assert sum("has written invoice" in one.text for one in letters) == 1
    assert await bench.broken() == []


async def test_what_was_chosen_is_signed(bench: Bench) -> None:
    member = await agreed(bench)
    async with begin_work(bench.system, SYSTEM) as work:
        mandate = await work.session.scalar(
            select(SelfBillingMandate).where(SelfBillingMandate.member_id == member.id)
        )
    assert mandate is not None
    assert mandate.period == "month"
    assert mandate.evidence["words"].endswith("written when the month is over.")


async def test_what_was_paid_under_a_mandate_is_billed_after_its_end(
    bench: Bench, clock: Clock
) -> None:
    member = await agreed(bench)
    await paid(bench, member, (FIRST, "2026-0001", 60_000))
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        await commands.revoke_mandate(work, "I bill myself from now on")
    await paid(bench, member, (SECOND, "2026-0002", 60_000))
    clock.advance(days=9)
    assert await run_month(bench) == 1
    async with begin_work(bench.system, bench.make.actor(member), read_only=True) as work:
        (bill,) = (await list_self_bills(work)).items
    assert bill.net == "600.00"
    assert await bench.broken() == []


async def held(bench: Bench, period: Any = "payout") -> tuple[Member, PayoutId]:
    """A payout whose document the rules refuse, because the member's number is gone."""
    member = await agreed(bench, period)
    async with begin_work(bench.system, SYSTEM) as work:
        (await work.session.get_one(Member, member.id)).vat_number = None
    return member, await paid(bench, member, (FIRST, "2026-0001", 60_000))


async def mend(bench: Bench, member: Member) -> None:
    async with begin_work(bench.system, SYSTEM) as work:
        (await work.session.get_one(Member, member.id)).vat_number = BELGIAN["vat_number"]


async def test_a_refused_document_is_tried_again(bench: Bench, signed_in: Any) -> None:
    treasurer = await bench.make.member(roles=("treasurer",))
    member, payout = await held(bench)
    told = [one for one in await bench.make.letters() if one.to == treasurer.email]
    assert len(told) == 1
    browser, desk = await signed_in(member), await signed_in(treasurer)
    page = await browser.get("/self-billing")
    assert "Refused by the rules" in page.text
    (due,) = (await desk.get("/api/v1/self-bills/due")).json()
    assert (due["payout_id"], due["state"]) == (str(payout), "held")
    assert due["problem"]
    at = f"/api/v1/self-bills/due/{payout}/retry"

    def key(name: str) -> dict[str, str]:
        return {"Idempotency-Key": f"{name}-of-some-length"}

    still = (await desk.post(at, headers=key("first"))).json()
    assert (still["invoice_id"], still["problem"]) == (None, due["problem"])
    # The office is not told the same a second time.
    again = [one for one in await bench.make.letters() if one.to == treasurer.email]
    assert len(again) == 1
    stranger = await signed_in(await bench.make.member())
    assert (await stranger.post(at, headers=key("strange"))).status_code == 404
    assert (await stranger.get("/api/v1/self-bills/due")).json() == []
    await mend(bench, member)
    tried = await browser.post(f"/self-billing/due/{payout}/retry")
    assert tried.status_code == 303, tried.text
    assert "Waits for the member" in (await browser.get("/self-billing")).text
    twice = await browser.post(f"/self-billing/due/{payout}/retry")
    assert twice.status_code == 409
    assert "its document already" in twice.text
    assert await bench.balance("vat_receivable") == 12_600
    assert await bench.broken() == []


async def test_a_refused_month_is_tried_again_whole(bench: Bench, clock: Clock) -> None:
    member, one = await held(bench, "month")
    two = await paid(bench, member, (SECOND, "2026-0002", 10_000))
    with pytest.raises(Conflict, match="November 2026"):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.retry_self_bill(work, one)
    clock.advance(days=9)
    assert await run_month(bench) == 1
    async with begin_work(bench.system, SYSTEM) as work:
        states = set(await work.session.scalars(select(SelfBillDue.state)))
    assert states == {"held"}
    with pytest.raises(InvoiceNotFound):
        async with begin_work(bench.system, bench.make.actor(member)) as work:
            await commands.retry_self_bill(work, PayoutId(new_id()))
    await mend(bench, member)
    async with begin_work(bench.system, bench.make.actor(member)) as work:
        bill = await commands.retry_self_bill(work, two)
    assert bill is not None
    async with begin_work(bench.system, SYSTEM) as work:
        assert (await frozen_invoice(work, bill)).frozen.net_minor == 70_000
    assert await bench.broken() == []

"""A granted benefit on its way to the member: arrears, four eyes, the bank's answers."""

from datetime import date

import msgspec
import pytest
from sqlalchemy import select

from guild.core.errors import Conflict
from guild.core.ids import ClaimId, PayoutId
from guild.core.money import Money
from guild.core.permissions import Role
from guild.ledger import commands as ledger
from guild.ledger import queries as books
from guild.ledger.chart import Account, credit, debit
from guild.mutual_fund import commands, queries
from guild.mutual_fund.errors import ClaimNotFound
from guild.mutual_fund.models import ClaimPayout
from guild.mutual_fund.schemas import AppealIn, ClaimOut
from guild.treasury import commands as treasury
from guild.treasury.events import PayoutReturned, PayoutSettled
from guild.treasury.schemas import CoopAccountIn, PayoutIn, PayoutRunIn, RejectIn
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.mutual_fund.court import Court, verdict


class Desk(Court):
    """A court whose claimant has a bank account, in a house that has one too."""

    async def open(self, members: int = 12, pot_minor: int = 1_000_000) -> "Desk":
        await super().open(members, pot_minor)
        other = await self.make.member(roles=[Role.TREASURER])
        await self.make.bank_account(self.claimant, approver=other)
        async with self.as_(self.make.actor(other)) as work:
            await treasury.open_coop_account(
                work,
                CoopAccountIn(
                    name="Current account",
                    iban="BE71096123456769",
                    opening_balance="10000.00",
                    opened_on=date(2026, 1, 1),
                ),
            )
        return self

    async def granted(self, outcome: str = "granted", amount: str | None = None) -> ClaimOut:
        claim = await self.file()
        await self.draw(claim.id)
        return await self.judge(claim.id, [verdict(outcome, amount)] * 3)

    async def ask(self, claim_id: ClaimId) -> PayoutId:
        async with self.as_(self.make.actor(self.claimant)) as work:
            await commands.pay_benefit(work, claim_id)
        async with self.as_() as work:
            found = await work.session.scalar(
                select(ClaimPayout.payout_id).where(ClaimPayout.state == "ordered")
            )
            assert found is not None
            return found

    async def settle(self, payout_id: PayoutId) -> None:
        async with self.as_() as work:
            await work.emit(PayoutSettled(payout_id=payout_id, member_id=self.claimant.id))

    async def seen(self, claim_id: ClaimId) -> ClaimOut:
        async with self.as_(self.make.actor(self.claimant)) as work:
            return await queries.view_claim(work, await queries.claim_for(work, claim_id))

    async def sound(self) -> None:
        async with self.as_() as work:
            for invariant in (*queries.INVARIANTS, *books.INVARIANTS):
                assert await invariant(work.session) == [], invariant.__name__


@pytest.fixture
async def desk(as_: As, make: Factories, clock: Clock) -> Desk:
    desk = await Desk(as_, make).open()
    clock.advance(days=4)  # past the cooling-off of a new bank account
    return desk


async def test_a_benefit_is_asked_for_once_and_paid_when_the_bank_shows_it(desk: Desk) -> None:
    claim = await desk.granted()
    payout_id = await desk.ask(claim.id)
    with pytest.raises(Conflict):
        await desk.ask(claim.id)
    assert (await desk.seen(claim.id)).paid == "0.00"
    await desk.settle(payout_id)
    paid = await desk.seen(claim.id)
    assert (paid.state, paid.paid) == ("paid", paid.granted)
    with pytest.raises(Conflict):
        await desk.ask(claim.id)
    await desk.sound()


async def test_a_refused_or_returned_payout_can_be_asked_for_again(desk: Desk) -> None:
    claim = await desk.granted()
    first = await desk.ask(claim.id)
    async with desk.as_(desk.make.actor(desk.treasurer)) as work:
        await treasury.reject_payout(work, first, RejectIn(reason="The account looks odd"))
    second = await desk.ask(claim.id)
    await desk.settle(second)
    async with desk.as_() as work:
        await work.emit(PayoutReturned(payout_id=second, member_id=desk.claimant.id, reason="AC04"))
    back = await desk.seen(claim.id)
    assert (back.state, back.paid) == ("granted", "0.00")
    await desk.sound()


async def test_a_quarter_at_most_settles_arrears(desk: Desk) -> None:
    claim = await desk.granted()
    granted = Money.parse(claim.granted, "EUR").minor
    async with desk.as_() as work:
        await ledger.post(
            work,
            kind="levy_returned",
            text="A credit note took back what was paid out",
            lines=[
                debit("member_available", Money(99_999, "EUR"), desk.claimant.id),
                credit("member_pending", Money(99_999, "EUR"), desk.claimant.id),
            ],
        )
    payout_id = await desk.ask(claim.id)
    async with desk.as_() as work:
        payout = await work.session.get_one(ClaimPayout, payout_id)
        assert payout.amount_minor == granted - granted // 4
        owed = await books.balance_of(work, Account("member_available", desk.claimant.id))
        assert owed == Money(-99_999 + granted // 4, "EUR")
    await desk.settle(payout_id)
    assert (await desk.seen(claim.id)).state == "paid"
    await desk.sound()


async def test_an_appeal_while_the_first_part_is_on_its_way_pays_no_cent_twice(
    desk: Desk,
) -> None:
    claim = await desk.granted("part", "100.00")
    first = await desk.ask(claim.id)
    async with desk.as_(desk.make.actor(desk.claimant)) as work:
        await commands.appeal(work, claim.id, AppealIn(statement="All of it, please."))
    await desk.draw(claim.id)
    await desk.judge(claim.id, [verdict("granted")] * 5, round_=2)
    with pytest.raises(Conflict):
        await desk.ask(claim.id)
    await desk.settle(first)
    half = await desk.seen(claim.id)
    assert (half.state, half.paid) == ("granted", "100.00")
    second = await desk.ask(claim.id)
    await desk.settle(second)
    done = await desk.seen(claim.id)
    assert (done.state, done.paid) == ("paid", done.amount)
    await desk.sound()


async def test_the_treasurer_sees_what_waits_to_be_paid_and_nothing_else(desk: Desk) -> None:
    claim = await desk.granted()
    async with desk.as_(desk.make.actor(desk.treasurer)) as work:
        listed = (await queries.claims_to_pay(work)).claims
        assert [each.id for each in listed] == [claim.id]
        await commands.pay_benefit(work, claim.id)
        assert (await queries.claims_to_pay(work)).claims == []
    with pytest.raises(ClaimNotFound):
        async with desk.as_(desk.make.actor(await desk.make.member())) as work:
            await commands.pay_benefit(work, claim.id)


async def test_a_benefit_is_asked_for_through_its_claim_and_no_other_way(desk: Desk) -> None:
    claim = await desk.granted()
    for schema in (PayoutIn, PayoutRunIn):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"amount": claim.granted, "purpose": "benefit"}, schema, strict=False)
    async with desk.as_(desk.make.actor(desk.claimant)) as work:
        await treasury.request_payout(work, PayoutIn(amount="1.00"), purpose="benefit")
        (invariant,) = (
            one for one in queries.INVARIANTS if one.__name__ == "benefits_have_their_claim"
        )
        await work.session.flush()
        assert "belongs to no claim" in (await invariant(work.session))[0]


async def test_a_part_that_came_back_from_the_bank_can_still_be_appealed(desk: Desk) -> None:
    claim = await desk.granted("part", "100.00")
    payout_id = await desk.ask(claim.id)
    await desk.settle(payout_id)
    async with desk.as_() as work:
        await work.emit(
            PayoutReturned(payout_id=payout_id, member_id=desk.claimant.id, reason="AC04")
        )
    async with desk.as_(desk.make.actor(desk.claimant)) as work:
        appealed = await commands.appeal(work, claim.id, AppealIn(statement="All of it, please."))
    assert appealed.state == "appealed"
    await desk.sound()

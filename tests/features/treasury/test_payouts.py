"""Payouts: what is available, four eyes by API and SQL, one file for ever, the bank settles."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Forbidden, IllegalMove, Invalid
from guild.core.ids import BatchId, PayoutId
from guild.core.work import begin_work
from guild.ledger.chart import Account
from guild.ledger.queries import balance_of
from guild.members import commands as members
from guild.treasury import commands, jobs, queries
from guild.treasury.errors import (
    AlreadyApproved,
    NotAvailable,
    NothingToPay,
    NoUsableBankAccount,
    OwnPayout,
    PayeeChanged,
    PayoutNotFound,
)
from guild.treasury.models import Payout
from guild.treasury.schemas import (
    BatchIn,
    BatchOut,
    ConfirmOut,
    PayoutOut,
    RejectIn,
)
from tests.camt import Move
from tests.conftest import Clock
from tests.features.treasury.conftest import COOP_IBAN, OPENING, Desk
from tests.features.treasury.test_pain001 import oracle


async def held(desk: Desk, code: str, owner: UUID) -> int:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return (await balance_of(work, Account(code, owner))).minor


async def batch(desk: Desk) -> BatchOut:
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await commands.make_payment_batch(work, BatchIn())


async def sent(desk: Desk, batch_id: BatchId) -> BatchOut:
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await commands.mark_batch_sent(work, batch_id)


async def seen(desk: Desk, payout_id: PayoutId) -> PayoutOut:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return await queries.payout(work, payout_id)


def cooled(clock: Clock) -> None:
    """Let the cooling-off period of new accounts pass."""
    clock.advance(hours=73)


async def ordered(desk: Desk, clock: Clock) -> tuple[PayoutOut, BatchOut]:
    member, _ = await desk.payee()
    cooled(clock)
    asked = await desk.ask(member, "910.00")
    await desk.approve(asked)
    made = await batch(desk)
    await sent(desk, made.id)
    return asked, made


async def test_the_whole_way_from_request_to_statement(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee(holder="Ada Voorbeeld")
    cooled(clock)
    asked = await desk.ask(member, "910.00")
    assert (asked.state, asked.approvals, asked.payee_iban_last4) == ("requested", 0, "7034")
    assert await held(desk, "member_available", member.id) == 100_000

    approved = await desk.approve(asked)
    assert (approved.state, approved.approvals) == ("approved", 2)
    assert await held(desk, "member_available", member.id) == 9_000
    assert await held(desk, "payout_in_transit", desk.account_id) == 91_000

    made = await batch(desk)
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        file = await queries.batch_file(work, made.id)
    said = oracle(file)
    assert said["message"] == made.message_id
    assert said["debtor"] == COOP_IBAN
    orders: Any = said["orders"]
    (order,) = orders
    assert order[0] == asked.id.hex
    assert order[2:] == ("EUR", "Ada Voorbeeld", "BE68539007547034")

    await sent(desk, made.id)
    assert (await seen(desk, asked.id)).state == "ordered"
    assert await desk.wrong() == []

    debit = Move(cents=-91_000, reference="D1", name="Ada", end_to_end_id=asked.id.hex)
    came = await desk.bring_in(desk.statement(debit))
    assert came.payouts_settled == 1
    settled = await seen(desk, asked.id)
    assert (settled.state, settled.settled_on) == ("settled", desk.day)
    assert await held(desk, "payout_in_transit", desk.account_id) == 0
    assert await held(desk, "bank", desk.account_id) == OPENING - 91_000
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert (await balance_of(work, Account("suspense"))).minor == 0
        assert [one.state for one in await queries.batches(work)] == ["settled"]
    assert await desk.wrong() == []


async def test_no_more_than_what_is_available_and_not_asked_for(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee(100_000)
    cooled(clock)
    await desk.ask(member, "600.00")
    with pytest.raises(NotAvailable, match=r"400\.00 EUR can be paid"):
        await desk.ask(member, "400.01")
    await desk.ask(member, "400.00")


@pytest.mark.parametrize("amount", ["0", "0.00", "1.001"])
async def test_no_payout_of_nothing_or_of_fractions(desk: Desk, clock: Clock, amount: str) -> None:
    member, _ = await desk.payee()
    cooled(clock)
    with pytest.raises(Invalid):
        await desk.ask(member, amount)


async def test_no_payout_to_an_account_that_is_new_or_not_approved(
    desk: Desk, clock: Clock
) -> None:
    member, _ = await desk.payee()
    await desk.make.bank_account(member, approver=desk.treasurers[0], iban="BE71 0961 2345 6769")
    with pytest.raises(NoUsableBankAccount, match="6769"):
        await desk.ask(member, "1.00")
    other = await desk.make.member()
    await desk.make.bank_account(other)
    cooled(clock)
    await desk.paid_in(other, 100)
    with pytest.raises(NoUsableBankAccount):
        await desk.ask(other, "1.00")


async def test_a_member_asks_for_herself_only(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee()
    other = await desk.make.member()
    cooled(clock)
    with pytest.raises(Forbidden):
        await desk.ask(member, "1.00", by=desk.make.actor(other))


async def test_others_do_not_see_it(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee()
    other = await desk.make.member()
    cooled(clock)
    asked = await desk.ask(member, "1.00")
    async with begin_work(desk.system, desk.make.actor(other), read_only=True) as work:
        with pytest.raises(PayoutNotFound):
            await queries.payout(work, asked.id)
        assert list((await queries.payouts(work)).items) == []
    async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
        assert [one.id for one in (await queries.payouts(work)).items] == [asked.id]


class TestFourEyes:
    """Neither payee nor requester approve, nobody counts twice, SQL is refused like the API."""

    async def test_one_approval_is_not_enough(self, desk: Desk, clock: Clock) -> None:
        member, _ = await desk.payee()
        cooled(clock)
        asked = await desk.approve(await desk.ask(member, "910.00"), [1])
        assert (asked.state, asked.approvals) == ("requested", 1)
        with pytest.raises(NothingToPay):
            await batch(desk)
        assert await held(desk, "member_available", member.id) == 100_000

    async def test_the_same_treasurer_does_not_count_twice(self, desk: Desk, clock: Clock) -> None:
        member, _ = await desk.payee()
        cooled(clock)
        with pytest.raises(AlreadyApproved):
            await desk.approve(await desk.ask(member, "910.00"), [1, 1])

    async def test_the_requester_does_not_approve(self, desk: Desk, clock: Clock) -> None:
        member, _ = await desk.payee()
        cooled(clock)
        asked = await desk.ask(member, "910.00", by=desk.treasurer(0))
        with pytest.raises(OwnPayout):
            await desk.approve(asked, [0])

    async def test_the_payee_does_not_approve(self, desk: Desk, clock: Clock) -> None:
        payee = desk.treasurers[1]
        await desk.make.bank_account(payee, approver=desk.treasurers[0])
        await desk.paid_in(payee, 1_000)
        cooled(clock)
        asked = await desk.ask(payee, "10.00", by=desk.treasurer(0))
        with pytest.raises(OwnPayout):
            await desk.approve(asked, [1])
        async with begin_work(desk.system, desk.treasurer(1)) as work:
            with pytest.raises(OwnPayout):
                await commands.reject_payout(work, asked.id, RejectIn(reason="mine"))

    async def test_a_member_or_the_house_itself_does_not_approve(
        self, desk: Desk, clock: Clock
    ) -> None:
        member, _ = await desk.payee()
        other = await desk.make.member()
        cooled(clock)
        asked = await desk.ask(member, "910.00")
        async with begin_work(desk.system, desk.make.actor(other)) as work:
            with pytest.raises(Forbidden):
                await commands.approve_payout(work, asked.id)

    @pytest.mark.parametrize("who", ["payee", "requester"])
    async def test_sql_refuses_their_approval(self, desk: Desk, clock: Clock, who: str) -> None:
        member, _ = await desk.payee()
        cooled(clock)
        asked = await desk.ask(member, "910.00", by=desk.treasurer(0))
        approver = member.id if who == "payee" else desk.treasurers[0].id
        with pytest.raises(DBAPIError, match="approved by others"):
            async with begin_work(desk.system, desk.treasurer()) as work:
                await work.session.execute(
                    text("INSERT INTO payout_approval VALUES (:p, :a, now())"),
                    {"p": asked.id, "a": approver},
                )

    @pytest.mark.parametrize(
        ("attack", "refusal"),
        [
            ("UPDATE payout SET state = 'approved'", "approvals"),
            ("UPDATE payout SET state = 'ordered'", "does not go|batch"),
            ("UPDATE payout SET state = 'settled'", "does not go"),
            ("UPDATE payout SET amount_minor = 1", "never change"),
            ("UPDATE payout SET requested_by = member_id", "never change"),
            ("UPDATE payout SET approvals_needed = 1", "never change"),
            ("DELETE FROM payout", "append-only|denied"),
            ("DELETE FROM payout_approval", "append-only|denied"),
            ("UPDATE payout_approval SET approver_id = approver_id", "append-only|denied"),
        ],
    )
    async def test_sql_refuses_shortcuts(
        self, desk: Desk, clock: Clock, attack: str, refusal: str
    ) -> None:
        member, _ = await desk.payee()
        cooled(clock)
        await desk.approve(await desk.ask(member, "910.00", by=desk.treasurer(0)), [1])
        with pytest.raises(DBAPIError, match=refusal):
            async with begin_work(desk.system, desk.treasurer()) as work:
                await work.session.execute(text(attack))

    async def test_sql_refuses_a_payout_that_is_born_approved(
        self, desk: Desk, clock: Clock
    ) -> None:
        member, account = await desk.payee()
        cooled(clock)
        with pytest.raises(DBAPIError, match="begins as a request"):
            async with begin_work(desk.system, desk.treasurer()) as work:
                await work.session.execute(
                    text(
                        """
                        INSERT INTO payout (id, member_id, purpose, amount_minor, currency,
                            account_id, payee_account_id, state, requested_by, requested_at,
                            approvals_needed, charter_version)
                        VALUES (:id, :m, 'earnings', 1, 'EUR', :a, :p, 'approved', :m, now(), 2, 1)
                        """
                    ),
                    {"id": uuid4(), "m": member.id, "a": desk.account_id, "p": account.id},
                )


async def test_a_refused_payout_gives_the_money_back(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee()
    cooled(clock)
    asked = await desk.ask(member, "910.00")
    await desk.approve(asked)
    async with begin_work(desk.system, desk.treasurer()) as work:
        refused = await commands.reject_payout(work, asked.id, RejectIn(reason="Wrong month"))
    assert (refused.state, refused.reason) == ("rejected", "Wrong month")
    assert await held(desk, "member_available", member.id) == 100_000
    assert await held(desk, "payout_in_transit", desk.account_id) == 0
    with pytest.raises(IllegalMove):
        await desk.approve(asked, [1])
    assert await desk.wrong() == []


async def test_what_is_in_a_file_is_neither_refused_nor_sent_again(
    desk: Desk, clock: Clock
) -> None:
    member, _ = await desk.payee()
    cooled(clock)
    asked = await desk.ask(member, "910.00")
    await desk.approve(asked)
    made = await batch(desk)
    with pytest.raises(Invalid, match="payment file"):
        async with begin_work(desk.system, desk.treasurer()) as work:
            await commands.reject_payout(work, asked.id, RejectIn(reason="Too late"))
    with pytest.raises(NothingToPay):
        await batch(desk)
    assert (await sent(desk, made.id)).state == "sent"
    assert (await sent(desk, made.id)).state == "sent"
    with pytest.raises(DBAPIError, match="never sent again"):
        async with begin_work(desk.system, desk.treasurer()) as work:
            await work.session.execute(text("UPDATE payout SET batch_id = NULL"))


async def test_an_account_replaced_after_the_approval_stops_the_file(
    desk: Desk, clock: Clock
) -> None:
    member, _ = await desk.payee()
    cooled(clock)
    asked = await desk.ask(member, "910.00")
    await desk.approve(asked)
    await desk.make.bank_account(member, approver=desk.treasurers[0], iban="BE71 0961 2345 6769")
    with pytest.raises(PayeeChanged, match=asked.number):
        await batch(desk)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.reject_payout(work, asked.id, RejectIn(reason="New account"))
    with pytest.raises(NothingToPay):
        await batch(desk)


async def test_the_statement_settles_a_file_that_nobody_marked_as_sent(
    desk: Desk, clock: Clock
) -> None:
    """In doubt the bank answers: the file was uploaded, the treasurer's browser died."""
    member, _ = await desk.payee()
    cooled(clock)
    asked = await desk.ask(member, "910.00")
    await desk.approve(asked)
    await batch(desk)
    debit = Move(cents=-91_000, reference="D1", end_to_end_id=asked.id.hex)
    await desk.bring_in(desk.statement(debit))
    assert (await seen(desk, asked.id)).state == "settled"
    assert await desk.wrong() == []


async def test_a_debit_of_another_amount_settles_nothing(desk: Desk, clock: Clock) -> None:
    asked, _ = await ordered(desk, clock)
    wrong_sum = Move(cents=-91_001, reference="D1", end_to_end_id=asked.id.hex)
    came = await desk.bring_in(desk.statement(wrong_sum))
    assert came.payouts_settled == 0
    assert (await seen(desk, asked.id)).state == "ordered"
    assert await desk.wrong() == []


async def test_a_debit_without_our_id_is_confirmed_by_a_person(desk: Desk, clock: Clock) -> None:
    asked, _ = await ordered(desk, clock)
    await desk.bring_in(desk.statement(Move(cents=-91_000, reference="D1", name="Ada")))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (entry,) = (await queries.entries(work, state="open")).items
        done: ConfirmOut = await commands.confirm_payout(work, entry.id, asked.id)
    assert done.state == "confirmed"
    assert (await seen(desk, asked.id)).state == "settled"
    assert await desk.wrong() == []


async def test_a_returned_payout_is_the_members_again(desk: Desk, clock: Clock) -> None:
    asked, _ = await ordered(desk, clock)
    debit = Move(cents=-91_000, reference="D1", end_to_end_id=asked.id.hex)
    await desk.bring_in(desk.statement(debit))
    desk.day += timedelta(days=2)
    back = Move(cents=91_000, reference="C1", end_to_end_id=asked.id.hex, return_reason="AC04")
    await desk.bring_in(desk.statement(back))
    returned = await seen(desk, asked.id)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await jobs.tell_of_payout(work, payout_id=asked.id)
    assert "came back" in (await desk.make.letters())[-1].subject
    assert returned.state == "returned"
    assert "AC04" in (returned.reason or "")
    assert asked.member_id is not None
    assert await held(desk, "member_available", asked.member_id) == 100_000
    assert await desk.wrong() == []


async def test_requests_at_once_never_overdraw(real_desk: Desk, clock: Clock) -> None:
    member, _ = await real_desk.payee(100_000)
    cooled(clock)
    answers = await asyncio.gather(
        *(real_desk.ask(member, "300.00") for _ in range(16)), return_exceptions=True
    )
    assert sum(isinstance(answer, PayoutOut) for answer in answers) == 3
    assert sum(isinstance(answer, NotAvailable) for answer in answers) == 13


async def test_approvals_at_once_set_the_money_aside_once(real_desk: Desk, clock: Clock) -> None:
    member, _ = await real_desk.payee(100_000)
    cooled(clock)
    asked = await real_desk.ask(member, "1000.00")
    await asyncio.gather(
        *(real_desk.approve(asked, [n % 3]) for n in range(12)), return_exceptions=True
    )
    assert await held(real_desk, "member_available", member.id) == 0
    assert await held(real_desk, "payout_in_transit", real_desk.account_id) == 100_000
    assert await real_desk.wrong() == []


async def test_files_made_at_once_hold_each_payout_once(real_desk: Desk, clock: Clock) -> None:
    member, _ = await real_desk.payee(100_000)
    cooled(clock)
    for _ in range(4):
        await real_desk.approve(await real_desk.ask(member, "10.00"))
    answers = await asyncio.gather(*(batch(real_desk) for _ in range(6)), return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, BatchOut)]
    assert sum(one.payments for one in made) == 4
    async with begin_work(real_desk.system, real_desk.treasurer(), read_only=True) as work:
        rows = list(await work.session.scalars(select(Payout.batch_id)))
    assert None not in rows
    assert await real_desk.wrong() == []


async def test_a_stopped_account_cannot_be_approved_to(desk: Desk, clock: Clock) -> None:
    member, account = await desk.payee()
    cooled(clock)
    asked = await desk.ask(member, "1.00")
    async with begin_work(desk.system, desk.treasurer()) as work:
        await members.reject_bank_account(work, account.id, "The owner says it is not hers")
    with pytest.raises(PayeeChanged):
        await desk.approve(asked, [1])

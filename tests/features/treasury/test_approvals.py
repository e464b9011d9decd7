"""Bands of approvals: how many, of which offices, and who never counts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.core.errors import Forbidden
from guild.core.permissions import Role
from guild.core.work import begin_work
from guild.governance.rules import ApprovalBand, PayoutTerms
from guild.members.models import Member
from guild.treasury import commands, queries
from guild.treasury.errors import NotReturned, OfficeMissing, OwnPayout
from guild.treasury.rules.approvals import complete, counts_for, in_words, missing, needed
from guild.treasury.schemas import PayeeCheckIn, PayoutOut
from tests.camt import Move
from tests.conftest import Clock
from tests.features.treasury.conftest import Desk

TERMS = PayoutTerms(
    approvals=2,
    bands=(
        ApprovalBand(up_to_minor=1_000_000, approvals=2, roles={"treasurer": 1}),
        ApprovalBand(up_to_minor=5_000_000, approvals=3, roles={"treasurer": 2}),
        ApprovalBand(up_to_minor=None, approvals=4, roles={"treasurer": 2, "secretary": 1}),
    ),
    band_window_days=7,
    payee_mismatch_extra=1,
    payee_unchecked_extra=0,
    run_minimum_minor=1_000,
    prenotification_days=14,
    currency="EUR",
    bank_change_cooling_off_hours=72,
)


@pytest.mark.parametrize(
    ("minor", "approvals"),
    [(1, 2), (1_000_000, 2), (1_000_001, 3), (5_000_000, 3), (5_000_001, 4), (10**12, 4)],
)
def test_each_edge_of_each_band(minor: int, approvals: int) -> None:
    assert needed(TERMS, minor, "MTCH").approvals == approvals


@pytest.mark.parametrize("check", ["CMTC", "NMTC", "NOAP"])
def test_a_payee_whom_the_bank_does_not_know_needs_one_more(check: str) -> None:
    assert needed(TERMS, 100, check).approvals == 3
    assert needed(TERMS, 100, "MTCH").approvals == 2
    assert needed(TERMS, 100, None).approvals == 2


def test_an_office_that_is_short_comes_first_and_is_kept_free() -> None:
    wanted = needed(TERMS, 6_000_000, "MTCH")
    assert in_words(wanted) == "4 persons, of them 2 treasurers, 1 secretary"
    assert counts_for(wanted, [], {"treasurer", "secretary"}) == "secretary"
    given_ = ["treasurer", "treasurer", "treasurer"]
    assert missing(wanted.roles, given_) == {"secretary": 1}
    assert counts_for(wanted, given_, {"treasurer"}) is None
    assert counts_for(wanted, given_, {"secretary"}) == "secretary"
    assert counts_for(wanted, [], {"auditor"}) == "auditor"
    assert not complete(wanted, [*given_, "treasurer"])
    assert complete(wanted, [*given_, "secretary"])


@given(st.lists(st.sampled_from(["treasurer", "secretary"]), max_size=12), st.integers(1, 10**8))
def test_whoever_comes_in_whatever_order_the_word_is_never_given_in_vain(
    people: list[str], minor: int
) -> None:
    wanted = needed(TERMS, minor, "MTCH")
    words: list[str] = []
    for office in people:
        if complete(wanted, words):
            break
        role = counts_for(wanted, words, {office})
        if role is not None:
            words.append(role)
    assert len(words) <= wanted.approvals
    assert complete(wanted, words) == (len(words) == wanted.approvals)


async def two_offices(desk: Desk) -> tuple[Member, Member]:
    return (
        await desk.make.member(roles=[Role.SECRETARY]),
        await desk.make.member(roles=[Role.TREASURER]),
    )


async def approve(desk: Desk, asked: PayoutOut, member: Member) -> PayoutOut:
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        return await commands.approve_payout(work, asked.id)


async def test_a_small_payout_may_be_approved_by_treasurer_and_secretary(
    desk: Desk, clock: Clock
) -> None:
    member, _ = await desk.payee(100_000)
    secretary, _ = await two_offices(desk)
    clock.advance(hours=73)
    asked = await desk.ask(member, "910.00")
    assert (asked.approvals_needed, asked.roles_needed) == (2, {"treasurer": 1})
    await approve(desk, asked, secretary)
    second = await desk.make.member(roles=[Role.SECRETARY])
    with pytest.raises(OfficeMissing, match="1 treasurer"):
        await approve(desk, asked, second)
    assert (await approve(desk, asked, desk.treasurers[1])).state == "approved"


async def test_the_largest_needs_four_and_a_secretary(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee(9_000_000)
    secretary, fourth = await two_offices(desk)
    clock.advance(hours=73)
    asked = await desk.ask(member, "60000.00")
    assert (asked.approvals_needed, asked.roles_needed) == (4, {"treasurer": 2, "secretary": 1})
    for treasurer in desk.treasurers:
        await approve(desk, asked, treasurer)
    with pytest.raises(OfficeMissing, match="1 secretary"):
        await approve(desk, asked, fourth)
    assert (await approve(desk, asked, secretary)).state == "approved"
    assert await desk.wrong() == []


async def test_splitting_a_sum_gains_nothing(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee(9_000_000)
    clock.advance(hours=73)
    first = await desk.ask(member, "9000.00")
    second = await desk.ask(member, "9000.00")
    assert (first.approvals_needed, second.approvals_needed) == (2, 3)
    clock.advance(days=8)
    assert (await desk.ask(member, "900.00")).approvals_needed == 2


async def test_the_secretary_sees_and_approves_but_prepares_nothing(
    desk: Desk, clock: Clock
) -> None:
    member, _ = await desk.payee()
    secretary, _ = await two_offices(desk)
    clock.advance(hours=73)
    asked = await desk.ask(member, "10.00")
    async with begin_work(desk.system, desk.make.actor(secretary)) as work:
        assert (await queries.payout(work, asked.id)).id == asked.id
        with pytest.raises(Forbidden):
            await commands.make_payment_batches(work)


async def test_the_banks_doubt_about_the_name_asks_for_one_more(desk: Desk, clock: Clock) -> None:
    member, account = await desk.payee()
    clock.advance(hours=73)
    asked = await desk.ask(member, "910.00")
    said = PayeeCheckIn(result="CMTC", source="Portal of the bank", bank_name="M. Number")
    async with begin_work(desk.system, desk.treasurer()) as work:
        noted = await commands.record_payee_check(work, account.id, said)
        assert (noted.result, noted.bank_name) == ("CMTC", "M. Number")
        again = await commands.record_payee_check(work, account.id, said)
        assert again.at == noted.at
        assert (await queries.payout(work, asked.id)).approvals_needed == 3
    assert (await desk.approve(asked)).state == "requested"
    assert (await desk.approve(asked, [0])).state == "approved"
    async with begin_work(desk.system, desk.treasurer()) as work:
        fine = PayeeCheckIn(result="MTCH", source="Portal of the bank")
        await commands.record_payee_check(work, account.id, fine)
    assert (await desk.ask(member, "1.00")).approvals_needed == 2


async def test_nobody_records_the_check_of_her_own_account(desk: Desk) -> None:
    account = await desk.make.bank_account(desk.treasurers[0], approver=desk.treasurers[1])
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(Forbidden):
            await commands.record_payee_check(
                work, account.id, PayeeCheckIn(result="MTCH", source="me")
            )


async def test_a_returned_payout_is_paid_again_once(desk: Desk, clock: Clock) -> None:
    member, _ = await desk.payee()
    clock.advance(hours=73)
    asked = await desk.approve(await desk.ask(member, "910.00"))
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        with pytest.raises(NotReturned):
            await commands.pay_again(work, asked.id)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.make_payment_batches(work)
    gone = Move(cents=-91_000, reference="D1", end_to_end_id=asked.id.hex)
    back = Move(cents=91_000, reference="D2", end_to_end_id=asked.id.hex, return_reason="AC04")
    await desk.bring_in(desk.statement(gone))
    await desk.bring_in(desk.statement(back))
    async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
        came_back = await queries.payout(work, asked.id)
    assert (came_back.state, came_back.reason) == (
        "returned", "The bank sent it back: The account is closed. (AC04)",
    )  # fmt: skip
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        again = await commands.pay_again(work, asked.id)
    assert (again.amount, again.state) == ("910.00", "requested")
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        with pytest.raises(NotReturned, match="already"):
            await commands.pay_again(work, asked.id)
    assert await desk.wrong() == []


async def test_the_requester_reads_in_advance_who_must_agree(desk: Desk) -> None:
    member = await desk.make.member()
    async with begin_work(desk.system, desk.make.actor(member), read_only=True) as work:
        told = await queries.bands(work)
    assert [(band.up_to, band.approvals) for band in told.bands] == [
        ("10000.00", 2), ("50000.00", 3), (None, 4),
    ]  # fmt: skip
    assert told.charter_version == 1


async def test_whom_it_is_for_does_not_approve_an_order(desk: Desk, clock: Clock) -> None:
    clock.set(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    member, _ = await desk.payee()
    asked = await desk.ask(member, "5.00", by=desk.treasurer(1))
    with pytest.raises(OwnPayout):
        await desk.approve(asked, [1])

"""A claim from filing to payment: rules, juries, reasons, secrecy."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Conflict, Forbidden, IllegalMove, Invalid
from guild.core.ids import ClaimId
from guild.core.money import Money
from guild.core.work import Work
from guild.ledger import queries as books
from guild.ledger.chart import Account
from guild.members.models import Member
from guild.members.schemas import ContactIn
from guild.mutual_fund import commands, queries
from guild.mutual_fund.errors import (
    AppealClosed,
    ClaimNotFound,
    DuplicateClaim,
    NoMoreJurors,
    NotOnThisJury,
    NotYetCovered,
    PartOutOfRange,
    PeriodImpossible,
    SeedNotSigned,
)
from guild.mutual_fund.models import Juror, JuryDraw
from guild.mutual_fund.rules import jury
from guild.mutual_fund.schemas import (
    AppealIn,
    ClaimIn,
    InvitationIn,
)
from guild.translog import queries as log
from guild.translog import verify
from guild.translog.commands import append_leaf, sequence_leaves
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.mutual_fund.court import ILL_SINCE, TODAY, Court, claim_in, verdict


@pytest.fixture
async def court(as_: As, make: Factories) -> Court:
    return await Court(as_, make).open()


async def test_day_thirty_is_not_covered_and_day_thirty_one_is(court: Court) -> None:
    thirtieth = ILL_SINCE + timedelta(days=29)
    with pytest.raises(NotYetCovered) as refused:
        await court.file(claim_in(until=thirtieth))
    assert refused.value.facts["covered_from"] == (thirtieth + timedelta(days=1)).isoformat()
    claim = await court.file(claim_in(until=thirtieth + timedelta(days=1)))
    assert (claim.days, claim.amount, claim.state) == (1, "50.00", "filed")


async def test_the_same_days_are_not_claimed_twice(court: Court) -> None:
    await court.file()
    with pytest.raises(DuplicateClaim):
        await court.file(claim_in(since=TODAY, until=TODAY))


@pytest.mark.parametrize(
    "data",
    [
        claim_in(since=TODAY, until=TODAY - timedelta(days=1)),
        claim_in(until=TODAY + timedelta(days=1)),
        claim_in(started=date(2023, 12, 31)),
    ],
)
async def test_impossible_periods_are_refused(court: Court, data: ClaimIn) -> None:
    with pytest.raises(PeriodImpossible):
        await court.file(data)


async def test_a_kind_that_the_charter_does_not_know_is_refused(court: Court) -> None:
    with pytest.raises(Invalid, match="hardship, sickness"):
        await court.file(claim_in(kind="holiday"))


async def test_a_claim_is_granted_set_aside_and_owed_to_the_member(court: Court) -> None:
    claim = await court.file()
    assert (claim.days, claim.amount) == (10, "500.00")
    await court.draw(claim.id)
    decided = await court.judge(claim.id, [verdict("granted")] * 3)
    assert (decided.state, decided.granted) == ("granted", "500.00")
    async with court.as_(court.make.actor(court.claimant)) as work:
        seen = await queries.view_claim(work, await queries.claim_for(work, claim.id))
        assert seen.decisions[0].reasons == "It fits.\n\nIt fits.\n\nIt fits."
        assert seen.decisions[0].charter_version == 1
        payable = Account("benefit_payable", court.claimant.id)
        assert await books.balance_of(work, payable) == Money(50_000, "EUR")
        assert await books.balance_of(work, Account("fund_sickness")) == Money(950_000, "EUR")
        for invariant in queries.INVARIANTS:
            assert await invariant(work.session) == [], invariant.__name__


async def test_the_jury_can_be_drawn_again_by_anyone(court: Court) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    jurors = await court.jurors(claim.id)
    async with court.as_(court.make.actor(court.members[5])) as work:
        proof = (await queries.draw_proof(work, claim.id)).draws[0]
    seed = jury.seed_of(bytes.fromhex(proof.head), claim.id, 1)
    assert seed.hex() == proof.seed
    order = jury.ranked_codes(seed, proof.candidates)
    assert order == proof.order
    assert order[:3] == proof.jury == [jury.code_of(claim.id, each.id) for each in jurors]
    assert jury.candidates_hash(proof.candidates).hex() == proof.candidates_hash
    drum = set(proof.candidates)
    assert jury.code_of(claim.id, court.claimant.id) not in drum
    assert jury.code_of(claim.id, court.rep.id) not in drum
    assert jury.code_of(claim.id, court.treasurer.id) not in drum
    assert {jury.code_of(claim.id, each.id) for each in court.members[1:]} == drum


async def test_when_a_jury_is_drawn_does_not_change_who_is_drawn(
    court: Court, tmp_path: Path
) -> None:
    """The seed is the first checkpoint over the filing; later ones do not matter."""
    async with court.as_() as work:
        await sequence_leaves(work)
    claim = await court.file()
    with pytest.raises(SeedNotSigned):
        async with court.as_() as work:
            await commands.draw_jury(work, claim.id)
    for number in range(3):
        async with court.as_() as work:
            append_leaf(work, "test", {"number": number})
            await sequence_leaves(work)
    async with court.as_() as work:
        place = await log.place_of_statement(
            work, "claim-filed", {"claim": jury.mark_of(claim.id).hex(), "round": 1}
        )
        assert place is not None
        first = await log.first_checkpoint_over(work, place)
        assert first is not None
        assert first.size < (await log.latest_checkpoint(work)).size
        await commands.draw_jury(work, claim.id)
    async with court.as_() as work:
        (proof,) = (await queries.draw_proof(work, claim.id)).draws
        assert (proof.head, proof.head_source) == (first.root.hex(), f"checkpoint {first.size}")
        await sequence_leaves(work)
        for name, content in (await log.public_export(work)).items():
            (tmp_path / name).write_bytes(content)
    leaves = verify.read_leaves(tmp_path / "leaves.jsonl")
    assert verify.check_draws(leaves, -1) == "1 seeds recomputed"
    with pytest.raises(verify.Wrong, match="that you kept"):
        verify.check_draws([*leaves[:-1], _drawn_later(leaves)], first.size)


def _drawn_later(leaves: list[bytes]) -> bytes:
    """The draw as an insider would forge it who waited for a checkpoint that suits her."""
    said = json.loads(leaves[-1])
    size, mark = said["checkpoint"] + 1, bytes.fromhex(said["claim"]) + b"\x01"
    head = verify.merkle_root(leaves[:size])
    seed = hashlib.sha256(b"guild/jury/v2" + head + mark).hexdigest()
    return json.dumps(said | {"checkpoint": size, "seed": seed}).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seed": "00" * 32}, "not that of checkpoint"),
        ({"checkpoint": 0}, "not signed between"),
        ({"checkpoint": 99}, "not signed between"),
        ({"round": 2}, "never filed"),
    ],
)
def test_the_verifier_refuses_a_forged_draw(change: dict[str, object], why: str) -> None:
    leaves = [b'{"claim":"%s","kind":"claim-filed","round":1}' % (b"ab" * 32)]
    mark = bytes.fromhex("ab" * 32) + b"\x01"
    seed = hashlib.sha256(b"guild/jury/v2" + verify.merkle_root(leaves) + mark).hexdigest()
    drawn = {"kind": "jury-drawn", "claim": "ab" * 32, "round": 1, "checkpoint": 1, "seed": seed}
    assert verify.check_draws([*leaves, json.dumps(drawn).encode()], -1) == "1 seeds recomputed"
    with pytest.raises(verify.Wrong, match=why):
        verify.check_draws([*leaves, json.dumps(drawn | change).encode()], -1)


async def test_a_jury_is_not_drawn_from_too_few(as_: As, make: Factories) -> None:
    court = await Court(as_, make).open(members=3)
    claim = await court.file()
    await court.draw(claim.id)
    async with as_() as work:
        assert (await queries.claim_for(work, claim.id)).state == "filed"
        with pytest.raises(NoMoreJurors):
            await commands.draw_jury(work, claim.id)


async def test_a_client_of_the_claimant_never_judges(as_: As, make: Factories) -> None:
    """By her number, and as the contact of the claimant's client."""
    court = await Court(as_, make).open(members=9)
    firm = {"vat_number": "BE0403019261", "enterprise_number": "0403019261"}
    owner, known = await make.member(**firm), court.members[1]
    reached = ContactIn(name="She herself", email=known.email)
    for client in (
        await make.organisation(court.claimant, **firm),
        await make.organisation(court.claimant, contact=reached, vat_number="BE0202239951"),
    ):
        await make.signed_contract(court.claimant, client)
    claim = await court.file()
    await court.draw(claim.id)
    async with as_() as work:
        draw = await work.session.scalar(select(JuryDraw).where(JuryDraw.claim_id == claim.id))
    assert draw is not None
    assert not {str(owner.id), str(known.id)} & set(draw.ranked)
    assert str(court.members[2].id) in draw.ranked


async def test_the_claimant_never_judges(court: Court) -> None:
    claim = await court.file()
    with pytest.raises((Conflict, Forbidden)):
        async with court.as_(court.make.actor(court.claimant)) as work:
            await commands.draw_jury(work, claim.id)
    await court.draw(claim.id)
    with pytest.raises(NotOnThisJury):
        async with court.as_(court.make.actor(court.claimant)) as work:
            await commands.give_verdict(work, claim.id, verdict("granted"))
    with pytest.raises(DBAPIError):
        async with court.as_() as work:
            await _seat(work, claim.id, court.claimant)


async def _seat(work: Work, claim_id: ClaimId, member: Member) -> None:
    work.session.add(
        Juror(
            claim_id=claim_id,
            round=1,
            member_id=member.id,
            rank=99,
            state="invited",
            invited_at=work.now,
            due_at=work.now,
        )
    )
    await work.session.flush()


async def test_a_stranger_sees_no_claim(court: Court) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    jurors = {juror.id for juror in await court.jurors(claim.id)}
    stranger = next(m for m in court.members[1:] if m.id not in jurors)
    with pytest.raises(ClaimNotFound):
        async with court.as_(court.make.actor(stranger)) as work:
            await queries.claim_for(work, claim.id)
    with pytest.raises(ClaimNotFound):
        async with court.as_(court.make.actor(stranger)) as work:
            await commands.give_verdict(work, claim.id, verdict("granted"))


async def test_a_verdict_needs_an_accepted_place_and_is_given_once(court: Court) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    juror = (await court.jurors(claim.id))[0]
    with pytest.raises(NotOnThisJury):
        async with court.as_(court.make.actor(juror)) as work:
            await commands.give_verdict(work, claim.id, verdict("granted"))
    await court.accept(claim.id, juror)
    with pytest.raises(PartOutOfRange):
        async with court.as_(court.make.actor(juror)) as work:
            await commands.give_verdict(work, claim.id, verdict("part", "500.00"))
    async with court.as_(court.make.actor(juror)) as work:
        await commands.give_verdict(work, claim.id, verdict("part", "100.00"))
    with pytest.raises(Conflict):
        async with court.as_(court.make.actor(juror)) as work:
            await commands.give_verdict(work, claim.id, verdict("granted"))
    with pytest.raises(DBAPIError):
        async with court.as_() as work:
            await work.session.execute(text("UPDATE juror SET reason = 'x' WHERE state = 'done'"))


async def test_silent_and_unwilling_jurors_are_replaced_in_the_order_drawn(
    court: Court, clock: Clock
) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    first, second, third = await court.jurors(claim.id)
    await court.accept(claim.id, first)
    async with court.as_(court.make.actor(second)) as work:
        await commands.answer_invitation(work, claim.id, InvitationIn(accept=False))
    assert [m.id for m in await court.jurors(claim.id)][:2] == [first.id, third.id]
    clock.advance(hours=47)
    async with court.as_() as work:
        assert await commands.replace_silent_jurors(work) == 0
    clock.advance(hours=2)
    async with court.as_() as work:
        assert await commands.replace_silent_jurors(work) == 3
    now = await court.jurors(claim.id)
    assert len(now) == 3
    assert not {first.id, second.id, third.id} & {m.id for m in now}
    with pytest.raises(ClaimNotFound):
        async with court.as_(court.make.actor(third)) as work:
            await queries.claim_for(work, claim.id)


async def test_an_appeal_goes_once_to_five_others_and_lowers_nothing(
    court: Court, clock: Clock
) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    first = {m.id for m in await court.jurors(claim.id)}
    half = [verdict("part", "200.00"), verdict("part", "300.00"), verdict("rejected")]
    decided = await court.judge(claim.id, half)
    assert (decided.state, decided.granted) == ("part", "200.00")
    async with court.as_(court.make.actor(court.claimant)) as work:
        appealed = await commands.appeal(work, claim.id, AppealIn(statement="Look again."))
        assert appealed.state == "appealed"
    await court.draw(claim.id)
    second = await court.jurors(claim.id, 2)
    assert len(second) == 5
    assert not first & {m.id for m in second}
    again = await court.judge(
        claim.id, [verdict("granted")] * 3 + [verdict("rejected")] * 2, round_=2
    )
    assert (again.state, again.granted) == ("granted", "500.00")
    with pytest.raises(AppealClosed):
        async with court.as_(court.make.actor(court.claimant)) as work:
            await commands.appeal(work, claim.id, AppealIn(statement="And again."))
    async with court.as_() as work:
        payable = Account("benefit_payable", court.claimant.id)
        assert await books.balance_of(work, payable) == Money(50_000, "EUR")
        for invariant in queries.INVARIANTS:
            assert await invariant(work.session) == [], invariant.__name__


async def test_an_appeal_ends_with_the_charters_days(court: Court, clock: Clock) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    await court.judge(claim.id, [verdict("rejected")] * 3)
    clock.advance(days=31)
    with pytest.raises(AppealClosed):
        async with court.as_(court.make.actor(court.claimant)) as work:
            await commands.appeal(work, claim.id, AppealIn(statement="Too late."))


async def test_a_pot_pays_no_more_than_it_holds_and_says_so(as_: As, make: Factories) -> None:
    court = await Court(as_, make).open(pot_minor=12_345)
    claim = await court.file()
    await court.draw(claim.id)
    decided = await court.judge(claim.id, [verdict("granted")] * 3)
    assert (decided.state, decided.granted) == ("part", "123.45")
    assert "cut to what it holds" in decided.decisions[0].reasons
    async with as_() as work:
        assert await books.balance_of(work, Account("fund_sickness")) == Money(0, "EUR")


async def test_a_claim_is_withdrawn_before_it_is_decided(court: Court) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    async with court.as_(court.make.actor(court.claimant)) as work:
        assert (await commands.withdraw_claim(work, claim.id)).state == "withdrawn"
        with pytest.raises(IllegalMove):
            await commands.withdraw_claim(work, claim.id)
    assert await court.jurors(claim.id) == []


async def test_whoever_shares_a_client_with_the_claimant_is_not_in_the_drum(court: Court) -> None:
    vat = "BE0403019261"
    hers = await court.make.organisation(court.claimant, vat_number=vat)
    await court.make.contract(court.claimant, hers)
    tied, free = court.members[1], court.members[2]
    await court.make.contract(tied, await court.make.organisation(tied, vat_number=vat))
    await court.make.contract(free)
    claim = await court.file()
    await court.draw(claim.id)
    async with court.as_() as work:
        drum = (await queries.draw_proof(work, claim.id)).draws[0].candidates
    assert jury.code_of(claim.id, tied.id) not in drum
    assert jury.code_of(claim.id, free.id) in drum
    assert len(drum) == len(court.members) - 2


async def test_days_that_a_jury_was_drawn_for_are_not_brought_before_another(court: Court) -> None:
    rejected = await court.file()
    await court.draw(rejected.id)
    await court.judge(rejected.id, [verdict("rejected")] * 3)
    with pytest.raises(DuplicateClaim) as refused:
        await court.file()
    assert "appeal" in refused.value.mend
    other = court.members[1]
    for drawn in (False, True):
        claim = await court.file(by=other)
        if drawn:
            await court.draw(claim.id)
        async with court.as_(court.make.actor(other)) as work:
            await commands.withdraw_claim(work, claim.id)
    with pytest.raises(DuplicateClaim):
        await court.file(by=other)


async def test_an_appeal_is_not_withdrawn(court: Court) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    await court.judge(claim.id, [verdict("part", "100.00")] * 3)
    async with court.as_(court.make.actor(court.claimant)) as work:
        await commands.appeal(work, claim.id, AppealIn(statement="All of it."))
    await court.draw(claim.id)
    with pytest.raises(Conflict):
        async with court.as_(court.make.actor(court.claimant)) as work:
            await commands.withdraw_claim(work, claim.id)


async def test_who_left_or_took_an_office_is_not_asked_to_replace_a_juror(court: Court) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    async with court.as_() as work:
        (draw,) = await work.session.scalars(select(JuryDraw))
        gone, next_one = UUID(draw.ranked[3]), UUID(draw.ranked[4])
        await work.session.execute(
            text("UPDATE member SET state = 'on_leave' WHERE id = :id"), {"id": gone}
        )
    first = (await court.jurors(claim.id))[0]
    async with court.as_(court.make.actor(first)) as work:
        await commands.answer_invitation(work, claim.id, InvitationIn(accept=False))
    asked = [juror.id for juror in await court.jurors(claim.id)]
    assert gone not in asked
    assert next_one in asked


async def test_many_claims_cost_as_many_statements_as_one(court: Court) -> None:
    for day in range(6):
        since = TODAY - timedelta(days=day)
        await court.file(claim_in(since=since, until=since))
    said: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        said.append(statement)

    async with court.as_(court.make.actor(court.claimant)) as work:
        engine = work.system.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            listed = await queries.my_claims(work)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    assert len(listed.claims) == 6
    assert all(len(claim.evidence) == 1 for claim in listed.claims)
    assert len(said) <= 6

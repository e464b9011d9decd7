"""A claim from filing to payment: rules, juries, reasons, secrecy."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Conflict, Forbidden, IllegalMove, Invalid
from guild.core.ids import ClaimId
from guild.core.money import Money
from guild.core.permissions import Role
from guild.core.work import Work
from guild.ledger import queries as books
from guild.ledger.chart import Account
from guild.members.models import Member
from guild.mutual_fund import commands, jobs, queries
from guild.mutual_fund.errors import (
    AppealClosed,
    ClaimNotFound,
    DuplicateClaim,
    EvidenceNotFound,
    EvidenceTooLarge,
    EvidenceUnreadable,
    NoMoreJurors,
    NotOnThisJury,
    NotYetCovered,
    PartOutOfRange,
    PeriodImpossible,
)
from guild.mutual_fund.models import Juror
from guild.mutual_fund.rules import jury
from guild.mutual_fund.schemas import (
    AppealIn,
    ClaimIn,
    ClaimOut,
    EvidenceIn,
    FitsIn,
    InvitationIn,
    VerdictIn,
)
from tests.conftest import NOON, As, Clock
from tests.factories import Factories

TODAY = NOON.date()
ILL_SINCE = TODAY - timedelta(days=39)
SECRET = "a broken wrist, and what the doctor said"


def claim_in(
    since: date = ILL_SINCE, until: date = TODAY, started: date = ILL_SINCE, kind: str = "sickness"
) -> ClaimIn:
    return ClaimIn(
        kind=kind,
        started_on=started,
        since=since,
        until=until,
        capacity_lost_percent=100,
        statement=SECRET,
    )


class Court:
    """A claimant, enough members to judge her, and a fund that can pay."""

    def __init__(self, as_: As, make: Factories) -> None:
        self.as_, self.make = as_, make
        self.members: list[Member] = []

    async def open(self, members: int = 12, pot_minor: int = 1_000_000) -> "Court":
        self.members = [await self.make.member() for _ in range(members)]
        self.claimant = self.members[0]
        self.rep = await self.make.member(roles=[Role.REP])
        self.treasurer = await self.make.member(roles=[Role.TREASURER])
        async with self.as_() as work:
            await work.session.execute(text("UPDATE member SET joined_on = '2024-01-01'"))
            if pot_minor:
                await commands.endow_pot(
                    work, "fund_sickness", Money(pot_minor, "EUR"), "Brought forward"
                )
        return self

    async def file(self, data: ClaimIn | None = None, by: Member | None = None) -> ClaimOut:
        async with self.as_(self.make.actor(by or self.claimant)) as work:
            return await commands.file_claim(work, data or claim_in())

    async def draw(self, claim_id: ClaimId) -> None:
        async with self.as_() as work:
            await jobs.draw_jury(work, claim_id=claim_id)

    async def jurors(self, claim_id: ClaimId, round_: int = 1) -> list[Member]:
        async with self.as_() as work:
            rows = await work.session.scalars(
                select(Member)
                .join(Juror, Juror.member_id == Member.id)
                .where(
                    Juror.claim_id == claim_id,
                    Juror.round == round_,
                    Juror.state.in_(["invited", "accepted"]),
                )
                .order_by(Juror.rank)
            )
            return list(rows)

    async def accept(self, claim_id: ClaimId, juror: Member) -> None:
        async with self.as_(self.make.actor(juror)) as work:
            await commands.answer_invitation(work, claim_id, InvitationIn(accept=True))

    async def judge(
        self, claim_id: ClaimId, verdicts: Sequence[VerdictIn], round_: int = 1
    ) -> ClaimOut:
        seen = None
        for juror, verdict in zip(await self.jurors(claim_id, round_), verdicts, strict=True):
            await self.accept(claim_id, juror)
            async with self.as_(self.make.actor(juror)) as work:
                seen = await commands.give_verdict(work, claim_id, verdict)
        assert seen is not None
        return seen


def verdict(outcome: str, amount: str | None = None, reason: str = "It fits.") -> VerdictIn:
    return VerdictIn(outcome=outcome, reason_code="covered", reason=reason, amount=amount)  # type: ignore[arg-type]


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


async def test_a_jury_is_not_drawn_from_too_few(as_: As, make: Factories) -> None:
    court = await Court(as_, make).open(members=3)
    claim = await court.file()
    await court.draw(claim.id)
    async with as_() as work:
        assert (await queries.claim_for(work, claim.id)).state == "filed"
        with pytest.raises(NoMoreJurors):
            await commands.draw_jury(work, claim.id)


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


PDF = b64encode(b"%PDF-1.7 a note").decode()


async def test_health_data_is_opened_by_a_rep_alone_and_each_opening_is_seen(
    court: Court,
) -> None:
    claim = await court.file()
    paper = EvidenceIn(name="Note", media_type="application/pdf", content=PDF, health=True)
    async with court.as_(court.make.actor(court.claimant)) as work:
        added = await commands.add_evidence(work, claim.id, paper)
    await court.draw(claim.id)
    juror = (await court.jurors(claim.id))[0]
    statement = claim.evidence[0].id if claim.evidence else UUID(int=0)
    with pytest.raises(EvidenceNotFound):  # not before she has accepted
        async with court.as_(court.make.actor(juror)) as work:
            await commands.open_evidence(work, claim.id, statement)
    await court.accept(claim.id, juror)
    async with court.as_(court.make.actor(juror)) as work:
        said = await commands.open_evidence(work, claim.id, statement)
        assert b64decode(said.content).decode() == SECRET
    with pytest.raises(EvidenceNotFound):
        async with court.as_(court.make.actor(juror)) as work:
            await commands.open_evidence(work, claim.id, added.id)
    with pytest.raises(ClaimNotFound):
        async with court.as_(court.make.actor(court.treasurer)) as work:
            await commands.open_evidence(work, claim.id, added.id)
    with pytest.raises(Conflict):
        async with court.as_(court.make.actor(court.rep)) as work:
            await commands.confirm_evidence(work, claim.id, added.id, FitsIn(fits=True))
    async with court.as_(court.make.actor(court.rep)) as work:
        await commands.open_evidence(work, claim.id, added.id)
        await work.session.flush()
        fits = await commands.confirm_evidence(work, claim.id, added.id, FitsIn(fits=True))
        assert fits.fits is True
    async with court.as_(court.make.actor(court.claimant)) as work:
        seen = await queries.view_claim(work, await queries.claim_for(work, claim.id))
        assert [opening.capacity for opening in seen.openings] == ["juror", "rep"]


async def test_nothing_about_health_stands_readable_in_the_database(court: Court) -> None:
    claim = await court.file()
    async with court.as_() as work:
        sealed = await work.session.scalar(
            text("SELECT content_sealed FROM claim_evidence WHERE claim_id = :id"),
            {"id": claim.id},
        )
        assert isinstance(sealed, bytes)
        assert b"wrist" not in sealed
        told = await work.session.scalars(
            text("SELECT body::text FROM event UNION ALL SELECT text FROM ledger_entry")
        )
        assert not [
            body for body in told if "wrist" in body or "sickness" in body.split("charter")[0]
        ]


@pytest.mark.parametrize(
    ("media_type", "content", "error"),
    [
        ("application/pdf", "not base64!", EvidenceUnreadable),
        ("application/pdf", b64encode(b"MZ").decode(), EvidenceUnreadable),
        ("text/plain", b64encode(b"\xff\xfe").decode(), EvidenceUnreadable),
        ("text/plain", b64encode(b"x" * 262_145).decode(), EvidenceTooLarge),
    ],
)
async def test_documents_are_what_they_say_and_small(
    court: Court, media_type: str, content: str, error: type[Exception]
) -> None:
    claim = await court.file()
    data = EvidenceIn(name="Paper", media_type=media_type, content=content)  # type: ignore[arg-type]
    with pytest.raises(error):
        async with court.as_(court.make.actor(court.claimant)) as work:
            await commands.add_evidence(work, claim.id, data)


async def test_documents_are_deleted_when_no_appeal_can_need_them(
    court: Court, clock: Clock
) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    await court.judge(claim.id, [verdict("rejected")] * 3)
    clock.advance(days=59)
    async with court.as_() as work:
        assert await commands.forget_evidence(work) == 0
    clock.advance(days=2)
    async with court.as_() as work:
        assert await commands.forget_evidence(work) == 1
    async with court.as_(court.make.actor(court.claimant)) as work:
        seen = await queries.view_claim(work, await queries.claim_for(work, claim.id))
        assert seen.evidence[0].deleted
        with pytest.raises(EvidenceNotFound):
            await commands.open_evidence(work, claim.id, seen.evidence[0].id)


async def test_a_claim_is_withdrawn_before_it_is_decided(court: Court) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    async with court.as_(court.make.actor(court.claimant)) as work:
        assert (await commands.withdraw_claim(work, claim.id)).state == "withdrawn"
        with pytest.raises(IllegalMove):
            await commands.withdraw_claim(work, claim.id)
    assert await court.jurors(claim.id) == []

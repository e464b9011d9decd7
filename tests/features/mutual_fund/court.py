"""A claimant, members to judge her and a fund that can pay: what the claim tests stand on."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select, text

from guild.core.ids import ClaimId
from guild.core.money import Money
from guild.core.permissions import Role
from guild.core.work import Work
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from guild.members.models import Member
from guild.mutual_fund import commands, jobs
from guild.mutual_fund.models import Juror
from guild.mutual_fund.schemas import ClaimIn, ClaimOut, InvitationIn, VerdictIn
from tests.conftest import NOON, As
from tests.factories import Factories

BANK = UUID(int=0xBA)
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


async def endow(work: Work, pot: str, minor: int) -> None:
    """Bring money into the books and put it into a pot."""
    amount = Money(minor, "EUR")
    lines = [debit("bank", amount, BANK), credit("opening", amount)]
    await ledger.post(work, kind="opening", text="Brought forward", lines=lines)
    await work.write()
    await commands.endow_pot(work, pot, amount, "Brought forward")


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
                await endow(work, "fund_sickness", pot_minor)
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

"""Filing, withdrawing and appealing a claim."""

from sqlalchemy import exists, func, or_, select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import ClaimId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.members.models import Member
from guild.mutual_fund import queries
from guild.mutual_fund.commands.evidence import seal
from guild.mutual_fund.commands.jury import announce_draw
from guild.mutual_fund.errors import (
    AppealClosed,
    DuplicateClaim,
    NotYetCovered,
    PeriodImpossible,
)
from guild.mutual_fund.events import ClaimAppealed, ClaimFiled
from guild.mutual_fund.models import CLAIM, Claim, ClaimDecision, Juror, JuryDraw
from guild.mutual_fund.rules import claims as rules
from guild.mutual_fund.schemas import AppealIn, ClaimIn, ClaimOut

_UNPAID = ("rejected", "withdrawn")
"""States of a claim whose days cost the fund nothing, unless a part was granted before."""


async def file_claim(work: Work, data: ClaimIn) -> ClaimOut:
    """File a claim and reckon it by the charter; its jury is drawn in the background.

    Raises PeriodImpossible, NotYetCovered (with the day from which it is covered) and
    DuplicateClaim. The statement is sealed like any document.
    """
    member = await work.session.get_one(Member, work.actor.member_id)
    charter = await charter_at(work)
    pot = charter.claims.kinds.get(data.kind)
    if pot is None:
        kinds = ", ".join(sorted(charter.claims.kinds))
        raise Invalid(f"The charter knows these kinds: {kinds}.", field="kind")
    _check_period(work, member, data)
    await queries.lock(work, f"claims of {member.id}")
    worth = await _reckon(work, charter, data)
    claim = Claim(
        id=ClaimId(new_id()),
        member_id=member.id,
        kind=data.kind,
        state=CLAIM.initial,
        started_on=data.started_on,
        since=data.since,
        until=data.until,
        capacity_lost_bps=data.capacity_lost_percent * 100,
        days=worth.days,
        amount_minor=worth.amount_minor,
        currency=charter.guarantee.currency,
        pot=pot,
        charter_version=charter.version,
        filed_at=work.now,
        granted_minor=0,
        paid_minor=0,
    )
    work.session.add(claim)
    await work.session.flush()
    seal(work, claim.id, "Statement", "text/plain", data.statement.encode(), health=False)
    announce_draw(work, claim.id, 1)
    await work.emit(ClaimFiled(claim_id=claim.id, member_id=member.id, filed_on=work.today))
    await work.session.flush()
    return await queries.view_claim(work, claim)


def _check_period(work: Work, member: Member, data: ClaimIn) -> None:
    if not data.started_on <= data.since <= data.until:
        raise PeriodImpossible(
            "The days run from the first day of the trouble onwards.", field="since"
        )
    if data.until > work.today:
        raise PeriodImpossible(
            "Claims are for days that have passed.",
            mend="Claim the days up to today; claim again for those to come.",
            field="until",
        )
    if member.joined_on is None or data.started_on < member.joined_on:
        raise PeriodImpossible("The fund covers what began after joining.", field="started_on")


async def _reckon(work: Work, charter: Charter, data: ClaimIn) -> rules.Benefit:
    hers = (Claim.member_id == work.actor.member_id, Claim.kind == data.kind)
    # Days for which a jury was drawn are not brought before another one by filing them again.
    drawn = exists().where(JuryDraw.claim_id == Claim.id)
    overlapping = await work.session.scalar(
        select(Claim.id)
        .where(
            *hers,
            or_(Claim.state != "withdrawn", drawn),
            Claim.since <= data.until,
            Claim.until >= data.since,
        )
        .limit(1)
    )
    if overlapping is not None:
        raise DuplicateClaim(
            mend="Go on with that claim; if you disagree with its decision, appeal.",
            field="since",
            claim_id=str(overlapping),
        )
    used = await work.session.scalar(
        select(func.sum(Claim.days)).where(
            *hers,
            or_(Claim.state.not_in(_UNPAID), Claim.granted_minor > 0),
            Claim.started_on == data.started_on,
        )
    )
    period = rules.Period(
        data.kind, data.started_on, data.since, data.until, data.capacity_lost_percent * 100
    )
    worth = rules.benefit(period, queries.benefit_terms(charter), int(used or 0))
    if worth.days == 0 or worth.amount_minor == 0:
        raise NotYetCovered(
            f"Benefits are paid from {worth.pays_from.isoformat()}, "
            f"for at most {charter.claims.max_days} days.",
            mend="Claim from that day on; if you cannot wait, ask for help in hardship.",
            field="until",
            covered_from=worth.pays_from.isoformat(),
        )
    return worth


async def withdraw_claim(work: Work, claim_id: ClaimId) -> ClaimOut:
    """The member takes her undecided claim back; its jury is sent home.

    Raises Conflict in appeal: what the first jury decided stays, so there is nothing to take back.
    """
    claim = await queries.claim_for(work, claim_id, lock=True)
    work.require(work.actor.is_member(claim.member_id), "Only the member withdraws a claim.")
    if claim.appealed_at is not None and CLAIM.may(claim.state, "withdraw"):
        raise Conflict(
            "The claim was decided and is in appeal.",
            mend="Wait for the second jury; it takes nothing away from what was granted.",
        )
    CLAIM.move(claim, "withdraw")
    jurors = await work.session.scalars(
        select(Juror).where(Juror.claim_id == claim_id, Juror.state.in_(["invited", "accepted"]))
    )
    for juror in jurors:
        juror.state = "dismissed"
    return await queries.view_claim(work, claim)


async def appeal(work: Work, claim_id: ClaimId, data: AppealIn) -> ClaimOut:
    """Ask another, larger jury: once, within the charter's days; it cannot lower the benefit."""
    claim = await queries.claim_for(work, claim_id, lock=True)
    work.require(work.actor.is_member(claim.member_id), "Only the member appeals.")
    decision = await work.session.get(ClaimDecision, (claim_id, 1))
    charter = await charter_at(work, claim.filed_at)
    if decision is None or claim.appealed_at is not None:
        raise AppealClosed("A claim is appealed once, after its decision.")
    last = rules.may_appeal_until(decision.decided_at.date(), charter.claims.appeal_days)
    if work.today > last:
        raise AppealClosed(f"The last day to appeal was {last.isoformat()}.")
    if claim.granted_minor >= claim.amount_minor:
        raise AppealClosed("The claim was granted in full.")
    CLAIM.move(claim, "appeal")
    claim.appealed_at = work.now
    announce_draw(work, claim.id, 2)
    seal(work, claim.id, "Appeal", "text/plain", data.statement.encode(), health=False)
    await work.session.flush()
    await work.emit(ClaimAppealed(claim_id=claim_id, member_id=claim.member_id))
    return await queries.view_claim(work, claim)

"""Claims as their member, jurors, reps and the treasurer see them, and the proofs of draws."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, func, select

from guild.core.ids import ClaimId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.mutual_fund import access
from guild.mutual_fund.errors import ClaimNotFound
from guild.mutual_fund.models import (
    CLAIM,
    Claim,
    ClaimAccess,
    ClaimDecision,
    ClaimEvidence,
    ClaimPayout,
    Juror,
    JuryDraw,
)
from guild.mutual_fund.rules import jury
from guild.mutual_fund.schemas import (
    AccessOut,
    ClaimOut,
    ClaimsOut,
    DecisionOut,
    DrawProof,
    DrawProofs,
    EvidenceOut,
    JuryCase,
    JuryCases,
)

SHOWN_MAX = 100


async def claim_for(work: Work, claim_id: ClaimId, *, lock: bool = False) -> Claim:
    """The claim, if the actor may see it; raises ClaimNotFound otherwise."""
    query = select(Claim).where(Claim.id == claim_id, access.claims_visible_to(work.actor))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    claim = await work.session.scalar(query)
    if claim is None:
        raise ClaimNotFound
    return claim


async def view_claim(work: Work, claim: Claim) -> ClaimOut:
    """The claim with its documents (unopened) and decisions; the openings for its member only."""
    return (await view_claims(work, [claim]))[0]


async def view_claims(work: Work, claims: Sequence[Claim]) -> list[ClaimOut]:
    """Claims as `view_claim` shows one; a hundred cost as many statements as one."""
    ids = [claim.id for claim in claims]
    evidence: dict[ClaimId, list[ClaimEvidence]] = {claim_id: [] for claim_id in ids}
    for paper in await work.session.scalars(
        select(ClaimEvidence).where(ClaimEvidence.claim_id.in_(ids)).order_by(ClaimEvidence.id)
    ):
        evidence[paper.claim_id].append(paper)
    decisions: dict[ClaimId, list[ClaimDecision]] = {claim_id: [] for claim_id in ids}
    for decision in await work.session.scalars(
        select(ClaimDecision).where(ClaimDecision.claim_id.in_(ids)).order_by(ClaimDecision.round)
    ):
        decisions[decision.claim_id].append(decision)
    openings = await _openings(
        work, [claim.id for claim in claims if work.actor.is_member(claim.member_id)]
    )
    charters: dict[int, Charter] = {}
    for claim in claims:
        if claim.charter_version not in charters:
            charters[claim.charter_version] = await charter_at(work, claim.filed_at)
    return [
        _claim(
            claim,
            charters[claim.charter_version],
            evidence[claim.id],
            decisions[claim.id],
            openings.get(claim.id, []),
        )
        for claim in claims
    ]


def _claim(
    claim: Claim,
    charter: Charter,
    evidence: Sequence[ClaimEvidence],
    decisions: Sequence[ClaimDecision],
    openings: list[AccessOut],
) -> ClaimOut:
    return ClaimOut(
        id=claim.id,
        kind=claim.kind,
        state=claim.state,
        started_on=claim.started_on,
        since=claim.since,
        until=claim.until,
        capacity_lost_percent=claim.capacity_lost_bps // 100,
        days=claim.days,
        daily=Money(charter.claims.daily_minor, claim.currency).text,
        amount=Money(claim.amount_minor, claim.currency).text,
        granted=Money(claim.granted_minor, claim.currency).text,
        paid=Money(claim.paid_minor, claim.currency).text,
        currency=claim.currency,
        charter_version=claim.charter_version,
        filed_at=claim.filed_at,
        evidence=[_evidence(row) for row in evidence],
        decisions=[_decision(row, claim, charter.claims.appeal_days) for row in decisions],
        openings=openings,
    )


def _evidence(row: ClaimEvidence) -> EvidenceOut:
    return EvidenceOut(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        health=row.health,
        size_bytes=row.size_bytes,
        added_at=row.added_at,
        fits=row.fits,
        deleted=row.deleted_at is not None,
    )


def _decision(row: ClaimDecision, claim: Claim, appeal_days: int) -> DecisionOut:
    open_still = (
        row.round == 1
        and claim.appealed_at is None
        and CLAIM.may(claim.state, "appeal")
        and row.amount_minor < claim.amount_minor
    )
    return DecisionOut(
        round=row.round,
        outcome=row.outcome,
        amount=Money(row.amount_minor, claim.currency).text,
        reason_code=row.reason_code,
        reasons=row.reasons,
        charter_version=row.charter_version,
        decided_at=row.decided_at,
        appeal_until=row.decided_at.date() + timedelta(days=appeal_days) if open_still else None,
    )


async def _openings(work: Work, ids: Sequence[ClaimId]) -> dict[ClaimId, list[AccessOut]]:
    """Who opened documents of these claims, the first openings of each."""
    if not ids:
        return {}
    place = func.row_number().over(partition_by=ClaimAccess.claim_id, order_by=ClaimAccess.id)
    numbered = select(ClaimAccess.id, place.label("place")).where(ClaimAccess.claim_id.in_(ids))
    first = numbered.subquery()
    rows = await work.session.execute(
        select(ClaimAccess, ClaimEvidence.name)
        .join(first, first.c.id == ClaimAccess.id)
        .join(ClaimEvidence, ClaimEvidence.id == ClaimAccess.evidence_id)
        .where(first.c.place <= SHOWN_MAX)
        .order_by(ClaimAccess.id)
    )
    found: dict[ClaimId, list[AccessOut]] = {}
    for row, name in rows:
        found.setdefault(row.claim_id, []).append(
            AccessOut(evidence_id=row.evidence_id, name=name, capacity=row.capacity, at=row.at)
        )
    return found


async def _views(work: Work, rows: Sequence[Claim]) -> ClaimsOut:
    return ClaimsOut(claims=await view_claims(work, rows))


async def my_claims(work: Work) -> ClaimsOut:
    """The acting member's own claims, newest first."""
    rows = await work.session.scalars(
        select(Claim)
        .where(Claim.member_id == work.actor.member_id)
        .order_by(Claim.id.desc())
        .limit(SHOWN_MAX)
    )
    return await _views(work, rows.all())


async def claims_to_pay(work: Work) -> ClaimsOut:
    """Granted claims whose money has not been ordered yet, oldest first: the treasurer's list."""
    rows = await work.session.scalars(
        select(Claim)
        .where(
            access.claims_visible_to(work.actor),
            Claim.state.in_(["granted", "part"]),
            Claim.paid_minor < Claim.granted_minor,
            ~exists().where(ClaimPayout.claim_id == Claim.id, ClaimPayout.state == "ordered"),
        )
        .order_by(Claim.id)
        .limit(SHOWN_MAX)
    )
    return await _views(work, rows.all())


async def claims_with_papers(work: Work) -> ClaimsOut:
    """Open claims with health data that no rep has confirmed, oldest first: a rep's list."""
    unread = exists().where(
        ClaimEvidence.claim_id == Claim.id,
        ClaimEvidence.health,
        ClaimEvidence.fits.is_(None),
        ClaimEvidence.deleted_at.is_(None),
    )
    rows = await work.session.scalars(
        select(Claim)
        .where(
            access.claims_visible_to(work.actor),
            Claim.state.in_(["filed", "jury_drawn", "appealed"]),
            Claim.member_id != work.actor.id,
            unread,
        )
        .order_by(Claim.id)
        .limit(SHOWN_MAX)
    )
    return await _views(work, rows.all())


async def claims_without_jury(work: Work) -> list[ClaimId]:
    """Claims that wait for a draw, oldest first."""
    rows = await work.session.scalars(
        select(Claim.id)
        .where(Claim.state.in_(["filed", "appealed"]))
        .order_by(Claim.id)
        .limit(SHOWN_MAX)
    )
    return list(rows)


async def jury_list(work: Work) -> JuryCases:
    """Claims that wait for the acting member as a juror, most urgent first."""
    rows = await work.session.execute(
        select(Juror, Claim)
        .join(Claim, Claim.id == Juror.claim_id)
        .where(access.invitations_of(work.actor), Claim.state == "jury_drawn")
        .order_by(Juror.due_at)
        .limit(SHOWN_MAX)
    )
    found = rows.all()
    claims = await view_claims(work, [claim for _, claim in found])
    cases = [
        JuryCase(claim=claim, round=juror.round, state=juror.state, due_at=juror.due_at)
        for (juror, _), claim in zip(found, claims, strict=True)
    ]
    return JuryCases(cases=cases)


async def draw_proof(work: Work, claim_id: ClaimId) -> DrawProofs:
    """The draws of a claim, for any member to draw again; it names nobody."""
    draws = (
        await work.session.scalars(
            select(JuryDraw).where(JuryDraw.claim_id == claim_id).order_by(JuryDraw.round)
        )
    ).all()
    if not draws:
        raise ClaimNotFound("No jury was drawn for such a claim.")
    proofs = []
    for draw in draws:
        members = await work.session.scalars(
            select(Juror.member_id)
            .where(Juror.claim_id == claim_id, Juror.round == draw.round)
            .order_by(Juror.rank)
        )
        proofs.append(
            DrawProof(
                claim_id=claim_id,
                round=draw.round,
                head=draw.head.hex(),
                head_source=f"checkpoint {draw.head_size}",
                seed=draw.seed.hex(),
                candidates_hash=draw.candidates_hash.hex(),
                candidates=list(draw.codes),
                order=jury.ranked_codes(draw.seed, draw.codes),
                jury=[jury.code_of(claim_id, member_id) for member_id in members],
                jury_size=draw.jury_size,
                drawn_at=draw.drawn_at,
            )
        )
    return DrawProofs(draws=proofs)

"""Claims as their member, jurors, reps and the treasurer see them, and the proofs of draws."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, select

from guild.core.ids import ClaimId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
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
    evidence = (
        await work.session.scalars(
            select(ClaimEvidence)
            .where(ClaimEvidence.claim_id == claim.id)
            .order_by(ClaimEvidence.id)
        )
    ).all()
    decisions = (
        await work.session.scalars(
            select(ClaimDecision)
            .where(ClaimDecision.claim_id == claim.id)
            .order_by(ClaimDecision.round)
        )
    ).all()
    own = work.actor.is_member(claim.member_id)
    charter = await charter_at(work, claim.filed_at)
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
        openings=await _openings(work, claim) if own else [],
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


async def _openings(work: Work, claim: Claim) -> list[AccessOut]:
    rows = await work.session.execute(
        select(ClaimAccess, ClaimEvidence.name)
        .join(ClaimEvidence, ClaimEvidence.id == ClaimAccess.evidence_id)
        .where(ClaimAccess.claim_id == claim.id)
        .order_by(ClaimAccess.id)
        .limit(SHOWN_MAX)
    )
    return [
        AccessOut(evidence_id=row.evidence_id, name=name, capacity=row.capacity, at=row.at)
        for row, name in rows
    ]


async def _views(work: Work, rows: Sequence[Claim]) -> ClaimsOut:
    return ClaimsOut(claims=[await view_claim(work, claim) for claim in rows])


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
    cases = [
        JuryCase(
            claim=await view_claim(work, claim),
            round=juror.round,
            state=juror.state,
            due_at=juror.due_at,
        )
        for juror, claim in rows.all()
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
                head_source=draw.head_source,
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

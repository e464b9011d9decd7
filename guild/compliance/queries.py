"""Reading reviews and labels, each with the eyes of who asks."""

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import select

from guild.compliance.access import may_conduct, owned_by, rep_of, tied
from guild.compliance.errors import ConflictOfInterest, LabelNotFound, ReviewNotFound
from guild.compliance.models import Label, Review, ReviewFinding, note_context
from guild.compliance.rules import (
    ContractFacts,
    Judgement,
    Threshold,
    Verdict,
    checklist,
    pointers,
    points,
    ties_since,
    why_not_granted,
)
from guild.compliance.schemas import (
    FindingOut,
    LabelOut,
    PointerOut,
    PrincipleResult,
    PublicStatus,
    ReviewLine,
    ReviewOut,
)
from guild.contracts.models import Contract, ContractOffer
from guild.core.ids import ContractId, LabelId, ReviewId
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Member, Organisation

INBOX_MAX = 200
OPEN_STATES = ("opened", "in_review", "proposed")


async def against_label(work: Work, found: Sequence[Judgement]) -> list[str]:
    """What stands against a label by the charter in force, whose version the label will bear."""
    terms = (await charter_at(work)).compliance
    return why_not_granted(
        found, points_needed=terms.label_basic_points, essential=terms.label_essential
    )


async def inbox(work: Work) -> list[ReviewLine]:
    """The reps' open reviews, the most urgent first; of those with a tie only the date shows."""
    rep = await rep_of(work)
    rows = await work.session.execute(
        select(Review, Contract, Organisation.name, tied(rep, ties_since(work.now)).label("tie"))
        .join(Contract, Contract.id == Review.contract_id)
        .join(Organisation, Organisation.id == Review.client_id)
        .where(Review.state.in_(OPEN_STATES))
        .order_by(Review.due_on, Review.id)
        .limit(INBOX_MAX)
    )
    return [
        ReviewLine(
            id=review.id,
            state=review.state,
            due_on=review.due_on,
            late=review.due_on < work.today,
            tie=tie,
            with_you=_with(review, rep),
            contract_number=None if tie else contract.number,
            title=None if tie else contract.title,
            client_name=None if tie else client,
        )
        for review, contract, client, tie in rows
    ]


def _with(review: Review, rep: Member) -> bool:
    """Whether the next step is this rep's."""
    holder = review.seconder_id if review.state == "proposed" else review.reviewer_id
    return holder == rep.id


async def own_reviews(work: Work) -> list[ReviewLine]:
    """The reviews of a member's own contracts, the newest first."""
    rows = await work.session.execute(
        select(Review, Contract, Organisation.name)
        .join(Contract, Contract.id == Review.contract_id)
        .join(Organisation, Organisation.id == Review.client_id)
        .where(owned_by(work.actor))
        .order_by(Review.id.desc())
        .limit(INBOX_MAX)
    )
    return [
        ReviewLine(
            id=review.id,
            state=review.state,
            due_on=review.due_on,
            late=review.state in OPEN_STATES and review.due_on < work.today,
            tie=False,
            with_you=False,
            contract_number=contract.number,
            title=contract.title,
            client_name=client,
        )
        for review, contract, client in rows
    ]


async def review_for(work: Work, review_id: ReviewId) -> ReviewOut:
    """One review: for the member whose contract it is, and for reps without a tie.

    Raises ReviewNotFound for everybody else, ConflictOfInterest for a tied rep.
    """
    review = await work.session.get(Review, review_id)
    if review is None or work.actor.kind != "member":
        raise ReviewNotFound
    if work.actor.is_member(review.member_id):
        return await _seen(work, review, as_rep=False)
    if not may_conduct(work.actor):
        raise ReviewNotFound
    await refuse_tied(work, review)
    return await _seen(work, review, as_rep=True)


async def refuse_tied(work: Work, review: Review) -> None:
    """Raise ConflictOfInterest when the acting rep has a tie to the contract under review."""
    rep = await rep_of(work)
    tie = select(tied(rep, ties_since(work.now))).where(Contract.id == review.contract_id)
    if await work.session.scalar(tie.select_from(Contract)):
        raise ConflictOfInterest(
            "You or your own work are close to one of the sides, so another rep decides.",
            mend="Leave it in the inbox; another rep takes it.",
        )


async def tied_to(work: Work, contracts: Sequence[ContractId]) -> frozenset[ContractId]:
    """Those of these contracts that the acting rep has a tie to, as for reviews."""
    if not may_conduct(work.actor):
        return frozenset()
    tie = tied(await rep_of(work), ties_since(work.now))
    found = await work.session.scalars(select(Contract.id).where(Contract.id.in_(contracts), tie))
    return frozenset(found)


async def _seen(work: Work, review: Review, *, as_rep: bool) -> ReviewOut:
    contract = await work.session.get_one(Contract, review.contract_id)
    member = await work.session.get_one(Member, review.member_id)
    client = await work.session.get_one(Organisation, review.client_id)
    label = await work.session.scalar(select(Label).where(Label.review_id == review.id))
    told = as_rep or review.state == "concluded"
    found = await judgements_of(work, review.id) if told else []
    facts = await contract_facts(work, contract)
    return ReviewOut(
        id=review.id,
        state=review.state,
        contract_id=review.contract_id,
        contract_number=contract.number,
        contract_version=review.contract_version,
        title=contract.title,
        member_name=member.display_name,
        client_name=client.name,
        opened_at=review.opened_at,
        due_on=review.due_on,
        reviewer_id=review.reviewer_id,
        seconder_id=review.seconder_id,
        pointers=[msgspec.convert(p, PointerOut, from_attributes=True) for p in pointers(facts)],
        findings=[msgspec.convert(j, FindingOut, from_attributes=True) for j in found],
        against_label=await against_label(work, found) if told else [],
        private_note=private_note(work, review) if as_rep else None,
        note_to_member=review.note_to_member if told else "",
        note_to_all=review.note_to_all if told else "",
        outcome=review.outcome if told else None,
        reasons=review.reasons if told else "",
        sent_back_because=review.sent_back_because if as_rep else "",
        concluded_at=review.concluded_at,
        label_code=label.code if label else None,
        label_id=label.id if label else None,
        label_state=status_of(label, work.today) if label else None,
        withdrawal_reasons=label.withdrawal_reasons if label and as_rep else None,
        withdrawal_second_id=label.withdrawal_second if label and as_rep else None,
        charter_version=review.charter_version,
        checklist_version=review.checklist_version,
    )


def private_note(work: Work, review: Review) -> str:
    """The note that only reps read."""
    if review.private_note_sealed is None:
        return ""
    return work.keyring.open(review.private_note_sealed, context=note_context(review.id)).decode()


async def judgements_of(work: Work, review_id: ReviewId) -> list[Judgement]:
    """The findings of a review, in the order of the checklist, basic first."""
    rows = await work.session.scalars(
        select(ReviewFinding).where(ReviewFinding.review_id == review_id)
    )
    order = [principle.code for principle in checklist().principles]
    found = [
        Judgement(
            principle=row.principle,
            threshold=row.threshold,
            verdict=row.verdict,
            evidence=row.evidence,
        )
        for row in rows
    ]
    return sorted(found, key=lambda j: (order.index(j.principle), j.threshold != Threshold.BASIC))


class _MilestoneSeen(msgspec.Struct):
    due_on: date | None = None


class _RightsSeen(msgspec.Struct):
    kind: str = ""


class _TermsSeen(msgspec.Struct):
    """The part of the contract's terms that the pointers look at."""

    notice_days: int = 0
    kill_fee_bps: int = 0
    hours_estimate: int | None = None
    rights: _RightsSeen = msgspec.field(default_factory=_RightsSeen)
    milestones: list[_MilestoneSeen] = []


class _LawFinding(msgspec.Struct):
    rule: str
    outcome: str
    sentence: str
    article: str = ""


async def contract_facts(work: Work, contract: Contract) -> ContractFacts:
    """What the machine can see of the contract, its last offer's statutory findings included."""
    terms = msgspec.convert(contract.terms, _TermsSeen)
    findings = await work.session.scalar(
        select(ContractOffer.findings)
        .where(ContractOffer.contract_id == contract.id)
        .order_by(ContractOffer.version.desc())
        .limit(1)
    )
    law = msgspec.convert(findings or [], list[_LawFinding])
    hours = terms.hours_estimate
    return ContractFacts(
        payment_term_days=contract.payment_term_days,
        milestones=len(terms.milestones),
        milestones_dated=sum(1 for m in terms.milestones if m.due_on is not None),
        notice_days=terms.notice_days,
        kill_fee_bps=terms.kill_fee_bps,
        rights=terms.rights.kind,
        hourly_minor=contract.net_minor // hours if hours else None,
        currency=contract.currency,
        guaranteed=contract.guaranteed,
        law_findings=tuple((f.article or f.rule, f.outcome, f.sentence) for f in law),
    )


async def public_label(work: Work, code: str) -> LabelOut:
    """A label by its public code; raises LabelNotFound."""
    label = await work.session.scalar(select(Label).where(Label.code == code.upper()))
    if label is None:
        raise LabelNotFound("No label has this code.", mend="Check the code; it has ten signs.")
    found = await judgements_of(work, label.review_id)
    verdicts = {(j.principle, j.threshold): j.verdict for j in found}
    scored = points(found)
    return LabelOut(
        code=label.code,
        status=status_of(label, work.today),
        issued_on=label.issued_on,
        valid_until=label.valid_until,
        points=sum(scored.values()),
        principles=[
            PrincipleResult(
                code=principle.code,
                title=principle.title,
                asks=principle.asks,
                points=scored[principle.code],
                basic=verdicts.get((principle.code, Threshold.BASIC), Verdict.NO_EVIDENCE),
                advanced=verdicts.get((principle.code, Threshold.ADVANCED), Verdict.NO_EVIDENCE),
            )
            for principle in checklist().principles
        ],
        reasons=label.reasons,
        withdrawal_reasons=label.withdrawal_reasons if label.state == "withdrawn" else None,
        checklist_version=label.checklist_version,
        charter_version=label.charter_version,
        url=f"{work.settings.base_url}/labels/{label.code}",
    )


def status_of(label: Label, today: date) -> PublicStatus:
    """What the label is today; one that ran out is neither granted nor paused."""
    if label.state in {"granted", "paused"} and label.valid_until < today:
        return "expired"
    status: PublicStatus = msgspec.convert(label.state, PublicStatus)
    return status


async def label_by_id(work: Work, label_id: LabelId) -> Label:
    """The label for reps; raises LabelNotFound."""
    label = await work.session.get(Label, label_id, with_for_update=True)
    if label is None:
        raise LabelNotFound
    return label

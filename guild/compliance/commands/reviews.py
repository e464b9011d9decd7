"""A review from the request to the conclusion that two reps share."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import delete, select

from guild.compliance.access import may_conduct, rep_of, tied
from guild.compliance.commands.labels import issue_label
from guild.compliance.commands.second import draw_second, refuse_telling, second_for
from guild.compliance.errors import (
    BasicFirst,
    ContractNotReviewable,
    ContractOver,
    EvidenceMissing,
    FindingsIncomplete,
    LabelNotEarned,
    NotTheSecondRep,
    NotYourReview,
    ReviewAlreadyOpen,
    ReviewNotFound,
)
from guild.compliance.events import (
    ConflictDeclared,
    ReviewOpened,
)
from guild.compliance.models import (
    REVIEW_LIFECYCLE,
    Review,
    ReviewFinding,
    ReviewTie,
    note_context,
)
from guild.compliance.queries import against_label, judgements_of, refuse_tied
from guild.compliance.rules import (
    REVIEW_BUSINESS_DAYS,
    Judgement,
    advanced_without_basic,
    checklist,
    ties_since,
    unanswered,
    without_evidence,
)
from guild.compliance.schemas import ConclusionIn, ConfirmationIn, FindingsIn
from guild.contracts.models import Contract
from guild.core.clock import add_business_days
from guild.core.errors import Invalid
from guild.core.ids import ContractId, LabelId, MemberId, ReviewId, new_id
from guild.core.mail import send_mail
from guild.core.pages import long_date
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Member

NEVER_CAME_ABOUT: Final = frozenset({"declined", "expired", "withdrawn"})


async def open_review(work: Work, contract_id: ContractId) -> ReviewId:
    """Ask for a review: a member for her own contract, a rep for any that she has no tie to."""
    contract = await work.session.get(Contract, contract_id, with_for_update=True)
    if contract is None or not (
        work.actor.is_member(contract.member_id) or await _rep_without_tie(work, contract)
    ):
        raise ContractNotReviewable
    if contract.state in NEVER_CAME_ABOUT:
        raise ContractOver(f"The contract is {contract.state}; there is nothing to review.")
    await _refuse_second_review(work, contract)
    charter = await charter_at(work)
    review = Review(
        id=ReviewId(new_id()),
        contract_id=contract.id,
        contract_version=contract.version,
        member_id=contract.member_id,
        client_id=contract.client_id,
        state=REVIEW_LIFECYCLE.initial,
        opened_by=work.actor.member_id,
        opened_at=work.now,
        due_on=_due(work, REVIEW_BUSINESS_DAYS),
        charter_version=charter.version,
        checklist_version=checklist().version,
        note_to_member="",
        note_to_all="",
        reasons="",
        sent_back_because="",
    )
    work.session.add(review)
    await work.session.flush()
    await work.emit(ReviewOpened(review_id=review.id, contract_id=contract.id))
    return review.id


def _due(work: Work, days: int) -> date:
    return add_business_days(work.today, days, work.settings.coop.country)


async def _rep_without_tie(work: Work, contract: Contract) -> bool:
    """A rep may know of contracts that were sent, unless she has a tie to them."""
    if not may_conduct(work.actor) or contract.sent_at is None:
        return False
    tie = select(tied(await rep_of(work), ties_since(work.now)))
    return not await work.session.scalar(
        tie.where(Contract.id == contract.id).select_from(Contract)
    )


async def _refuse_second_review(work: Work, contract: Contract) -> None:
    running = await work.session.scalar(
        select(Review.id).where(Review.contract_id == contract.id, Review.state != "concluded")
    )
    if running is not None:
        raise ReviewAlreadyOpen(
            "A rep already looks at this contract.", mend="Wait for the outcome.", review_id=running
        )


async def _locked(work: Work, review_id: ReviewId) -> Review:
    """The review for a rep who may know what it is about."""
    review = await work.session.get(Review, review_id, with_for_update=True)
    if review is None or not may_conduct(work.actor):
        raise ReviewNotFound
    await refuse_tied(work, review)
    return review


async def _with_me(work: Work, review_id: ReviewId) -> Review:
    review = await _locked(work, review_id)
    if review.state != "opened" and review.reviewer_id != work.actor.member_id:
        raise NotYourReview("Another rep has taken this review.")
    return review


def _refuse_unless(review: Review, action: str) -> None:
    """Raise IllegalMove, which says what is possible instead, before anything else is asked."""
    if not REVIEW_LIFECYCLE.may(review.state, action):
        REVIEW_LIFECYCLE.move(review, action)


async def take_review(work: Work, review_id: ReviewId) -> None:
    """A rep without a tie makes the review hers."""
    review = await _locked(work, review_id)
    REVIEW_LIFECYCLE.move(review, "take")
    review.reviewer_id = work.actor.member_id
    review.taken_at = work.now
    member = await work.session.get_one(Member, review.member_id)
    contract = await work.session.get_one(Contract, review.contract_id)
    send_mail(
        work,
        to=member.email,
        subject=f"A rep looks at contract {contract.number}",
        text=(
            f"A representative has taken up the review of contract {contract.number}.\n"
            f"You have an answer by {long_date(review.due_on, member.language)}."
        ),
        reason="You get this because the contract is yours.",
        lang=member.language,
    )


async def hand_over_review(work: Work, review_id: ReviewId) -> None:
    """A rep says that she has a tie that the records do not show; she is out of it for good."""
    review = await _locked(work, review_id)
    rep_id = work.actor.member_id
    is_second = review.state == "proposed" and review.seconder_id == rep_id
    if not is_second and review.reviewer_id != rep_id:
        raise NotYourReview("Only the rep who has the review can hand it over.")
    work.session.add(ReviewTie(review_id=review.id, rep_id=rep_id, declared_at=work.now))
    await work.session.flush()
    await work.emit(ConflictDeclared(review_id=review.id, rep_id=rep_id))
    if is_second:
        await draw_second(work, review)
        return
    REVIEW_LIFECYCLE.move(review, "hand_over")
    # What the tied rep wrote does not bind the next one; the record of who found what is the event.
    await work.session.execute(delete(ReviewFinding).where(ReviewFinding.review_id == review.id))
    review.reviewer_id = review.seconder_id = None
    review.taken_at = review.private_note_sealed = None
    review.note_to_member = review.note_to_all = ""


async def record_findings(work: Work, review_id: ReviewId, data: FindingsIn) -> None:
    """Put the findings down as they stand; raises EvidenceMissing, BasicFirst."""
    review = await _with_me(work, review_id)
    _refuse_unless(review, "propose")
    judgements = [
        Judgement(
            principle=finding.principle,
            threshold=finding.threshold,
            verdict=finding.verdict,
            evidence=finding.evidence.strip(),
        )
        for finding in data.findings
    ]
    _refuse_unfounded(judgements)
    await work.session.execute(delete(ReviewFinding).where(ReviewFinding.review_id == review.id))
    for judgement in judgements:
        work.session.add(
            ReviewFinding(
                id=new_id(),
                review_id=review.id,
                principle=judgement.principle,
                threshold=judgement.threshold,
                verdict=judgement.verdict,
                evidence=judgement.evidence,
                found_by=work.actor.member_id,
                found_at=work.now,
            )
        )
    note = data.private_note.strip()
    review.private_note_sealed = (
        work.keyring.seal(note.encode(), context=note_context(review.id)) if note else None
    )
    review.note_to_member = data.note_to_member
    review.note_to_all = data.note_to_all
    await work.session.flush()


def _refuse_unfounded(judgements: Sequence[Judgement]) -> None:
    if len({(j.principle, j.threshold) for j in judgements}) < len(judgements):
        raise Invalid("A threshold is answered twice.", field="findings")
    book = checklist()
    if bare := without_evidence(judgements):
        names = ", ".join(f"{book.principle(j.principle).title} ({j.threshold})" for j in bare)
        raise EvidenceMissing(
            f"Say by what it is met: {names}.",
            mend="Name the clause, the letter or the page, or choose “no evidence”.",
            field=f"findings[{judgements.index(bare[0])}].evidence",
            principle=bare[0].principle,
        )
    if early := advanced_without_basic(judgements):
        raise BasicFirst(
            f"{book.principle(early[0].principle).title}: the basic point comes first.",
            mend="Find the basic point met as well, or take the advanced one back.",
            field=f"findings[{judgements.index(early[0])}].verdict",
            principle=early[0].principle,
        )


async def propose_conclusion(work: Work, review_id: ReviewId, data: ConclusionIn) -> MemberId:
    """The reviewer proposes an outcome; a second rep is drawn, whose id is returned."""
    review = await _with_me(work, review_id)
    _refuse_unless(review, "propose")
    found = await judgements_of(work, review.id)
    if open_ones := unanswered(found):
        titles = ", ".join(checklist().principle(code).title for code in open_ones)
        raise FindingsIncomplete(
            f"Not answered yet: {titles}.", mend="“No evidence” is an answer too."
        )
    if data.outcome == "granted" and (against := await against_label(work, found)):
        raise LabelNotEarned(" ".join(against), mend="Change the findings or withhold the label.")
    await refuse_telling(work, review.contract_id, data.reasons)
    second = await second_for(work, review)
    REVIEW_LIFECYCLE.move(review, "propose")
    review.outcome = data.outcome
    review.reasons = data.reasons.strip()
    review.proposed_at = work.now
    review.sent_back_because = ""
    return second


async def confirm_conclusion(
    work: Work, review_id: ReviewId, data: ConfirmationIn
) -> LabelId | None:
    """The second rep agrees, and the label is issued; or sends the review back with a reason."""
    review = await _locked(work, review_id)
    if review.state == "proposed" and review.seconder_id != work.actor.member_id:
        raise NotTheSecondRep("Another rep was drawn to look at this a second time.")
    if not data.agree:
        if not data.because.strip():
            raise Invalid("Say why you do not agree.", field="because")
        REVIEW_LIFECYCLE.move(review, "send_back")
        review.sent_back_because = data.because.strip()
        return None
    REVIEW_LIFECYCLE.move(review, "confirm")
    review.concluded_at = work.now
    return await issue_label(work, review)

"""JSON doors of reviews and labels."""

from typing import Annotated

from litestar.params import PathParameter

from guild.compliance import commands, queries
from guild.compliance.schemas import (
    ConclusionIn,
    ConfirmationIn,
    FindingsIn,
    LabelOut,
    ReviewIn,
    ReviewLine,
    ReviewOut,
    WithdrawalIn,
    WithdrawalOut,
)
from guild.core.ids import LabelId, ReviewId
from guild.core.permissions import Permission
from guild.core.wire import get, post, put
from guild.core.work import Work

REVIEWS = ["reviews"]
LABELS = ["labels"]


@post(
    "/reviews",
    permission=Permission.REVIEWS_READ,
    tags=REVIEWS,
    summary="Ask for a review of a contract",
)
async def open_review(work: Work, data: ReviewIn) -> ReviewOut:
    """A member asks for her own contract, a rep for any without a tie. Due in two working days."""
    return await queries.review_for(work, await commands.open_review(work, data.contract_id))


@get(
    "/reviews",
    permission=Permission.REVIEWS_READ,
    tags=REVIEWS,
    summary="Open reviews by deadline, or the reviews of one's own contracts",
)
async def list_reviews(work: Work) -> list[ReviewLine]:
    """Reps see the inbox, the most urgent first; what they have a tie to shows its date only.
    Members see the reviews of their own contracts.
    """
    if work.actor.may(Permission.REVIEWS_CONDUCT):
        return await queries.inbox(work)
    return await queries.own_reviews(work)


@get(
    "/reviews/{review_id:uuid}",
    permission=Permission.REVIEWS_READ,
    tags=REVIEWS,
    summary="One review",
)
async def show_review(work: Work, review_id: ReviewId) -> ReviewOut:
    """Members see findings and notes once the review is concluded; the private note never."""
    return await queries.review_for(work, review_id)


@post(
    "/reviews/{review_id:uuid}/take",
    permission=Permission.REVIEWS_CONDUCT,
    status_code=200,
    tags=REVIEWS,
    summary="Take a review",
)
async def take_review(work: Work, review_id: ReviewId) -> ReviewOut:
    """Makes the review the acting rep's, unless she has a tie to one of the sides."""
    await commands.take_review(work, review_id)
    return await queries.review_for(work, review_id)


@post(
    "/reviews/{review_id:uuid}/hand-over",
    permission=Permission.REVIEWS_CONDUCT,
    status_code=204,
    tags=REVIEWS,
    summary="Hand a review over because of a tie",
)
async def hand_over_review(work: Work, review_id: ReviewId) -> None:
    """For ties that the records do not show. The rep cannot come back to this contract."""
    await commands.hand_over_review(work, review_id)


@put(
    "/reviews/{review_id:uuid}/findings",
    permission=Permission.REVIEWS_CONDUCT,
    tags=REVIEWS,
    summary="Put the findings down",
)
async def record_findings(work: Work, review_id: ReviewId, data: FindingsIn) -> ReviewOut:
    """Replaces all findings and notes. `met` needs evidence; the advanced point needs the basic."""
    await commands.record_findings(work, review_id, data)
    return await queries.review_for(work, review_id)


@post(
    "/reviews/{review_id:uuid}/conclude",
    permission=Permission.REVIEWS_CONDUCT,
    status_code=200,
    tags=REVIEWS,
    summary="Propose the outcome",
)
async def conclude_review(work: Work, review_id: ReviewId, data: ConclusionIn) -> ReviewOut:
    """A second rep is drawn, not chosen; nothing is public before that rep agrees."""
    await commands.propose_conclusion(work, review_id, data)
    return await queries.review_for(work, review_id)


@post(
    "/reviews/{review_id:uuid}/confirm",
    permission=Permission.REVIEWS_CONDUCT,
    status_code=200,
    tags=REVIEWS,
    summary="Agree as the second rep, or send back",
)
async def confirm_review(work: Work, review_id: ReviewId, data: ConfirmationIn) -> ReviewOut:
    """Agreeing issues the label, granted or withheld; not agreeing needs a reason."""
    await commands.confirm_conclusion(work, review_id, data)
    return await queries.review_for(work, review_id)


@post(
    "/labels/{label_id:uuid}/withdraw",
    permission=Permission.REVIEWS_CONDUCT,
    status_code=200,
    tags=LABELS,
    summary="Propose to withdraw a label",
)
async def withdraw_label(work: Work, label_id: LabelId, data: WithdrawalIn) -> WithdrawalOut:
    """The label stays until the drawn second rep agrees."""
    second = await commands.propose_withdrawal(work, label_id, data.reasons)
    label = await queries.label_by_id(work, label_id)
    return WithdrawalOut(label_id=label.id, state=label.state, second_rep_id=second)


@post(
    "/labels/{label_id:uuid}/confirm-withdrawal",
    permission=Permission.REVIEWS_CONDUCT,
    status_code=204,
    tags=LABELS,
    summary="Agree to withdraw a label, as the second rep",
)
async def confirm_withdrawal(work: Work, label_id: LabelId) -> None:
    """From now on the public page says “withdrawn”, with the reasons."""
    await commands.confirm_withdrawal(work, label_id)


@get(
    "/labels/{code:str}",
    permission=Permission.PUBLIC,
    tags=LABELS,
    summary="A label by its public code",
)
async def show_label(
    work: Work,
    code: Annotated[str, PathParameter(pattern=r"^[0-9A-Za-z]{10}$", description="Ten signs.")],
) -> LabelOut:
    """What a label says today: status, principles, dates. No names and no sums."""
    return await queries.public_label(work, code)


ROUTES = [
    open_review,
    list_reviews,
    show_review,
    take_review,
    hand_over_review,
    record_findings,
    conclude_review,
    confirm_review,
    withdraw_label,
    confirm_withdrawal,
    show_label,
]

"""Pages of reviews for reps and members, and the public page of a label."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.compliance import commands, queries
from guild.compliance.rules import PRINCIPLE_CODES, checklist
from guild.compliance.schemas import (
    ConclusionIn,
    ConfirmationIn,
    FindingsIn,
    ReviewIn,
    ReviewOut,
    WithdrawalIn,
)
from guild.core.errors import Conflict, GuildError, Invalid
from guild.core.ids import LabelId, ReviewId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
NOTES: Final = ("private_note", "note_to_member", "note_to_all")
RESULTS: Final = (
    ("no_evidence", "No evidence"),
    ("not_met", "Not met"),
    ("basic", "Basic met"),
    ("advanced", "Basic and advanced met"),
)
"""What the page offers per principle; the API takes each threshold by itself."""


def findings_of(form: dict[str, str]) -> FindingsIn:
    """The findings that the form's results and evidence stand for."""
    findings: list[dict[str, str]] = []
    for code in PRINCIPLE_CODES:
        result = form.get(f"{code}_result", "")
        evidence = form.get(f"{code}_evidence", "")
        if not result:
            continue
        met = result in {"basic", "advanced"}
        basic = {"principle": code, "threshold": "basic", "evidence": evidence}
        findings.append({**basic, "verdict": "met" if met else result})
        if result == "advanced":
            findings.append({**basic, "threshold": "advanced", "verdict": "met"})
    notes = {name: form.get(name, "") for name in NOTES}
    return msgspec.convert({"findings": findings, **notes}, FindingsIn)


def form_of(review: ReviewOut) -> dict[str, str]:
    """What the form shows for findings that are stored."""
    form = {
        "private_note": review.private_note or "",
        "note_to_member": review.note_to_member,
        "note_to_all": review.note_to_all,
        "outcome": review.outcome or "",
        "reasons": review.reasons,
    }
    for finding in review.findings:
        met = finding.verdict == "met"
        if finding.threshold == "basic":
            form[f"{finding.principle}_result"] = "basic" if met else finding.verdict
            form[f"{finding.principle}_evidence"] = finding.evidence
        elif met:
            form[f"{finding.principle}_result"] = "advanced"
    return form


async def _show(
    work: Work, review_id: ReviewId, form: dict[str, str], error: GuildError | None = None
) -> Response[str]:
    review = await queries.review_for(work, review_id)
    errors = [{"field": _anchor(error), "text": error.detail}] if error else []
    return page(
        work,
        "compliance/review.html",
        status=422 if error else 200,
        section="/reviews",
        review=review,
        form=form_of(review) | form,
        errors=errors,
        mend=error.mend if error else "",
        book=checklist(),
        results=RESULTS,
        as_rep=work.actor.may(Permission.REVIEWS_CONDUCT) and review.private_note is not None,
    )


def _anchor(error: GuildError) -> str:
    principle = error.facts.get("principle")
    return f"{principle}_evidence" if principle else error.field


def _back(review_id: ReviewId) -> Redirect:
    return Redirect(f"/reviews/{review_id}", status_code=303)


@get("/reviews", permission=Permission.REVIEWS_READ, include_in_schema=False)
async def inbox_page(work: Work) -> Response[str]:
    """The reps' inbox by deadline; for members, the reviews of their own contracts."""
    as_rep = work.actor.may(Permission.REVIEWS_CONDUCT)
    lines = await (queries.inbox(work) if as_rep else queries.own_reviews(work))
    return page(work, "compliance/inbox.html", section="/reviews", lines=lines, as_rep=as_rep)


@post("/reviews", permission=Permission.REVIEWS_READ, include_in_schema=False)
async def open_page(work: Work, data: Form) -> Redirect:
    """Ask for a review, from the page of a contract."""
    asked = msgspec.convert({"contract_id": data.get("contract_id", "")}, ReviewIn)
    return _back(await commands.open_review(work, asked.contract_id))


@get("/reviews/{review_id:uuid}", permission=Permission.REVIEWS_READ, include_in_schema=False)
async def review_page(work: Work, review_id: ReviewId) -> Response[str]:
    """One review, as much of it as this person may read."""
    return await _show(work, review_id, {})


@post(
    "/reviews/{review_id:uuid}/take",
    permission=Permission.REVIEWS_CONDUCT,
    include_in_schema=False,
)
async def take_page(work: Work, review_id: ReviewId) -> Redirect:
    """Take the review."""
    await commands.take_review(work, review_id)
    return _back(review_id)


@post(
    "/reviews/{review_id:uuid}/hand-over",
    permission=Permission.REVIEWS_CONDUCT,
    include_in_schema=False,
)
async def hand_over_page(work: Work, review_id: ReviewId) -> Redirect:
    """Hand the review over because of a tie; its content is closed to this rep from now on."""
    await commands.hand_over_review(work, review_id)
    return Redirect("/reviews", status_code=303)


@post(
    "/reviews/{review_id:uuid}/findings",
    permission=Permission.REVIEWS_CONDUCT,
    include_in_schema=False,
)
async def findings_page(work: Work, review_id: ReviewId, data: Form) -> Response[Any]:
    """Save the findings; what is wrong is shown with everything kept as typed."""
    try:
        await commands.record_findings(work, review_id, findings_of(data))
    except Invalid as error:
        return await _show(work, review_id, data, error)
    return _back(review_id)


@post(
    "/reviews/{review_id:uuid}/conclude",
    permission=Permission.REVIEWS_CONDUCT,
    include_in_schema=False,
)
async def conclude_page(work: Work, review_id: ReviewId, data: Form) -> Response[Any]:
    """Propose the outcome to a second rep."""
    asked = {name: data.get(name, "") for name in ("outcome", "reasons")}
    try:
        conclusion = msgspec.convert(asked, ConclusionIn)
        await commands.propose_conclusion(work, review_id, conclusion)
    except (Invalid, Conflict) as error:
        return await _show(work, review_id, asked, error)
    return _back(review_id)


@post(
    "/reviews/{review_id:uuid}/confirm",
    permission=Permission.REVIEWS_CONDUCT,
    include_in_schema=False,
)
async def confirm_page(work: Work, review_id: ReviewId, data: Form) -> Response[Any]:
    """Agree as the second rep, or send the review back."""
    answer = ConfirmationIn(agree=data.get("agree") == "yes", because=data.get("because", ""))
    try:
        await commands.confirm_conclusion(work, review_id, answer)
    except Invalid as error:
        return await _show(work, review_id, {}, error)
    return _back(review_id)


@post(
    "/labels/{label_id:uuid}/withdraw",
    permission=Permission.REVIEWS_CONDUCT,
    include_in_schema=False,
)
async def withdraw_page(work: Work, label_id: LabelId, data: Form) -> Response[Any]:
    """Propose to withdraw a label."""
    label = await queries.label_by_id(work, label_id)
    asked = msgspec.convert({"reasons": data.get("withdrawal_reasons", "")}, WithdrawalIn)
    try:
        await commands.propose_withdrawal(work, label_id, asked.reasons)
    except (Invalid, Conflict) as error:
        return await _show(work, label.review_id, data, error)
    return _back(label.review_id)


@post(
    "/labels/{label_id:uuid}/confirm-withdrawal",
    permission=Permission.REVIEWS_CONDUCT,
    include_in_schema=False,
)
async def confirm_withdrawal_page(work: Work, label_id: LabelId) -> Redirect:
    """Agree to withdraw a label, as the second rep."""
    await commands.confirm_withdrawal(work, label_id)
    return _back((await queries.label_by_id(work, label_id)).review_id)


@get("/labels/{code:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def label_page(work: Work, code: str) -> Response[str]:
    """What a label says today, for anyone who has its code."""
    label = await queries.public_label(work, code)
    return page(work, "compliance/label.html", label=label, book=checklist())


PAGES = [
    inbox_page,
    open_page,
    review_page,
    take_page,
    hand_over_page,
    findings_page,
    conclude_page,
    confirm_page,
    withdraw_page,
    confirm_withdrawal_page,
    label_page,
]

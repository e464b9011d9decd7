"""Pages of the fund: what it holds, my protection and claims, the jury's desk."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.core.errors import GuildError, Invalid
from guild.core.ids import ClaimId
from guild.core.money import Money
from guild.core.pages import money_text, page
from guild.core.permissions import Permission
from guild.core.plain_words import fault_of
from guild.core.wire import get, post
from guild.core.work import Work
from guild.ledger.chart import CHART, POTS
from guild.mutual_fund import commands, queries
from guild.mutual_fund.commands.evidence import EVIDENCE_MAX_BYTES
from guild.mutual_fund.errors import EvidenceUnreadable
from guild.mutual_fund.schemas import (
    AppealIn,
    ClaimIn,
    EvidenceIn,
    FitsIn,
    FundMonth,
    InvitationIn,
    VerdictIn,
)

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
T = TypeVar("T")
Faults = list[dict[str, str]]
NO_STORE: Final = {"Cache-Control": "no-store"}
PLOT_WIDTH: Final = 574
BASE: Final = 120
HEIGHT: Final = 90
REASONS: Final = [
    ("covered", "The fund covers it"),
    ("covered_in_part", "The fund covers a part of it"),
    ("not_covered", "The fund does not cover it"),
    ("evidence_missing", "Something is missing that would show it"),
    ("days_wrong", "The days are not right"),
    ("other", "Another reason"),
]


class Bar(msgspec.Struct, frozen=True):
    """A month of the chart: left edge, width, heights of money in and out, in SVG units."""

    x: float
    width: float
    up: float
    down: float
    month: FundMonth


def bars(months: list[FundMonth]) -> list[Bar]:
    """The chart's bars, scaled to the largest month; none when nothing ever moved."""
    peak = max((max(Decimal(m.inflow), Decimal(m.outflow)) for m in months), default=Decimal(0))
    if not peak:
        return []
    step = PLOT_WIDTH / max(len(months), 12)
    return [
        Bar(
            x=round(number * step + step * 0.16, 1),
            width=round(step * 0.68, 1),
            up=round(float(Decimal(month.inflow) / peak) * HEIGHT, 1),
            down=round(float(Decimal(month.outflow) / peak) * HEIGHT, 1),
            month=month,
        )
        for number, month in enumerate(months)
    ]


def amount(text: str, currency: str) -> str:
    """A wire amount as people write it: €1,210.00."""
    return money_text(Money.parse(text, currency))


def _page(work: Work, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    section = "/fund" if template.startswith("fund") else "/claims"
    return page(
        work, f"mutual_fund/{template}", status=status, section=section, amount=amount, **context
    )


@get("/fund", permission=Permission.PUBLIC, include_in_schema=False)
async def fund_page(work: Work) -> Response[str]:
    """The fund: to the cent for members, rounded for everyone else."""
    if not work.actor.may(Permission.FUND_READ):
        totals = await queries.public_totals(work)
        names = {pot: CHART[pot].title for pot in POTS}
        return _page(work, "fund_public.html", fund=totals, names=names)
    fund = await queries.fund_overview(work)
    chart = bars(fund.months)
    return _page(work, "fund.html", fund=fund, bars=chart)


@get("/claims", permission=Permission.CLAIMS_FILE, include_in_schema=False)
async def claims_page(work: Work) -> Response[str]:
    """My protection, and my claims."""
    return _page(
        work,
        "claims.html",
        coverage=await queries.my_coverage(work),
        claims=(await queries.my_claims(work)).claims,
    )


@get("/claims/new", permission=Permission.CLAIMS_FILE, include_in_schema=False)
async def claim_form(work: Work) -> Response[str]:
    """The form of a claim."""
    return await _claim_form(work, {}, [])


async def _claim_form(work: Work, form: dict[str, str], errors: Faults) -> Response[str]:
    return _page(
        work,
        "claim_form.html",
        status=422 if errors else 200,
        coverage=await queries.my_coverage(work),
        form=form,
        errors=errors,
    )


@post("/claims", permission=Permission.CLAIMS_FILE, include_in_schema=False, status_code=303)
async def file_claim(work: Work, data: Form) -> Response[str] | Redirect:
    """File the claim; a refusal shows the form again. Overlapping days stop a second filing."""
    try:
        claim = await commands.file_claim(work, _read(data, ClaimIn))
    except (GuildError, msgspec.ValidationError) as refusal:
        return await _claim_form(work, data, [_fault(refusal, "statement")])
    return Redirect(f"/claims/{claim.id}", status_code=303)


def _read(data: dict[str, str], kind: type[T]) -> T:
    fields = {name: value.strip() for name, value in data.items() if name != "csrf_token"}
    given = {name: value for name, value in fields.items() if value}
    return msgspec.convert(given, kind, strict=False)


def _fault(refusal: GuildError | msgspec.ValidationError, field: str) -> dict[str, str]:
    fault = fault_of(refusal)
    return {**fault, "field": fault["field"] or field}


@get("/claims/{claim_id:uuid}", permission=Permission.CLAIMS_FILE, include_in_schema=False)
async def claim_page(work: Work, claim_id: UUID) -> Response[str]:
    """One claim: where it stands, what was decided and why, who opened what."""
    claim = await queries.claim_for(work, ClaimId(claim_id))
    seen = await queries.view_claim(work, claim)
    mine = work.actor.is_member(claim.member_id)
    reads = not mine and work.actor.may(Permission.REVIEWS_CONDUCT)
    return _page(work, "claim.html", claim=seen, mine=mine, reads=reads)


@post("/claims/{claim_id:uuid}/withdraw", permission=Permission.CLAIMS_FILE,
      include_in_schema=False, status_code=303)  # fmt: skip
async def withdraw(work: Work, claim_id: UUID) -> Redirect:
    """Take it back."""
    await commands.withdraw_claim(work, ClaimId(claim_id))
    return Redirect(f"/claims/{claim_id}", status_code=303)


@post("/claims/{claim_id:uuid}/appeal", permission=Permission.CLAIMS_FILE,
      include_in_schema=False, status_code=303)  # fmt: skip
async def appeal(work: Work, claim_id: UUID, data: Form) -> Redirect:
    """Ask another jury."""
    await commands.appeal(work, ClaimId(claim_id), _read(data, AppealIn))
    return Redirect(f"/claims/{claim_id}", status_code=303)


@post("/claims/{claim_id:uuid}/payout", permission=Permission.CLAIMS_FILE,
      include_in_schema=False, status_code=303)  # fmt: skip
async def payout(work: Work, claim_id: UUID) -> Redirect:
    """Ask for the money; a second click finds it asked for already."""
    await commands.pay_benefit(work, ClaimId(claim_id))
    return Redirect(f"/claims/{claim_id}", status_code=303)


UPLOAD_MAX_BYTES: Final = EVIDENCE_MAX_BYTES + 16_384
"""A document and the form around it."""


@dataclass
class Paper:
    """The form of a document: a file, and whether it is about health."""

    file: UploadFile
    health: str = ""
    csrf_token: str = ""


PaperForm = Annotated[Paper, Body(media_type=RequestEncodingType.MULTI_PART)]


@post("/claims/{claim_id:uuid}/papers", permission=Permission.CLAIMS_FILE,
      request_max_body_size=UPLOAD_MAX_BYTES, include_in_schema=False, status_code=303)  # fmt: skip
async def add_paper(work: Work, claim_id: UUID, data: PaperForm) -> Redirect:
    """Add a document; it is encrypted before it is stored."""
    content = await data.file.read(EVIDENCE_MAX_BYTES + 1)
    given = {
        "name": data.file.filename[:200] or "Paper",
        "media_type": data.file.content_type,
        "content": b64encode(content).decode(),
        "health": data.health == "yes",
    }
    try:
        read = msgspec.convert(given, EvidenceIn)
    except msgspec.ValidationError as wrong:
        raise EvidenceUnreadable(
            "The fund takes PDF, JPEG, PNG and plain text.", field="file"
        ) from wrong
    await commands.add_evidence(work, ClaimId(claim_id), read)
    return Redirect(f"/claims/{claim_id}", status_code=303)


@post("/claims/{claim_id:uuid}/papers/{evidence_id:uuid}", permission=Permission.CLAIMS_FILE,
      include_in_schema=False, status_code=200)  # fmt: skip
async def take_paper(work: Work, claim_id: UUID, evidence_id: UUID) -> Response[bytes]:
    """Open a document as a file, never inside a page; the opening is logged."""
    opened = await commands.open_evidence(work, ClaimId(claim_id), evidence_id)
    return Response(
        b64decode(opened.content),
        media_type="application/octet-stream",
        headers={**NO_STORE, "Content-Disposition": f'attachment; filename="{evidence_id}"'},
    )


@post("/claims/{claim_id:uuid}/papers/{evidence_id:uuid}/fits",
      permission=Permission.REVIEWS_CONDUCT, include_in_schema=False, status_code=303)  # fmt: skip
async def confirm_paper(work: Work, claim_id: UUID, evidence_id: UUID, data: Form) -> Redirect:
    """A rep says whether health data fits."""
    said = FitsIn(fits=data.get("fits") == "yes")
    await commands.confirm_evidence(work, ClaimId(claim_id), evidence_id, said)
    return Redirect("/jury", status_code=303)


@get("/jury", permission=Permission.CLAIMS_JUDGE, include_in_schema=False)
async def jury_page(work: Work) -> Response[str]:
    """Claims that wait for me as a juror, and for a rep the papers to read."""
    cases = (await queries.jury_list(work)).cases
    rep = work.actor.may(Permission.REVIEWS_CONDUCT)
    papers = (await queries.claims_with_papers(work)).claims if rep else []
    return _page(work, "jury.html", cases=cases, papers=papers)


@get("/jury/{claim_id:uuid}", permission=Permission.CLAIMS_JUDGE, include_in_schema=False)
async def case_page(work: Work, claim_id: UUID) -> Response[str]:
    """One claim on the juror's desk."""
    return await _case(work, ClaimId(claim_id), {}, [])


async def _case(
    work: Work, claim_id: ClaimId, form: dict[str, str], errors: Faults, said: str = ""
) -> Response[str]:
    await queries.claim_for(work, claim_id)
    cases = (await queries.jury_list(work)).cases
    case = next((case for case in cases if case.claim.id == claim_id), None)
    if case is None:
        return _page(work, "jury.html", cases=cases, papers=[])
    answer = _page(
        work,
        "case.html",
        status=422 if errors else 200,
        case=case,
        proof=(await queries.draw_proof(work, claim_id)).draws[-1],
        form=form,
        errors=errors,
        said=said,
        reasons=REASONS,
    )
    answer.headers.update(NO_STORE)
    return answer


@post("/jury/{claim_id:uuid}/invitation", permission=Permission.CLAIMS_JUDGE,
      include_in_schema=False, status_code=303)  # fmt: skip
async def answer_invitation(work: Work, claim_id: UUID, data: Form) -> Redirect:
    """Say yes or no to judging it."""
    accept = data.get("accept") == "yes"
    await commands.answer_invitation(work, ClaimId(claim_id), InvitationIn(accept=accept))
    return Redirect(f"/jury/{claim_id}" if accept else "/jury", status_code=303)


@post("/jury/{claim_id:uuid}/read/{evidence_id:uuid}", permission=Permission.CLAIMS_JUDGE,
      include_in_schema=False, status_code=200)  # fmt: skip
async def read_words(work: Work, claim_id: UUID, evidence_id: UUID) -> Response[str]:
    """Open what the member wrote; the opening is logged and she sees it."""
    opened = await commands.open_evidence(work, ClaimId(claim_id), evidence_id)
    text = opened.media_type == "text/plain"
    said = b64decode(opened.content).decode() if text else ""
    return await _case(work, ClaimId(claim_id), {}, [], said)


@post("/jury/{claim_id:uuid}/verdict", permission=Permission.CLAIMS_JUDGE,
      include_in_schema=False, status_code=303)  # fmt: skip
async def give_verdict(work: Work, claim_id: UUID, data: Form) -> Response[Any]:
    """Record the verdict; a refusal shows the form again."""
    try:
        await commands.give_verdict(work, ClaimId(claim_id), _read(data, VerdictIn))
    except (Invalid, msgspec.ValidationError) as refusal:
        return await _case(work, ClaimId(claim_id), data, [_fault(refusal, "reason")])
    return Redirect("/jury", status_code=303)


PAGES = [
    fund_page, claims_page, claim_form, file_claim, claim_page, withdraw, appeal, payout, add_paper,
    take_paper, confirm_paper, jury_page, case_page, answer_invitation, read_words, give_verdict,
]  # fmt: skip

"""The fund over HTTP: how it stands, quotes, coverage, claims, juries."""

from uuid import UUID

from guild.core.ids import ClaimId, InvoiceId
from guild.core.permissions import Permission
from guild.core.wire import get, money_in, post, post_once
from guild.core.work import Work
from guild.mutual_fund import commands, queries
from guild.mutual_fund.schemas import (
    AppealIn,
    ClaimIn,
    ClaimOut,
    ClaimsOut,
    CoverageOut,
    DrawProofs,
    EndowmentIn,
    EndowmentOut,
    EvidenceContent,
    EvidenceIn,
    EvidenceOut,
    FitsIn,
    FundOut,
    FundPublic,
    HoldIn,
    InvitationIn,
    JuryCases,
    QuoteIn,
    QuoteOut,
    VerdictIn,
)

FUND = ["fund"]
CLAIMS = ["claims"]


@get("/fund", permission=Permission.FUND_READ, tags=FUND, summary="The fund")
async def fund(work: Work) -> FundOut:
    """Pots, inflow and outflow by month, cash, advances, exposure, reserve ratio."""
    return await queries.fund_overview(work)


@get("/fund/public", permission=Permission.PUBLIC, tags=FUND, summary="The fund for everyone")
async def fund_public(work: Work) -> FundPublic:
    """The pots, rounded so that no single payment shows."""
    return await queries.public_totals(work)


@post_once("/fund/endowments", permission=Permission.FUND_MANAGE, tags=FUND, summary="Endow a pot")
async def endow(work: Work, data: EndowmentIn) -> EndowmentOut:
    """Put a part of the opening balance into a pot. Nothing is given that was not there."""
    amount = money_in(data.amount, work.settings.coop.currency, field="amount")
    entry_id = await commands.endow_pot(work, data.pot, amount, data.text)
    return EndowmentOut(entry_id=entry_id)


@post(
    "/guarantee-quotes",
    permission=Permission.CONTRACTS_DRAFT,
    status_code=200,
    tags=FUND,
    summary="Would this order be guaranteed?",
)
async def quote(work: Work, data: QuoteIn) -> QuoteOut:
    """The fund's answer before an offer is sent, with its reasons. Reserves nothing."""
    return await commands.give_quote(work, data)


@get("/me/coverage", permission=Permission.CLAIMS_FILE, tags=FUND, summary="My protection")
async def coverage(work: Work) -> CoverageOut:
    """What the signed-in member is covered for, and what she has contributed."""
    return await queries.my_coverage(work)


@post(
    "/fund/advances/{invoice_id:uuid}/hold",
    permission=Permission.FUND_MANAGE,
    status_code=204,
    tags=FUND,
    summary="Hold an advance",
)
async def hold(work: Work, invoice_id: UUID, data: HoldIn) -> None:
    """Stop the advance on an invoice while something about it is disputed."""
    await commands.hold_advance(work, InvoiceId(invoice_id), data.reason)


@post(
    "/fund/advances/{invoice_id:uuid}/resume",
    permission=Permission.FUND_MANAGE,
    status_code=204,
    tags=FUND,
    summary="Resume an advance",
)
async def resume(work: Work, invoice_id: UUID) -> None:
    """Let a held advance run again."""
    await commands.resume_advance(work, InvoiceId(invoice_id))


@post(
    "/fund/advances/{invoice_id:uuid}/loss",
    permission=Permission.FUND_MANAGE,
    status_code=204,
    tags=FUND,
    summary="Propose that the fund bears an advance",
)
async def ask_loss(work: Work, invoice_id: UUID, data: HoldIn) -> None:
    """After all reminders: the fund bears the loss, not the member. Another person confirms."""
    await commands.ask_write_off(work, InvoiceId(invoice_id), data.reason)


@post(
    "/fund/advances/{invoice_id:uuid}/loss/confirm",
    permission=Permission.FUND_MANAGE,
    status_code=204,
    tags=FUND,
    summary="Confirm the loss of an advance",
)
async def confirm_loss(work: Work, invoice_id: UUID) -> None:
    """Book the loss against the guarantee's pot."""
    await commands.confirm_write_off(work, InvoiceId(invoice_id))


@post_once("/claims", permission=Permission.CLAIMS_FILE, tags=CLAIMS, summary="File a claim")
async def file_claim(work: Work, data: ClaimIn) -> ClaimOut:
    """Ask for a benefit; the answer says what the charter makes of it."""
    return await commands.file_claim(work, data)


@get("/me/claims", permission=Permission.CLAIMS_FILE, tags=CLAIMS, summary="My claims")
async def my_claims(work: Work) -> ClaimsOut:
    """The signed-in member's claims, newest first."""
    return await queries.my_claims(work)


@get("/claims/payable", permission=Permission.PAYOUTS_PREPARE, tags=CLAIMS,
     summary="Granted claims to pay")  # fmt: skip
async def claims_to_pay(work: Work) -> ClaimsOut:
    """Granted claims whose money has not been ordered yet."""
    return await queries.claims_to_pay(work)


@get("/claims/papers", permission=Permission.REVIEWS_CONDUCT, tags=CLAIMS,
     summary="Health papers to read")  # fmt: skip
async def papers(work: Work) -> ClaimsOut:
    """Open claims with health data that no rep has read yet."""
    return await queries.claims_with_papers(work)


@get("/claims/{claim_id:uuid}", permission=Permission.SELF, tags=CLAIMS, summary="A claim")
async def claim(work: Work, claim_id: UUID) -> ClaimOut:
    """A claim for its member, its jurors, reps, and the treasurer once it is granted."""
    return await queries.view_claim(work, await queries.claim_for(work, ClaimId(claim_id)))


@post("/claims/{claim_id:uuid}/withdraw", permission=Permission.CLAIMS_FILE, status_code=200,
      tags=CLAIMS, summary="Withdraw a claim")  # fmt: skip
async def withdraw(work: Work, claim_id: UUID) -> ClaimOut:
    """Take an undecided claim back."""
    return await commands.withdraw_claim(work, ClaimId(claim_id))


@post("/claims/{claim_id:uuid}/evidence", permission=Permission.CLAIMS_FILE, tags=CLAIMS,
      request_max_body_size=400_000, summary="Add a document")  # fmt: skip
async def add_evidence(work: Work, claim_id: UUID, data: EvidenceIn) -> EvidenceOut:
    """Add a document of at most 256 kB, base64; it is encrypted at rest."""
    return await commands.add_evidence(work, ClaimId(claim_id), data)


@post(
    "/claims/{claim_id:uuid}/evidence/{evidence_id:uuid}/open",
    permission=Permission.SELF,
    status_code=200,
    tags=CLAIMS,
    summary="Open a document",
)
async def open_evidence(work: Work, claim_id: UUID, evidence_id: UUID) -> EvidenceContent:
    """Read a document. The opening is logged and the member sees it."""
    return await commands.open_evidence(work, ClaimId(claim_id), evidence_id)


@post(
    "/claims/{claim_id:uuid}/evidence/{evidence_id:uuid}/confirm",
    permission=Permission.REVIEWS_CONDUCT,
    status_code=200,
    tags=CLAIMS,
    summary="Say whether health data fits",
)
async def confirm(work: Work, claim_id: UUID, evidence_id: UUID, data: FitsIn) -> EvidenceOut:
    """A rep's word on health data, which jurors do not read."""
    return await commands.confirm_evidence(work, ClaimId(claim_id), evidence_id, data)


@post("/claims/{claim_id:uuid}/draw", permission=Permission.REVIEWS_CONDUCT, status_code=200,
      tags=CLAIMS, summary="Draw the jury")  # fmt: skip
async def draw(work: Work, claim_id: UUID) -> DrawProofs:
    """Draw a claim's jury now, if the background has not yet; the lot is the same for anyone."""
    await commands.draw_jury(work, ClaimId(claim_id))
    return await queries.draw_proof(work, ClaimId(claim_id))


@get("/claims/{claim_id:uuid}/draw-proof", permission=Permission.FUND_READ, tags=CLAIMS,
     summary="Draw it again")  # fmt: skip
async def draw_proof(work: Work, claim_id: UUID) -> DrawProofs:
    """Seed, candidates and order of a draw, for any member to repeat; it names nobody."""
    return await queries.draw_proof(work, ClaimId(claim_id))


@get("/jury/claims", permission=Permission.CLAIMS_JUDGE, tags=CLAIMS, summary="My jury desk")
async def jury_claims(work: Work) -> JuryCases:
    """Claims that wait for the signed-in member as a juror, most urgent first."""
    return await queries.jury_list(work)


@post("/claims/{claim_id:uuid}/invitation", permission=Permission.CLAIMS_JUDGE, status_code=200,
      tags=CLAIMS, summary="Answer a jury invitation")  # fmt: skip
async def invitation(work: Work, claim_id: UUID, data: InvitationIn) -> ClaimOut:
    """Say yes or no to judging a claim, within the charter's hours."""
    return await commands.answer_invitation(work, ClaimId(claim_id), data)


@post("/claims/{claim_id:uuid}/verdict", permission=Permission.CLAIMS_JUDGE, status_code=200,
      tags=CLAIMS, summary="Give a verdict")  # fmt: skip
async def verdict(work: Work, claim_id: UUID, data: VerdictIn) -> ClaimOut:
    """All, a part or nothing of a claim, with the reason. The last verdict decides it."""
    return await commands.give_verdict(work, ClaimId(claim_id), data)


@post("/claims/{claim_id:uuid}/appeal", permission=Permission.CLAIMS_FILE, status_code=200,
      tags=CLAIMS, summary="Appeal")  # fmt: skip
async def appeal(work: Work, claim_id: UUID, data: AppealIn) -> ClaimOut:
    """Ask another, larger jury; once, and it cannot lower the benefit."""
    return await commands.appeal(work, ClaimId(claim_id), data)


@post_once("/claims/{claim_id:uuid}/payout", permission=Permission.SELF, tags=CLAIMS,
           summary="Ask for the benefit")  # fmt: skip
async def payout(work: Work, claim_id: UUID) -> ClaimOut:
    """Ask the treasury to pay a granted claim; two others approve it."""
    return await commands.pay_benefit(work, ClaimId(claim_id))


ROUTES = [
    fund, fund_public, endow, quote, coverage, hold, resume, ask_loss, confirm_loss, file_claim,
    my_claims, claims_to_pay, papers, claim, withdraw, add_evidence, open_evidence, confirm, draw,
    draw_proof, jury_claims, invitation, verdict, appeal, payout,
]  # fmt: skip

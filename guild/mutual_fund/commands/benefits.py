"""Paying what a jury granted, through the treasury and its four eyes."""

from sqlalchemy import select

from guild.core.errors import Conflict
from guild.core.ids import ClaimId, MemberId, PayoutId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, credit, debit
from guild.mutual_fund import queries
from guild.mutual_fund.errors import OwnCase
from guild.mutual_fund.events import BenefitPaid
from guild.mutual_fund.models import CLAIM, Claim, ClaimPayout, Juror
from guild.mutual_fund.rules import claims as rules
from guild.mutual_fund.schemas import ClaimOut
from guild.treasury.commands import request_payout
from guild.treasury.schemas import PayoutIn


async def pay_benefit(work: Work, claim_id: ClaimId) -> ClaimOut:
    """Ask the treasury to pay what was granted, less at most a quarter for arrears.

    The treasurer asks, or the member herself; two others approve the payout. Raises Conflict when
    nothing is left to ask for, or a payout is on its way.
    """
    claim = await queries.claim_for(work, claim_id, lock=True)
    if not work.actor.is_member(claim.member_id):
        work.require(Permission.PAYOUTS_PREPARE, "The treasurer asks for benefits.")
    due = claim.granted_minor - claim.paid_minor
    if due <= 0 or await _payout_on_its_way(work, claim_id):
        raise Conflict("The benefit was asked for already.")
    due -= await _hold_back(work, claim, due)
    wanted = Money(due, claim.currency)
    payout = await request_payout(
        work, PayoutIn(amount=wanted.text, member_id=claim.member_id), purpose="benefit"
    )
    work.session.add(
        ClaimPayout(payout_id=payout.id, claim_id=claim_id, amount_minor=due, state="ordered")
    )
    await work.session.flush()
    return await queries.view_claim(work, claim)


async def _payout_on_its_way(work: Work, claim_id: ClaimId) -> bool:
    ordered = await work.session.scalar(
        select(ClaimPayout.payout_id).where(
            ClaimPayout.claim_id == claim_id, ClaimPayout.state == "ordered"
        )
    )
    return ordered is not None


async def _hold_back(work: Work, claim: Claim, due: int) -> int:
    """Set a part of the benefit against the member's arrears, if she has any."""
    available = Account("member_available", claim.member_id)
    held = await ledger.lock_account(work, available, claim.currency)
    kept = rules.held_back(due, -held.minor)
    if kept:
        amount = Money(kept, claim.currency)
        await ledger.post(
            work,
            kind="benefit_held_back",
            text="Benefit set against arrears",
            lines=[
                debit("benefit_payable", amount, claim.member_id),
                credit("member_available", amount, claim.member_id),
            ],
            subject=claim.id,
        )
        claim.paid_minor += kept
        await work.write()
    return kept


async def refuse_juror(work: Work, payout_id: PayoutId, approver_id: MemberId) -> None:
    """Nobody who was drawn to judge a claim approves its payment. Raises OwnCase."""
    judged = await work.session.scalar(
        select(Juror.claim_id)
        .join(ClaimPayout, ClaimPayout.claim_id == Juror.claim_id)
        .where(ClaimPayout.payout_id == payout_id, Juror.member_id == approver_id)
        .limit(1)
    )
    if judged is not None:
        raise OwnCase("You were drawn to judge this claim; others approve that it is paid.")


async def note_payout(work: Work, payout_id: PayoutId, outcome: str) -> None:
    """Follow what became of a benefit's payout: settled, rejected or returned by the bank."""
    payout = await work.session.get(ClaimPayout, payout_id, with_for_update=True)
    if payout is None:
        return
    claim = await work.session.get_one(Claim, payout.claim_id, with_for_update=True)
    was_settled = payout.state == "settled"
    payout.state = "settled" if outcome == "settled" else "void"
    if payout.state == "settled" and not was_settled:
        claim.paid_minor += payout.amount_minor
        note_paid(claim)
        await work.emit(BenefitPaid(claim_id=claim.id, member_id=claim.member_id))
    elif payout.state == "void" and was_settled:
        claim.paid_minor -= payout.amount_minor
        if claim.state == "paid":
            CLAIM.move(claim, "return")


def note_paid(claim: Claim) -> None:
    """Close a decided claim whose benefit has been paid in full."""
    in_full = claim.granted_minor and claim.paid_minor == claim.granted_minor
    if in_full and CLAIM.may(claim.state, "pay"):
        CLAIM.move(claim, "pay")

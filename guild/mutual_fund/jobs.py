"""Background work of the fund: advances on their day, juries, silence, deletion."""

from guild.core.ids import ClaimId, InvoiceId
from guild.core.jobs import job, scheduled
from guild.core.work import Work
from guild.mutual_fund import commands, queries
from guild.mutual_fund.errors import NoMoreJurors, SeedNotSigned
from guild.translog.commands import sequence_leaves


@job("mutual_fund.pay_advance", timeout_s=30)
async def pay_advance(work: Work, invoice_id: InvoiceId) -> None:
    """Pay one advance if it is due; again if it could not be paid before, never twice."""
    await commands.pay_advance(work, invoice_id)


@scheduled("mutual_fund.pay_advances", every_minutes=60)
async def pay_advances(work: Work) -> None:
    """Queue every advance whose day has come."""
    for invoice_id in await queries.due_advances(work):
        work.later(pay_advance, invoice_id=invoice_id)


@job("mutual_fund.draw_jury", timeout_s=30)
async def draw_jury(work: Work, claim_id: ClaimId) -> None:
    """Draw a claim's jury if it has none yet; too few members leaves it to the next sweep.

    The log is signed first, because the seed is the first checkpoint over the filing.
    """
    claim = await queries.claim_for(work, claim_id)
    if claim.state not in {"filed", "appealed"}:
        return
    await sequence_leaves(work)
    try:
        async with work.session.begin_nested():
            await commands.draw_jury(work, claim_id)
    except (NoMoreJurors, SeedNotSigned):
        return


@scheduled("mutual_fund.draw_juries", every_minutes=60)
async def draw_juries(work: Work) -> None:
    """Queue the draw for claims that wait for one."""
    for claim_id in await queries.claims_without_jury(work):
        work.later(draw_jury, claim_id=claim_id)


@scheduled("mutual_fund.replace_silent_jurors", every_minutes=30)
async def replace_silent_jurors(work: Work) -> None:
    """Ask the next member where a juror has let her hours pass."""
    await commands.replace_silent_jurors(work)


@scheduled("mutual_fund.forget_evidence", every_minutes=1440)
async def forget_evidence(work: Work) -> None:
    """Delete documents of claims that are decided for good."""
    await commands.forget_evidence(work)

"""What follows from payouts that moved: the member is told."""

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.treasury import jobs
from guild.treasury.events import PayoutRejected, PayoutReturned, PayoutSettled


@reacts_to(PayoutSettled)
async def print_statement(work: Work, fact: PayoutSettled) -> None:
    """The member gets a statement of what she was paid."""
    work.later(jobs.make_payout_statement, payout_id=fact.payout_id)


@reacts_to(PayoutRejected)
async def tell_of_refusal(work: Work, fact: PayoutRejected) -> None:
    """The member reads why she is not paid now."""
    work.later(jobs.tell_of_payout, payout_id=fact.payout_id)


@reacts_to(PayoutReturned)
async def tell_of_return(work: Work, fact: PayoutReturned) -> None:
    """The member checks her account number."""
    work.later(jobs.tell_of_payout, payout_id=fact.payout_id)

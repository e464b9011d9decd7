"""Payout runs, approval bands, members' choices and payee checks over HTTP."""

from guild.core.ids import BankAccountId, PayoutRunId
from guild.core.permissions import Permission
from guild.core.wire import get, post, post_once
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.schemas import (
    BandsOut,
    ChoiceIn,
    ChoiceOut,
    PayeeCheckIn,
    PayeeCheckOut,
    PayeeOut,
    PayoutRunIn,
    PayoutRunOut,
    RunApprovedOut,
)


@post_once("/payout-runs", permission=Permission.PAYOUTS_PREPARE, tags=["payouts"],
           summary="Ask for a payout to everyone")  # fmt: skip
async def start_run(work: Work, data: PayoutRunIn) -> PayoutRunOut:
    """One request for each member with money available and a usable account.

    The first five hundred are asked for at once, the others in the background: ask for the run
    again to see how far it is.
    """
    return await commands.start_run(work, data)


@get("/payout-runs", permission=Permission.TREASURY_READ, tags=["payouts"], summary="Payout runs")
async def payout_runs(work: Work) -> list[PayoutRunOut]:
    """The latest runs, by treasurers and by members' own choice."""
    return await queries.payout_runs(work)


@get("/payout-runs/{run_id:uuid}", permission=Permission.TREASURY_READ, tags=["payouts"],
     summary="A payout run")  # fmt: skip
async def payout_run(work: Work, run_id: PayoutRunId) -> PayoutRunOut:
    """How far a run has come, and whom it could not pay."""
    return await queries.payout_run(work, run_id)


@post_once("/payout-runs/{run_id:uuid}/approve", permission=Permission.PAYOUTS_APPROVE,
           tags=["payouts"], summary="Approve a payout run")  # fmt: skip
async def approve_run(work: Work, run_id: PayoutRunId) -> RunApprovedOut:
    """One approval of each of its payouts, save those that one may not approve."""
    return await commands.approve_run(work, run_id)


@get("/approval-bands", permission=Permission.PAYOUTS_READ, tags=["payouts"],
     summary="Who must agree before how much leaves")  # fmt: skip
async def approval_bands(work: Work) -> BandsOut:
    """The bands of the charter in force, for payouts, refunds and suppliers alike."""
    return await queries.bands(work)


@get("/me/payout-choice", permission=Permission.PAYOUTS_REQUEST, tags=["payouts"],
     summary="When I am paid without asking")  # fmt: skip
async def my_choice(work: Work) -> ChoiceOut:
    """The choice in force and the next day on which it has an effect."""
    return await queries.choice_of(work, work.actor.member_id)


@post("/me/payout-choice", permission=Permission.PAYOUTS_REQUEST, tags=["payouts"],
      summary="Choose when to be paid without asking")  # fmt: skip
async def choose_rhythm(work: Work, data: ChoiceIn) -> ChoiceOut:
    """Weekly, monthly, from a sum on, or only when asked."""
    return await commands.choose_rhythm(work, data)


@get("/payees", permission=Permission.TREASURY_READ, tags=["payouts"],
     summary="Accounts to be paid, and what the bank says of them")  # fmt: skip
async def payees(work: Work) -> list[PayeeOut]:
    """Members' accounts that payouts wait for; those that the bank was never asked about first."""
    return await queries.payees(work)


@post("/bank-accounts/{account_id:uuid}/payee-checks", permission=Permission.PAYOUTS_PREPARE,
      tags=["payouts"], summary="Record what the bank says of a payee")  # fmt: skip
async def record_check(work: Work, account_id: BankAccountId, data: PayeeCheckIn) -> PayeeCheckOut:
    """Anything but MTCH asks for one more approval of each payout to that account."""
    return await commands.record_payee_check(work, account_id, data)


ROUTES = [
    start_run,
    payout_runs,
    payout_run,
    approve_run,
    approval_bands,
    my_choice,
    choose_rhythm,
    payees,
    record_check,
]

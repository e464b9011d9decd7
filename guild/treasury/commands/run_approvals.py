"""Approving a whole run: one person's word for each of its payouts that she may approve.

The words are written at once, by one statement; the money is set aside in slices by a job, each
slice one transaction, so that a run of thousands neither blocks a request nor is done twice.
"""

from typing import Final

from sqlalchemy import String, Uuid, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from guild.core.ids import AccountId, PayoutId, PayoutRunId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.ledger.models import LedgerBalance
from guild.treasury.commands.approving import (
    OFFICES,
    approvals_of,
    changed_payees,
    lock_accounts,
    needed_by,
    post_set_aside,
)
from guild.treasury.errors import OfficeMissing, RunNotFound
from guild.treasury.events import PayoutRunApproved
from guild.treasury.models import Payout, PayoutApproval, PayoutRun
from guild.treasury.rules.approvals import complete, counts_for
from guild.treasury.schemas import RunApprovedOut

SLICE: Final = 250


async def approve_run(work: Work, run_id: PayoutRunId) -> RunApprovedOut:
    """Approve each payout of a run that this person may approve; the others are counted.

    Left out are her own, those that she asked for, those that she approved before, and those that
    wait for another office only. Raises RunNotFound, and OfficeMissing when nothing was left in.
    """
    work.require(Permission.PAYOUTS_APPROVE)
    run = await work.session.get(PayoutRun, run_id)
    if run is None:
        raise RunNotFound
    offices = [*work.actor.roles & OFFICES]
    me = work.actor.member_id
    waiting = list(
        await work.session.scalars(
            select(Payout)
            .where(Payout.run_id == run_id, Payout.state == "requested")
            .order_by(Payout.id)
            .with_for_update()
        )
    )
    given = await approvals_of(work, [payout.id for payout in waiting])
    words = []
    for payout in waiting:
        approvers = given.get(payout.id, {})
        role = counts_for(needed_by(payout), [*approvers.values()], offices)
        if me in {payout.member_id, payout.requested_by, *approvers} or role is None:
            continue
        words.append((payout.id, role))
    if waiting and not words:
        raise OfficeMissing("None of these payouts is yours to approve; others do.")
    if words:
        # Arrays instead of thousands of parameters.
        rows = select(
            func.unnest(literal([one for one, _ in words], ARRAY(Uuid))).label("payout_id"),
            literal(me).label("approver_id"),
            literal(work.now).label("approved_at"),
            func.unnest(literal([role for _, role in words], ARRAY(String))).label("role"),
        )
        await work.session.execute(
            insert(PayoutApproval).from_select(
                ["payout_id", "approver_id", "approved_at", "role"], rows
            )
        )
    await work.emit(PayoutRunApproved(run_id=run_id, approver_id=me, payouts=len(words)))
    return RunApprovedOut(run_id=run_id, approved=len(words), left_out=len(waiting) - len(words))


async def set_aside_slice(
    work: Work, run_id: PayoutRunId, after: PayoutId | None
) -> PayoutId | None:
    """Set the money of fully approved payouts aside, some hundreds at once; says where to go on.

    A payout whose account was replaced, or whose money is gone, stays requested: a person refuses
    it. None: the run is through.
    """
    wanted = (
        select(Payout)
        .where(Payout.run_id == run_id, Payout.state == "requested")
        .order_by(Payout.id)
        .limit(SLICE)
        .with_for_update()
    )
    if after is not None:
        wanted = wanted.where(Payout.id > after)
    payouts = list(await work.session.scalars(wanted))
    given = await approvals_of(work, [payout.id for payout in payouts])
    ready = [
        payout
        for payout in payouts
        if complete(needed_by(payout), [*given.get(payout.id, {}).values()])
    ]
    changed = {payout.id for payout in await changed_payees(work, ready)}
    await lock_accounts(work, [payout.source.id(payout.currency) for payout in ready])
    held = await _held(work, ready)
    for payout in ready:
        account_id = payout.source.id(payout.currency)
        if payout.id in changed or held.get(account_id, 0) < payout.amount_minor:
            continue
        held[account_id] -= payout.amount_minor
        await post_set_aside(work, payout)
    return payouts[-1].id if len(payouts) == SLICE else None


async def _held(work: Work, payouts: list[Payout]) -> dict[AccountId, int]:
    """What the accounts that are drawn from hold, under the locks taken before."""
    ids = {payout.source.id(payout.currency) for payout in payouts}
    rows = await work.session.execute(
        select(
            LedgerBalance.account_id,
            func.sum(LedgerBalance.credit_minor - LedgerBalance.debit_minor),
        )
        .where(LedgerBalance.account_id.in_(ids))
        .group_by(LedgerBalance.account_id)
    )
    return {account_id: int(minor) for account_id, minor in rows}

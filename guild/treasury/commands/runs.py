"""Payout runs: a request for everyone who has money and an account, made in slices.

A slice of members is one transaction: their payouts and the run's cursor commit together. So a
run of thousands shows how far it is, goes on where it was killed, and pays nobody twice.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from guild.core.clock import is_business_day
from guild.core.ids import AccountId, MemberId, PayoutRunId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.ledger.models import LedgerAccount, LedgerBalance
from guild.members.models import BankAccount
from guild.treasury.commands.approving import lock_accounts
from guild.treasury.commands.payouts import (
    announce,
    asked_lately,
    new_payout,
    payee_checks,
    paying_account,
    waiting,
)
from guild.treasury.errors import NothingToPay, RunStillGoing
from guild.treasury.events import PayoutRunFinished, PayoutRunStarted
from guild.treasury.models import (
    PAYOUT_RUN,
    CoopBankAccount,
    Payout,
    PayoutChoice,
    PayoutRun,
    PayoutRunSkip,
)
from guild.treasury.queries.runs import run_view
from guild.treasury.rules.rhythms import due_days
from guild.treasury.schemas import PayoutRunIn, PayoutRunOut

SLICE: Final = 500
"""Members in one transaction: their accounts are locked while their sums are fixed."""
NO_ACCOUNT: Final = "no approved account that can be used yet"


class _Owner(NamedTuple):
    account_id: AccountId
    member_id: MemberId
    minor: int


async def start_run(work: Work, data: PayoutRunIn) -> PayoutRunOut:
    """Ask for a payout to each member who has money available; the first slice at once.

    The treasurer who starts the run approves none of it. Members without an account are named
    with the reason. Raises NothingToPay when there is nobody, RunStillGoing beside another run.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    assert data.purpose == "earnings", "benefits are asked for by the fund"
    charter = await charter_at(work)
    currency = charter.payouts.currency
    going = select(PayoutRun.id).where(PayoutRun.state == "running", PayoutRun.currency == currency)
    if await work.session.scalar(going) is not None:
        raise RunStillGoing("Wait until it is done; its page shows how far it is.")
    total = await _how_many(work, currency, askable=True)
    if not total:
        raise NothingToPay("Nobody has money that is not asked for already.")
    run = await _begin(work, charter, "treasurer", await _how_many(work, currency))
    await _advance(work, run, charter)
    await work.write()
    return await run_view(work, run)


async def start_chosen_run(work: Work) -> PayoutRunId | None:
    """Begin the day's run for members who chose to be paid today; once a day, on working days."""
    country = work.settings.coop.country
    if not is_business_day(work.today, country):
        return None
    charter = await charter_at(work)
    currency = charter.payouts.currency
    former = select(PayoutRun.id).where(
        PayoutRun.trigger == "choice", PayoutRun.day == work.today, PayoutRun.currency == currency
    )
    if await work.session.scalar(former) is not None:
        return None
    total = await _how_many(work, currency, chosen=True)
    if not total:
        return None
    return (await _begin(work, charter, "choice", total)).id


async def _begin(work: Work, charter: Charter, trigger: str, total: int) -> PayoutRun:
    paying = await paying_account(work, charter.payouts.currency)
    run = PayoutRun(
        id=PayoutRunId(new_id()),
        trigger=trigger,
        state=PAYOUT_RUN.initial,
        day=work.today,
        currency=charter.payouts.currency,
        account_id=paying.id,
        total=total,
        done=0,
        payouts=0,
        skipped=0,
        amount_minor=0,
        started_by=work.actor.member_id if trigger == "treasurer" else None,
        started_at=work.now,
    )
    work.session.add(run)
    await work.session.flush()
    await work.emit(PayoutRunStarted(run_id=run.id, trigger=trigger, members=total))
    return run


async def advance_run(work: Work, run_id: PayoutRunId) -> bool:
    """Make the next slice of a run; says whether there are more members whose turn comes."""
    run = await work.session.scalar(
        select(PayoutRun).where(PayoutRun.id == run_id).with_for_update()
    )
    if run is None or run.state != PAYOUT_RUN.initial:
        return False
    return await _advance(work, run, await charter_at(work, run.started_at))


async def _advance(work: Work, run: PayoutRun, charter: Charter) -> bool:
    paying = await work.session.get_one(CoopBankAccount, run.account_id)
    owners = await _owners(work, run)
    if owners:
        run.cursor = owners[-1].account_id
        run.done = min(run.total, run.done + len(owners))
        payouts = await _slice(work, run, charter, paying, owners)
        run.payouts += len(payouts)
        run.amount_minor += sum(payout.amount_minor for payout in payouts)
    if len(owners) == SLICE:
        await work.session.flush()
        return True
    PAYOUT_RUN.move(run, "finish")
    run.done, run.finished_at = run.total, work.now
    await work.session.flush()
    await work.emit(
        PayoutRunFinished(
            run_id=run.id,
            payouts=run.payouts,
            skipped=run.skipped,
            amount_minor=run.amount_minor,
            currency=run.currency,
        )
    )
    return False


async def _slice(
    work: Work, run: PayoutRun, charter: Charter, paying: CoopBankAccount, owners: Sequence[_Owner]
) -> list[Payout]:
    """The payouts of one slice; sums are read again under the members' locks."""
    members = [owner.member_id for owner in owners]
    await lock_accounts(work, [owner.account_id for owner in owners])
    held = {one.account_id: one.minor for one in await _owners(work, run, again=owners)}
    asked = await waiting(work, members, "earnings", run.currency)
    lately = await asked_lately(work, charter, members)
    payees = await _payees(work, members)
    checks = await payee_checks(work, [payee.id for payee in payees.values()])
    minimums = await _minimums(work, members) if run.trigger == "choice" else {}
    payouts: list[Payout] = []
    for owner in owners:
        minor = held.get(owner.account_id, 0)
        minor -= asked[owner.member_id].minor if owner.member_id in asked else 0
        least = max(minimums.get(owner.member_id, 0), charter.payouts.run_minimum_minor)
        if minor <= 0 or (run.trigger == "choice" and minor < least):
            continue
        payee = payees.get(owner.member_id)
        if payee is None:
            run.skipped += 1
            work.session.add(
                PayoutRunSkip(
                    run_id=run.id, member_id=owner.member_id, amount_minor=minor, reason=NO_ACCOUNT
                )
            )
            continue
        payouts.append(
            new_payout(
                work,
                charter,
                owner.member_id,
                "earnings",
                Money(minor, run.currency),
                paying=paying,
                payee=payee,
                lately=lately.get(owner.member_id, 0),
                check=checks.get(payee.id),
                requested_by=run.started_by or owner.member_id,
                run_id=run.id,
            )
        )
    work.session.add_all(payouts)
    await work.session.flush()
    for payout in payouts:
        await announce(work, payout)
    return payouts


def _held(currency: str) -> tuple[ColumnElement[int], list[ColumnElement[bool]]]:
    owed = func.sum(LedgerBalance.credit_minor - LedgerBalance.debit_minor)
    return owed, [LedgerAccount.code == "member_available", LedgerAccount.currency == currency]


def _chosen(day: date, country: str) -> ColumnElement[bool]:
    """Members whose own choice is due on that working day; see `rules.rhythms`."""
    weekdays, month_days = due_days(day, country)
    return and_(
        PayoutChoice.member_id == LedgerAccount.owner,
        or_(
            PayoutChoice.rhythm == "threshold",
            and_(PayoutChoice.rhythm == "weekly", PayoutChoice.day.in_(weekdays)),
            and_(PayoutChoice.rhythm == "monthly", PayoutChoice.day.in_(month_days)),
        ),
    )


async def _owners(
    work: Work, run: PayoutRun, again: Sequence[_Owner] | None = None
) -> list[_Owner]:
    """The next members with money, in the order in which accounts are locked; or these `again`."""
    owed, where = _held(run.currency)
    wanted = (
        select(LedgerAccount.id, LedgerAccount.owner, owed)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(*where)
        .group_by(LedgerAccount.id, LedgerAccount.owner)
        .having(owed > 0)
        .order_by(LedgerAccount.id)
    )
    if again is not None:
        wanted = wanted.where(LedgerAccount.id.in_([one.account_id for one in again]))
    else:
        if run.cursor is not None:
            wanted = wanted.where(LedgerAccount.id > run.cursor)
        if run.trigger == "choice":
            due = select(PayoutChoice.member_id).where(_chosen(run.day, work.settings.coop.country))
            wanted = wanted.where(due.exists())
        wanted = wanted.limit(SLICE)
    rows = await work.session.execute(wanted)
    return [
        _Owner(account, MemberId(owner), int(minor))
        for account, owner, minor in rows
        if owner is not None
    ]


async def _how_many(
    work: Work, currency: str, *, chosen: bool = False, askable: bool = False
) -> int:
    """How many members have money, or money that is not asked for yet."""
    owed, where = _held(currency)
    if askable:
        asked = (
            select(func.coalesce(func.sum(Payout.amount_minor), 0))
            .where(
                Payout.member_id == LedgerAccount.owner,
                Payout.purpose == "earnings",
                Payout.currency == currency,
                Payout.state == "requested",
            )
            .correlate(LedgerAccount)
            .scalar_subquery()
        )
        owed = owed - asked
    with_money = (
        select(LedgerAccount.id)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(*where)
        .group_by(LedgerAccount.id, LedgerAccount.owner)
        .having(owed > 0)
    )
    if chosen:
        due = select(PayoutChoice.member_id).where(_chosen(work.today, work.settings.coop.country))
        with_money = with_money.where(due.exists())
    counted = select(func.count()).select_from(with_money.subquery())
    return int(await work.session.scalar(counted) or 0)


async def _payees(work: Work, members: Sequence[MemberId]) -> dict[UUID, BankAccount]:
    rows = await work.session.scalars(
        select(BankAccount).where(
            BankAccount.member_id.in_(members),
            BankAccount.state == "approved",
            BankAccount.usable_from <= work.now,
        )
    )
    return {account.member_id: account for account in rows}


async def _minimums(work: Work, members: Sequence[MemberId]) -> dict[MemberId, int]:
    rows = await work.session.execute(
        select(PayoutChoice.member_id, PayoutChoice.minimum_minor).where(
            PayoutChoice.member_id.in_(members)
        )
    )
    return {member_id: minor for member_id, minor in rows}  # noqa: C416 — rows are no pairs

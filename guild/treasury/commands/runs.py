"""The payout run: a request for everyone who has money and an account to receive it."""

from uuid import UUID

from sqlalchemy import func, select

from guild.core.ids import MemberId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.ledger.chart import Account
from guild.ledger.commands import lock_account
from guild.ledger.models import LedgerAccount, LedgerBalance
from guild.members.models import BankAccount
from guild.treasury.commands.payouts import announce, new_payout, paying_account, waiting
from guild.treasury.errors import NothingToPay
from guild.treasury.models import PURPOSES, Payout
from guild.treasury.queries.payouts import payout_views
from guild.treasury.schemas import PayoutRunIn, PayoutRunOut, SkippedOut

RUN_MAX = 500
"""Members in one run: each is locked while her sum is fixed, so that a run stays short."""


async def prepare_payout_run(work: Work, data: PayoutRunIn) -> PayoutRunOut:
    """Ask for a payout to each member who has money available and a usable account.

    The treasurer who prepares the run approves none of it. Members without an account are named
    with the reason. Raises NothingToPay when there is nobody.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    charter = await charter_at(work)
    currency = charter.payouts.currency
    paying = await paying_account(work, currency)
    owners = await _owners(work, PURPOSES[data.purpose], currency)
    payees = await _payees(work, owners)
    payouts: list[Payout] = []
    skipped: list[SkippedOut] = []
    for member_id in owners:
        account = Account(PURPOSES[data.purpose], member_id)
        amount = await lock_account(work, account, currency)
        amount -= await waiting(work, member_id, data.purpose, currency)
        if amount.minor <= 0:
            continue
        payee = payees.get(member_id)
        if payee is None:
            reason = "no approved account that can be used yet"
            skipped.append(SkippedOut(member_id=member_id, amount=amount.text, reason=reason))
            continue
        payouts.append(
            new_payout(work, charter, member_id, data.purpose, amount, paying=paying, payee=payee)
        )
    if not payouts and not skipped:
        raise NothingToPay("Nobody has money that is not asked for already.")
    work.session.add_all(payouts)
    await work.session.flush()
    for payout in payouts:
        await announce(work, payout)
    return PayoutRunOut(
        payouts=await payout_views(work, payouts),
        total=Money(sum(payout.amount_minor for payout in payouts), currency).text,
        currency=currency,
        skipped=skipped,
    )


async def _owners(work: Work, code: str, currency: str) -> list[MemberId]:
    """Members with money on that account, in the order in which accounts are locked."""
    owed = func.sum(LedgerBalance.credit_minor - LedgerBalance.debit_minor)
    rows = await work.session.scalars(
        select(LedgerAccount.owner)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(LedgerAccount.code == code, LedgerAccount.currency == currency)
        .group_by(LedgerAccount.id, LedgerAccount.owner)
        .having(owed > 0)
        .order_by(LedgerAccount.id)
        .limit(RUN_MAX)
    )
    return [MemberId(owner) for owner in rows if owner is not None]


async def _payees(work: Work, owners: list[MemberId]) -> dict[UUID, BankAccount]:
    rows = await work.session.scalars(
        select(BankAccount).where(
            BankAccount.member_id.in_(owners),
            BankAccount.state == "approved",
            BankAccount.usable_from <= work.now,
        )
    )
    return {account.member_id: account for account in rows}

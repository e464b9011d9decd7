"""Asking for a payout: what is available, to which account, and how many must agree."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select

from guild.core.ids import BankAccountId, MemberId, PayoutId, PayoutRunId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.wire import money_in
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.ledger.chart import Account
from guild.ledger.commands import lock_account
from guild.members.models import BankAccount
from guild.members.queries import approved_account
from guild.treasury.errors import (
    BankAccountNotFound,
    NotAvailable,
    NotReturned,
    NoUsableBankAccount,
    PayoutNotFound,
)
from guild.treasury.events import PayoutRequested
from guild.treasury.models import PAYOUT, PURPOSES, CoopBankAccount, PayeeCheck, Payout
from guild.treasury.queries.payouts import payout_view
from guild.treasury.rules.approvals import needed
from guild.treasury.schemas import PayoutIn, PayoutOut, Purpose

LIVE = ("requested", "approved", "ordered", "settled")


async def request_payout(work: Work, data: PayoutIn, *, purpose: Purpose = "earnings") -> PayoutOut:
    """Ask for money that is available, to the member's approved account.

    Members ask for themselves, treasurers for anyone. The member's ledger account is locked while
    the sum is checked, so that requests made at once cannot overdraw it. Only the fund asks for a
    benefit, which it keeps beside the claim. Raises Invalid, NotAvailable and NoUsableBankAccount.
    """
    member_id = data.member_id or work.actor.member_id
    if member_id != work.actor.member_id:
        work.require(Permission.PAYOUTS_PREPARE, "Only a treasurer asks for somebody else.")
    charter = await charter_at(work)
    amount = money_in(data.amount, charter.payouts.currency, field="amount")
    payout = await _asked(work, charter, member_id, amount, purpose=purpose)
    return await payout_view(work, payout)


async def pay_again(work: Work, payout_id: PayoutId) -> PayoutOut:
    """Ask once more for a payout that came back, to the account that is approved by now; once.

    For the payee and for treasurers. A benefit is asked for again through its claim. Raises
    PayoutNotFound, NotReturned, NotAvailable and NoUsableBankAccount.
    """
    former = await locked_payout(work, payout_id)
    hers = former.member_id is not None and work.actor.is_member(former.member_id)
    if not hers and not work.actor.may(Permission.PAYOUTS_PREPARE):
        raise PayoutNotFound
    if former.state != "returned" or former.purpose != "earnings" or former.member_id is None:
        raise NotReturned(
            f"Payout {former.number} is {former.state}; only earnings that came back "
            "are asked for again here."
        )
    again = await work.session.scalar(select(Payout.id).where(Payout.replaces_id == former.id))
    if again is not None:
        raise NotReturned(f"Payout {former.number} was asked for again already.")
    charter = await charter_at(work)
    amount = Money(former.amount_minor, former.currency)
    payout = await _asked(work, charter, former.member_id, amount, replaces=former.id)
    return await payout_view(work, payout)


async def _asked(
    work: Work,
    charter: Charter,
    member_id: MemberId,
    amount: Money,
    *,
    purpose: Purpose = "earnings",
    replaces: PayoutId | None = None,
) -> Payout:
    paying = await paying_account(work, amount.currency)
    payee = await usable_account(work, member_id)
    left = await lock_account(work, Account(PURPOSES[purpose], member_id), amount.currency)
    left -= (await waiting(work, [member_id], purpose, amount.currency)).get(
        member_id, Money.zero(amount.currency)
    )
    if amount > left:
        raise NotAvailable(
            f"{left} can be paid out now; {amount} is asked for.",
            mend="Ask for less, or wait until more has arrived.",
            field="amount",
        )
    payout = new_payout(
        work,
        charter,
        member_id,
        purpose,
        amount,
        paying=paying,
        payee=payee,
        lately=(await asked_lately(work, charter, [member_id])).get(member_id, 0),
        check=(await payee_checks(work, [payee.id])).get(payee.id),
        replaces=replaces,
    )
    work.session.add(payout)
    await work.session.flush()
    await announce(work, payout)
    return payout


def new_payout(
    work: Work,
    charter: Charter,
    member_id: MemberId,
    purpose: str,
    amount: Money,
    *,
    paying: CoopBankAccount,
    payee: BankAccount,
    lately: int,
    check: str | None,
    requested_by: MemberId | None = None,
    run_id: PayoutRunId | None = None,
    replaces: PayoutId | None = None,
) -> Payout:
    """A request as it begins; the charter in force decides how many must approve it, and who.

    `lately` is what the payee was asked for besides within the charter's window, in minor units;
    `check` the bank's last word on her account. `requested_by` is the actor unless she chose long
    before to be paid without asking.
    """
    wanted = needed(charter.payouts, amount.minor + lately, check)
    return Payout(
        id=PayoutId(new_id()),
        member_id=member_id,
        purpose=purpose,
        amount_minor=amount.minor,
        currency=amount.currency,
        account_id=paying.id,
        payee_account_id=payee.id,
        state=PAYOUT.initial,
        requested_by=requested_by or work.actor.member_id,
        requested_at=work.now,
        approvals_needed=wanted.approvals,
        roles_needed=wanted.roles,
        check_extra=wanted.extra,
        charter_version=charter.version,
        run_id=run_id,
        replaces_id=replaces,
    )


async def announce(work: Work, payout: Payout) -> None:
    """State that it was asked for."""
    await work.emit(
        PayoutRequested(
            payout_id=payout.id,
            member_id=payout.member_id,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
        )
    )


async def waiting(
    work: Work, members: Collection[MemberId], purpose: str, currency: str
) -> dict[MemberId, Money]:
    """What was asked for already and not yet decided: it is still in the members' accounts."""
    rows = await work.session.execute(
        select(Payout.member_id, func.sum(Payout.amount_minor))
        .where(
            Payout.member_id.in_(members),
            Payout.purpose == purpose,
            Payout.currency == currency,
            Payout.state == "requested",
        )
        .group_by(Payout.member_id)
    )
    return {one: Money(int(minor), currency) for one, minor in rows if one is not None}


async def asked_lately(
    work: Work, charter: Charter, members: Collection[MemberId]
) -> dict[MemberId, int]:
    """What each was asked for within the charter's window, so that splitting a sum gains nothing.

    Payouts of all purposes count, refused and returned ones do not. Minor units.
    """
    since = work.now - timedelta(days=charter.payouts.band_window_days)
    rows = await work.session.execute(
        select(Payout.member_id, func.sum(Payout.amount_minor))
        .where(
            Payout.member_id.in_(members),
            Payout.currency == charter.payouts.currency,
            Payout.requested_at > since,
            Payout.state.in_(LIVE),
        )
        .group_by(Payout.member_id)
    )
    return {one: int(minor) for one, minor in rows if one is not None}


async def payee_checks(work: Work, accounts: Collection[BankAccountId]) -> dict[BankAccountId, str]:
    """The bank's last answer about each account that it was ever asked about."""
    rows = await work.session.execute(
        select(PayeeCheck.payee_account_id, PayeeCheck.result)
        .where(PayeeCheck.payee_account_id.in_(accounts))
        .order_by(PayeeCheck.at, PayeeCheck.id)
    )
    # The later answer replaces the earlier one.
    return {account_id: result for account_id, result in rows}  # noqa: C416 — rows are no pairs


async def paying_account(
    work: Work, currency: str, account_id: BankAccountId | None = None
) -> CoopBankAccount:
    """The co-operative's account that pays: the one named, or the oldest in that currency."""
    chosen = select(CoopBankAccount).where(CoopBankAccount.currency == currency)
    if account_id is not None:
        chosen = chosen.where(CoopBankAccount.id == account_id)
    oldest = chosen.order_by(CoopBankAccount.opened_at, CoopBankAccount.id).limit(1)
    account = await work.session.scalar(oldest)
    if account is None:
        raise BankAccountNotFound(
            f"The co-operative keeps no such account in {currency}.",
            mend="A treasurer adds the co-operative's bank account first.",
        )
    return account


async def usable_account(work: Work, member_id: MemberId) -> BankAccount:
    """The member's approved account, once its cooling-off period is over."""
    account = await approved_account(work, member_id)
    if account is None:
        raise NoUsableBankAccount(
            "No account to be paid to has been approved.",
            mend="Enter an IBAN; a second person approves it.",
        )
    if account.usable_from is None or account.usable_from > work.now:
        raise NoUsableBankAccount(
            f"The account ending in {account.iban_last4} is new and can be paid to from "
            f"{account.usable_from:%d.%m.%Y %H:%M} UTC.",
            mend="Ask again then; the delay protects against stolen sessions.",
        )
    return account


async def locked_payout(work: Work, payout_id: PayoutId) -> Payout:
    """The payout, held until the Work ends. Raises PayoutNotFound."""
    payout = await work.session.scalar(
        select(Payout)
        .where(Payout.id == payout_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payout is None:
        raise PayoutNotFound
    return payout

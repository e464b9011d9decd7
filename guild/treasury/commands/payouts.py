"""Asking for a payout, approving it with four eyes, refusing it."""

from sqlalchemy import func, select

from guild.core.errors import Invalid
from guild.core.ids import BankAccountId, MemberId, PayoutId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.wire import money_in
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import draw, lock_account, post, reverse
from guild.members.models import BankAccount
from guild.members.queries import approved_account
from guild.treasury.errors import (
    AlreadyApproved,
    BankAccountNotFound,
    NotAvailable,
    NoUsableBankAccount,
    OwnPayout,
    PayeeChanged,
    PayoutNotFound,
)
from guild.treasury.events import PayoutApproved, PayoutRejected, PayoutRequested
from guild.treasury.models import PAYOUT, PURPOSES, CoopBankAccount, Payout, PayoutApproval
from guild.treasury.queries.payouts import payout_view
from guild.treasury.schemas import PayoutIn, PayoutOut, Purpose, RejectIn


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
    paying = await paying_account(work, charter.payouts.currency)
    payee = await usable_account(work, member_id)
    account = Account(PURPOSES[purpose], member_id)
    left = await lock_account(work, account, amount.currency)
    left -= await waiting(work, member_id, purpose, amount.currency)
    if amount > left:
        raise NotAvailable(
            f"{left} can be paid out now; {amount} is asked for.",
            mend="Ask for less, or wait until more has arrived.",
            field="amount",
        )
    payout = new_payout(work, charter, member_id, purpose, amount, paying=paying, payee=payee)
    work.session.add(payout)
    await work.session.flush()
    await announce(work, payout)
    return await payout_view(work, payout)


def new_payout(
    work: Work,
    charter: Charter,
    member_id: MemberId,
    purpose: str,
    amount: Money,
    *,
    paying: CoopBankAccount,
    payee: BankAccount,
) -> Payout:
    """A request as it begins; the charter in force decides how many must approve it."""
    return Payout(
        id=PayoutId(new_id()),
        member_id=member_id,
        purpose=purpose,
        amount_minor=amount.minor,
        currency=amount.currency,
        account_id=paying.id,
        payee_account_id=payee.id,
        state=PAYOUT.initial,
        requested_by=work.actor.member_id,
        requested_at=work.now,
        approvals_needed=charter.payouts.approvals,
        charter_version=charter.version,
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


async def waiting(work: Work, member_id: MemberId, purpose: str, currency: str) -> Money:
    """What was asked for already and not yet decided: it is still in the member's account."""
    asked = await work.session.scalar(
        select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(
            Payout.member_id == member_id,
            Payout.purpose == purpose,
            Payout.currency == currency,
            Payout.state == "requested",
        )
    )
    return Money(int(asked or 0), currency)


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


async def approve_payout(work: Work, payout_id: PayoutId) -> PayoutOut:
    """Approve as one of the persons the charter asks for; the last one sets the money aside.

    Raises OwnPayout for payee and requester, AlreadyApproved for the same person again,
    PayeeChanged when the account was replaced, BelowZero when the money is gone.
    """
    work.require(Permission.PAYOUTS_APPROVE)
    payout = await locked_payout(work, payout_id)
    approver = work.actor.member_id
    if approver in (payout.member_id, payout.requested_by):
        raise OwnPayout(
            "You asked for this payout or it is paid to you; two others approve it.",
        )
    if not PAYOUT.may(payout.state, "approve"):
        PAYOUT.move(payout, "approve")  # raises, and says what is possible instead
    approvers = set(
        await work.session.scalars(
            select(PayoutApproval.approver_id).where(PayoutApproval.payout_id == payout.id)
        )
    )
    if approver in approvers:
        raise AlreadyApproved
    await require_unchanged(work, [payout])
    work.session.add(
        PayoutApproval(payout_id=payout.id, approver_id=approver, approved_at=work.now)
    )
    # The guard counts the approvals when the payout moves, so this row goes first.
    await work.session.flush()
    if len(approvers) + 1 >= payout.approvals_needed:
        await _set_aside(work, payout)
    return await payout_view(work, payout)


async def _set_aside(work: Work, payout: Payout) -> None:
    """From what the member can be paid to what is on its way."""
    amount = Money(payout.amount_minor, payout.currency)
    source = PURPOSES[payout.purpose]
    await draw(work, Account(source, payout.member_id), amount)
    payout.ledger_entry_id = await post(
        work,
        kind="payout_approved",
        text=f"Payout {payout.number}",
        lines=[
            debit(source, amount, payout.member_id),
            credit("payout_in_transit", amount, payout.account_id),
        ],
        subject=payout.id,
    )
    PAYOUT.move(payout, "approve")
    payout.approved_at = work.now
    await work.emit(
        PayoutApproved(
            payout_id=payout.id,
            member_id=payout.member_id,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
        )
    )


async def require_unchanged(work: Work, payouts: list[Payout]) -> None:
    """The account that was asked for is still the member's approved one. Raises PayeeChanged."""
    usable = set(
        await work.session.scalars(
            select(BankAccount.id)
            .where(
                BankAccount.id.in_([payout.payee_account_id for payout in payouts]),
                BankAccount.state == "approved",
                BankAccount.usable_from <= work.now,
            )
            .with_for_update(read=True)
        )
    )
    changed = [payout.number for payout in payouts if payout.payee_account_id not in usable]
    if changed:
        raise PayeeChanged(
            f"The payee's account is no longer the approved one: {', '.join(changed)}.",
            mend="Refuse these payouts and ask for them again.",
        )


async def reject_payout(work: Work, payout_id: PayoutId, data: RejectIn) -> PayoutOut:
    """Refuse a payout; what was set aside goes back to the member. Not once it is in a file."""
    work.require(Permission.PAYOUTS_APPROVE)
    payout = await locked_payout(work, payout_id)
    if payout.member_id == work.actor.member_id:
        raise OwnPayout("Nobody decides about her own payout.")
    if payout.batch_id is not None:
        raise Invalid(
            f"Payout {payout.number} is in a payment file; only the bank can stop it now.",
        )
    PAYOUT.move(payout, "reject")
    payout.refused_by, payout.reason = work.actor.member_id, data.reason
    if payout.ledger_entry_id is not None:
        text = f"Payout {payout.number} refused"
        await reverse(work, payout.ledger_entry_id, text)
    await work.emit(PayoutRejected(payout_id=payout.id, member_id=payout.member_id))
    return await payout_view(work, payout)

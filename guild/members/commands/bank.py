"""Where a member is paid: asked for by her, decided by a second person, usable after a delay.

A stolen session must not be worth a payout. So her known address hears of each request at once, a
second person decides, and a changed account can be paid to only after the charter's cooling-off;
until then nothing is paid out, and whoever approves may still stop it.
"""

from datetime import timedelta

from sqlalchemy import select

from guild.core.ids import BankAccountId, MemberId, new_id
from guild.core.mail import send_mail
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.errors import (
    AlreadyKnown,
    BankAccountNotFound,
    OwnCase,
    SecondPersonNeeded,
)
from guild.members.events import (
    BankAccountApproved,
    BankAccountRejected,
    BankAccountRequested,
)
from guild.members.models import BANK_ACCOUNT, BankAccount, Member
from guild.members.models.bank import IBAN_PURPOSE
from guild.members.rules.numbers import check_iban
from guild.members.schemas import BankAccountIn


async def request_bank_account(work: Work, entered: BankAccountIn) -> BankAccount:
    """Ask to be paid to this account from now on; a former request that waits is replaced.

    Raises IbanInvalid, and AlreadyKnown for the account that one is paid to already.
    """
    member_id = work.actor.member_id
    iban = check_iban(entered.iban)
    index = work.keyring.blind_index(iban.compact, purpose=IBAN_PURPOSE)
    mine = await _accounts_of(work, member_id)
    for account in mine:
        if account.iban_index == index:
            raise AlreadyKnown(
                "You are paid to this account already."
                if account.state == "approved"
                else "This account is waiting for its approval.",
                field="iban",
            )
    for account in mine:
        if account.state == "requested":
            BANK_ACCOUNT.move(account, "supersede")
    await work.session.flush()
    account_id = BankAccountId(new_id())
    account = BankAccount(
        id=account_id,
        member_id=member_id,
        holder=entered.holder,
        iban_sealed=work.keyring.seal(
            iban.compact.encode(), context=BankAccount.context(account_id)
        ),
        iban_index=index,
        iban_last4=iban.last4,
        iban_country=iban.country,
        bic=iban.bic,
        state=BANK_ACCOUNT.initial,
        requested_by=member_id,
        requested_at=work.now,
    )
    work.session.add(account)
    await work.session.flush()
    await _tell_owner(
        work,
        account,
        "A new bank account was entered",
        f"Somebody signed in as you asked that you be paid to the account ending in "
        f"{iban.last4}. A second person decides, and a changed account is used only after a "
        "delay. If this was not you, answer at once: it can still be stopped.",
    )
    await work.emit(BankAccountRequested(bank_account_id=account_id, member_id=member_id))
    return account


async def approve_bank_account(work: Work, account_id: BankAccountId) -> BankAccount:
    """Approve another member's account; the former one is superseded at once.

    Between approval and `usable_from` nothing can be paid to her. Raises OwnCase,
    SecondPersonNeeded, IllegalMove. Emits BankAccountApproved.
    """
    account = await _decidable(work, account_id)
    former = await work.session.scalar(
        select(BankAccount)
        .where(
            BankAccount.member_id == account.member_id,
            BankAccount.state == "approved",
            BankAccount.id != account.id,
        )
        .with_for_update()
    )
    if former is not None:
        # Written first: the database knows at most one approved account of a member.
        BANK_ACCOUNT.move(former, "supersede")
        await work.session.flush()
    BANK_ACCOUNT.move(account, "approve")
    account.decided_by, account.decided_at = work.actor.member_id, work.now
    await work.session.flush()
    first = await _is_first(work, account)
    await _tell_owner(
        work,
        account,
        "Your bank account was approved",
        f"The account ending in {account.iban_last4} was approved."
        + ("" if first else " It is used after the cooling-off period of the charter."),
    )
    await work.emit(
        BankAccountApproved(bank_account_id=account.id, member_id=account.member_id, first=first)
    )
    return account


async def make_account_usable(
    work: Work, account_id: BankAccountId, *, after: timedelta, charter_version: int
) -> None:
    """Fix from when an account approved just now may be paid to, and under which charter.

    Called by governance's reaction to the approval; once fixed it cannot be changed.
    """
    account = await work.session.get_one(BankAccount, account_id)
    assert account.state == "approved"
    assert account.decided_at is not None
    assert account.usable_from is None
    account.usable_from = account.decided_at + after
    account.charter_version = charter_version
    await work.session.flush()


async def reject_bank_account(work: Work, account_id: BankAccountId, reason: str) -> BankAccount:
    """Refuse a request, or stop an approved account at once; the owner is told why.

    A member whose account was stopped has none until another is approved: nothing is paid out.
    """
    account = await _decidable(work, account_id)
    BANK_ACCOUNT.move(account, "reject")
    account.decided_by, account.decided_at = work.actor.member_id, work.now
    account.decision_reason = reason
    await work.session.flush()
    await _tell_owner(
        work,
        account,
        "A bank account was refused",
        f"The account ending in {account.iban_last4} is not used. The reason given:\n\n{reason}",
    )
    await work.emit(BankAccountRejected(bank_account_id=account.id, member_id=account.member_id))
    return account


async def _accounts_of(work: Work, member_id: MemberId) -> list[BankAccount]:
    found = await work.session.scalars(
        select(BankAccount)
        .where(
            BankAccount.member_id == member_id,
            BankAccount.state.in_(("requested", "approved")),
        )
        .with_for_update()
    )
    return list(found)


async def _decidable(work: Work, account_id: BankAccountId) -> BankAccount:
    work.require(Permission.MEMBERS_APPROVE_ACCOUNT)
    account = await work.session.scalar(
        select(BankAccount).where(BankAccount.id == account_id).with_for_update()
    )
    if account is None:
        raise BankAccountNotFound
    if work.actor.is_member(account.member_id):
        raise OwnCase("Somebody else has to decide about your bank account.")
    if work.actor.is_member(account.requested_by):
        raise SecondPersonNeeded("You asked for this yourself.")
    return account


async def _is_first(work: Work, account: BankAccount) -> bool:
    other = await work.session.scalar(
        select(BankAccount.id)
        .where(
            BankAccount.member_id == account.member_id,
            BankAccount.id != account.id,
            BankAccount.usable_from.is_not(None),
        )
        .limit(1)
    )
    return other is None


async def _tell_owner(work: Work, account: BankAccount, subject: str, text: str) -> None:
    owner = await work.session.get_one(Member, account.member_id)
    send_mail(
        work,
        to=owner.email,
        subject=subject,
        text=text,
        reason="You get this because it decides where your money goes.",
        lang=owner.language,
    )

"""Telling members what became of their payouts, after the fact and outside of any request."""

from sqlalchemy import select

from guild.core.ids import PayoutId
from guild.core.jobs import job
from guild.core.mail import send_mail
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.members.models import BankAccount, Member
from guild.treasury.models import Payout

REASON = "You get this because you are paid through the co-operative."


@job("treasury.make_payout_statement", timeout_s=120)
async def make_payout_statement(work: Work, payout_id: PayoutId) -> None:
    """Tell the member that she was paid."""
    payout, member, last4 = await _payout(work, payout_id)
    assert payout.settled_on is not None, "asked for by PayoutSettled"
    send_mail(
        work,
        to=member.email,
        subject=f"You were paid {_money(payout, member)}",
        text=(
            f"Payout {payout.number} of {_money(payout, member)} was booked on "
            f"{long_date(payout.settled_on)} to your account ending in {last4}.\n\n"
            f"Your payouts: {work.settings.base_url}/money"
        ),
        reason=REASON,
        lang="en",
    )


@job("treasury.tell_of_payout")
async def tell_of_payout(work: Work, payout_id: PayoutId) -> None:
    """Tell the member that a payout was refused or came back, and what to do."""
    payout, member, last4 = await _payout(work, payout_id)
    returned = payout.state == "returned"
    done = (
        f"could not be booked to your account ending in {last4}" if returned else "was not approved"
    )
    mend = (
        "Check your account number; once it is right you can ask again."
        if returned
        else "The money is still yours in the books; you can ask again."
    )
    send_mail(
        work,
        to=member.email,
        subject=f"Payout {payout.number} {'came back' if returned else 'was not approved'}",
        text=(
            f"Payout {payout.number} of {_money(payout, member)} {done}.\n"
            f"Reason: {payout.reason}\n\n{mend}\n\nYour money: {work.settings.base_url}/money"
        ),
        reason=REASON,
        lang="en",
    )


async def _payout(work: Work, payout_id: PayoutId) -> tuple[Payout, Member, str]:
    row = await work.session.execute(
        select(Payout, Member, BankAccount.iban_last4)
        .join(Member, Member.id == Payout.member_id)
        .join(BankAccount, BankAccount.id == Payout.payee_account_id)
        .where(Payout.id == payout_id)
    )
    payout, member, last4 = row.one()
    return payout, member, last4


def _money(payout: Payout, member: Member) -> str:
    return money_text(payout.amount_minor, payout.currency)

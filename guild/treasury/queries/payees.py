"""Members' accounts that money is about to leave for, and what the bank said of their names."""

from typing import Final

from sqlalchemy import func, select

from guild.core.money import Money
from guild.core.work import Work
from guild.members.models import BankAccount, Member
from guild.treasury.models import PayeeCheck, Payout
from guild.treasury.schemas import PayeeOut

SHOWN: Final = 100


async def payees(work: Work) -> list[PayeeOut]:
    """Accounts that payouts wait for or are about to leave to, those never asked about first."""
    rows = await work.session.execute(
        select(
            BankAccount.id,
            BankAccount.holder,
            BankAccount.iban_last4,
            Member.id,
            Member.display_name,
            Payout.currency,
            func.count(),
            func.sum(Payout.amount_minor),
        )
        .join(BankAccount, BankAccount.id == Payout.payee_account_id)
        .join(Member, Member.id == BankAccount.member_id)
        .where(Payout.state.in_(["requested", "approved"]), Payout.batch_id.is_(None))
        .group_by(BankAccount.id, Member.id, Payout.currency)
        .order_by(func.min(Payout.requested_at), BankAccount.id)
        .limit(SHOWN)
    )
    found = [*rows]
    asked = await work.session.scalars(
        select(PayeeCheck)
        .where(PayeeCheck.payee_account_id.in_([account_id for account_id, *_ in found]))
        .order_by(PayeeCheck.at, PayeeCheck.id)
    )
    checks = {check.payee_account_id: check for check in asked}  # the latest replaces the others
    shown = []
    for account_id, holder, last4, member_id, name, currency, number, minor in found:
        check = checks.get(account_id)
        shown.append(
            PayeeOut(
                account_id=account_id,
                member_id=member_id,
                member_name=name,
                holder=holder,
                iban_last4=last4,
                payouts=number,
                amount=Money(int(minor), currency).text,
                currency=currency,
                result=check.result if check else "",
                source=check.source if check else "",
                bank_name=check.bank_name if check else "",
                at=check.at if check else None,
            )
        )
    return sorted(shown, key=lambda one: one.result != "")

"""What a member chose about being paid, and what the bank said about a payee's name."""

from sqlalchemy import select

from guild.core.errors import Forbidden, Invalid
from guild.core.ids import BankAccountId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.wire import money_in
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import BankAccount
from guild.treasury.errors import BankAccountNotFound
from guild.treasury.events import PayeeChecked, PayoutChoiceMade
from guild.treasury.models import PayeeCheck, Payout, PayoutChoice
from guild.treasury.queries.runs import choice_of
from guild.treasury.rules.approvals import MATCHED
from guild.treasury.schemas import ChoiceIn, ChoiceOut, PayeeCheckIn, PayeeCheckOut

WEEKDAYS = range(1, 6)
MONTH_DAYS = range(1, 29)


async def choose_rhythm(work: Work, data: ChoiceIn) -> ChoiceOut:
    """Be paid weekly, monthly or from a sum on, without asking; `on_request` takes it back.

    Raises Invalid for a day that the rhythm does not have.
    """
    member_id = work.actor.member_id
    charter = await charter_at(work)
    minimum = money_in(data.minimum, charter.payouts.currency, field="minimum", zero=True)
    row = await work.session.get(PayoutChoice, member_id, with_for_update=True)
    if data.rhythm == "on_request":
        if row is not None:
            await work.session.delete(row)
    else:
        _check_day(data)
        if data.rhythm == "threshold" and minimum.minor < charter.payouts.run_minimum_minor:
            raise Invalid(
                "Say from which sum on you want to be paid: at least "
                f"{Money(charter.payouts.run_minimum_minor, minimum.currency)}.",
                field="minimum",
            )
        if row is None:
            row = PayoutChoice(member_id=member_id)
            work.session.add(row)
        row.rhythm, row.day, row.minimum_minor = data.rhythm, data.day, minimum.minor
        row.chosen_at, row.chosen_by = work.now, member_id
    await work.session.flush()
    await work.emit(PayoutChoiceMade(member_id=member_id, rhythm=data.rhythm))
    return await choice_of(work, member_id)


def _check_day(data: ChoiceIn) -> None:
    if data.rhythm == "weekly" and data.day not in WEEKDAYS:
        raise Invalid("Choose a weekday: 1 is Monday, 5 is Friday.", field="day")
    if data.rhythm == "monthly" and data.day not in MONTH_DAYS:
        raise Invalid("Choose a day from 1 to 28, which every month has.", field="day")
    if data.rhythm == "threshold" and data.day:
        raise Invalid("A sum has no day: leave it out.", field="day")


async def record_payee_check(
    work: Work, account_id: BankAccountId, data: PayeeCheckIn
) -> PayeeCheckOut:
    """Record what the bank answered when it was asked about a member's account.

    Payouts to it that still wait need one more approval when the answer is not MTCH. Nobody
    records it for her own account. Raises BankAccountNotFound and Forbidden.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    account = await work.session.get(BankAccount, account_id, with_for_update={"read": True})
    if account is None:
        raise BankAccountNotFound
    if work.actor.is_member(account.member_id):
        raise Forbidden("Nobody records the check of her own account.")
    check = PayeeCheck(
        id=new_id(),
        payee_account_id=account_id,
        result=data.result,
        source=data.source[:60],
        bank_name=data.bank_name,
        noted_by=work.actor.member_id,
        at=work.now,
    )
    work.session.add(check)
    if data.result != MATCHED:
        await _ask_for_more(work, account_id)
    await work.session.flush()
    await work.emit(PayeeChecked(account_id=account_id, result=data.result))
    return PayeeCheckOut(
        account_id=account_id,
        result=check.result,
        source=check.source,
        bank_name=check.bank_name,
        at=check.at,
    )


async def _ask_for_more(work: Work, account_id: BankAccountId) -> None:
    """One more person looks at each payout to that account that waits; never one fewer."""
    rows = await work.session.scalars(
        select(Payout)
        .where(Payout.payee_account_id == account_id, Payout.state == "requested")
        .order_by(Payout.id)
        .with_for_update()
    )
    for payout in rows:
        terms = (await charter_at(work, payout.requested_at)).payouts
        more = max(0, terms.payee_mismatch_extra - payout.check_extra)
        payout.check_extra += more
        payout.approvals_needed += more

"""A member's money as one picture: what can be paid out, what is on its way, what is coming."""

from datetime import date

import msgspec
from sqlalchemy import and_, func, select

from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.models import OPEN_STATES, Invoice, InvoiceShare
from guild.invoicing.queries import of_member
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.members.models import Organisation
from guild.treasury.models import Payout
from guild.treasury.queries.payouts import payouts
from guild.treasury.schemas import PayoutOut

SHOWN = 50


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """An open invoice and the member's net that waits for the client, before the fund's share."""

    number: str
    client: str
    due_on: date
    overdue: bool
    net: Money


class MemberMoney(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the member's money page. `askable` is what may still be asked for."""

    available: Money
    askable: Money
    pending: Money
    benefit: Money
    under_way: Money
    coming: list[Coming]
    payouts: list[PayoutOut]


async def member_money(work: Work) -> MemberMoney:
    """The acting member's money, in the co-operative's currency."""
    member_id, currency = work.actor.member_id, work.settings.coop.currency
    available, pending, benefit = await balances_of(
        work,
        [
            Account(code, member_id)
            for code in ("member_available", "member_pending", "benefit_payable")
        ],
        currency,
    )
    sums = await work.session.execute(
        select(Payout.state, Payout.purpose, func.sum(Payout.amount_minor))
        .where(
            Payout.member_id == member_id,
            Payout.currency == currency,
            Payout.state.in_(["requested", "approved", "ordered"]),
        )
        .group_by(Payout.state, Payout.purpose)
    )
    moving = {(state, purpose): int(minor) for state, purpose, minor in sums}
    asked = Money(moving.get(("requested", "earnings"), 0), currency)
    return MemberMoney(
        available=available,
        askable=max(available - asked, Money.zero(currency)),
        pending=pending,
        benefit=benefit,
        under_way=Money(sum(moving.values()), currency),
        coming=await _coming(work, currency),
        payouts=list((await payouts(work, own=True, limit=SHOWN)).items),
    )


async def _coming(work: Work, currency: str) -> list[Coming]:
    rows = await work.session.execute(
        select(
            Invoice.number,
            Organisation.name,
            Invoice.due_on,
            func.coalesce(InvoiceShare.pending_net_minor, Invoice.pending_net_minor),
        )
        .join(Organisation, Organisation.id == Invoice.client_id)
        .outerjoin(
            InvoiceShare,
            and_(
                InvoiceShare.invoice_id == Invoice.id,
                InvoiceShare.member_id == work.actor.member_id,
            ),
        )
        .where(
            of_member(work.actor.member_id),
            Invoice.kind == "invoice",
            Invoice.state.in_(OPEN_STATES),
            Invoice.currency == currency,
        )
        .order_by(Invoice.due_on, Invoice.id)
        .limit(SHOWN)
    )
    return [
        Coming(
            number=number or "",
            client=client,
            due_on=due_on,
            overdue=due_on < work.today,
            net=Money(minor, currency),
        )
        for number, client, due_on, minor in rows
        if due_on is not None
    ]

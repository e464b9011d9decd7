"""A member's year from the ledger: what was invoiced, who got what of it, what was paid out."""

from collections import defaultdict
from datetime import date

from sqlalchemy import func, select

from guild.core.ids import MemberId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.documents import queries as documents
from guild.ledger.chart import CHART, POTS, Account
from guild.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from guild.members.models import Member
from guild.treasury.errors import IncomeNotFound
from guild.treasury.models import IncomeStatement, Payout
from guild.treasury.queries.whereabouts import RELEASES
from guild.treasury.schemas import IncomeOut, IncomeStatementOut, ShareOut

_KINDS = {
    **dict.fromkeys(RELEASES, "released"),
    "advance_paid": "advances",
    "benefit_held_back": "held_back",
}
MINE = ("member_pending", "member_available", "benefit_payable")


async def income_of(work: Work, member_id: MemberId, year: int) -> IncomeStatementOut:
    """The year of a member, a part per currency. Others than treasurer and auditor: her own only.

    Raises IncomeNotFound for another's, and for a year that has not begun.
    """
    if not work.actor.is_member(member_id) and not work.actor.may(Permission.TREASURY_READ):
        raise IncomeNotFound
    member = await work.session.get(Member, member_id)
    if member is None or year > work.today.year:
        raise IncomeNotFound
    kept = await work.session.get(IncomeStatement, (member_id, year))
    currencies = await work.session.scalars(
        select(LedgerAccount.currency)
        .where(LedgerAccount.owner == member_id, LedgerAccount.code.in_(MINE))
        .distinct()
        .order_by(LedgerAccount.currency)
    )
    return IncomeStatementOut(
        member_id=member_id,
        member_name=member.legal_name,
        currencies=[await _in_currency(work, member_id, year, one) for one in [*currencies]],
        document_id=None if kept is None else kept.document_id,
    )


async def income_document(work: Work, member_id: MemberId, year: int) -> tuple[str, bytes]:
    """Name and bytes of the printed year. Raises IncomeNotFound until it is made."""
    shown = await income_of(work, member_id, year)
    if shown.document_id is None:
        raise IncomeNotFound("The statement is printed in the background; ask again in a minute.")
    about = await documents.about(work, shown.document_id)
    return about.name, await documents.read(work, shown.document_id)


async def _in_currency(work: Work, member_id: MemberId, year: int, currency: str) -> IncomeOut:
    """What the year came to, from the ledger."""
    sums, shares = await _sums(work, member_id, year, currency)
    first = date(year, 1, 1)
    repaid = shares.pop("guarantee_advance", 0)
    opening = await _balance_before(work, Account("member_available", member_id), currency, first)
    earned = sum(
        sums[name] for name in ("released", "advances", "interest", "corrections", "held_back")
    )
    closing = opening + earned + sums["paid"]

    def text(minor: int) -> str:
        return Money(minor, currency).text

    return IncomeOut(
        year=year,
        currency=currency,
        invoiced_net=text(sums["invoiced"]),
        received_net=text(-sums["received"]),
        shares=[
            ShareOut(
                code=code, name=CHART[code].title, rate_bps=None, amount=text(minor), rule=None
            )
            for code, minor in sorted(shares.items(), key=lambda one: (one[0] not in POTS, one[0]))
            if minor
        ],
        benefits=text(sums["benefits"]),
        interest=text(sums["interest"]),
        advances=text(sums["advances"] - repaid),
        corrections=text(sums["corrections"] + sums["held_back"]),
        earned=text(earned),
        paid_out=text(-sums["paid"] - sums["benefit_paid"]),
        opening=text(opening),
        closing=text(closing),
    )


def _place(mine: str, kind: str, *, paying: bool) -> str:
    """Which sum of the year a posting belongs to."""
    if mine == "member_pending":
        return "received" if kind in RELEASES else "invoiced"
    if mine == "benefit_payable":
        return "benefit_paid" if paying else "benefits"
    if paying:
        return "paid"
    if kind.startswith("interest"):
        return "interest"
    return _KINDS.get(kind, "corrections")


async def _sums(
    work: Work, member_id: MemberId, year: int, currency: str
) -> tuple[dict[str, int], dict[str, int]]:
    """Each entry of the year on the member's accounts, put where it belongs by its kind; and who
    got what of her payments, by account.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    accounts = {Account(code, member_id).id(currency): code for code in MINE}
    touched = select(LedgerPosting.entry_id).where(
        LedgerPosting.account_id.in_(accounts), LedgerPosting.occurred_on.between(first, last)
    )
    rows = await work.session.execute(
        select(
            LedgerEntry.id,
            LedgerEntry.kind,
            LedgerEntry.subject_id,
            LedgerAccount.id,
            LedgerAccount.code,
            func.sum(-LedgerPosting.amount_minor),
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.id.in_(touched), LedgerPosting.currency == currency)
        .group_by(LedgerEntry.id, LedgerAccount.id)
    )
    payouts = set(
        await work.session.scalars(
            select(Payout.id).where(Payout.member_id == member_id, Payout.currency == currency)
        )
    )
    sums: dict[str, int] = defaultdict(int)
    shares: dict[str, int] = defaultdict(int)
    for _, kind, subject, account_id, code, minor in rows:
        mine = accounts.get(account_id)
        if mine is not None:
            sums[_place(mine, kind, paying=subject in payouts)] += int(minor)
        elif kind in RELEASES and code not in MINE:
            shares[code] += int(minor)
    return sums, shares


async def _balance_before(work: Work, account: Account, currency: str, day: date) -> int:
    held = await work.session.scalar(
        select(func.coalesce(func.sum(-LedgerPosting.amount_minor), 0)).where(
            LedgerPosting.account_id == account.id(currency), LedgerPosting.occurred_on < day
        )
    )
    return int(held or 0)

"""The fund as members and the public see it, and the journal with which anyone recomputes it."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
from sqlalchemy import func, select

from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.ledger import queries as ledger
from guild.ledger.chart import CHART, POTS, Account
from guild.ledger.models import LedgerAccount, LedgerBalance, LedgerEntry, LedgerPosting
from guild.members.models import Member
from guild.mutual_fund.models import GuaranteeReservation, LeviedInvoice
from guild.mutual_fund.queries.standing import advances_out, standing_for, standing_now
from guild.mutual_fund.rules import claims
from guild.mutual_fund.rules.claims import BenefitTerms
from guild.mutual_fund.rules.guarantee import Standing
from guild.mutual_fund.schemas import (
    CoverageKind,
    CoverageOut,
    FundMonth,
    FundOut,
    FundPublic,
    PotOut,
)

PUBLIC_ROUNDING_MINOR = 10_000
"""Public figures are rounded to hundreds of euros, so that no single payment shows in them."""
MONTHS_SHOWN = 24


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One posting on a pot, credit positive: no owner, no name, no text."""

    entry: str
    date: date
    account: str
    amount_minor: int
    currency: str


def benefit_terms(charter: Charter) -> BenefitTerms:
    """The claims chapter of the charter, as its rules take it."""
    chapter = charter.claims
    return BenefitTerms(chapter.waiting_days, chapter.daily_minor, chapter.max_days)


def _ratio(standing: Standing) -> str | None:
    if not standing.advanced_12_months_minor:
        return None
    ratio = Decimal(standing.cash_minor) / Decimal(standing.advanced_12_months_minor)
    return str(ratio.quantize(Decimal("0.01"), ROUND_HALF_UP))


async def _months(work: Work, currency: str) -> dict[date, dict[str, tuple[int, int]]]:
    """Month → pot → (in, out), from the maintained balances."""
    rows = await work.session.execute(
        select(
            LedgerBalance.month,
            LedgerAccount.code,
            func.sum(LedgerBalance.credit_minor),
            func.sum(LedgerBalance.debit_minor),
        )
        .join(LedgerAccount, LedgerAccount.id == LedgerBalance.account_id)
        .where(LedgerBalance.account_id.in_([Account(pot).id(currency) for pot in POTS]))
        .group_by(LedgerBalance.month, LedgerAccount.code)
        .order_by(LedgerBalance.month)
    )
    months: dict[date, dict[str, tuple[int, int]]] = {}
    for month, code, inflow, outflow in rows:
        months.setdefault(month, {})[code] = (int(inflow), int(outflow))
    return months


async def _exposure(work: Work) -> int:
    promised = await work.session.scalar(
        select(func.sum(GuaranteeReservation.up_to_minor)).where(
            GuaranteeReservation.state == "reserved"
        )
    )
    paid = await work.session.scalar(
        select(func.sum(LeviedInvoice.released_net_minor + LeviedInvoice.credited_net_minor)).where(
            LeviedInvoice.contract_id.in_(
                select(GuaranteeReservation.contract_id).where(
                    GuaranteeReservation.state == "reserved"
                )
            )
        )
    )
    return max(0, int(promised or 0) - int(paid or 0))


async def fund_overview(work: Work) -> FundOut:
    """Pots, flows by month, cash, advances, exposure and the reserve ratio."""
    charter = await charter_at(work)
    currency = charter.guarantee.currency
    months = await _months(work, currency)
    standing = await standing_now(work, currency)
    held = await ledger.balances_of(work, [Account(pot) for pot in POTS], currency)
    this_month = months.get(work.today.replace(day=1), {})

    def text(minor: int) -> str:
        return Money(minor, currency).text

    pots = [
        PotOut(
            code=pot,
            title=CHART[pot].title,
            holds=money.text,
            inflow=text(this_month.get(pot, (0, 0))[0]),
            outflow=text(this_month.get(pot, (0, 0))[1]),
        )
        for pot, money in zip(POTS, held, strict=True)
    ]
    return FundOut(
        currency=currency,
        on=work.today,
        holds=text(sum(money.minor for money in held)),
        cash=text(standing.cash_minor),
        advances_out=text(await advances_out(work)),
        advanced_12_months=text(standing.advanced_12_months_minor),
        exposure=text(await _exposure(work)),
        reserve_ratio=_ratio(standing),
        reserve_floor=str(Decimal(charter.guarantee.reserve_floor_bps).scaleb(-4)),
        pots=pots,
        months=_running(months, currency)[-MONTHS_SHOWN:],
        charter_version=charter.version,
    )


def _running(months: dict[date, dict[str, tuple[int, int]]], currency: str) -> list[FundMonth]:
    held = 0
    shown = []
    for month, pots in months.items():
        inflow = sum(pair[0] for pair in pots.values())
        outflow = sum(pair[1] for pair in pots.values())
        held += inflow - outflow
        shown.append(
            FundMonth(
                month=month,
                inflow=Money(inflow, currency).text,
                outflow=Money(outflow, currency).text,
                holds=Money(held, currency).text,
            )
        )
    return shown


async def public_totals(work: Work) -> FundPublic:
    """The pots for anybody, rounded."""
    charter = await charter_at(work)
    currency = charter.guarantee.currency
    held = await ledger.balances_of(work, [Account(pot) for pot in POTS], currency)

    def rounded(minor: int) -> str:
        unit = PUBLIC_ROUNDING_MINOR
        return Money((minor + unit // 2) // unit * unit, currency).text

    return FundPublic(
        currency=currency,
        on=work.today,
        holds=rounded(sum(money.minor for money in held)),
        pots={pot: rounded(money.minor) for pot, money in zip(POTS, held, strict=True)},
        reserve_ratio=_ratio(await standing_now(work, currency)),
        charter_version=charter.version,
    )


async def my_coverage(work: Work) -> CoverageOut:
    """What the acting member is covered for, and what she has contributed."""
    member_id = work.actor.member_id
    member = await work.session.get_one(Member, member_id)
    charter = await charter_at(work)
    currency = charter.guarantee.currency
    standing = await standing_for(work, member_id, "", currency)
    chapter = charter.claims
    kinds = [
        CoverageKind(
            kind=kind,
            daily=Money(chapter.daily_minor, currency).text,
            waiting_days=chapter.waiting_days if kind in claims.WAITING_KINDS else 0,
            max_days=chapter.max_days,
            pot=pot,
        )
        for kind, pot in chapter.kinds.items()
    ]
    left = max(0, charter.guarantee.member_cap_minor - standing.member_exposure_minor)
    return CoverageOut(
        covered=member.state in {"member", "on_leave"},
        member_since=member.joined_on,
        contributed=Money(await _contributed(work, currency), currency).text,
        currency=currency,
        kinds=kinds,
        guarantee_left=Money(left, currency).text,
        charter_version=charter.version,
    )


async def _contributed(work: Work, currency: str) -> int:
    """All levies of the member: what went to the pots out of money that waited for her."""
    hers = Account("member_pending", work.actor.member_id).id(currency)
    mine = select(LedgerPosting.entry_id).where(LedgerPosting.account_id == hers)
    total = await work.session.scalar(
        select(func.sum(-LedgerPosting.amount_minor)).where(
            LedgerPosting.entry_id.in_(mine),
            LedgerPosting.account_id.in_([Account(pot).id(currency) for pot in POTS]),
        )
    )
    return int(total or 0)


async def fund_journal(work: Work) -> list[JournalRow]:
    """Every posting on the pots in the fund's currency, oldest entry first."""
    currency = (await charter_at(work)).guarantee.currency
    rows: Any = await work.session.execute(
        select(
            LedgerEntry.id,
            LedgerEntry.occurred_on,
            LedgerAccount.code,
            LedgerPosting.amount_minor,
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerPosting.account_id.in_([Account(pot).id(currency) for pot in POTS]))
        .order_by(LedgerEntry.id, LedgerPosting.position)
    )
    return [
        JournalRow(
            entry=str(entry_id), date=day, account=code, amount_minor=-minor, currency=currency
        )
        for entry_id, day, code, minor in rows
    ]


async def public_export(work: Work) -> dict[str, bytes]:
    """The fund's share of the public files that the stand-alone verifier sums, by file name.

    The pots come from the maintained balances, the journal from the postings: a forged one of the
    two does not fit the other.
    """
    currency = (await charter_at(work)).guarantee.currency
    held = await ledger.balances_of(work, [Account(pot) for pot in POTS], currency)
    pots = {pot: money.minor for pot, money in zip(POTS, held, strict=True)}
    lines = [msgspec.json.encode(row) + b"\n" for row in await fund_journal(work)]
    return {
        "fund-journal.jsonl": b"".join(lines),
        "fund.json": msgspec.json.encode({"currency": currency, "pots": pots}),
    }

"""Asking for the printed year, noting who is employed, and the month's payroll export."""

import calendar
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from guild.core.errors import Conflict, Forbidden, Invalid
from guild.core.ids import MemberId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.ledger.chart import Account
from guild.ledger.models import LedgerEntry, LedgerPosting
from guild.members.models import Member
from guild.treasury.errors import IncomeNotFound, UnknownPayrollCountry
from guild.treasury.events import EmploymentNoted, IncomeStatementAsked
from guild.treasury.models import Employment, IncomeStatement, Payout
from guild.treasury.queries.income import income_of
from guild.treasury.rules.payroll import Template, Wage, csv_bytes, rows_of, template_of, total_of
from guild.treasury.schemas import EmploymentIn, EmploymentOut, IncomeStatementOut, PayrollOut


async def ask_for_statement(work: Work, member_id: MemberId, year: int) -> IncomeStatementOut:
    """Print a year that is over, once; it is mailed when it is ready. Twice is once.

    Raises IncomeNotFound and, for a year that still runs, Conflict.
    """
    shown = await income_of(work, member_id, year)
    if year >= work.today.year:
        raise Conflict(
            "The year is not over; its figures still change.",
            mend=f"Read it on the page meanwhile; it is printed from 1 January {year + 1} on.",
        )
    if await work.session.get(IncomeStatement, (member_id, year)) is None:
        work.session.add(IncomeStatement(member_id=member_id, year=year, asked_at=work.now))
        await work.session.flush()
        await work.emit(IncomeStatementAsked(member_id=member_id, year=year))
    return shown


async def note_employment(work: Work, member_id: MemberId, data: EmploymentIn) -> EmploymentOut:
    """Note from when on a member is employed, or until when; not for oneself.

    Raises Forbidden, UnknownPayrollCountry and Invalid for a period that overlaps another.
    """
    work.require(Permission.EMPLOYMENT_NOTE)
    if work.actor.is_member(member_id):
        raise Forbidden("Nobody notes her own employment.")
    if await work.session.get(Member, member_id) is None:
        raise IncomeNotFound("There is no such member.")
    template_of(data.country, data.since)
    if data.until is not None and data.until < data.since:
        raise Invalid("It ends before it begins.", field="until")
    rows = [
        *await work.session.scalars(
            select(Employment).where(Employment.member_id == member_id).with_for_update()
        )
    ]
    same = next((one for one in rows if one.since == data.since), None)
    for one in rows:
        if (
            one is not same
            and one.since <= (data.until or date.max)
            and (one.until is None or one.until >= data.since)
        ):
            raise Invalid(
                f"She is employed since {one.since.isoformat()} already.",
                mend="Say first until when that employment lasted.",
                field="since",
            )
    if same is None:
        same = Employment(id=new_id(), member_id=member_id, since=data.since)
        work.session.add(same)
    same.country, same.number, same.until = data.country, data.number, data.until
    same.noted_by, same.noted_at = work.actor.member_id, work.now
    await work.session.flush()
    await work.emit(EmploymentNoted(member_id=member_id, employment_id=same.id))
    return EmploymentOut(
        id=same.id,
        member_id=member_id,
        country=same.country,
        number=same.number,
        since=same.since,
        until=same.until,
        noted_at=same.noted_at,
    )


async def payroll(work: Work, country: str, month: str) -> tuple[PayrollOut, bytes]:
    """The export of a month (`2026-11`) for one country, and how it looks before it is taken.

    What each employed member had set aside for payouts in that month, less what was given back.
    The rows are summed as written and compared with the ledger read the other way: the two agree,
    or there is no file. Raises UnknownPayrollCountry and Conflict.
    """
    work.require(Permission.TREASURY_READ)
    first, last = _month(month)
    template = template_of(country, first)
    wages, left_out = await _wages(work, template, country, first, last)
    rows = rows_of(template, first, last, wages)
    total = Money.parse(total_of(template, rows), template.currency)
    ledger = await _from_ledger(work, template, country, first, last)
    if total != ledger:
        raise Conflict(
            f"The rows sum to {total}, the ledger to {ledger}.",
            mend="Look at the payouts of the month that were refused or came back, and ask again.",
        )
    shown = PayrollOut(
        country=country,
        month=month,
        template=f"{template.name}, valid from {template.valid_from.isoformat()}",
        columns=[column.title for column in template.columns],
        rows=rows,
        left_out=left_out,
        total=total.text,
        ledger=ledger.text,
        currency=template.currency,
    )
    return shown, csv_bytes(template, rows)


def _month(month: str) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise UnknownPayrollCountry("A month is written 2026-11.", field="month") from None
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


async def _employed(
    work: Work, country: str, first: date, last: date
) -> list[tuple[Employment, Member]]:
    rows = await work.session.execute(
        select(Employment, Member)
        .join(Member, Member.id == Employment.member_id)
        .where(
            Employment.country == country,
            Employment.since <= last,
            func.coalesce(Employment.until, date.max) >= first,
        )
        .order_by(Employment.number, Employment.since)
    )
    return [(employment, member) for employment, member in rows]


async def _wages(
    work: Work, template: Template, country: str, first: date, last: date
) -> tuple[list[Wage], list[str]]:
    """Per member and employment, from the payouts and their entries' days."""
    employed = await _employed(work, country, first, last)
    entries = select(LedgerPosting.entry_id, LedgerPosting.occurred_on, LedgerPosting.amount_minor,
                     Payout.member_id)  # fmt: skip
    sums: dict[UUID, int] = {}
    rows = await work.session.execute(
        entries.join(Payout, Payout.member_id.in_([one.member_id for one, _ in employed]))
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(
            LedgerEntry.subject_id == Payout.id,
            Payout.purpose == "earnings",
            Payout.currency == template.currency,
            LedgerPosting.currency == template.currency,
            LedgerPosting.occurred_on.between(first, last),
            LedgerPosting.account_id.in_(
                [
                    Account("member_available", one.member_id).id(template.currency)
                    for one, _ in employed
                ]
            ),
        )
    )
    for _, on, minor, member_id in rows:
        for employment, _ in employed:
            if employment.member_id == member_id and employment.since <= on <= (
                employment.until or date.max
            ):
                sums[employment.id] = sums.get(employment.id, 0) + minor
    wages, left_out = [], []
    for employment, member in employed:
        minor = sums.get(employment.id, 0)
        if minor:
            amount = Money(minor, template.currency)
            wages.append(Wage(number=employment.number, name=member.legal_name, amount=amount))
        else:
            left_out.append(f"{employment.number} {member.legal_name}: nothing was paid out")
    return wages, left_out


async def _from_ledger(
    work: Work, template: Template, country: str, first: date, last: date
) -> Money:
    """The same sum the other way: all that left the members' accounts for the bank, by kind."""
    total = 0
    for employment, member in await _employed(work, country, first, last):
        account_id = Account("member_available", member.id).id(template.currency)
        payouts = select(Payout.id).where(Payout.member_id == member.id)
        moved = await work.session.scalar(
            select(func.coalesce(func.sum(LedgerPosting.amount_minor), 0))
            .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
            .where(
                LedgerPosting.account_id == account_id,
                LedgerPosting.occurred_on.between(
                    max(first, employment.since), min(last, employment.until or last)
                ),
                LedgerEntry.kind.in_(["payout_approved", "payout_returned", "reversal"]),
                (LedgerEntry.kind != "reversal") | LedgerEntry.subject_id.in_(payouts),
            )
        )
        total += int(moved or 0)
    return Money(total, template.currency)

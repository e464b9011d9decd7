"""Interest of an invoice as it stands today, and what may be claimed of it."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
from sqlalchemy import func, select

from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.receivables.errors import NoStatutoryInterest
from guild.receivables.models import InterestClaim
from guild.receivables.queries.standing import Standing, debt_of, visible_standing
from guild.receivables.rules.interest import (
    DAY,
    Debt,
    Reckoned,
    compensation_minor,
    interest_of,
    law_of,
)
from guild.receivables.schemas import InterestDayOut, InterestOut

EXACT = 6


class InterestNow(msgspec.Struct, frozen=True, kw_only=True):
    """Interest that was not claimed yet, up to today or to the day of payment."""

    debt: Debt
    reckoned: Reckoned
    country: str
    first: date
    last: date
    interest_minor: int
    compensation_minor: int
    """Once per invoice: nothing when it was claimed before."""

    @property
    def total_minor(self) -> int:
        """Both together."""
        return self.interest_minor + self.compensation_minor


async def interest_now(work: Work, one: Standing, until: date | None = None) -> InterestNow:
    """What the law gives for an invoice up to `until` (today) and was not claimed before.

    Raises NoStatutoryInterest for consumers and countries without a table, InterestRateUnknown.
    """
    if one.client_kind == "consumer":
        raise NoStatutoryInterest(
            "The client is a consumer: the law on late payment is for merchants and public "
            "bodies only.",
            mend="What the contract says may be claimed by letter.",
        )
    country = one.law_country
    law_of(country)
    last = min(until or work.today, work.today)
    if one.settled_on is not None:
        last = min(last, one.settled_on)
    claimed = (
        await work.session.execute(
            select(
                func.max(InterestClaim.period_to), func.sum(InterestClaim.compensation_minor)
            ).where(InterestClaim.invoice_id == one.id)
        )
    ).one()
    first = (claimed[0] or one.due_on) + DAY
    debt = await debt_of(work, one)
    if one.state == "written_off":
        last = min(last, first - DAY)
    reckoned = interest_of(debt, first, last, country)
    fixed = 0 if claimed[1] or not reckoned.minor else compensation_minor(one.currency)
    return InterestNow(
        debt=debt,
        reckoned=reckoned,
        country=country,
        first=first,
        last=max(last, first),
        interest_minor=reckoned.minor,
        compensation_minor=fixed,
    )


async def preview_interest(work: Work, invoice_id: InvoiceId) -> InterestOut:
    """The claim as it would be made today, by segments and by days; raises as `interest_now`."""
    one = await visible_standing(work, invoice_id)
    now = await interest_now(work, one)
    why_not = await why_not_claimable(work, one, now)

    def amount(minor: int) -> str:
        return Money(minor, one.currency).text

    return InterestOut(
        invoice_id=one.id,
        country=now.country,
        law=now.reckoned.law,
        period_from=now.first,
        period_to=now.last,
        interest=amount(now.interest_minor),
        compensation=amount(now.compensation_minor),
        compensation_law="Directive 2011/7/EU, article 6(1)" if now.compensation_minor else "",
        total=amount(now.total_minor),
        currency=one.currency,
        segments=list(now.reckoned.segments),
        days=_days(now, one.currency),
        unconfirmed=list(now.reckoned.unconfirmed),
        claimable=not why_not,
        why_not=why_not,
    )


async def why_not_claimable(work: Work, one: Standing, now: InterestNow) -> str:
    """A sentence, or nothing when it may be claimed today."""
    days = (await charter_at(work)).receivables.interest_after_days
    if now.total_minor <= 0:
        return "No interest has come up that was not claimed already."
    if one.insolvent:
        return "The client is insolvent; interest is declared with the administrator."
    settled_late = one.settled_on is not None and one.settled_on > one.due_on
    if not settled_late and work.today < one.due_on + timedelta(days=days):
        return f"The charter claims interest {days} days after the due day."
    if one.disputed_minor and one.due_minor <= 0:
        return "All that is open is in dispute."
    return ""


def _days(now: InterestNow, currency: str) -> list[InterestDayOut]:
    rows = []
    for segment in now.reckoned.segments:
        part = Money(segment.principal_minor, currency).decimal * Decimal(segment.percent) / 36_500
        day = segment.first
        while day <= segment.last:
            rows.append(
                InterestDayOut(
                    day=day,
                    principal=Money(segment.principal_minor, currency).text,
                    percent=segment.percent,
                    interest=f"{part:.{EXACT}f}",
                )
            )
            day += DAY
    return sorted(rows, key=lambda row: row.day)

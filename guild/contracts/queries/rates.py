"""A member's rate cards."""

from datetime import date
from typing import Final

from sqlalchemy import func, select, tuple_

from guild.contracts.models import MemberRate
from guild.contracts.schemas.rates import RateOut
from guild.core.ids import RateId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work

CHOICES_MAX: Final = 200
_NAMES: Final = {"hour": "an hour", "day": "a day", "unit": "a piece"}


async def rates(
    work: Work, *, cursor: str | None, limit: int, only: RateId | None = None
) -> Page[RateOut]:
    """The acting member's rates by role, unit, currency and day."""
    role = func.lower(MemberRate.role)
    newest = (
        func.max(MemberRate.valid_from)
        .filter(MemberRate.valid_from <= work.today)
        .over(partition_by=(role, MemberRate.unit, MemberRate.currency))
    )
    mine = (
        select(MemberRate, role.label("lowered"), newest.label("newest"))
        .where(MemberRate.member_id == work.actor.member_id)
        .subquery()
    )
    key = (mine.c.lowered, mine.c.unit, mine.c.currency, mine.c.valid_from)
    query = select(mine).order_by(*key).limit(limit + 1)
    if cursor:
        query = query.where(
            tuple_(*key) > tuple_(*decode_cursor(cursor, tuple[str, str, str, date]))
        )
    if only is not None:
        query = query.where(mine.c.id == only)
    rows = (await work.session.execute(query)).all()
    items = [
        RateOut(
            id=row.id,
            role=row.role,
            unit=row.unit,
            rate=Money(row.rate_minor, row.currency).text,
            currency=row.currency,
            valid_from=row.valid_from,
            in_force=row.valid_from == row.newest,
        )
        for row in rows[:limit]
    ]
    more = None
    if len(rows) > limit:
        last = rows[limit - 1]
        more = encode_cursor(last.lowered, last.unit, last.currency, last.valid_from)
    return Page(items=items, next_cursor=more)


async def rate_by_id(work: Work, rate_id: RateId) -> RateOut:
    """One of the acting member's rates, just written."""
    return (await rates(work, cursor=None, limit=1, only=rate_id)).items[0]


async def rate_choices(work: Work) -> list[tuple[str, str]]:
    """Roles to pick from in a draft: the role, and what is in force of it in words."""
    found = (await rates(work, cursor=None, limit=CHOICES_MAX)).items
    said: dict[str, list[str]] = {}
    for one in found:
        if one.in_force and one.unit != "unit":
            said.setdefault(one.role, []).append(f"{one.rate} {one.currency} {_NAMES[one.unit]}")
    return [(role, f"{role}: {', '.join(prices)}") for role, prices in said.items()]

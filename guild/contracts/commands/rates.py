"""A member's rate cards: entered, taken away, imported, and picked when she drafts."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import func, select

from guild.contracts.errors import RateNotFound, RateTaken
from guild.contracts.models import MemberRate
from guild.contracts.rules.rate_csv import FIELDS, REQUIRED, TypedRate, typed_rows
from guild.contracts.schemas import ContractIn, TimeIn
from guild.contracts.schemas.rates import (
    RateFaultOut,
    RateImportIn,
    RateImportOut,
    RateIn,
    RateRowOut,
)
from guild.core.errors import GuildError, Invalid
from guild.core.ids import RateId, new_id
from guild.core.money import Money
from guild.core.tables import check_mapping, read_table, suggested
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable

RATES_MAX: Final = 5_000
Key = tuple[str, str, str, date]


async def add_rate(work: Work, data: RateIn) -> MemberRate:
    """Enter one of the acting member's rates. Raises RateTaken, Invalid."""
    row = _row(work, data)
    taken = await _known(work)
    if _key(row) in taken:
        raise RateTaken(
            f"A rate for “{row.role}” by the {row.unit} begins on {row.valid_from.isoformat()}.",
            mend="Take that one away first, or let this one begin on another day.",
            field="valid_from",
        )
    if len(taken) >= RATES_MAX:
        raise Invalid(f"You have {RATES_MAX} rates.", mend="Take some away first.")
    work.session.add(row)
    await work.session.flush()
    return row


async def remove_rate(work: Work, rate_id: RateId) -> None:
    """Take one away; contracts keep what was picked. Raises RateNotFound."""
    row = await work.session.get(MemberRate, rate_id, with_for_update=True)
    if row is None or not work.actor.is_member(row.member_id):
        raise RateNotFound
    await work.session.delete(row)
    await work.session.flush()


async def import_rates(work: Work, wanted: RateImportIn) -> RateImportOut:
    """Enter the rates of a table, or with `dry_run` say what would become of each row.

    A rate that is known to the cent is left as it is. Raises Invalid when the table cannot be
    read, and when rows are wrong unless `skip_wrong` is set.
    """
    table = read_table(wanted.csv)
    mapping = {field: column for field, column in wanted.mapping.items() if column}
    mapping = mapping or suggested(table.header, FIELDS)
    if wanted.dry_run and not wanted.mapping and not set(REQUIRED) <= mapping.keys():
        return _report(wanted, table.header, mapping, [])  # a person chooses the columns
    check_mapping(table.header, mapping, FIELDS, REQUIRED, "rate")
    known = await _known(work)
    judged = [_judged(work, row, known) for row in typed_rows(table, mapping)]
    report = _report(wanted, table.header, mapping, [shown for shown, _ in judged])
    if wanted.dry_run:
        return report
    faulty = [row for row in report.rows if row.outcome == "wrong"]
    if faulty and not wanted.skip_wrong:
        raise Invalid(
            f"{len(faulty)} of {len(report.rows)} rows are wrong, so nothing was imported. The "
            f"first is line {faulty[0].line}: {faulty[0].faults[0].detail}.",
            mend="Mend them, or import the others with skip_wrong.",
            field="csv",
        )
    if len(known) > RATES_MAX:
        raise Invalid(f"You would have more than {RATES_MAX} rates.", field="csv")
    work.session.add_all([rate for _, rate in judged if rate is not None])
    await work.session.flush()
    return report


async def with_picked_rates(work: Work, data: ContractIn) -> ContractIn:
    """What was typed, with the amounts of the rate cards that it picks. Raises Invalid."""
    day = data.starts_on or work.today
    deal = data.deal
    if isinstance(deal, TimeIn) and deal.rate_card:
        rate = await _picked(
            work, deal.rate_card, deal.rate, deal.unit, data.currency, day, "deal.rate_card"
        )
        deal = msgspec.structs.replace(deal, rate=rate, rate_card=None)
    services = []
    for place, one in enumerate(data.services):
        picked = one
        if one.rate_card:
            rate = await _picked(
                work, one.rate_card, one.rate, one.method, data.currency, day,
                f"services[{place}].rate_card",
            )  # fmt: skip
            picked = msgspec.structs.replace(one, rate=rate, rate_card=None)
        services.append(picked)
    return msgspec.structs.replace(data, deal=deal, services=tuple(services))


async def _picked(
    work: Work, role: str, typed: str | None, unit: str, currency: str, day: date, field: str
) -> str:
    if typed is not None:
        raise Invalid(
            "A rate is typed and one is picked.", field=field, mend="Leave one of them out."
        )
    row = await work.session.scalar(
        select(MemberRate)
        .where(
            MemberRate.member_id == work.actor.member_id,
            func.lower(MemberRate.role) == role.strip().lower(),
            MemberRate.unit == unit,
            MemberRate.currency == currency,
            MemberRate.valid_from <= day,
        )
        .order_by(MemberRate.valid_from.desc())
        .limit(1)
    )
    if row is None:
        raise Invalid(
            f"You have no rate “{role.strip()}” by the {unit} in {currency} on {day.isoformat()}.",
            field=field, mend="Enter it among your rates, or type the rate here.",
        )  # fmt: skip
    return Money(row.rate_minor, row.currency).text


def _row(work: Work, data: RateIn) -> MemberRate:
    refuse_unprintable({"role": data.role})
    return MemberRate(
        id=RateId(new_id()),
        member_id=work.actor.member_id,
        role=data.role.strip(),
        unit=data.unit,
        rate_minor=money_in(data.rate, data.currency, field="rate").minor,
        currency=data.currency,
        valid_from=data.valid_from or work.today,
        created_at=work.now,
    )


def _key(row: MemberRate) -> Key:
    return row.role.lower(), row.unit, row.currency, row.valid_from


async def _known(work: Work) -> dict[Key, int]:
    rows = await work.session.scalars(
        select(MemberRate).where(MemberRate.member_id == work.actor.member_id)
    )
    return {_key(row): row.rate_minor for row in rows}


def _judged(
    work: Work, typed: TypedRate, known: dict[Key, int]
) -> tuple[RateRowOut, MemberRate | None]:
    """What becomes of a row; the rate is given only where it is new."""
    if typed.rate is None:
        return _shown(typed, "wrong", typed.wrong), None
    try:
        row = _row(work, typed.rate)
    except GuildError as fault:
        return _shown(typed, "wrong", ((fault.field or "row", fault.detail),)), None
    former = known.get(_key(row))
    if former == row.rate_minor:
        return _shown(typed, "known", ()), None
    if former is not None:
        said = f"another rate, {Money(former, row.currency)}, begins on that day already"
        return _shown(typed, "wrong", (("valid_from", said),)), None
    known[_key(row)] = row.rate_minor
    return _shown(typed, "new", ()), row


def _shown(typed: TypedRate, outcome: str, wrong: tuple[tuple[str, str], ...]) -> RateRowOut:
    return msgspec.convert(
        {
            "line": typed.line, "role": typed.role, "outcome": outcome,
            "faults": [RateFaultOut(field=field, detail=detail) for field, detail in wrong],
        },
        RateRowOut,
    )  # fmt: skip


def _report(
    wanted: RateImportIn, header: tuple[str, ...], mapping: Mapping[str, str],
    rows: list[RateRowOut],
) -> RateImportOut:  # fmt: skip
    def count(outcome: str) -> int:
        return sum(row.outcome == outcome for row in rows)

    return RateImportOut(
        dry_run=wanted.dry_run, header=list(header), mapping=dict(mapping), new=count("new"),
        known=count("known"), wrong=count("wrong"), rows=rows,
    )  # fmt: skip

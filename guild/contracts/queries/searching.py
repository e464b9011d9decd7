"""Finding contracts: by words in their title, number and terms, by client, state, day and value."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, literal_column, select

from guild.contracts import access
from guild.contracts.models import Contract
from guild.contracts.models.contract import SEARCHED
from guild.contracts.rules.searching import wanted
from guild.contracts.schemas import ContractSummary
from guild.core.ids import OrganisationId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.members.models import Organisation


class Sieve(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; the days are those of drafting, amounts net in minor units."""

    search: str = ""
    state: str | None = None
    client_id: OrganisationId | None = None
    drafted_from: date | None = None
    drafted_to: date | None = None
    at_least_minor: int | None = None
    at_most_minor: int | None = None
    currency: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on contracts."""
        equal: list[tuple[Any, object]] = [
            (Contract.state, self.state),
            (Contract.client_id, self.client_id),
            (Contract.currency, self.currency),
        ]
        found = [column == value for column, value in equal if value is not None]
        if self.drafted_from is not None:
            found.append(Contract.created_at >= _begin(self.drafted_from))
        if self.drafted_to is not None and self.drafted_to < date.max:
            found.append(Contract.created_at < _begin(self.drafted_to + timedelta(days=1)))
        if self.at_least_minor is not None:
            found.append(Contract.net_minor >= self.at_least_minor)
        if self.at_most_minor is not None:
            found.append(Contract.net_minor <= self.at_most_minor)
        return found + _words(self.search)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _words(typed: str) -> list[ColumnElement[bool]]:
    searched: ColumnElement[Any] = literal_column(f"({SEARCHED})")
    said = wanted(typed)
    asked = [func.plainto_tsquery("simple", phrase) for phrase in said.phrases]
    if said.beginnings:
        asked.append(func.to_tsquery("simple", said.beginnings))
    return [searched.bool_op("@@")(one) for one in asked]


async def list_contracts(
    work: Work, sieve: Sieve, *, cursor: str | None, limit: int
) -> Page[ContractSummary]:
    """Newest first, by id (which begins with the time). Amendments stand with their contract."""
    query = (
        select(Contract, Organisation.name.label("client_name"))
        .join(Organisation, Organisation.id == Contract.client_id)
        .where(access.visible_to(work.actor), Contract.amends_id.is_(None), *sieve.conditions())
        .order_by(Contract.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        (last,) = decode_cursor(cursor, tuple[UUID])
        query = query.where(Contract.id < last)
    rows = (await work.session.execute(query)).all()
    items = [_summary(contract, name) for contract, name in rows[:limit]]
    more = encode_cursor(items[-1].id) if len(rows) > limit else None
    return Page(items=items, next_cursor=more)


def _summary(contract: Contract, client_name: str) -> ContractSummary:
    return ContractSummary(
        id=contract.id,
        number=contract.number,
        title=contract.title,
        state=contract.state,
        version=contract.version,
        client_id=contract.client_id,
        client_name=client_name,
        currency=contract.currency,
        net=Money(contract.net_minor, contract.currency).text,
        guaranteed=contract.guaranteed,
        updated_at=contract.updated_at,
    )

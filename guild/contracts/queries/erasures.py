"""Until when contracts are kept, and what is said of those that were erased."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Date, cast, func, select

from guild.contracts import access
from guild.contracts.errors import ErasureNotFound
from guild.contracts.models import Contract, ContractErasure
from guild.contracts.rules.keeping import (
    LEAF_KIND,
    OPEN,
    Keeping,
    Life,
    house_rule,
    keeping,
)
from guild.contracts.rules.law import rule_sets
from guild.contracts.schemas.keeping import ErasureOut, KeepingOut
from guild.core.ids import ContractId
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.translog.queries import place_of_statement

BATCH_MAX: Final = 2_000
GRACE: Final = timedelta(days=30)
"""How long a withdrawn draft that nobody saw lies before it goes by itself."""


def keeping_of(contract: Contract) -> Keeping:
    """Until when this contract is kept, by which rule."""
    ended = contract.ended_at or contract.completed_at
    if ended is None and contract.signed_at is None:
        ended = contract.updated_at
    closed = ended or contract.signed_at
    assert closed is not None, "one of them is there"
    life = Life(
        state=contract.state,
        sent_on=_day(contract.sent_at),
        signed_on=_day(contract.signed_at),
        closed_on=closed.date(),
        retain_until=contract.retain_until,
        retain_rule=contract.retain_rule,
    )
    return keeping(life, rule_sets())


def _day(moment: object) -> date | None:
    return moment.date() if hasattr(moment, "date") else None


async def keeping_view(work: Work, contract: Contract) -> KeepingOut:
    """The same for the member, with whether it may be erased today."""
    kept = keeping_of(contract)
    return KeepingOut(
        until=kept.until,
        rule=kept.rule,
        article=kept.article,
        source=kept.source,
        over=kept.over(work.today),
    )


async def over_now(work: Work) -> list[ContractId]:
    """Contracts whose time may be over, oldest first; the command looks again at each."""
    ended = cast(func.coalesce(Contract.ended_at, Contract.completed_at, Contract.signed_at), Date)
    ran = func.greatest(0, ended - cast(Contract.signed_at, Date))
    years = house_rule("house/not-signed", work.today).years
    unseen = Contract.sent_at.is_(None) & (Contract.updated_at < work.now - GRACE)
    unsigned = Contract.updated_at < work.now - timedelta(days=365 * years)
    rows = await work.session.scalars(
        select(Contract)
        .where(
            Contract.erased_at.is_(None),
            Contract.amends_id.is_(None),
            Contract.state.not_in(OPEN),
            (Contract.retain_until < work.today) & (Contract.retain_until + ran < work.today)
            | Contract.signed_at.is_(None) & (unseen | unsigned),
        )
        .order_by(Contract.id)
        .limit(BATCH_MAX)
    )
    return [row.id for row in rows if keeping_of(row).over(work.today)]


async def erasures(work: Work, *, cursor: str | None, limit: int) -> Page[ErasureOut]:
    """What was erased of the actor's contracts, newest contract first."""
    query = (
        select(ContractErasure)
        .where(access.erasures_visible_to(work.actor))
        .order_by(ContractErasure.contract_id.desc())
        .limit(limit + 1)
    )
    if cursor:
        (last,) = decode_cursor(cursor, tuple[UUID])
        query = query.where(ContractErasure.contract_id < last)
    rows = (await work.session.scalars(query)).all()
    items = [await _view(work, row) for row in rows[:limit]]
    more = encode_cursor(items[-1].contract_id) if len(rows) > limit else None
    return Page(items=items, next_cursor=more)


async def erasure(work: Work, contract_id: ContractId) -> ErasureOut:
    """The proof of one erasure; raises ErasureNotFound."""
    row = await work.session.scalar(
        select(ContractErasure).where(
            ContractErasure.contract_id == contract_id, access.erasures_visible_to(work.actor)
        )
    )
    if row is None:
        raise ErasureNotFound
    return await _view(work, row)


async def _view(work: Work, row: ContractErasure) -> ErasureOut:
    said = msgspec.json.decode(row.proof)
    return ErasureOut(
        contract_id=row.contract_id,
        number=row.number,
        rule=row.rule,
        article=row.article,
        source=row.source,
        kept_until=row.kept_until,
        erased_at=row.erased_at,
        by_itself=row.asked_by is None,
        rows=said["rows"],
        files=said["files"],
        proof=row.proof.decode(),
        proof_sha256=row.proof_sha256,
        log_index=await place_of_statement(work, LEAF_KIND, {"proof_sha256": row.proof_sha256}),
    )

"""What an amendment is measured against: the terms in force, and what was done under them."""

from datetime import date

import msgspec
from sqlalchemy import func, select

from guild.contracts.models import Contract, Delivery, Milestone, TimeEntry
from guild.contracts.rules.amending import Done
from guild.contracts.rules.terms import Terms, terms_from
from guild.core.ids import ContractId
from guild.core.work import Work

UNTOUCHABLE = ("delivered", "accepted", "invoiced")
"""States of a milestone that no amendment changes."""


class Amended(msgspec.Struct, frozen=True, kw_only=True):
    """The running contract behind an amendment: its terms, when work began, what is done.

    `began_on` is the first day that anything shows: the agreed start, a delivery, time noted.
    """

    contract_id: ContractId
    number: str
    before: Terms
    began_on: date | None
    done: tuple[Done, ...]


async def amended_by(work: Work, contract: Contract) -> Amended | None:
    """None for a contract that amends nothing."""
    if contract.amends_id is None:
        return None
    parent = await work.session.get_one(Contract, contract.amends_id)
    before = terms_from(parent.terms)
    return Amended(
        contract_id=parent.id,
        number=parent.number,
        before=before,
        began_on=await began_on(work, parent, before),
        done=await done_of(work, parent.id),
    )


async def began_on(work: Work, contract: Contract, terms: Terms) -> date | None:
    """The first day of work that anything shows, up to today; None when nothing does."""
    delivered = await work.session.scalar(
        select(func.min(Delivery.delivered_at)).where(Delivery.contract_id == contract.id)
    )
    noted = await work.session.scalar(
        select(func.min(TimeEntry.day)).where(TimeEntry.contract_id == contract.id)
    )
    days = [terms.starts_on, terms.work_began_on, noted, delivered.date() if delivered else None]
    return min((day for day in days if day is not None and day <= work.today), default=None)


async def done_of(work: Work, contract_id: ContractId) -> tuple[Done, ...]:
    """The milestones that stay as they are."""
    rows = await work.session.scalars(
        select(Milestone)
        .where(Milestone.contract_id == contract_id, Milestone.state.in_(UNTOUCHABLE))
        .order_by(Milestone.position)
    )
    return tuple(
        Done(title=row.title, net_minor=row.payable_minor, due_on=row.due_on, state=row.state)
        for row in rows
    )

"""How the sealing of a contract stands, read from the queue: it is never silently pending."""

from datetime import datetime
from typing import Literal

from sqlalchemy import select

from guild.contracts.models import Contract
from guild.contracts.schemas import SealingOut
from guild.core.outbox import OutboxRow
from guild.core.work import Work

JOB = "contracts.seal"


async def sealing_of(work: Work, contract: Contract) -> SealingOut:
    """Not signed, waiting, failed with the time of the next try, stopped, or sealed.

    Stopped means that it failed too often: the operator is alarmed and must look at it.
    """
    if contract.signed_at is None:
        return _out("unsigned")
    if contract.sealed_at is not None:
        return _out("sealed", since=contract.sealed_at)
    row = await work.session.scalar(
        select(OutboxRow)
        .where(
            OutboxRow.job == JOB,
            OutboxRow.done_at.is_(None),
            OutboxRow.ids["contract_id"].as_string() == str(contract.id),
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    if row is None or row.failures == 0:
        return _out("waiting", since=contract.signed_at)
    if row.dead_at is not None:
        return _out("stopped", since=row.dead_at, failures=row.failures)
    return _out("failed", since=contract.signed_at, failures=row.failures, next_try=row.due_at)


def _out(
    state: Literal["unsigned", "waiting", "sealed", "failed", "stopped"],
    *, since: datetime | None = None, failures: int = 0, next_try: datetime | None = None,
) -> SealingOut:  # fmt: skip
    return SealingOut(state=state, since=since, failures=failures, next_try_at=next_try)

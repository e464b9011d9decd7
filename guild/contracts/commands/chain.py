"""Writing the chain of evidence. The contract's row is locked by whoever calls."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from guild.contracts.models import Contract, ContractEvidence
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.evidence import GENESIS, entry
from guild.core.work import Work


async def record(
    work: Work, contract: Contract, kind: str, details: Mapping[str, Any]
) -> ContractEvidence:
    """Append one entry; the lock on the contract makes the order of entries certain."""
    last = await work.session.scalar(
        select(ContractEvidence)
        .where(ContractEvidence.contract_id == contract.id)
        .order_by(ContractEvidence.seq.desc())
        .limit(1)
    )
    seq = last.seq + 1 if last else 1
    previous = last.body_sha256 if last else GENESIS
    body = entry(
        contract_id=contract.id,
        number=contract.number,
        version=contract.version,
        seq=seq,
        kind=kind,
        at=work.now,
        actor={
            "kind": work.actor.kind,
            "id": str(work.actor.id) if work.actor.id else None,
        },
        previous_sha256=previous,
        details=details,
    )
    row = ContractEvidence(
        contract_id=contract.id,
        seq=seq,
        version=contract.version,
        kind=kind,
        at=work.now,
        body=body,
        body_sha256=sha256(body),
        previous_sha256=previous,
    )
    work.session.add(row)
    await work.session.flush()
    return row


async def chain_of(work: Work, contract: Contract) -> list[ContractEvidence]:
    """Every entry so far, oldest first."""
    rows = await work.session.scalars(
        select(ContractEvidence)
        .where(ContractEvidence.contract_id == contract.id)
        .order_by(ContractEvidence.seq)
    )
    return list(rows)


def origin(work: Work, time_zone: str = "") -> dict[str, str]:
    """Where a request came from, as far as the server and the browser say."""
    return {
        "ip": work.network.get("address", ""),
        "user_agent": work.network.get("user_agent", "")[:500],
        "time_zone": time_zone,
    }

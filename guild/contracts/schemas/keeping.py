"""How long a contract is kept, and the proof of its erasure, on the wire."""

from datetime import date, datetime

from guild.core.ids import ContractId
from guild.core.wire import Out


class KeepingOut(Out, frozen=True):
    """Until when a contract is kept and by which rule; `until` is null while it is open."""

    until: date | None
    rule: str
    article: str
    source: str
    over: bool


class ErasureOut(Out, frozen=True):
    """What was erased, when, by which rule.

    `proof` is canonical JSON; its SHA-256 stands in a leaf `contract_erased` of the public log, at
    `log_index` (null for the minute until it has its place).
    """

    contract_id: ContractId
    number: str
    rule: str
    article: str
    source: str
    kept_until: date
    erased_at: datetime
    by_itself: bool
    rows: dict[str, int]
    files: int
    proof: str
    proof_sha256: str
    log_index: int | None

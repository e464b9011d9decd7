"""Versions of a contract on the wire."""

from datetime import datetime

from guild.contracts.schemas.contract import FindingOut
from guild.core.ids import ContractId
from guild.core.wire import Out


class SideOut(Out, frozen=True):
    """One side of a comparison: price, what an hour brings, and what the fund promises."""

    net: str
    effective_hourly: str | None
    guaranteed: bool
    ends_on: str
    terms_sha256: str


class ComparisonOut(Out, frozen=True):
    """What an amendment changes. `guarantee` says what the fund would add to its promise."""

    id: ContractId
    number: str
    state: str
    amends_id: ContractId
    amends_number: str
    currency: str
    parent_sha256: str
    work_began: bool
    changes: list[str]
    old: SideOut
    new: SideOut
    guarantee: str
    may_be_sent: bool
    findings: list[FindingOut]


class VersionOut(Out, frozen=True):
    """One version in the chain of a contract, oldest first."""

    id: ContractId
    number: str
    state: str
    net: str
    currency: str
    terms_sha256: str
    parent_sha256: str | None
    signed_at: datetime | None
    in_force_since: datetime | None
    sealed_sha256: str | None
    changes: list[str]

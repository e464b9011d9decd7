"""Statements, ageing and payment profiles on the wire. Amounts are decimal strings."""

from datetime import date
from typing import Literal

from guild.core.ids import (
    OrganisationId,
)
from guild.core.wire import In, LongText, Out
from guild.receivables.schemas.words import Reason


class StatementLine(Out, frozen=True):
    """One movement on a client's account: what it owes more (+) or less (-)."""

    on: date
    kind: str
    document: str
    text: str
    amount: str
    balance: str


class StatementOut(Out, frozen=True):
    """A client's account over a period; both days are counted."""

    client_id: OrganisationId
    client_name: str
    currency: str
    since: date
    until: date
    opening: str
    lines: list[StatementLine]
    closing: str
    credit_on_account: str


class AgeingRow(Out, frozen=True):
    """What one client owes in one currency, by days since the due day."""

    client_id: OrganisationId
    client_name: str
    currency: str
    invoices: int
    not_due: str
    days_1_30: str
    days_31_60: str
    days_61_90: str
    days_over_90: str
    total: str


class AgeingTotal(Out, frozen=True):
    """The sum over all clients in one currency."""

    currency: str
    clients: int
    invoices: int
    not_due: str
    days_1_30: str
    days_31_60: str
    days_61_90: str
    days_over_90: str
    total: str


class AgeingOut(Out, frozen=True):
    """An ageing report. Currencies are never added together."""

    as_of: date
    totals: list[AgeingTotal]
    rows: list[AgeingRow]
    next_cursor: str | None


class ProfileOut(Out, frozen=True):
    """How a client pays; figures only where enough invoices of enough members stand behind them."""

    client_id: OrganisationId
    enough: bool
    note: str
    median_days: int | None
    ninetieth_days: int | None
    on_time_percent: int | None
    invoices: int | None
    since: date
    shown_from: date | None
    """From when members see the figures; null until the client was told."""
    contested: bool
    reply: str
    settled: Literal["", "recomputed", "confirmed"]
    """What a treasurer found about contested figures."""
    settled_reason: str
    insolvent: bool
    charter_version: int


class ProfileSettleIn(In, frozen=True):
    """What a treasurer found about contested figures, with a reason that the client reads."""

    outcome: Literal["recomputed", "confirmed"]
    reason: Reason


class ProfileReplyIn(In, frozen=True):
    """What the client says about its figures."""

    text: LongText
    contested: bool = False

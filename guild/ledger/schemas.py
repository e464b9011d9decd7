"""What the books show on the wire. Amounts are decimal strings; debits and credits are positive."""

from datetime import date
from uuid import UUID

from guild.core.ids import EntryId
from guild.core.wire import Out


class TrialLine(Out, frozen=True):
    """All accounts of one code and currency together."""

    code: str
    title: str
    kind: str
    currency: str
    debit: str
    credit: str
    balance: str
    """In the account kind's natural direction: what it holds or owes is positive."""


class TrialBalance(Out, frozen=True):
    """Every account of the chart that was ever used; debits equal credits in each currency."""

    until: date
    lines: list[TrialLine]
    balanced: bool


class StatementLine(Out, frozen=True):
    """One posting on a statement, with what the account held after it."""

    entry_id: EntryId
    position: int
    occurred_on: date
    kind: str
    text: str
    subject_id: UUID | None
    amount: str
    """Positive when the account's balance grows, negative when it shrinks."""
    balance: str


class Statement(Out, frozen=True):
    """A page of an account's movements, oldest first."""

    code: str
    title: str
    owner: UUID | None
    currency: str
    opening: str
    lines: list[StatementLine]
    closing: str
    next_cursor: str | None


class MyAccount(Out, frozen=True):
    """One of the member's own accounts, and what it holds."""

    code: str
    title: str
    currency: str
    balance: str


class MyBooks(Out, frozen=True):
    """All accounts that belong to the member."""

    accounts: list[MyAccount]

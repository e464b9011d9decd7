"""Uploads, mappings, rules and reconciliation on the wire. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import (
    BankAccountId,
    BankRuleId,
    CsvMappingId,
    MemberId,
    PendingEntryId,
    StatementId,
    UploadId,
)
from guild.core.wire import In, Out
from guild.treasury.rules.bank_rules import RuleAction, RuleConditions
from guild.treasury.rules.csv_files import CsvMapping
from guild.treasury.schemas.bank import BankEntryOut

Name = Annotated[
    str, Meta(min_length=1, max_length=70, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")
]


class MappingIn(In, frozen=True, kw_only=True):
    """How the CSV files of an account are read, and the upload whose header it is known by."""

    account_id: BankAccountId
    name: Name
    upload_id: UploadId
    mapping: CsvMapping


class MappingOut(Out, frozen=True, kw_only=True):
    """A saved mapping."""

    id: CsvMappingId
    account_id: BankAccountId
    name: str
    mapping: CsvMapping
    saved_at: datetime


class PreviewRowOut(Out, frozen=True, kw_only=True):
    """A movement as the file says it."""

    booked_on: date
    amount: str
    counterparty: str
    iban_last4: str
    structured_reference: str
    text: str
    new: bool
    """Whether an import would book it; otherwise another file has."""


class PreviewStatementOut(Out, frozen=True, kw_only=True):
    """What the import of one statement of the file would do; nothing is written."""

    account_id: BankAccountId
    account_name: str
    currency: str
    from_on: date
    to_on: date
    opening: str | None
    closing: str | None
    entries: int
    new_entries: int
    known_entries: int
    pending: int
    problem: str
    """Why it cannot be imported as things stand, or empty."""
    mend: str
    rows: list[PreviewRowOut]


class UploadOut(Out, frozen=True, kw_only=True):
    """A file that was read but not imported."""

    id: UploadId
    name: str
    format: str
    """`camt`, `coda` or `csv`; empty when it is none of them."""
    problem: str
    mend: str
    header: list[str]
    """Column names of a CSV."""
    guess: CsvMapping | None
    """How a CSV may be mapped, to be corrected by a person."""
    mapping: MappingOut | None
    """The saved mapping that fits."""
    notifications: int
    statements: list[PreviewStatementOut]


class BankRuleIn(In, frozen=True, kw_only=True):
    """A rule for entries that come again; the first that fits decides."""

    name: Name
    position: Annotated[int, Meta(ge=1, le=1000)] = 100
    conditions: RuleConditions
    action: RuleAction


class BankRuleOut(Out, frozen=True, kw_only=True):
    """A version of a rule. Of an account number in it only the last four signs are kept."""

    id: BankRuleId
    series: BankRuleId
    version: int
    position: int
    name: str
    state: str
    conditions: RuleConditions
    action: RuleAction
    written_by: MemberId
    written_at: datetime
    used: int


class BankRulePreviewOut(Out, frozen=True, kw_only=True):
    """What a rule would have done to past entries, the latest first."""

    looked_at: int
    matched: int
    by_state: dict[str, int]
    """How many of the matched are in which state now."""
    money_in: str
    money_out: str
    currency: str
    entries: list[BankEntryOut]


class BankRuleSwitchIn(In, frozen=True, kw_only=True):
    """On or off. To switch on, say how many past entries the preview matched."""

    on: bool
    matched: Annotated[int, Meta(ge=0)] | None = None


class PendingOut(Out, frozen=True, kw_only=True):
    """What the bank announced and has not booked."""

    id: PendingEntryId
    account_id: BankAccountId
    amount: str
    currency: str
    expected_on: date
    counterparty: str
    iban_last4: str
    text: str
    announced_at: datetime


class ExplainingOut(Out, frozen=True, kw_only=True):
    """An entry that makes a part of a difference."""

    entry_id: str
    booked_on: date
    amount: str
    counterparty: str
    why: str


class ReconciledOut(Out, frozen=True, kw_only=True):
    """A statement beside the books at the end of its last day."""

    statement_id: StatementId
    account_id: BankAccountId
    number: str
    source: str
    to_on: date
    currency: str
    statement_balance: str | None
    """None in a CSV without balances, which proves nothing."""
    ledger_balance: str
    difference: str | None
    state: Literal["agrees", "explained", "differs", "unproven", "same_day"]
    """`explained`: entries dated on the other side of the day make the difference. `same_day`: a
    later statement of that day proves it."""
    explained_by: list[ExplainingOut]
    unmatched: int
    unmatched_sum: str
    """Entries of the statement that nobody has explained yet; they are in suspense."""
    pending: int
    imported_at: datetime

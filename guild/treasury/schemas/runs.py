"""Payout runs, and when members want to be paid, on the wire. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import BankAccountId, MemberId, PayoutRunId
from guild.core.wire import Amount, In, Out, ShortText

Rhythm = Literal["on_request", "weekly", "monthly", "threshold"]
CheckResult = Literal["MTCH", "CMTC", "NMTC", "NOAP"]


class PayoutRunIn(In, frozen=True, kw_only=True):
    """A run for all members who can be paid now."""

    purpose: Literal["earnings"] = "earnings"


class SkippedOut(Out, frozen=True, kw_only=True):
    """A member whom the run could not pay, and why."""

    member_id: MemberId
    name: str
    amount: str
    reason: str


class PayoutRunOut(Out, frozen=True, kw_only=True):
    """A run and how far it has come: `done` of `total` members."""

    id: PayoutRunId
    trigger: str
    """`treasurer`: everyone who has money. `choice`: whoever chose to be paid that day."""
    state: str
    day: date
    total: int
    done: int
    payouts: int
    waiting: int
    """Payouts of the run that are not approved yet."""
    amount: str
    currency: str
    skipped: list[SkippedOut]
    """The first hundred members whom the run could not pay."""
    skipped_count: int
    started_by: MemberId | None
    started_at: datetime
    finished_at: datetime | None


class RunApprovedOut(Out, frozen=True, kw_only=True):
    """What one person's approval of a run did: `left_out` are those that she may not approve."""

    run_id: PayoutRunId
    approved: int
    left_out: int


class ChoiceIn(In, frozen=True, kw_only=True):
    """When to be paid without asking. `on_request` takes the choice back."""

    rhythm: Rhythm
    day: Annotated[int, Meta(ge=0, le=28)] = 0
    """Weekly: 1 (Monday) to 5. Monthly: 1 to 28. Threshold: 0."""
    minimum: Amount = "0"
    """Nothing below it is paid out."""


class ChoiceOut(Out, frozen=True, kw_only=True):
    """The choice in force, and the day on which it next has an effect."""

    rhythm: str
    day: int
    minimum: str
    currency: str
    next_on: date | None


class PayeeCheckIn(In, frozen=True, kw_only=True):
    """What the bank answered: MTCH, CMTC (nearly), NMTC (not) or NOAP (cannot be asked)."""

    result: CheckResult
    source: ShortText
    """Where the answer came from, for example “portal of the bank”."""
    bank_name: Annotated[str, Meta(max_length=140)] = ""


class PayeeCheckOut(Out, frozen=True, kw_only=True):
    """An answer as it was recorded."""

    account_id: BankAccountId
    result: str
    source: str
    bank_name: str
    at: datetime


class PayeeOut(Out, frozen=True, kw_only=True):
    """A member's account that payouts wait for, and the bank's last answer about its name."""

    account_id: BankAccountId
    member_id: MemberId
    member_name: str
    holder: str
    """The name that the payment file will carry."""
    iban_last4: str
    payouts: int
    amount: str
    currency: str
    result: str
    """Empty: the bank was never asked."""
    source: str
    bank_name: str
    at: datetime | None


class BandOut(Out, frozen=True, kw_only=True):
    """One band of the charter: up to that amount (None: without limit) so many must agree."""

    up_to: str | None
    approvals: int
    roles: dict[str, int]


class BandsOut(Out, frozen=True, kw_only=True):
    """What a request will need, told before it is made."""

    charter_version: int
    currency: str
    window_days: int
    """What one payee was asked for within so many days counts as one amount."""
    payee_mismatch_extra: int
    payee_unchecked_extra: int
    bands: list[BandOut]

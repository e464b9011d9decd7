"""What the treasury takes and shows on the wire. Amounts are decimal strings, money in positive."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    BatchId,
    DocumentId,
    InvoiceId,
    MemberId,
    OrganisationId,
    PayoutId,
    StatementId,
)
from guild.core.wire import Amount, CurrencyCode, In, Out, ShortText, SignedAmount

Iban = Annotated[str, Meta(min_length=15, max_length=42, pattern=r"^[A-Za-z0-9 ]+$")]
Bic = Annotated[str, Meta(pattern=r"^[A-Z0-9]{8}([A-Z0-9]{3})?$")]
Purpose = Literal["earnings", "benefit"]


class CoopAccountIn(In, frozen=True, kw_only=True):
    """An account that the co-operative keeps; the opening balance is what it holds on that day."""

    name: Annotated[
        str, Meta(min_length=1, max_length=70, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")
    ]
    iban: Iban
    bic: Bic | None = None
    currency: CurrencyCode = "EUR"
    opening_balance: SignedAmount = "0.00"
    opened_on: date


class CoopAccountOut(Out, frozen=True, kw_only=True):
    """An account of the co-operative as the last statement left it."""

    id: BankAccountId
    name: str
    iban: str
    bic: str | None
    currency: str
    statement_balance: str
    statement_on: date


class StatementOut(Out, frozen=True, kw_only=True):
    """An imported statement."""

    id: StatementId
    account_id: BankAccountId
    number: str
    bank_reference: str
    currency: str
    opening: str
    closing: str
    from_on: date
    to_on: date
    entries: int
    pending: int
    file_sha256: str
    imported_at: datetime


class ImportOut(Out, frozen=True, kw_only=True):
    """What came of an import. The same file again answers with `new_entries` 0."""

    statements: list[StatementOut]
    new_entries: int
    suggested: int
    payouts_settled: int


class SuggestionOut(Out, frozen=True, kw_only=True):
    """An invoice that an entry may pay, and why."""

    invoice_id: InvoiceId
    number: str
    client_name: str
    amount: str
    """How much of the entry the invoice takes; the rest becomes the client's credit."""
    score: int
    verdict: str
    """`sure` and `likely` may be preselected, `possible` may not; `paid_twice` is a repetition."""
    reasons: list[str]


class BankEntryOut(Out, frozen=True, kw_only=True):
    """A movement at the bank."""

    id: BankEntryId
    statement_id: StatementId
    account_id: BankAccountId
    reference: str
    amount: str
    currency: str
    booked_on: date
    counterparty: str
    counterparty_iban_last4: str
    structured_reference: str
    text: str
    return_reason: str
    state: str
    explanation: str


class ConfirmIn(In, frozen=True, kw_only=True):
    """What an entry is for: an invoice that it pays, or a payout that it settles."""

    invoice_id: InvoiceId | None = None
    payout_id: PayoutId | None = None


class ConfirmOut(Out, frozen=True, kw_only=True):
    """What was booked: the part that paid the invoice and the surplus kept for the client."""

    entry_id: BankEntryId
    state: str
    paid: str
    surplus: str
    currency: str


class ExplainIn(In, frozen=True, kw_only=True):
    """What an entry is that pays no invoice: a bank charge, or a client's money on account."""

    kind: Literal["bank_fees", "client_credit"]
    client_id: OrganisationId | None = None
    note: ShortText


class PayoutIn(In, frozen=True, kw_only=True):
    """A request to be paid. Without a member it is for oneself."""

    amount: Amount
    purpose: Literal["earnings"] = "earnings"
    """Benefits are paid through their claim, which knows what was granted and is owed."""
    member_id: MemberId | None = None


class PayoutRunIn(In, frozen=True, kw_only=True):
    """A request for all members who can be paid now."""

    purpose: Literal["earnings"] = "earnings"


class RejectIn(In, frozen=True, kw_only=True):
    """Why a payout is refused; the member reads it."""

    reason: ShortText


class PayoutOut(Out, frozen=True, kw_only=True):
    """A payout and how far it has come."""

    id: PayoutId
    number: str
    member_id: MemberId
    member_name: str
    purpose: str
    amount: str
    currency: str
    payee_iban_last4: str
    state: str
    requested_by: MemberId
    requested_at: datetime
    approvals: int
    approvals_needed: int
    batch_id: BatchId | None
    settled_on: date | None
    reason: str | None
    document_id: DocumentId | None


class SkippedOut(Out, frozen=True, kw_only=True):
    """A member whom the run could not pay, and why."""

    member_id: MemberId
    amount: str
    reason: str


class PayoutRunOut(Out, frozen=True, kw_only=True):
    """The payouts that a run asked for."""

    payouts: list[PayoutOut]
    total: str
    currency: str
    skipped: list[SkippedOut]


class BatchIn(In, frozen=True, kw_only=True):
    """Which account pays; without one, the only account of the charter's currency."""

    account_id: BankAccountId | None = None


class BatchOut(Out, frozen=True, kw_only=True):
    """A payment file."""

    id: BatchId
    message_id: str
    account_id: BankAccountId
    state: str
    execute_on: date
    payments: int
    total: str
    currency: str
    file_sha256: str
    made_at: datetime
    sent_at: datetime | None


class ReconciliationOut(Out, frozen=True, kw_only=True):
    """The books beside the bank; `difference` is 0.00 when they agree."""

    account_id: BankAccountId
    currency: str
    statement_on: date
    statement_balance: str
    ledger_balance: str
    difference: str
    in_suspense: str
    entries_to_explain: int
    payouts_in_transit: str

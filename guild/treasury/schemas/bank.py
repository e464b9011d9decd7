"""Accounts, statements and entries on the wire. Amounts are decimal strings, money in positive."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    InterestClaimId,
    InvoiceId,
    MemberId,
    OrganisationId,
    PayoutId,
    ProviderAccountId,
    StatementId,
    SupplierInvoiceId,
    UndoId,
)
from guild.core.wire import Amount, CurrencyCode, In, Out, ShortText, SignedAmount

Iban = Annotated[str, Meta(min_length=15, max_length=42, pattern=r"^[A-Za-z0-9 ]+$")]
Bic = Annotated[str, Meta(pattern=r"^[A-Z0-9]{8}([A-Z0-9]{3})?$")]


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
    known_entries: int
    """Entries of the file that another file had booked before."""
    suggested: int
    payouts_settled: int
    by_rule: int
    """Entries that a treasurer's rule explained, set aside or suggested a client for."""
    pending: int
    """Announced but not booked."""
    notified: int
    """Bookings whose payments a notification (camt.054) named."""
    divided: int
    """Those of them that were booked before as one sum, and are divided into their payments now."""


class InsideOut(Out, frozen=True, kw_only=True):
    """A payment inside a batch that the bank booked as one sum."""

    entry_id: BankEntryId | None
    """Its own entry; none where a person had explained the sum before its payments were named."""
    amount: str
    currency: str
    counterparty: str
    counterparty_iban_last4: str
    structured_reference: str
    text: str
    state: str


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


class CostSuggestionOut(Out, frozen=True, kw_only=True):
    """A supplier's invoice of exactly the entry's sum, and what speaks for it."""

    supplier_invoice_id: SupplierInvoiceId
    number: str
    supplier_name: str
    amount: str
    due_on: date | None
    reasons: list[str]
    sure: bool
    """Whether a form may preselect it: more than the sum speaks for it, for no other so much."""


class ConfirmIn(In, frozen=True, kw_only=True):
    """What an entry is for: an invoice that it pays, a payout that it settles, or a supplier's
    invoice that was paid at the bank without an order. Exactly one of them.
    """

    invoice_id: InvoiceId | None = None
    payout_id: PayoutId | None = None
    supplier_invoice_id: SupplierInvoiceId | None = None


class ConfirmOut(Out, frozen=True, kw_only=True):
    """What was booked: the part that paid the invoice and the surplus kept for the client."""

    entry_id: BankEntryId
    state: str
    paid: str
    surplus: str
    currency: str


class PartIn(In, frozen=True, kw_only=True):
    """How much of a transfer an invoice takes."""

    invoice_id: InvoiceId
    amount: Amount


class SplitIn(In, frozen=True, kw_only=True):
    """The invoices of one client that a transfer pays; what is left is kept on its account."""

    parts: Annotated[list[PartIn], Meta(max_length=50)] = field(default_factory=list)
    interest_ids: Annotated[list[InterestClaimId], Meta(max_length=20)] = field(
        default_factory=list
    )
    """Claims of late interest that it pays; each is paid whole."""


class SplitShareOut(Out, frozen=True, kw_only=True):
    """How much of a transfer an invoice would take, and why."""

    invoice_id: InvoiceId
    number: str
    amount: str
    open: str
    reason: str


class InterestShareOut(Out, frozen=True, kw_only=True):
    """A claim of late interest that a transfer would pay, and why."""

    interest_id: InterestClaimId
    invoice_number: str
    amount: str
    reason: str


class SplitOut(Out, frozen=True, kw_only=True):
    """An allocation offered for a transfer that pays several invoices, or late interest."""

    client_id: OrganisationId
    client_name: str
    exact: bool
    """The named invoices ask for exactly this amount."""
    rest: str
    shares: list[SplitShareOut]
    interest: list[InterestShareOut]


class UndoIn(In, frozen=True, kw_only=True):
    """Why what was said about an entry is wrong."""

    reason: ShortText


class UndoOut(Out, frozen=True, kw_only=True):
    """A request to take back what was said about an entry."""

    id: UndoId
    entry_id: BankEntryId
    cause: str
    state: str
    reason: str
    asked_by: MemberId
    asked_at: datetime
    decided_by: MemberId | None


class DecideUndoIn(In, frozen=True, kw_only=True):
    """The second person's word."""

    approve: bool


class TakesBackIn(In, frozen=True, kw_only=True):
    """Which earlier entry, or what part of it, the bank takes back with this one."""

    entry_id: BankEntryId
    amount: Amount | None = None
    """How much of that payment came back; as much as this entry took, unless given. What it took
    beyond is the bank's fee."""
    parts: Annotated[list[PartIn], Meta(max_length=50)] = field(default_factory=list)
    """How much of each invoice's payment came back, where that entry pays several."""


class SetAsideIn(In, frozen=True, kw_only=True):
    """Why an entry may stay in suspense for now."""

    reason: ShortText


class ExplainIn(In, frozen=True, kw_only=True):
    """What an entry is that pays no invoice: a bank charge, or a client's money on account."""

    kind: Literal["bank_fees", "client_credit", "suppliers", "other_income", "provider_fees",
                  "provider_transfer"]  # fmt: skip
    client_id: OrganisationId | None = None
    provider_account_id: ProviderAccountId | None = None
    """Which provider paid out, for a `provider_transfer`."""
    note: ShortText


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

"""Payouts and payment files on the wire. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from guild.core.ids import (
    BankAccountId,
    BatchId,
    DocumentId,
    MemberId,
    PayoutId,
    PayoutRunId,
)
from guild.core.wire import Amount, In, Out, ShortText

Purpose = Literal["earnings", "benefit"]


class PayoutIn(In, frozen=True, kw_only=True):
    """A request to be paid. Without a member it is for oneself."""

    amount: Amount
    purpose: Literal["earnings"] = "earnings"
    """Benefits are paid through their claim, which knows what was granted and is owed."""
    member_id: MemberId | None = None


class RejectIn(In, frozen=True, kw_only=True):
    """Why a payout is refused; the member reads it."""

    reason: ShortText


class PayoutOut(Out, frozen=True, kw_only=True):
    """A payout and how far it has come."""

    id: PayoutId
    number: str
    member_id: MemberId | None
    """None: a client or a supplier is paid."""
    member_name: str
    """Who is paid: a member, a client or a supplier."""
    purpose: str
    amount: str
    currency: str
    payee_iban_last4: str
    state: str
    requested_by: MemberId
    requested_at: datetime
    approvals: int
    approvals_needed: int
    roles_needed: dict[str, int]
    """Office → how many of the approvals must come from it, by the band of the charter."""
    charter_version: int
    run_id: PayoutRunId | None
    pay_on: date | None
    bank_status: str
    """What the bank last said of it: a code of ISO 20022, empty before its first report."""
    batch_id: BatchId | None
    settled_on: date | None
    reason: str | None
    document_id: DocumentId | None


class ToOrderOut(Out, frozen=True, kw_only=True):
    """Money owed to a client or a supplier that no order carries."""

    purpose: str
    """`refund` or `supplier`."""
    subject_id: UUID
    """The refund, or the supplier's invoice."""
    payee: str
    about: str
    amount: str
    currency: str
    payable: bool
    """Whether an account is known to order it to; otherwise a person pays at the bank."""
    reason: str
    """Why the last order came to nothing, or why there can be none."""


class BatchIn(In, frozen=True, kw_only=True):
    """Which account pays; without one, the only account of the charter's currency."""

    account_id: BankAccountId | None = None


class BatchOut(Out, frozen=True, kw_only=True):
    """A payment file."""

    id: BatchId
    kind: str
    """`transfer` (pain.001) or `collection` (pain.008)."""
    message_id: str
    account_id: BankAccountId
    state: str
    execute_on: date
    payments: int
    total: str
    currency: str
    file_sha256: str
    made_at: datetime
    bank_status: str
    sent_at: datetime | None

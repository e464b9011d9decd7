"""Facts about the bank and about payouts."""

from typing import ClassVar

from guild.core.events import Event
from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    BatchId,
    InvoiceId,
    MemberId,
    PayoutId,
    StatementId,
)


class CoopAccountOpened(Event, frozen=True, kw_only=True):
    """The co-operative keeps a further bank account."""

    subject: ClassVar[str] = "account_id"
    account_id: BankAccountId


class StatementImported(Event, frozen=True, kw_only=True):
    """A bank statement was booked between the bank and suspense."""

    subject: ClassVar[str] = "statement_id"
    statement_id: StatementId
    account_id: BankAccountId
    entries: int


class MatchConfirmed(Event, frozen=True, kw_only=True):
    """A person said which invoice an entry pays; the surplus went to the client's credit."""

    subject: ClassVar[str] = "entry_id"
    entry_id: BankEntryId
    invoice_id: InvoiceId
    amount_minor: int
    surplus_minor: int
    currency: str


class EntryExplained(Event, frozen=True, kw_only=True):
    """A person said what an entry is that pays no invoice."""

    subject: ClassVar[str] = "entry_id"
    entry_id: BankEntryId
    kind: str


class PayoutRequested(Event, frozen=True, kw_only=True):
    """Somebody asked that money be paid to a member."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId
    amount_minor: int
    currency: str


class PayoutApproved(Event, frozen=True, kw_only=True):
    """As many others as the charter asks for approved a payout; the money is set aside for it."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId
    amount_minor: int
    currency: str


class PayoutRejected(Event, frozen=True, kw_only=True):
    """A treasurer refused a payout; the member keeps the money in the books."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId


class PaymentFileSent(Event, frozen=True, kw_only=True):
    """A treasurer handed a payment file to the bank."""

    subject: ClassVar[str] = "batch_id"
    batch_id: BatchId


class PayoutSettled(Event, frozen=True, kw_only=True):
    """The bank statement shows the payout."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId


class PayoutReturned(Event, frozen=True, kw_only=True):
    """The bank sent the payout back; the money is the member's in the books again."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId
    reason: str

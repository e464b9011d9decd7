"""Facts about the bank and about payouts."""

from typing import ClassVar
from uuid import UUID

import msgspec

from guild.core.events import Event
from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    BankRuleId,
    BatchId,
    DirectDebitId,
    InvoiceId,
    MandateId,
    MemberId,
    OrganisationId,
    PayoutId,
    PayoutRunId,
    ProviderPaymentId,
    StatementId,
    UndoId,
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
    confirmed_by: MemberId | None = None
    """Who confirmed it, or imported the entry where the charter confirms by itself."""


class EntryAllocated(Event, frozen=True, kw_only=True):
    """One transfer was shared out over several invoices; the client is told how."""

    subject: ClassVar[str] = "entry_id"
    entry_id: BankEntryId
    client_id: OrganisationId
    invoices: int


class MatchUndone(Event, frozen=True, kw_only=True):
    """What was said about an entry was taken back, by two persons or by the bank."""

    subject: ClassVar[str] = "entry_id"
    entry_id: BankEntryId
    undo_id: UndoId
    cause: str
    """`mistake` or `returned`."""
    amount_minor: int
    currency: str
    part: bool = False
    """Whether the bank took a part of the payment only."""
    surplus_minor: int = 0
    """What of it was the client's money on account."""


class AllocationObjected(Event, frozen=True, kw_only=True):
    """A client says that its transfer was meant otherwise; a treasurer looks at it."""

    subject: ClassVar[str] = "entry_id"
    entry_id: BankEntryId
    invoice_id: InvoiceId


class EntryDivided(Event, frozen=True, kw_only=True):
    """A batch that was booked as one sum has its payments: a notification named them later."""

    subject: ClassVar[str] = "entry_id"
    entry_id: BankEntryId
    statement_id: StatementId
    payments: int


class BankRuleSwitched(Event, frozen=True, kw_only=True):
    """A treasurer switched a rule for bank entries on or off."""

    subject: ClassVar[str] = "rule_id"
    rule_id: BankRuleId
    on: bool


class ProviderPaid(Event, frozen=True, kw_only=True):
    """A client paid through a payment provider; the money is at the provider."""

    subject: ClassVar[str] = "payment_id"
    payment_id: ProviderPaymentId
    invoice_id: InvoiceId | None
    amount_minor: int
    fee_minor: int
    currency: str


class ClientCharged(Event, frozen=True, kw_only=True):
    """The bank or a payment provider took money back that no invoice could be opened by: a credit
    note had given it back, or the client had used it. It was taken from the client's account;
    `owed_minor` is what the account is below zero since, and nobody has asked the client for it.
    """

    subject: ClassVar[str] = "invoice_id"
    invoice_id: InvoiceId
    client_id: OrganisationId
    by: str
    """“bank”, or the provider's name."""
    amount_minor: int
    owed_minor: int
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
    member_id: MemberId | None
    """None: a client or a supplier is paid."""
    amount_minor: int
    currency: str


class PayoutApproved(Event, frozen=True, kw_only=True):
    """As many others as the charter asks for approved a payout; the money is set aside for it."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId | None
    """None: a client or a supplier is paid."""
    purpose: str = "earnings"
    for_id: UUID | None = None
    """The refund or the supplier's invoice that it is for."""
    amount_minor: int
    currency: str


class PayoutApprovalGiven(Event, frozen=True, kw_only=True):
    """One person approved an order to pay; whoever knows a conflict of interest refuses here."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    approver_id: MemberId


class PayoutRejected(Event, frozen=True, kw_only=True):
    """A treasurer refused a payout; the member keeps the money in the books."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId | None
    """None: a client or a supplier is paid."""
    purpose: str = "earnings"
    for_id: UUID | None = None
    """The refund or the supplier's invoice that it is for."""


class PaymentFileSent(Event, frozen=True, kw_only=True):
    """A treasurer handed a payment file to the bank."""

    subject: ClassVar[str] = "batch_id"
    batch_id: BatchId


class PayoutSettled(Event, frozen=True, kw_only=True):
    """The bank statement shows the payout."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId | None
    """None: a client or a supplier is paid."""
    purpose: str = "earnings"
    for_id: UUID | None = None
    """The refund or the supplier's invoice that it is for."""


class PayoutReturned(Event, frozen=True, kw_only=True):
    """The bank sent the payout back; the money is the member's in the books again."""

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId | None
    """None: a client or a supplier is paid."""
    purpose: str = "earnings"
    for_id: UUID | None = None
    """The refund or the supplier's invoice that it is for."""
    reason: str


class SelfBilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what a member bills the co-operative: an invoice's share that was paid out."""

    invoice_id: InvoiceId
    number: str
    net_minor: int


class SelfBillingDue(Event, frozen=True, kw_only=True):
    """A payout to a self-employed member was settled: a self-billed document can be made of it.

    The lines are the invoices whose money it paid out, less what went to the pots; they sum to
    the amount; money that came from no invoice is not billed.
    """

    subject: ClassVar[str] = "payout_id"
    payout_id: PayoutId
    member_id: MemberId
    amount_minor: int
    currency: str
    lines: tuple[SelfBilledLine, ...]


class PayoutRunStarted(Event, frozen=True, kw_only=True):
    """A round of payouts began, by a treasurer or because members chose that day."""

    subject: ClassVar[str] = "run_id"
    run_id: PayoutRunId
    trigger: str
    members: int


class PayoutRunFinished(Event, frozen=True, kw_only=True):
    """Everyone whom the run was about has a payout asked for, or a reason why not."""

    subject: ClassVar[str] = "run_id"
    run_id: PayoutRunId
    payouts: int
    skipped: int
    amount_minor: int
    currency: str


class PayoutRunApproved(Event, frozen=True, kw_only=True):
    """A person approved all payouts of a run that she may approve."""

    subject: ClassVar[str] = "run_id"
    run_id: PayoutRunId
    approver_id: MemberId
    payouts: int


class PayoutChoiceMade(Event, frozen=True, kw_only=True):
    """A member chose when she is paid without asking; an empty rhythm: she asks again."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    rhythm: str


class PayeeChecked(Event, frozen=True, kw_only=True):
    """The bank was asked whether an account is held under the payee's name."""

    subject: ClassVar[str] = "account_id"
    account_id: BankAccountId
    result: str


class StatusReportImported(Event, frozen=True, kw_only=True):
    """The bank reported on a payment file, transaction by transaction."""

    subject: ClassVar[str] = "batch_id"
    batch_id: BatchId
    accepted: int
    rejected: int


class MandateEntered(Event, frozen=True, kw_only=True):
    """A client's direct debit mandate was entered; a second person confirms it."""

    subject: ClassVar[str] = "mandate_id"
    mandate_id: MandateId


class MandateConfirmed(Event, frozen=True, kw_only=True):
    """A second person has seen the signed mandate: invoices may be collected under it."""

    subject: ClassVar[str] = "mandate_id"
    mandate_id: MandateId


class MandateCancelled(Event, frozen=True, kw_only=True):
    """Nothing more is collected under a mandate."""

    subject: ClassVar[str] = "mandate_id"
    mandate_id: MandateId
    reason: str


class DirectDebitAnnounced(Event, frozen=True, kw_only=True):
    """A client is told what will be collected from her account, and when."""

    subject: ClassVar[str] = "direct_debit_id"
    direct_debit_id: DirectDebitId
    invoice_id: InvoiceId


class DirectDebitEnded(Event, frozen=True, kw_only=True):
    """The bank, or a person, said what became of a collection: its new state and why."""

    subject: ClassVar[str] = "direct_debit_id"
    direct_debit_id: DirectDebitId
    invoice_id: InvoiceId
    state: str
    reason: str


class IncomeStatementAsked(Event, frozen=True, kw_only=True):
    """Somebody wants a member's year printed; it is made in the background."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    year: int


class EmploymentNoted(Event, frozen=True, kw_only=True):
    """From when on, or until when, the co-operative employs a member."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    employment_id: UUID

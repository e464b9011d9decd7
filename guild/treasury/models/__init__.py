"""The co-operative's accounts, what the bank reported on them, and what is paid out.

`guards.sql` holds what the ORM cannot say: statements that follow each other without a gap, sums
at commit, four eyes on payouts, legal moves, and what may never change or go away.
"""

from guild.treasury.models.accounts import CoopBankAccount
from guild.treasury.models.batches import (
    PAYMENT_BATCH,
    SEALED_BATCH,
    SEALED_REPORT,
    PaymentBatch,
    StatusReport,
)
from guild.treasury.models.collections import (
    DIRECT_DEBIT,
    SEALED_MANDATE,
    SEPA_MANDATE,
    DirectDebit,
    SepaMandate,
)
from guild.treasury.models.income import Employment, IncomeStatement
from guild.treasury.models.incoming import (
    SEALED_PARTS,
    SEALED_UPLOAD,
    BankUpload,
    BookingNotification,
    CsvFileMapping,
    PendingEntry,
)
from guild.treasury.models.matching import (
    ALLOCATION_OBJECTION,
    MATCH_UNDO,
    AllocationObjection,
    BankCostMatch,
    BankMatch,
    MatchSuggestion,
    MatchUndo,
)
from guild.treasury.models.payouts import (
    PAYEES,
    PAYOUT,
    PURPOSES,
    SEALED_PAYEE,
    PayeeCheck,
    Payout,
    PayoutApproval,
)
from guild.treasury.models.providers import (
    PROVIDER_PAYMENT,
    ProviderAccount,
    ProviderEvent,
    ProviderPayment,
    ProviderRecording,
)
from guild.treasury.models.rules import BANK_RULE, BankRule, RuleUse
from guild.treasury.models.runs import (
    PAYOUT_RUN,
    PayoutChoice,
    PayoutRun,
    PayoutRunSkip,
)
from guild.treasury.models.statements import (
    BANK_ENTRY,
    SEALED_FILE,
    SEALED_PAYER,
    BankEntry,
    BankStatement,
    StatementFile,
)

__all__ = [
    "ALLOCATION_OBJECTION",
    "BANK_ENTRY",
    "BANK_RULE",
    "DIRECT_DEBIT",
    "MATCH_UNDO",
    "PAYEES",
    "PAYMENT_BATCH",
    "PAYOUT",
    "PAYOUT_RUN",
    "PROVIDER_PAYMENT",
    "PURPOSES",
    "SEALED_BATCH",
    "SEALED_FILE",
    "SEALED_MANDATE",
    "SEALED_PARTS",
    "SEALED_PAYEE",
    "SEALED_PAYER",
    "SEALED_REPORT",
    "SEALED_UPLOAD",
    "SEPA_MANDATE",
    "AllocationObjection",
    "BankCostMatch",
    "BankEntry",
    "BankMatch",
    "BankRule",
    "BankStatement",
    "BankUpload",
    "BookingNotification",
    "CoopBankAccount",
    "CsvFileMapping",
    "DirectDebit",
    "Employment",
    "IncomeStatement",
    "MatchSuggestion",
    "MatchUndo",
    "PayeeCheck",
    "PaymentBatch",
    "Payout",
    "PayoutApproval",
    "PayoutChoice",
    "PayoutRun",
    "PayoutRunSkip",
    "PendingEntry",
    "ProviderAccount",
    "ProviderEvent",
    "ProviderPayment",
    "ProviderRecording",
    "RuleUse",
    "SepaMandate",
    "StatementFile",
    "StatusReport",
]

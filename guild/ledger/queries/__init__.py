"""Reads of the books: balances and statements, the plain-text journal, the invariants."""

from guild.ledger.queries.balances import (
    OwnedAccount,
    accounts_of,
    balance_of,
    balances_of,
    my_books,
    statement,
    trial_balance,
)
from guild.ledger.queries.invariants import (
    balances_are_sums,
    entries_balance,
    no_orphans,
    trial_balance_is_zero,
)
from guild.ledger.queries.journal import journal_beancount, journal_hledger

INVARIANTS = [entries_balance, balances_are_sums, trial_balance_is_zero, no_orphans]

__all__ = [
    "INVARIANTS",
    "OwnedAccount",
    "accounts_of",
    "balance_of",
    "balances_are_sums",
    "balances_of",
    "entries_balance",
    "journal_beancount",
    "journal_hledger",
    "my_books",
    "no_orphans",
    "statement",
    "trial_balance",
    "trial_balance_is_zero",
]

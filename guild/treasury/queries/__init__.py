"""Reads of the treasury, and what must always be true of it."""

from guild.treasury.queries.bank import (
    clients,
    coop_accounts,
    entries,
    entry,
    reconciliation,
    statements,
    suggestions,
)
from guild.treasury.queries.invariants import INVARIANTS
from guild.treasury.queries.money import member_money
from guild.treasury.queries.payouts import batch_file, batches, payout, payout_document, payouts

__all__ = [
    "INVARIANTS",
    "batch_file",
    "batches",
    "clients",
    "coop_accounts",
    "entries",
    "entry",
    "member_money",
    "payout",
    "payout_document",
    "payouts",
    "reconciliation",
    "statements",
    "suggestions",
]

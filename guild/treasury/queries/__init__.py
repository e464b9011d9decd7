"""Reads of the treasury, and what must always be true of it."""

from guild.treasury.queries.bank import (
    EntrySieve,
    clients,
    coop_accounts,
    entries,
    entry,
    reconciliation,
    statements,
    suggestions,
)
from guild.treasury.queries.collections import direct_debits, mandates
from guild.treasury.queries.costs import cost_suggestions
from guild.treasury.queries.income import income_document, income_of
from guild.treasury.queries.inside import payments_inside
from guild.treasury.queries.invariants import INVARIANTS
from guild.treasury.queries.money import member_money
from guild.treasury.queries.ordering import to_order
from guild.treasury.queries.payees import payees
from guild.treasury.queries.payouts import (
    approved_by_me,
    batch_file,
    batches,
    payout,
    payout_document,
    payouts,
)
from guild.treasury.queries.payroll import employments, member_by_email
from guild.treasury.queries.providers import owing_clients, payment_links, provider_accounts
from guild.treasury.queries.reconciling import (
    pending_entries,
    reconciled,
    reconciliation_csv,
)
from guild.treasury.queries.rules import bank_rule, bank_rules, preview_rule
from guild.treasury.queries.runs import bands, choice_of, payout_run, payout_runs
from guild.treasury.queries.splitting import suggested_split
from guild.treasury.queries.transfers import (
    allocation_objections,
    client_payments,
    object_until,
)
from guild.treasury.queries.undos import payments_of, takes_back_candidates, undos
from guild.treasury.queries.uploads import look_at, mapping, mappings
from guild.treasury.queries.whereabouts import self_billed, whereabouts

__all__ = [
    "INVARIANTS",
    "EntrySieve",
    "allocation_objections",
    "approved_by_me",
    "bands",
    "bank_rule",
    "bank_rules",
    "batch_file",
    "batches",
    "choice_of",
    "client_payments",
    "clients",
    "coop_accounts",
    "cost_suggestions",
    "direct_debits",
    "employments",
    "entries",
    "entry",
    "income_document",
    "income_of",
    "look_at",
    "mandates",
    "mapping",
    "mappings",
    "member_by_email",
    "member_money",
    "object_until",
    "owing_clients",
    "payees",
    "payment_links",
    "payments_inside",
    "payments_of",
    "payout",
    "payout_document",
    "payout_run",
    "payout_runs",
    "payouts",
    "pending_entries",
    "preview_rule",
    "provider_accounts",
    "reconciled",
    "reconciliation",
    "reconciliation_csv",
    "self_billed",
    "statements",
    "suggested_split",
    "suggestions",
    "takes_back_candidates",
    "to_order",
    "undos",
    "whereabouts",
]

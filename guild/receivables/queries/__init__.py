"""Reads of receivables: how invoices stand, accounts, ageing, profiles, and the invariants."""

from guild.members.rules.clients import client_key
from guild.receivables.queries.account import (
    account_lines,
    accounts_of,
    statement_csv,
    statement_of,
    statement_pdf,
    visible_client,
)
from guild.receivables.queries.ageing import ageing, ageing_csv
from guild.receivables.queries.interest import interest_now, preview_interest
from guild.receivables.queries.invariants import INVARIANTS
from guild.receivables.queries.lists import (
    insolvency,
    interest_claim,
    interest_claims,
    interest_note,
    invoice_lines,
    is_insolvent,
    linked_interest_note,
    linked_interest_notes,
    open_interest_claims,
    proof_bundle,
    refunds,
    write_off,
    write_offs,
    write_offs_of,
)
from guild.receivables.queries.profile import changed_lately, payment_profile
from guild.receivables.queries.reading import (
    next_run,
    objection,
    objection_file,
    objections,
    receivable,
    reminder_letter,
    reminder_rule,
    reminder_rules,
    reminders,
    rule_out,
)
from guild.receivables.queries.sources import refund_sources
from guild.receivables.queries.standing import standing, standings, visible_standing
from guild.receivables.queries.waiting import waiting_objections

__all__ = [
    "INVARIANTS",
    "account_lines",
    "accounts_of",
    "ageing",
    "ageing_csv",
    "changed_lately",
    "client_key",
    "insolvency",
    "interest_claim",
    "interest_claims",
    "interest_note",
    "interest_now",
    "invoice_lines",
    "is_insolvent",
    "linked_interest_note",
    "linked_interest_notes",
    "next_run",
    "objection",
    "objection_file",
    "objections",
    "open_interest_claims",
    "payment_profile",
    "preview_interest",
    "proof_bundle",
    "receivable",
    "refund_sources",
    "refunds",
    "reminder_letter",
    "reminder_rule",
    "reminder_rules",
    "reminders",
    "rule_out",
    "standing",
    "standings",
    "statement_csv",
    "statement_of",
    "statement_pdf",
    "visible_client",
    "visible_standing",
    "waiting_objections",
    "write_off",
    "write_offs",
    "write_offs_of",
]

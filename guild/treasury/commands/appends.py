"""The rows that an import writes: a few in one statement, the entries by COPY."""

from typing import Final

import msgspec

from guild.core.appends import Appender
from guild.core.ids import BankEntryId
from guild.treasury.rules.matching import Candidate

FILES = Appender("bank_statement_file", {"sha256": "bytea", "content_sealed": "bytea"})
STATEMENTS = Appender(
    "bank_statement",
    {
        "id": "uuid",
        "account_id": "uuid",
        "previous_id": "uuid",
        "file_sha256": "bytea",
        "file_position": "int8",
        "bank_reference": "text",
        "number": "text",
        "opening_minor": "int8",
        "closing_minor": "int8",
        "currency": "text",
        "from_on": "date",
        "to_on": "date",
        "entries": "int8",
        "pending": "int8",
        "imported_by": "uuid",
        "imported_at": "timestamptz",
        "source": "text",
        "proven": "boolean",
        "stated_opening_minor": "int8",
        "stated_closing_minor": "int8",
        "known": "int8",
    },
)
ENTRY_COLUMNS: Final = (
    "id", "statement_id", "account_id", "reference", "amount_minor", "currency", "booked_on",
    "valued_on", "structured", "text", "counterparty", "iban_sealed", "iban_last4",
    "end_to_end_id", "return_reason", "state", "explanation", "explained_by", "explained_at",
    "code", "mandate_id", "reversal", "undivided", "iban_index", "parent_id",
)  # fmt: skip
"""Entries come by the thousand and are copied."""
USES = Appender(
    "bank_rule_use",
    {"entry_id": "uuid", "round": "int8", "rule_id": "uuid", "applied_at": "timestamptz"},
)
SUGGESTIONS = Appender(
    "match_suggestion",
    {
        "entry_id": "uuid",
        "invoice_id": "uuid",
        "amount_minor": "int8",
        "score": "int8",
        "verdict": "text",
        "reasons": "jsonb",
    },
)


def suggestion_row(entry_id: BankEntryId, candidate: Candidate) -> dict[str, object]:
    """A suggestion as `SUGGESTIONS` wants it."""
    return {
        "entry_id": entry_id,
        "invoice_id": candidate.invoice_id,
        "amount_minor": candidate.amount_minor,
        "score": candidate.score,
        "verdict": candidate.verdict,
        "reasons": msgspec.json.encode(candidate.reasons).decode(),
    }

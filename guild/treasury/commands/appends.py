"""The rows that an import appends in one statement."""

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
    },
)
ENTRIES = Appender(
    "bank_entry",
    {
        "id": "uuid",
        "statement_id": "uuid",
        "account_id": "uuid",
        "reference": "text",
        "amount_minor": "int8",
        "currency": "text",
        "booked_on": "date",
        "valued_on": "date",
        "structured": "text",
        "text": "text",
        "counterparty": "text",
        "iban_sealed": "bytea",
        "iban_last4": "text",
        "end_to_end_id": "text",
        "return_reason": "text",
        "state": "text",
        "explanation": "text",
        "explained_by": "uuid",
        "explained_at": "timestamptz",
    },
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

"""Reads of the reputation ledger."""

from guild.reputation.queries.files import INVARIANTS, my_export, public_export
from guild.reputation.queries.reading import (
    attestation_out,
    client_explanation,
    contracts_to_rate,
    dispute_for,
    disputed_words,
    entries_about_me,
    entry_about_me,
    member_explanation,
    member_score,
    open_disputes,
    rateable,
)
from guild.reputation.queries.words import question, reader_language, words

__all__ = [
    "INVARIANTS",
    "attestation_out",
    "client_explanation",
    "contracts_to_rate",
    "dispute_for",
    "disputed_words",
    "entries_about_me",
    "entry_about_me",
    "member_explanation",
    "member_score",
    "my_export",
    "open_disputes",
    "public_export",
    "question",
    "rateable",
    "reader_language",
    "words",
]

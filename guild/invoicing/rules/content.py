"""The hash of what a document says, under which a verdict on it is kept.

Number and dates come with issuing, so they are left out: the term of payment stands for the due
date. Which rules judged is part of the hash, so that a verdict never outlives its rules.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

DAY: Final = dt.date(2000, 1, 1)
OWN_CHECKS: Final = "2026-11"
"""Raised when the house's own checks change what they refuse."""


def content_hash(said: msgspec.Struct, rules: str) -> bytes:
    """32 bytes over a `FrozenInvoice` as it would be issued, and the rules by name."""
    due_on, issued_on = said.due_on, said.issued_on  # type: ignore[attr-defined]  # a FrozenInvoice; rules know no emitters
    undated = msgspec.structs.replace(
        said, number="", issued_on=DAY, due_on=DAY + (due_on - issued_on)
    )
    content = msgspec.msgpack.encode(undated)
    return hashlib.blake2b(content, key=rules.encode()[:64], digest_size=32).digest()


def rules_name(pins: Mapping[str, str]) -> str:
    """One name for a set of rule files and the own checks, from the files' hashes."""
    listed = msgspec.json.encode({"own": OWN_CHECKS, **pins}, order="deterministic")
    return hashlib.sha256(listed).hexdigest()

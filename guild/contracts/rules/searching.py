"""Typed words as a question to the full-text index of contracts. Pure.

Each word may be the beginning of one; what holds other signs (an address, a price) is looked for as
it stands. Numbers of contracts are indexed by their parts, so C-2026-0001 and 2026 both find one.
"""

import re
from typing import Final

import msgspec

WORDS_MAX: Final = 12


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Beginnings of words, as a `tsquery` of the configuration `simple`, and further phrases."""

    beginnings: str
    phrases: tuple[str, ...]


def wanted(typed: str) -> Wanted:
    """What was typed, split into both; only letters and digits reach the first."""
    beginnings: list[str] = []
    phrases: list[str] = []
    for part in typed.lower().split()[:WORDS_MAX]:
        words = re.findall(r"[^\W_]+", part)
        if "".join(words) == part or re.fullmatch(r"c-\d{4}(-\d*(-a\d*)?)?", part):
            beginnings += [f"{word}:*" for word in words]
        else:
            phrases.append(part)
    return Wanted(beginnings=" & ".join(beginnings), phrases=tuple(phrases))

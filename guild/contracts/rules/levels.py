"""Levels of signatures: which is stronger, and what is signed."""

from typing import Final

from guild.governance.rules import SignatureLevel

LEVELS: Final[tuple[SignatureLevel, ...]] = ("simple", "advanced", "eid")
"""From the weakest to the strongest; a stronger one always serves."""
PREPARED: Final = "signature_prepared"
"""The entry of the chain that a passkey or provider signs, with all entries before it."""


def suffices(given: str, needed: str) -> bool:
    """Whether a signature of one level is enough where another is asked for."""
    return LEVELS.index(given) >= LEVELS.index(needed)


def level_in(stored: str) -> SignatureLevel:
    """A stored level as its type."""
    return next(level for level in LEVELS if level == stored)

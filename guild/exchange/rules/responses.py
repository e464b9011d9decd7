"""Codes of the Peppol Invoice Response (BIS Invoice Response 3.x, UNCL 4343 subset)."""

from typing import Final, Literal

ResponseCode = Literal["AP", "RE", "UQ", "IP", "PD"]
WORDS: Final[dict[ResponseCode, str]] = {
    "AP": "accepted",
    "RE": "rejected",
    "UQ": "under query",
    "IP": "in process",
    "PD": "paid",
}
"""What is answered: accepted, rejected, under query (disputed), in process, paid."""

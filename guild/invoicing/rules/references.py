"""Structured payment references, so that a bank entry finds its invoice without a person.

A Belgian payer types the structured communication (OGM/VCS): ten digits and a check of modulo 97,
where 0 is written 97 (Febelfin, "Gestructureerde mededeling"). Everyone else in SEPA uses the
creditor reference of ISO 11649: `RF`, two check digits (ISO 7064 modulo 97-10) and up to 21
characters. Both carry the same ten digits, which a database sequence hands out; a gap in it
means nothing, because the reference is not the invoice number.
"""

import re
from typing import Final

OGM_BASE_DIGITS: Final = 10
_RF_BODY: Final = re.compile(r"[0-9A-Z]{1,21}")


def ogm_reference(serial: int) -> str:
    """The twelve digits of the Belgian structured communication for a serial number."""
    if not 0 < serial < 10**OGM_BASE_DIGITS:
        raise ValueError("a structured communication has ten digits before its check")
    return f"{serial:010d}{serial % 97 or 97:02d}"


def print_ogm(reference: str) -> str:
    """`+++000/0000/04201+++`: as Belgian banks and people write it."""
    return f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"


def rf_reference(body: str) -> str:
    """The ISO 11649 creditor reference of an alphanumeric body."""
    if not _RF_BODY.fullmatch(body):
        raise ValueError("a creditor reference has 1 to 21 digits or capital letters")
    check = 98 - int("".join(str(int(sign, 36)) for sign in body + "RF00")) % 97
    return f"RF{check:02d}{body}"


def print_rf(reference: str) -> str:
    """In groups of four, as ISO 11649 prints it."""
    return " ".join(reference[i : i + 4] for i in range(0, len(reference), 4))


def reference_for(serial: int, *, seller_country: str, buyer_country: str) -> str:
    """The reference that the payer's bank understands: OGM within Belgium, RF elsewhere."""
    if seller_country == "BE" and buyer_country == "BE":
        return ogm_reference(serial)
    return rf_reference(f"{serial:010d}")


def is_rf(reference: str) -> bool:
    """Whether it is a creditor reference (otherwise it is a Belgian OGM)."""
    return reference.startswith("RF")


def print_reference(reference: str) -> str:
    """The reference as a person reads and types it."""
    return print_rf(reference) if is_rf(reference) else print_ogm(reference)

"""Who is who in an e-invoice: legal registration and electronic address of a party.

Peppol delivers to an electronic address under a scheme of its own list (rule CL008): Belgian
enterprise numbers are 0208 for address and registration both, elsewhere the VAT number's scheme
serves. A consumer has no address on the network; her invoice is delivered to the cooperative's own
mailbox, which is the portal page she opens by a personal link, so that address is stated.
"""

from functools import lru_cache
from typing import Final

VAT_SCHEMES: Final = {
    "AT": "9914", "BG": "9926", "CY": "9928", "CZ": "9929", "DE": "9930", "EE": "9931",
    "ES": "9920", "FR": "9957", "GB": "9932", "GR": "9933", "HR": "9934", "HU": "9910",
    "IE": "9935", "LI": "9936", "LT": "9937", "LU": "9938", "LV": "9939", "MT": "9943",
    "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947", "SI": "9949", "SK": "9950",
    "SM": "9951", "CH": "9927",
}  # fmt: skip
"""Electronic address schemes whose value is the VAT number with its letters (Peppol EAS list)."""

PEPPOL_SCHEMES: Final = frozenset({
    "0002", "0007", "0009", "0060", "0088", "0096", "0097", "0106", "0130", "0135", "0142",
    "0151", "0158", "0183", "0184", "0188", "0190", "0191", "0192", "0195", "0196", "0198",
    "0199", "0200", "0201", "0204", "0208", "0209", "0210", "0211", "0216", "0218", "0221",
    "0225", "0230", "0235", "0240", "0242", "0244", "0245", "0246", "0248", "9910", "9913",
    "9914", "9915", "9918", "9919", "9920", "9922", "9923", "9924", "9925", "9926", "9927",
    "9928", "9929", "9930", "9931", "9932", "9933", "9934", "9935", "9936", "9937", "9938",
    "9939", "9940", "9941", "9942", "9943", "9944", "9945", "9946", "9947", "9948", "9949",
    "9950", "9951", "9952", "9953", "9957", "9959",
})  # fmt: skip
"""Schemes that an access point routes on (Peppol BIS Billing 3.0.21, CL008)."""

KEPT: Final = 4_096
"""Numbers whose answer is remembered: the same parties are invoiced again and again."""
REGISTERS: Final = {
    ("FR", 9): "0002", ("FR", 14): "0009", ("NL", 8): "0106", ("NL", 20): "0190",
    ("SE", 10): "0007", ("DK", 8): "0184", ("NO", 9): "0192",
}  # fmt: skip
"""ISO 6523 schemes of company registers by country and number of digits (SIREN, KVK, OIN …)."""

BELGIAN_DIGITS: Final = 10
ITALIAN_SCHEME: Final = "0211"
DANISH_SCHEME: Final = "0184"


@lru_cache(KEPT)
def belgian_number(number: str) -> str:
    """The ten digits of a Belgian enterprise number, from any way it is written; or empty."""
    digits = "".join(sign for sign in number if sign.isdecimal() and sign.isascii())
    digits = digits.zfill(BELGIAN_DIGITS) if len(digits) == BELGIAN_DIGITS - 1 else digits
    return digits if len(digits) == BELGIAN_DIGITS else ""


@lru_cache(KEPT)
def belgian_number_holds(digits: str) -> bool:
    """Modulo 97 of a Belgian enterprise number (Peppol COMMON-R043)."""
    if len(digits) != BELGIAN_DIGITS or not digits.isdecimal():
        return False
    return int(digits[:8]) % 97 == 97 - int(digits[8:])


def legal_id_of(country: str, enterprise_number: str) -> tuple[str, str]:
    """Registration number and its ISO 6523 scheme; the scheme is empty where none is known."""
    if country == "BE":
        digits = belgian_number(enterprise_number)
        return (digits, "0208") if digits else ("", "")
    compact = "".join(sign for sign in enterprise_number if sign.isalnum())
    scheme = REGISTERS.get((country, len(compact)), "") if compact.isdecimal() else ""
    return (compact, scheme) if scheme else (enterprise_number, "")


@lru_cache(KEPT)
def endpoint_of(country: str, enterprise_number: str, vat_number: str) -> tuple[str, str]:
    """Electronic address and its scheme, or two empty strings for a party without one."""
    compact = "".join(sign for sign in vat_number.upper() if sign.isalnum())
    if country == "BE":
        digits = belgian_number(enterprise_number) or belgian_number(compact)
        return (digits, "0208") if digits else ("", "")
    if not compact:
        return "", ""
    if country == "IT":
        return compact, ITALIAN_SCHEME
    if country == "DK":
        return compact if compact.startswith("DK") else f"DK{compact}", DANISH_SCHEME
    scheme = VAT_SCHEMES.get(country, "")
    return (compact, scheme) if scheme else ("", "")

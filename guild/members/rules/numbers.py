"""Numbers that must be right before anything is printed or paid: IBAN, VAT, enterprise number.

All checks are arithmetic. Whether a VAT number is alive is a question for VIES, outside.
"""

from typing import Final

import schwifty
from msgspec import Struct
from schwifty import exceptions as iban_errors
from stdnum import get_cc_module
from stdnum.be import vat as be_vat
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError as NumberWrong

from guild.core.clock import EU
from guild.members.errors import EnterpriseNumberInvalid, IbanInvalid, VatNumberInvalid

IBAN_LENGTH_MAX: Final = 42
VAT_LENGTH_MAX: Final = 20
_VAT_PREFIX: Final = {"GR": "EL"}
"""Countries whose VAT prefix is not their ISO code (Directive 2006/112/EC, article 215)."""
_GROUP: Final = 4


class Iban(Struct, frozen=True, kw_only=True):
    """A checked IBAN."""

    compact: str
    country: str
    bic: str | None
    last4: str


def check_iban(text: str) -> Iban:
    """The IBAN behind what was typed, with its national check digits verified.

    Raises IbanInvalid with a sentence that says what is wrong.
    """
    if len(text) > IBAN_LENGTH_MAX:
        raise IbanInvalid("An IBAN has at most 34 characters.", field="iban")
    try:
        iban = schwifty.IBAN(text, validate_bban=True)
    except iban_errors.InvalidLength:
        raise _iban_wrong("has the wrong number of characters for its country") from None
    except iban_errors.InvalidCountryCode:
        raise _iban_wrong("does not begin with a country that has IBANs") from None
    except (iban_errors.InvalidChecksumDigits, iban_errors.InvalidBBANChecksum):
        raise _iban_wrong(
            "has check digits that do not fit; one character is probably wrong"
        ) from None
    except iban_errors.SchwiftyException:
        raise _iban_wrong("does not have the form of an account number of its country") from None
    return Iban(
        compact=iban.compact,
        country=iban.country_code,
        bic=str(iban.bic) if iban.bic else None,
        last4=iban.compact[-_GROUP:],
    )


def check_vat(text: str, country: str) -> str:
    """The compact VAT number with its prefix, agreeing with `country` (ISO 3166-1).

    The prefix may be left out when typing. Raises VatNumberInvalid.
    """
    typed = "".join(c for c in text.upper() if c.isalnum())
    prefix = _VAT_PREFIX.get(country, country)
    if not 4 <= len(typed) <= VAT_LENGTH_MAX:
        raise _vat_wrong("does not have the length of a VAT number", country)
    if country in EU:
        if typed[:2] in _eu_prefixes() and typed[:2] != prefix:
            raise _vat_wrong(f"belongs to {typed[:2]}, but the address is in {country}", country)
        number = typed if typed.startswith(prefix) else prefix + typed
        try:
            return str(eu_vat.validate(number))
        except NumberWrong:
            raise _vat_wrong("has a wrong form or check digit", country) from None
    module = get_cc_module(country.lower(), "vat")
    if module is not None:
        try:
            module.validate(typed.removeprefix(prefix) if country != "CH" else typed)
        except NumberWrong:
            raise _vat_wrong("has a wrong form or check digit", country) from None
    return typed


def check_enterprise_number(text: str) -> str:
    """The ten digits of a Belgian enterprise number (KBO/BCE), check digits modulo 97.

    Raises EnterpriseNumberInvalid.
    """
    try:
        return str(be_vat.validate(text))
    except NumberWrong:
        raise EnterpriseNumberInvalid(
            f"“{text}” fails the check digits of Belgian enterprise numbers.",
            mend="It has ten digits and begins with 0 or 1, like 0403.019.261.",
            field="enterprise_number",
        ) from None


def firm_numbers(
    country: str, vat_number: str | None, enterprise_number: str | None
) -> tuple[str | None, str | None]:
    """Both numbers checked and agreeing with each other; in Belgium one follows from the other.

    Raises VatNumberInvalid or EnterpriseNumberInvalid.
    """
    vat = check_vat(vat_number, country) if vat_number else None
    if country != "BE":
        return vat, enterprise_number or None
    enterprise = check_enterprise_number(enterprise_number) if enterprise_number else None
    if vat and enterprise and vat != "BE" + enterprise:
        raise EnterpriseNumberInvalid(
            "The VAT number and the enterprise number are of two different firms.",
            mend="In Belgium the VAT number is BE followed by the enterprise number.",
            field="enterprise_number",
        )
    return vat, enterprise or (vat.removeprefix("BE") if vat else None)


def _eu_prefixes() -> frozenset[str]:
    return frozenset(_VAT_PREFIX.get(country, country) for country in EU)


def _iban_wrong(what: str) -> IbanInvalid:
    return IbanInvalid(
        f"This IBAN {what}.", mend="Copy it from a bank statement or card.", field="iban"
    )


def _vat_wrong(what: str, country: str) -> VatNumberInvalid:
    return VatNumberInvalid(
        f"This VAT number {what}.",
        mend=f"It begins with {_VAT_PREFIX.get(country, country)}; look on an invoice of the firm.",
        field="vat_number",
    )

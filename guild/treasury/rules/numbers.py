"""Account numbers and payment references: what is one, and how two are compared."""

import re

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import iso11649
from stdnum.be import ogm_vcs

from guild.treasury.errors import IbanRefused

_OGM_IN_TEXT = re.compile(r"(?<!\d)(\d{3})[/ ]?(\d{4})[/ ]?(\d{5})(?!\d)")
_NO_SIGN = re.compile(r"[^0-9A-Za-z]")
_RF_IN_TEXT = re.compile(r"\bRF\d{2}[A-Z0-9 ]{1,25}", re.IGNORECASE)


def checked_iban(text: str) -> str:
    """The IBAN without spaces; raises IbanRefused when it, or its national check digits, are wrong.

    `validate_bban` matters: the two international check digits alone let national typing errors
    pass.
    """
    try:
        return str(IBAN(text, validate_bban=True))
    except SchwiftyException as refused:
        raise IbanRefused(
            "The account number does not pass its own check digits.",
            mend="Copy it again from the bank card or the bank's website.",
            field="iban",
        ) from refused


def bic_of(iban: str) -> str | None:
    """The BIC that the bank registry gives for an IBAN, or None; it is never guessed."""
    bic = IBAN(iban, allow_invalid=True).bic
    return None if bic is None else str(bic)


def plain_reference(text: str) -> str:
    """A structured reference in the one form in which two may be compared.

    `+++123/4567/89002+++` and `123456789002` are the same Belgian reference (OGM-VCS);
    `RF18 5390 0754 7034` and `RF18539007547034` the same creditor reference (ISO 11649).
    """
    if not (text.isascii() and text.isalnum()):
        text = _NO_SIGN.sub("", text)
    return text.upper()


def is_structured(reference: str) -> bool:
    """Whether a plain reference carries check digits that hold (OGM-VCS or RF)."""
    if reference.startswith("RF"):
        return bool(iso11649.is_valid(reference))
    return len(reference) == 12 and reference.isdigit() and bool(ogm_vcs.is_valid(reference))


def references_in(text: str) -> tuple[str, ...]:
    """Structured references that a payer typed into the free text, in plain form.

    Only those whose check digits hold: twelve other digits are a telephone number.
    """
    if text.isalpha():
        return ()
    found = ["".join(hit.groups()) for hit in _OGM_IN_TEXT.finditer(text)]
    if "rf" in text.lower():
        found += _creditor_references(text)
    if not found:
        return ()
    return tuple(dict.fromkeys(one for one in found if is_structured(one)))


def _creditor_references(text: str) -> list[str]:
    """RF references: they have no fixed length, so the longest prefix whose digits hold counts."""
    references = []
    for hit in _RF_IN_TEXT.finditer(text):
        bare = plain_reference(hit.group())
        for end in range(len(bare), 5, -1):
            if iso11649.is_valid(bare[:end]):
                references.append(bare[:end])
                break
    return references

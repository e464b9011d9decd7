"""What pain.001 and pain.008 share: characters, ids, parties, addresses, references, the schema.

Own builders, because the packages on the index drop structured references, accept impossible
account numbers or draw a fresh id on each run. Here the same payments give the same bytes: ids
are those of the batch and its payments, so a file sent twice is one the bank can recognise.
"""

import unicodedata
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from lxml import etree

from guild.core.money import Money
from guild.treasury.errors import PaymentFileInvalid
from guild.treasury.rules.numbers import plain_reference

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_LETTERS = str.maketrans({
    "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE",
    "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d", "&": "+",
    "\u0131": "i", "\u2019": "'", "\u2013": "-",
})  # fmt: skip
"""Letters that have no decomposition, spelled as their speakers do; also the usual punctuation."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a party lives: town and country structured, the rest in a line (hybrid address).

    Since 15 November 2026 banks refuse an address without both (EPC rulebooks 2025, version 1.1).
    """

    town: str
    country: str
    postcode: str = ""
    line: str = ""
    """Street and number; one line of at most 70 characters."""

    @property
    def complete(self) -> bool:
        """Whether it may be written at all; an incomplete one is left out rather than guessed."""
        return bool(bank_text(self.town, 35)) and len(self.country) == 2 and self.country.isupper()


def bank_text(text: str, longest: int) -> str:
    """`text` in the characters that every SEPA bank carries (EPC217-08), cut to `longest`.

    Accents go, a few letters are spelled out, anything else becomes a point.
    """
    spelled = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = (letter for letter in spelled if not unicodedata.combining(letter))
    carried = "".join(letter if letter in _ALLOWED else "." for letter in plain)
    return " ".join(carried.split())[:longest].strip()


def check_ids(identifiers: list[str]) -> None:
    """Each is what banks carry (35 of their characters), and none is used twice."""
    for identifier in identifiers:
        if not identifier or len(identifier) > 35 or not set(identifier) <= _ALLOWED:
            raise PaymentFileInvalid(f"{identifier!r} is no id that banks carry.")
    if len(set(identifiers)) < len(identifiers):
        raise PaymentFileInvalid("Two payments have the same id.")


def check_party(name: str, payment: str) -> None:
    """A name of which something is left in the characters of banks."""
    if not any(letter.isalnum() for letter in bank_text(name, 70)):
        raise PaymentFileInvalid(
            f"The other side of payment {payment} has no name in letters banks carry.",
            mend="Record the account holder's name as the bank writes it.",
        )


def written(minor: int, currency: str = "EUR") -> str:
    """An amount as the schema wants it."""
    return Money(minor, currency).text


class Writer:
    """Adds elements of one message's namespace; `document` is its root."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.namespace = f"urn:iso:std:iso:20022:tech:xsd:{message}"
        default: dict[Any, str] = {None: self.namespace}
        self.document = etree.Element(f"{{{self.namespace}}}Document", nsmap=default)

    def add(self, parent: etree._Element, *path: str, text: str | None = None) -> etree._Element:
        """One element below another, through `path`."""
        for name in path:
            parent = etree.SubElement(parent, f"{{{self.namespace}}}{name}")
        if text is not None:
            parent.text = text
        return parent

    def add_amount(self, parent: etree._Element, name: str, minor: int, currency: str) -> None:
        """An amount with its currency."""
        self.add(parent, name, text=written(minor, currency)).set("Ccy", currency)

    def add_agent(self, parent: etree._Element, name: str, bic: str | None) -> None:
        """A bank by its BIC, or the word for “the IBAN says it”."""
        institution = self.add(parent, name, "FinInstnId")
        if bic:
            self.add(institution, "BICFI", text=bic)
        else:
            self.add(institution, "Othr", "Id", text="NOTPROVIDED")

    def add_party(
        self, parent: etree._Element, role: str, name: str, address: Address | None
    ) -> etree._Element:
        """Name and, when it is complete, the address of a party."""
        party = self.add(parent, role)
        self.add(party, "Nm", text=bank_text(name, 70))
        if address is not None and address.complete:
            place = self.add(party, "PstlAdr")
            if postcode := bank_text(address.postcode, 16):
                self.add(place, "PstCd", text=postcode)
            self.add(place, "TwnNm", text=bank_text(address.town, 35))
            self.add(place, "Ctry", text=address.country)
            if line := bank_text(address.line, 70):
                self.add(place, "AdrLine", text=line)
        return party

    def add_reference(self, parent: etree._Element, reference: str, text: str) -> None:
        """A structured reference (BBA for the Belgian OGM, ISO for RF), or else the text."""
        if reference:
            plain = plain_reference(reference)
            structured = self.add(parent, "RmtInf", "Strd", "CdtrRefInf")
            kind = self.add(structured, "Tp")
            self.add(kind, "CdOrPrtry", "Cd", text="SCOR")
            self.add(kind, "Issr", text="ISO" if plain.startswith("RF") else "BBA")
            self.add(structured, "Ref", text=plain)
        elif words := bank_text(text, 140):
            self.add(parent, "RmtInf", "Ustrd", text=words)

    def add_organisation(self, parent: etree._Element, number: str) -> None:
        """The enterprise number of the KBO-BCE, by which Belgian banks know who sends the file."""
        digits = "".join(filter(str.isdigit, number))
        if digits:
            identity = self.add(parent, "Id", "OrgId", "Othr")
            self.add(identity, "Id", text=digits)
            self.add(identity, "Issr", text="KBO-BCE")

    def validated(self) -> bytes:
        """The bytes; what the schema refuses never reaches a bank."""
        try:
            schema_of(self.message).assertValid(self.document)
        except etree.DocumentInvalid as broken:
            raise PaymentFileInvalid(f"The schema refuses the file: {broken}") from None
        return etree.tostring(
            self.document, xml_declaration=True, encoding="UTF-8", pretty_print=True
        )


@cache
def schema_of(message: str) -> etree.XMLSchema:
    """The vendored schema of a message."""
    path = resources.files("guild.treasury") / "data" / "xsd" / f"{message}.xsd"
    return etree.XMLSchema(etree.fromstring(path.read_bytes()))

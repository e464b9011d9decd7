"""Writes SEPA credit transfers (pain.001.001.09), the file a treasurer hands to the bank.

Own builder, because the packages on the index drop structured references, accept impossible
account numbers or draw a fresh id on each run. Here the same payments give the same bytes: ids
are those of the batch and its payouts, so a file sent twice is one the bank can recognise.
Addresses are left out rather than guessed: inside the EEA they are optional, and since
15 November 2026 an address must be structured (EPC rulebooks 2025, version 1.1).
"""

import unicodedata
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from lxml import etree

from guild.core.money import Money
from guild.treasury.errors import PaymentFileInvalid
from guild.treasury.rules.numbers import checked_iban, is_structured, plain_reference

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_DEFAULT_NAMESPACE: dict[Any, str] = {None: NAMESPACE}
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_LETTERS = str.maketrans({
    "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE",
    "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d", "&": "+",
    "\u0131": "i", "\u2019": "'", "\u2013": "-",
})  # fmt: skip
"""Letters that have no decomposition, spelled as their speakers do; also the usual punctuation."""


class Debtor(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays: the co-operative and its account."""

    name: str
    enterprise_number: str
    """Ten digits of the KBO-BCE; empty where the co-operative has none."""
    iban: str
    bic: str | None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One payment. `reference` (OGM or RF) and `text` exclude each other in the file."""

    end_to_end_id: str
    amount_minor: int
    name: str
    iban: str
    reference: str = ""
    text: str = ""


def payment_file(
    *,
    message_id: str,
    created_at: datetime,
    execute_on: date,
    debtor: Debtor,
    transfers: tuple[Transfer, ...],
) -> bytes:
    """The schema-valid XML of one batch in euro.

    Raises PaymentFileInvalid or IbanRefused when a bank would refuse it: nothing to pay, an
    amount that is not positive, an id used twice or longer than 35 characters, a name that has
    no letters banks can carry.
    """
    _check(message_id, transfers)
    number, total = (
        str(len(transfers)),
        _written(sum(one.amount_minor for one in transfers)),
    )
    document = etree.Element(f"{{{NAMESPACE}}}Document", nsmap=_DEFAULT_NAMESPACE)
    initiation = _add(document, "CstmrCdtTrfInitn")

    header = _add(initiation, "GrpHdr")
    _add(header, "MsgId", text=message_id)
    _add(header, "CreDtTm", text=created_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", text=number)
    _add(header, "CtrlSum", text=total)
    initiator = _add(header, "InitgPty")
    _add(initiator, "Nm", text=bank_text(debtor.name, 70))
    if debtor.enterprise_number:
        identity = _add(initiator, "Id", "OrgId", "Othr")
        digits = "".join(filter(str.isdigit, debtor.enterprise_number))
        _add(identity, "Id", text=digits)
        _add(identity, "Issr", text="KBO-BCE")

    payment = _add(initiation, "PmtInf")
    _add(payment, "PmtInfId", text=message_id)
    _add(payment, "PmtMtd", text="TRF")
    # One debit per payout on the statement, so that each is settled by its own end-to-end id.
    _add(payment, "BtchBookg", text="false")
    _add(payment, "NbOfTxs", text=number)
    _add(payment, "CtrlSum", text=total)
    _add(payment, "PmtTpInf", "SvcLvl", "Cd", text="SEPA")
    _add(payment, "ReqdExctnDt", "Dt", text=execute_on.isoformat())
    _add(payment, "Dbtr", "Nm", text=bank_text(debtor.name, 70))
    _add(payment, "DbtrAcct", "Id", "IBAN", text=checked_iban(debtor.iban))
    _add_agent(payment, debtor.bic)
    _add(payment, "ChrgBr", text="SLEV")
    for transfer in transfers:
        _add_transfer(payment, transfer)
    return _validated(document)


def bank_text(text: str, longest: int) -> str:
    """`text` in the characters that every SEPA bank carries (EPC217-08), cut to `longest`.

    Accents go, a few letters are spelled out, anything else becomes a point.
    """
    spelled = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = (letter for letter in spelled if not unicodedata.combining(letter))
    carried = "".join(letter if letter in _ALLOWED else "." for letter in plain)
    return " ".join(carried.split())[:longest].strip()


def _check(message_id: str, transfers: tuple[Transfer, ...]) -> None:
    """What the schema does not know."""
    if not transfers:
        raise PaymentFileInvalid("There is no payment to write.")
    ids = [one.end_to_end_id for one in transfers]
    for identifier in (message_id, *ids):
        if not identifier or len(identifier) > 35 or not set(identifier) <= _ALLOWED:
            raise PaymentFileInvalid(f"{identifier!r} is no id that banks carry.")
    if len(set(ids)) < len(ids):
        raise PaymentFileInvalid("Two payments have the same id.")
    for one in transfers:
        if one.amount_minor <= 0:
            raise PaymentFileInvalid(f"Payment {one.end_to_end_id} has no positive amount.")
        if not any(letter.isalnum() for letter in bank_text(one.name, 70)):
            raise PaymentFileInvalid(
                f"The payee of payment {one.end_to_end_id} has no name in letters banks carry.",
                mend="Record the account holder's name as the bank writes it.",
            )
        if one.reference and not is_structured(plain_reference(one.reference)):
            raise PaymentFileInvalid(f"{one.reference!r} is no structured reference.")


def _add(parent: etree._Element, *path: str, text: str | None = None) -> etree._Element:
    for name in path:
        parent = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        parent.text = text
    return parent


def _add_agent(payment: etree._Element, bic: str | None) -> None:
    institution = _add(payment, "DbtrAgt", "FinInstnId")
    if bic:
        _add(institution, "BICFI", text=bic)
    else:
        _add(institution, "Othr", "Id", text="NOTPROVIDED")


def _add_transfer(payment: etree._Element, transfer: Transfer) -> None:
    order = _add(payment, "CdtTrfTxInf")
    _add(order, "PmtId", "EndToEndId", text=transfer.end_to_end_id)
    amount = _add(order, "Amt", "InstdAmt", text=_written(transfer.amount_minor))
    amount.set("Ccy", "EUR")
    _add(order, "Cdtr", "Nm", text=bank_text(transfer.name, 70))
    _add(order, "CdtrAcct", "Id", "IBAN", text=checked_iban(transfer.iban))
    if transfer.reference:
        reference = plain_reference(transfer.reference)
        structured = _add(order, "RmtInf", "Strd", "CdtrRefInf")
        kind = _add(structured, "Tp")
        _add(kind, "CdOrPrtry", "Cd", text="SCOR")
        _add(kind, "Issr", text="ISO" if reference.startswith("RF") else "BBA")
        _add(structured, "Ref", text=reference)
    elif transfer.text:
        _add(order, "RmtInf", "Ustrd", text=bank_text(transfer.text, 140))


def _written(minor: int) -> str:
    return Money(minor, "EUR").text


@cache
def _schema() -> etree.XMLSchema:
    path = resources.files("guild.treasury") / "data" / "xsd" / "pain.001.001.09.xsd"
    return etree.XMLSchema(etree.fromstring(path.read_bytes()))


def _validated(document: etree._Element) -> bytes:
    """The bytes; what the schema refuses never reaches a bank."""
    try:
        _schema().assertValid(document)
    except etree.DocumentInvalid as broken:
        raise PaymentFileInvalid(f"The schema refuses the file: {broken}") from None
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)

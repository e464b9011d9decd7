"""Writes SEPA direct debits (pain.008.001.08): what is collected from clients who signed a mandate.

One payment information per scheme and sequence type, as the rulebooks want it; the first
collection under a mandate is FRST, those after it RCUR. The creditor identifier is checked with
its own check digits (EPC262-08) before anything is written.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

import msgspec
from lxml import etree
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError

from guild.treasury.errors import PaymentFileInvalid
from guild.treasury.rules.iso20022 import Address, Writer, check_ids, check_party, written
from guild.treasury.rules.numbers import checked_iban, is_structured, plain_reference

MESSAGE = "pain.008.001.08"
SEQUENCES = ("FRST", "RCUR", "OOFF", "FNAL")
SCHEMES = ("CORE", "B2B")


class Creditor(msgspec.Struct, frozen=True, kw_only=True):
    """Who collects: the co-operative, its account and its creditor identifier."""

    name: str
    identifier: str
    """SEPA creditor identifier, for example BE68ZZZ0123456789."""
    iban: str
    bic: str | None
    enterprise_number: str = ""
    address: Address | None = None


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """One amount collected under one mandate."""

    end_to_end_id: str
    amount_minor: int
    mandate: str
    signed_on: date
    scheme: str
    sequence: str
    name: str
    iban: str
    reference: str = ""
    text: str = ""
    address: Address | None = None


def checked_creditor_id(identifier: str) -> str:
    """The creditor identifier in plain form; raises PaymentFileInvalid when it cannot be one."""
    try:
        return str(at_02.validate(identifier))
    except ValidationError as refused:
        raise PaymentFileInvalid(
            f"{identifier!r} is no SEPA creditor identifier.",
            mend="Copy it from the letter of the bank; without one nothing can be collected.",
        ) from refused


def collection_file(
    *,
    message_id: str,
    created_at: datetime,
    collect_on: date,
    creditor: Creditor,
    collections: tuple[Collection, ...],
) -> bytes:
    """The schema-valid XML of one day's collections in euro.

    Raises PaymentFileInvalid or IbanRefused when a bank would refuse it.
    """
    identifier = checked_creditor_id(creditor.identifier)
    _check(message_id, collect_on, collections)
    write = Writer(MESSAGE)
    initiation = write.add(write.document, "CstmrDrctDbtInitn")
    header = write.add(initiation, "GrpHdr")
    write.add(header, "MsgId", text=message_id)
    write.add(header, "CreDtTm", text=created_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    write.add(header, "NbOfTxs", text=str(len(collections)))
    write.add(header, "CtrlSum", text=written(sum(one.amount_minor for one in collections)))
    initiator = write.add_party(header, "InitgPty", creditor.name, None)
    write.add_organisation(initiator, creditor.enterprise_number)
    for position, (scheme, sequence, group) in enumerate(_groups(collections), 1):
        payment = write.add(initiation, "PmtInf")
        # 32 hexadecimal signs of the batch and two digits: within the 35 that banks carry.
        write.add(payment, "PmtInfId", text=f"{message_id}-{position}"[:35])
        write.add(payment, "PmtMtd", text="DD")
        write.add(payment, "BtchBookg", text="false")
        write.add(payment, "NbOfTxs", text=str(len(group)))
        write.add(payment, "CtrlSum", text=written(sum(one.amount_minor for one in group)))
        kind = write.add(payment, "PmtTpInf")
        write.add(kind, "SvcLvl", "Cd", text="SEPA")
        write.add(kind, "LclInstrm", "Cd", text=scheme)
        write.add(kind, "SeqTp", text=sequence)
        write.add(payment, "ReqdColltnDt", text=collect_on.isoformat())
        write.add_party(payment, "Cdtr", creditor.name, creditor.address)
        write.add(payment, "CdtrAcct", "Id", "IBAN", text=checked_iban(creditor.iban))
        write.add_agent(payment, "CdtrAgt", creditor.bic)
        write.add(payment, "ChrgBr", text="SLEV")
        other = write.add(payment, "CdtrSchmeId", "Id", "PrvtId", "Othr")
        write.add(other, "Id", text=identifier)
        write.add(other, "SchmeNm", "Prtry", text="SEPA")
        for one in group:
            _add_collection(write, payment, one)
    return write.validated()


def _groups(
    collections: tuple[Collection, ...],
) -> Iterator[tuple[str, str, list[Collection]]]:
    def key(one: Collection) -> tuple[str, str]:
        return one.scheme, one.sequence

    for (scheme, sequence), group in groupby(sorted(collections, key=key), key=key):
        yield scheme, sequence, list(group)


def _check(message_id: str, collect_on: date, collections: tuple[Collection, ...]) -> None:
    """What the schema does not know."""
    if not collections:
        raise PaymentFileInvalid("There is nothing to collect.")
    check_ids([message_id])
    check_ids([one.end_to_end_id for one in collections])
    for one in collections:
        check_ids([one.mandate])
        if one.amount_minor <= 0:
            raise PaymentFileInvalid(f"Collection {one.end_to_end_id} has no positive amount.")
        if one.scheme not in SCHEMES or one.sequence not in SEQUENCES:
            raise PaymentFileInvalid(
                f"{one.scheme} {one.sequence} is no scheme and sequence of SEPA direct debits."
            )
        if one.signed_on > collect_on:
            raise PaymentFileInvalid(f"Mandate {one.mandate} is signed after the collection.")
        check_party(one.name, one.end_to_end_id)
        if one.reference and not is_structured(plain_reference(one.reference)):
            raise PaymentFileInvalid(f"{one.reference!r} is no structured reference.")


def _add_collection(write: Writer, payment: etree._Element, one: Collection) -> None:
    order = write.add(payment, "DrctDbtTxInf")
    write.add(order, "PmtId", "EndToEndId", text=one.end_to_end_id)
    write.add_amount(order, "InstdAmt", one.amount_minor, "EUR")
    mandate = write.add(order, "DrctDbtTx", "MndtRltdInf")
    write.add(mandate, "MndtId", text=one.mandate)
    write.add(mandate, "DtOfSgntr", text=one.signed_on.isoformat())
    write.add_agent(order, "DbtrAgt", None)
    write.add_party(order, "Dbtr", one.name, one.address)
    write.add(order, "DbtrAcct", "Id", "IBAN", text=checked_iban(one.iban))
    write.add_reference(order, one.reference, one.text)

"""Writes SEPA credit transfers (pain.001.001.09), the file a treasurer hands to the bank.

Structured references (OGM or RF) and free text exclude each other. Addresses are structured, or
hybrid with one line, and left out when town or country is missing: inside the EEA they are
optional, and since 15 November 2026 an unstructured one is refused (EPC rulebooks 2025, v1.1).
"""

from datetime import date, datetime

import msgspec
from lxml import etree

from guild.treasury.errors import PaymentFileInvalid
from guild.treasury.rules.iso20022 import (
    Address,
    Writer,
    bank_text,
    check_ids,
    check_party,
    written,
)
from guild.treasury.rules.numbers import checked_iban, is_structured, plain_reference

__all__ = ["Address", "Debtor", "Transfer", "bank_text", "payment_file"]

MESSAGE = "pain.001.001.09"


class Debtor(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays: the co-operative and its account."""

    name: str
    enterprise_number: str
    """Ten digits of the KBO-BCE; empty where the co-operative has none."""
    iban: str
    bic: str | None
    address: Address | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One payment. `reference` (OGM or RF) and `text` exclude each other in the file."""

    end_to_end_id: str
    amount_minor: int
    name: str
    iban: str
    reference: str = ""
    text: str = ""
    address: Address | None = None


def payment_file(
    *,
    message_id: str,
    created_at: datetime,
    execute_on: date,
    debtor: Debtor,
    transfers: tuple[Transfer, ...],
    currency: str = "EUR",
) -> bytes:
    """The schema-valid XML of one batch: one account, one currency, one day.

    In euro it is a SEPA payment; in another currency an ordinary one with shared charges. Raises
    PaymentFileInvalid or IbanRefused when a bank would refuse it: nothing to pay, an amount that
    is not positive, an id used twice or longer than 35 characters, a name that has no letters
    banks can carry.
    """
    _check(message_id, transfers)
    number = str(len(transfers))
    total = written(sum(one.amount_minor for one in transfers), currency)
    write = Writer(MESSAGE)
    initiation = write.add(write.document, "CstmrCdtTrfInitn")

    header = write.add(initiation, "GrpHdr")
    write.add(header, "MsgId", text=message_id)
    write.add(header, "CreDtTm", text=created_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    write.add(header, "NbOfTxs", text=number)
    write.add(header, "CtrlSum", text=total)
    initiator = write.add_party(header, "InitgPty", debtor.name, None)
    write.add_organisation(initiator, debtor.enterprise_number)

    payment = write.add(initiation, "PmtInf")
    write.add(payment, "PmtInfId", text=message_id)
    write.add(payment, "PmtMtd", text="TRF")
    # One debit per payout on the statement, so that each is settled by its own end-to-end id.
    write.add(payment, "BtchBookg", text="false")
    write.add(payment, "NbOfTxs", text=number)
    write.add(payment, "CtrlSum", text=total)
    if currency == "EUR":
        write.add(payment, "PmtTpInf", "SvcLvl", "Cd", text="SEPA")
    write.add(payment, "ReqdExctnDt", "Dt", text=execute_on.isoformat())
    write.add_party(payment, "Dbtr", debtor.name, debtor.address)
    write.add(payment, "DbtrAcct", "Id", "IBAN", text=checked_iban(debtor.iban))
    write.add_agent(payment, "DbtrAgt", debtor.bic)
    write.add(payment, "ChrgBr", text="SLEV" if currency == "EUR" else "SHAR")
    for transfer in transfers:
        _add_transfer(write, payment, transfer, currency)
    return write.validated()


def _check(message_id: str, transfers: tuple[Transfer, ...]) -> None:
    """What the schema does not know."""
    if not transfers:
        raise PaymentFileInvalid("There is no payment to write.")
    check_ids([message_id])
    check_ids([one.end_to_end_id for one in transfers])
    for one in transfers:
        if one.amount_minor <= 0:
            raise PaymentFileInvalid(f"Payment {one.end_to_end_id} has no positive amount.")
        check_party(one.name, one.end_to_end_id)
        if one.reference and not is_structured(plain_reference(one.reference)):
            raise PaymentFileInvalid(f"{one.reference!r} is no structured reference.")


def _add_transfer(
    write: Writer, payment: etree._Element, transfer: Transfer, currency: str
) -> None:
    order = write.add(payment, "CdtTrfTxInf")
    write.add(order, "PmtId", "EndToEndId", text=transfer.end_to_end_id)
    write.add_amount(write.add(order, "Amt"), "InstdAmt", transfer.amount_minor, currency)
    write.add_party(order, "Cdtr", transfer.name, transfer.address)
    write.add(order, "CdtrAcct", "Id", "IBAN", text=checked_iban(transfer.iban))
    write.add_reference(order, transfer.reference, transfer.text)

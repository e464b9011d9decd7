"""What a supplier's electronic invoice says, whatever it was written in.

The terms are those of EN 16931-1 (BT and BG numbers where the field's name does not say it), wider
than what Guild itself issues: suppliers give allowances, charges, prepayments and rounding.
Amounts are Decimals in major units. Absent texts are empty, absent amounts of totals are zero.
"""

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

Syntax = Literal["ubl", "cii", "facturx"]
Level = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that does not hold, in words that the reader of the invoice understands.

    `rule` is the identifier of EN 16931 or Peppol where they have one, else `GUILD-…`.
    """

    rule: str
    level: Level
    text: str
    field: str = ""


class ReceivedParty(msgspec.Struct, frozen=True, kw_only=True):
    """Seller (BG-4) or buyer (BG-7)."""

    name: str
    street: str
    postcode: str
    city: str
    country: str
    vat_number: str
    legal_id: str
    legal_scheme: str
    endpoint: str
    endpoint_scheme: str
    email: str


class ReceivedLine(msgspec.Struct, frozen=True, kw_only=True):
    """BG-25; `allowances` and `charges` are the line's own, already within `net`."""

    id: str
    name: str
    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    base_quantity: Decimal
    allowances: Decimal
    charges: Decimal
    net: Decimal
    category: str
    rate: Decimal | None


class ReceivedVat(msgspec.Struct, frozen=True, kw_only=True):
    """BG-23: one category and rate."""

    category: str
    rate: Decimal | None
    taxable: Decimal
    vat: Decimal
    reason: str


class ReceivedInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document as its supplier wrote it; nothing is reckoned or mended here."""

    kind: Literal["invoice", "credit_note"]
    type_code: str
    customization: str
    number: str
    issued_on: dt.date
    due_on: dt.date | None
    currency: str
    note: str
    buyer_reference: str
    order_reference: str
    contract_reference: str
    project_reference: str
    preceding: tuple[str, ...]
    seller: ReceivedParty
    buyer: ReceivedParty
    iban: str
    bic: str
    payment_reference: str
    lines: tuple[ReceivedLine, ...]
    vat: tuple[ReceivedVat, ...]
    allowances: tuple[Decimal, ...]
    charges: tuple[Decimal, ...]
    line_total: Decimal
    allowance_total: Decimal
    charge_total: Decimal
    net: Decimal
    vat_total: Decimal
    total: Decimal
    prepaid: Decimal
    rounding: Decimal
    payable: Decimal
    attachments: tuple[str, ...]
    """Names of files inside the document; they are not opened."""


class ReadDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of a file: the invoice, its XML where a PDF carried it, and what is wrong."""

    syntax: Syntax
    invoice: ReceivedInvoice
    xml: bytes
    """The invoice's XML: the file itself, or what the PDF carried."""
    xml_name: str
    findings: tuple[Finding, ...]


class ReadRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a file is not read at all."""

    code: str
    detail: str
    mend: str


class NotReadable(Exception):
    """The file is no invoice that may be read; `refusal` says why and what to do."""

    def __init__(self, code: str, detail: str, mend: str = "") -> None:
        super().__init__(detail)
        self.refusal = ReadRefusal(code=code, detail=detail, mend=mend)

"""The canonical electronic invoice: the terms of EN 16931-1 that Guild uses, frozen and complete.

Both emitters write exactly this and reckon nothing, so the two files and the print cannot differ.
Business terms (BT) are named where the field's own name does not say it. Amounts are Decimals in
major units with the currency's decimals; a rate is None for category O, which must not show one.
"""

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

Kind = Literal["invoice", "credit_note"]
TYPE_CODES: dict[Kind, str] = {"invoice": "380", "credit_note": "381"}
"""UNCL 1001, BT-3."""

PEPPOL_BIS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
FACTUR_X = "urn:cen.eu:en16931:2017"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Seller (BG-4) or buyer (BG-7); empty strings are left out of the XML."""

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
    contact_name: str
    contact_email: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """BG-25. `unit` is a UN/ECE Recommendation 20 code; `price` may have more decimals."""

    id: str
    name: str
    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    net: Decimal
    category: str
    rate: Decimal | None


class VatRow(msgspec.Struct, frozen=True, kw_only=True):
    """BG-23: one category and rate."""

    category: str
    rate: Decimal | None
    taxable: Decimal
    vat: Decimal
    reason_code: str
    reason: str


class Preceding(msgspec.Struct, frozen=True, kw_only=True):
    """BG-3: the invoice that a credit note corrects."""

    number: str
    issued_on: dt.date


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """BG-17: where to pay and what to write."""

    iban: str
    bic: str
    account_name: str
    reference: str


class EInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document. `prepaid` (BT-113) lowers what is payable, never the VAT."""

    kind: Kind
    number: str
    issued_on: dt.date
    due_on: dt.date
    currency: str
    note: str
    buyer_reference: str
    order_reference: str
    contract_reference: str
    preceding: Preceding | None
    seller: Party
    buyer: Party
    delivered_on: dt.date
    transfer: Transfer | None
    terms: str
    lines: tuple[Line, ...]
    vat: tuple[VatRow, ...]
    net: Decimal
    vat_total: Decimal
    total: Decimal
    prepaid: Decimal
    payable: Decimal


def plain(value: Decimal) -> str:
    """A quantity, price or rate in its shortest exact form, never in exponent notation."""
    text = f"{value.normalize():f}"
    return "0" if text == "-0" else text

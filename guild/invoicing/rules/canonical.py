"""The canonical electronic invoice: the terms of EN 16931-1 that Guild uses, frozen and complete.

Both emitters write exactly this and reckon nothing, so the two files and the print cannot differ.
Business terms (BT) are named where the field's own name does not say it. Amounts are Decimals in
major units with the currency's decimals; a rate is None for category O, which must not show one.
"""

import datetime as dt
from decimal import Decimal
from typing import Final, Literal

import msgspec

Kind = Literal["invoice", "credit_note", "self_bill", "self_bill_credit", "proforma"]

CREDITS: Final = frozenset({"credit_note", "self_bill_credit"})
SELF_BILLED: Final = frozenset({"self_bill", "self_bill_credit"})

TYPE_CODES: Final[dict[str, str]] = {
    "invoice": "380",
    "credit_note": "381",
    "self_bill": "389",
    "self_bill_credit": "261",
    "proforma": "325",
}
"""UNCL 1001, BT-3, unless a document names its own (386 for a deposit)."""

PEPPOL_BIS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
PEPPOL_SELF_BILLING = (
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0"
)
PEPPOL_SELF_BILLING_PROCESS = "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"
FACTUR_X = "urn:cen.eu:en16931:2017"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Seller (BG-4) or buyer (BG-7); empty strings are left out of the XML.

    `tax_numbers` are further registrations as printed, such as Quebec's GST and QST numbers.
    """

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
    contact_phone: str = ""
    tax_numbers: tuple[tuple[str, str], ...] = ()


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """BG-10: who gets the money when that is not the seller, such as a factor."""

    name: str
    legal_id: str = ""
    legal_scheme: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """BG-13, BG-15: where it was delivered, when that is not the buyer's address."""

    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""


class References(msgspec.Struct, frozen=True, kw_only=True):
    """What the client's bookkeeping wants to find, beside its own reference and order number."""

    project: str = ""
    """BT-11."""
    receipt: str = ""
    """BT-15: the client's note that it received the goods."""
    despatch: str = ""
    """BT-16."""
    sales_order: str = ""
    """BT-14."""
    tender: str = ""
    """BT-17: tender or lot, for public bodies."""
    accounting: str = ""
    """BT-19: the client's account or cost centre."""


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance or charge of a line (BG-27, BG-28) or of the document (BG-20, BG-21).

    `amount` is positive; `base` and `percent` stand together or not at all. Category and rate are
    the document's own; a line's adjustment is taxed as its line.
    """

    charge: bool
    amount: Decimal
    base: Decimal | None
    percent: Decimal | None
    reason: str
    reason_code: str
    category: str
    rate: Decimal | None


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
    base_quantity: Decimal = Decimal(1)
    adjustments: tuple[Adjustment, ...] = ()


class VatRow(msgspec.Struct, frozen=True, kw_only=True):
    """BG-23: one category and rate; `tax` is VAT in every document that is emitted as XML."""

    category: str
    rate: Decimal | None
    taxable: Decimal
    vat: Decimal
    reason_code: str
    reason: str
    tax: str = "VAT"


class Preceding(msgspec.Struct, frozen=True, kw_only=True):
    """BG-3: a document that this one corrects or settles."""

    number: str
    issued_on: dt.date


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """BG-24: a supporting file. `data` is empty until the files are made; `sha256` is hex."""

    name: str
    media_type: str
    description: str
    sha256: str
    data: bytes = b""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """BG-17: where to pay and what to write."""

    iban: str
    bic: str
    account_name: str
    reference: str


class EInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document. `prepaid` (BT-113) lowers what is payable, never the VAT.

    `net` (BT-109) is `lines_net` (BT-106) less `allowances` (BT-107) plus `charges` (BT-108);
    `payable` (BT-115) is `total` (BT-112) less `prepaid` plus `rounding` (BT-114).
    `accounting_vat` (BT-111) is the VAT in `accounting_currency` (BT-6), both or neither.
    """

    kind: Kind
    type_code: str
    number: str
    issued_on: dt.date
    due_on: dt.date
    currency: str
    accounting_currency: str
    accounting_vat: Decimal | None
    note: str
    buyer_reference: str
    order_reference: str
    contract_reference: str
    references: References
    preceding: tuple[Preceding, ...]
    seller: Party
    buyer: Party
    payee: Payee | None
    delivery: Delivery | None
    delivered_on: dt.date
    period: tuple[dt.date, dt.date] | None
    transfer: Transfer | None
    terms: str
    adjustments: tuple[Adjustment, ...]
    lines: tuple[Line, ...]
    vat: tuple[VatRow, ...]
    attachments: tuple[Attached, ...]
    lines_net: Decimal
    allowances: Decimal
    charges: Decimal
    net: Decimal
    vat_total: Decimal
    total: Decimal
    prepaid: Decimal
    rounding: Decimal
    payable: Decimal

    @property
    def is_credit(self) -> bool:
        """Whether it takes back (381, 261)."""
        return self.kind in CREDITS

    @property
    def emitted(self) -> bool:
        """Whether EN 16931 files exist of it: VAT documents only, and no pro-forma."""
        return self.kind != "proforma" and all(row.tax == "VAT" for row in self.vat)


def plain(value: Decimal) -> str:
    """A quantity, price or rate in its shortest exact form, never in exponent notation."""
    text = f"{value.normalize():f}"
    return "0" if text == "-0" else text

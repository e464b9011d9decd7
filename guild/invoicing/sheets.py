"""The printed invoice and credit note as data: what `invoice_print.html` needs, and nothing it must
compute.

Amounts are integers in minor units of `currency`, rates in basis points, dates are dates. The
invoicing commands fill a sheet from the issued invoice, which never changes, so a sheet can be made
again and equal.
"""

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

from guild.documents.brand import Brand
from guild.documents.schemas import Addressee, Language, Letterhead


class SheetAdjustment(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance, or a charge. `minor` is positive; per cent and base only where it is one."""

    charge: bool
    reason: str
    minor: int
    percent_milli: int | None
    base_minor: int | None


class SheetExchange(msgspec.Struct, frozen=True, kw_only=True):
    """The VAT in the currency that the cooperative accounts in, and the rate with its source."""

    currency: str
    rate: Decimal
    on: dt.date
    source: str
    vat_minor: int


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `unit` is a UN/ECE Recommendation 20 code (HUR, DAY, C62, MON, LS, KMT, D68).

    `unit_price` is in major units, because a price may have more decimals than the currency.
    """

    text: str
    detail: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_milli: int
    net_minor: int
    base_quantity: Decimal = Decimal(1)
    adjustments: tuple[SheetAdjustment, ...] = ()
    category: str = "S"


class VatRow(msgspec.Struct, frozen=True, kw_only=True):
    """VAT of one category and rate, on the sum of its lines. `reason` is the statutory wording, or
    empty.
    """

    category: str
    rate_milli: int
    base_minor: int
    tax_minor: int
    reason: str
    tax: Literal["VAT", "GST", "HST", "QST", "NONE"] = "VAT"


class Prepayment(msgspec.Struct, frozen=True, kw_only=True):
    """Something already received, shown as a positive amount and deducted from the amount due."""

    received_on: dt.date | None
    minor: int


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """Where to pay. `reference` as the payer types it: +++…+++, RF…, or the invoice number."""

    beneficiary: str
    iban: str
    bic: str
    reference: str


class Corrects(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice that a credit note corrects, and how the money comes back.

    `settlement` "deducted": it lowers what is open, `open_minor` stays to be paid by `open_due_on`;
    "refunded": it goes back to the account the client paid from.
    """

    number: str
    issued_on: dt.date
    settlement: Literal["deducted", "refunded"]
    open_minor: int
    open_due_on: dt.date | None


class InvoiceShare(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the gross amount under "Where this money goes"; the parts sum to the gross
    amount.

    `code`: "member", "fund_operations", "fund_guarantee", "fund_sickness", "fund_solidarity",
    "levy" (all pots together) or "vat". `rate_bps` is the share of the net amount; None for member
    and VAT.
    """

    code: Literal[
        "member",
        "levy",
        "fund_operations",
        "fund_guarantee",
        "fund_sickness",
        "fund_solidarity",
        "vat",
    ]
    rate_bps: int | None
    minor: int
    name: str = ""
    """The member, where several share the work; otherwise it is the sheet's one worker."""


class InvoiceSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A whole invoice or credit note (amounts of a credit note are positive).

    `payment` is None for credit notes and settled invoices; `corrects` is None for invoices.
    `strong_mention` is printed in bold beside the sums ("Reverse charge"); `mentions` in small
    type. Both are statutory wording in the sheet's language. `with_data` says that factur-x.xml is
    attached. `delivered_from`/`delivered_to` are the period of the work, equal for one day.
    """

    kind: Literal["invoice", "credit_note", "self_bill", "self_bill_credit", "proforma", "deposit"]
    lang: Language
    number: str
    currency: str
    seller: Letterhead
    to: Addressee
    issued_on: dt.date
    due_on: dt.date
    delivered_from: dt.date
    delivered_to: dt.date
    buyer_reference: str
    buyer_vat_number: str
    contract_number: str
    worker: str
    """Whose work it is: all names, as the language lists them."""
    lines: tuple[InvoiceLine, ...]
    net_minor: int
    vat: tuple[VatRow, ...]
    tax_minor: int
    gross_minor: int
    prepaid: tuple[Prepayment, ...]
    due_minor: int
    payment: Payment | None
    corrects: Corrects | None
    strong_mention: str
    mentions: tuple[str, ...]
    shares: tuple[InvoiceShare, ...]
    with_data: bool
    lines_minor: int | None = None
    """The sum of the lines, where allowances or charges of the whole document follow it."""
    adjustments: tuple[SheetAdjustment, ...] = ()
    rounding_minor: int = 0
    exchange: SheetExchange | None = None
    attachments: tuple[tuple[str, str], ...] = ()
    """Name and description of each attached file."""
    references: tuple[tuple[str, str], ...] = ()
    """Further references: a word of the labels and what the client calls it."""
    delivered_to_address: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()
    """Numbers of documents that this one settles, such as deposits."""
    brand: Brand = Brand()

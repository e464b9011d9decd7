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

from guild.documents.schemas import Addressee, Language, Letterhead


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `unit` is a UN/ECE Recommendation 20 code (HUR, DAY, C62, MON, LS, KMT, WRD as in
    rec. 21).

    `unit_price` is in major units, because a price may have more decimals than the currency.
    """

    text: str
    detail: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_bps: int
    net_minor: int


class VatRow(msgspec.Struct, frozen=True, kw_only=True):
    """VAT of one category and rate, on the sum of its lines. `reason` is the statutory wording, or
    empty.
    """

    category: str
    rate_bps: int
    base_minor: int
    tax_minor: int
    reason: str


class Prepayment(msgspec.Struct, frozen=True, kw_only=True):
    """Something already received, shown as a positive amount and deducted from the amount due."""

    received_on: dt.date
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


class InvoiceSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A whole invoice or credit note (amounts of a credit note are positive).

    `payment` is None for credit notes and settled invoices; `corrects` is None for invoices.
    `strong_mention` is printed in bold beside the sums ("Reverse charge"); `mentions` in small
    type. Both are statutory wording in the sheet's language. `with_data` says that factur-x.xml is
    attached. `delivered_from`/`delivered_to` are the period of the work, equal for one day.
    """

    kind: Literal["invoice", "credit_note"]
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

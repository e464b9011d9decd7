"""From what an issued invoice froze to the canonical electronic invoice.

Everything comes from the invoice's own rows: the parties as they were on the day of issue, the
lines, the VAT as decided. So the files can be made again later and come out equal.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from guild.core.money import minor_digits
from guild.invoicing.rules.canonical import (
    CREDITS,
    SELF_BILLED,
    Adjustment,
    Attached,
    Delivery,
    EInvoice,
    Kind,
    Line,
    Party,
    Payee,
    Preceding,
    References,
    Transfer,
    VatRow,
)
from guild.invoicing.rules.totals import percent_of

TERMS: Final = {
    "en": "Payable by {}",
    "fr": "Payable au plus tard le {}",
    "nl": "Te betalen uiterlijk op {}",
    "de": "Zahlbar bis {}",
}
REPAYMENT: Final = {
    "en": "VAT to be repaid to the State in so far as it was initially deducted",
    "fr": "T.V.A. à reverser à l'État dans la mesure où elle a été initialement déduite",
    "nl": "Btw terug te storten aan de Staat in de mate waarin ze oorspronkelijk in aftrek werd "
    "gebracht",
    "de": "Mehrwertsteuer an den Staat zurückzuzahlen, soweit sie ursprünglich abgezogen wurde",
}
"""What a Belgian credit note tells the client (arrêté royal n° 4, art. 4)."""

SELF_BILLING: Final = {
    "en": "Self-billing",
    "fr": "Autofacturation",
    "nl": "Factuur uitgereikt door afnemer",
    "de": "Gutschrift",
}
"""Article 226(10a) of Directive 2006/112/EC, in the words of its language versions."""

SILENT: Final = frozenset({"S", "Z"})
"""Categories whose VAT row must not give a reason (BR-S-10, BR-Z-10)."""


class FrozenLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as stored; `price` in major units for `base_quantity` units."""

    position: int
    text: str
    detail: str
    quantity: Decimal
    unit: str
    price: Decimal
    net_minor: int
    category: str
    rate_milli: int
    base_quantity: Decimal = Decimal(1)
    treatment: str = ""
    reduced_milli: int | None = None


class FrozenAdjustment(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance or charge as stored; `line_position` is None for the whole document's."""

    position: int
    line_position: int | None
    charge: bool
    amount_minor: int
    percent_milli: int | None
    base_minor: int | None
    reason_code: str
    reason: str
    treatment: str
    reduced_milli: int | None
    category: str
    rate_milli: int


class FrozenVat(msgspec.Struct, frozen=True, kw_only=True):
    """A tax row as stored; `reason` is the mention with its article."""

    category: str
    rate_milli: int
    taxable_minor: int
    vat_minor: int
    reason_code: str
    reason: str
    tax: str = "VAT"


class FrozenInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an issued document says; `number` is empty while it is being checked."""

    kind: Kind
    number: str
    language: str
    issued_on: dt.date
    due_on: dt.date
    delivered_on: dt.date
    currency: str
    buyer_reference: str
    order_reference: str
    contract_number: str
    reason: str
    seller: Party
    buyer: Party
    iban: str
    bic: str
    reference: str
    lines: tuple[FrozenLine, ...]
    vat: tuple[FrozenVat, ...]
    lines_minor: int
    net_minor: int
    vat_minor: int
    total_minor: int
    payable_minor: int
    type_code: str = "380"
    note: str = ""
    period: tuple[dt.date, dt.date] | None = None
    references: References = References()
    preceding: tuple[Preceding, ...] = ()
    delivery: Delivery | None = None
    payee: Payee | None = None
    adjustments: tuple[FrozenAdjustment, ...] = ()
    attachments: tuple[Attached, ...] = ()
    allowances_minor: int = 0
    charges_minor: int = 0
    prepaid_minor: int = 0
    rounding_minor: int = 0
    round_to: int = 1
    accounting_currency: str | None = None
    exchange_rate: Decimal | None = None
    exchange_rate_on: dt.date | None = None
    exchange_rate_source: str = ""
    vat_accounting_minor: int | None = None


def repayment_notice(invoice: FrozenInvoice) -> str:
    """The statutory mention of a credit note that takes VAT back, in the client's language."""
    if invoice.kind not in CREDITS or not invoice.vat_minor or invoice.seller.country != "BE":
        return ""
    return REPAYMENT.get(invoice.language, REPAYMENT["en"])


def self_billing_mention(invoice: FrozenInvoice) -> str:
    """The mention that article 226(10a) asks for when the customer writes the invoice."""
    if invoice.kind not in SELF_BILLED:
        return ""
    return SELF_BILLING.get(invoice.language, SELF_BILLING["en"])


def einvoice_of(invoice: FrozenInvoice, files: Mapping[str, bytes] | None = None) -> EInvoice:
    """The canonical document. Category O leaves both VAT numbers out (BR-O-02).

    `files` are the bytes of the attachments by their SHA-256; without them they are left empty.
    """

    def major(minor: int) -> Decimal:
        return Decimal(minor).scaleb(-minor_digits(invoice.currency))

    outside = any(row.category == "O" for row in invoice.vat)
    accounting = invoice.accounting_currency or ""
    mentions = (
        self_billing_mention(invoice), invoice.note, invoice.reason, repayment_notice(invoice),
        *(f"{name}: {number}" for name, number in invoice.seller.tax_numbers),
    )  # fmt: skip
    return EInvoice(
        kind=invoice.kind,
        type_code=invoice.type_code,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=invoice.currency,
        accounting_currency=accounting,
        accounting_vat=Decimal(invoice.vat_accounting_minor).scaleb(-minor_digits(accounting))
        if invoice.vat_accounting_minor is not None
        else None,
        note=". ".join(filter(None, mentions)),
        buyer_reference=invoice.buyer_reference,
        order_reference=invoice.order_reference,
        contract_reference=invoice.contract_number,
        references=invoice.references,
        preceding=invoice.preceding,
        seller=_without_vat(invoice.seller) if outside else invoice.seller,
        buyer=_without_vat(invoice.buyer) if outside else invoice.buyer,
        payee=invoice.payee,
        delivery=invoice.delivery,
        delivered_on=invoice.delivered_on,
        period=invoice.period,
        transfer=_transfer(invoice),
        terms=_terms(invoice),
        adjustments=_adjustments(invoice, None, major),
        lines=tuple(_line(invoice, line, major) for line in invoice.lines),
        vat=tuple(_vat(row, major) for row in invoice.vat),
        attachments=tuple(
            msgspec.structs.replace(one, data=(files or {}).get(one.sha256, b""))
            for one in invoice.attachments
        ),
        lines_net=major(invoice.lines_minor),
        allowances=major(invoice.allowances_minor),
        charges=major(invoice.charges_minor),
        net=major(invoice.net_minor),
        vat_total=major(invoice.vat_minor),
        total=major(invoice.total_minor),
        prepaid=major(invoice.prepaid_minor),
        rounding=major(invoice.rounding_minor),
        payable=major(invoice.payable_minor),
    )


def _line(invoice: FrozenInvoice, line: FrozenLine, major: Callable[[int], Decimal]) -> Line:
    return Line(
        id=str(line.position),
        name=line.text,
        description=line.detail,
        quantity=line.quantity,
        unit=line.unit,
        price=line.price,
        base_quantity=line.base_quantity,
        net=major(line.net_minor),
        category=line.category,
        rate=_rate(line.category, line.rate_milli),
        adjustments=_adjustments(invoice, line.position, major),
    )


def _adjustments(
    invoice: FrozenInvoice, line_position: int | None, major: Callable[[int], Decimal]
) -> tuple[Adjustment, ...]:
    return tuple(
        Adjustment(
            charge=one.charge,
            amount=major(one.amount_minor),
            base=None if one.base_minor is None else major(one.base_minor),
            percent=None if one.percent_milli is None else percent_of(one.percent_milli),
            reason=one.reason,
            reason_code=one.reason_code,
            category=one.category,
            rate=_rate(one.category, one.rate_milli),
        )
        for one in invoice.adjustments
        if one.line_position == line_position
    )


def _vat(row: FrozenVat, major: Callable[[int], Decimal]) -> VatRow:
    silent = row.category in SILENT
    return VatRow(
        tax=row.tax,
        category=row.category,
        rate=_rate(row.category, row.rate_milli),
        taxable=major(row.taxable_minor),
        vat=major(row.vat_minor),
        reason_code="" if silent else row.reason_code,
        reason="" if silent else row.reason,
    )


def _without_vat(party: Party) -> Party:
    return msgspec.structs.replace(party, vat_number="")


def _rate(category: str, rate_milli: int) -> Decimal | None:
    return None if category == "O" else percent_of(rate_milli)


def _transfer(invoice: FrozenInvoice) -> Transfer | None:
    if invoice.kind in CREDITS or (invoice.kind in SELF_BILLED and not invoice.iban):
        return None
    payee = invoice.payee or invoice.seller
    return Transfer(
        iban=invoice.iban,
        bic=invoice.bic,
        account_name=payee.name,
        reference=invoice.reference,
    )


def _terms(invoice: FrozenInvoice) -> str:
    if invoice.kind in CREDITS:
        return ""
    return TERMS.get(invoice.language, TERMS["en"]).format(invoice.due_on.isoformat())

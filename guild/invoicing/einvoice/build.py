"""From what an issued invoice froze to the canonical electronic invoice.

Everything comes from the invoice's own rows: the parties as they were on the day of issue, the
lines, the VAT as decided. So the files can be made again later and come out equal.
"""

import datetime as dt
from decimal import Decimal
from typing import Final

import msgspec

from guild.core.money import minor_digits
from guild.invoicing.rules.canonical import (
    EInvoice,
    Kind,
    Line,
    Party,
    Preceding,
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

SILENT: Final = frozenset({"S", "Z"})
"""Categories whose VAT row must not give a reason (BR-S-10, BR-Z-10)."""


class FrozenLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as stored; `price` in major units."""

    position: int
    text: str
    detail: str
    quantity: Decimal
    unit: str
    price: Decimal
    net_minor: int
    category: str
    rate_bps: int


class FrozenVat(msgspec.Struct, frozen=True, kw_only=True):
    """A VAT row as stored; `reason` is the mention with its article."""

    category: str
    rate_bps: int
    taxable_minor: int
    vat_minor: int
    reason_code: str
    reason: str


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
    preceding: Preceding | None
    seller: Party
    buyer: Party
    iban: str
    bic: str
    reference: str
    lines: tuple[FrozenLine, ...]
    vat: tuple[FrozenVat, ...]
    net_minor: int
    vat_minor: int
    total_minor: int


def repayment_notice(invoice: FrozenInvoice) -> str:
    """The statutory mention of a credit note that takes VAT back, in the client's language."""
    if invoice.kind == "invoice" or not invoice.vat_minor or invoice.seller.country != "BE":
        return ""
    return REPAYMENT.get(invoice.language, REPAYMENT["en"])


def einvoice_of(invoice: FrozenInvoice) -> EInvoice:
    """The canonical document. Category O leaves both VAT numbers out (BR-O-02)."""
    digits = minor_digits(invoice.currency)

    def major(minor: int) -> Decimal:
        return Decimal(minor).scaleb(-digits)

    outside = any(row.category == "O" for row in invoice.vat)
    total = major(invoice.total_minor)
    return EInvoice(
        kind=invoice.kind,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=invoice.currency,
        note=". ".join(filter(None, (invoice.reason, repayment_notice(invoice)))),
        buyer_reference=invoice.buyer_reference,
        order_reference=invoice.order_reference,
        contract_reference=invoice.contract_number,
        preceding=invoice.preceding,
        seller=_without_vat(invoice.seller) if outside else invoice.seller,
        buyer=_without_vat(invoice.buyer) if outside else invoice.buyer,
        delivered_on=invoice.delivered_on,
        transfer=_transfer(invoice),
        terms=_terms(invoice),
        lines=tuple(
            Line(
                id=str(line.position),
                name=line.text,
                description=line.detail,
                quantity=line.quantity,
                unit=line.unit,
                price=line.price,
                net=major(line.net_minor),
                category=line.category,
                rate=_rate(line.category, line.rate_bps),
            )
            for line in invoice.lines
        ),
        vat=tuple(
            VatRow(
                category=row.category,
                rate=_rate(row.category, row.rate_bps),
                taxable=major(row.taxable_minor),
                vat=major(row.vat_minor),
                reason_code="" if row.category in SILENT else row.reason_code,
                reason="" if row.category in SILENT else row.reason,
            )
            for row in invoice.vat
        ),
        net=major(invoice.net_minor),
        vat_total=major(invoice.vat_minor),
        total=total,
        prepaid=Decimal(0),
        payable=total,
    )


def _without_vat(party: Party) -> Party:
    return msgspec.structs.replace(party, vat_number="")


def _rate(category: str, rate_bps: int) -> Decimal | None:
    return None if category == "O" else percent_of(rate_bps)


def _transfer(invoice: FrozenInvoice) -> Transfer | None:
    if invoice.kind == "credit_note":
        return None
    return Transfer(
        iban=invoice.iban,
        bic=invoice.bic,
        account_name=invoice.seller.name,
        reference=invoice.reference,
    )


def _terms(invoice: FrozenInvoice) -> str:
    if invoice.kind == "credit_note":
        return ""
    return TERMS.get(invoice.language, TERMS["en"]).format(invoice.due_on.isoformat())

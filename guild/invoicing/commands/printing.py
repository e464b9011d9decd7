"""The printed sheet of an issued document, filled from what it froze."""

from typing import Any, cast

import msgspec

from guild.core.money import allocate, share_bps
from guild.core.settings import Settings
from guild.documents.brand import brand_of
from guild.documents.schemas import Addressee, Language, Letterhead
from guild.governance.rules import Charter
from guild.invoicing.einvoice.build import (
    FrozenInvoice,
    FrozenLine,
    einvoice_of,
    repayment_notice,
    self_billing_mention,
)
from guild.invoicing.queries.documents import Stored
from guild.invoicing.rules.canonical import CREDITS, Party
from guild.invoicing.rules.references import print_reference
from guild.invoicing.sheets import (
    Corrects,
    InvoiceLine,
    InvoiceShare,
    InvoiceSheet,
    Payment,
    Prepayment,
    SheetAdjustment,
    SheetExchange,
    VatRow,
)

LANGUAGES = ("en", "fr", "nl", "de")


def sheet_of(
    stored: Stored, charter: Charter, original: Stored | None, settings: Settings
) -> InvoiceSheet:
    """Everything that `invoice_print.html` shows; `original` is what a credit note corrects.

    Where the money goes follows the charter of the day of issue, as the fund's own levy does.
    """
    frozen = stored.frozen
    is_note = frozen.kind in CREDITS
    return InvoiceSheet(
        kind="deposit" if frozen.type_code == DEPOSIT else frozen.kind,
        lang=language_of(frozen.language),
        number=frozen.number,
        currency=frozen.currency,
        seller=_letterhead(frozen.seller, settings.coop.register),
        to=Addressee(
            name=frozen.buyer.name, address=_address(frozen.buyer), country=frozen.buyer.country
        ),
        issued_on=frozen.issued_on,
        due_on=frozen.due_on,
        delivered_from=frozen.period[0] if frozen.period else frozen.delivered_on,
        delivered_to=frozen.period[1] if frozen.period else frozen.delivered_on,
        buyer_reference=frozen.order_reference or frozen.buyer_reference,
        buyer_vat_number=frozen.buyer.vat_number,
        contract_number=frozen.contract_number,
        worker=stored.worker(language_of(frozen.language)),
        lines=tuple(_line(frozen, line) for line in frozen.lines),
        lines_minor=frozen.lines_minor if frozen.lines_minor != frozen.net_minor else None,
        adjustments=_adjustments(frozen, None),
        net_minor=frozen.net_minor,
        vat=tuple(
            VatRow(
                tax=cast("Any", row.tax),
                category=row.category,
                rate_milli=row.rate_milli,
                base_minor=row.taxable_minor,
                tax_minor=row.vat_minor,
                reason=row.reason,
            )
            for row in frozen.vat
        ),
        tax_minor=frozen.vat_minor,
        gross_minor=frozen.total_minor,
        prepaid=(Prepayment(received_on=None, minor=frozen.prepaid_minor),)
        if frozen.prepaid_minor
        else (),
        rounding_minor=frozen.rounding_minor,
        due_minor=frozen.payable_minor,
        exchange=_exchange(frozen),
        payment=_payment(frozen),
        corrects=_corrects(original),
        settles=() if is_note else tuple(one.number for one in frozen.preceding),
        strong_mention=_strong_mention(stored),
        mentions=_mentions(frozen),
        references=_references(frozen),
        delivered_to_address=_delivered_to(frozen),
        attachments=tuple((one.name, one.description) for one in frozen.attachments),
        shares=_shares(stored, charter) if frozen.kind == "invoice" else (),
        with_data=einvoice_of(frozen).emitted,
        brand=brand_of(settings.coop.colour, settings.coop.logo_file),
    )


DEPOSIT = "386"


def _line(frozen: FrozenInvoice, line: FrozenLine) -> InvoiceLine:
    return InvoiceLine(
        text=line.text,
        detail=line.detail,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.price,
        base_quantity=line.base_quantity,
        adjustments=_adjustments(frozen, line.position),
        category=line.category,
        vat_milli=line.rate_milli,
        net_minor=line.net_minor,
    )


def _adjustments(frozen: FrozenInvoice, position: int | None) -> tuple[SheetAdjustment, ...]:
    return tuple(
        SheetAdjustment(
            charge=one.charge,
            reason=one.reason,
            minor=one.amount_minor,
            percent_milli=one.percent_milli,
            base_minor=one.base_minor,
        )
        for one in frozen.adjustments
        if one.line_position == position
    )


def _payment(frozen: FrozenInvoice) -> Payment | None:
    asks = frozen.kind not in CREDITS and frozen.kind != "proforma"
    if not asks or frozen.payable_minor <= 0:
        return None
    return Payment(
        beneficiary=(frozen.payee or frozen.seller).name,
        iban=frozen.iban,
        bic=frozen.bic,
        reference=print_reference(frozen.reference),
    )


def _exchange(frozen: FrozenInvoice) -> SheetExchange | None:
    if not (frozen.accounting_currency and frozen.exchange_rate and frozen.exchange_rate_on):
        return None
    return SheetExchange(
        currency=frozen.accounting_currency,
        rate=frozen.exchange_rate,
        on=frozen.exchange_rate_on,
        source=frozen.exchange_rate_source,
        vat_minor=frozen.vat_accounting_minor or 0,
    )


def _mentions(frozen: FrozenInvoice) -> tuple[str, ...]:
    said = (
        self_billing_mention(frozen),
        frozen.note,
        frozen.reason,
        repayment_notice(frozen),
        *(f"{name} {number}" for name, number in frozen.seller.tax_numbers),
    )
    return tuple(filter(None, said))


def _references(frozen: FrozenInvoice) -> tuple[tuple[str, str], ...]:
    shown = msgspec.structs.asdict(frozen.references)
    if frozen.order_reference and frozen.buyer_reference != frozen.contract_number:
        shown = {"buyer": frozen.buyer_reference, **shown}
    return tuple((name, value) for name, value in shown.items() if value)


def _delivered_to(frozen: FrozenInvoice) -> tuple[str, ...]:
    to = frozen.delivery
    if to is None:
        return ()
    parts = (to.name, to.street, f"{to.postcode} {to.city}".strip(), to.country)
    return tuple(part for part in parts if part)


def language_of(code: str) -> Language:
    """The client's language if sheets exist in it, English otherwise."""
    return cast("Language", code) if code in LANGUAGES else "en"


def _letterhead(party: Party, register: str) -> Letterhead:
    return Letterhead(
        name=party.name,
        address=_address(party),
        country=party.country,
        vat_number=party.vat_number,
        register=register,
        email=party.contact_email,
    )


def _address(party: Party) -> tuple[str, ...]:
    town = f"{party.postcode} {party.city}".strip()
    return tuple(line for line in (party.street, town) if line)


def _strong_mention(stored: Stored) -> str:
    """The reason without its article, beside the sums; the rows carry it whole."""
    reasons = [row.reason for row in stored.frozen.vat if row.category != "S" and row.tax == "VAT"]
    return reasons[0].partition(" (")[0] if reasons else ""


def _corrects(original: Stored | None) -> Corrects | None:
    if original is None:
        return None
    was = original.frozen
    still_open = (
        was.total_minor
        - original.paid_minor
        - original.credited_minor
        + original.refundable_minor
        - original.written_off_minor
    )
    return Corrects(
        number=was.number,
        issued_on=was.issued_on,
        settlement="refunded" if original.refundable_minor else "deducted",
        open_minor=still_open,
        open_due_on=was.due_on if still_open else None,
    )


def _shares(stored: Stored, charter: Charter) -> tuple[InvoiceShare, ...]:
    frozen = stored.frozen
    rate = charter.levy.rate_bps
    # The levy looks at each member's part by itself, so a shared invoice's is their sum.
    nets = [one.net_minor for one in stored.crew] or [frozen.net_minor]
    names = [one.name for one in stored.crew] or [""]
    levy = sum(share_bps(net, rate) for net in nets)
    pots = charter.levy.pots
    # Rates are split like the money, so that they too add up to the levy's own rate.
    rates = allocate(rate, list(pots.values()))
    parts = allocate(levy, list(pots.values()))
    shares = [
        InvoiceShare(code="member", rate_bps=None, minor=net - share_bps(net, rate), name=name)
        for name, net in zip(names, nets, strict=True)
    ]
    shares += [
        InvoiceShare(code=cast("Any", pot), rate_bps=rate_bps, minor=part)
        for pot, rate_bps, part in zip(pots, rates, parts, strict=True)
        if part
    ]
    if frozen.vat_minor:
        shares.append(InvoiceShare(code="vat", rate_bps=None, minor=frozen.vat_minor))
    return tuple(shares)

"""The printed sheet of an issued document, filled from what it froze."""

from typing import Any, cast

from guild.core.money import allocate, share_bps
from guild.documents.schemas import Addressee, Language, Letterhead
from guild.governance.rules import Charter
from guild.invoicing.einvoice.build import repayment_notice
from guild.invoicing.queries.documents import Stored
from guild.invoicing.rules.canonical import Party
from guild.invoicing.rules.references import print_reference
from guild.invoicing.sheets import (
    Corrects,
    InvoiceLine,
    InvoiceShare,
    InvoiceSheet,
    Payment,
    VatRow,
)

LANGUAGES = ("en", "fr", "nl", "de")


def sheet_of(stored: Stored, charter: Charter, original: Stored | None) -> InvoiceSheet:
    """Everything that `invoice_print.html` shows; `original` is what a credit note corrects.

    Where the money goes follows the charter of the day of issue, as the fund's own levy does.
    """
    frozen = stored.frozen
    is_note = frozen.kind == "credit_note"
    return InvoiceSheet(
        kind=frozen.kind,
        lang=language_of(frozen.language),
        number=frozen.number,
        currency=frozen.currency,
        seller=_letterhead(frozen.seller),
        to=Addressee(
            name=frozen.buyer.name, address=_address(frozen.buyer), country=frozen.buyer.country
        ),
        issued_on=frozen.issued_on,
        due_on=frozen.due_on,
        delivered_from=frozen.delivered_on,
        delivered_to=frozen.delivered_on,
        buyer_reference=frozen.order_reference or frozen.buyer_reference,
        buyer_vat_number=frozen.buyer.vat_number,
        contract_number=frozen.contract_number,
        worker=stored.member_name,
        lines=tuple(
            InvoiceLine(
                text=line.text,
                detail=line.detail,
                quantity=line.quantity,
                unit=line.unit,
                unit_price=line.price,
                vat_bps=line.rate_bps,
                net_minor=line.net_minor,
            )
            for line in frozen.lines
        ),
        net_minor=frozen.net_minor,
        vat=tuple(
            VatRow(
                category=row.category,
                rate_bps=row.rate_bps,
                base_minor=row.taxable_minor,
                tax_minor=row.vat_minor,
                reason=row.reason,
            )
            for row in frozen.vat
        ),
        tax_minor=frozen.vat_minor,
        gross_minor=frozen.total_minor,
        prepaid=(),
        due_minor=frozen.total_minor,
        payment=None
        if is_note
        else Payment(
            beneficiary=frozen.seller.name,
            iban=frozen.iban,
            bic=frozen.bic,
            reference=print_reference(frozen.reference),
        ),
        corrects=_corrects(original),
        strong_mention=_strong_mention(stored),
        mentions=tuple(filter(None, (frozen.reason, repayment_notice(frozen)))),
        shares=() if is_note else _shares(stored, charter),
        with_data=True,
    )


def language_of(code: str) -> Language:
    """The client's language if sheets exist in it, English otherwise."""
    return cast("Language", code) if code in LANGUAGES else "en"


def _letterhead(party: Party) -> Letterhead:
    return Letterhead(
        name=party.name,
        address=_address(party),
        country=party.country,
        vat_number=party.vat_number,
        register="",
        email=party.contact_email,
    )


def _address(party: Party) -> tuple[str, ...]:
    town = f"{party.postcode} {party.city}".strip()
    return tuple(line for line in (party.street, town) if line)


def _strong_mention(stored: Stored) -> str:
    """The reason without its article, beside the sums; the rows carry it whole."""
    reasons = [row.reason for row in stored.frozen.vat if row.category != "S"]
    return reasons[0].partition(" (")[0] if reasons else ""


def _corrects(original: Stored | None) -> Corrects | None:
    if original is None:
        return None
    was = original.frozen
    still_open = (
        was.total_minor - original.paid_minor - original.credited_minor + original.refundable_minor
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
    levy = share_bps(frozen.net_minor, charter.levy.rate_bps)
    pots = charter.levy.pots
    # Rates are split like the money, so that they too add up to the levy's own rate.
    rates = allocate(charter.levy.rate_bps, list(pots.values()))
    parts = allocate(levy, list(pots.values()))
    shares = [InvoiceShare(code="member", rate_bps=None, minor=frozen.net_minor - levy)]
    shares += [
        InvoiceShare(code=cast("Any", pot), rate_bps=rate_bps, minor=part)
        for pot, rate_bps, part in zip(pots, rates, parts, strict=True)
        if part
    ]
    if frozen.vat_minor:
        shares.append(InvoiceShare(code="vat", rate_bps=None, minor=frozen.vat_minor))
    return tuple(shares)

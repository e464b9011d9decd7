"""What the official rules do not ask, and an invoice must hold all the same.

Check digits of VAT numbers, a due date that is not before the invoice, the mentions that the law
wants printed, the VAT in the currency that the seller owes it in, kinds and sizes of attached
files, and characters that no embedded face can show.
"""

from collections.abc import Iterator
from typing import Final

from stdnum.eu import vat as eu_vat

from guild.core.clock import EU
from guild.documents.fonts import uncovered_characters
from guild.invoicing.rules.canonical import SELF_BILLED, EInvoice, Party
from guild.invoicing.rules.plain_words import BrokenRule
from guild.invoicing.rules.vat_tables import exemption_codes

MEDIA_TYPES: Final = frozenset({
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
})  # fmt: skip
"""What may be attached (EN 16931, BR-CL-24)."""

LINES_MAX: Final = 200
ATTACHMENTS_MAX: Final = 10
ATTACHED_BYTES_MAX: Final = 5_000_000
"""Of all files together: access points refuse larger messages."""

Finding = tuple[str, str, str, str]


def own_findings(invoice: EInvoice, *, home_currency: str) -> list[BrokenRule]:
    """What the house asks beside the official rules; `home_currency` is the seller's."""
    checks = (
        _numbers(invoice),
        _dates(invoice),
        _mentions(invoice),
        _exchange(invoice, home_currency),
        _attachments(invoice),
        _characters(invoice),
    )
    return [
        BrokenRule(rule=rule, field=field, detail=detail, mend=mend)
        for check in checks
        for rule, field, detail, mend in check
    ]


def _numbers(invoice: EInvoice) -> Iterator[Finding]:
    own = invoice.kind in SELF_BILLED
    parties = (
        ("member" if own else "coop", "the seller", invoice.seller),
        ("coop" if own else "client", "the client", invoice.buyer),
    )
    for field, label, party in parties:
        if not _vat_number_holds(party):
            yield (
                "GUILD-VAT-NUMBER",
                f"{field}.vat_number",
                (
                    f"The VAT number {party.vat_number} of {label} is wrong: its form or its check "
                    "digits do not hold."
                ),
                "Correct it as it stands in VIES.",
            )


def _vat_number_holds(party: Party) -> bool:
    number = party.vat_number
    if not number or (number[:2] not in EU and number[:2] not in {"EL", "XI"}):
        return True
    return bool(eu_vat.is_valid(number))


def _dates(invoice: EInvoice) -> Iterator[Finding]:
    if invoice.due_on < invoice.issued_on:
        yield (
            "BR-CO-25",
            "due_on",
            "The document would be due before it is issued.",
            "Enter a term of payment of no day or more.",
        )


def _mentions(invoice: EInvoice) -> Iterator[Finding]:
    for row in invoice.vat:
        if row.category not in {"S", "Z"} and row.tax == "VAT" and not row.reason:
            yield (
                "GUILD-MENTION",
                "treatment",
                f"The mention that category {row.category} must carry is missing.",
                "Save the draft again so that the tax is decided anew.",
            )
        if row.reason_code and row.reason_code not in exemption_codes():
            yield (
                "BR-CL-22",
                "treatment",
                f"{row.reason_code} is no official code for a reason of exemption.",
                "Save the draft again so that the tax is decided anew.",
            )


def _exchange(invoice: EInvoice, home_currency: str) -> Iterator[Finding]:
    if (
        invoice.seller.country in EU
        and invoice.currency != home_currency
        and invoice.vat_total
        and invoice.accounting_currency != home_currency
    ):
        yield (
            "GUILD-EXCHANGE",
            "exchange",
            (
                f"VAT is owed in {home_currency}, so an invoice in {invoice.currency} must state "
                "it in both (art. 230 of Directive 2006/112/EC)."
            ),
            "Enter the rate of exchange, its day and its source on the draft.",
        )


def _attachments(invoice: EInvoice) -> Iterator[Finding]:
    if len(invoice.lines) > LINES_MAX:
        yield (
            "GUILD-LINES",
            "lines",
            f"The document has {len(invoice.lines)} lines; {LINES_MAX} is the most.",
            "Draw up two documents.",
        )
    if len(invoice.attachments) > ATTACHMENTS_MAX:
        yield (
            "GUILD-ATTACHMENTS",
            "attachments",
            f"No more than {ATTACHMENTS_MAX} files can be attached.",
            "Put several into one PDF.",
        )
    for one in invoice.attachments:
        if one.media_type not in MEDIA_TYPES:
            yield (
                "BR-CL-24",
                "attachments",
                f"A file of the kind {one.media_type} cannot be attached.",
                "Attach a PDF, a PNG or JPEG picture, a CSV, or a spreadsheet (XLSX, ODS).",
            )


def _characters(invoice: EInvoice) -> Iterator[Finding]:
    named = (
        ("client.name", invoice.buyer.name),
        ("client.street", invoice.buyer.street),
        ("client.city", invoice.buyer.city),
        ("note", invoice.note),
        ("buyer_reference", invoice.buyer_reference),
        ("order_reference", invoice.order_reference),
        *(("lines", f"{line.name} {line.description}") for line in invoice.lines),
        *(("adjustments", one.reason) for one in invoice.adjustments),
        *(("attachments", f"{one.name} {one.description}") for one in invoice.attachments),
    )
    for field, text in named:
        missing = uncovered_characters(text)
        if missing:
            shown = ", ".join(f"U+{ord(sign):04X}" for sign in missing[:3])
            yield (
                "GUILD-CHARACTERS",
                field,
                f"No embedded face can show: {shown}.",
                (
                    "Write it without pictures and invisible signs, in Latin, Greek or Cyrillic "
                    "letters."
                ),
            )

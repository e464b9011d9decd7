"""The rules a receiver's system applies, asked before a number is taken.

The official schematrons judge our files in the tests; at run time these own checks say in plain
words which field is wrong, by the official rule's id. They cover what the data of a person can
break: rules on the shape of the XML hold by construction of the emitters. Sources: CEN EN 16931
validation artefacts 1.3.16 (BR-…), Peppol BIS Billing 3.0 (PEPPOL-EN16931-R…, COMMON-R…).
"""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from guild.invoicing.errors import EInvoiceRefused
from guild.invoicing.rules.canonical import EInvoice, Line, Party
from guild.invoicing.rules.parties import PEPPOL_SCHEMES, belgian_number_holds
from guild.invoicing.rules.plain_words import BrokenRule

ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML 1.0 cannot hold."""
CODES_OF_CATEGORY: Final = {
    "AE": ("P0107", ("VATEX-EU-AE", "VATEX-FR-AE")),
    "K": ("P0106", ("VATEX-EU-IC",)),
    "G": ("P0104", ("VATEX-EU-G",)),
    "O": ("P0105", ("VATEX-EU-O",)),
}
TYPES: Final = {
    "invoice": frozenset({"380", "386"}),
    "credit_note": frozenset({"381"}),
    "self_bill": frozenset({"389"}),
    "self_bill_credit": frozenset({"261"}),
}
"""Document types that the house issues of each kind (P0100, P0101)."""
GLN_DIGITS: Final = 13
DUTCH_REGISTERS: Final = frozenset({"0106", "0190"})


def broken_rules(invoice: EInvoice) -> list[BrokenRule]:
    """All rules that the document breaks; empty when it may be issued."""
    checks = (_references, _parties, _national, _tax, _lines, _adjustments, _sums, _texts)
    return [
        BrokenRule(rule=rule, field=field, detail=detail, mend=mend)
        for check in checks
        for rule, field, detail, mend in check(invoice)
    ]


def refuse(broken: Sequence[BrokenRule]) -> None:
    """Raise EInvoiceRefused with the first broken rule, and with all of them as facts."""
    if broken:
        first = broken[0]
        raise EInvoiceRefused(
            first.detail,
            mend=first.mend,
            field=first.field,
            rule=first.rule,
            rules=[one.rule for one in broken],
            broken=[msgspec.structs.asdict(one) for one in broken],
        )


def refuse_broken(invoice: EInvoice) -> None:
    """Raise EInvoiceRefused when one of these own checks is broken."""
    refuse(broken_rules(invoice))


Finding = tuple[str, str, str, str]


def _references(invoice: EInvoice) -> Iterator[Finding]:
    if invoice.type_code not in TYPES.get(invoice.kind, ()):
        yield (
            "PEPPOL-EN16931-P0100",
            "kind",
            f"Type {invoice.type_code} is no {invoice.kind.replace('_', ' ')}.",
            "Tell the office: this is a fault of the program.",
        )
    if not (invoice.buyer_reference or invoice.order_reference):
        yield (
            "PEPPOL-EN16931-R003",
            "buyer_reference",
            "The invoice names neither the client's reference nor an order number.",
            "Ask the client for the order number or reference and add it to the draft.",
        )
    if invoice.is_credit and not invoice.preceding:
        yield (
            "BR-55",
            "invoice_id",
            "A credit note must name the invoice that it corrects.",
            "Credit an issued invoice.",
        )
    if invoice.transfer is not None and not invoice.transfer.iban:
        yield (
            "BR-61",
            "coop.iban",
            "The cooperative's account number is missing.",
            "The office enters the IBAN in the settings.",
        )


def _parties(invoice: EInvoice) -> Iterator[Finding]:
    for who, party, address_rule, name_rule, country_rule in (
        ("coop", invoice.seller, "R020", "BR-06", "BR-09"),
        ("client", invoice.buyer, "R010", "BR-07", "BR-11"),
    ):
        label = "the cooperative" if who == "coop" else "the client"
        if not party.name:
            yield (name_rule, f"{who}.name", f"The name of {label} is missing.", "Enter it.")
        if not re.fullmatch("[A-Z]{2}", party.country):
            yield (
                country_rule,
                f"{who}.country",
                f"The country of {label} is missing.",
                "Enter it as a two-letter code.",
            )
        if not party.endpoint:
            yield (
                f"PEPPOL-EN16931-{address_rule}",
                f"{who}.enterprise_number",
                f"The e-invoicing network has no address for {label}.",
                "Enter the enterprise number or the VAT number.",
            )
        yield from _identifiers(who, label, party)


def _national(invoice: EInvoice) -> Iterator[Finding]:
    """Peppol's rules for sellers in the Netherlands (NL-R) and within Germany (DE-R)."""
    seller, buyer = invoice.seller, invoice.buyer
    parties = [("coop", seller)] + ([("client", buyer)] if buyer.country == "NL" else [])
    if seller.country == "NL":
        for who, party in parties:
            if not (party.street and party.city and party.postcode):
                yield ("NL-R-002" if who == "coop" else "NL-R-004", f"{who}.street",
                       "A Dutch address needs street, postcode and town.",
                       "Complete it.")  # fmt: skip
        if seller.legal_scheme not in DUTCH_REGISTERS:
            yield ("NL-R-003", "coop.enterprise_number",
                   "A Dutch seller shows its KVK or OIN number.",
                   "The office enters the eight digits in the settings.")  # fmt: skip
    if seller.country == "DE" == buyer.country:
        if not (seller.contact_name and seller.contact_phone and seller.contact_email):
            yield ("DE-R-005", "coop.contact_name",
                   "A German invoice names whom to ask, with telephone and e-mail.",
                   "The office enters contact_name and phone in the settings.")  # fmt: skip
        for who, party in (("coop", seller), ("client", buyer)):
            if not (party.city and party.postcode):
                yield ("DE-R-003" if who == "coop" else "DE-R-008", f"{who}.city",
                       "A German address needs postcode and town.", "Complete it.")  # fmt: skip


def _identifiers(who: str, label: str, party: Party) -> Iterator[Finding]:
    if party.endpoint and party.endpoint_scheme not in PEPPOL_SCHEMES:
        yield (
            "PEPPOL-EN16931-CL008",
            f"{who}.enterprise_number",
            f"The electronic address of {label} is of a kind Peppol does not deliver to.",
            "Enter the enterprise number or the VAT number.",
        )
    addressed = ((party.endpoint_scheme, party.endpoint), (party.legal_scheme, party.legal_id))
    for scheme, value in addressed:
        if scheme == "0208" and not belgian_number_holds(value):
            yield (
                "PEPPOL-COMMON-R043",
                f"{who}.enterprise_number",
                f"The enterprise number {value} of {label} is wrong: its check digits do not hold.",
                "Correct the enterprise number as it stands in the Crossroads Bank.",
            )
            break
    if party.endpoint_scheme == "0088" and not _gln_holds(party.endpoint):
        yield (
            "PEPPOL-COMMON-R040",
            f"{who}.enterprise_number",
            f"The location number {party.endpoint} of {label} is wrong.",
            "Correct the thirteen digits.",
        )
    if party.vat_number and not re.match("[A-Z]{2}", party.vat_number):
        yield (
            "BR-CO-09",
            f"{who}.vat_number",
            f"The VAT number of {label} must begin with its country's letters.",
            "Add the two letters in front.",
        )


def _gln_holds(value: str) -> bool:
    if len(value) != GLN_DIGITS or not value.isdecimal():
        return False
    weighted = sum(int(sign) * (3 if i % 2 else 1) for i, sign in enumerate(value[:-1]))
    return (10 - weighted % 10) % 10 == int(value[-1])


def _tax(invoice: EInvoice) -> Iterator[Finding]:
    categories = {row.category for row in invoice.vat}
    seller, buyer = invoice.seller, invoice.buyer
    if categories & {"S", "Z", "E", "AE", "K", "G"} and not seller.vat_number:
        yield (
            "BR-S-02",
            "coop.vat_number",
            "The cooperative's VAT number is missing.",
            "The office enters it in the settings.",
        )
    if "AE" in categories and not (buyer.vat_number or buyer.legal_id):
        yield (
            "BR-AE-02",
            "client.vat_number",
            "Reverse charge needs the client's VAT number.",
            "Add it to the client.",
        )
    if "K" in categories and not buyer.vat_number:
        yield (
            "BR-IC-02",
            "client.vat_number",
            "An intra-community supply needs the client's VAT number.",
            "Add it to the client.",
        )
    if "O" in categories and (len(categories) > 1 or seller.vat_number or buyer.vat_number):
        yield (
            "BR-O-02",
            "treatment",
            "What lies outside the scope of VAT stands alone and shows no VAT numbers.",
            "Invoice the other lines apart.",
        )
    for row in invoice.vat:
        rule, codes = CODES_OF_CATEGORY.get(row.category, ("", ()))
        if rule and row.reason_code not in codes:
            yield (
                f"PEPPOL-EN16931-{rule}",
                "treatment",
                f"VAT category {row.category} must give the reason {codes[0]}.",
                "Let the tax engine decide the draft again.",
            )
        if row.category == "E" and not (row.reason or row.reason_code):
            yield ("BR-E-10", "treatment", "An exemption must say why.", "State the article.")


def _lines(invoice: EInvoice) -> Iterator[Finding]:
    if not invoice.lines:
        yield ("BR-16", "lines", "The invoice has no lines.", "Add at least one.")
    for position, line in enumerate(invoice.lines):
        where = f"lines.{position}"
        if not line.name:
            yield ("BR-25", f"{where}.text", "A line has no text.", "Say what it is for.")
        if line.price < 0:
            yield (
                "BR-27",
                f"{where}.unit_price",
                "A price is never negative.",
                "Use a negative quantity instead.",
            )
        product = _product(line)
        if product != line.net:
            yield (
                "PEPPOL-EN16931-R120",
                where,
                f"{line.quantity} times {line.price} is {product}, not {line.net}.",
                "Correct quantity, price or amount.",
            )


def _product(line: Line) -> Decimal:
    """Quantity times price by base quantity in the currency's decimals, then what adjusts it."""
    exact = line.quantity * line.price / line.base_quantity
    adjusted = sum(
        (one.amount if one.charge else -one.amount for one in line.adjustments), Decimal(0)
    )
    return exact.quantize(line.net, rounding=ROUND_HALF_UP) + adjusted


def _sums(invoice: EInvoice) -> Iterator[Finding]:
    if invoice.lines_net != sum((line.net for line in invoice.lines), Decimal(0)):
        yield ("BR-CO-10", "lines", "The lines do not add up to their sum.", "Reckon it again.")
    if invoice.net != invoice.lines_net - invoice.allowances + invoice.charges:
        yield ("BR-CO-13", "adjustments", "The net sum does not add up.", "Reckon it again.")
    taxable = sum((row.taxable for row in invoice.vat), Decimal(0))
    if taxable != invoice.net or not invoice.vat:
        yield ("BR-CO-13", "lines", "The VAT rows do not cover the net sum.", "Reckon it again.")
    if invoice.vat_total != sum((row.vat for row in invoice.vat), Decimal(0)):
        yield ("BR-CO-14", "lines", "The VAT does not add up.", "Reckon it again.")
    if invoice.total != invoice.net + invoice.vat_total:
        yield ("BR-CO-15", "lines", "Net and VAT do not make the total.", "Reckon it again.")
    if invoice.payable != invoice.total - invoice.prepaid + invoice.rounding:
        yield ("BR-CO-16", "lines", "The amount due does not add up.", "Reckon it again.")
    if invoice.payable < 0:
        yield (
            "BR-CO-16",
            "prepaid",
            "More was prepaid than the document asks for.",
            "Lower what was prepaid; the rest stays on the client's account.",
        )
    if invoice.total <= 0:
        yield (
            "BR-CO-16",
            "lines",
            "The document asks for nothing.",
            "An invoice has a positive total; take something back by a credit note.",
        )


def _adjustments(invoice: EInvoice) -> Iterator[Finding]:
    for one in invoice.adjustments:
        if not any((row.category, row.rate) == (one.category, one.rate) for row in invoice.vat):
            yield (
                "BR-32",
                "adjustments",
                "No line is taxed like this allowance or charge.",
                "Name the treatment of the lines that it is for.",
            )
    for row in invoice.vat:
        lines = [line for line in invoice.lines
                 if (line.category, line.rate) == (row.category, row.rate)]  # fmt: skip
        if invoice.lines and not lines and row.tax == "VAT":
            yield (
                "BR-S-08",
                "adjustments",
                f"An allowance or charge stands at a rate of {row.rate} % that no line has.",
                "Name the treatment of the lines that it is for.",
            )
    if (
        invoice.accounting_vat is not None
        and ((invoice.accounting_vat < 0) != (invoice.vat_total < 0))
        and invoice.accounting_vat
        and invoice.vat_total
    ):
        yield (
            "PEPPOL-EN16931-R055",
            "exchange",
            "The VAT has another sign in the accounting currency.",
            "Correct the rate of exchange.",
        )


def _texts(invoice: EInvoice) -> Iterator[Finding]:
    named = (
        ("client.name", invoice.buyer.name),
        ("client.street", invoice.buyer.street),
        ("client.city", invoice.buyer.city),
        ("note", invoice.note),
        ("buyer_reference", invoice.buyer_reference),
        ("order_reference", invoice.order_reference),
        *(("lines", f"{line.name}{line.description}") for line in invoice.lines),
    )
    for field, text in named:
        if ILLEGAL.search(text):
            yield (
                "PEPPOL-EN16931-R008",
                field,
                "A text holds a control character that no invoice file can carry.",
                "Type the text again without it.",
            )

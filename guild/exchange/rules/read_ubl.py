"""Reads UBL 2.1 Invoice and CreditNote, as Peppol BIS Billing 3.0 and its kin write them."""

from decimal import Decimal
from typing import Final

from lxml import etree

from guild.exchange.rules.received import (
    ReceivedInvoice,
    ReceivedLine,
    ReceivedParty,
    ReceivedVat,
)
from guild.exchange.rules.safe_xml import (
    LONG_TEXT_MAX,
    Node,
    bounded,
    currency_of,
    required_day,
)

UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
SPACES: Final = {
    "cac": f"{UBL}CommonAggregateComponents-2",
    "cbc": f"{UBL}CommonBasicComponents-2",
}
ROOTS: Final = {f"{{{UBL}Invoice-2}}Invoice": "invoice", f"{{{UBL}CreditNote-2}}CreditNote": "note"}
CREDIT_TYPES: Final = frozenset({"81", "83", "381", "396", "532", "261"})
"""UNCL 1001 codes that EN 16931 counts as credit notes."""


def read_ubl(root: etree._Element) -> ReceivedInvoice:
    """The document under a root of `ROOTS`; raises NotReadable."""
    doc = Node(root, SPACES)
    note = ROOTS[root.tag] == "note"
    code = doc.text("cbc:CreditNoteTypeCode" if note else "cbc:InvoiceTypeCode")
    currency = currency_of(doc.text("cbc:DocumentCurrencyCode"))
    tax = _tax_total(doc, currency)
    sums = doc.one("cac:LegalMonetaryTotal")
    means = doc.all("cac:PaymentMeans")
    account = next(
        (m for m in means if m.text("cac:PayeeFinancialAccount/cbc:ID")), doc.one("none")
    )
    rows = doc.all("cac:CreditNoteLine" if note else "cac:InvoiceLine")
    return ReceivedInvoice(
        kind="credit_note" if note or code in CREDIT_TYPES else "invoice",
        type_code=code,
        customization=doc.text("cbc:CustomizationID"),
        number=doc.text("cbc:ID"),
        issued_on=required_day(doc.day("cbc:IssueDate")),
        due_on=doc.day("cbc:DueDate")
        or next((day for m in means if (day := m.day("cbc:PaymentDueDate"))), None),
        currency=currency,
        note=doc.text("cbc:Note", LONG_TEXT_MAX),
        buyer_reference=doc.text("cbc:BuyerReference"),
        order_reference=doc.text("cac:OrderReference/cbc:ID"),
        contract_reference=doc.text("cac:ContractDocumentReference/cbc:ID"),
        project_reference=doc.text("cac:ProjectReference/cbc:ID"),
        preceding=tuple(
            one.text("cac:InvoiceDocumentReference/cbc:ID")
            for one in doc.all("cac:BillingReference")[:50]
        ),
        seller=_party(doc.one("cac:AccountingSupplierParty/cac:Party")),
        buyer=_party(doc.one("cac:AccountingCustomerParty/cac:Party")),
        iban=_compact(account.text("cac:PayeeFinancialAccount/cbc:ID")),
        bic=account.text("cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID"),
        payment_reference=next((t for m in means if (t := m.text("cbc:PaymentID"))), ""),
        lines=tuple(_line(row, note=note) for row in bounded(rows)),
        vat=tuple(_vat(row) for row in tax.all("cac:TaxSubtotal")[:200]),
        allowances=_parts(doc, charge=False),
        charges=_parts(doc, charge=True),
        line_total=sums.amount("cbc:LineExtensionAmount"),
        allowance_total=sums.amount("cbc:AllowanceTotalAmount"),
        charge_total=sums.amount("cbc:ChargeTotalAmount"),
        net=sums.amount("cbc:TaxExclusiveAmount"),
        vat_total=tax.amount("cbc:TaxAmount"),
        total=sums.amount("cbc:TaxInclusiveAmount"),
        prepaid=sums.amount("cbc:PrepaidAmount"),
        rounding=sums.amount("cbc:PayableRoundingAmount"),
        payable=sums.amount("cbc:PayableAmount"),
        attachments=_attachments(doc),
    )


def _tax_total(doc: Node, currency: str) -> Node:
    """The total in the invoice's own currency; a second one may be in the accounting currency."""
    totals = doc.all("cac:TaxTotal")
    own = [t for t in totals if t.attribute("currencyID", "cbc:TaxAmount") == currency]
    return next((t for t in own if t.all("cac:TaxSubtotal")), own[0] if own else doc.one("none"))


def _party(party: Node) -> ReceivedParty:
    address = party.one("cac:PostalAddress")
    vat = next(
        (
            scheme.text("cbc:CompanyID")
            for scheme in party.all("cac:PartyTaxScheme")
            if scheme.text("cac:TaxScheme/cbc:ID").upper() == "VAT"
        ),
        "",
    )
    legal = party.one("cac:PartyLegalEntity")
    return ReceivedParty(
        name=legal.text("cbc:RegistrationName") or party.text("cac:PartyName/cbc:Name"),
        street=address.text("cbc:StreetName"),
        postcode=address.text("cbc:PostalZone"),
        city=address.text("cbc:CityName"),
        country=address.text("cac:Country/cbc:IdentificationCode")[:2],
        vat_number=_compact(vat),
        legal_id=legal.text("cbc:CompanyID"),
        legal_scheme=legal.attribute("schemeID", "cbc:CompanyID"),
        endpoint=party.text("cbc:EndpointID"),
        endpoint_scheme=party.attribute("schemeID", "cbc:EndpointID"),
        email=party.text("cac:Contact/cbc:ElectronicMail"),
    )


def _line(row: Node, *, note: bool) -> ReceivedLine:
    quantity = "cbc:CreditedQuantity" if note else "cbc:InvoicedQuantity"
    tax = row.one("cac:Item/cac:ClassifiedTaxCategory")
    return ReceivedLine(
        id=row.text("cbc:ID"),
        name=row.text("cac:Item/cbc:Name"),
        description=row.text("cac:Item/cbc:Description", LONG_TEXT_MAX),
        quantity=row.amount(quantity),
        unit=row.attribute("unitCode", quantity),
        price=row.amount("cac:Price/cbc:PriceAmount"),
        base_quantity=row.amount("cac:Price/cbc:BaseQuantity", Decimal(1)),
        allowances=sum(_parts(row, charge=False), Decimal(0)),
        charges=sum(_parts(row, charge=True), Decimal(0)),
        net=row.amount("cbc:LineExtensionAmount"),
        category=tax.text("cbc:ID"),
        rate=tax.rate("cbc:Percent"),
    )


def _vat(row: Node) -> ReceivedVat:
    category = row.one("cac:TaxCategory")
    return ReceivedVat(
        category=category.text("cbc:ID"),
        rate=category.rate("cbc:Percent"),
        taxable=row.amount("cbc:TaxableAmount"),
        vat=row.amount("cbc:TaxAmount"),
        reason=category.text("cbc:TaxExemptionReason")
        or category.text("cbc:TaxExemptionReasonCode"),
    )


def _parts(node: Node, *, charge: bool) -> tuple[Decimal, ...]:
    """Amounts of the allowances or the charges that stand right here."""
    word = "true" if charge else "false"
    return tuple(
        part.amount("cbc:Amount")
        for part in node.all("cac:AllowanceCharge")[:500]
        if part.text("cbc:ChargeIndicator") == word
    )


def _attachments(doc: Node) -> tuple[str, ...]:
    path = "cac:Attachment/cbc:EmbeddedDocumentBinaryObject"
    return tuple(
        one.attribute("filename", path) or one.text("cbc:ID")
        for one in doc.all("cac:AdditionalDocumentReference")[:50]
        if one.one(path).element is not None
    )


def _compact(number: str) -> str:
    return "".join(sign for sign in number.upper() if sign.isalnum())

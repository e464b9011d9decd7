"""UBL 2.1 Invoice and CreditNote (ISO/IEC 19845) as Peppol BIS Billing 3.0 reads them.

Elements stand in the order of the UBL schemas, which refuse any other. The bytes depend on the
canonical document alone: no date of writing, no random id.
"""

from decimal import Decimal
from typing import Final

from lxml import etree

from guild.invoicing.rules.canonical import (
    PEPPOL_BIS,
    PEPPOL_PROCESS,
    TYPE_CODES,
    EInvoice,
    Line,
    Party,
    VatRow,
    plain,
)

CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOT: Final = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
CREDIT_TRANSFER: Final = "30"
"""UNCL 4461: credit transfer; 58 would promise SEPA, which a foreign account may not be."""


def ubl_bytes(invoice: EInvoice) -> bytes:
    """The document in UTF-8; equal input gives equal bytes."""
    credit = invoice.kind == "credit_note"
    name = "CreditNote" if credit else "Invoice"
    space = ROOT.format(name)
    spaces: dict[str | None, str] = {None: space, "cac": CAC, "cbc": CBC}
    root = etree.Element(f"{{{space}}}{name}", nsmap=spaces)  # type: ignore[arg-type]  # the stubs forget the default namespace
    _head(root, invoice, credit=credit)
    _references(root, invoice)
    _party(_cac(root, "AccountingSupplierParty"), invoice.seller)
    _party(_cac(root, "AccountingCustomerParty"), invoice.buyer)
    _delivery(root, invoice)
    _payment(root, invoice, credit=credit)
    _totals(root, invoice)
    for line in invoice.lines:
        _line(root, line, invoice.currency, credit=credit)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _cac(parent: etree._Element, tag: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{CAC}}}{tag}")


def _cbc(parent: etree._Element, tag: str, text: str, **attributes: str) -> None:
    """A basic component; empty ones are forbidden (Peppol R008), so they are left out."""
    if not text:
        return
    element = etree.SubElement(parent, f"{{{CBC}}}{tag}")
    element.text = text
    for name, value in attributes.items():
        if value:
            element.set(name, value)


def _amount(parent: etree._Element, tag: str, value: Decimal, currency: str) -> None:
    _cbc(parent, tag, f"{value:f}", currencyID=currency)


def _head(root: etree._Element, invoice: EInvoice, *, credit: bool) -> None:
    _cbc(root, "CustomizationID", PEPPOL_BIS)
    _cbc(root, "ProfileID", PEPPOL_PROCESS)
    _cbc(root, "ID", invoice.number)
    _cbc(root, "IssueDate", invoice.issued_on.isoformat())
    if not credit:
        _cbc(root, "DueDate", invoice.due_on.isoformat())
    _cbc(root, "CreditNoteTypeCode" if credit else "InvoiceTypeCode", TYPE_CODES[invoice.kind])
    _cbc(root, "Note", invoice.note)
    _cbc(root, "DocumentCurrencyCode", invoice.currency)
    _cbc(root, "BuyerReference", invoice.buyer_reference)


def _references(root: etree._Element, invoice: EInvoice) -> None:
    if invoice.order_reference:
        _cbc(_cac(root, "OrderReference"), "ID", invoice.order_reference)
    if invoice.preceding:
        reference = _cac(_cac(root, "BillingReference"), "InvoiceDocumentReference")
        _cbc(reference, "ID", invoice.preceding.number)
        _cbc(reference, "IssueDate", invoice.preceding.issued_on.isoformat())
    if invoice.contract_reference:
        _cbc(_cac(root, "ContractDocumentReference"), "ID", invoice.contract_reference)


def _party(parent: etree._Element, party: Party) -> None:
    element = _cac(parent, "Party")
    _cbc(element, "EndpointID", party.endpoint, schemeID=party.endpoint_scheme)
    address = _cac(element, "PostalAddress")
    _cbc(address, "StreetName", party.street)
    _cbc(address, "CityName", party.city)
    _cbc(address, "PostalZone", party.postcode)
    _cbc(_cac(address, "Country"), "IdentificationCode", party.country)
    if party.vat_number:
        tax = _cac(element, "PartyTaxScheme")
        _cbc(tax, "CompanyID", party.vat_number)
        _cbc(_cac(tax, "TaxScheme"), "ID", "VAT")
    legal = _cac(element, "PartyLegalEntity")
    _cbc(legal, "RegistrationName", party.name)
    _cbc(legal, "CompanyID", party.legal_id, schemeID=party.legal_scheme)
    if party.contact_name or party.contact_email:
        contact = _cac(element, "Contact")
        _cbc(contact, "Name", party.contact_name)
        _cbc(contact, "ElectronicMail", party.contact_email)


def _delivery(root: etree._Element, invoice: EInvoice) -> None:
    delivery = _cac(root, "Delivery")
    _cbc(delivery, "ActualDeliveryDate", invoice.delivered_on.isoformat())
    if any(row.category == "K" for row in invoice.vat):  # BR-IC-12 asks where the goods went
        address = _cac(_cac(delivery, "DeliveryLocation"), "Address")
        _cbc(_cac(address, "Country"), "IdentificationCode", invoice.buyer.country)


def _payment(root: etree._Element, invoice: EInvoice, *, credit: bool) -> None:
    if invoice.transfer:
        means = _cac(root, "PaymentMeans")
        _cbc(means, "PaymentMeansCode", CREDIT_TRANSFER, name="Credit transfer")
        if credit:
            _cbc(means, "PaymentDueDate", invoice.due_on.isoformat())
        _cbc(means, "PaymentID", invoice.transfer.reference)
        account = _cac(means, "PayeeFinancialAccount")
        _cbc(account, "ID", invoice.transfer.iban)
        _cbc(account, "Name", invoice.transfer.account_name)
        if invoice.transfer.bic:
            _cbc(_cac(account, "FinancialInstitutionBranch"), "ID", invoice.transfer.bic)
    if invoice.terms:
        _cbc(_cac(root, "PaymentTerms"), "Note", invoice.terms)


def _category(
    parent: etree._Element, tag: str, category: str, rate: Decimal | None, row: VatRow | None
) -> None:
    element = _cac(parent, tag)
    _cbc(element, "ID", category)
    if rate is not None:
        _cbc(element, "Percent", plain(rate))
    if row:
        _cbc(element, "TaxExemptionReasonCode", row.reason_code)
        _cbc(element, "TaxExemptionReason", row.reason)
    _cbc(_cac(element, "TaxScheme"), "ID", "VAT")


def _totals(root: etree._Element, invoice: EInvoice) -> None:
    currency = invoice.currency
    tax = _cac(root, "TaxTotal")
    _amount(tax, "TaxAmount", invoice.vat_total, currency)
    for row in invoice.vat:
        part = _cac(tax, "TaxSubtotal")
        _amount(part, "TaxableAmount", row.taxable, currency)
        _amount(part, "TaxAmount", row.vat, currency)
        _category(part, "TaxCategory", row.category, row.rate, row)
    total = _cac(root, "LegalMonetaryTotal")
    _amount(total, "LineExtensionAmount", invoice.net, currency)
    _amount(total, "TaxExclusiveAmount", invoice.net, currency)
    _amount(total, "TaxInclusiveAmount", invoice.total, currency)
    if invoice.prepaid:
        _amount(total, "PrepaidAmount", invoice.prepaid, currency)
    _amount(total, "PayableAmount", invoice.payable, currency)


def _line(root: etree._Element, line: Line, currency: str, *, credit: bool) -> None:
    element = _cac(root, "CreditNoteLine" if credit else "InvoiceLine")
    _cbc(element, "ID", line.id)
    quantity = "CreditedQuantity" if credit else "InvoicedQuantity"
    _cbc(element, quantity, plain(line.quantity), unitCode=line.unit)
    _amount(element, "LineExtensionAmount", line.net, currency)
    item = _cac(element, "Item")
    _cbc(item, "Description", line.description)
    _cbc(item, "Name", line.name)
    _category(item, "ClassifiedTaxCategory", line.category, line.rate, None)
    _cbc(_cac(element, "Price"), "PriceAmount", plain(line.price), currencyID=currency)

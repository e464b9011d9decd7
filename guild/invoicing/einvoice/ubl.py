"""UBL 2.1 Invoice and CreditNote (ISO/IEC 19845) as Peppol BIS Billing 3.0 reads them.

A self-billed document names the customization of Peppol BIS Self-Billing 3.0, the same but for who
writes it. Elements stand in the order of the UBL schemas, which refuse any other. The bytes depend
on the canonical document alone: no date of writing, no random id.
"""

from base64 import b64encode
from decimal import Decimal
from typing import Final

from lxml import etree

from guild.invoicing.rules.canonical import (
    PEPPOL_BIS,
    PEPPOL_PROCESS,
    PEPPOL_SELF_BILLING,
    PEPPOL_SELF_BILLING_PROCESS,
    SELF_BILLED,
    Adjustment,
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
PROJECT: Final = "50"
"""UNCL 1001, of a reference on a credit note: a project (BT-11)."""


def ubl_bytes(invoice: EInvoice) -> bytes:
    """The document in UTF-8; equal input gives equal bytes."""
    assert invoice.emitted, "only VAT documents exist as UBL"
    credit = invoice.is_credit
    name = "CreditNote" if credit else "Invoice"
    space = ROOT.format(name)
    spaces: dict[str | None, str] = {None: space, "cac": CAC, "cbc": CBC}
    root = etree.Element(f"{{{space}}}{name}", nsmap=spaces)  # type: ignore[arg-type]  # the stubs forget the default namespace
    _head(root, invoice, credit=credit)
    _references(root, invoice, credit=credit)
    _party(_cac(root, "AccountingSupplierParty"), invoice.seller)
    _party(_cac(root, "AccountingCustomerParty"), invoice.buyer)
    _payee(root, invoice)
    _delivery(root, invoice)
    _payment(root, invoice, credit=credit)
    for one in invoice.adjustments:
        _adjustment(root, one, invoice.currency, whole=True)
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
    own = invoice.kind in SELF_BILLED
    _cbc(root, "CustomizationID", PEPPOL_SELF_BILLING if own else PEPPOL_BIS)
    _cbc(root, "ProfileID", PEPPOL_SELF_BILLING_PROCESS if own else PEPPOL_PROCESS)
    _cbc(root, "ID", invoice.number)
    _cbc(root, "IssueDate", invoice.issued_on.isoformat())
    if not credit:
        _cbc(root, "DueDate", invoice.due_on.isoformat())
    _cbc(root, "CreditNoteTypeCode" if credit else "InvoiceTypeCode", invoice.type_code)
    _cbc(root, "Note", invoice.note)
    _cbc(root, "DocumentCurrencyCode", invoice.currency)
    _cbc(root, "TaxCurrencyCode", invoice.accounting_currency)
    _cbc(root, "AccountingCost", invoice.references.accounting)
    _cbc(root, "BuyerReference", invoice.buyer_reference)


def _references(root: etree._Element, invoice: EInvoice, *, credit: bool) -> None:
    more = invoice.references
    if invoice.period:
        period = _cac(root, "InvoicePeriod")
        _cbc(period, "StartDate", invoice.period[0].isoformat())
        _cbc(period, "EndDate", invoice.period[1].isoformat())
    if invoice.order_reference or more.sales_order:
        order = _cac(root, "OrderReference")
        # UBL asks for an order number beside a sales order's; NA says that there is none.
        _cbc(order, "ID", invoice.order_reference or "NA")
        _cbc(order, "SalesOrderID", more.sales_order)
    for preceding in invoice.preceding:
        reference = _cac(_cac(root, "BillingReference"), "InvoiceDocumentReference")
        _cbc(reference, "ID", preceding.number)
        _cbc(reference, "IssueDate", preceding.issued_on.isoformat())
    _document(root, "DespatchDocumentReference", more.despatch)
    _document(root, "ReceiptDocumentReference", more.receipt)
    if not credit:
        _document(root, "OriginatorDocumentReference", more.tender)
    _document(root, "ContractDocumentReference", invoice.contract_reference)
    if credit and more.project:
        project = _cac(root, "AdditionalDocumentReference")
        _cbc(project, "ID", more.project)
        _cbc(project, "DocumentTypeCode", PROJECT)
    for attached in invoice.attachments:
        reference = _cac(root, "AdditionalDocumentReference")
        _cbc(reference, "ID", attached.name)
        _cbc(reference, "DocumentDescription", attached.description)
        _cbc(
            _cac(reference, "Attachment"),
            "EmbeddedDocumentBinaryObject",
            b64encode(attached.data).decode(),
            mimeCode=attached.media_type,
            filename=attached.name,
        )
    if credit:
        _document(root, "OriginatorDocumentReference", more.tender)
    else:
        _document(root, "ProjectReference", more.project)


def _document(root: etree._Element, tag: str, reference: str) -> None:
    if reference:
        _cbc(_cac(root, tag), "ID", reference)


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
        _cbc(contact, "Telephone", party.contact_phone)
        _cbc(contact, "ElectronicMail", party.contact_email)


def _payee(root: etree._Element, invoice: EInvoice) -> None:
    if invoice.payee:
        element = _cac(root, "PayeeParty")
        _cbc(_cac(element, "PartyName"), "Name", invoice.payee.name)
        if invoice.payee.legal_id:
            legal = _cac(element, "PartyLegalEntity")
            _cbc(legal, "CompanyID", invoice.payee.legal_id, schemeID=invoice.payee.legal_scheme)


def _delivery(root: etree._Element, invoice: EInvoice) -> None:
    delivery = _cac(root, "Delivery")
    _cbc(delivery, "ActualDeliveryDate", invoice.delivered_on.isoformat())
    to = invoice.delivery
    if to and to.country:
        address = _cac(_cac(delivery, "DeliveryLocation"), "Address")
        _cbc(address, "StreetName", to.street)
        _cbc(address, "CityName", to.city)
        _cbc(address, "PostalZone", to.postcode)
        _cbc(_cac(address, "Country"), "IdentificationCode", to.country)
    elif any(row.category == "K" for row in invoice.vat):  # BR-IC-12 asks where the goods went
        address = _cac(_cac(delivery, "DeliveryLocation"), "Address")
        _cbc(_cac(address, "Country"), "IdentificationCode", invoice.buyer.country)
    if to and to.name:
        _cbc(_cac(_cac(delivery, "DeliveryParty"), "PartyName"), "Name", to.name)


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


def _adjustment(parent: etree._Element, one: Adjustment, currency: str, *, whole: bool) -> None:
    """BG-20, BG-21, BG-27 or BG-28; on a line the tax is the line's own."""
    element = _cac(parent, "AllowanceCharge")
    _cbc(element, "ChargeIndicator", "true" if one.charge else "false")
    _cbc(element, "AllowanceChargeReasonCode", one.reason_code)
    _cbc(element, "AllowanceChargeReason", one.reason)
    if one.percent is not None:
        _cbc(element, "MultiplierFactorNumeric", plain(one.percent))
    _amount(element, "Amount", one.amount, currency)
    if one.base is not None:
        _amount(element, "BaseAmount", one.base, currency)
    if whole:
        _category(element, "TaxCategory", one.category, one.rate, None)


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
    if invoice.accounting_vat is not None:
        other = _cac(root, "TaxTotal")
        _amount(other, "TaxAmount", invoice.accounting_vat, invoice.accounting_currency)
    total = _cac(root, "LegalMonetaryTotal")
    _amount(total, "LineExtensionAmount", invoice.lines_net, currency)
    _amount(total, "TaxExclusiveAmount", invoice.net, currency)
    _amount(total, "TaxInclusiveAmount", invoice.total, currency)
    charged = {one.charge for one in invoice.adjustments}
    if False in charged:
        _amount(total, "AllowanceTotalAmount", invoice.allowances, currency)
    if True in charged:
        _amount(total, "ChargeTotalAmount", invoice.charges, currency)
    if invoice.prepaid:
        _amount(total, "PrepaidAmount", invoice.prepaid, currency)
    if invoice.rounding:
        _amount(total, "PayableRoundingAmount", invoice.rounding, currency)
    _amount(total, "PayableAmount", invoice.payable, currency)


def _line(root: etree._Element, line: Line, currency: str, *, credit: bool) -> None:
    element = _cac(root, "CreditNoteLine" if credit else "InvoiceLine")
    _cbc(element, "ID", line.id)
    quantity = "CreditedQuantity" if credit else "InvoicedQuantity"
    _cbc(element, quantity, plain(line.quantity), unitCode=line.unit)
    _amount(element, "LineExtensionAmount", line.net, currency)
    for one in line.adjustments:
        _adjustment(element, one, currency, whole=False)
    item = _cac(element, "Item")
    _cbc(item, "Description", line.description)
    _cbc(item, "Name", line.name)
    _category(item, "ClassifiedTaxCategory", line.category, line.rate, None)
    price = _cac(element, "Price")
    _cbc(price, "PriceAmount", plain(line.price), currencyID=currency)
    if line.base_quantity != 1:
        _cbc(price, "BaseQuantity", plain(line.base_quantity), unitCode=line.unit)

"""UN/CEFACT Cross Industry Invoice D16B as Factur-X 1.09 reads it, profile EN 16931.

This is the file inside the PDF/A-3. Elements stand in the order of the schema, and the bytes
depend on the canonical document alone.
"""

import datetime as dt
from decimal import Decimal
from typing import Final

from lxml import etree

from guild.invoicing.rules.canonical import (
    FACTUR_X,
    TYPE_CODES,
    EInvoice,
    Line,
    Party,
    VatRow,
    plain,
)

RSM: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
UDT: Final = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
QDT: Final = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
CREDIT_TRANSFER: Final = "30"
CALENDAR_DAY: Final = "102"
"""UNCL 2379: CCYYMMDD."""


def cii_bytes(invoice: EInvoice) -> bytes:
    """The document in UTF-8; equal input gives equal bytes."""
    spaces = {"rsm": RSM, "ram": RAM, "udt": UDT, "qdt": QDT}
    root = etree.Element(f"{{{RSM}}}CrossIndustryInvoice", nsmap=spaces)
    context = etree.SubElement(root, f"{{{RSM}}}ExchangedDocumentContext")
    _text(_ram(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", FACTUR_X)
    document = etree.SubElement(root, f"{{{RSM}}}ExchangedDocument")
    _text(document, "ID", invoice.number)
    _text(document, "TypeCode", TYPE_CODES[invoice.kind])
    _date(document, "IssueDateTime", invoice.issued_on)
    if invoice.note:
        _text(_ram(document, "IncludedNote"), "Content", invoice.note)
    trade = etree.SubElement(root, f"{{{RSM}}}SupplyChainTradeTransaction")
    for line in invoice.lines:
        _line(trade, line)
    _agreement(trade, invoice)
    _delivery(trade, invoice)
    _settlement(trade, invoice)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _ram(parent: etree._Element, tag: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{RAM}}}{tag}")


def _text(parent: etree._Element, tag: str, text: str, **attributes: str) -> None:
    """A leaf; empty ones are left out."""
    if not text:
        return
    element = _ram(parent, tag)
    element.text = text
    for name, value in attributes.items():
        if value:
            element.set(name, value)


def _amount(parent: etree._Element, tag: str, value: Decimal, currency: str = "") -> None:
    _text(parent, tag, f"{value:f}", currencyID=currency)


def _date(parent: etree._Element, tag: str, day: dt.date, space: str = UDT) -> None:
    stamp = etree.SubElement(_ram(parent, tag), f"{{{space}}}DateTimeString")
    stamp.text = day.strftime("%Y%m%d")
    stamp.set("format", CALENDAR_DAY)


def _line(trade: etree._Element, line: Line) -> None:
    element = _ram(trade, "IncludedSupplyChainTradeLineItem")
    _text(_ram(element, "AssociatedDocumentLineDocument"), "LineID", line.id)
    product = _ram(element, "SpecifiedTradeProduct")
    _text(product, "Name", line.name)
    _text(product, "Description", line.description)
    price = _ram(_ram(element, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _text(price, "ChargeAmount", plain(line.price))
    delivery = _ram(element, "SpecifiedLineTradeDelivery")
    _text(delivery, "BilledQuantity", plain(line.quantity), unitCode=line.unit)
    settlement = _ram(element, "SpecifiedLineTradeSettlement")
    tax = _ram(settlement, "ApplicableTradeTax")
    _text(tax, "TypeCode", "VAT")
    _text(tax, "CategoryCode", line.category)
    if line.rate is not None:
        _text(tax, "RateApplicablePercent", plain(line.rate))
    summation = _ram(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
    _amount(summation, "LineTotalAmount", line.net)


def _party(parent: etree._Element, tag: str, party: Party) -> None:
    element = _ram(parent, tag)
    _text(element, "Name", party.name)
    if party.legal_id:
        organisation = _ram(element, "SpecifiedLegalOrganization")
        _text(organisation, "ID", party.legal_id, schemeID=party.legal_scheme)
    if party.contact_name or party.contact_email:
        contact = _ram(element, "DefinedTradeContact")
        _text(contact, "PersonName", party.contact_name)
        if party.contact_email:
            mail = _ram(contact, "EmailURIUniversalCommunication")
            _text(mail, "URIID", party.contact_email)
    address = _ram(element, "PostalTradeAddress")
    _text(address, "PostcodeCode", party.postcode)
    _text(address, "LineOne", party.street)
    _text(address, "CityName", party.city)
    _text(address, "CountryID", party.country)
    if party.endpoint:
        electronic = _ram(element, "URIUniversalCommunication")
        _text(electronic, "URIID", party.endpoint, schemeID=party.endpoint_scheme)
    if party.vat_number:
        _text(_ram(element, "SpecifiedTaxRegistration"), "ID", party.vat_number, schemeID="VA")


def _agreement(trade: etree._Element, invoice: EInvoice) -> None:
    agreement = _ram(trade, "ApplicableHeaderTradeAgreement")
    _text(agreement, "BuyerReference", invoice.buyer_reference)
    _party(agreement, "SellerTradeParty", invoice.seller)
    _party(agreement, "BuyerTradeParty", invoice.buyer)
    if invoice.order_reference:
        order = _ram(agreement, "BuyerOrderReferencedDocument")
        _text(order, "IssuerAssignedID", invoice.order_reference)
    if invoice.contract_reference:
        contract = _ram(agreement, "ContractReferencedDocument")
        _text(contract, "IssuerAssignedID", invoice.contract_reference)


def _delivery(trade: etree._Element, invoice: EInvoice) -> None:
    delivery = _ram(trade, "ApplicableHeaderTradeDelivery")
    if any(row.category == "K" for row in invoice.vat):  # BR-IC-12 asks where the goods went
        address = _ram(_ram(delivery, "ShipToTradeParty"), "PostalTradeAddress")
        _text(address, "CountryID", invoice.buyer.country)
    event = _ram(delivery, "ActualDeliverySupplyChainEvent")
    _date(event, "OccurrenceDateTime", invoice.delivered_on)


def _settlement(trade: etree._Element, invoice: EInvoice) -> None:
    settlement = _ram(trade, "ApplicableHeaderTradeSettlement")
    if invoice.transfer:
        _text(settlement, "PaymentReference", invoice.transfer.reference)
    _text(settlement, "InvoiceCurrencyCode", invoice.currency)
    if invoice.transfer:
        means = _ram(settlement, "SpecifiedTradeSettlementPaymentMeans")
        _text(means, "TypeCode", CREDIT_TRANSFER)
        _text(means, "Information", "Credit transfer")
        account = _ram(means, "PayeePartyCreditorFinancialAccount")
        _text(account, "IBANID", invoice.transfer.iban)
        _text(account, "AccountName", invoice.transfer.account_name)
        if invoice.transfer.bic:
            bank = _ram(means, "PayeeSpecifiedCreditorFinancialInstitution")
            _text(bank, "BICID", invoice.transfer.bic)
    for row in invoice.vat:
        _vat_row(settlement, row)
    terms = _ram(settlement, "SpecifiedTradePaymentTerms")
    _text(terms, "Description", invoice.terms)
    _date(terms, "DueDateDateTime", invoice.due_on)
    _summation(settlement, invoice)
    if invoice.preceding:
        reference = _ram(settlement, "InvoiceReferencedDocument")
        _text(reference, "IssuerAssignedID", invoice.preceding.number)
        _date(reference, "FormattedIssueDateTime", invoice.preceding.issued_on, QDT)


def _vat_row(settlement: etree._Element, row: VatRow) -> None:
    tax = _ram(settlement, "ApplicableTradeTax")
    _amount(tax, "CalculatedAmount", row.vat)
    _text(tax, "TypeCode", "VAT")
    _text(tax, "ExemptionReason", row.reason)
    _amount(tax, "BasisAmount", row.taxable)
    _text(tax, "CategoryCode", row.category)
    _text(tax, "ExemptionReasonCode", row.reason_code)
    if row.rate is not None:
        _text(tax, "RateApplicablePercent", plain(row.rate))


def _summation(settlement: etree._Element, invoice: EInvoice) -> None:
    summation = _ram(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _amount(summation, "LineTotalAmount", invoice.net)
    _amount(summation, "TaxBasisTotalAmount", invoice.net)
    _amount(summation, "TaxTotalAmount", invoice.vat_total, invoice.currency)
    _amount(summation, "GrandTotalAmount", invoice.total)
    if invoice.prepaid:
        _amount(summation, "TotalPrepaidAmount", invoice.prepaid)
    _amount(summation, "DuePayableAmount", invoice.payable)

"""UN/CEFACT Cross Industry Invoice D16B as Factur-X 1.09 reads it, profile EN 16931.

This is the file inside the PDF/A-3. Elements stand in the order of the schema, and the bytes
depend on the canonical document alone.
"""

import datetime as dt
from base64 import b64encode
from decimal import Decimal
from typing import Final

from lxml import etree

from guild.invoicing.rules.canonical import (
    FACTUR_X,
    Adjustment,
    Attached,
    Delivery,
    EInvoice,
    Line,
    Party,
    Payee,
    Transfer,
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
SUPPORTING: Final = "916"
TENDER: Final = "50"
"""UNCL 1001, of a referenced document: related, and a tender or lot (BT-17)."""


def cii_bytes(invoice: EInvoice) -> bytes:
    """The document in UTF-8; equal input gives equal bytes."""
    assert invoice.emitted, "only VAT documents exist as CII"
    spaces = {"rsm": RSM, "ram": RAM, "udt": UDT, "qdt": QDT}
    root = etree.Element(f"{{{RSM}}}CrossIndustryInvoice", nsmap=spaces)
    context = etree.SubElement(root, f"{{{RSM}}}ExchangedDocumentContext")
    _text(_ram(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", FACTUR_X)
    document = etree.SubElement(root, f"{{{RSM}}}ExchangedDocument")
    _text(document, "ID", invoice.number)
    _text(document, "TypeCode", invoice.type_code)
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
    if line.base_quantity != 1:
        _text(price, "BasisQuantity", plain(line.base_quantity), unitCode=line.unit)
    delivery = _ram(element, "SpecifiedLineTradeDelivery")
    _text(delivery, "BilledQuantity", plain(line.quantity), unitCode=line.unit)
    settlement = _ram(element, "SpecifiedLineTradeSettlement")
    tax = _ram(settlement, "ApplicableTradeTax")
    _text(tax, "TypeCode", "VAT")
    _text(tax, "CategoryCode", line.category)
    if line.rate is not None:
        _text(tax, "RateApplicablePercent", plain(line.rate))
    for one in line.adjustments:
        _adjustment(settlement, one, whole=False)
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
        if party.contact_phone:
            phone = _ram(contact, "TelephoneUniversalCommunication")
            _text(phone, "CompleteNumber", party.contact_phone)
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
    more = invoice.references
    _text(agreement, "BuyerReference", invoice.buyer_reference)
    _party(agreement, "SellerTradeParty", invoice.seller)
    _party(agreement, "BuyerTradeParty", invoice.buyer)
    _document(agreement, "SellerOrderReferencedDocument", more.sales_order)
    _document(agreement, "BuyerOrderReferencedDocument", invoice.order_reference)
    _document(agreement, "ContractReferencedDocument", invoice.contract_reference)
    for attached in invoice.attachments:
        _attached(agreement, attached)
    if more.tender:
        tender = _ram(agreement, "AdditionalReferencedDocument")
        _text(tender, "IssuerAssignedID", more.tender)
        _text(tender, "TypeCode", TENDER)
    if more.project:
        project = _ram(agreement, "SpecifiedProcuringProject")
        _text(project, "ID", more.project)
        _text(project, "Name", "Project reference")


def _document(parent: etree._Element, tag: str, reference: str) -> None:
    if reference:
        _text(_ram(parent, tag), "IssuerAssignedID", reference)


def _attached(agreement: etree._Element, attached: Attached) -> None:
    reference = _ram(agreement, "AdditionalReferencedDocument")
    _text(reference, "IssuerAssignedID", attached.name)
    _text(reference, "TypeCode", SUPPORTING)
    _text(reference, "Name", attached.description)
    _text(
        reference,
        "AttachmentBinaryObject",
        b64encode(attached.data).decode(),
        mimeCode=attached.media_type,
        filename=attached.name,
    )


def _delivery(trade: etree._Element, invoice: EInvoice) -> None:
    delivery = _ram(trade, "ApplicableHeaderTradeDelivery")
    to = invoice.delivery
    if to is None and any(row.category == "K" for row in invoice.vat):
        to = Delivery(country=invoice.buyer.country)  # BR-IC-12 asks where the goods went
    if to:
        party = _ram(delivery, "ShipToTradeParty")
        _text(party, "Name", to.name)
        if to.country:
            address = _ram(party, "PostalTradeAddress")
            _text(address, "PostcodeCode", to.postcode)
            _text(address, "LineOne", to.street)
            _text(address, "CityName", to.city)
            _text(address, "CountryID", to.country)
    event = _ram(delivery, "ActualDeliverySupplyChainEvent")
    _date(event, "OccurrenceDateTime", invoice.delivered_on)
    _document(delivery, "DespatchAdviceReferencedDocument", invoice.references.despatch)
    _document(delivery, "ReceivingAdviceReferencedDocument", invoice.references.receipt)


def _settlement(trade: etree._Element, invoice: EInvoice) -> None:
    settlement = _ram(trade, "ApplicableHeaderTradeSettlement")
    if invoice.transfer:
        _text(settlement, "PaymentReference", invoice.transfer.reference)
    _text(settlement, "TaxCurrencyCode", invoice.accounting_currency)
    _text(settlement, "InvoiceCurrencyCode", invoice.currency)
    if invoice.payee:
        _payee(settlement, invoice.payee)
    if invoice.transfer:
        _means(settlement, invoice.transfer)
    for row in invoice.vat:
        _vat_row(settlement, row)
    if invoice.period:
        period = _ram(settlement, "BillingSpecifiedPeriod")
        _date(period, "StartDateTime", invoice.period[0])
        _date(period, "EndDateTime", invoice.period[1])
    for one in invoice.adjustments:
        _adjustment(settlement, one, whole=True)
    terms = _ram(settlement, "SpecifiedTradePaymentTerms")
    _text(terms, "Description", invoice.terms)
    _date(terms, "DueDateDateTime", invoice.due_on)
    _summation(settlement, invoice)
    for preceding in invoice.preceding:
        reference = _ram(settlement, "InvoiceReferencedDocument")
        _text(reference, "IssuerAssignedID", preceding.number)
        _date(reference, "FormattedIssueDateTime", preceding.issued_on, QDT)
    if invoice.references.accounting:
        account = _ram(settlement, "ReceivableSpecifiedTradeAccountingAccount")
        _text(account, "ID", invoice.references.accounting)


def _payee(settlement: etree._Element, payee: Payee) -> None:
    element = _ram(settlement, "PayeeTradeParty")
    _text(element, "Name", payee.name)
    if payee.legal_id:
        legal = _ram(element, "SpecifiedLegalOrganization")
        _text(legal, "ID", payee.legal_id, schemeID=payee.legal_scheme)


def _means(settlement: etree._Element, transfer: Transfer) -> None:
    means = _ram(settlement, "SpecifiedTradeSettlementPaymentMeans")
    _text(means, "TypeCode", CREDIT_TRANSFER)
    _text(means, "Information", "Credit transfer")
    account = _ram(means, "PayeePartyCreditorFinancialAccount")
    _text(account, "IBANID", transfer.iban)
    _text(account, "AccountName", transfer.account_name)
    if transfer.bic:
        bank = _ram(means, "PayeeSpecifiedCreditorFinancialInstitution")
        _text(bank, "BICID", transfer.bic)


def _adjustment(parent: etree._Element, one: Adjustment, *, whole: bool) -> None:
    """BG-20, BG-21, BG-27 or BG-28; on a line the tax is the line's own."""
    element = _ram(parent, "SpecifiedTradeAllowanceCharge")
    indicator = etree.SubElement(_ram(element, "ChargeIndicator"), f"{{{UDT}}}Indicator")
    indicator.text = "true" if one.charge else "false"
    if one.percent is not None:
        _text(element, "CalculationPercent", plain(one.percent))
    if one.base is not None:
        _amount(element, "BasisAmount", one.base)
    _amount(element, "ActualAmount", one.amount)
    _text(element, "ReasonCode", one.reason_code)
    _text(element, "Reason", one.reason)
    if whole:
        tax = _ram(element, "CategoryTradeTax")
        _text(tax, "TypeCode", "VAT")
        _text(tax, "CategoryCode", one.category)
        if one.rate is not None:
            _text(tax, "RateApplicablePercent", plain(one.rate))


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
    charged = {one.charge for one in invoice.adjustments}
    _amount(summation, "LineTotalAmount", invoice.lines_net)
    if True in charged:
        _amount(summation, "ChargeTotalAmount", invoice.charges)
    if False in charged:
        _amount(summation, "AllowanceTotalAmount", invoice.allowances)
    _amount(summation, "TaxBasisTotalAmount", invoice.net)
    _amount(summation, "TaxTotalAmount", invoice.vat_total, invoice.currency)
    if invoice.accounting_vat is not None:
        _amount(summation, "TaxTotalAmount", invoice.accounting_vat, invoice.accounting_currency)
    if invoice.rounding:
        _amount(summation, "RoundingAmount", invoice.rounding)
    _amount(summation, "GrandTotalAmount", invoice.total)
    if invoice.prepaid:
        _amount(summation, "TotalPrepaidAmount", invoice.prepaid)
    _amount(summation, "DuePayableAmount", invoice.payable)

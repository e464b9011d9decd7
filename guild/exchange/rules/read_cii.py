"""Reads UN/CEFACT Cross Industry Invoice (D16B/D22B) as EN 16931, Factur-X and XRechnung use it."""

from decimal import Decimal
from typing import Final

from lxml import etree

from guild.exchange.rules.read_ubl import CREDIT_TYPES
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

CII: Final = "urn:un:unece:uncefact:data:standard:"
SPACES: Final = {
    "rsm": f"{CII}CrossIndustryInvoice:100",
    "ram": f"{CII}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{CII}UnqualifiedDataType:100",
}
ROOT: Final = f"{{{SPACES['rsm']}}}CrossIndustryInvoice"
DAY: Final = "%Y%m%d"
"""Format 102 of UNCL 2379, the only one that EN 16931 allows."""


def read_cii(root: etree._Element) -> ReceivedInvoice:
    """The document under a CrossIndustryInvoice; raises NotReadable."""
    doc = Node(root, SPACES)
    head = doc.one("rsm:ExchangedDocument")
    trade = doc.one("rsm:SupplyChainTradeTransaction")
    agreed = trade.one("ram:ApplicableHeaderTradeAgreement")
    settled = trade.one("ram:ApplicableHeaderTradeSettlement")
    sums = settled.one("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    code = head.text("ram:TypeCode")
    currency = currency_of(settled.text("ram:InvoiceCurrencyCode"))
    means = settled.all("ram:SpecifiedTradeSettlementPaymentMeans")
    iban = "ram:PayeePartyCreditorFinancialAccount/ram:IBANID"
    other = "ram:PayeePartyCreditorFinancialAccount/ram:ProprietaryID"
    rows = trade.all("ram:IncludedSupplyChainTradeLineItem")
    return ReceivedInvoice(
        kind="credit_note" if code in CREDIT_TYPES else "invoice",
        type_code=code,
        customization=doc.text(
            "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
        ),
        number=head.text("ram:ID"),
        issued_on=required_day(head.day("ram:IssueDateTime/udt:DateTimeString", DAY)),
        due_on=settled.day(
            "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString", DAY
        ),
        currency=currency,
        note=head.text("ram:IncludedNote/ram:Content", LONG_TEXT_MAX),
        buyer_reference=agreed.text("ram:BuyerReference"),
        order_reference=agreed.text("ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
        contract_reference=agreed.text("ram:ContractReferencedDocument/ram:IssuerAssignedID"),
        project_reference=agreed.text("ram:SpecifiedProcuringProject/ram:ID"),
        preceding=tuple(
            one.text("ram:IssuerAssignedID")
            for one in settled.all("ram:InvoiceReferencedDocument")[:50]
        ),
        seller=_party(agreed.one("ram:SellerTradeParty")),
        buyer=_party(agreed.one("ram:BuyerTradeParty")),
        iban=next((_compact(t) for m in means if (t := m.text(iban) or m.text(other))), ""),
        bic=next(
            (
                t
                for m in means
                if (t := m.text("ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"))
            ),
            "",
        ),
        payment_reference=settled.text("ram:PaymentReference"),
        lines=tuple(_line(row) for row in bounded(rows)),
        vat=tuple(_vat(row) for row in settled.all("ram:ApplicableTradeTax")[:200]),
        allowances=_parts(settled, charge=False),
        charges=_parts(settled, charge=True),
        line_total=sums.amount("ram:LineTotalAmount"),
        allowance_total=sums.amount("ram:AllowanceTotalAmount"),
        charge_total=sums.amount("ram:ChargeTotalAmount"),
        net=sums.amount("ram:TaxBasisTotalAmount"),
        vat_total=_vat_total(sums, currency),
        total=sums.amount("ram:GrandTotalAmount"),
        prepaid=sums.amount("ram:TotalPrepaidAmount"),
        rounding=sums.amount("ram:RoundingAmount"),
        payable=sums.amount("ram:DuePayableAmount"),
        attachments=tuple(
            one.attribute("filename", "ram:AttachmentBinaryObject")
            for one in agreed.all("ram:AdditionalReferencedDocument")[:50]
            if one.one("ram:AttachmentBinaryObject").element is not None
        ),
    )


def _vat_total(sums: Node, currency: str) -> Decimal:
    """The total in the invoice's own currency."""
    for total in sums.all("ram:TaxTotalAmount"):
        if total.attribute("currencyID") in {currency, ""}:
            return total.amount(".")
    return Decimal(0)


def _party(party: Node) -> ReceivedParty:
    address = party.one("ram:PostalTradeAddress")
    vat = next(
        (
            one.text("ram:ID")
            for one in party.all("ram:SpecifiedTaxRegistration")
            if one.attribute("schemeID", "ram:ID") == "VA"
        ),
        "",
    )
    legal = "ram:SpecifiedLegalOrganization/ram:ID"
    address_path = "ram:URIUniversalCommunication/ram:URIID"
    return ReceivedParty(
        name=party.text("ram:Name"),
        street=address.text("ram:LineOne"),
        postcode=address.text("ram:PostcodeCode"),
        city=address.text("ram:CityName"),
        country=address.text("ram:CountryID")[:2],
        vat_number=_compact(vat),
        legal_id=party.text(legal),
        legal_scheme=party.attribute("schemeID", legal),
        endpoint=party.text(address_path),
        endpoint_scheme=party.attribute("schemeID", address_path),
        email=party.text("ram:DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID"),
    )


def _line(row: Node) -> ReceivedLine:
    agreed = row.one("ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice")
    settled = row.one("ram:SpecifiedLineTradeSettlement")
    tax = settled.one("ram:ApplicableTradeTax")
    quantity = "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"
    return ReceivedLine(
        id=row.text("ram:AssociatedDocumentLineDocument/ram:LineID"),
        name=row.text("ram:SpecifiedTradeProduct/ram:Name"),
        description=row.text("ram:SpecifiedTradeProduct/ram:Description", LONG_TEXT_MAX),
        quantity=row.amount(quantity),
        unit=row.attribute("unitCode", quantity),
        price=agreed.amount("ram:ChargeAmount"),
        base_quantity=agreed.amount("ram:BasisQuantity", Decimal(1)),
        allowances=sum(_parts(settled, charge=False), Decimal(0)),
        charges=sum(_parts(settled, charge=True), Decimal(0)),
        net=settled.amount("ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"),
        category=tax.text("ram:CategoryCode"),
        rate=tax.rate("ram:RateApplicablePercent"),
    )


def _vat(row: Node) -> ReceivedVat:
    return ReceivedVat(
        category=row.text("ram:CategoryCode"),
        rate=row.rate("ram:RateApplicablePercent"),
        taxable=row.amount("ram:BasisAmount"),
        vat=row.amount("ram:CalculatedAmount"),
        reason=row.text("ram:ExemptionReason") or row.text("ram:ExemptionReasonCode"),
    )


def _parts(node: Node, *, charge: bool) -> tuple[Decimal, ...]:
    word = "true" if charge else "false"
    return tuple(
        part.amount("ram:ActualAmount")
        for part in node.all("ram:SpecifiedTradeAllowanceCharge")[:500]
        if part.text("ram:ChargeIndicator/udt:Indicator") == word
    )


def _compact(number: str) -> str:
    return "".join(sign for sign in number.upper() if sign.isalnum())

"""The XML files that Belgium's Intervat takes: client listing and intra-Community listing.

Built after the published schemas NewLK-in and NewICO-in (FPS Finance, version 0.9), which name the
elements and their order. The schemas themselves carry no licence to be kept here; Intervat checks
the file when it is sent. Amounts are euro with two decimals.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from lxml import etree

from guild.exports.rules.listings import ClientSum, IntraSum

COMMON: Final = "http://www.minfin.fgov.be/InputCommon"
CLIENTS: Final = "http://www.minfin.fgov.be/ClientListingConsignment"
INTRA: Final = "http://www.minfin.fgov.be/IntraConsignment"
NAME_MAX: Final = 100


class Declarant(msgspec.Struct, frozen=True, kw_only=True):
    """Who files: the enterprise number of ten digits, and the address."""

    number: str
    name: str
    street: str
    postcode: str
    city: str
    country: str
    email: str


def euro(minor: int) -> str:
    """Minor units as Intervat writes amounts: 123456 → 1234.56."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def clients_xml(declarant: Declarant, year: int, clients: Sequence[ClientSum]) -> bytes:
    """The yearly listing of Belgian clients."""
    root = etree.Element(
        f"{{{CLIENTS}}}ClientListingConsignment",
        nsmap={"ns2": CLIENTS, "ns1": COMMON},
        ClientListingsNbr="1",
    )
    listing = etree.SubElement(
        root,
        f"{{{CLIENTS}}}ClientListing",
        SequenceNumber="1",
        ClientsNbr=str(len(clients)),
        TurnOverSum=euro(sum(one.turnover_minor for one in clients)),
        VATAmountSum=euro(sum(one.vat_minor for one in clients)),
    )
    _declarant(listing, CLIENTS, declarant)
    etree.SubElement(listing, f"{{{CLIENTS}}}Period").text = str(year)
    for place, one in enumerate(clients, 1):
        client = etree.SubElement(listing, f"{{{CLIENTS}}}Client", SequenceNumber=str(place))
        number = etree.SubElement(client, f"{{{CLIENTS}}}CompanyVATNumber", issuedBy="BE")
        number.text = one.number
        etree.SubElement(client, f"{{{CLIENTS}}}TurnOver").text = euro(one.turnover_minor)
        etree.SubElement(client, f"{{{CLIENTS}}}VATAmount").text = euro(one.vat_minor)
    return _bytes(root)


def intra_xml(
    declarant: Declarant,
    *,
    year: int,
    month: int | None,
    quarter: int | None,
    clients: Sequence[IntraSum],
) -> bytes:
    """The listing of supplies to other member states, of a month or of a quarter."""
    assert (month is None) != (quarter is None)
    root = etree.Element(
        f"{{{INTRA}}}IntraConsignment", nsmap={"ns2": INTRA, "ns1": COMMON}, IntraListingsNbr="1"
    )
    listing = etree.SubElement(
        root,
        f"{{{INTRA}}}IntraListing",
        SequenceNumber="1",
        ClientsNbr=str(len(clients)),
        AmountSum=euro(sum(one.amount_minor for one in clients)),
    )
    _declarant(listing, INTRA, declarant)
    period = etree.SubElement(listing, f"{{{INTRA}}}Period")
    if month is not None:
        etree.SubElement(period, f"{{{INTRA}}}Month").text = str(month)
    else:
        etree.SubElement(period, f"{{{INTRA}}}Quarter").text = str(quarter)
    etree.SubElement(period, f"{{{INTRA}}}Year").text = str(year)
    for place, one in enumerate(clients, 1):
        client = etree.SubElement(listing, f"{{{INTRA}}}IntraClient", SequenceNumber=str(place))
        number = etree.SubElement(client, f"{{{INTRA}}}CompanyVATNumber", issuedBy=one.country)
        number.text = one.number
        etree.SubElement(client, f"{{{INTRA}}}Code").text = one.code
        etree.SubElement(client, f"{{{INTRA}}}Amount").text = euro(one.amount_minor)
    return _bytes(root)


def _declarant(listing: etree._Element, space: str, declarant: Declarant) -> None:
    node = etree.SubElement(listing, f"{{{space}}}Declarant")
    fields = (
        ("VATNumber", declarant.number),
        ("Name", declarant.name[:NAME_MAX]),
        ("Street", declarant.street),
        ("PostCode", declarant.postcode),
        ("City", declarant.city),
        ("CountryCode", declarant.country),
        ("EmailAddress", declarant.email),
    )
    for name, value in fields:
        etree.SubElement(node, f"{{{COMMON}}}{name}").text = value


def _bytes(root: etree._Element) -> bytes:
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return made

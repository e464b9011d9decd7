"""The listings by hand-made lines, the XML files, the periods, and CSV that cannot run."""

import csv
import io
from datetime import date

import pytest
from lxml import etree

from guild.exports.errors import PeriodWrong
from guild.exports.rules.csv_text import Amount, csv_bytes
from guild.exports.rules.intervat import CLIENTS as CLIENTS_NS
from guild.exports.rules.intervat import COMMON, INTRA, Declarant, clients_xml, euro, intra_xml
from guild.exports.rules.kinds import Kind, check_period
from guild.exports.rules.listings import VatLine, clients_be, intra_community, vat_totals

WE = Declarant(
    number="0123456749", name="A Cooperative", street="Street 1", postcode="1000", city="Brussel",
    country="BE", email="office@coop.example",
)  # fmt: skip


def line(taxable: int, vat: int = 0, **more: object) -> VatLine:
    given = {
        "number": "2026-0001", "kind": "invoice", "issued_on": date(2026, 3, 1),
        "buyer_name": "A Client", "buyer_country": "BE", "buyer_vat": "BE0403019261",
        "category": "S", "rate_percent": "21", "currency": "EUR", "reason_code": "", "reason": "",
        **more,
    }  # fmt: skip
    return VatLine(taxable_minor=taxable, vat_minor=vat, **given)  # type: ignore[arg-type]


def test_belgian_clients_above_the_threshold() -> None:
    listed = clients_be([
        line(20_000, 4_200),
        line(10_000, 2_100),
        line(-3_000, -630, kind="credit_note"),
        line(25_000, 5_250, buyer_vat="BE0417497106", buyer_name="Exactly 250"),
        line(90_000, 0, buyer_vat="FR40303265045", category="AE"),
        line(90_000, 18_900, buyer_vat="", buyer_name="A consumer"),
        line(90_000, 0, buyer_vat="BE0202239951", category="E"),
    ])  # fmt: skip
    assert [(one.number, one.turnover_minor, one.vat_minor) for one in listed] == [
        ("0403019261", 27_000, 5_670)
    ]


def test_intra_community_by_kind_of_supply() -> None:
    lines = [
        line(50_000, buyer_vat="FR40303265045", category="AE"),
        line(-10_000, buyer_vat="FR 40 303 265 045", category="AE", kind="credit_note"),
        line(70_000, buyer_vat="FR40303265045", category="K"),
        line(5_000, buyer_vat="NL003461464B01", category="AE"),
        line(-5_000, buyer_vat="NL003461464B01", category="AE"),
        line(9_000, buyer_vat="BE0403019261", category="AE"),
    ]
    listed = intra_community(lines, "BE")
    assert [(one.country, one.number, one.code, one.amount_minor) for one in listed] == [
        ("FR", "40303265045", "L", 70_000),
        ("FR", "40303265045", "S", 40_000),
    ]


def test_totals_never_mix_currencies() -> None:
    found = vat_totals([line(100, 21), line(200, 42), line(300, 63, currency="USD")])
    assert [(one.currency, one.documents, one.taxable_minor) for one in found] == [
        ("EUR", 1, 300),
        ("USD", 1, 300),
    ]


def test_the_client_listing_file() -> None:
    xml = etree.fromstring(clients_xml(WE, 2026, clients_be([line(123_456, 25_926)])))
    space = {"l": CLIENTS_NS, "c": COMMON}
    [listing] = xml.findall("l:ClientListing", space)
    assert {name: listing.get(name) for name in listing.keys()} == {  # noqa: SIM118
        "SequenceNumber": "1", "ClientsNbr": "1", "TurnOverSum": "1234.56",
        "VATAmountSum": "259.26",
    }  # fmt: skip
    assert listing.findtext("l:Declarant/c:VATNumber", namespaces=space) == "0123456749"
    number = listing.find("l:Client/l:CompanyVATNumber", space)
    assert number is not None
    assert (number.text, number.get("issuedBy")) == ("0403019261", "BE")


def test_the_intra_community_file_names_its_period() -> None:
    lines = [line(50_000, buyer_vat="FR40303265045", category="AE")]
    clients = intra_community(lines, "BE")
    space = {"i": INTRA}
    quarterly = etree.fromstring(intra_xml(WE, year=2026, month=None, quarter=3, clients=clients))
    assert quarterly.findtext(".//i:Quarter", namespaces=space) == "3"
    assert quarterly.find(".//i:Month", space) is None
    assert quarterly.findtext(".//i:Amount", namespaces=space) == "500.00"
    monthly = etree.fromstring(intra_xml(WE, year=2026, month=9, quarter=None, clients=[]))
    assert monthly.findtext(".//i:Month", namespaces=space) == "9"


def test_amounts_of_intervat() -> None:
    assert [euro(minor) for minor in (0, 5, 123_456, -5, -123_456)] == [
        "0.00", "0.05", "1234.56", "-0.05", "-1234.56",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("vat", date(2026, 3, 2), date(2026, 3, 1)),
        ("vat", date(2025, 1, 1), date(2026, 12, 31)),
        ("clients_be", date(2026, 1, 1), date(2026, 6, 30)),
        ("intra_community", date(2026, 2, 1), date(2026, 4, 30)),
        ("intra_community", date(2026, 1, 1), date(2026, 2, 28)),
    ],
)
def test_periods_that_do_not_fit(kind: Kind, first: date, last: date) -> None:
    with pytest.raises(PeriodWrong):
        check_period(kind, first, last)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("vat", date(2026, 3, 1), date(2026, 3, 1)),
        ("clients_be", date(2024, 1, 1), date(2024, 12, 31)),
        ("intra_community", date(2024, 2, 1), date(2024, 2, 29)),
        ("intra_community", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_periods_that_fit(kind: Kind, first: date, last: date) -> None:
    check_period(kind, first, last)


def test_no_cell_is_a_formula() -> None:
    made = csv_bytes(("a", "b"), [("=1+1", Amount("-12.50")), ("@x", "plain, with comma")])
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert rows == [["a", "b"], ["'=1+1", "-12.50"], ["'@x", "plain, with comma"]]

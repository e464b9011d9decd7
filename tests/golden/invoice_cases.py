"""The documents of `test_invoice_goldens.py`: small cases, each for one thing that a document says.

Parties are made up; their check digits hold. A case starts from a Belgian cooperative, a Belgian
member and a Belgian company, and says what is otherwise. `terms` is what a member sends as JSON.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Json = Mapping[str, Any]
Kind = Literal["invoice", "self_bill", "self_bill_credit", "proforma"]


class Pay(msgspec.Struct, frozen=True):
    """The client pays that much."""

    amount: str


class Credit(msgspec.Struct, frozen=True):
    """A credit note: of what is left, of lines, or of a net amount. It is what the case shows."""

    reason: str
    lines: tuple[int, ...] = ()
    net: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One document and what happened to it."""

    name: str
    terms: Json
    client: Json = {}
    member: Json = {}
    coop: Json = {}
    contract: Json = {}
    references: Json = {}
    """buyer_reference and order_reference."""
    on_account: str = ""
    """What the client has on account before."""
    type_code: str = "380"
    preceding: tuple[tuple[str, str], ...] = ()
    """Number and day of further documents that it follows."""
    files: tuple[tuple[str, str, bytes], ...] = ()
    """Name, media type and bytes of what is attached."""
    then: tuple[Pay | Credit, ...] = ()
    printed_as: Kind = "invoice"
    """A kind that is not issued by `issue_invoices`: printed from the same content, not posted."""


def line(text: str, price: str, quantity: str = "1", unit: str = "C62", **more: Any) -> Json:
    """A line of a draft."""
    return {"text": text, "unit_price": price, "quantity": quantity, "unit": unit, **more}


BELGIAN = {
    "name": "Uitgeverij Kartonkaai bv", "vat_number": "BE0403019261",
    "enterprise_number": "0403019261", "street": "Kartonkaai 12", "postcode": "9000",
    "city": "Gent",
}  # fmt: skip
FRENCH = {
    "name": "Éditions du Faubourg SARL", "country": "FR", "vat_number": "FR83404833048",
    "street": "12, rue du Sentier", "postcode": "75002", "city": "Paris", "language": "fr",
}  # fmt: skip
DUTCH = {
    "name": "Drukkerij De Zetkast B.V.", "country": "NL", "vat_number": "NL004495445B01",
    "enterprise_number": "12345678", "street": "Lijnbaansgracht 7", "postcode": "1015 GN",
    "city": "Amsterdam", "language": "nl",
}  # fmt: skip
GERMAN = {
    "name": "Verlagshaus Nordwind GmbH", "country": "DE", "vat_number": "DE136695976",
    "street": "Speicherstraße 4", "postcode": "20457", "city": "Hamburg", "language": "de",
}  # fmt: skip
CONSUMER = {
    "name": "Ilse Voorbeeld", "kind": "consumer", "street": "Dorpsstraat 3", "postcode": "3000",
    "city": "Leuven", "vat_number": None, "enterprise_number": None,
}  # fmt: skip
TOWN = {
    "name": "Ville de Namur", "kind": "public_body", "vat_number": "BE0207362739",
    "enterprise_number": "0207362739", "street": "Hôtel de Ville", "postcode": "5000",
    "city": "Namur", "language": "fr",
}  # fmt: skip
ABROAD = {
    "name": "Harbor & Pine LLC", "country": "US", "street": "14 Pier Road", "postcode": "04101",
    "city": "Portland", "vat_number": None, "enterprise_number": None,
}  # fmt: skip
PARIS = {
    "name": "Coopérative des Métiers", "country": "FR", "vat_number": "FR83404833048",
    "enterprise_number": "404833048", "street": "8, rue des Artisans", "postcode": "69001",
    "city": "Lyon", "iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPLYO",
}  # fmt: skip
HAMBURG = {
    "name": "Gilde Beispiel eG", "country": "DE", "vat_number": "DE136695976",
    "enterprise_number": "GnR 1234", "street": "Werkhof 2", "postcode": "22765",
    "city": "Hamburg", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX",
    "contact_name": "Buchhaltung", "phone": "+49 40 555 0100",
}  # fmt: skip
UTRECHT = {
    "name": "Coöperatie Voorbeeld U.A.", "country": "NL", "vat_number": "NL004495445B01",
    "enterprise_number": "12345678", "street": "Oudegracht 1", "postcode": "3511 AA",
    "city": "Utrecht", "iban": "NL91ABNA0417164300", "bic": "ABNANL2A",
}  # fmt: skip
MONTREAL = {
    "name": "Coop des pigistes", "country": "CA", "region": "QC", "vat_number": "",
    "enterprise_number": "1170000000", "street": "100, rue Exemple", "postcode": "H2X 1Y4",
    "city": "Montréal", "currency": "CAD", "iban": "", "bic": "",
    "tax_numbers": {"TPS/GST": "123456789 RT0001", "TVQ/QST": "1234567890 TQ0001"},
}  # fmt: skip
NEW_YORK = {
    "name": "Freelancers’ Guild of New York", "country": "US", "vat_number": "",
    "enterprise_number": "", "street": "1 Elm Street", "postcode": "10001", "city": "New York",
    "currency": "USD", "iban": "", "bic": "",
}  # fmt: skip
IN_QUEBEC = {"country": "CA", "street": "1, rue Essai", "postcode": "H2X 1Y4", "city": "Montréal"}
IN_NEW_YORK = {"country": "US", "street": "2 Elm Street", "postcode": "10001", "city": "New York"}
QUEBEC_CLIENT = {**IN_QUEBEC, "name": "Éditions du Plateau inc.", "vat_number": None,
                 "enterprise_number": None, "language": "fr"}  # fmt: skip
NEW_YORK_CLIENT = {**IN_NEW_YORK, "name": "Elm Street Press Inc.", "vat_number": None,
                   "enterprise_number": None}  # fmt: skip
QUEBEC_LAW = {"currency": "CAD", "law_country": "CA", "law_region": "CA-QC",
              "member_region": "CA-QC", "client_region": "CA-QC",
              "profession": "software"}  # fmt: skip
NEW_YORK_LAW = {"currency": "USD", "law_country": "US", "law_region": "US-NY",
                "member_region": "US-NY", "client_region": "US-NY",
                "services_list_due": "with each delivery"}  # fmt: skip

IN_MAINE = {"client_region": "US-ME"}

DESIGN = line("Editorial design, autumn catalogue", "80.00", "24", "HUR",
              detail="Grid, styles and 48 inside pages; two rounds of correction")  # fmt: skip
DRAWINGS = line("Twelve drawings", "45.00", "12")
MAQUETTE = line("Maquette du catalogue d’automne", "80.00", "24", "HUR",
                detail="Grille, styles et 48 pages intérieures")  # fmt: skip
VERTALING = line("Vertaling van de jaarbrochure", "0.1550", "11950", "D68",
                 detail="Nederlands–Frans, revisie inbegrepen")  # fmt: skip
LEGAL_GERMAN = line("Übersetzung der Geschäftsbedingungen", "0.1900", "14200", "D68",
                   detail="Englisch–Deutsch, mit Terminologieabgleich")  # fmt: skip
BOOKS = line("Printed copies", "10.3333", "30", treatment="reduced", reduced_percent="6")
LATE = ({"percent": "2", "reason": "Paid within a week", "reason_code": "95"},)
ADJUSTED = line("Translation, 12,345 words", "95.0000", "12345", "D68", base_quantity="1000",
                adjustments=[
                    {"percent": "5.5", "reason": "Returning client", "reason_code": "95"},
                    {"charge": True, "amount": "12.34", "reason": "Over the weekend"},
                ])  # fmt: skip
MANY = [
    line(f"Illustration {n}", f"{12 + n % 7}.{n % 100:02d}", str(1 + n % 4)) for n in range(200)
]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360000000"
    "020001e221bc330000000049454e44ae426082"
)
HOURS = b"day,hours,what\n2026-11-02,7.5,Grid\n2026-11-03,6,Styles\n"

S: tuple[Case, ...] = (
    Case(name="s-belgium-en", terms={"lines": [DESIGN]}),
    Case(name="s-belgium-fr", terms={"lines": [MAQUETTE]}, client={"language": "fr"}),
    Case(name="s-belgium-nl", terms={"lines": [VERTALING]}, client={"language": "nl"}),
    Case(name="s-belgium-de", terms={"lines": [LEGAL_GERMAN]}, client={"language": "de"}),
    Case(name="s-consumer", terms={"lines": [DRAWINGS]}, client={**CONSUMER, "language": "nl"}),
    Case(name="s-france", terms={"lines": [MAQUETTE]}, coop=PARIS,
         client={**FRENCH, "vat_number": "FR23334175221"}),
    Case(name="s-france-reduced", coop=PARIS, client={**FRENCH, "vat_number": "FR23334175221"},
         terms={"lines": [MAQUETTE], "treatment": "reduced", "reduced_percent": "10"}),
    Case(name="s-germany", terms={"lines": [LEGAL_GERMAN]}, coop=HAMBURG,
         client={**GERMAN, "vat_number": "DE811569869"}),
    Case(name="s-netherlands", terms={"lines": [VERTALING]}, coop=UTRECHT,
         client={**DUTCH, "vat_number": "NL009291477B01", "enterprise_number": "87654321"}),
    Case(name="s-two-rates", terms={"lines": [DESIGN, BOOKS]}, then=(Pay("500.00"),)),
    Case(name="s-work-on-land", client={**GERMAN},
         terms={"lines": [LEGAL_GERMAN], "supply": "real_estate", "place_country": "BE"}),
)  # fmt: skip
OTHER_CATEGORIES: tuple[Case, ...] = (
    Case(name="z-zero-rated", terms={"lines": [line("Two issues of a weekly", "4.50", "200")],
                                     "treatment": "zero_rated"}),
    Case(name="z-and-s", terms={"lines": [DESIGN, line("A weekly", "4.50", "200",
                                                       treatment="zero_rated")]}),
    Case(name="e-teaching-en", terms={"lines": [line("Course, three days", "620.00", "3", "DAY")],
                                      "treatment": "exempt_teaching"}),
    Case(name="e-culture-fr", client=TOWN, references={"buyer_reference": "BC-2026-118"},
         terms={"lines": [line("Concert du 20 novembre", "900.00")],
                "treatment": "exempt_culture"}),
    Case(name="e-franchise-belgium", member={"vat_exempt": True}, client={"language": "fr"},
         terms={"lines": [MAQUETTE]}),
    Case(name="e-franchise-france", member={"vat_exempt": True, "country": "FR"}, coop=PARIS,
         client={**FRENCH, "vat_number": "FR23334175221"}, terms={"lines": [MAQUETTE]}),
    Case(name="e-and-s", terms={"lines": [DESIGN, line("Training day", "620.00", unit="DAY",
                                                       treatment="exempt_teaching")]}),
    Case(name="ae-france", client=FRENCH, terms={"lines": [MAQUETTE]}),
    Case(name="ae-netherlands", client=DUTCH, terms={"lines": [VERTALING]}),
    Case(name="ae-germany", client=GERMAN, terms={"lines": [LEGAL_GERMAN]}, then=(Pay("2698.00"),)),
    Case(name="ae-building-belgium",
         terms={"lines": [line("Lettering of a façade", "1450.00")],
                "treatment": "reverse_charge_national", "supply": "real_estate",
                "place_country": "BE"}),
    Case(name="k-goods-netherlands", client=DUTCH,
         terms={"lines": [line("Gedrukte exemplaren", "9.5000", "400")], "supply": "goods",
                "delivery": {"country": "NL", "name": "Magazijn", "street": "Haven 3",
                             "postcode": "3011 AA", "city": "Rotterdam"}}),
    Case(name="g-goods-america", client=ABROAD, contract=IN_MAINE,
         terms={"lines": [line("Printed copies", "9.50", "400")], "supply": "goods",
                "delivery": {"country": "US", "street": "14 Pier Road", "postcode": "04101",
                             "city": "Portland"}}),
    Case(name="o-services-america", client=ABROAD, contract=IN_MAINE, terms={"lines": [DESIGN]}),
    Case(name="o-damages", client={"language": "fr"},
         terms={"lines": [line("Indemnité de rupture", "300.00")], "treatment": "outside_scope"}),
    Case(name="quebec-two-taxes", coop=MONTREAL, member=IN_QUEBEC, client=QUEBEC_CLIENT,
         contract=QUEBEC_LAW, terms={"lines": [MAQUETTE]}),
    Case(name="united-states-no-tax", coop=NEW_YORK, member=IN_NEW_YORK, client=NEW_YORK_CLIENT,
         contract=NEW_YORK_LAW, terms={"lines": [DESIGN]}),
)  # fmt: skip
EDGES: tuple[Case, ...] = (
    Case(name="line-allowances-base-quantity", terms={"lines": [ADJUSTED]}),
    Case(name="document-allowance-and-charge",
         terms={"lines": [DESIGN, BOOKS], "adjustments": [
             *LATE, {"charge": True, "amount": "5.00", "reason": "Freight",
                     "treatment": "reduced", "reduced_percent": "6"}]}),
    Case(name="negative-quantity", terms={"lines": [BOOKS, {**BOOKS, "text": "Samples returned",
                                                            "quantity": "-4"}]}),
    Case(name="four-decimals", terms={"lines": [line("Words", "0.1237", "7431.5", "D68"),
                                                line("Minutes", "1.0001", "33.3333", "MIN")]}),
    Case(name="two-hundred-lines", terms={"lines": MANY}),
    Case(name="accounting-currency", contract={"currency": "USD"}, client=DUTCH | {
        "country": "BE", "vat_number": "BE0403019261", "enterprise_number": "0403019261",
        "postcode": "2000", "city": "Antwerpen", "language": "en"},
         terms={"lines": [DESIGN], "exchange": {"currency": "EUR", "rate": "0.9213",
                                                "on": "2026-11-20", "source": "ECB"}}),
    Case(name="prepaid", on_account="500.00", terms={"lines": [DESIGN], "prepaid": "500.00"}),
    Case(name="cash-rounding", client={**CONSUMER, "language": "fr"},
         terms={"lines": [line("Portrait", "33.33")], "round_to_five": True}),
    Case(name="attachments", terms={"lines": [DESIGN]}, files=(
        ("hours.csv", "text/csv", HOURS), ("proof.png", "image/png", PNG))),
    Case(name="public-body", client=TOWN,
         references={"buyer_reference": "BC-2026-118", "order_reference": "MP-77/3"},
         terms={"lines": [MAQUETTE], "note": "Selon le cahier des charges.",
                "period": {"first": "2026-11-02", "last": "2026-11-20"},
                "references": {"project": "P-14", "tender": "2026/033", "receipt": "BL 90",
                               "accounting": "104-02"}}),
    Case(name="several-preceding", terms={"lines": [DESIGN]},
         preceding=(("2026-0007", "2026-09-01"), ("2026-0012", "2026-10-01"))),
    Case(name="deposit-386", type_code="386",
         terms={"lines": [line("Deposit of 30 %, as agreed", "576.00")]}, then=(Pay("696.96"),)),
    Case(name="self-bill-389", printed_as="self_bill", type_code="389", terms={"lines": [DESIGN]},
         member={"vat_number": "BE0412312356", "enterprise_number": "0412312356",
                 "legal_name": "Ada Voorbeeld"}),
    Case(name="self-bill-month-389", printed_as="self_bill", type_code="389",
         terms={"lines": [DESIGN, DRAWINGS],
                "period": {"first": "2026-10-01", "last": "2026-10-29"}},
         references={"buyer_reference": "2026-10"},
         member={"vat_number": "BE0412312356", "enterprise_number": "0412312356",
                 "legal_name": "Ada Voorbeeld"}),
    Case(name="self-bill-credit-261", printed_as="self_bill_credit", type_code="261",
         terms={"lines": [DRAWINGS]}, preceding=(("SB-2026-0001", "2026-11-02"),),
         member={"vat_number": "BE0412312356", "enterprise_number": "0412312356",
                 "legal_name": "Ada Voorbeeld"}),
    Case(name="pro-forma", printed_as="proforma", type_code="325", terms={"lines": [DESIGN]}),
)  # fmt: skip
NOTES: tuple[Case, ...] = (
    Case(name="note-whole-en", terms={"lines": [DESIGN, BOOKS]},
         then=(Credit("The order was cancelled"),)),
    Case(name="note-whole-fr-paid", client={"language": "fr"}, terms={"lines": [MAQUETTE]},
         then=(Pay("2323.20"), Credit("Commande annulée"))),
    Case(name="note-line-nl", client={"language": "nl"}, terms={"lines": [VERTALING, DRAWINGS]},
         then=(Credit("Niet geleverd", lines=(2,)),)),
    Case(name="note-amount-de", client=GERMAN, terms={"lines": [LEGAL_GERMAN]},
         then=(Credit("Preisnachlass wie vereinbart", net="250.00"),)),
    Case(name="note-adjusted", terms={"lines": [ADJUSTED, BOOKS], "adjustments": [*LATE]},
         then=(Credit("The order was cancelled"),)),
    Case(name="note-amount-two-rates", terms={"lines": [DESIGN, BOOKS]},
         then=(Pay("1000.00"), Credit("Agreed reduction", net="333.33"))),
    Case(name="note-cash-rounded", client={**CONSUMER, "language": "fr"},
         terms={"lines": [line("Portrait", "33.33")], "round_to_five": True},
         then=(Credit("Travail non fourni"),)),
    Case(name="note-quebec", coop=MONTREAL, member=IN_QUEBEC, client=QUEBEC_CLIENT,
         contract=QUEBEC_LAW, terms={"lines": [MAQUETTE]}, then=(Credit("Commande annulée"),)),
    Case(name="note-export", client=ABROAD, contract=IN_MAINE, terms={"lines": [DESIGN]},
         then=(Credit("Agreed reduction", net="100.00"),)),
)  # fmt: skip

CASES: Mapping[str, Case] = {case.name: case for case in (*S, *OTHER_CATEGORIES, *EDGES, *NOTES)}

"""The tax engine case by case: where a supply is made, who owes, which rate, which words."""

import datetime as dt
from typing import Any

import pytest

from guild.invoicing.errors import VatRateUnknown, VatUndecided
from guild.invoicing.rules.vat import (
    VatFacts,
    decide_vat,
    exemption_codes,
    reduced_rates_milli,
    vat_country,
)
from guild.invoicing.rules.vat_canada import rate_milli

TODAY = dt.date(2026, 11, 23)
FR = "FR83404833048"
DE = "DE136695976"
NL = "NL004495445B01"


def facts(**changes: Any) -> VatFacts:
    return VatFacts(
        **{
            "on": TODAY, "seller_country": "BE", "seller_exempt": False, "buyer_kind": "company",
            "buyer_country": "BE", "buyer_vat_number": "BE0403019261", **changes,
        }
    )  # fmt: skip


CONSUMER = {"buyer_kind": "consumer", "buyer_vat_number": ""}
FRENCH = {"buyer_country": "FR", "buyer_vat_number": FR}
QUEBEC = {"seller_country": "CA", "seller_region": "QC", "buyer_country": "CA",
          "buyer_vat_number": "", "buyer_postcode": "H2X 1Y4"}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "category", "rate", "code", "article"),
    [
        # electronic services to consumers: below and above the threshold of art. 59c
        ({**CONSUMER, "buyer_country": "FR", "supply": "electronic"}, "S", 21_000, "", "art. 96"),
        ({**CONSUMER, "buyer_country": "FR", "supply": "electronic", "one_stop_shop": True},
         "S", 20_000, "", "art. 58, 369a"),
        ({**CONSUMER, "buyer_country": "US", "supply": "electronic"}, "O", 0, "VATEX-EU-O", "58"),
        # goods to consumers in another state
        ({**CONSUMER, "buyer_country": "DE", "supply": "goods", "one_stop_shop": True},
         "S", 19_000, "", "art. 33, 369a"),
        ({**CONSUMER, "buyer_country": "DE", "supply": "goods"}, "S", 21_000, "", "art. 96"),
        # services made where they are performed
        ({**FRENCH, "supply": "real_estate", "place_country": "BE"}, "S", 21_000, "", "art. 96"),
        ({"supply": "real_estate", "place_country": "CH"}, "O", 0, "VATEX-EU-O", "art. 47"),
        ({**FRENCH, "supply": "real_estate", "place_country": "FR",
          "treatment": "reverse_charge_national"}, "AE", 0, "VATEX-EU-AE", "art. 47, 194"),
        ({"supply": "event", "place_country": "BE"}, "S", 21_000, "", "art. 96"),
        ({"supply": "event", "place_country": "GB"}, "O", 0, "VATEX-EU-O", "art. 53"),
        ({**CONSUMER, "supply": "activity", "place_country": "US"}, "O", 0, "VATEX-EU-O",
         "art. 54"),
        ({"supply": "restaurant", "place_country": "CH"}, "O", 0, "VATEX-EU-O", "art. 55"),
        ({"supply": "short_hire", "place_country": "BE"}, "S", 21_000, "", "art. 96"),
        ({"supply": "passenger_transport", "place_country": "BE", "treatment": "reduced",
          "reduced_milli": 6000}, "S", 6000, "", "art. 98"),
        # an activity for a business is general again
        ({**FRENCH, "supply": "activity"}, "AE", 0, "VATEX-EU-AE", "art. 44, 196"),
        # consumers outside the Union
        ({**CONSUMER, "buyer_country": "US", "supply": "intangible"}, "O", 0, "VATEX-EU-O", "59"),
        # islands that are no VAT territory
        ({"buyer_country": "ES", "buyer_postcode": "35001", "buyer_vat_number": ""},
         "O", 0, "VATEX-EU-O", "art. 44"),
        ({"buyer_country": "FR", "buyer_postcode": "97200", "buyer_vat_number": "",
          "supply": "goods"}, "G", 0, "VATEX-EU-G", "art. 146"),
        # exemptions with the official codes
        ({"treatment": "exempt_teaching"}, "E", 0, "VATEX-EU-132-1I", "44 § 2, 4°"),
        ({"treatment": "exempt_culture"}, "E", 0, "VATEX-EU-132-1N", "132(1)(n)"),
        ({"treatment": "exempt_care"}, "E", 0, "VATEX-EU-132-1C", "132(1)(c)"),
        ({"treatment": "exempt_finance"}, "E", 0, "VATEX-EU-135-1", "135(1)"),
        # small businesses in the words of their state
        ({"seller_exempt": True}, "E", 0, "", "56bis CTVA"),
        ({"seller_country": "FR", **FRENCH, "seller_exempt": True}, "E", 0,
         "VATEX-FR-FRANCHISE", "293 B CGI"),
        ({"seller_country": "DE", "buyer_country": "DE", "buyer_vat_number": DE,
          "seller_exempt": True}, "E", 0, "", "§ 19 UStG"),
        ({"seller_country": "NL", "buyer_country": "NL", "buyer_vat_number": NL,
          "seller_exempt": True}, "E", 0, "", "art. 25 Wet OB"),
        # reverse charge within a state
        ({"treatment": "reverse_charge_national"}, "AE", 0, "VATEX-EU-AE", "art. 20 AR n° 1"),
        ({"seller_country": "FR", **FRENCH, "treatment": "reverse_charge_national"}, "AE", 0,
         "VATEX-FR-AE", "283-2 nonies"),
        # reduced rates of each state
        ({"treatment": "reduced", "reduced_milli": 12_000}, "S", 12_000, "", "art. 98"),
        ({"seller_country": "FR", **FRENCH, "treatment": "reduced", "reduced_milli": 5500},
         "S", 5500, "", "art. 98"),
        ({"seller_country": "NL", "buyer_country": "NL", "buyer_vat_number": NL,
          "treatment": "reduced", "reduced_milli": 9000}, "S", 9000, "", "art. 98"),
        # Quebec and the provinces, and abroad
        (QUEBEC, "S", 14_975, "", "s. 16"),
        ({**QUEBEC, "buyer_postcode": "M5V 2T6"}, "S", 13_000, "", "165(2)"),
        ({**QUEBEC, "buyer_postcode": "T5J 0N3"}, "S", 5000, "", "165(1)"),
        ({**QUEBEC, "buyer_postcode": "B3H 4R2"}, "S", 14_000, "", "165(2)"),
        ({**QUEBEC, "buyer_country": "FR"}, "Z", 0, "", "Part V"),
        ({**QUEBEC, "supply": "event", "place_country": "CA", "place_region": "QC"},
         "S", 14_975, "", "s. 16"),
        ({**QUEBEC, "seller_exempt": True}, "E", 0, "", "s. 148"),
        # the United States
        ({"seller_country": "US", "buyer_country": "US", "buyer_vat_number": ""}, "O", 0, "", ""),
    ],
)  # fmt: skip
def test_each_case(
    given: dict[str, Any], category: str, rate: int, code: str, article: str
) -> None:
    decision = decide_vat(facts(**given))
    assert (decision.category, decision.rate_milli, decision.reason_code) == (category, rate, code)
    assert article in decision.article
    assert not code or code in exemption_codes()
    if category not in {"S", "Z"}:
        said = {decision.reason(language) for language in ("en", "fr", "nl", "de")}
        assert all(said)
        assert len(said) == 4


@pytest.mark.parametrize(
    ("given", "field", "word"),
    [
        ({**FRENCH, "supply": "real_estate"}, "place_country", "where it is performed"),
        ({**FRENCH, "supply": "real_estate", "place_country": "FR"}, "treatment", "art. 194"),
        ({**CONSUMER, "supply": "event", "place_country": "FR"}, "treatment", "art. 54"),
        ({**CONSUMER, "buyer_country": "US"}, "supply", "art. 45 or 59"),
        ({**FRENCH, "buyer_vat_check": "invalid"}, "client.vat_number", "VIES"),
        ({**FRENCH, "supply": "goods", "buyer_vat_check": "invalid"}, "client.vat_number", "VIES"),
        ({"treatment": "reduced", "reduced_milli": 7000}, "reduced_percent", "6 %, 12 %"),
        ({"treatment": "reduced"}, "reduced_percent", "6 %, 12 %"),
        ({"seller_country": "DK", "buyer_country": "DK", "buyer_vat_number": "",
          "treatment": "reduced", "reduced_milli": 6000}, "reduced_percent", "none"),
        ({**CONSUMER, "treatment": "reverse_charge_national"}, "client.vat_number", "business"),
        ({"seller_country": "IT", "buyer_country": "IT", "buyer_vat_number": "IT00743110157",
          "treatment": "reverse_charge_national"}, "treatment", "within IT"),
        ({"supply": "goods", "place_country": "GB", "place_region": "NIR"}, "place_country",
         "Northern Ireland"),
        ({**CONSUMER, "buyer_country": "FR", "supply": "electronic", "one_stop_shop": True,
          "treatment": "zero_rated"}, "treatment", "one-stop shop"),
        ({"seller_country": "CH"}, "coop.country", "CH"),
        ({"seller_country": "CA", "seller_region": "ON"}, "coop.country", "CA"),
        ({**QUEBEC, "buyer_postcode": ""}, "place_region", "province"),
        ({**QUEBEC, "supply": "event"}, "place_region", "province"),
        ({**QUEBEC, "treatment": "reduced", "reduced_milli": 6000}, "treatment", "reduced"),
        ({**QUEBEC, "buyer_country": "US", "supply": "real_estate"}, "treatment", "non-resident"),
        ({"seller_country": "US", "supply": "goods"}, "supply", "sales tax"),
    ],
)  # fmt: skip
def test_what_is_not_decided_is_a_question_with_its_field(
    given: dict[str, Any], field: str, word: str
) -> None:
    with pytest.raises(VatUndecided) as asked:
        decide_vat(facts(**given))
    assert asked.value.field == field
    assert word in str(asked.value.detail)
    assert asked.value.mend


def test_the_exemption_of_france_and_germany_is_said_in_the_law_s_words() -> None:
    french = decide_vat(facts(seller_country="FR", **FRENCH, seller_exempt=True))
    assert french.mention("fr") == "TVA non applicable, art. 293 B du CGI"
    german = decide_vat(
        facts(seller_country="DE", buyer_country="DE", buyer_vat_number=DE, seller_exempt=True)
    )
    assert "Kleinunternehmer gemäß § 19 UStG" in german.mention("de")


def test_two_taxes_of_quebec_lie_on_the_net() -> None:
    assert decide_vat(facts(**QUEBEC)).taxes == (("GST", 5000), ("QST", 9975))


@pytest.mark.parametrize(
    ("country", "day", "rates"),
    [
        ("BE", TODAY, (6000, 12_000)),
        ("DK", TODAY, ()),
        ("FI", dt.date(2025, 12, 31), (10_000, 14_000)),
        ("FI", dt.date(2026, 1, 1), (10_000, 13_500)),
        ("RO", dt.date(2025, 8, 1), (11_000,)),
        ("CZ", dt.date(2024, 1, 1), (12_000,)),
        ("FR", TODAY, (2100, 5500, 10_000)),
    ],
)
def test_reduced_rates_change_on_their_day(
    country: str, day: dt.date, rates: tuple[int, ...]
) -> None:
    assert reduced_rates_milli(country, day) == rates


def test_unknown_periods_are_errors() -> None:
    with pytest.raises(VatRateUnknown):
        reduced_rates_milli("BE", dt.date(2099, 1, 1))
    with pytest.raises(VatRateUnknown):
        rate_milli("GST", "", dt.date(2099, 1, 1))
    assert rate_milli("HST", "AB", TODAY) is None
    assert rate_milli("HST", "NS", dt.date(2025, 3, 31)) == 15_000


@pytest.mark.parametrize(
    ("country", "postcode", "found"),
    [
        ("ES", "35001", "ES*"), ("ES", "28001", "ES"), ("FR", "97110", "FR*"), ("MC", "", "FR"),
        ("DE", "27498", "DE*"), ("FI", "22100", "FI*"), ("FR", "75002", "FR"), ("CH", "1000", "CH"),
    ],
)  # fmt: skip
def test_the_vat_territory_is_not_the_map(country: str, postcode: str, found: str) -> None:
    assert vat_country(country, postcode) == found

"""The pure rules: VAT, references, numbers, the payment code."""

import datetime as dt
from typing import Any

import pytest
from segno import helpers
from stdnum import iso11649
from stdnum.be import ogm_vcs

from guild.core.clock import EU
from guild.invoicing.errors import VatNumberInvalid, VatRateUnknown, VatUndecided
from guild.invoicing.rules.epc import LARGEST_MINOR, epc_code, epc_svg
from guild.invoicing.rules.numbering import number_text
from guild.invoicing.rules.parties import (
    belgian_number,
    belgian_number_holds,
    endpoint_of,
    legal_id_of,
)
from guild.invoicing.rules.references import (
    is_rf,
    ogm_reference,
    print_reference,
    reference_for,
    rf_reference,
)
from guild.invoicing.rules.vat import VatFacts, check_vat_number, decide_vat, standard_rate_milli

TODAY = dt.date(2026, 11, 23)
FR = "FR83404833048"
BE = "BE0403019261"


def facts(**changes: Any) -> VatFacts:
    return VatFacts(
        **{
            "on": TODAY,
            "seller_country": "BE",
            "seller_exempt": False,
            "buyer_kind": "company",
            "buyer_country": "BE",
            "buyer_vat_number": BE,
            **changes,
        }
    )


FRENCH = {"buyer_country": "FR", "buyer_vat_number": FR}
PRIVATE = {"buyer_kind": "consumer", "buyer_vat_number": ""}
TOWN = {"buyer_kind": "public_body", "buyer_vat_number": ""}


@pytest.mark.parametrize(
    ("given", "category", "rate", "code", "article"),
    [
        ({}, "S", 21000, "", "96"),
        (PRIVATE, "S", 21000, "", "96"),
        (TOWN, "S", 21000, "", "96"),
        ({**PRIVATE, "buyer_country": "FR"}, "S", 21000, "", "96"),
        ({**TOWN, "buyer_country": "FR"}, "S", 21000, "", "96"),
        (FRENCH, "AE", 0, "VATEX-EU-AE", "196"),
        ({**FRENCH, "buyer_kind": "public_body"}, "AE", 0, "VATEX-EU-AE", "196"),
        ({**FRENCH, "seller_exempt": True}, "AE", 0, "VATEX-EU-AE", "196"),
        ({"seller_exempt": True}, "E", 0, "", "284"),
        ({**PRIVATE, "seller_exempt": True, "buyer_country": "FR"}, "E", 0, "", "284"),
        ({"treatment": "exempt_activity"}, "E", 0, "VATEX-EU-132", "132"),
        ({"treatment": "zero_rated"}, "Z", 0, "", "98"),
        ({"treatment": "outside_scope"}, "O", 0, "VATEX-EU-O", "art. 2 "),
        ({"buyer_country": "CH", "buyer_vat_number": ""}, "O", 0, "VATEX-EU-O", "44"),
        ({**FRENCH, "supply": "goods"}, "K", 0, "VATEX-EU-IC", "138"),
        ({**FRENCH, "supply": "goods", "seller_exempt": True}, "E", 0, "", "139"),
        ({"buyer_country": "US", "buyer_vat_number": "", "supply": "goods"}, "G", 0,
         "VATEX-EU-G", "146"),
        ({"seller_country": "FR", "buyer_country": "FR", "buyer_vat_number": FR}, "S", 20000, "",
         "96"),
    ],
)  # fmt: skip
def test_each_case_is_decided_by_its_article(
    given: dict[str, Any], category: str, rate: int, code: str, article: str
) -> None:
    decision = decide_vat(facts(**given))
    assert (decision.category, decision.rate_milli, decision.reason_code) == (category, rate, code)
    assert article in decision.article
    for language in ("en", "fr", "nl", "de"):
        assert bool(decision.mention(language)) is (category != "S")
    if category != "S":
        assert len({decision.mention(one) for one in ("en", "fr", "nl", "de")}) == 4
        assert decision.mention("pl") == decision.mention("en")


@pytest.mark.parametrize(
    "given",
    [
        {"buyer_country": "FR", "buyer_vat_number": ""},
        {"buyer_country": "FR", "buyer_vat_number": "", "supply": "goods"},
        {**PRIVATE, "buyer_country": "US"},
        {"seller_country": "CH", "buyer_country": "CH", "buyer_vat_number": "",
         "seller_exempt": True},
    ],
)  # fmt: skip
def test_what_the_facts_do_not_decide_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(VatUndecided):
        decide_vat(facts(**given))


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("FR83404833049", "FR"),
        ("FR", "FR"),
        ("DE", "DE"),
        (BE, "FR"),
        ("BE0403019262", "BE"),
        ("0403019261", "BE"),
        ("nonsense", "BE"),
        ("XX123456789", "FR"),
    ],
)
def test_bad_vat_numbers_are_refused(number: str, country: str) -> None:
    with pytest.raises(VatNumberInvalid) as refused:
        decide_vat(facts(buyer_country=country, buyer_vat_number=number))
    assert refused.value.field == "client.vat_number"


def test_good_vat_numbers_are_made_compact() -> None:
    assert check_vat_number("be 0403.019.261", "BE") == BE
    assert check_vat_number("EL094259216", "GR") == "EL094259216"


def test_every_member_state_has_a_rate_on_the_day() -> None:
    rates = {country: standard_rate_milli(country, TODAY) for country in EU}
    assert len(rates) == 27
    assert min(rates.values()) == 17000
    assert max(rates.values()) == 27000


@pytest.mark.parametrize(
    ("country", "day", "bps"),
    [
        ("DE", dt.date(2020, 6, 30), 19000),
        ("DE", dt.date(2020, 7, 1), 16000),
        ("DE", dt.date(2021, 1, 1), 19000),
        ("LU", dt.date(2023, 12, 31), 16000),
        ("LU", dt.date(2024, 1, 1), 17000),
        ("IE", dt.date(2021, 2, 28), 21000),
        ("EE", dt.date(2025, 7, 1), 24000),
        ("FI", dt.date(2024, 9, 1), 25500),
        ("RO", dt.date(2025, 7, 31), 19000),
        ("SK", dt.date(2025, 1, 1), 23000),
    ],
)
def test_rates_change_on_their_day(country: str, day: dt.date, bps: int) -> None:
    assert standard_rate_milli(country, day) == bps


@pytest.mark.parametrize(
    ("country", "day"),
    [("US", TODAY), ("BE", dt.date(1995, 12, 31)), ("BE", dt.date(2099, 1, 1))],
)
def test_an_unknown_period_is_an_error(country: str, day: dt.date) -> None:
    with pytest.raises(VatRateUnknown):
        standard_rate_milli(country, day)


def test_references_hold_their_check_digits() -> None:
    assert print_reference(ogm_reference(42)) == "+++000/0000/04242+++"
    assert ogm_reference(97) == "000000009797"  # a remainder of zero is written 97
    assert ogm_vcs.is_valid(print_reference(ogm_reference(9_999_999_999)))
    assert rf_reference("539007547034") == "RF18539007547034"  # the standard's own example
    assert iso11649.is_valid(rf_reference("2026ROPE"))
    assert print_reference(rf_reference("539007547034")) == "RF18 5390 0754 7034"


def test_the_payers_bank_decides_the_form() -> None:
    assert not is_rf(reference_for(7, seller_country="BE", buyer_country="BE"))
    for seller, buyer in (("BE", "FR"), ("FR", "BE"), ("NL", "NL")):
        reference = reference_for(7, seller_country=seller, buyer_country=buyer)
        assert is_rf(reference)
        assert iso11649.is_valid(reference)
    for wrong in (0, -1, 10**10):
        with pytest.raises(ValueError, match="ten digits"):
            ogm_reference(wrong)
    for wrong_body in ("", "a", "A" * 22, "A-B"):
        with pytest.raises(ValueError, match="21"):
            rf_reference(wrong_body)


def test_numbers_are_told_apart() -> None:
    assert number_text("invoice", "{year}-{number:04d}", 2026, 7) == "2026-0007"
    assert number_text("credit_note", "{year}-{number:04d}", 2026, 7) == "CN-2026-0007"
    assert number_text("invoice", "{year}-{number:04d}", 2026, 12_345) == "2026-12345"


def payload(**changes: Any) -> list[str]:
    given: dict[str, Any] = {
        "name": "Coopérative", "iban": "BE68539007547034", "bic": "GKCCBEBB",
        "amount_minor": 121_000, "reference": "RF18539007547034", **changes,
    }  # fmt: skip
    code = epc_code(**given)
    assert code is not None
    made = helpers._make_epc_qr_data
    return made(
        given["name"], given["iban"], given["amount_minor"] / 100,
        reference=given["reference"] if is_rf(given["reference"]) else None,
        text=None if is_rf(given["reference"]) else print_reference(given["reference"]),
        bic=given["bic"], encoding=1,
    ).decode().split("\n")  # fmt: skip


def test_the_payment_code_puts_each_reference_where_banks_look() -> None:
    structured = payload()
    assert structured[:8] == [
        "BCD", "002", "1", "SCT", "GKCCBEBB", "Coopérative", "BE68539007547034", "EUR1210",
    ]  # fmt: skip
    assert structured[9] == "RF18539007547034"
    belgian = payload(reference=ogm_reference(42))
    assert belgian[9:] == ["", "+++000/0000/04242+++"]


def test_the_payment_code_is_only_for_amounts_it_can_carry() -> None:
    for amount in (0, -1, LARGEST_MINOR + 1):
        assert (
            epc_code(name="C", iban="BE68539007547034", bic="", amount_minor=amount,
                     reference="RF18539007547034")
            is None
        )  # fmt: skip
    code = epc_code(
        name="C", iban="BE68539007547034", bic="", amount_minor=1, reference="RF18539007547034"
    )
    assert code is not None
    svg = epc_svg(code, title="QR & code")
    assert svg.startswith("<svg")
    assert "QR &amp; code" in svg
    assert "style=" not in svg  # the content security policy refuses inline styles


def test_belgian_numbers_and_addresses() -> None:
    assert belgian_number("0403.019.261") == "0403019261"
    assert belgian_number("403019261") == "0403019261"
    assert belgian_number("40301926") == ""
    assert belgian_number_holds("0403019261")
    assert not belgian_number_holds("0403019262")
    assert legal_id_of("BE", "BE 0403.019.261") == ("0403019261", "0208")
    assert legal_id_of("FR", "404833048") == ("404833048", "0002")
    assert legal_id_of("BE", "") == ("", "")
    assert endpoint_of("BE", "", BE) == ("0403019261", "0208")
    assert endpoint_of("FR", "", FR) == (FR, "9957")
    assert endpoint_of("IT", "", "IT00743110157") == ("IT00743110157", "0211")
    assert endpoint_of("DK", "", "DK13585628") == ("DK13585628", "0184")
    assert endpoint_of("FR", "404833048", "") == ("", "")
    assert endpoint_of("SE", "", "SE123456789701") == ("", "")

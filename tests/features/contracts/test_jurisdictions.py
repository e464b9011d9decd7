"""Each jurisdiction's figures and edge cases, from the day before it was in force on."""

from datetime import date, timedelta

import msgspec
import pytest

from guild.contracts.rules.coverage import EarlierContract, Facts
from guild.contracts.rules.law import MARKS, rule_sets, versions_on
from guild.contracts.rules.protections import blocking, check, retain_until
from guild.contracts.rules.terms import Law, Payment, Rights
from tests.features.contracts.test_protections import DAY, SETS, eu, findings, party, terms

PLACES = {
    "us-nyc": ("US-NY", "New York"),
    "us-ny": ("US-NY", "Albany"),
    "us-il": ("US-IL", "Chicago"),
    "us-ca": ("US-CA", "Fresno"),
    "us-la": ("US-CA", "Los Angeles"),
    "us-columbus": ("US-OH", "Columbus"),
    "us-minneapolis": ("US-MN", "Minneapolis"),
    "us-seattle": ("US-WA", "Seattle"),
}
FULL = Payment(term_days=30, counts_from="completion", services_list_due="five days after")


def there(law: str, net: int = 100_000, **changes):
    region, city = PLACES[law]
    side = party(region=region, city=city, phone="+1 555 0100", email="x@example.org")
    return terms(
        net,
        **{
            "member": side,
            "client": msgspec.structs.replace(side, name="Paper House", kind="company"),
            "law": Law(country="US", region=region),
            "payment": FULL,
            "expenses": "travel",
            "work_place": "the writer’s own desk",
            **changes,
        },
    )


def applies(law: str, net: int, *, on: date = DAY, earlier=()) -> bool:
    facts = Facts(terms=there(law, net), on=on, earlier=earlier)
    return "applies" not in findings(facts, law)


def before(days: int, net: int) -> EarlierContract:
    return EarlierContract(agreed_on=DAY - timedelta(days=days), net_minor=net, currency="USD")


@pytest.mark.parametrize(
    ("law", "threshold"),
    [("us-nyc", 80_000), ("us-ny", 80_000), ("us-il", 50_000), ("us-ca", 25_000),
     ("us-la", 60_000), ("us-columbus", 25_000), ("us-minneapolis", 20_000),
     ("us-seattle", 60_000)],
)  # fmt: skip
def test_each_law_begins_at_its_sum(law: str, threshold: int) -> None:
    assert not applies(law, threshold - 1)
    assert applies(law, threshold)


@pytest.mark.parametrize(
    ("law", "first"),
    [("us-nyc", date(2017, 5, 15)), ("us-ny", date(2024, 8, 28)), ("us-il", date(2024, 7, 1)),
     ("us-ca", date(2025, 1, 1)), ("us-la", date(2023, 7, 1)), ("us-columbus", date(2023, 5, 31)),
     ("us-minneapolis", date(2021, 1, 1)), ("us-seattle", date(2022, 9, 1))],
)  # fmt: skip
def test_each_law_begins_on_its_day(law: str, first: date) -> None:
    assert not applies(law, 100_000, on=first - timedelta(days=1))
    assert applies(law, 100_000, on=first)


@pytest.mark.parametrize("law", ["us-nyc", "us-ny", "us-il", "us-ca", "us-columbus"])
@pytest.mark.parametrize(("apart", "within"), [(119, True), (120, True), (121, False)])
def test_sums_of_the_same_pair_over_120_days(law: str, apart: int, *, within: bool) -> None:
    threshold = SETS[law].versions[0].thresholds[0].minor
    half = threshold // 2 + 1
    assert applies(law, half, earlier=(before(apart, half),)) is within


@pytest.mark.parametrize("law", ["us-la", "us-seattle", "us-minneapolis"])
def test_sums_over_the_calendar_year(law: str) -> None:
    first_day = date(DAY.year, 1, 1)
    half = 15_000 if law == "us-minneapolis" else 30_000
    many = 4 if law == "us-minneapolis" else 2
    in_year = tuple(
        EarlierContract(agreed_on=first_day, net_minor=half, currency="USD")
        for _ in range(many - 1)
    )
    last_year = tuple(
        msgspec.structs.replace(one, agreed_on=first_day - timedelta(days=1)) for one in in_year
    )
    assert applies(law, half, earlier=in_year)
    assert not applies(law, half, earlier=last_year)


@pytest.mark.parametrize(("apart", "within"), [(0, True), (6, True), (7, False)])
def test_minneapolis_counts_two_hundred_in_seven_days(apart: int, *, within: bool) -> None:
    assert applies("us-minneapolis", 10_000, earlier=(before(apart, 10_000),)) is within


def test_a_complete_contract_passes_everywhere() -> None:
    for law in PLACES:
        assert not blocking(check(Facts(terms=there(law), on=DAY), [SETS[law]])), law


@pytest.mark.parametrize("law", ["us-ny", "us-il", "us-ca"])
def test_three_states_want_the_day_of_the_list(law: str) -> None:
    missing = there(law, payment=Payment(term_days=30, counts_from="completion"))
    assert findings(Facts(terms=missing, on=DAY), law)["services_list_date"].outcome == "missing"


@pytest.mark.parametrize("law", ["us-nyc", "us-la", "us-columbus", "us-minneapolis", "us-seattle"])
def test_the_cities_do_not(law: str) -> None:
    without = there(law, payment=Payment(term_days=30, counts_from="completion"))
    assert "services_list_date" not in findings(Facts(terms=without, on=DAY), law)


@pytest.mark.parametrize("law", ["us-la", "us-seattle"])
@pytest.mark.parametrize("gone", ["phone", "email"])
def test_los_angeles_wants_phone_and_mail(law: str, gone: str) -> None:
    full = there(law)
    client = msgspec.structs.replace(full.client, **{gone: ""})
    facts = Facts(terms=msgspec.structs.replace(full, client=client), on=DAY)
    found = findings(facts, law)["phone_and_email"]
    assert found.outcome == "missing"
    assert found.mend


def test_seattle_wants_the_place_and_the_expenses() -> None:
    bare = there("us-seattle", work_place="", expenses=" ")
    found = findings(Facts(terms=bare, on=DAY), "us-seattle")
    assert found["work_place"].outcome == found["expenses_said"].outcome == "missing"


@pytest.mark.parametrize(
    ("days", "start", "outcome"),
    [(30, "completion", "met"), (31, "completion", "missing"), (30, "invoice", "missing")],
)
def test_illinois_allows_thirty_days_from_completion(days: int, start, outcome: str) -> None:
    payment = msgspec.structs.replace(FULL, term_days=days, counts_from=start)
    found = findings(Facts(terms=there("us-il", payment=payment), on=DAY), "us-il")
    assert found["payment_term"].outcome == outcome


def test_illinois_covers_products_and_no_government_nor_construction() -> None:
    assert "products" in SETS["us-il"].versions[0].covers
    public = there("us-il")
    public = msgspec.structs.replace(public, client=party(kind="public_body", region="US-IL"))
    assert "applies" in findings(Facts(terms=public, on=DAY), "us-il")
    builder = there("us-il", profession="construction")
    assert "applies" in findings(Facts(terms=builder, on=DAY), "us-il")


def test_a_city_is_known_by_its_address_even_without_its_state() -> None:
    city = there("us-la")
    bare = msgspec.structs.replace(
        city,
        member=party(region="", city="los angeles"),
        client=party(region="", city="Fresno", kind="company"),
    )
    assert "applies" not in findings(Facts(terms=bare, on=DAY), "us-la")
    elsewhere = msgspec.structs.replace(
        bare,
        member=party(region="US-TX", city="Los Angeles"),
        client=party(region="US-TX", city=""),
    )
    assert "applies" in findings(Facts(terms=elsewhere, on=DAY), "us-la")


@pytest.mark.parametrize(
    ("law", "years"), [("us-ny", 6), ("us-il", 6), ("us-ca", 6), ("us-columbus", 6)]
)
def test_nobody_keeps_less_than_six_years_nor_less_than_the_law(law: str, years: int) -> None:
    kept = retain_until(Facts(terms=there(law), on=DAY), DAY, [SETS[law]])
    assert kept == DAY.replace(year=DAY.year + years)
    asked = SETS[law].versions[0].retention
    assert asked is not None
    assert asked.years <= years


def test_los_angeles_asks_both_sides_to_keep_it() -> None:
    found = findings(Facts(terms=there("us-la"), on=DAY), "us-la")["retention"]
    assert found.sentence.startswith("Both sides keep the contract for 4 years")


@pytest.mark.parametrize(
    ("country", "law", "days", "agreed", "outcome"),
    [
        ("BE", "be-2002", 60, False, "met"), ("BE", "be-2002", 61, True, "missing"),
        ("FR", "fr-l441-10", 60, False, "met"), ("FR", "fr-l441-10", 61, True, "missing"),
        ("DE", "de-bgb", 60, False, "met"), ("DE", "de-bgb", 61, False, "missing"),
        ("DE", "de-bgb", 61, True, "warning"), ("NL", "nl-6-119a", 60, False, "met"),
        ("NL", "nl-6-119a", 61, False, "missing"), ("NL", "nl-6-119a", 61, True, "warning"),
        ("IE", "ie-580-2012", 61, False, "missing"), ("IE", "ie-580-2012", 61, True, "warning"),
    ],
)  # fmt: skip
def test_terms_of_payment_between_companies(
    country: str, law: str, days: int, outcome: str, *, agreed: bool
) -> None:
    facts = eu("company", days, long_term_agreed=agreed)
    side = party(country=country, region="", kind="company")
    made = msgspec.structs.replace(facts.terms, client=side, law=Law(country=country))
    found = findings(msgspec.structs.replace(facts, terms=made), law)
    assert found["payment_term"].outcome == outcome


def test_a_large_dutch_company_is_warned_of() -> None:
    facts = eu("company", 45)
    side = party(country="NL", region="", kind="company")
    made = msgspec.structs.replace(facts.terms, client=side, law=Law(country="NL"))
    found = findings(msgspec.structs.replace(facts, terms=made), "nl-6-119a")
    assert found["payment_term_if"].outcome == "warning"
    assert "large company" in found["payment_term_if"].sentence


@pytest.mark.parametrize(
    ("law", "points", "rounding", "rate_of"),
    [("be-2002", 8, "up_to_half_point", "half_year"), ("fr-l441-10", 10, "none", "half_year"),
     ("de-bgb", 9, "none", "half_year"), ("nl-6-119a", 8, "none", "half_year"),
     ("ie-580-2012", 8, "none", "payment_day"), ("eu-2011-7", 8, "none", "half_year")],
)  # fmt: skip
def test_national_rules_of_interest(law: str, points: int, rounding: str, rate_of: str) -> None:
    late = SETS[law].versions[0].late_payment
    assert late is not None
    assert late.interest_points_over_reference == points
    assert (late.rounding, late.rate_of, late.flat_minor) == (rounding, rate_of, 4_000)


def quebec(**rights):
    side = party(country="CA", region="CA-QC", city="Montréal")
    return terms(
        member=side,
        client=msgspec.structs.replace(side, name="Galerie", kind="company"),
        law=Law(country="CA", region="CA-QC"),
        profession="illustration",
        currency="CAD",
        rights=Rights(
            **{"kind": "licence_on_payment", "scope": "an exhibition", "territory": "Quebec",
               "transferable": False, "report_months": 6, **rights}
        ),
    )  # fmt: skip


def test_quebecs_artists_have_six_things_in_writing() -> None:
    whole = findings(Facts(terms=quebec(), on=DAY), "ca-qc-artists")
    assert len(whole) == 6
    assert {one.outcome for one in whole.values()} == {"met"}
    for change, rule in (
        ({"territory": ""}, "rights_spelt_out"), ({"transferable": None}, "transferability"),
        ({"report_months": None}, "reporting"),
    ):  # fmt: skip
        found = findings(Facts(terms=quebec(**change), on=DAY), "ca-qc-artists")
        assert found[rule].outcome == "missing", rule
        assert found[rule].article.startswith("section 47(")
    coder = msgspec.structs.replace(quebec(), profession="software")
    assert "applies" in findings(Facts(terms=coder, on=DAY), "ca-qc-artists")
    assert "applies" in findings(Facts(terms=quebec(), on=date(2022, 6, 2)), "ca-qc-artists")


def test_what_was_not_looked_up_says_so() -> None:
    found = findings(Facts(terms=there("us-seattle"), on=DAY), "us-seattle")
    assert MARKS["mem"] in found["pay_date"].sentence
    assert (
        MARKS["mem"]
        not in findings(Facts(terms=there("us-ny"), on=DAY), "us-ny")["pay_date"].sentence
    )


def test_every_law_names_source_articles_and_days() -> None:
    assert set(SETS) == {
        *PLACES, "eu-2011-7", "be-2002", "fr-l441-10", "de-bgb", "nl-6-119a", "ie-580-2012",
        "ca-qc-artists",
    }  # fmt: skip
    for rules in rule_sets():
        assert "Not legal advice" in rules.note
        for law in rules.versions:
            assert "http" in law.source, rules.id
            assert law.regions or law.zone
            articles = [*law.thresholds, *law.elements, law.payment, law.after_start,
                        law.late_payment, law.acceptance, law.retention]  # fmt: skip
            assert all(part.article for part in articles if part is not None), rules.id


def test_the_versions_that_were_asked_are_named_with_their_hash() -> None:
    known = {one.id: one for one in versions_on(DAY, rule_sets())}
    assert set(known) == set(SETS)
    assert all(len(one.sha256) == 64 for one in known.values())
    early = {one.id for one in versions_on(date(2020, 1, 1), rule_sets())}
    assert "us-nyc" in early
    assert "us-ny" not in early

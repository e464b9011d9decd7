"""The edge cases of the laws: thresholds, windows, elements, payment terms, retention."""

from datetime import date, timedelta

import msgspec
import pytest

from guild.contracts.rules.coverage import EarlierContract, Facts
from guild.contracts.rules.findings import Finding
from guild.contracts.rules.law import LawUnknownError, RuleSet, rule_sets
from guild.contracts.rules.protections import blocking, check, pay_by, retain_until
from guild.contracts.rules.terms import (
    Clause,
    Law,
    MilestoneTerms,
    Party,
    Payment,
    Rights,
    Service,
    Terms,
    problems,
)

DAY = date(2026, 11, 23)
SETS = {rules.id: rules for rules in rule_sets()}


def party(**changes: object) -> Party:
    return msgspec.structs.replace(
        Party(
            name="Ada Writer", kind="person", country="US", region="US-NY", street="1 Elm Street",
            postcode="10001", city="New York", email="ada@example.org",
        ),
        **changes,
    )  # fmt: skip


def terms(net_minor: int = 100_000, **changes: object) -> Terms:
    made = Terms(
        title="A story",
        summary="A story of ten pages",
        language="en",
        member=party(),
        client=party(name="Paper House", kind="company"),
        profession="writing",
        currency="USD",
        services=(Service(text="Writing", value_minor=net_minor),),
        milestones=(MilestoneTerms(title="Story", net_minor=net_minor, due_on=DAY),),
        starts_on=None,
        hours_estimate=20,
        payment=Payment(term_days=30, services_list_due="five days after delivery"),
        expenses="",
        expenses_cap_minor=None,
        kill_fee_bps=2500,
        notice_days=10,
        rights=Rights(kind="licence_on_payment", scope="print"),
        revision_rounds=2,
        acceptance_silence_days=14,
        law=Law(country="US", region="US-NY"),
        clauses=(),
    )
    return msgspec.structs.replace(made, **changes)


def findings(facts: Facts, rules: str) -> dict[str, Finding]:
    return {f.rule.partition("/")[2]: f for f in check(facts, [SETS[rules]])}


def eu(client_kind: str = "company", days: int | None = 30, **payment: object) -> Facts:
    return Facts(
        terms=terms(
            currency="EUR",
            member=party(country="BE", region=""),
            client=party(country="BE", region="", kind=client_kind),
            law=Law(country="BE"),
            payment=Payment(term_days=days, **payment),
        ),
        on=DAY,
    )


@pytest.mark.parametrize(
    ("apart", "applies"), [(1, True), (119, True), (120, True), (121, False), (400, False)]
)
def test_new_york_sums_the_pairs_contracts_over_120_days(apart: int, *, applies: bool) -> None:
    before = EarlierContract(
        agreed_on=DAY - timedelta(days=apart), net_minor=45_000, currency="USD"
    )
    found = findings(Facts(terms=terms(45_000), on=DAY, earlier=(before,)), "us-ny")
    assert ("applies" not in found) is applies
    if not applies:
        assert found["applies"].outcome == "not_applicable"
        assert "800 USD" in found["applies"].sentence


@pytest.mark.parametrize(("net", "applies"), [(79_999, False), (80_000, True)])
def test_new_york_applies_from_800_dollars(net: int, *, applies: bool) -> None:
    assert ("applies" not in findings(Facts(terms=terms(net), on=DAY), "us-ny")) is applies


@pytest.mark.parametrize(("net", "applies"), [(24_999, False), (25_000, True)])
def test_california_applies_from_250_dollars(net: int, *, applies: bool) -> None:
    there = terms(net, law=Law(country="US", region="US-CA"))
    assert ("applies" not in findings(Facts(terms=there, on=DAY), "us-ca")) is applies


def test_a_sum_in_another_currency_is_taken_to_reach_the_threshold() -> None:
    small = terms(100, currency="EUR")
    assert "applies" not in findings(Facts(terms=small, on=DAY), "us-ny")


def test_california_lists_professions_and_new_york_excludes_some() -> None:
    software = terms(profession="software", law=Law(country="US", region="US-CA"))
    assert findings(Facts(terms=software, on=DAY), "us-ca")["applies"].outcome == "not_applicable"
    builder = terms(profession="construction")
    assert findings(Facts(terms=builder, on=DAY), "us-ny")["applies"].outcome == "not_applicable"


def test_new_york_does_not_cover_government_clients() -> None:
    public = terms(client=party(kind="public_body"))
    assert findings(Facts(terms=public, on=DAY), "us-ny")["applies"].outcome == "not_applicable"


def test_each_law_is_dated() -> None:
    early = findings(Facts(terms=terms(), on=date(2024, 8, 27)), "us-ny")
    assert early["applies"].outcome == "not_applicable"
    assert "applies" not in findings(Facts(terms=terms(), on=date(2024, 8, 28)), "us-ny")
    there = terms(law=Law(country="US", region="US-CA"))
    early = findings(Facts(terms=there, on=date(2024, 12, 31)), "us-ca")
    assert early["applies"].outcome == "not_applicable"


def test_a_law_without_data_for_the_day_is_an_error() -> None:
    known = SETS["us-ny"]
    ended = msgspec.structs.replace(known.versions[0], valid_to=date(2026, 12, 31))
    rules = RuleSet(id="x", title="X", note="", versions=(ended,))
    check(Facts(terms=terms(), on=date(2026, 12, 31)), [rules])
    with pytest.raises(LawUnknownError):
        check(Facts(terms=terms(), on=date(2027, 1, 1)), [rules])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"member": party(street="")}, "names_and_addresses"),
        ({"client": party(kind="company", city="")}, "names_and_addresses"),
        ({"payment": Payment(term_days=None, services_list_due="x")}, "pay_date"),
        ({"payment": Payment(term_days=30)}, "services_list_date"),
        ({"payment": Payment(term_days=30, services_list_due="  ")}, "services_list_date"),
        (
            {"services": (Service(text="Writing", value_minor=100_000, method="hour"),)},
            "services_itemised",
        ),
    ],
)
@pytest.mark.parametrize("law", ["us-ny", "us-ca"])
def test_a_missing_element_blocks(law: str, change: dict[str, object], rule: str) -> None:
    there = terms(law=Law(country="US", region=law.upper()), **change)
    found = findings(Facts(terms=there, on=DAY), law)
    assert found[rule].outcome == "missing"
    assert found[rule].mend
    assert found[rule].article
    assert found[rule].source
    assert blocking(list(found.values()))


@pytest.mark.parametrize("law", ["us-ny", "us-ca"])
def test_a_complete_contract_passes(law: str) -> None:
    there = terms(law=Law(country="US", region=law.upper()))
    assert not blocking(check(Facts(terms=there, on=DAY), [SETS[law]]))


def test_an_unnamed_state_of_the_united_states_has_to_be_named() -> None:
    nowhere = terms(
        member=party(region=""), law=Law(country="US"), client=party(region="", kind="company")
    )
    found = findings(Facts(terms=nowhere, on=DAY), "us-ny")
    assert found["region"].outcome == "missing"


@pytest.mark.parametrize(
    ("kind", "days", "extra", "outcome"),
    [
        ("company", 60, {}, "met"),
        ("company", 61, {}, "missing"),
        ("company", 61, {"long_term_agreed": True}, "warning"),
        ("public_body", 30, {}, "met"),
        ("public_body", 31, {}, "missing"),
        ("public_body", 31, {"long_term_agreed": True}, "missing"),
        ("public_body", 60, {"long_term_reason": "health care"}, "warning"),
        ("public_body", 61, {"long_term_reason": "health care"}, "missing"),
    ],
)
def test_payment_terms_in_the_union(
    kind: str, days: int, extra: dict[str, object], outcome: str
) -> None:
    assert findings(eu(kind, days, **extra), "eu-2011-7")["payment_term"].outcome == outcome


def test_without_a_term_the_law_sets_thirty_days() -> None:
    found = findings(eu(days=None), "eu-2011-7")
    assert found["payment_default"].outcome == "warning"
    law = SETS["us-ny"].versions[0]
    open_term = terms(payment=Payment(term_days=None))
    done, invoiced = date(2026, 12, 1), date(2026, 12, 10)
    assert pay_by(open_term, completed_on=done, invoiced_on=invoiced, law=law) == date(2026, 12, 31)
    agreed = terms(payment=Payment(term_days=10))
    assert pay_by(agreed, completed_on=done, invoiced_on=invoiced, law=law) == date(2026, 12, 20)


def test_consumers_and_countries_outside_are_not_covered_by_the_directive() -> None:
    assert findings(eu("consumer"), "eu-2011-7")["applies"].outcome == "not_applicable"
    assert (
        findings(Facts(terms=terms(), on=DAY), "eu-2011-7")["applies"].outcome == "not_applicable"
    )


def test_interest_cannot_be_taken_away_and_acceptance_takes_thirty_days_at_most() -> None:
    found = findings(eu(interest_excluded=True), "eu-2011-7")
    assert found["late_payment"].outcome == "missing"
    assert findings(eu(), "eu-2011-7")["late_payment"].outcome == "met"
    facts = eu()
    slow = msgspec.structs.replace(facts.terms, acceptance_silence_days=31)
    found = findings(msgspec.structs.replace(facts, terms=slow), "eu-2011-7")
    assert found["acceptance"].outcome == "missing"


@pytest.mark.parametrize(
    ("law", "change", "rule", "outcome"),
    [
        ("us-ny", {"net_minor": 90_000}, "after_start_pay", "missing"),
        ("us-ny", {"net_minor": 100_000}, "after_start_pay", "met"),
        ("us-ny", {"net_minor": 110_000}, "after_start_pay", "met"),
        ("us-ca", {"revision_rounds": 3}, "after_start_work", "missing"),
        ("us-ca", {"revision_rounds": 3, "net_minor": 110_000}, "after_start_work", "met"),
        (
            "us-ca",
            {"rights": Rights(kind="transfer_on_payment", scope="print")},
            "after_start_work",
            "missing",
        ),
    ],
)
def test_after_the_start_pay_is_not_lowered_nor_work_added(
    law: str, change: dict[str, object], rule: str, outcome: str
) -> None:
    region = Law(country="US", region=law.upper())
    before = terms(law=region, work_began_on=DAY - timedelta(days=1))
    now = terms(law=region, work_began_on=DAY - timedelta(days=1), **change)
    found = findings(Facts(terms=now, on=DAY, offered_before=before), law)
    assert found[rule].outcome == outcome
    not_begun = msgspec.structs.replace(now, work_began_on=DAY + timedelta(days=1))
    assert rule not in findings(Facts(terms=not_begun, on=DAY, offered_before=before), law)


def test_contracts_are_kept_six_years_even_where_the_law_asks_for_four() -> None:
    there = terms(law=Law(country="US", region="US-CA"))
    facts = Facts(terms=there, on=DAY)
    assert retain_until(facts, DAY, [SETS["us-ca"]]) == date(2032, 11, 23)
    assert retain_until(facts, date(2024, 2, 29), [SETS["us-ca"]]) == date(2030, 3, 1)
    longer = msgspec.structs.replace(
        SETS["us-ca"].versions[0],
        retention=msgspec.structs.replace(SETS["us-ca"].versions[0].retention, years=10),
    )
    rules = RuleSet(id="x", title="X", note="", versions=(longer,))
    assert retain_until(facts, DAY, [rules]) == date(2036, 11, 23)


def test_terms_that_contradict_themselves_are_named() -> None:
    assert problems(terms()) == []
    assert problems(terms(services=()))[0].field == "services"
    wrong_sum = terms(services=(Service(text="W", value_minor=1),))
    assert problems(wrong_sum)[0].field == "milestones"
    hourly = Service(
        text="W", value_minor=100_000, method="hour", rate_minor=6_000, quantity_hundredths=1_000
    )
    assert problems(terms(services=(hourly,)))[0].field == "services[0].value"
    early = terms(starts_on=DAY + timedelta(days=1))
    assert problems(early)[0].field == "milestones[0].due_on"
    assert problems(terms(rights=Rights(kind="transfer_on_payment")))[0].field == "rights"
    assert terms().effective_hourly_minor == 5_000
    assert terms(clauses=(Clause(heading="A", text="B"),)).clauses

"""The checklist, the evidence rule, and what findings amount to."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import get_args

import pytest

from guild.compliance import rules
from guild.compliance.rules import (
    PRINCIPLE_CODES,
    ContractFacts,
    Judgement,
    advanced_without_basic,
    checklist,
    months_after,
    pointers,
    points,
    tells_too_much,
    ties_since,
    unanswered,
    without_evidence,
)
from guild.governance import rules as governance


def met(principle: str, threshold: str = "basic", evidence: str = "Clause 1") -> Judgement:
    return Judgement(principle=principle, threshold=threshold, verdict="met", evidence=evidence)


def no_evidence(principle: str, threshold: str = "basic") -> Judgement:
    return Judgement(principle=principle, threshold=threshold, verdict="no_evidence", evidence="")


def not_met(principle: str) -> Judgement:
    return Judgement(principle=principle, threshold="basic", verdict="not_met", evidence="")


FOUR = [met(code) for code in ("transparency", "fair_pay", "stability_flexibility", "safety")]
REST = [no_evidence(code) for code in PRINCIPLE_CODES if code not in {j.principle for j in FOUR}]


def test_the_checklist_has_the_eight_principles_with_two_criteria_each() -> None:
    book = checklist()
    assert tuple(p.code for p in book.principles) == PRINCIPLE_CODES
    assert all(p.basic != p.advanced and p.basic.endswith(".") for p in book.principles)
    assert "National Domestic Workers Alliance" in book.source


def test_the_charter_knows_the_same_principles() -> None:
    assert get_args(governance.PrincipleCode) == PRINCIPLE_CODES


def test_met_needs_evidence_and_no_evidence_needs_none() -> None:
    assert without_evidence([met("safety", evidence="  ")])
    assert not without_evidence([met("safety"), no_evidence("fair_pay"), not_met("transparency")])


def test_the_second_point_comes_only_with_the_first() -> None:
    alone = met("safety", "advanced")
    assert advanced_without_basic([alone]) == [alone]
    assert advanced_without_basic([alone, not_met("safety")]) == [alone]
    assert advanced_without_basic([alone, met("safety")]) == []
    assert points([alone])["safety"] == 0
    assert points([alone, met("safety")])["safety"] == 2


def test_every_principle_must_be_answered_if_only_with_no_evidence() -> None:
    assert unanswered(FOUR) == [
        j.principle for j in sorted(REST, key=lambda j: PRINCIPLE_CODES.index(j.principle))
    ]
    assert unanswered([*FOUR, *REST]) == []


def why_not_granted(found: Sequence[Judgement]) -> list[str]:
    """By the founding charter."""
    return rules.why_not_granted(found, points_needed=4, essential=("transparency", "fair_pay"))


def test_the_charter_says_what_a_label_needs() -> None:
    found = [*FOUR, *REST]
    more = rules.why_not_granted(found, points_needed=5, essential=())
    assert more == ["4 of 8 basic points are met; a label needs 5."]
    other = rules.why_not_granted(found, points_needed=4, essential=("growth_development",))
    assert other == [
        "Growth and development: there is no evidence, and a label cannot do without it."
    ]


def test_half_of_the_points_with_pay_and_transparency_carry_a_label() -> None:
    assert why_not_granted([*FOUR, *REST]) == []


@pytest.mark.parametrize("missing", ["transparency", "fair_pay"])
def test_a_label_cannot_do_without_pay_and_transparency(missing: str) -> None:
    found = [j for j in FOUR if j.principle != missing] + [met("growth_development"), *REST[:-1]]
    assert any("cannot do without" in reason for reason in why_not_granted(found))


def test_one_denied_basic_point_stands_against_a_label() -> None:
    found = [
        *FOUR,
        not_met("inclusion_input"),
        *[j for j in REST if j.principle != "inclusion_input"],
    ]
    assert why_not_granted(found) == ["Inclusion and input: the basic point is not met."]


def test_no_evidence_alone_is_no_reproach_but_carries_nothing() -> None:
    reasons = why_not_granted([no_evidence(code) for code in PRINCIPLE_CODES])
    assert not any("not met" in reason for reason in reasons)
    assert "0 of 8 basic points are met; a label needs 4." in reasons


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2028, 2, 29), -24, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_months_keep_the_day_or_take_the_last_one(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_ties_reach_back_two_years() -> None:
    assert ties_since(datetime(2026, 11, 23, 12, tzinfo=UTC)).date() == date(2024, 11, 23)


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ("Dates and acceptance are in writing.", ""),
        ("Mira told us so.", "a name"),
        ("mira halloran is paid late", "a name"),
        ("The rate is €36.80 an hour.", "a sum of money"),
        ("The rate is EUR 36.", "a sum of money"),
        ("It is 41 euros short.", "a sum of money"),
        ("Paid within 30 days; 12 months of notice.", ""),
    ],
)
def test_public_reasons_hold_no_names_and_no_sums(reasons: str, told: str) -> None:
    assert tells_too_much(reasons, ["Mira", "Mira Halloran", ""]) == told


def facts(**changes: object) -> ContractFacts:
    usual = {
        "payment_term_days": 30,
        "milestones": 2,
        "milestones_dated": 2,
        "notice_days": 10,
        "kill_fee_bps": 2_500,
        "rights": "licence_on_payment",
        "hourly_minor": 5_000,
        "currency": "EUR",
        "guaranteed": True,
    }
    return ContractFacts(**(usual | changes))  # type: ignore[arg-type]


def test_a_good_contract_gives_no_warning() -> None:
    assert {pointer.shape for pointer in pointers(facts())} == {"done"}


@pytest.mark.parametrize(
    ("days", "shape"), [(30, "done"), (31, "look"), (60, "look"), (61, "stop")]
)
def test_payment_terms_are_measured_by_the_directive(days: int, shape: str) -> None:
    term = next(p for p in pointers(facts(payment_term_days=days)) if "Directive" in p.rule)
    assert term.shape == shape


def test_warnings_come_first_and_the_law_is_quoted() -> None:
    found = pointers(
        facts(
            guaranteed=False, law_findings=(("us-ny/parties", "missing", "An address is missing."),)
        )
    )
    assert [p.shape for p in found] == sorted(
        (p.shape for p in found), key=("stop", "look", "done").index
    )
    assert found[0].sentence == "An address is missing."

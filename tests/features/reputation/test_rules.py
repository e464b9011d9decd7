"""The formula against published and derived values, and what may never happen to a score."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guild.reputation import rules
from guild.reputation.rules import Entry, ScoringRules
from guild.translog import verify

RULES = ScoringRules(
    charter_version=1,
    window_months=24,
    min_projects=2,
    min_clients=2,
    weights={
        "freelancer": {"quality": 4_000, "on_time": 4_000, "communication": 2_000},
        "client": {"payment_on_time": 5_000, "brief_clear": 2_500, "scope_respected": 2_500},
    },
    max_share_per_counterparty_bps=2_500,
    prior_alpha=1,
    prior_beta=1,
    confidence_z="1.96",
)
GOOD = {"quality": True, "on_time": True, "communication": True}
POOR = {"quality": False, "on_time": False, "communication": False}


def entry(number: int, client: str = "", **changes: object) -> Entry:
    values: dict[str, object] = {
        "commitment": f"{number:064x}",
        "owner": "mira",
        "counterparty": client or f"client {number}",
        "contract": f"contract {number}",
        "period": "2026-11",
        "answers": GOOD,
        "standing": "published",
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("good", "all_", "mean", "lower"),
    [
        (1, 1, "0.667", "0.207"),
        (5, 5, "0.857", "0.566"),
        (9, 10, "0.833", "0.596"),
        (95, 100, "0.941", "0.888"),
    ],
)
def test_the_known_values(good: int, all_: int, mean: str, lower: str) -> None:
    """Beta mean (r+1)/(r+s+2) and Wilson 95 % lower bound, computed by hand."""
    three = Decimal("0.001")
    exact = rules.beta_mean(Fraction(good), Fraction(all_), 1, 1)
    assert rules.rounded(exact).quantize(three) == Decimal(mean)
    bound = rules.wilson_lower(Fraction(good), Fraction(all_), "1.96")
    assert bound.quantize(three) == Decimal(lower)


def test_a_whole_score_gives_the_known_values() -> None:
    entries = [entry(n, answers=POOR if n == 0 else GOOD) for n in range(10)]
    result = rules.score(entries, "freelancer", RULES, "2026-11")
    assert (result.state, result.mean, result.lower) == (
        "scored",
        Decimal("0.8333"),
        Decimal("0.5958"),
    )
    assert (result.positive, result.weight) == (9, 10)


def test_questions_weigh_as_the_charter_says() -> None:
    weights = RULES.weights["freelancer"]
    mixed = {"quality": True, "on_time": True, "communication": False}
    assert rules.value_of(mixed, weights) == Fraction(4, 5)
    assert rules.value_of({"quality": True, "communication": False}, weights) == Fraction(2, 3)
    assert rules.value_of({"good looks": True}, weights) is None
    assert rules.value_of({}, weights) is None


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry(1)], "one project"),
        ([entry(1, "a"), entry(2, "a")], "one client"),
        ([entry(1, "a"), entry(2, "b", contract="contract 1")], "one project with two clients"),
        ([entry(1, "a"), entry(2, "b", standing="contested")], "one is contested"),
        ([entry(1, "a"), entry(2, "b", period="2024-11")], "one has left the window"),
        ([], "nothing yet"),
    ],
)
def test_below_the_minimum_one_is_new_and_never_low(entries: list[Entry], why: str) -> None:
    result = rules.score(entries, "freelancer", RULES, "2026-11")
    assert (result.state, result.mean, result.lower) == ("new", None, None), why


def test_two_projects_with_two_clients_are_enough() -> None:
    result = rules.score([entry(1), entry(2)], "freelancer", RULES, "2026-11")
    assert (result.state, result.mean) == ("scored", Decimal("0.7500"))


@pytest.mark.parametrize(
    ("period", "excluded"),
    [("2026-11", ""), ("2024-12", ""), ("2024-11", "too_old"), ("2026-12", "later")],
)
def test_entries_leave_after_24_months(period: str, excluded: str) -> None:
    result = rules.score([entry(1, period=period)], "freelancer", RULES, "2026-11")
    assert result.entries[0].excluded == excluded
    assert result.entries[0].weight == (0 if excluded else 1)


@pytest.mark.parametrize("standing", ["contested", "struck", "erased"])
def test_what_is_contested_struck_or_erased_has_no_weight(standing: str) -> None:
    clean = [entry(n) for n in range(4)]
    disputed = entry(9, standing=standing, answers=POOR)
    with_it = rules.score([*clean, disputed], "freelancer", RULES, "2026-11")
    without = rules.score(clean, "freelancer", RULES, "2026-11")
    assert (with_it.mean, with_it.lower) == (without.mean, without.lower)
    assert with_it.entries[-1].excluded == standing


def test_one_client_holds_at_most_a_quarter() -> None:
    entries = [entry(n, "big") for n in range(30)] + [entry(100 + n) for n in range(6)]
    result = rules.score(entries, "freelancer", RULES, "2026-11")
    big = sum(one.weight for one in result.entries if one.entry.counterparty == "big")
    assert big == 2
    assert big / result.weight == Fraction(1, 4)


def test_with_two_clients_each_holds_half() -> None:
    entries = [entry(n, "big") for n in range(5)] + [entry(9, "small")]
    result = rules.score(entries, "freelancer", RULES, "2026-11")
    assert result.weight == 2
    assert result.entries[0].weight == Fraction(1, 5)


@given(
    st.dictionaries(st.text(max_size=5), st.integers(1, 1000), min_size=1, max_size=12),
    st.integers(100, 10_000),
)
def test_no_counterparty_ever_exceeds_its_share(totals: dict[str, int], share_bps: int) -> None:
    before = {name: Fraction(weight) for name, weight in totals.items()}
    after = rules.capped(before, share_bps)
    share = max(Fraction(share_bps, 10_000), Fraction(1, len(totals)))
    assert after.keys() == before.keys()
    assert all(0 < after[name] <= before[name] for name in before)
    assert max(after.values()) <= share * sum(after.values())
    # Nobody is cut further than the share asks: who is cut at all holds exactly the share.
    assert all(after[n] in (weight, share * sum(after.values())) for n, weight in before.items())


@given(st.integers(0, 200), st.integers(1, 200))
@example(good=0, more=200)
@example(good=0, more=3)
def test_the_bound_is_below_what_was_seen_and_rises_with_evidence(good: int, more: int) -> None:
    few = rules.wilson_lower(Fraction(good), Fraction(good + 1), "1.96")
    many = rules.wilson_lower(Fraction(good * more), Fraction((good + 1) * more), "1.96")
    assert 0 <= few <= many
    assert many <= Decimal(good) / Decimal(good + 1)


def test_a_commitment_binds_payload_and_salt() -> None:
    salt, payload = bytes(range(32)), rules.canonical({"b": 1, "a": "é"})
    assert payload == '{"a":"é","b":1}'.encode()
    # sha256(b"guild/commit/v1\0" + salt + payload), from coreutils' sha256sum.
    expected = "91eeb5ec47496f182b74297c2f4e9d3fbbc35e44fe466fd726f8ed3e8cb6226f"
    assert rules.commitment(salt, payload).hex() == expected
    assert rules.commitment(salt, payload + b" ") != rules.commitment(salt, payload)
    assert rules.commitment(bytes(32), payload) != rules.commitment(salt, payload)


@pytest.mark.parametrize("content", [{"a": 1.0}, {"a": [{"b": 0.5}]}])
def test_floats_are_never_hashed(content: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        rules.canonical(content)


def test_months() -> None:
    assert rules.months_between("2024-12", "2026-11") == 23
    assert rules.months_between("2026-11", "2026-11") == 0


def test_the_same_owner_on_both_sides_has_no_weight() -> None:
    own = entry(9, "mira", answers=POOR)
    with_it = rules.score([entry(1), entry(2), own], "freelancer", RULES, "2026-11")
    without = rules.score([entry(1), entry(2)], "freelancer", RULES, "2026-11")
    assert (with_it.mean, with_it.weight) == (without.mean, without.weight)
    assert with_it.entries[-1].excluded == "same_owner"


@pytest.mark.parametrize(
    ("relations", "round_about"),
    [
        ([], []),
        (["ab"], []),
        (["ab", "ba"], ["ab", "ba"]),
        (["ab", "bc", "ca"], ["ab", "bc", "ca"]),
        (["ab", "bc", "ca", "ad", "ea"], ["ab", "bc", "ca"]),
        (["ab", "ba", "bc", "cd", "dc"], ["ab", "ba", "cd", "dc"]),
        (["ab", "cb", "ad"], []),
        (["aa"], []),
    ],
)
def test_circles_are_found_whatever_their_length(
    relations: list[str], round_about: list[str]
) -> None:
    pairs = [(one[0], one[1]) for one in relations]
    assert rules.circular(pairs) == {(one[0], one[1]) for one in round_about}
    assert verify.circles(set(pairs)) == {(one[0], one[1]) for one in round_about}


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_two_searches_for_circles_agree(drawn: set[tuple[int, int]]) -> None:
    relations = {(str(a), str(b)) for a, b in drawn}
    assert rules.circular(relations) == verify.circles(relations)


def test_an_entry_on_a_circle_has_no_weight_and_the_others_keep_theirs() -> None:
    entries = [entry(1), entry(2), entry(3, "ring")]
    circles = rules.circular(
        rules.relations_of(
            [*(("freelancer", one) for one in entries), ("client", entry(4, "ring"))],
            RULES,
            "2026-11",
        )
    )
    assert circles == {("mira", "ring"), ("ring", "mira")}
    result = rules.score(entries, "freelancer", RULES, "2026-11", circles)
    assert [one.excluded for one in result.entries] == ["", "", "ring"]
    assert result.mean == rules.score(entries[:2], "freelancer", RULES, "2026-11").mean


@pytest.mark.parametrize("change", [{"standing": "struck"}, {"period": "2024-11"}])
def test_what_is_struck_or_old_closes_no_circle(change: dict[str, str]) -> None:
    pair = [("freelancer", entry(1, "ring")), ("client", entry(2, "ring", **change))]
    assert rules.circular(rules.relations_of(pair, RULES, "2026-11")) == frozenset()  # type: ignore[arg-type]

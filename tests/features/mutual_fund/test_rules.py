"""The fund's arithmetic: exact to the cent, whichever way the money comes."""

import hashlib
import itertools
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.core.clock import EU
from guild.core.money import Money
from guild.mutual_fund.rules import claims, guarantee, jury, levy

TERMS = levy.LevyTerms(
    650,
    {
        "fund_guarantee": 2500,
        "fund_sickness": 3500,
        "fund_solidarity": 1000,
        "fund_operations": 3000,
    },
)
LIMITS = guarantee.GuaranteeLimits(7, EU, "EUR", 1_000_000, 2_500_000, 500_000, 1_000)
RICH = guarantee.Standing(10_000_000, 0, 0, 0)
BENEFITS = claims.BenefitTerms(waiting_days=30, daily_minor=5_000, max_days=90)

nets = st.integers(1, 10**9)
terms_ = st.builds(
    levy.LevyTerms,
    st.integers(0, 5_000),
    st.lists(st.integers(1, 100), min_size=1, max_size=6).map(
        lambda weights: {f"fund_{i}": weight for i, weight in enumerate(weights)}
    ),
)


def test_a_thousand_euros_levy_sixty_five_in_four_pots() -> None:
    release = levy.released(0, 100_000, TERMS, 0)
    assert release.levy == 6_500
    assert dict(release.pots) == {
        "fund_guarantee": 1_625,
        "fund_sickness": 2_275,
        "fund_solidarity": 650,
        "fund_operations": 1_950,
    }
    assert release.available == 93_500


@given(terms_, nets, st.lists(st.integers(0, 10**9), max_size=8))
def test_payments_in_parts_add_up_to_the_whole_in_each_pot(
    terms: levy.LevyTerms, net: int, cuts: list[int]
) -> None:
    steps = [0, *sorted(min(cut, net) for cut in cuts), net]
    parts = [levy.released(a, b, terms, 0) for a, b in itertools.pairwise(steps)]
    whole = levy.released(0, net, terms, 0)
    for pot in terms.pots:
        assert sum(part.pots[pot] for part in parts) == whole.pots[pot]
    assert sum(part.available for part in parts) == whole.available
    assert whole.net == whole.levy + whole.available == net


@given(terms_, nets, st.integers(0, 10**9))
def test_a_credit_note_undoes_exactly_what_it_credits(
    terms: levy.LevyTerms, net: int, credited: int
) -> None:
    left = max(0, net - credited)
    paid = levy.released(0, net, terms, 0)
    back = levy.released(net, left, terms, 0)
    kept = levy.released(0, left, terms, 0)
    for pot in terms.pots:
        assert paid.pots[pot] + back.pots[pot] == kept.pots[pot]
    assert paid.available + back.available == kept.available


@given(terms_, nets, st.integers(0, 10**9), st.integers(0, 10**9))
def test_an_advance_is_repaid_exactly_by_the_client(
    terms: levy.LevyTerms, net: int, before: int, part: int
) -> None:
    before = min(before, net)
    advance = levy.advance_of(net, before, terms)
    middle = min(before + part, net)
    first = levy.released(before, middle, terms, advance)
    rest = levy.released(middle, net, terms, advance - first.repaid)
    assert first.repaid + rest.repaid == advance
    assert first.available + rest.available == 0
    assert min(first.repaid, rest.repaid) >= 0


def test_quotes_say_up_to_how_much_and_why() -> None:
    value = Money(300_000, "EUR")
    answer = guarantee.quote(value, "FR", RICH, LIMITS)
    assert (answer.guaranteed, answer.up_to_minor) == (True, 300_000)
    assert "signing" in answer.reasons[0]
    near = guarantee.Standing(10_000_000, 0, 2_400_000, 0)
    part = guarantee.quote(value, "FR", near, LIMITS)
    assert (part.guaranteed, part.up_to_minor) == (True, 100_000)
    assert part.reasons[-1] == "The limit for one client leaves 1000.00 EUR of 3000.00 EUR."


@pytest.mark.parametrize(
    ("value", "country", "standing", "word"),
    [
        (Money(100, "USD"), "FR", RICH, "EUR only"),
        (Money(100, "EUR"), "US", RICH, "outside the zone"),
        (Money(100, "EUR"), "FR", guarantee.Standing(10**7, 0, 2_500_000, 0), "one client"),
        (Money(100, "EUR"), "FR", guarantee.Standing(10**7, 0, 0, 1_000_000), "one member"),
        (Money(100, "EUR"), "FR", guarantee.Standing(100_000, 1_000_000, 0, 0), "reserve floor"),
        (Money(100, "EUR"), "FR", guarantee.Standing(0, 0, 0, 0), "reserve floor"),
    ],
)
def test_a_refusal_is_a_sentence(
    value: Money, country: str, standing: guarantee.Standing, word: str
) -> None:
    answer = guarantee.quote(value, country, standing, LIMITS)
    assert (answer.guaranteed, answer.up_to_minor) == (False, 0)
    assert word in " ".join(answer.reasons)


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.integers(0, 10_000))
def test_the_reserve_floor_holds_and_not_a_cent_too_early(
    cash: int, advanced: int, floor: int
) -> None:
    room = guarantee.reserve_room(cash, advanced, floor)

    def above(extra: int) -> bool:
        return (cash - extra) * 10_000 >= floor * (advanced + extra)

    assert room == 0 or above(room)
    assert not above(room + 1) or cash < 0


def test_the_fund_pays_on_the_seventh_working_day() -> None:
    # 23 November 2026 is a Monday.
    assert guarantee.pays_by(date(2026, 11, 23), LIMITS, "BE") == date(2026, 12, 2)
    # Over Christmas: 25 December is a holiday, and so is New Year.
    assert guarantee.pays_by(date(2026, 12, 22), LIMITS, "BE") == date(2027, 1, 4)


def test_an_advance_is_capped_by_promise_invoice_and_reserve() -> None:
    assert guarantee.advance_now(93_500, 300_000, RICH, LIMITS).up_to_minor == 93_500
    assert guarantee.advance_now(93_500, 50_000, RICH, LIMITS).up_to_minor == 50_000
    assert guarantee.advance_now(900_000, 900_000, RICH, LIMITS).up_to_minor == 500_000
    poor = guarantee.Standing(93_499, 0, 0, 0)
    assert not guarantee.advance_now(93_500, 300_000, poor, LIMITS).guaranteed
    assert not guarantee.advance_now(93_500, 0, RICH, LIMITS).guaranteed


FIRST = date(2026, 11, 1)


def _sick(until: date, since: date = FIRST, bps: int = 10_000) -> claims.Period:
    return claims.Period("sickness", FIRST, since, until, bps)


def test_day_thirty_pays_nothing_and_day_thirty_one_pays() -> None:
    thirtieth = FIRST + timedelta(days=29)
    assert claims.benefit(_sick(thirtieth), BENEFITS).days == 0
    first_paid = claims.benefit(_sick(thirtieth + timedelta(days=1)), BENEFITS)
    assert (first_paid.days, first_paid.amount_minor) == (1, 5_000)
    assert first_paid.pays_from == date(2026, 12, 1)


def test_a_later_month_of_the_same_illness_does_not_wait_again() -> None:
    january = _sick(date(2027, 1, 31), since=date(2027, 1, 1))
    assert claims.benefit(january, BENEFITS).days == 31
    assert claims.benefit(january, BENEFITS, days_used=80).days == 10
    assert claims.benefit(january, BENEFITS, days_used=90).amount_minor == 0


def test_half_the_work_is_half_the_benefit_and_hardship_does_not_wait() -> None:
    assert (
        claims.benefit(_sick(FIRST + timedelta(days=30), bps=5_000), BENEFITS).amount_minor == 2_500
    )
    hardship = claims.Period("hardship", FIRST, FIRST, FIRST, 10_000)
    assert claims.benefit(hardship, BENEFITS).days == 1


def test_arrears_take_a_quarter_at_most() -> None:
    assert claims.held_back(10_000, 9_999) == 2_500
    assert claims.held_back(10_000, 100) == 100
    assert claims.held_back(10_000, -100) == 0


@pytest.mark.parametrize(
    ("amounts", "outcome", "amount"),
    [
        ([900, 900, 0], "granted", 900),
        ([900, 0, 0], "rejected", 0),
        ([900, 400, 0], "part", 400),
        ([1, 400, 500], "part", 400),
    ],
)
def test_the_middle_opinion_decides(amounts: list[int], outcome: str, amount: int) -> None:
    opinions = [claims.Opinion("", each) for each in amounts]
    assert claims.decide(opinions, 900) == claims.Opinion(outcome, amount)


CLAIM = UUID("00000000-0000-7000-8000-00000000c1a1")
PEOPLE = [UUID(int=number) for number in range(1, 41)]


def test_a_draw_can_be_drawn_again_from_what_is_published() -> None:
    head = hashlib.sha256(b"a checkpoint").digest()
    drawn = jury.draw(head, CLAIM, 1, PEOPLE)
    again = jury.draw(head, CLAIM, 1, list(reversed(PEOPLE)))
    assert drawn == again
    # By hand, as the docs say it.
    mark = hashlib.sha256(b"guild/claim/v1" + CLAIM.bytes).digest()
    seed = hashlib.sha256(b"guild/jury/v2" + head + mark + b"\x01").digest()
    codes = [hashlib.sha256(b"guild/juror/v1" + CLAIM.bytes + p.bytes).digest() for p in PEOPLE]
    first = min(range(40), key=lambda i: hashlib.sha256(seed + codes[i]).digest())
    assert drawn.ranked[0] == PEOPLE[first]
    assert drawn.candidates_hash == hashlib.sha256(b"".join(sorted(codes))).digest()
    assert jury.ranked_codes(seed, drawn.codes)[0] == codes[first].hex()


def test_another_head_claim_or_round_draws_others() -> None:
    head = bytes(32)
    base = jury.draw(head, CLAIM, 1, PEOPLE).ranked
    assert jury.draw(b"\x01" * 32, CLAIM, 1, PEOPLE).ranked != base
    assert jury.draw(head, CLAIM, 2, PEOPLE).ranked != base
    assert jury.draw(head, UUID(int=7), 1, PEOPLE).ranked != base


@given(st.permutations(PEOPLE), st.integers(0, 39))
def test_taking_somebody_out_of_the_drum_does_not_reorder_the_others(
    people: list[UUID], gone: int
) -> None:
    head = bytes(32)
    everyone = jury.draw(head, CLAIM, 1, people).ranked
    without = jury.draw(head, CLAIM, 1, [p for p in people if p != PEOPLE[gone]]).ranked
    assert [p for p in everyone if p != PEOPLE[gone]] == list(without)


def test_the_days_of_the_guarantee_by_the_age_of_the_work() -> None:
    """23 November 2026 is a Monday; the fund pays seven working days after the work."""
    limits = guarantee.GuaranteeLimits(7, ("BE",), "EUR", 1, 1, 1, 0)
    days = guarantee.pays_by_age(date(2026, 11, 23), limits, "BE")
    assert days[:4] == (
        date(2026, 12, 2),  # done today
        date(2026, 12, 2),  # on Sunday, which counts as the Monday after it
        date(2026, 12, 2),  # on Saturday
        date(2026, 12, 1),  # on Friday
    )
    assert days[-1] == date(2026, 11, 23)
    assert days[-2] > days[-1]

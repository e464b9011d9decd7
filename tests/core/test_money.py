"""Money: exact, and no cent is lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.core.money import Money, allocate, round_half_up, share_bps

minors = st.integers(-(10**12), 10**12)


@given(minors, st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any))
def test_allocation_adds_up_and_is_fair(total, weights):
    parts = allocate(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * weight) < whole  # within one cent of the exact share
        assert part == 0 if weight == 0 else True


@given(minors)
def test_wire_form_reads_back(minor):
    money = Money(minor, "EUR")
    assert Money.parse(money.text, "EUR") == money


@given(minors, st.integers(0, 10_000))
def test_a_share_is_rounded_half_away_from_zero(minor, bps):
    exact = Decimal(minor) * bps / 10_000
    assert abs(share_bps(minor, bps) - exact) <= Decimal("0.5")
    assert share_bps(-minor, bps) == -share_bps(minor, bps)


@pytest.mark.parametrize("text", ["", "1.234", "1e400", "NaN", "Infinity", "12,5", "9" * 20])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="is"):
        Money.parse(text, "EUR")


def test_known_figures():
    assert share_bps(100_000, 650) == 6_500
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert round_half_up(Decimal("1.005")) == Decimal("1.01")
    assert Money(1, "JPY").text == "1"
    assert str(Money(121000, "EUR")) == "1210.00 EUR"
    assert -Money(5, "EUR") + Money(7, "EUR") - Money(1, "EUR") == Money(1, "EUR")
    assert max(Money(1, "EUR"), Money(2, "EUR")).minor == 2


def test_currencies_do_not_add():
    with pytest.raises(AssertionError):
        Money(1, "EUR") + Money(1, "USD")

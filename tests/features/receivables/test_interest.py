"""Statutory interest: the vectors, the laws of countries, and that it is claimed once."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.core.money import Money
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.receivables import commands, queries
from guild.receivables.errors import (
    InterestRateUnknown,
    NoStatutoryInterest,
    NotLateEnough,
)
from guild.receivables.rules.interest import (
    Debt,
    Held,
    half_up,
    interest_of,
    law_of,
    percent_on,
)
from tests.conftest import Clock
from tests.features.receivables.scene import Scene

JUNE2, AUG15 = date(2025, 6, 2), date(2025, 8, 15)


def paid_whole(minor: int = 100_000) -> Debt:
    return Debt(total_minor=minor, payments=((AUG15, minor),))


def test_the_vector_of_the_directive() -> None:
    found = interest_of(paid_whole(), JUNE2, AUG15, "NL")
    assert found.minor == 2165
    assert [(one.days, one.percent, one.minor) for one in found.segments] == [
        (29, "11.15", 886), (46, "10.15", 1279),
    ]  # fmt: skip


def test_ireland_takes_the_rate_of_the_day_of_payment() -> None:
    found = interest_of(paid_whole(), JUNE2, AUG15, "IE")
    assert found.minor == 2086
    assert [(one.days, one.percent) for one in found.segments] == [(75, "10.15")]


@pytest.mark.parametrize(
    ("country", "first_half", "second_half"),
    [("BE", "11.5", "10.5"), ("DE", "11.27", "10.27"), ("FR", "13.15", "12.15"),
     ("ES", "11.15", "10.15")],
)  # fmt: skip
def test_countries_differ(country: str, first_half: str, second_half: str) -> None:
    law = law_of(country)
    assert percent_on(law, JUNE2) == Decimal(first_half)
    assert percent_on(law, AUG15) == Decimal(second_half)


def test_what_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(InterestRateUnknown, match="2031H1"):
        percent_on(law_of("BE"), date(2031, 3, 1))
    with pytest.raises(NoStatutoryInterest):
        law_of("US")
    with pytest.raises(NoStatutoryInterest):
        law_of("CA")
    assert interest_of(paid_whole(), JUNE2, date(2025, 6, 1), "BE").minor == 0


def test_an_unconfirmed_rate_is_said_so() -> None:
    debt = Debt(total_minor=100_000)
    assert interest_of(debt, date(2026, 7, 1), date(2026, 7, 9), "BE").unconfirmed == ("2026H2",)
    assert interest_of(debt, date(2026, 6, 1), date(2026, 6, 9), "BE").unconfirmed == ()


def test_a_disputed_part_rests() -> None:
    held = Held(since=date(2025, 6, 10), until=date(2025, 6, 20), minor=40_000)
    found = interest_of(Debt(total_minor=100_000, held=(held,)), JUNE2, date(2025, 6, 30), "NL")
    assert [(one.days, one.principal_minor) for one in found.segments] == [
        (8, 100_000), (10, 60_000), (11, 100_000),
    ]  # fmt: skip


DAYS = st.dates(JUNE2, date(2026, 5, 31))
PAYMENTS = st.lists(st.tuples(DAYS, st.integers(1, 30_000)), max_size=6)


@given(PAYMENTS, st.sampled_from(["BE", "DE", "FR", "IE", "NL", "AT"]))
def test_split_and_merged_payments_give_the_same(
    payments: list[tuple[date, int]], country: str
) -> None:
    merged: dict[date, int] = {}
    for day, minor in payments:
        merged[day] = merged.get(day, 0) + minor
    one_by_one = Debt(total_minor=200_000, payments=tuple(payments))
    together = Debt(total_minor=200_000, payments=tuple(sorted(merged.items())))
    last = date(2026, 5, 31)
    assert interest_of(one_by_one, JUNE2, last, country) == interest_of(
        together, JUNE2, last, country
    )


@given(PAYMENTS, st.integers(0, 80_000), DAYS, st.integers(0, 60))
def test_days_add_up_to_segments(
    payments: list[tuple[date, int]], disputed: int, since: date, for_days: int
) -> None:
    held = (Held(since=since, until=since + timedelta(days=for_days), minor=disputed),)
    debt = Debt(total_minor=200_000, payments=tuple(payments), held=held)
    last = date(2026, 5, 31)
    found = interest_of(debt, JUNE2, last, "NL")
    law, exact, day = law_of("NL"), Fraction(0), JUNE2
    while day <= last:
        before = sum(minor for on, minor in payments if on < day)
        resting = disputed if since <= day < since + timedelta(days=for_days) else 0
        principal = max(0, 200_000 - before - resting)
        assert debt.principal_on(day) == principal
        exact += principal * Fraction(percent_on(law, day)) / 36_500
        day += timedelta(days=1)
    assert found.minor == half_up(exact) == sum(one.minor for one in found.segments)


async def test_claimed_once_paid_and_shared(scene: Scene, clock: Clock) -> None:
    async with scene.by(scene.member) as work:
        with pytest.raises(NotLateEnough, match="No interest"):
            await commands.claim_interest(work, scene.invoice_id)
    due = (await scene.invoice()).due_on
    assert due is not None
    clock.advance(days=30 + 10)
    async with scene.by(scene.member) as work:
        with pytest.raises((NotLateEnough, InterestRateUnknown)):
            await commands.claim_interest(work, scene.invoice_id)


async def test_a_known_half_year_is_claimed(scene: Scene, clock: Clock) -> None:
    """The invoice is due on 23 December; eight days of the half-year are in the table."""
    await scene.pay("1000.00", date(2026, 12, 31))
    clock.advance(days=30 + 8)
    await scene.pay("210.00", date(2026, 12, 31))
    async with scene.by(scene.member) as work:
        shown = await queries.preview_interest(work, scene.invoice_id)
        assert (shown.country, shown.period_from, shown.period_to) == (
            "BE", date(2026, 12, 24), date(2026, 12, 31),
        )  # fmt: skip
        assert shown.interest == "2.78"  # 1,210.00 × 8 days × 10.5 %
        assert (shown.compensation, shown.total, shown.claimable) == ("40.00", "42.78", True)
        assert len(shown.days) == 8
        claim_id = await commands.claim_interest(work, scene.invoice_id)
    async with scene.by(scene.treasurer) as work:
        with pytest.raises(NotLateEnough):
            await commands.claim_interest(work, scene.invoice_id)
    await scene.sound()
    assert await scene.run("receivables.print_interest") == 1
    async with scene.by(scene.member) as work:
        assert (await queries.interest_note(work, claim_id)).startswith(b"%PDF-")
    async with scene.house() as work:
        claim = (await queries.open_interest_claims(work))[0]
        await commands.record_interest_payment(
            work, claim.id, Money(4278, "EUR"), Account("opening"), date(2026, 12, 31)
        )
    async with scene.house() as work:
        accounts = [
            Account("interest_receivable", scene.client.id), Account("interest_income"),
            Account("legal_pool"),
        ]  # fmt: skip
        held = [one.minor for one in await balances_of(work, accounts)]
        assert held == [0, 0, 856]  # 20 % of 42.78, half a cent rounded up
        (own,) = await balances_of(work, [Account("member_available", scene.member.id)])
        assert own.minor > 2139
    await scene.sound()


async def test_waived_with_a_reason(scene: Scene, clock: Clock) -> None:
    clock.advance(days=30 + 8)
    await scene.pay("1210.00", date(2026, 12, 31))
    async with scene.by(scene.treasurer) as work:
        claim_id = await commands.claim_interest(work, scene.invoice_id)
    async with scene.by(scene.member) as work:
        waived = await commands.waive_interest(work, claim_id, "A good client")
        assert (waived.state, waived.waive_reason) == ("waived", "A good client")
    await scene.sound()


async def test_no_interest_from_consumers(scene: Scene, make: object, clock: Clock) -> None:
    private = await scene.make.organisation(scene.member, kind="consumer")
    invoice_id = await scene.make.issued_invoice(scene.member, private)
    clock.advance(days=38)
    async with scene.by(scene.member) as work:
        with pytest.raises(NoStatutoryInterest, match="consumer"):
            await commands.claim_interest(work, invoice_id)
        shown = await queries.receivable(work, invoice_id)
        assert shown.interest_so_far is None
        assert "consumer" in shown.interest_note

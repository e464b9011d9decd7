"""Whatever is posted and reversed: the books balance, and the kept balances are the sums."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guild.core.ids import EntryId
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.ledger import commands, queries, rules
from guild.ledger.chart import CHART, Account, Line, Owner
from guild.ledger.errors import AlreadyReversed, Unbalanced

OWNERS = [UUID(int=number) for number in range(1, 4)]

accounts = st.sampled_from(sorted(CHART)).flatmap(
    lambda code: (
        st.just(Account(code))
        if CHART[code].owner is Owner.NOBODY
        else st.sampled_from(OWNERS).map(lambda owner: Account(code, owner))
    )
)
amounts = st.integers(-(10**9), 10**9).filter(bool)
currencies = st.sampled_from(["EUR", "USD", "JPY"])
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@st.composite
def balanced_lines(draw: st.DrawFn) -> list[Line]:
    """Lines of an entry: some free ones, and one that makes up the balance per currency."""
    lines: list[Line] = []
    for currency in draw(st.sets(currencies, min_size=1)):
        free = draw(st.lists(st.tuples(accounts, amounts), min_size=1, max_size=4))
        lines += [Line(account, Money(minor, currency)) for account, minor in free]
        rest = -sum(minor for _, minor in free)
        lines.append(Line(draw(accounts), Money(rest, currency)))
    return lines


@given(balanced_lines())
def test_balanced_lines_are_taken_and_a_cent_more_is_not(lines: list[Line]) -> None:
    try:
        kept = rules.balanced(lines)
    except Unbalanced:
        assert sum(1 for line in lines if line.amount.minor) < 2
        return
    assert all(line.amount.minor for line in kept)
    first = kept[0]
    spoilt = [Line(first.account, first.amount + Money(1, first.amount.currency)), *kept[1:]]
    with pytest.raises(Unbalanced):
        rules.balanced(spoilt)
    assert rules.balanced([*kept, *rules.mirrored(kept)])


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(balanced_lines(), days, st.booleans()), min_size=1, max_size=6),
)
async def test_the_books_stay_true(
    system: System, entries: list[tuple[list[Line], date, bool]]
) -> None:
    posted: list[tuple[EntryId, bool]] = []
    async with begin_work(system, SYSTEM) as work:
        for lines, day, undo in entries:
            try:
                # A kind that may draw below zero: the floor has its own tests.
                entry_id = await commands.post(
                    work, kind="levy_returned", text="x", lines=lines, occurred_on=day
                )
            except Unbalanced:
                continue
            posted.append((entry_id, undo))
    for entry_id, undo in posted:
        if undo:
            async with begin_work(system, SYSTEM) as work:
                await commands.reverse(work, entry_id, "undone")
                with pytest.raises(AlreadyReversed):
                    await commands.reverse(work, entry_id, "twice")
    async with begin_work(system, SYSTEM) as work:
        for invariant in queries.INVARIANTS:
            assert await invariant(work.session) == [], invariant.__name__
        assert (await queries.trial_balance(work, date(2031, 1, 1))).balanced

"""One invoice of several members: whatever happens to it, no cent is lost and nobody gets more."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from guild.invoicing.rules.shares import WHOLE_BPS, Stated, divided, spread
from guild.mutual_fund.rules.levy import LevyTerms, Release, released

TERMS = LevyTerms(
    rate_bps=650,
    pots={"guarantee": 2_500, "sickness": 3_500, "solidarity": 1_000, "operations": 3_000},
)


@st.composite
def percentages(draw: st.DrawFn) -> list[int]:
    """Shares of two to six members in basis points, each of one at least."""
    count = draw(st.integers(2, 6))
    cuts = draw(
        st.lists(st.integers(1, WHOLE_BPS - 1), min_size=count - 1, max_size=count - 1, unique=True)
    )
    edges = [0, *sorted(cuts), WHOLE_BPS]
    return [high - low for low, high in pairwise(edges)]


@given(net=st.integers(0, 10**12), bps=percentages())
def test_parts_make_the_whole_to_the_cent(net: int, bps: list[int]) -> None:
    parts = divided(net, [Stated(None, each) for each in bps])
    assert parts is not None
    assert sum(parts) == net
    assert all(
        abs(part - net * each / WHOLE_BPS) < 1 for part, each in zip(parts, bps, strict=True)
    )


@given(net=st.integers(1, 10**6), off=st.integers(-100, 100))
def test_amounts_make_the_whole_or_none(net: int, off: int) -> None:
    parts = divided(net + off, [Stated(net, None), Stated(0, None)])
    assert parts == ([net, 0] if off == 0 else None)


@given(room=st.lists(st.integers(0, 10**9), min_size=1, max_size=8), data=st.data())
def test_nobody_gets_more_than_there_is_room(room: list[int], data: st.DataObject) -> None:
    minor = data.draw(st.integers(0, sum(room)))
    parts = spread(minor, room)
    assert sum(parts) == minor
    assert all(0 <= part <= place for part, place in zip(parts, room, strict=True))
    if minor == sum(room):
        assert parts == room


@given(net=st.integers(1, 10**8), bps=percentages(), data=st.data())
def test_payments_in_any_parts_and_their_undoing_leave_the_shares(
    net: int, bps: list[int], data: st.DataObject
) -> None:
    """Paid in parts each gets exactly her share, the levy on it too; undone, nothing is left."""
    stated = divided(net, [Stated(None, each) for each in bps])
    assert stated is not None
    waiting, got = list(stated), [0] * len(stated)
    pots = [0] * len(stated)
    paid: list[list[int]] = []
    while sum(waiting):
        last = len(paid) >= 6
        amount = sum(waiting) if last else data.draw(st.integers(1, sum(waiting)))
        parts = spread(amount, waiting)
        for at, part in enumerate(parts):
            pots[at] += released(got[at], got[at] + part, TERMS, 0).levy
            got[at] += part
            waiting[at] -= part
        paid.append(parts)
    assert got == stated
    whole: list[Release] = [released(0, part, TERMS, 0) for part in stated]
    assert pots == [one.levy for one in whole]
    for parts in data.draw(st.permutations(paid)):
        for at, part in enumerate(parts):
            got[at] -= part
    assert got == [0] * len(stated)


@given(net=st.integers(1, 10**8), bps=percentages(), data=st.data())
def test_credits_in_any_parts_take_back_everything(
    net: int, bps: list[int], data: st.DataObject
) -> None:
    stated = divided(net, [Stated(None, each) for each in bps])
    assert stated is not None
    parts = spread(data.draw(st.integers(0, net)), stated)
    waiting = [all_ - part for all_, part in zip(stated, parts, strict=True)]
    got, credited = list(parts), [0] * len(stated)
    for turn in range(5):
        left = net - sum(credited)
        if not left:
            break
        amount = left if turn == 4 else data.draw(st.integers(1, left))
        off_waiting = min(amount, sum(waiting))
        for at, part in enumerate(spread(off_waiting, waiting)):
            waiting[at] -= part
        for at, part in enumerate(spread(amount - off_waiting, got)):
            got[at] -= part
        nets = spread(amount, [all_ - c for all_, c in zip(stated, credited, strict=True)])
        credited = [c + part for c, part in zip(credited, nets, strict=True)]
        # Where each stands differs from what was credited to her by less than a cent a note.
        assert all(
            abs(all_ - c - w - g) <= 2 * (turn + 1)
            for all_, c, w, g in zip(stated, credited, waiting, got, strict=True)
        )
    if sum(credited) == net:
        assert credited == stated
        assert sum(waiting) == sum(got) == 0


@given(net=st.integers(1, 10**8), bps=percentages(), data=st.data())
def test_what_is_given_up_between_payments_goes_back_as_it_came(
    net: int, bps: list[int], data: st.DataObject
) -> None:
    """In parts, one of them covered in part by a credit note, taken back in any order."""
    stated = divided(net, [Stated(None, each) for each in bps])
    assert stated is not None
    waiting, paid = list(stated), [0] * len(stated)
    roots: list[list[int]] = []
    for turn in range(6):
        if not sum(waiting):
            break
        parts = spread(data.draw(st.integers(1, sum(waiting))), waiting)
        waiting = [left - part for left, part in zip(waiting, parts, strict=True)]
        if turn % 2:
            paid = [had + part for had, part in zip(paid, parts, strict=True)]
        else:
            roots.append(parts)
    covered = spread(data.draw(st.integers(0, sum(roots[0]))), roots[0])
    roots[0] = [had - part for had, part in zip(roots[0], covered, strict=True)]
    for root in [covered, *data.draw(st.permutations(roots))]:
        assert spread(sum(root), root) == root
        waiting = [left + part for left, part in zip(waiting, root, strict=True)]
    assert [w + p for w, p in zip(waiting, paid, strict=True)] == stated

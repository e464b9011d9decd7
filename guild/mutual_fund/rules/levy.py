"""The levy: a share of what an invoice has released, split over the pots.

Everything is a function of ONE number per invoice, the net amount released so far. A payment posts
the difference between after and before, a credit note the same with the other sign. So partial
payments in any order add up to the levy of the whole, pot by pot, to the cent, and a credit note
for everything leaves nothing behind. Default of the charter: 6.5 % of net, €1,000 → €65.00.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from guild.core.money import allocate, share_bps


@dataclass(frozen=True, slots=True)
class LevyTerms:
    """The rate (basis points of net) and the pots' weights (basis points of the levy)."""

    rate_bps: int
    pots: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Release:
    """What one payment (or, with negative sums, one credit note) does, in minor units.

    ``net`` leaves the member's pending money; ``pots`` take the levy; ``repaid`` goes to the
    fund's advance first; ``available`` is left for the member. The parts sum to ``net``.
    """

    net: int
    pots: Mapping[str, int]
    repaid: int
    available: int

    @property
    def levy(self) -> int:
        """All pots together."""
        return sum(self.pots.values())


def levy_of(net: int, terms: LevyTerms) -> int:
    """The levy of a net amount, rounded half up to the cent."""
    return share_bps(net, terms.rate_bps)


def pots_of(net: int, terms: LevyTerms) -> dict[str, int]:
    """The levy of a net amount, split over the pots without losing a cent."""
    names = list(terms.pots)
    shares = allocate(levy_of(net, terms), [terms.pots[name] for name in names])
    return dict(zip(names, shares, strict=True))


def released(before: int, after: int, terms: LevyTerms, advance_out: int) -> Release:
    """What moving an invoice's released net from ``before`` to ``after`` does.

    ``advance_out`` is what the fund has advanced on the invoice and not got back: incoming money
    repays it before the member sees any.
    """
    assert before >= 0
    assert after >= 0
    old, new = pots_of(before, terms), pots_of(after, terms)
    pots = {name: new[name] - old[name] for name in new}
    net = after - before
    rest = net - sum(pots.values())
    repaid = max(0, min(rest, advance_out))
    return Release(net, pots, repaid, rest - repaid)


def advance_of(net: int, released_net: int, terms: LevyTerms) -> int:
    """What a member would still get from an invoice: the unreleased net less its levy."""
    if net <= released_net:
        return 0
    return (net - released_net) - (levy_of(net, terms) - levy_of(released_net, terms))

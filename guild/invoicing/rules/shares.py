"""How one invoice is divided among the members who made it. Pure, in minor units.

What was stated gives each member her part of the net. From then on every sum (a payment, a credit
note, a write-off) is divided by what each still has of it, by largest remainder. So no part is ever
more than what is there, the last sum takes exactly the rest, and nothing is lost.
"""

from collections.abc import Sequence

import msgspec

from guild.core.money import allocate

WHOLE_BPS = 10_000


class Stated(msgspec.Struct, frozen=True):
    """One member's share as it was stated: a net amount, or basis points of the whole."""

    amount_minor: int | None
    bps: int | None


def divided(net_minor: int, stated: Sequence[Stated]) -> list[int] | None:
    """Each one's part of the net; None when amounts do not make the whole of it (any more)."""
    bps = [one.bps for one in stated if one.bps is not None]
    if bps:
        return allocate(net_minor, bps) if net_minor > 0 else [0 for _ in bps]
    amounts = [one.amount_minor or 0 for one in stated]
    return amounts if sum(amounts) == net_minor else None


def spread(minor: int, room: Sequence[int]) -> list[int]:
    """Divide a sum by what each has room for; no part is more than its room.

    The sum is never more than all room together.
    """
    assert 0 <= minor <= sum(room), "there is room for it"
    return allocate(minor, room) if minor else [0 for _ in room]

"""Pure rules of double-entry bookkeeping: what a valid entry is and what reverses it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from guild.core.money import Money
from guild.ledger.chart import Account, Kind, Line
from guild.ledger.errors import Unbalanced

__all__ = ["Account", "Line", "balanced", "mirrored", "month_of", "natural"]


def balanced(lines: Iterable[Line]) -> list[Line]:
    """The lines without empty ones; raises Unbalanced unless they sum to zero per currency.

    An entry has at least two lines: money comes from somewhere and goes somewhere.
    """
    kept = [line for line in lines if line.amount.minor]
    if len(kept) < 2:
        raise Unbalanced("An entry needs at least two lines with an amount.")
    sums: dict[str, int] = defaultdict(int)
    for line in kept:
        sums[line.amount.currency] += line.amount.minor
    off = {currency: minor for currency, minor in sums.items() if minor}
    if off:
        told = ", ".join(str(Money(minor, currency)) for currency, minor in sorted(off.items()))
        raise Unbalanced(f"Debits less credits leave {told}.")
    return kept


def mirrored(lines: Sequence[Line]) -> list[Line]:
    """The lines that undo ``lines``: the same accounts, each amount with the other sign."""
    return [Line(line.account, -line.amount) for line in lines]


def natural(kind: Kind, minor: int) -> int:
    """A signed balance (debit positive) as people say it: what an account holds or owes, positive.

    Assets and expenses grow by debits, the other kinds by credits.
    """
    return kind.sign * minor


def month_of(day: date) -> date:
    """The first day of the day's month, the key of the maintained balances."""
    return day.replace(day=1)

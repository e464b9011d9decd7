"""Money as integer minor units, and the divisions that lose no cent.

Amounts are `Money(minor, currency)`: BIGINT and CHAR(3) in the database, decimal strings on the
wire. A float never touches an amount. Each division names its rounding.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import total_ordering

import msgspec

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3}
"""Decimal places of currencies that do not have two (ISO 4217)."""

LARGEST_MINOR = 10**15
"""Amounts beyond ten trillion euros are typing errors; it also keeps sums inside BIGINT."""


def minor_digits(currency: str) -> int:
    """How many decimal places the currency is written with (ISO 4217)."""
    return MINOR_DIGITS.get(currency, 2)


@total_ordering
class Money(msgspec.Struct, frozen=True):
    """An exact amount: `minor` units (cents) of an ISO 4217 `currency`."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str | Decimal, currency: str) -> "Money":
        """Read `"1210.00"`; raises ValueError when it is no amount or has too many decimals."""
        try:
            value = Decimal(text).scaleb(minor_digits(currency))
        except InvalidOperation:
            raise ValueError(f"{text!r} is not an amount") from None
        if not value.is_finite() or value != value.to_integral_value():
            raise ValueError(f"{text!r} has more decimals than {currency} is written with")
        if abs(value) > LARGEST_MINOR:
            raise ValueError(f"{text!r} is larger than any amount that Guild keeps")
        return cls(int(value), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in that currency."""
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    @property
    def text(self) -> str:
        """The wire form: `"1210.00"`."""
        return f"{self.decimal:f}"

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> "Money":
        assert other.currency == self.currency, f"{self.currency} and {other.currency} do not add"
        return other


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` minor units by `weights` so that the parts add up exactly.

    Largest remainder (Hare): each part gets its floor, the cents left over go to the largest
    remainders, earlier parts first. A negative total is split like its opposite.
    """
    assert weights, "nobody to allocate to"
    assert min(weights) >= 0, "a weight is never negative"
    whole = sum(weights)
    assert whole > 0, "weights must not all be zero"
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [quotient for quotient, _ in parts]
    left = abs(total) - sum(shares)
    order = sorted(range(len(weights)), key=lambda i: (-parts[i][1], i))
    for i in order[:left]:
        shares[i] += 1
    return [sign * share for share in shares]


def share_bps(minor: int, bps: int) -> int:
    """`bps` hundredths of a percent of `minor`, rounded half away from zero (commercial)."""
    product = abs(minor) * bps
    rounded = (product * 2 + 10_000) // 20_000
    return rounded if minor >= 0 else -rounded


def round_half_up(value: Decimal, places: int = 2) -> Decimal:
    """Commercial rounding (0.335 × 3 → 1.01), as EN 16931 and tax offices reckon."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

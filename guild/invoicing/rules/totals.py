"""The arithmetic of EN 16931: line amounts, VAT per category and rate, document totals.

A line's net amount is quantity times price, rounded half up to the cent (BR-CO-10, Peppol R120).
VAT is reckoned once per category and rate on the sum, never per line (BR-CO-17): three lines of
10.02 at 21 % owe 6.31, not 6.30. The Belgian royal decree no. 1, art. 5 asks for the same.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

BPS_PER_UNIT = 10_000
"""A rate of 21 % is 2 100 basis points."""


class TotalsLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the arithmetic needs of a line; `price` is in major units, the rate in basis points."""

    quantity: Decimal
    price: Decimal
    category: str
    rate_bps: int


class VatSum(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the VAT breakdown, in minor units."""

    category: str
    rate_bps: int
    taxable_minor: int
    vat_minor: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """A document's amounts in minor units; `lines` are the net amounts in the given order."""

    lines: tuple[int, ...]
    vat: tuple[VatSum, ...]
    net_minor: int
    vat_minor: int
    total_minor: int


def line_net_minor(quantity: Decimal, price: Decimal, digits: int = 2) -> int:
    """Quantity times price in minor units, half up; a negative quantity takes back."""
    product = (quantity * price).scaleb(digits)
    return int(product.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def vat_minor_of(taxable_minor: int, rate_bps: int) -> int:
    """VAT on a taxable sum, half away from zero to the minor unit."""
    doubled = abs(taxable_minor) * rate_bps * 2 + BPS_PER_UNIT
    owed = doubled // (2 * BPS_PER_UNIT)
    return owed if taxable_minor >= 0 else -owed


def totals_of(lines: Sequence[TotalsLine], digits: int = 2) -> Totals:
    """Add a document up; `digits` are the decimals of its currency."""
    nets = tuple(line_net_minor(line.quantity, line.price, digits) for line in lines)
    sums: dict[tuple[str, int], int] = {}
    for line, net in zip(lines, nets, strict=True):
        key = (line.category, line.rate_bps)
        sums[key] = sums.get(key, 0) + net
    vat = tuple(
        VatSum(
            category=category,
            rate_bps=rate_bps,
            taxable_minor=taxable,
            vat_minor=vat_minor_of(taxable, rate_bps),
        )
        for (category, rate_bps), taxable in sorted(sums.items())
    )
    net_minor = sum(nets)
    vat_minor = sum(row.vat_minor for row in vat)
    return Totals(
        lines=nets,
        vat=vat,
        net_minor=net_minor,
        vat_minor=vat_minor,
        total_minor=net_minor + vat_minor,
    )


def net_released_by(
    *, paid_before: int, amount: int, total: int, net: int, released_before: int
) -> int:
    """The part of a payment that is the member's net, in minor units.

    Allocated on the running sum, so that the parts of any sequence of payments add up to `net`
    exactly once the invoice is settled. `total` and `net` are what remains after credit notes.
    """
    assert 0 < amount <= total - paid_before
    paid = paid_before + amount
    if paid == total:
        return net - released_before
    due = (2 * net * paid + total) // (2 * total)
    return min(max(due - released_before, 0), net - released_before)


def percent_of(rate_bps: int) -> Decimal:
    """2100 → Decimal("21"), 550 → Decimal("5.5"): as the XML and the print show a rate."""
    percent = (Decimal(rate_bps) / 100).normalize()
    return percent.quantize(Decimal(1)) if percent == percent.to_integral_value() else percent

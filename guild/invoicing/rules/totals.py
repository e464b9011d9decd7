"""The arithmetic of EN 16931: line amounts, allowances, charges, taxes, document totals.

A line's net amount is quantity times price by the base quantity, rounded half up to the cent, less
its allowances, plus its charges (BR-CO-10, Peppol R120). A tax is reckoned once per category and
rate on the sum, never per line (BR-CO-17): three lines of 10.02 at 21 % owe 6.31, not 6.30. The
Belgian royal decree no. 1, art. 5 asks for the same. All divisions are of whole numbers, so nothing
depends on the precision of a context.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

MILLI_PER_UNIT = 100_000
"""A rate is counted in thousandths of a per cent: 21 % is 21 000, Quebec's 9.975 % is 9 975."""

PLACES = 4
"""Decimals of quantities, prices and base quantities."""


class Adjusting(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance or a charge as given: an amount, or a per cent of what it adjusts.

    On a document `category` and `rate_milli` say which of its lines it adjusts; on a line they are
    the line's.
    """

    charge: bool
    amount_minor: int = 0
    percent_milli: int | None = None
    category: str = ""
    rate_milli: int = 0
    taxes: tuple[tuple[str, int], ...] = ()


class Adjusted(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance or a charge as reckoned; the base only where it is a per cent of one."""

    charge: bool
    amount_minor: int
    base_minor: int | None

    @property
    def signed_minor(self) -> int:
        """What it adds to the sum."""
        return self.amount_minor if self.charge else -self.amount_minor


class TotalsLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the arithmetic needs of a line; `price` is in major units for `base_quantity` units.

    `taxes` are the taxes that lie on it with their rates, where that is not VAT at `rate_milli`.
    """

    quantity: Decimal
    price: Decimal
    category: str
    rate_milli: int
    base_quantity: Decimal = Decimal(1)
    adjustments: tuple[Adjusting, ...] = ()
    taxes: tuple[tuple[str, int], ...] = ()


class VatSum(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the tax breakdown, in minor units."""

    category: str
    rate_milli: int
    taxable_minor: int
    vat_minor: int
    tax: str = "VAT"


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """A document's amounts in minor units, named as in `models.Invoice`.

    `lines` are the net amounts in the given order, `line_adjustments` those of each line,
    `adjustments` the document's own.
    """

    lines: tuple[int, ...]
    line_adjustments: tuple[tuple[Adjusted, ...], ...]
    adjustments: tuple[Adjusted, ...]
    vat: tuple[VatSum, ...]
    lines_minor: int
    allowances_minor: int
    charges_minor: int
    net_minor: int
    vat_minor: int
    total_minor: int
    prepaid_minor: int
    rounding_minor: int
    payable_minor: int


def divided(numerator: int, denominator: int) -> int:
    """A quotient of whole numbers, rounded half away from zero."""
    assert denominator > 0
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def line_gross_minor(
    quantity: Decimal, price: Decimal, digits: int = 2, base_quantity: Decimal = Decimal(1)
) -> int:
    """Quantity times price by base quantity in minor units; a negative quantity takes back."""
    product = _scaled(quantity) * _scaled(price) * 10**digits
    return divided(product, _scaled(base_quantity) * 10**PLACES)


def _scaled(value: Decimal) -> int:
    scaled = value.scaleb(PLACES)
    whole = int(scaled)
    assert whole == scaled, "quantities and prices have at most four decimals"
    return whole


def vat_minor_of(taxable_minor: int, rate_milli: int) -> int:
    """The tax on a taxable sum, half away from zero to the minor unit."""
    return divided(taxable_minor * rate_milli, MILLI_PER_UNIT)


def adjusted(given: Adjusting, base_minor: int) -> Adjusted:
    """Reckon an allowance or charge on what it adjusts."""
    if given.percent_milli is None:
        return Adjusted(charge=given.charge, amount_minor=given.amount_minor, base_minor=None)
    amount = vat_minor_of(base_minor, given.percent_milli)
    return Adjusted(charge=given.charge, amount_minor=amount, base_minor=base_minor)


def totals_of(
    lines: Sequence[TotalsLine],
    digits: int = 2,
    adjustments: Sequence[Adjusting] = (),
    *,
    prepaid_minor: int = 0,
    round_to: int = 1,
) -> Totals:
    """Add a document up; `digits` are the decimals of its currency.

    `round_to` is the multiple of minor units to which the payable sum is rounded (cash: 5).
    """
    nets, line_adjustments = [], []
    sums: dict[tuple[str, int], int] = {}
    taxes: dict[tuple[str, int], tuple[tuple[str, int], ...]] = {}
    for line in lines:
        gross = line_gross_minor(line.quantity, line.price, digits, line.base_quantity)
        own = tuple(adjusted(one, gross) for one in line.adjustments)
        net = gross + sum(one.signed_minor for one in own)
        key = (line.category, line.rate_milli)
        sums[key] = sums.get(key, 0) + net
        taxes[key] = line.taxes or (("VAT", line.rate_milli),)
        nets.append(net)
        line_adjustments.append(own)
    before = dict(sums)
    whole = []
    for given in adjustments:
        key = (given.category, given.rate_milli)
        one = adjusted(given, before.get(key, 0))
        sums[key] = sums.get(key, 0) + one.signed_minor
        taxes.setdefault(key, given.taxes or (("VAT", given.rate_milli),))
        whole.append(one)
    vat = _breakdown(sums, taxes)
    net_minor = sum(sums.values())
    vat_minor = sum(row.vat_minor for row in vat)
    unrounded = net_minor + vat_minor - prepaid_minor
    payable = divided(unrounded, round_to) * round_to
    return Totals(
        lines=tuple(nets),
        line_adjustments=tuple(line_adjustments),
        adjustments=tuple(whole),
        vat=vat,
        lines_minor=sum(nets),
        allowances_minor=sum(one.amount_minor for one in whole if not one.charge),
        charges_minor=sum(one.amount_minor for one in whole if one.charge),
        net_minor=net_minor,
        vat_minor=vat_minor,
        total_minor=net_minor + vat_minor,
        prepaid_minor=prepaid_minor,
        rounding_minor=payable - unrounded,
        payable_minor=payable,
    )


def _breakdown(
    sums: dict[tuple[str, int], int], taxes: dict[tuple[str, int], tuple[tuple[str, int], ...]]
) -> tuple[VatSum, ...]:
    """Each tax once per category and rate, on the whole sum."""
    bases: dict[tuple[str, str, int], int] = {}
    for (category, rate_milli), taxable in sums.items():
        for tax, rate in taxes[category, rate_milli]:
            bases[tax, category, rate] = bases.get((tax, category, rate), 0) + taxable
    return tuple(
        VatSum(
            tax=tax,
            category=category,
            rate_milli=rate,
            taxable_minor=taxable,
            vat_minor=vat_minor_of(taxable, rate),
        )
        for (tax, category, rate), taxable in sorted(bases.items())
    )


def exchanged_minor(minor: int, rate: Decimal, digits_from: int, digits_to: int) -> int:
    """An amount in another currency; `rate` is units of it for one unit of the first."""
    scaled = rate.scaleb(8)
    assert scaled == int(scaled), "a rate of exchange has at most eight decimals"
    return divided(minor * int(scaled) * 10**digits_to, 10 ** (8 + digits_from))


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


def percent_of(rate_milli: int) -> Decimal:
    """21000 → Decimal("21"), 5500 → Decimal("5.5"): as the XML and the print show a rate."""
    percent = (Decimal(rate_milli) / 1000).normalize()
    return percent.quantize(Decimal(1)) if percent == percent.to_integral_value() else percent

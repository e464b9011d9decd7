"""The listings that tax offices ask for, from the VAT rows of issued documents. Pure.

A credit note lowers what its client bought in the period in which it was issued. Amounts are minor
units; rows of different currencies are never added up.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal

import msgspec
from stdnum.eu import vat as eu_vat

EXEMPT: Final = "E"
CLIENTS_BE_ABOVE_MINOR: Final = 25_000
"""Clients who bought for more than 250 euro in the year are listed (A.R. no. 23, art. 1)."""


class VatLine(msgspec.Struct, frozen=True, kw_only=True):
    """One VAT row of an issued document; a credit note has negative amounts."""

    number: str
    kind: str
    issued_on: date
    buyer_name: str
    buyer_country: str
    buyer_vat: str
    category: str
    rate_percent: str
    taxable_minor: int
    vat_minor: int
    currency: str
    reason_code: str
    reason: str


class ClientSum(msgspec.Struct, frozen=True, kw_only=True):
    """What one client bought: number without its country letters, turnover and VAT."""

    country: str
    number: str
    name: str
    turnover_minor: int
    vat_minor: int


IntraCode = Literal["S", "L"]


class IntraSum(msgspec.Struct, frozen=True, kw_only=True):
    """What a business in another member state bought: S services, L goods."""

    country: str
    number: str
    name: str
    code: IntraCode
    amount_minor: int


def split_vat(number: str) -> tuple[str, str]:
    """Country letters and the rest: `BE0403019261` → BE, 0403019261."""
    compact: str = eu_vat.compact(number)
    return compact[:2].upper(), compact[2:].upper()


def clients_be(lines: Iterable[VatLine], currency: str = "EUR") -> list[ClientSum]:
    """Belgian clients with a VAT number above the threshold, in the order of their numbers.

    Documents that are wholly exempt by the activity (art. 44 CTVA) do not count.
    """
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    names: dict[str, str] = {}
    for line in lines:
        if not line.buyer_vat or line.currency != currency or line.category == EXEMPT:
            continue
        country, number = split_vat(line.buyer_vat)
        if country != "BE":
            continue
        sums[number][0] += line.taxable_minor
        sums[number][1] += line.vat_minor
        names[number] = line.buyer_name
    return [
        ClientSum(
            country="BE", number=number, name=names[number], turnover_minor=turnover, vat_minor=vat
        )
        for number, (turnover, vat) in sorted(sums.items())
        if turnover > CLIENTS_BE_ABOVE_MINOR
    ]


def intra_community(
    lines: Iterable[VatLine], own_country: str, currency: str = "EUR"
) -> list[IntraSum]:
    """Clients in other member states by what they bought; sums of nothing are left out."""
    sums: dict[tuple[str, str, IntraCode], int] = defaultdict(int)
    names: dict[tuple[str, str], str] = {}
    for line in lines:
        if line.category not in {"AE", "K"} or not line.buyer_vat or line.currency != currency:
            continue
        country, number = split_vat(line.buyer_vat)
        if country in {own_country, "EL" if own_country == "GR" else own_country}:
            continue
        code: IntraCode = "L" if line.category == "K" else "S"
        sums[country, number, code] += line.taxable_minor
        names[country, number] = line.buyer_name
    return [
        IntraSum(
            country=country,
            number=number,
            name=names[country, number],
            code=code,
            amount_minor=amount,
        )
        for (country, number, code), amount in sorted(sums.items())
        if amount
    ]


class VatTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of a category and rate in one currency."""

    category: str
    rate_percent: str
    currency: str
    documents: int
    taxable_minor: int
    vat_minor: int


def vat_totals(lines: Sequence[VatLine]) -> list[VatTotal]:
    """Sums by category, rate and currency."""
    groups: dict[tuple[str, str, str], list[VatLine]] = defaultdict(list)
    for line in lines:
        groups[line.category, line.rate_percent, line.currency].append(line)
    return [
        VatTotal(
            category=category,
            rate_percent=rate,
            currency=currency,
            documents=len({line.number for line in group}),
            taxable_minor=sum(line.taxable_minor for line in group),
            vat_minor=sum(line.vat_minor for line in group),
        )
        for (category, rate, currency), group in sorted(groups.items())
    ]

"""What a credit note takes back of a document: lines, allowances, taxes and sums. Pure.

A document is kept apart by tax: a group is what stands at one category and rate, after the
document's allowances and charges. What notes took of a tax row is subtracted from it, and the note
that takes the last of a row takes the last of its tax too, so that notes for everything leave
exactly nothing, whatever was rounded in between.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from guild.core.money import Money, allocate
from guild.invoicing.einvoice.build import (
    FrozenAdjustment,
    FrozenInvoice,
    FrozenLine,
    FrozenVat,
)
from guild.invoicing.rules.totals import divided, vat_minor_of

Group = tuple[str, int]
"""Category and rate of lines, in thousandths of a per cent."""
TaxRow = tuple[str, str, int]
"""Tax, category and rate of a row of the breakdown."""
PIECE: Final = "C62"
TEXT_MAX: Final = 200


class Left(msgspec.Struct, frozen=True):
    """What credit notes have left of one tax row, in minor units."""

    taxable_minor: int
    vat_minor: int


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """The parts and sums of a credit note; `positions` are the lines of the original, or None."""

    lines: tuple[FrozenLine, ...]
    positions: tuple[int | None, ...]
    adjustments: tuple[FrozenAdjustment, ...]
    vat: tuple[FrozenVat, ...]

    @property
    def lines_minor(self) -> int:
        """The sum of the lines."""
        return sum(line.net_minor for line in self.lines)

    @property
    def allowances_minor(self) -> int:
        """The document's own allowances."""
        return sum(one.amount_minor for one in self._whole if not one.charge)

    @property
    def charges_minor(self) -> int:
        """The document's own charges."""
        return sum(one.amount_minor for one in self._whole if one.charge)

    @property
    def net_minor(self) -> int:
        """What is taken back before tax."""
        return self.lines_minor - self.allowances_minor + self.charges_minor

    @property
    def vat_minor(self) -> int:
        """All taxes."""
        return sum(row.vat_minor for row in self.vat)

    @property
    def _whole(self) -> list[FrozenAdjustment]:
        return [one for one in self.adjustments if one.line_position is None]


class TooMuch(ValueError):
    """More of a tax row than is left of it."""


def everything(said: FrozenInvoice) -> TakenBack:
    """The document as it stands, line for line."""
    return TakenBack(
        lines=said.lines,
        positions=tuple(line.position for line in said.lines),
        adjustments=said.adjustments,
        vat=said.vat,
    )


def these_lines(
    said: FrozenInvoice, positions: Sequence[int], left: Mapping[TaxRow, Left]
) -> TakenBack:
    """Whole lines with their own allowances and their share in those of the document.

    Each line has a fixed share in each allowance of its group, by its net amount, so that all
    lines together take all of it. Raises TooMuch.
    """
    chosen = [line for line in said.lines if line.position in set(positions)]
    renumbered = {line.position: number for number, line in enumerate(chosen, 1)}
    adjustments = []
    for one in said.adjustments:
        if one.line_position is None:
            amount = _share(said, one, positions)
            if amount:
                adjustments.append(
                    msgspec.structs.replace(
                        one, amount_minor=amount, percent_milli=None, base_minor=None
                    )
                )
        elif one.line_position in renumbered:
            adjustments.append(
                msgspec.structs.replace(one, line_position=renumbered[one.line_position])
            )
    lines = tuple(
        msgspec.structs.replace(line, position=renumbered[line.position]) for line in chosen
    )
    kept = tuple(
        msgspec.structs.replace(one, position=number) for number, one in enumerate(adjustments, 1)
    )
    return TakenBack(
        lines=lines,
        positions=tuple(line.position for line in chosen),
        adjustments=kept,
        vat=_taxes(said, groups_of(lines, kept), left),
    )


def an_amount(
    said: FrozenInvoice, net_minor: int, left: Mapping[TaxRow, Left], title: str
) -> TakenBack:
    """A net amount out of all that is left, in proportion over the groups; a line for each.

    `net_minor` is at most what is left; if it is all of it, this is the rest. Raises TooMuch.
    """
    rests = {
        group: _left_of(said, group, left) for group in groups_of(said.lines, said.adjustments)
    }
    rests = {group: rest for group, rest in rests.items() if rest}
    whole = sum(rests.values())
    if not 0 < net_minor <= whole:
        raise TooMuch
    taken: dict[Group, int] = {}
    before = 0
    for group, rest in rests.items():  # on the running sum, so that the parts add up
        after = before + rest
        part = divided(net_minor * after, whole) - divided(net_minor * before, whole)
        before = after
        if part:
            taken[group] = part
    lines = tuple(
        FrozenLine(
            position=number,
            text=f"{title} ({said.number})"[:TEXT_MAX],
            detail="",
            quantity=Decimal(1 if part > 0 else -1),
            unit=PIECE,
            price=Money(abs(part), said.currency).decimal,
            net_minor=part,
            category=category,
            rate_milli=rate_milli,
        )
        for number, ((category, rate_milli), part) in enumerate(taken.items(), 1)
    )
    return TakenBack(
        lines=lines,
        positions=(None,) * len(lines),
        adjustments=(),
        vat=_taxes(said, taken, left),
    )


def groups_of(
    lines: Sequence[FrozenLine], adjustments: Sequence[FrozenAdjustment]
) -> dict[Group, int]:
    """The net of each category and rate, the document's allowances and charges included."""
    groups: dict[Group, int] = {}
    for line in lines:
        key = (line.category, line.rate_milli)
        groups[key] = groups.get(key, 0) + line.net_minor
    for one in adjustments:
        if one.line_position is None:
            key = (one.category, one.rate_milli)
            amount = one.amount_minor if one.charge else -one.amount_minor
            groups[key] = groups.get(key, 0) + amount
    return groups


def _rows_of(said: FrozenInvoice, group: Group) -> list[FrozenVat]:
    """The tax rows that lie on a group: its own, or in Quebec the two that make up its rate."""
    own = [row for row in said.vat if (row.category, row.rate_milli) == group]
    return own or [row for row in said.vat if row.category == group[0] and row.tax != "VAT"]


def _left_of(said: FrozenInvoice, group: Group, left: Mapping[TaxRow, Left]) -> int:
    row = _rows_of(said, group)[0]
    return left[row.tax, row.category, row.rate_milli].taxable_minor


def _share(said: FrozenInvoice, one: FrozenAdjustment, positions: Sequence[int]) -> int:
    """What the given lines carry of an allowance or charge of the document."""
    carrying = [
        line for line in said.lines
        if (line.category, line.rate_milli) == (one.category, one.rate_milli)
    ]  # fmt: skip
    weights = [max(line.net_minor, 0) for line in carrying]
    if not any(weights):
        weights = [1] * len(carrying)
    parts = allocate(one.amount_minor, weights) if carrying else []
    return sum(
        part for line, part in zip(carrying, parts, strict=True) if line.position in set(positions)
    )


def _taxes(
    said: FrozenInvoice, taken: Mapping[Group, int], left: Mapping[TaxRow, Left]
) -> tuple[FrozenVat, ...]:
    """The tax rows of a note; raises TooMuch for a row that has less left."""
    bases: dict[TaxRow, int] = {}
    for group, part in taken.items():
        for row in _rows_of(said, group):
            key = (row.tax, row.category, row.rate_milli)
            bases[key] = bases.get(key, 0) + part
    rows = []
    for row in said.vat:
        base = bases.get((row.tax, row.category, row.rate_milli), 0)
        rest = left[row.tax, row.category, row.rate_milli]
        if not base:
            continue
        if not min(rest.taxable_minor, 0) <= base <= max(rest.taxable_minor, 0):
            raise TooMuch
        tax = rest.vat_minor
        if base != rest.taxable_minor:
            reckoned = vat_minor_of(base, row.rate_milli)
            tax = min(max(reckoned, min(rest.vat_minor, 0)), max(rest.vat_minor, 0))
        rows.append(msgspec.structs.replace(row, taxable_minor=base, vat_minor=tax))
    return tuple(rows)

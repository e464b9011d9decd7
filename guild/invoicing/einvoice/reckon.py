"""Deciding and reckoning a whole document: its tax by today's facts, its sums by EN 16931.

Pure, so that a draft and the document issued from it cannot be reckoned differently.
"""

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from guild.core.money import minor_digits
from guild.invoicing.einvoice.build import (
    FrozenAdjustment,
    FrozenInvoice,
    FrozenLine,
    FrozenVat,
)
from guild.invoicing.rules.totals import (
    Adjusted,
    Adjusting,
    Totals,
    TotalsLine,
    exchanged_minor,
    totals_of,
)
from guild.invoicing.rules.vat import Treatment, VatDecision, VatFacts, decide_vat

REASON_MAX: Final = 500


def reckoned(invoice: FrozenInvoice, facts: VatFacts) -> FrozenInvoice:
    """The document with its tax decided by `facts` and all its sums reckoned.

    A line or a document's allowance may have a treatment of its own; else it follows the
    document's. Raises what the tax engine raises.
    """
    decisions = _Decisions(facts)
    of_lines = [decisions.of(line.treatment, line.reduced_milli) for line in invoice.lines]
    whole = [one for one in invoice.adjustments if one.line_position is None]
    of_whole = [decisions.of(one.treatment, one.reduced_milli) for one in whole]
    totals = totals_of(
        [
            TotalsLine(
                quantity=line.quantity,
                price=line.price,
                base_quantity=line.base_quantity,
                category=decision.category,
                rate_milli=decision.rate_milli,
                taxes=decision.taxes,
                adjustments=_own(invoice, line),
            )
            for line, decision in zip(invoice.lines, of_lines, strict=True)
        ],
        minor_digits(invoice.currency),
        [_adjusting(one, decision) for one, decision in zip(whole, of_whole, strict=True)],
        prepaid_minor=invoice.prepaid_minor,
        round_to=invoice.round_to,
    )
    lines = tuple(
        msgspec.structs.replace(
            line, category=decision.category, rate_milli=decision.rate_milli, net_minor=net
        )
        for line, decision, net in zip(invoice.lines, of_lines, totals.lines, strict=True)
    )
    return msgspec.structs.replace(
        invoice,
        lines=lines,
        adjustments=_all_adjustments(
            invoice, lines, totals, list(zip(whole, of_whole, strict=True))
        ),
        vat=_vat(totals, decisions, invoice.language),
        vat_accounting_minor=_exchanged(invoice, totals.vat_minor),
        **{name: getattr(totals, name) for name in _SUMS},
    )


_SUMS: Final = (
    "lines_minor",
    "allowances_minor",
    "charges_minor",
    "net_minor",
    "vat_minor",
    "total_minor",
    "rounding_minor",
    "payable_minor",
)


class _Decisions:
    """One decision per treatment of the document."""

    def __init__(self, facts: VatFacts) -> None:
        self._facts = facts
        self.made: dict[tuple[str, int | None], VatDecision] = {}

    def of(self, treatment: str, reduced_milli: int | None) -> VatDecision:
        key = (treatment, reduced_milli)
        if key not in self.made:
            facts = self._facts
            if treatment:
                facts = msgspec.structs.replace(
                    facts, treatment=cast("Treatment", treatment), reduced_milli=reduced_milli
                )
            self.made[key] = decide_vat(facts)
        return self.made[key]


def _own(invoice: FrozenInvoice, line: FrozenLine) -> tuple[Adjusting, ...]:
    return tuple(
        _adjusting(one, None) for one in invoice.adjustments if one.line_position == line.position
    )


def _adjusting(one: FrozenAdjustment, decision: VatDecision | None) -> Adjusting:
    return Adjusting(
        charge=one.charge,
        amount_minor=one.amount_minor,
        percent_milli=one.percent_milli,
        category=decision.category if decision else "",
        rate_milli=decision.rate_milli if decision else 0,
        taxes=decision.taxes if decision else (),
    )


def _all_adjustments(
    invoice: FrozenInvoice,
    lines: Sequence[FrozenLine],
    totals: Totals,
    whole: Sequence[tuple[FrozenAdjustment, VatDecision]],
) -> tuple[FrozenAdjustment, ...]:
    """The allowances and charges with their amounts and tax, in the order of their positions."""
    done: list[FrozenAdjustment] = []
    for line, amounts in zip(lines, totals.line_adjustments, strict=True):
        own = [one for one in invoice.adjustments if one.line_position == line.position]
        for one, found in zip(own, amounts, strict=True):
            done.append(_filled(one, found, line.category, line.rate_milli))
    for (one, decision), found in zip(whole, totals.adjustments, strict=True):
        done.append(_filled(one, found, decision.category, decision.rate_milli))
    return tuple(sorted(done, key=lambda one: one.position))


def _filled(
    one: FrozenAdjustment, found: Adjusted, category: str, rate_milli: int
) -> FrozenAdjustment:
    return msgspec.structs.replace(
        one,
        amount_minor=found.amount_minor,
        base_minor=found.base_minor,
        category=category,
        rate_milli=rate_milli,
    )


def _vat(totals: Totals, decisions: _Decisions, language: str) -> tuple[FrozenVat, ...]:
    """The rows with their reasons; decisions that share a row are named together."""
    rows = []
    for row in totals.vat:
        made = [
            one
            for one in decisions.made.values()
            if one.category == row.category
            and (row.tax, row.rate_milli) in (one.taxes or (("VAT", one.rate_milli),))
        ]
        reasons = dict.fromkeys(filter(None, (one.reason(language) for one in made)))
        codes = {one.reason_code for one in made}
        rows.append(
            FrozenVat(
                tax=row.tax,
                category=row.category,
                rate_milli=row.rate_milli,
                taxable_minor=row.taxable_minor,
                vat_minor=row.vat_minor,
                reason_code=codes.pop() if len(codes) == 1 else "",
                reason="; ".join(reasons)[:REASON_MAX],
            )
        )
    return tuple(rows)


def _exchanged(invoice: FrozenInvoice, vat_minor: int) -> int | None:
    if invoice.accounting_currency is None or invoice.exchange_rate is None:
        return None
    return exchanged_minor(
        vat_minor,
        invoice.exchange_rate,
        minor_digits(invoice.currency),
        minor_digits(invoice.accounting_currency),
    )

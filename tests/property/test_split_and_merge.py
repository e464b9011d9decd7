"""Taking back in parts and paying in parts come to the same as doing it at once.

Credit notes in any parts leave nothing of an invoice, tax row by tax row; payments split or merged
release, levy and bear interest alike.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.einvoice.reckon import reckoned
from guild.invoicing.einvoice.takeback import (
    Left,
    TakenBack,
    TaxRow,
    TooMuch,
    an_amount,
    everything,
    these_lines,
)
from guild.invoicing.rules.totals import net_released_by
from guild.mutual_fund.rules.levy import LevyTerms, released
from guild.receivables.rules.interest import Debt, interest_of
from tests.features.invoicing.test_differential import FACTS, documents

TERMS = LevyTerms(
    rate_bps=650,
    pots={"guarantee": 2_500, "sickness": 3_500, "solidarity": 1_000, "operations": 3_000},
)
DUE = dt.date(2026, 3, 1)
END = dt.date(2026, 9, 30)


@st.composite
def invoices(draw: st.DrawFn) -> FrozenInvoice:
    """An invoice of positive lines with allowances and charges of lines and document."""
    made = draw(documents())
    assume(made.kind == "invoice")
    lines = tuple(
        msgspec.structs.replace(line, quantity=max(abs(line.quantity), Decimal(1)))
        for line in made.lines
    )
    again = reckoned(msgspec.structs.replace(made, lines=lines, prepaid_minor=0), FACTS)
    assume(all(line.net_minor > 0 for line in again.lines))
    assume(all(row.taxable_minor > 0 for row in again.vat))
    return again


class Notes:
    """The credit notes of an invoice so far."""

    def __init__(self, said: FrozenInvoice) -> None:
        self.said = said
        self.left: dict[TaxRow, Left] = {
            (row.tax, row.category, row.rate_milli): Left(row.taxable_minor, row.vat_minor)
            for row in said.vat
        }

    def take(self, back: TakenBack) -> None:
        """One more note; it adds up in itself and takes no more than is left."""
        assert back.net_minor == sum(row.taxable_minor for row in back.vat)
        assert back.vat_minor == sum(row.vat_minor for row in back.vat)
        for row in back.vat:
            key = (row.tax, row.category, row.rate_milli)
            was = self.left[key]
            now = Left(was.taxable_minor - row.taxable_minor, was.vat_minor - row.vat_minor)
            assert min(now.taxable_minor, now.vat_minor) >= 0
            self.left[key] = now

    @property
    def net_left(self) -> int:
        """What may still be credited."""
        return sum(one.taxable_minor for one in self.left.values())

    def nothing_left(self) -> bool:
        """Whether each tax row is taken back to the cent."""
        return all(one == Left(0, 0) for one in self.left.values())


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(invoices())
def test_a_whole_note_leaves_nothing(said: FrozenInvoice) -> None:
    notes = Notes(said)
    notes.take(everything(said))
    assert notes.nothing_left()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(invoices(), st.lists(st.integers(1, 99), max_size=5))
def test_notes_over_amounts_leave_nothing(said: FrozenInvoice, parts: list[int]) -> None:
    """Any cuts of the net, then the rest."""
    notes = Notes(said)
    for part in parts:
        net = notes.net_left * part // 100
        if 0 < net < notes.net_left:
            notes.take(an_amount(said, net, notes.left, "Work"))
    notes.take(an_amount(said, notes.net_left, notes.left, "Work"))
    assert notes.nothing_left()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(invoices(), st.randoms())
def test_notes_line_by_line_leave_nothing(said: FrozenInvoice, random: Any) -> None:
    """Each line by itself, in any order; what a charge of the document leaves over comes last."""
    notes = Notes(said)
    positions = [line.position for line in said.lines]
    random.shuffle(positions)
    for position in positions:
        try:
            back = these_lines(said, [position], notes.left)
        except TooMuch:  # an allowance of the document has left less of this rate
            continue
        if back.net_minor > 0:
            notes.take(back)
    if notes.net_left:
        notes.take(an_amount(said, notes.net_left, notes.left, "Work"))
    assert notes.nothing_left()


CUTS = st.sets(st.integers(1, 10**7), max_size=8)


@given(st.integers(1, 10**7), st.integers(0, 10**7), CUTS, CUTS)
def test_payments_split_in_two_ways_release_and_levy_the_same(
    total: int, net: int, one: set[int], other: set[int]
) -> None:
    """However the same sum comes in, member and pots end with the same cents."""
    net = min(net, total)

    def paid(cuts: set[int]) -> tuple[int, dict[str, int], int]:
        so_far = done = available = 0
        pots = dict.fromkeys(TERMS.pots, 0)
        for until in [*sorted(cut for cut in cuts if cut < total), total]:
            part = net_released_by(
                paid_before=so_far, amount=until - so_far, total=total, net=net,
                released_before=done,
            )  # fmt: skip
            made = released(done, done + part, TERMS, 0)
            for pot, minor in made.pots.items():
                pots[pot] += minor
            available += made.available
            so_far, done = until, done + part
        return done, pots, available

    assert paid(one) == paid(other)
    assert paid(one)[0] == net


@given(
    st.integers(1, 10**7),
    st.lists(st.tuples(st.dates(DUE, END), st.integers(1, 10**6)), max_size=5),
    st.integers(2, 4),
    st.sampled_from(["BE", "FR", "DE", "NL"]),
)
def test_a_payment_split_on_its_day_bears_the_same_interest(
    total: int, payments: list[tuple[dt.date, int]], pieces: int, country: str
) -> None:
    """Several transfers of one day are one transfer, to the cent and segment by segment."""
    kept, left = [], total
    for on, minor in sorted(payments):
        if min(minor, left) > 0:
            kept.append((on, min(minor, left)))
            left -= min(minor, left)
    split = []
    for on, minor in kept:
        each = minor // pieces
        split += [(on, one) for one in (each,) * (pieces - 1) if one]
        split.append((on, minor - each * (pieces - 1)))
    whole = interest_of(Debt(total_minor=total, payments=tuple(kept)), DUE, END, country)
    parts = interest_of(Debt(total_minor=total, payments=tuple(split)), DUE, END, country)
    assert whole == parts

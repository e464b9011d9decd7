"""The arithmetic of invoices under arbitrary amounts: nothing is lost, everything adds up."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649
from stdnum.be import ogm_vcs

from guild.invoicing.rules.numbering import number_text
from guild.invoicing.rules.references import ogm_reference, print_reference, rf_reference
from guild.invoicing.rules.totals import (
    TotalsLine,
    line_gross_minor,
    net_released_by,
    percent_of,
    totals_of,
    vat_minor_of,
)

QUANTITIES = st.decimals("-9999.9999", "9999.9999", places=4)
PRICES = st.decimals("0", "99999.9999", places=4)
RATES = st.sampled_from([0, 2_100, 5_500, 6_000, 9_975, 14_975, 20_000, 21_000, 25_500, 27_000])
LINES = st.lists(
    st.builds(
        TotalsLine,
        quantity=QUANTITIES,
        price=PRICES,
        category=st.sampled_from(["S", "E"]),
        rate_milli=RATES,
    ),
    max_size=30,
)


@given(LINES)
def test_a_document_adds_up(lines: list[TotalsLine]) -> None:
    totals = totals_of(lines)
    assert totals.net_minor == sum(totals.lines)
    assert totals.net_minor == sum(row.taxable_minor for row in totals.vat)
    assert totals.vat_minor == sum(row.vat_minor for row in totals.vat)
    assert totals.total_minor == totals.net_minor + totals.vat_minor
    keys = [(row.category, row.rate_milli) for row in totals.vat]
    assert len(keys) == len(set(keys))


@given(LINES, st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[TotalsLine], random: object) -> None:
    turned = sorted(lines, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert totals_of(turned).vat == totals_of(lines).vat


@given(QUANTITIES, PRICES)
def test_a_line_is_rounded_half_up_from_the_exact_product(
    quantity: Decimal, price: Decimal
) -> None:
    exact = (quantity * price).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert line_gross_minor(quantity, price) == exact * 100


@given(st.integers(-(10**12), 10**12), RATES)
def test_vat_is_rounded_half_up_and_symmetric(taxable: int, rate_milli: int) -> None:
    exact = Decimal(taxable) * rate_milli / 100_000
    assert vat_minor_of(taxable, rate_milli) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert vat_minor_of(-taxable, rate_milli) == -vat_minor_of(taxable, rate_milli)


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.sets(st.integers(1, 10**9), max_size=12))
def test_the_net_of_any_payments_adds_up_to_the_net(total: int, net: int, cuts: set[int]) -> None:
    net = min(net, total)
    paid = released = 0
    for until in [*sorted(cut for cut in cuts if cut < total), total]:
        part = net_released_by(
            paid_before=paid, amount=until - paid, total=total, net=net, released_before=released
        )
        assert 0 <= part <= net - released
        paid, released = until, released + part
        assert abs(released * total - net * paid) <= total  # never a cent off the fair share
    assert released == net


@given(st.integers(1, 10**10 - 1))
def test_references_are_valid(serial: int) -> None:
    assert ogm_vcs.is_valid(print_reference(ogm_reference(serial)))
    assert iso11649.is_valid(rf_reference(f"{serial:010d}"))


@given(st.sets(st.tuples(st.sampled_from(["invoice", "credit_note"]), st.integers(2000, 2100),
                         st.integers(1, 10**6)), min_size=2, max_size=20))  # fmt: skip
def test_numbers_are_distinct(keys: set[tuple[str, int, int]]) -> None:
    texts = {number_text(kind, "{year}-{number:04d}", year, n) for kind, year, n in keys}
    assert len(texts) == len(keys)


@given(st.integers(0, 100_000))
def test_a_rate_is_shown_exactly(rate_milli: int) -> None:
    assert percent_of(rate_milli) * 1000 == rate_milli

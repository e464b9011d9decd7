"""Matching: exact, partial, double, misreferenced and ambiguous payments, with their reasons."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.treasury.rules.matching import (
    Candidate,
    Incoming,
    InvoiceIndex,
    OpenInvoice,
    named_in,
    preselected,
    similarity,
)

OGM = "090933755493"
CLIENT = UUID(int=1)


def invoice(
    number: str = "2026-0001",
    *,
    open_minor: int = 121_000,
    total: int = 121_000,
    client: str = "Proef & Zoon bv",
    reference: str = OGM,
    currency: str = "EUR",
) -> OpenInvoice:
    return OpenInvoice(
        invoice_id=uuid4(),
        number=number,
        reference=reference,
        total_minor=total,
        open_minor=open_minor,
        currency=currency,
        client_id=CLIENT,
        client_name=client,
    )


def paid(
    minor: int = 121_000, *, structured: str = "", text: str = "", name: str = "Proef en Zoon"
) -> Incoming:
    return Incoming(
        amount_minor=minor, currency="EUR", structured=structured, text=text, counterparty=name
    )


def judge(incoming: Incoming, *invoices: OpenInvoice) -> tuple[Candidate, ...]:
    return InvoiceIndex(invoices).candidates(incoming)


def test_the_reference_and_the_exact_amount_are_sure() -> None:
    one = invoice()
    (found,) = judge(paid(structured=OGM), one, invoice("2026-0002", reference="010806817183"))
    assert (found.invoice_id, found.verdict, found.amount_minor) == (
        one.invoice_id,
        "sure",
        121_000,
    )
    assert "reference" in found.reasons[0]


@pytest.mark.parametrize(
    "text", ["+++090/9337/55493+++", "***090/9337/55493***", "inv 090/9337/55493 thanks", OGM]
)
def test_a_reference_typed_into_the_free_text_counts(text: str) -> None:
    (found,) = judge(paid(text=text), invoice())
    assert found.verdict == "sure"


@pytest.mark.parametrize("text", ["2026-0001", "Factuur 2026-0001, dank u", "FACT 2026/0001"])
def test_the_invoice_number_counts(text: str) -> None:
    (found,) = judge(paid(text=text), invoice())
    assert found.verdict == "sure"


def test_a_part_goes_to_the_named_invoice() -> None:
    (found,) = judge(paid(40_000, structured=OGM), invoice())
    assert (found.verdict, found.amount_minor) == ("sure", 40_000)
    assert any("400.00 EUR of 1210.00 EUR" in reason for reason in found.reasons)


def test_too_much_takes_only_what_is_open() -> None:
    (found,) = judge(paid(131_000, structured=OGM), invoice())
    assert found.amount_minor == 121_000
    assert any("100.00 EUR more" in reason for reason in found.reasons)


def test_a_paid_invoice_named_again_is_paid_twice() -> None:
    (found,) = judge(paid(structured=OGM), invoice(open_minor=0))
    assert (found.verdict, found.amount_minor) == ("paid_twice", 0)


def test_amount_and_name_are_likely() -> None:
    (found,) = judge(paid(text="thank you"), invoice())
    assert found.verdict == "likely"


def test_a_mistyped_reference_falls_back_to_amount_and_name() -> None:
    (found,) = judge(paid(structured="090933755494"), invoice())
    assert found.verdict == "likely"


def test_the_amount_alone_is_only_possible() -> None:
    found = judge(paid(name="Somebody Else nv"), invoice())
    assert [one.verdict for one in found] == ["possible"]
    assert preselected(found) is None


def test_two_equal_candidates_are_never_preselected() -> None:
    found = judge(paid(), invoice(), invoice("2026-0002", reference="010806817183"))
    assert [one.verdict for one in found] == ["possible", "possible"]
    assert preselected(found) is None


def test_two_named_invoices_leave_the_choice_to_a_person() -> None:
    found = judge(
        paid(242_000, text="2026-0001 2026-0002"),
        invoice(),
        invoice("2026-0002", reference="010806817183"),
    )
    assert len(found) == 2
    assert preselected(found) is None


def test_the_reference_of_another_clients_invoice_is_not_believed() -> None:
    """Misreferenced: it names A, but sum and name are those of B."""
    a = invoice(client="Bramble Tram Company", open_minor=999_900, total=999_900)
    b = invoice("2026-0002", reference="010806817183")
    found = judge(paid(structured=OGM), a, b)
    assert {one.verdict for one in found} == {"possible", "likely"}
    assert found[0].invoice_id == a.invoice_id
    assert preselected(found) is None


def test_the_reference_of_a_paid_invoice_does_not_hide_the_open_one() -> None:
    a = invoice(open_minor=0)
    b = invoice("2026-0002", reference="010806817183")
    found = judge(paid(structured=OGM), a, b)
    assert {one.invoice_id for one in found} == {a.invoice_id, b.invoice_id}
    assert preselected(found) is None


def test_another_currency_is_no_candidate() -> None:
    assert judge(paid(structured=OGM), invoice(currency="CHF")) == ()


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("PROEF EN ZOON BVBA", "Proef & Zoon bv", 0.85, 1),
        ("Société Générale d'Édition SA", "SOCIETE GENERALE D EDITION", 0.85, 1),
        ("Zoon Proef", "Proef & Zoon bv", 0.85, 1),
        ("Müller GmbH", "Muller", 0.85, 1),
        ("Bramble Tram Company", "Proef & Zoon bv", 0, 0.6),
        ("", "Proef & Zoon bv", 0, 0),
        ("bv", "nv", 0, 0.6),
    ],
)
def test_names_are_compared_without_accents_and_legal_forms(
    one: str, other: str, least: float, most: float
) -> None:
    assert least <= similarity(one, other) <= most


@given(st.text(max_size=200), st.text(max_size=200), st.integers(1, 10**12), st.text(max_size=40))
def test_no_text_breaks_it_and_no_candidate_takes_more_than_is_paid_or_open(
    text: str, name: str, minor: int, structured: str
) -> None:
    incoming = paid(minor, structured=structured, text=text, name=name)
    named_in([(structured, text)])
    for found in judge(incoming, invoice(), invoice("2026-0002", open_minor=0, reference="")):
        assert 0 <= found.amount_minor <= min(minor, 121_000)
        assert found.reasons

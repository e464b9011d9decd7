"""Our arithmetic and both our syntaxes against another implementation, over generated invoices.

`eu-einvoice` reckons and writes the same documents from the same inputs: amounts, validity by the
official rules, and what stands in the files agree. Not compared are its optional elements.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from eu_einvoice import cii as their_cii
from eu_einvoice import model as their_model
from eu_einvoice import profiles as their_profiles
from eu_einvoice import ubl as their_ubl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from guild.invoicing.einvoice.build import (
    FrozenAdjustment,
    FrozenInvoice,
    FrozenLine,
    einvoice_of,
)
from guild.invoicing.einvoice.cii import cii_bytes
from guild.invoicing.einvoice.judge import Paper
from guild.invoicing.einvoice.reckon import reckoned
from guild.invoicing.einvoice.ubl import ubl_bytes
from guild.invoicing.einvoice.validator import Validator
from guild.invoicing.rules.canonical import plain
from guild.invoicing.rules.peppol import broken_rules
from guild.invoicing.rules.totals import percent_of
from guild.invoicing.rules.vat import VatFacts
from tests.features.invoicing.test_einvoice import _their_party, frozen

TREATMENTS = st.sampled_from(
    [("", None), ("reduced", 6000), ("reduced", 12_000), ("zero_rated", None)]
)
FACTS = VatFacts(
    on=dt.date(2026, 11, 20), seller_country="BE", seller_exempt=False, buyer_kind="company",
    buyer_country="BE", buyer_vat_number="BE0403019261",
)  # fmt: skip
ADJUSTMENTS = st.lists(
    st.tuples(
        st.booleans(),
        st.one_of(
            st.tuples(st.just("amount"), st.integers(1, 500)),
            st.tuples(st.just("percent"), st.integers(1, 30_000)),
        ),
    ),
    max_size=2,
)
LINE = st.tuples(
    st.decimals("-50", "999.9999", places=4).filter(bool),
    st.decimals("0.0001", "9999.9999", places=4),
    st.sampled_from([Decimal(1), Decimal(1), Decimal(100), Decimal("2.5")]),
    TREATMENTS,
    ADJUSTMENTS,
)


def adjustment(
    position: int, line: int | None, given: Any, treatment: tuple[str, int | None] = ("", None)
) -> FrozenAdjustment:
    charge, (how, much) = given
    percent = how == "percent"
    return FrozenAdjustment(
        position=position, line_position=line, charge=charge,
        amount_minor=0 if percent else much, percent_milli=much if percent else None,
        base_minor=0 if percent else None, reason_code="", reason="Agreed",
        treatment=treatment[0], reduced_milli=treatment[1], category="S", rate_milli=0,
    )  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> FrozenInvoice:
    """A document of any lines that asks for something; a first line makes it positive."""
    rows: list[Any] = [(Decimal(1000), Decimal("9999.9999"), Decimal(1), ("", None), [])]
    rows += draw(st.lists(LINE, max_size=6))
    lines: list[FrozenLine] = []
    adjustments: list[FrozenAdjustment] = []
    for position, (quantity, price, base, treatment, own) in enumerate(rows, 1):
        lines.append(
            FrozenLine(
                position=position,
                text=f"Work {position}",
                detail="",
                quantity=quantity,
                unit="HUR",
                price=price,
                base_quantity=base,
                net_minor=0,
                category="S",
                rate_milli=0,
                treatment=treatment[0],
                reduced_milli=treatment[1],
            )
        )
        adjustments += [
            adjustment(len(adjustments) + number, position, one)
            for number, one in enumerate(own, 1)
        ]
    used = sorted({row[3] for row in rows}, key=str)
    for one in draw(ADJUSTMENTS):
        treatment = draw(st.sampled_from(used))
        adjustments.append(adjustment(len(adjustments) + 1, None, one, treatment))
    kind, code = draw(st.sampled_from(
        [("invoice", "380"), ("invoice", "386"), ("credit_note", "381"), ("self_bill", "389"),
         ("self_bill_credit", "261")]
    ))  # fmt: skip
    plain_document = frozen(kind="credit_note" if "credit" in kind else "invoice")
    document = msgspec.structs.replace(
        plain_document, kind=kind, type_code=code, lines=tuple(lines),
        adjustments=tuple(adjustments), prepaid_minor=draw(st.sampled_from([0, 0, 12_345])),
        round_to=draw(st.sampled_from([1, 1, 5])),
    )  # fmt: skip
    return reckoned(document, FACTS)


def _theirs(ours: FrozenInvoice) -> dict[str, Any]:
    document = einvoice_of(ours)
    types = {"380": "invoice", "386": "prepayment", "381": "credit_note", "389": "self_billed",
             "261": "self_billed_credit_note"}  # fmt: skip

    def adjusting(position: int | None, *, charge: bool) -> list[dict[str, Any]]:
        return [
            {
                "reason": one.reason,
                "vat_category": one.category,
                "vat_rate": str(percent_of(one.rate_milli)),
                **(
                    {"percent": plain(percent_of(one.percent_milli)),
                     "base_amount": str(Decimal(one.base_minor or 0) / 100)}
                    if one.percent_milli is not None
                    else {"amount": str(Decimal(one.amount_minor) / 100)}
                ),
            }
            for one in ours.adjustments
            if one.line_position == position and one.charge is charge
        ]  # fmt: skip

    data: dict[str, Any] = {
        "type": types[ours.type_code],
        "number": ours.number,
        "issue_date": ours.issued_on.isoformat(),
        "due_date": ours.due_on.isoformat(),
        "currency": ours.currency,
        "notes": [document.note] if document.note else [],
        "buyer_reference": ours.buyer_reference,
        "order_reference": ours.order_reference,
        "contract_reference": ours.contract_number,
        "seller": _their_party(ours.seller, outside=False),
        "buyer": _their_party(ours.buyer, outside=False),
        "delivery": {"date": ours.delivered_on.isoformat()},
        "allowances": adjusting(None, charge=False),
        "charges": adjusting(None, charge=True),
        "prepaid_amount": str(document.prepaid),
        "rounding_amount": str(document.rounding),
        "lines": [
            {"id": str(line.position), "name": line.text, "quantity": str(line.quantity),
             "unit": line.unit, "price": str(line.price), "base_quantity": str(line.base_quantity),
             "allowances": adjusting(line.position, charge=False),
             "charges": adjusting(line.position, charge=True),
             "vat_category": line.category, "vat_rate": str(percent_of(line.rate_milli))}
            for line in ours.lines
        ],
    }  # fmt: skip
    if document.transfer:
        data["payment"] = {
            "means_code": "30", "means_text": "Credit transfer", "terms": document.terms,
            "remittance_info": ours.reference,
            "credit_transfers": [{"iban": ours.iban, "bic": ours.bic,
                                  "account_name": ours.seller.name}],
        }  # fmt: skip
    if ours.preceding:
        data["preceding_invoices"] = [
            {"number": one.number, "date": one.issued_on.isoformat()} for one in ours.preceding
        ]
    return data


def _amounts(xml: bytes) -> list[tuple[str, Decimal]]:
    """Every amount of a file by its element, in document order."""
    root = etree.fromstring(xml)
    return [
        (etree.QName(element).localname, Decimal(element.text or "0"))
        for element in root.iter()
        if isinstance(element.tag, str) and etree.QName(element).localname.endswith("Amount")
    ]


@pytest.mark.timeout(600)
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_another_implementation_agrees_on_amounts_and_validity(
    validator: Validator, ours: FrozenInvoice
) -> None:
    """500 documents, each in both syntaxes, by both implementations."""
    document = einvoice_of(ours)
    prepared, issues = their_model.prepare(_theirs(ours), "peppol")
    theirs = prepared["totals"]
    assert [one for one in issues.errors if "due_date" not in one["path"]] == []
    assert theirs["line_total"] == document.lines_net
    assert theirs["allowance_total"] == document.allowances
    assert theirs["charge_total"] == document.charges
    assert theirs["tax_exclusive"] == document.net
    assert theirs["tax_total"] == document.vat_total
    assert theirs["tax_inclusive"] == document.total
    assert theirs["payable"] == document.payable

    profile = their_profiles.PROFILES
    ours_in = [Paper("ubl", ubl_bytes(document)), Paper("cii", cii_bytes(document))]
    theirs_in = [
        Paper("ubl", their_ubl.generate(prepared, profile["peppol"])),
        Paper("cii", their_cii.generate(prepared, profile["facturx"])),
    ]
    for mine, other in zip(ours_in, theirs_in, strict=True):
        assert sorted(_amounts(mine.xml)) == sorted(_amounts(other.xml))
    # The official rules take ten times as long as all else: theirs are asked of every fifth.
    asked = ours_in + (theirs_in if document.total.as_tuple().digits[-1] % 5 == 0 else [])
    judged = validator.judge_now(asked)
    assert [found for found in judged.findings if found.fatal] == []
    assert broken_rules(document) == []


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(), st.randoms())
def test_the_order_of_lines_changes_no_total(ours: FrozenInvoice, random: Any) -> None:
    turned = reckoned(
        msgspec.structs.replace(
            ours,
            lines=tuple(sorted(ours.lines, key=lambda _: random.random())),
            adjustments=tuple(sorted(ours.adjustments, key=lambda _: random.random())),
        ),
        FACTS,
    )
    for name in ("lines_minor", "net_minor", "vat_minor", "total_minor", "payable_minor"):
        assert getattr(turned, name) == getattr(ours, name)
    assert turned.vat == ours.vat


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_a_credit_of_everything_leaves_nothing(ours: FrozenInvoice) -> None:
    """The same document with every quantity and adjustment turned round takes back each sum."""
    back = reckoned(
        msgspec.structs.replace(
            ours,
            prepaid_minor=0,
            round_to=1,
            lines=tuple(
                msgspec.structs.replace(line, quantity=-line.quantity) for line in ours.lines
            ),
            adjustments=tuple(
                msgspec.structs.replace(one, charge=not one.charge, amount_minor=one.amount_minor)
                if one.percent_milli is None
                else one
                for one in ours.adjustments
            ),
        ),
        FACTS,
    )
    assert ours.net_minor + back.net_minor == 0
    assert ours.vat_minor + back.vat_minor == 0
    assert ours.total_minor + back.total_minor == 0
    assert [a.taxable_minor + b.taxable_minor for a, b in zip(ours.vat, back.vat, strict=True)] == [
        0 for _ in ours.vat
    ]

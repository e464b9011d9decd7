"""Reads a bank's CSV by a mapping that the treasurer saved: which column says what, and how.

No two banks write the same CSV, so nothing is guessed at import: a mapping says delimiter, signs,
dates and columns, and a file whose header is another is refused. `guess` proposes a mapping for the
form, from the words of the header; a person corrects and saves it.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, Protocol

import msgspec
from msgspec import Meta

from guild.core.money import Money
from guild.core.wire import In
from guild.treasury.errors import StatementDoesNotAdd, StatementTooLarge, StatementUnreadable
from guild.treasury.rules.entries import MAX_BYTES, MAX_ENTRIES, ReadEntry, ReadStatement
from guild.treasury.rules.numbers import plain_reference, references_in

HEADER_WITHIN = 30
"""Banks write some lines about the account above the header."""
DATE_FORMATS = {
    "DD/MM/YYYY": "%d/%m/%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "YYYY-MM-DD": "%Y-%m-%d",
    "YYYYMMDD": "%Y%m%d",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD/MM/YY": "%d/%m/%y",
    "DD.MM.YY": "%d.%m.%y",
}
Column = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00\r\n]*$")]
DateFormat = Literal[
    "DD/MM/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "YYYY-MM-DD", "YYYYMMDD", "MM/DD/YYYY",
    "DD/MM/YY", "DD.MM.YY",
]  # fmt: skip


class CsvMapping(In, frozen=True, kw_only=True):
    """What the columns of a bank's CSV mean; columns are named as in its header."""

    booked_on: Annotated[Column, Meta(min_length=1)]
    amount: Column = ""
    """Signed, or unsigned beside `direction`; empty when `credit` and `debit` are columns."""
    direction: Column = ""
    debit_words: Annotated[list[Column], Meta(max_length=10)] = msgspec.field(default_factory=list)
    """What stands in `direction` for money that goes out."""
    credit: Column = ""
    debit: Column = ""
    valued_on: Column = ""
    counterparty: Column = ""
    counterparty_iban: Column = ""
    text: Annotated[list[Column], Meta(max_length=6)] = msgspec.field(default_factory=list)
    structured: Column = ""
    reference: Column = ""
    """The bank's own reference, if it gives one."""
    end_to_end_id: Column = ""
    balance: Column = ""
    """The balance after the row; with it the file proves itself."""
    currency: Column = ""
    own_account: Column = ""
    date_format: DateFormat = "DD/MM/YYYY"
    decimal: Literal[",", "."] = ","
    delimiter: Literal[";", ",", "\t", "|"] = ";"
    encoding: Literal["utf-8", "windows-1252", "utf-16"] = "utf-8"

    def columns(self) -> list[str]:
        """Every column that the mapping names."""
        one = [
            self.booked_on, self.amount, self.direction, self.credit, self.debit, self.valued_on,
            self.counterparty, self.counterparty_iban, self.structured, self.reference,
            self.end_to_end_id, self.balance, self.currency, self.own_account,
        ]  # fmt: skip
        return [name for name in (*one, *self.text) if name]


class Cell(Protocol):
    """Reads a cell of the row by the name of its column."""

    def __call__(self, name: str, /) -> str:
        """The text without spaces around it; nothing when there is no such column."""
        ...


class _Row(NamedTuple):
    number: int
    entry: ReadEntry
    balance: int | None


def decoded(content: bytes, encoding: str) -> str:
    """The text of a file; raises StatementUnreadable or StatementTooLarge."""
    if len(content) > MAX_BYTES:
        raise StatementTooLarge(f"One import takes at most {MAX_BYTES} bytes.")
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError:
        raise StatementUnreadable(
            f"The file is not written in {encoding}.", mend="Choose another encoding."
        ) from None
    if "\x00" in text:
        raise StatementUnreadable("The file holds signs that no CSV has.")
    return text


def header_of(content: bytes, mapping: CsvMapping) -> tuple[int, list[str]]:
    """Line (from 0) and names of the header; raises StatementUnreadable when it is not there."""
    wanted = set(mapping.columns())
    for number, row in enumerate(_rows(content, mapping)):
        names = [name.strip() for name in row]
        if wanted <= set(names):
            return number, names
        if number >= HEADER_WITHIN:
            break
    raise StatementUnreadable(
        f"No line of the file names the columns {', '.join(sorted(wanted))}.",
        mend="Choose the mapping of this bank, or map the columns anew.",
    )


def header_key(names: list[str]) -> bytes:
    """What a header is recognised by: its names, whatever their case and spacing."""
    plain = "\x1f".join(" ".join(name.casefold().split()) for name in names)
    return hashlib.sha256(plain.encode()).digest()


def headers_in(content: bytes) -> list[bytes]:
    """Keys of all lines that could be the header, in any of the dialects that mappings know."""
    keys: list[bytes] = []
    for encoding in ("utf-8", "windows-1252", "utf-16"):
        try:
            text = decoded(content, encoding)
        except StatementUnreadable:
            continue
        for delimiter in (";", ",", "\t", "|"):
            top = io.StringIO("\n".join(text.splitlines()[: HEADER_WITHIN + 1]))
            try:
                rows = list(csv.reader(top, delimiter=delimiter))
            except csv.Error:
                continue
            keys.extend(header_key([name.strip() for name in row]) for row in rows if len(row) > 1)
    return list(dict.fromkeys(keys))


def read_csv(content: bytes, mapping: CsvMapping, *, iban: str, currency: str) -> ReadStatement:
    """The rows of a CSV as a statement of that account; every broken row is named by its line.

    Raises StatementUnreadable, StatementTooLarge, and StatementDoesNotAdd when the column of
    balances contradicts the amounts.
    """
    at, names = header_of(content, mapping)
    place = {name: number for number, name in reversed(list(enumerate(names)))}
    reader = _CsvReader(mapping, place, iban, currency)
    rows: list[_Row] = []
    for number, row in enumerate(_rows(content, mapping)):
        if number <= at or not any(cell.strip() for cell in row):
            continue
        rows.append(reader.row(number + 1, row))
        if len(rows) > MAX_ENTRIES:
            raise StatementTooLarge(f"One import takes at most {MAX_ENTRIES} entries.")
    if not rows:
        raise StatementUnreadable("There is no row below the header.")
    rows, opening, closing = _in_order(rows, currency, balances=bool(mapping.balance))
    days = [row.entry.booked_on for row in rows]
    return ReadStatement(
        statement_id=f"CSV {min(days)} {max(days)}",
        number="",
        iban=iban,
        currency=currency,
        opening_minor=opening,
        closing_minor=closing,
        from_on=min(days),
        to_on=max(days),
        entries=tuple(_numbered(rows)),
        source="csv",
    )


def _rows(content: bytes, mapping: CsvMapping) -> Iterator[list[str]]:
    text = decoded(content, mapping.encoding)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter)
    except csv.Error as broken:
        raise StatementUnreadable(f"The file is no CSV: {broken}.") from None


def _in_order(
    rows: list[_Row], currency: str, *, balances: bool
) -> tuple[list[_Row], int | None, int | None]:
    """Oldest first. With balances the order is the one in which each row continues the last."""
    if not balances:
        return sorted(rows, key=lambda row: row.entry.booked_on), None, None
    for order in (rows, rows[::-1]):
        held = [row.balance or 0 for row in order]
        moved = [row.entry.amount_minor for row in order]
        follows = all(held[n] == held[n - 1] + moved[n] for n in range(1, len(order)))
        if follows and order[0].entry.booked_on <= order[-1].entry.booked_on:
            return order, held[0] - moved[0], held[-1]
    broken = [
        row.number
        for before, row in pairwise(rows)
        if (row.balance or 0) != (before.balance or 0) + row.entry.amount_minor
        and (before.balance or 0) != (row.balance or 0) + before.entry.amount_minor
    ]
    raise StatementDoesNotAdd(
        f"At line {min(broken, default=rows[0].number)} the balance does not follow from the "
        f"amounts ({currency}).",
        mend="Leave the column of balances out of the mapping, or download the whole period.",
    )


def _numbered(rows: list[_Row]) -> Iterator[ReadEntry]:
    """Rows without a reference of the bank get one made of what they say, stable over files."""
    times: Counter[str] = Counter()
    for row in rows:
        entry = row.entry
        if entry.reference:
            key = entry.reference
        else:
            said = (f"{entry.booked_on}", f"{entry.amount_minor}", entry.counterparty_iban,
                    entry.structured, " ".join(entry.text.casefold().split()))  # fmt: skip
            key = "csv:" + hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:24]
        times[key] += 1
        again = "" if times[key] == 1 else f"#{times[key]}"
        yield msgspec.structs.replace(entry, reference=f"{key}{again}"[:90])


class _CsvReader:
    """Turns rows into entries by one mapping."""

    def __init__(
        self, mapping: CsvMapping, place: dict[str, int], iban: str, currency: str
    ) -> None:
        self.mapping, self.place, self.iban, self.currency = mapping, place, iban, currency
        self.format = DATE_FORMATS[mapping.date_format]
        self.debit_words = {word.casefold().strip() for word in mapping.debit_words}

    def row(self, number: int, cells: list[str]) -> _Row:
        """One row. Raises StatementUnreadable with its line and column."""

        def cell(name: str) -> str:
            at = self.place.get(name, -1) if name else -1
            return " ".join(cells[at].split()) if 0 <= at < len(cells) else ""

        self._check_account(number, cell)
        booked = self._day(number, self.mapping.booked_on, cell(self.mapping.booked_on))
        valued = cell(self.mapping.valued_on)
        text = " ".join(part for name in self.mapping.text if (part := cell(name)))
        structured = plain_reference(cell(self.mapping.structured))
        held = cell(self.mapping.balance)
        entry = ReadEntry(
            reference=cell(self.mapping.reference)[:80],
            amount_minor=self._amount(number, cell),
            booked_on=booked,
            valued_on=self._day(number, self.mapping.valued_on, valued) if valued else booked,
            structured=structured[:35] or next(iter(references_in(text)), ""),
            text=text[:1000],
            counterparty=cell(self.mapping.counterparty)[:140],
            counterparty_iban=plain_reference(cell(self.mapping.counterparty_iban))[:34],
            end_to_end_id=cell(self.mapping.end_to_end_id)[:35],
            batch_id="",
            return_reason="",
        )
        balance = None
        if self.mapping.balance:
            balance = self._minor(number, self.mapping.balance, held)
        return _Row(number, entry, balance)

    def _check_account(self, number: int, cell: Cell) -> None:
        own = plain_reference(cell(self.mapping.own_account))
        if own and own not in {self.iban, self.iban[4:]}:
            raise StatementUnreadable(
                f"Line {number} is of account …{own[-4:]}, not of …{self.iban[-4:]}.",
                mend="Import the file of one account at a time.",
            )
        currency = cell(self.mapping.currency).upper()
        if currency and currency != self.currency:
            raise StatementUnreadable(
                f"Line {number} is in {currency}, the account in {self.currency}."
            )

    def _amount(self, number: int, cell: Cell) -> int:
        mapping = self.mapping
        if mapping.credit and mapping.debit:
            into, out = cell(mapping.credit), cell(mapping.debit)
            if bool(into) == bool(out):
                raise StatementUnreadable(
                    f"Line {number} has {'both' if into else 'neither'} of {mapping.credit} and "
                    f"{mapping.debit}."
                )
            column = mapping.credit if into else mapping.debit
            minor = abs(self._minor(number, column, into or out))
            return minor if into else -minor
        minor = self._minor(number, mapping.amount, cell(mapping.amount))
        if mapping.direction:
            word = cell(mapping.direction).casefold()
            return -abs(minor) if word in self.debit_words else abs(minor)
        return minor

    def _minor(self, number: int, column: str, written: str) -> int:
        point = self.mapping.decimal
        plain = re.sub(r"[\s\u00a0'’€$]|EUR|USD|CAD|GBP|CHF", "", written)
        plain = (
            plain.replace("." if point == "," else ",", "").replace(point, ".").replace("−", "-")
        )
        if plain.endswith("-"):
            plain = "-" + plain[:-1]
        try:
            return Money.parse(plain.lstrip("+"), self.currency).minor
        except ValueError:
            raise StatementUnreadable(
                f"Line {number}: “{written[:40]}” in column {column} is no amount.",
                mend=f"The mapping says that “{point}” stands before the cents.",
            ) from None

    def _day(self, number: int, column: str, written: str) -> date:
        try:
            return datetime.strptime(written[:10].strip(), self.format).date()  # noqa: DTZ007
        except ValueError:
            raise StatementUnreadable(
                f"Line {number}: “{written[:40]}” in column {column} is no date like "
                f"{self.mapping.date_format}."
            ) from None

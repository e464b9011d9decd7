"""Reads CODA, the Belgian banks' statement of coded lines (Febelfin, version 2.6).

Lines of 128 signs: header (0), old balance (1), movements (2.1 to 2.3), information (3), new
balance (8), trailer (9). Number of lines, totals and both balances are checked; a file that breaks
one of them is refused whole. Amounts have three decimals.
"""

import re
from datetime import date
from itertools import groupby

from guild.treasury.errors import StatementDoesNotAdd, StatementTooLarge, StatementUnreadable
from guild.treasury.rules.entries import (
    MAX_BYTES,
    MAX_ENTRIES,
    Numbered,
    ReadEntry,
    ReadStatement,
    movement,
)
from guild.treasury.rules.numbers import plain_reference

WIDTH = 128
LAST_YEAR = 70
"""Two-digit years up to this are of the 2000s."""
WHOLE, GLOBAL, DETAILS = "03", "12", "5678"
_IBAN = re.compile(r"^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$")
_REASON = re.compile(r"^[A-Z]{2}[A-Z0-9]{2}$")
_COUNTED = "1238"


def looks_like_coda(content: bytes) -> bool:
    """Whether the first line is a CODA header of a version that we read."""
    first = content.split(b"\n", 1)[0].rstrip(b"\r\n")
    return len(first) == WIDTH and first.startswith(b"00000") and first[5:11].isdigit()


def read_coda(content: bytes) -> tuple[ReadStatement, ...]:
    """The statements of a CODA file. Raises StatementUnreadable, -TooLarge and -DoesNotAdd."""
    if len(content) > MAX_BYTES:
        raise StatementTooLarge(f"One import takes at most {MAX_BYTES} bytes.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("windows-1252", errors="replace")
    lines = [line.rstrip("\r").ljust(WIDTH) for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        if len(line) != WIDTH or line[0] not in "0123489":
            raise StatementUnreadable(f"Line {number} is no CODA line of {WIDTH} signs.")
    found: list[ReadStatement] = []
    rest = lines
    while rest:
        end = next((at for at, line in enumerate(rest) if line[0] == "9"), None)
        if end is None or rest[0][0] != "0":
            raise StatementUnreadable("The file ends before its last line (trailer).")
        try:
            found.append(_Reader(rest[: end + 1]).read())
        except (ValueError, IndexError) as broken:
            raise StatementUnreadable(f"A CODA line cannot be read: {broken}."[:300]) from None
        rest = rest[end + 1 :]
    if sum(len(one.entries) for one in found) > MAX_ENTRIES:
        raise StatementTooLarge(f"One import takes at most {MAX_ENTRIES} entries.")
    return tuple(found)


class _Move:
    """Lines 2.1 to 2.3 of one movement, put together."""

    def __init__(self, lines: list[str]) -> None:
        one = lines[0]
        two = next((line for line in lines if line[1] == "2"), " " * WIDTH)
        three = next((line for line in lines if line[1] == "3"), " " * WIDTH)
        self.number, self.detail = one[2:6], one[6:10]
        self.bank_reference = one[10:31].strip()
        self.sign, self.digits = one[31], one[32:47]
        self.valued, self.booked = one[47:53], one[115:121]
        self.code = one[53:61]
        self.kind = one[53]
        self.said = one[61:115] + (two[10:63] if two.strip() else "") + three[82:125]
        self.customer_reference = two[63:98].strip()
        self.r_kind = two[112].strip()
        reason = two[113:117]
        self.r_reason = reason if _REASON.match(reason) else ""
        self.account, self.name = three[10:44].strip(), three[47:82].strip()
        self.information: list[str] = []

    @property
    def structure(self) -> str:
        """The kind of structured communication, or empty when it is free."""
        return self.said[1:4] if self.said[0] == "1" else ""

    @property
    def structured(self) -> str:
        """The payment reference, in plain form."""
        if self.structure in {"101", "102"}:
            return plain_reference(self.said[4:16])
        if self.structure == "100":
            return plain_reference(self.said[4:29])
        return ""

    @property
    def text(self) -> str:
        """What the payer wrote, or the bank."""
        if not self.structure:
            said = self.said[1:]
        elif self.structure == "127":
            said = self.said[83:145]
        elif self.structured:
            said = ""
        else:
            said = self.said[4:]
        return " ".join(
            [*said.split(), *(word for line in self.information for word in line.split())]
        )

    @property
    def mandate_id(self) -> str:
        """The mandate of a direct debit."""
        return self.said[48:83].strip() if self.structure == "127" else ""


class _Reader:
    """Reads the lines of one statement, header to trailer."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.numbered = Numbered()
        self.old = next((line for line in lines if line[0] == "1"), "")
        self.new = next((line for line in lines if line[0] == "8"), "")
        if lines[0][127] != "2":
            raise StatementUnreadable("The file is not of CODA version 2.")
        if not self.old:
            raise StatementUnreadable("The file has no line with the old balance.")
        self.iban, self.currency = _account(self.old[1], self.old[5:42])

    def read(self) -> ReadStatement:
        """The statement, once its lines and sums were counted."""
        opening = self._minor(self.old[42], self.old[43:58])
        opened_on = _day(self.old[58:64])
        moves = self._moves()
        wholes = [move for move in moves if move.kind in WHOLE + GLOBAL and move.detail == "0000"]
        amounts = [self._minor(move.sign, move.digits) for move in wholes]
        closing = self._minor(self.new[41], self.new[42:57]) if self.new else opening
        closed_on = _day(self.new[57:63]) if self.new else opened_on
        self._check(opening, closing, amounts)
        entries: list[ReadEntry] = []
        for move, amount in zip(wholes, amounts, strict=True):
            entries.extend(self._entries(move, amount, moves))
        number = self.old[2:5].strip()
        return ReadStatement(
            statement_id=f"CODA {closed_on:%Y}/{number}/{self.old[125:128].strip()}",
            number=number,
            iban=self.iban,
            currency=self.currency,
            opening_minor=opening,
            closing_minor=closing,
            from_on=min(opened_on, closed_on),
            to_on=closed_on,
            entries=tuple(entries),
            source="coda",
        )

    def _moves(self) -> list[_Move]:
        """Movements with the free information that follows them."""
        found: list[_Move] = []
        for (kind, _), lines in groupby(
            (line for line in self.lines if line[0] in "23"), key=lambda line: (line[0], line[2:10])
        ):
            together = list(lines)
            if kind == "2" and together[0][1] == "1":
                found.append(_Move(together))
            elif kind == "3" and found and together[0][39:43] not in {"1001", "1008", "1009"}:
                found[-1].information.append(together[0][40:113])
        return found

    def _entries(self, move: _Move, amount: int, moves: list[_Move]) -> list[ReadEntry]:
        """A movement, or each payment of a globalised one whose payments add up to it."""
        key = move.bank_reference.strip("0 ") and move.bank_reference
        key = key or f"{self.iban[-4:]}/{_day(move.booked):%Y%m%d}/{self.old[2:5]}/{move.number}"
        inside = [
            one for one in moves
            if one.number == move.number and one.detail != "0000" and one.kind in DETAILS
        ]  # fmt: skip
        if move.kind in GLOBAL and inside:
            parts = [self._minor(one.sign, one.digits) for one in inside]
            if sum(parts) == amount:
                return [
                    self._entry(one, part, self.numbered.unique(f"{key}:{place}"), move)
                    for place, (one, part) in enumerate(zip(inside, parts, strict=True), 1)
                ]
        return [self._entry(move, amount, self.numbered.unique(key), move)]

    def _entry(self, move: _Move, amount: int, key: str, whole: _Move) -> ReadEntry:
        booked = _day(whole.booked)
        given = move.customer_reference
        return ReadEntry(
            reference=key,
            amount_minor=amount,
            booked_on=booked,
            valued_on=_day(move.valued) if move.valued.strip("0 ") else booked,
            structured=move.structured,
            text=move.text,
            counterparty=move.name,
            counterparty_iban=_counterparty_iban(move.account),
            end_to_end_id="" if given in {"NOTPROVIDED", ""} else given,
            batch_id="",
            return_reason=move.r_reason,
            reversal=move.r_kind in {"3", "4"},
            code=move.code,
            mandate_id=move.mandate_id,
            undivided=whole is move and move.kind in GLOBAL,
        )

    def _check(self, opening: int, closing: int, amounts: list[int]) -> None:
        """The trailer counts lines and sums; both balances must agree with the movements."""
        trailer = self.lines[-1]
        counted = sum(line[0] in _COUNTED for line in self.lines)
        if int(trailer[16:22]) != counted:
            raise StatementDoesNotAdd(
                f"The trailer counts {int(trailer[16:22])} lines, the file has {counted}."
            )
        out = -sum(minor for minor in amounts if minor < 0)
        into = sum(minor for minor in amounts if minor > 0)
        if (out, into) != (self._minor("0", trailer[22:37]), self._minor("0", trailer[37:52])):
            raise StatementDoesNotAdd("The trailer's totals are not those of the movements.")
        if opening + sum(amounts) != closing:
            raise StatementDoesNotAdd(
                f"Old balance {movement(opening, self.currency)} and movements "
                f"{movement(sum(amounts), self.currency)} do not make the new balance "
                f"{movement(closing, self.currency)}."
            )

    def _minor(self, sign: str, digits: str) -> int:
        """Minor units of fifteen digits with three decimals; sign 1 is a debit."""
        if sign not in "01" or not digits.isdigit():
            raise StatementUnreadable(f"“{sign}{digits}” is no CODA amount.")
        minor, odd = divmod(int(digits), 10)
        if odd:
            raise StatementUnreadable(f"Amount {digits} has a tenth of a cent.")
        return -minor if sign == "1" else minor


def _account(structure: str, field: str) -> tuple[str, str]:
    """Account number and currency of the old-balance line, by its account structure."""
    if structure == "0":
        return belgian_iban(field[:12]), field[13:16].strip() or "EUR"
    return field[:34].strip(), field[34:37].strip() or "EUR"


def belgian_iban(bban: str) -> str:
    """The IBAN of a Belgian account number of twelve digits (ISO 13616 check digits, mod 97)."""
    check = 98 - int(f"{bban}111400") % 97
    return f"BE{check:02d}{bban}"


def _counterparty_iban(written: str) -> str:
    """The other side's IBAN; a bare Belgian number becomes one, anything else is none."""
    first = written.split(maxsplit=1)[0] if written else ""
    if len(first) == 12 and first.isdigit() and first.strip("0"):
        return belgian_iban(first)
    return first if _IBAN.match(first) else ""


def _day(written: str) -> date:
    """A day as DDMMYY."""
    year = int(written[4:6])
    return date(year + (2000 if year <= LAST_YEAR else 1900), int(written[2:4]), int(written[:2]))

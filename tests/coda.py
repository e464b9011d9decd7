"""Writes CODA files (Febelfin 2.6) as Belgian banks send them, for tests.

Independent of the product on purpose: it shares no line with the reader that it tries.
"""

from collections.abc import Sequence
from datetime import date

from tests.camt import Move


def coda(*, iban: str, number: int, opening_cents: int, moves: Sequence[Move], day: date) -> bytes:
    """A file of one statement of one day; `parts` make a globalised movement."""
    sender = f"{'COOP':<26}{'KREDBEBB':<11}{'00403019261':<11}"
    lines = [f"00000{day:%d%m%y}30005        {number:08d}  {sender} 00000{'':39}2"]
    lines.append(
        f"12{number % 1000:03d}{iban:<34}EUR{_amount(opening_cents)}{day:%d%m%y}"
        f"{'COOP':<26}{'Zichtrekening':<35}{number % 1000:03d}"
    )
    for place, move in enumerate(moves, 1):
        lines += _movement(move, place, 0, day, "1" if move.parts else "0")
        for detail, part in enumerate(move.parts, 1):
            lines += _movement(part, place, detail, day, "5")
    closing = opening_cents + sum(move.cents for move in moves)
    lines.append(f"8{number % 1000:03d}{iban:<34}EUR{_amount(closing)}{day:%d%m%y}{'':64}0")
    counted = sum(line[0] in "1238" for line in lines)
    out = -sum(move.cents for move in moves if move.cents < 0)
    into = sum(move.cents for move in moves if move.cents > 0)
    lines.append(f"9{'':15}{counted:06d}{out * 10:015d}{into * 10:015d}{'':75}1")
    assert all(len(line) == 128 for line in lines), [len(line) for line in lines]
    return ("\r\n".join(lines) + "\r\n").encode("windows-1252")


def _amount(cents: int) -> str:
    return f"{1 if cents < 0 else 0}{abs(cents) * 10:015d}"


def _movement(move: Move, place: int, detail: int, day: date, kind: str) -> list[str]:
    said = f"1101{move.structured}" if move.structured else f"0{move.text}"
    one, two, three = said[:54], said[54:107], said[107:150]
    reason = f"2{move.return_reason:<4}" if move.return_reason else f"{'':5}"
    return [
        f"21{place:04d}{detail:04d}{move.reference:<21}{_amount(move.cents)}{day:%d%m%y}"
        f"{kind}0150000{one:<54}{day:%d%m%y}0010 1 0"[:125].ljust(125)
        + "1 0",
        f"22{place:04d}{detail:04d}{two:<53}{move.end_to_end_id:<35}{'KREDBEBB':<11}   "
        f"{reason}{'':8}1 0".ljust(128),
        f"23{place:04d}{detail:04d}{(move.iban + ' ' * 34)[:34]}EUR{move.name:<35}{three:<43}0 0",
    ]

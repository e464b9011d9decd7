"""Which money a payout carried away: the oldest first, and a correction takes its own back first.

Pure: a row of additions and subtractions on one account, each about a subject.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A movement on the account: positive adds, negative takes away."""

    id: UUID
    subject: UUID | None
    minor: int


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a subject's money that a later movement took away."""

    subject: UUID | None
    by: UUID
    minor: int


class _Purse:
    """What is left of each addition, the oldest first."""

    def __init__(self) -> None:
        self.parts: list[tuple[UUID | None, int]] = []
        self.takes: list[Take] = []

    def take(self, wanted: int, by: Piece, *, own: bool) -> int:
        """Take `wanted`, only from `by`'s own subject or from all; says what was not there."""
        for at, (subject, left) in enumerate(self.parts):
            part = min(left, wanted)
            if not part or (own and subject != by.subject):
                continue
            self.parts[at] = (subject, left - part)
            wanted -= part
            if not own:
                self.takes.append(Take(subject=subject, by=by.id, minor=part))
        return wanted


def consume(moves: Sequence[Piece]) -> list[Take]:
    """Every subtraction as parts of earlier additions, for movements about something else.

    What a movement takes of its own subject (a credit note of the invoice that it credits) is no
    payout and is left out. An overdraft is carried and taken from the next additions. The parts
    of one subtraction sum to it, as far as the account was ever filled.
    """
    purse = _Purse()
    debts: list[tuple[Piece, int]] = []
    for move in moves:
        if move.minor > 0:
            purse.parts.append((move.subject, move.minor))
            debts = [(by, purse.take(owed, by, own=False)) for by, owed in debts]
            debts = [(by, owed) for by, owed in debts if owed]
        elif move.minor < 0:
            owed = -move.minor
            if move.subject is not None:
                owed = purse.take(owed, move, own=True)
            owed = purse.take(owed, move, own=False)
            if owed:
                debts.append((move, owed))
    return purse.takes

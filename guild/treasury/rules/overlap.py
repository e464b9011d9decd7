"""Which entries of a file are booked already, whatever format showed them before.

The bank's own reference decides where both files give it: in one format, two references are two
movements, however alike they are. Across formats references differ, so the rest is compared as a
multiset by day, amount and what either side says of the payer: two equal payments of one day are
two. That no entry was taken for another is proved by the caller: what is new must make the
difference between the books and the closing balance.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from guild.treasury.rules.entries import ReadEntry

REFERENCED: Final = frozenset({"camt.053", "coda"})
"""Formats in which the bank names each movement."""
SUMS_MAX: Final = 50_000


class Known(NamedTuple):
    """An entry that is booked already."""

    reference: str
    amount_minor: int
    booked_on: date
    structured: str
    iban_last4: str
    end_to_end_id: str
    text: str
    source: str = ""
    """The format of the statement that showed it: `camt.053`, `coda`, `csv`."""


class Overlap(NamedTuple):
    """A file held against what is booked of its days."""

    new: list[ReadEntry]
    """The entries that nothing known accounts for, in the order of the file."""
    left: list[Known]
    """What is booked and not in the file."""


def overlap(entries: Sequence[ReadEntry], known: Iterable[Known], source: str = "") -> Overlap:
    """Which entries of a file of that format are new."""
    left = list(known)
    rest = _without_same_reference(entries, left)
    rest = _without_batches(rest, left)
    by_day: dict[tuple[date, int], list[Known]] = defaultdict(list)
    for one in left:
        by_day[one.booked_on, one.amount_minor].append(one)
    new: list[ReadEntry] = []
    for entry in rest:
        same_day = by_day.get((entry.booked_on, entry.amount_minor), [])
        alike = [one for one in same_day if not told_apart(entry, one, source)]
        best = max(alike, key=lambda one: likeness(entry, one), default=None)
        if best is None or likeness(entry, best) < 0:
            new.append(entry)
        else:
            same_day.remove(best)
            left.remove(best)
    return Overlap(new, left)


def explained(difference: int, after: Iterable[int]) -> bool:
    """Whether some movements after a file's end make the difference to the balance it gives.

    A file without news may end anywhere in a day, but at a balance that the account has had. With
    more sums than `SUMS_MAX` it is believed.
    """
    sums = {0}
    for amount in after:
        sums |= {one + amount for one in sums}
        if len(sums) > SUMS_MAX:
            return True
    return difference in sums


def told_apart(entry: ReadEntry, one: Known, source: str) -> bool:
    """Whether the bank itself tells them apart: in one format, each has a reference of its own.

    A reference with a stroke may be one that the reader made up, and proves nothing.
    """
    given = "/" not in entry.reference + one.reference
    same_format = source == one.source and source in REFERENCED
    return same_format and given and _bare(entry.reference) != _bare(one.reference)


def _without_same_reference(entries: Sequence[ReadEntry], left: list[Known]) -> list[ReadEntry]:
    by_reference = {(one.reference, one.amount_minor): one for one in left}
    rest = []
    for entry in entries:
        same = by_reference.pop((entry.reference, entry.amount_minor), None)
        if same is None:
            rest.append(entry)
        else:
            left.remove(same)
    return rest


def _without_batches(entries: list[ReadEntry], left: list[Known]) -> list[ReadEntry]:
    """A batch is one sum in one file and its payments in another; both name its reference.

    Where they do not, payments of one batch of a day that make one booked sum are that sum.
    """
    parts: dict[str, list[ReadEntry]] = defaultdict(list)
    wholes: dict[str, list[Known]] = defaultdict(list)
    for entry in entries:
        parts[_batch(entry.reference)].append(entry)
    for one in left:
        wholes[_batch(one.reference)].append(one)
    gone: set[str] = set()
    for key, inside in parts.items():
        if len(inside) == 1 and inside[0].reference == key:
            continue
        whole = next((one for one in left if _is_sum(one, inside)), None)
        if whole is not None:
            left.remove(whole)
            gone.update(one.reference for one in inside)
    for entry in entries:
        inside_known = [
            held for held in wholes.values()
            if len(held) > 1 and all(one in left for one in held)
            and sum(one.amount_minor for one in held) == entry.amount_minor
            and {one.booked_on for one in held} == {entry.booked_on}
        ]  # fmt: skip
        if entry.undivided and inside_known:
            for one in inside_known[0]:
                left.remove(one)
            gone.add(entry.reference)
    return [entry for entry in entries if entry.reference not in gone]


def _is_sum(one: Known, inside: list[ReadEntry]) -> bool:
    return (
        one.amount_minor == sum(entry.amount_minor for entry in inside)
        and len(inside) > 1
        and {entry.booked_on for entry in inside} == {one.booked_on}
    )


def _bare(reference: str) -> str:
    """The bank's reference without the number that keeps it unique within a file."""
    return _batch(reference.partition("#")[0])


def _batch(reference: str) -> str:
    """The reference of the booking that a payment is a part of."""
    head, colon, place = reference.rpartition(":")
    return head if colon and place.isdigit() and not reference.startswith("csv:") else reference


def likeness(entry: ReadEntry, one: Known) -> int:
    """How much two entries of one day and amount agree; below zero they contradict each other."""
    points = 0
    pairs = (
        (entry.counterparty_iban[-4:], one.iban_last4),
        (entry.structured, one.structured),
        (entry.end_to_end_id, one.end_to_end_id),
    )
    for said, known in pairs:
        if said and known:
            if said != known:
                return -1
            points += 2
    return points + (plain(entry.text) == plain(one.text))


def plain(text: str) -> str:
    """Free text without what formats change: case, spacing, punctuation."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())

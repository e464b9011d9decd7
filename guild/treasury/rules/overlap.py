"""Which entries of a file are booked already, whatever format showed them before.

The bank's own reference decides where both files give it. Across formats references differ, so the
rest is compared as a multiset by day, amount and what either side says of the payer: two equal
payments of one day are two. That no entry was taken for another is proved by the caller: what is
new must make the difference between the books and the closing balance.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from guild.treasury.rules.entries import ReadEntry


class Known(NamedTuple):
    """An entry that is booked already."""

    reference: str
    amount_minor: int
    booked_on: date
    structured: str
    iban_last4: str
    end_to_end_id: str
    text: str


def unknown(entries: Sequence[ReadEntry], known: Iterable[Known]) -> list[ReadEntry]:
    """The entries that nothing known accounts for, in the order of the file."""
    left = list(known)
    rest = _without_same_reference(entries, left)
    rest = _without_batches(rest, left)
    by_day: dict[tuple[date, int], list[Known]] = defaultdict(list)
    for one in left:
        by_day[one.booked_on, one.amount_minor].append(one)
    new: list[ReadEntry] = []
    for entry in rest:
        alike = by_day.get((entry.booked_on, entry.amount_minor), [])
        best = max(alike, key=lambda one: likeness(entry, one), default=None)
        if best is None or likeness(entry, best) < 0:
            new.append(entry)
        else:
            alike.remove(best)
    return new


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

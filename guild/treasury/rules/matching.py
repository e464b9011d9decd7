"""Which invoice an incoming payment is for: candidates with a score and the reasons for it.

Nothing is matched without a person. A rule gives points, each with its reason in words, and the
verdict says how much help the person gets: `sure` and `likely` are preselected, `possible` is
only shown. Two candidates that are equally good are never preselected: a wrong match costs a
client a reminder and the co-operative its name.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from uuid import UUID

import msgspec

from guild.core.money import Money
from guild.treasury.rules.numbers import plain_reference, references_in

REFERENCE_POINTS = 60
NUMBER_POINTS = 50
AMOUNT_POINTS = 25
NAME_POINTS = 20
CLOSE_NAME_POINTS = 10
SAME_NAME = 0.85
CLOSE_NAME = 0.6
MOST_CANDIDATES = 5

_LEGAL_FORMS = frozenset(
    [
        "bv",
        "bvba",
        "nv",
        "sa",
        "srl",
        "sprl",
        "sarl",
        "sas",
        "scrl",
        "cv",
        "sc",
        "coop",
        "vof",
        "snc",
        "gmbh",
        "ag",
        "ug",
        "kg",
        "ohg",
        "ev",
        "ltd",
        "llc",
        "plc",
        "inc",
        "spa",
        "oy",
        "ab",
        "aps",
        "as",
        "vzw",
        "asbl",
        "aisbl",
        "ivzw",
    ]
)
_WORDS = re.compile(r"[a-z0-9]+")
_NUMBER_LIKE = re.compile(r"[0-9A-Za-z][0-9A-Za-z/-]{3,33}")


class OpenInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """What matching needs to know of an issued invoice; sums in minor units."""

    invoice_id: UUID
    number: str
    reference: str
    """The structured reference printed on it, or empty."""
    total_minor: int
    open_minor: int
    """What the client still owes; zero when it is paid."""
    currency: str
    client_id: UUID
    client_name: str
    given_up: bool = False
    """Written off in whole or part: more than is open is no second payment, a person takes the
    write-off back."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """What matching needs to know of a credit on the statement."""

    amount_minor: int
    currency: str
    structured: str
    text: str
    counterparty: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice that the payment may be for."""

    invoice_id: UUID
    amount_minor: int
    """How much of the payment this invoice takes; the rest is the client's credit."""
    score: int
    verdict: str
    """`sure`, `likely`, `possible`, or `paid_twice`."""
    reasons: tuple[str, ...]


class InvoiceIndex:
    """Invoices by reference, number and open amount: an entry costs a few look-ups."""

    def __init__(self, invoices: Iterable[OpenInvoice]) -> None:
        self.by_reference: dict[str, OpenInvoice] = {}
        self.by_number: dict[str, OpenInvoice] = {}
        self.by_amount: dict[tuple[int, str], list[OpenInvoice]] = defaultdict(list)
        self.amounts: set[int] = set()
        for invoice in invoices:
            if invoice.reference:
                self.by_reference[plain_reference(invoice.reference)] = invoice
            self.by_number[plain_reference(invoice.number)] = invoice
            if invoice.open_minor > 0:
                self.by_amount[invoice.open_minor, invoice.currency].append(invoice)
                self.amounts.add(invoice.open_minor)

    def may_know(self, amount_minor: int, names: Iterable[str]) -> bool:
        """Whether any invoice has that sum or one of the names; most entries end here."""
        if amount_minor in self.amounts:
            return True
        plain = [plain_reference(name) for name in names]
        return any(name in self.by_reference or name in self.by_number for name in plain)

    def candidates(
        self, incoming: Incoming, names: Sequence[str] | None = None
    ) -> tuple[Candidate, ...]:
        """Best first, at most five; the first is preselected only if `sure` or `likely`.

        `names` are the payment's `names_of`, where the caller has them already.
        """
        named = self.named(incoming, names)
        found = dict(named)
        if all(invoice.open_minor != incoming.amount_minor for invoice, _, _ in named.values()):
            for invoice in self.by_amount.get((incoming.amount_minor, incoming.currency), ()):
                found.setdefault(invoice.invoice_id, (invoice, 0, ""))
        scored = [
            _judged(incoming, invoice, points, reason)
            for invoice, points, reason in found.values()
            if invoice.currency == incoming.currency
        ]
        kept = [one for one in scored if one.verdict]
        kept.sort(key=lambda one: (-one.score, str(one.invoice_id)))
        return _without_ties(kept)[:MOST_CANDIDATES]

    def named(
        self, incoming: Incoming, names: Sequence[str] | None = None
    ) -> dict[UUID, tuple[OpenInvoice, int, str]]:
        """Invoices that the payer named: by reference first, by number second."""
        found: dict[UUID, tuple[OpenInvoice, int, str]] = {}
        if names is None:
            names = names_of(incoming.structured, incoming.text)
        plain = [plain_reference(name) for name in names]
        for reference in plain:
            invoice = self.by_reference.get(reference)
            if invoice is not None:
                found[invoice.invoice_id] = (
                    invoice,
                    REFERENCE_POINTS,
                    f"the payment carries the reference of invoice {invoice.number}",
                )
        for number in plain:
            invoice = self.by_number.get(number)
            if invoice is not None and invoice.invoice_id not in found:
                found[invoice.invoice_id] = (
                    invoice,
                    NUMBER_POINTS,
                    f"the payment names invoice {invoice.number}",
                )
        return found


def names_of(structured: str, text: str) -> tuple[str, ...]:
    """All in a payment that could name an invoice: references, and words like numbers."""
    names = [structured] if structured else []
    if text and not text.isalpha():
        names += references_in(text)
        names += _NUMBER_LIKE.findall(text)
    return tuple(names)


def named_in(remittances: Iterable[tuple[str, str]]) -> set[str]:
    """All that could name an invoice in pairs of structured reference and free text."""
    return {name for structured, text in remittances for name in names_of(structured, text)}


def preselected(candidates: tuple[Candidate, ...]) -> Candidate | None:
    """The candidate a form may offer as the answer, or None when a person has to look."""
    if candidates and candidates[0].verdict in {"sure", "likely", "paid_twice"}:
        return candidates[0]
    return None


def _judged(incoming: Incoming, invoice: OpenInvoice, points: int, reason: str) -> Candidate:
    """One candidate with all its reasons; an empty verdict drops it."""
    reasons = [reason] if reason else []
    score, paid, owed = points, incoming.amount_minor, invoice.open_minor
    given_up = invoice.given_up and paid > owed
    if given_up:
        whole = "a part of the invoice" if owed else "the invoice"
        reasons.append(f"{whole} was given up; take that back first")
    elif owed == 0:
        reasons.append("the invoice is already paid")
    elif paid == owed:
        score += AMOUNT_POINTS
        reasons.append("the amount is exactly what is open")
    elif paid < owed:
        reasons.append(f"it pays {_text(paid, invoice)} of {_text(owed, invoice)} open")
    else:
        reasons.append(f"it is {_text(paid - owed, invoice)} more than is open")
    likeness = similarity(incoming.counterparty, invoice.client_name)
    if likeness >= SAME_NAME:
        score += NAME_POINTS
        reasons.append(f"the payer is {invoice.client_name}")
    elif likeness >= CLOSE_NAME:
        score += CLOSE_NAME_POINTS
        reasons.append(f"the payer's name is close to {invoice.client_name}")
    elif points and incoming.counterparty:
        reasons.append(f"the payer is not called {invoice.client_name}")
    return Candidate(
        invoice_id=invoice.invoice_id,
        amount_minor=min(paid, owed),
        score=score,
        verdict=_verdict(
            points, likeness, exact=paid == owed, paid_already=owed == 0, given_up=given_up
        ),
        reasons=tuple(reasons),
    )


def _verdict(
    points: int, likeness: float, *, exact: bool, paid_already: bool, given_up: bool
) -> str:
    """Named by the payer: sure, unless neither sum nor name agree. Else sum and name decide."""
    known = likeness >= CLOSE_NAME
    if points:
        if given_up:
            return "possible"
        if paid_already:
            return "paid_twice"
        return "sure" if exact or known else "possible"
    if exact and known:
        return "likely"
    return "possible" if exact else ""


def _without_ties(ordered: list[Candidate]) -> tuple[Candidate, ...]:
    """A best that another candidate contradicts becomes `possible`, as does that other.

    Two named invoices, two of one sum and name, or a named one whose sum and name say another:
    a person decides between them.
    """
    strong = [one for one in ordered if one.verdict != "possible"]
    if len(strong) < 2 or ordered[0].verdict == "possible":
        return tuple(ordered)
    return tuple(msgspec.structs.replace(one, verdict="possible") for one in ordered)


@lru_cache(maxsize=4096)
def plain_name(name: str) -> tuple[str, ...]:
    """A name as words without accents, legal form and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss")[:140])
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = _WORDS.findall(bare.replace(".", ""))
    return tuple(word for word in words if word not in _LEGAL_FORMS) or tuple(words)


@lru_cache(maxsize=4096)
def similarity(one: str, other: str) -> float:
    """How alike two names are, 0 to 1, whatever the order of their words."""
    left, right = plain_name(one), plain_name(other)
    if not left or not right:
        return 0.0
    straight = SequenceMatcher(None, " ".join(left), " ".join(right)).ratio()
    by_words = SequenceMatcher(None, " ".join(sorted(left)), " ".join(sorted(right))).ratio()
    shared = len(set(left) & set(right)) / min(len(set(left)), len(set(right)))
    contained = shared if min(len(left), len(right)) > 1 else 0.0
    return max(straight, by_words, contained * 0.9)


def _text(minor: int, invoice: OpenInvoice) -> str:
    return f"{Money(minor, invoice.currency).text} {invoice.currency}"

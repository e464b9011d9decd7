"""The published scoring formula, and how a statement becomes a commitment. Pure and exact.

Weights and values are fractions, so that anyone recomputes the same digits on any machine. The
formula (`FORMULA`) is versioned with this file; its parameters are the charter's.
Sources: Beta mean by Jøsang and Ismail (2002), Wilson score interval (1927); which entries count
by the co-operative's charter, chapter reputation.
"""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any, Final, Literal

from msgspec import Struct

FORMULA: Final = (
    "mean = (positive + alpha) / (weight + alpha + beta); "
    "lower = Wilson lower bound of positive out of weight at z; "
    "an entry has weight 0 when the same owner stands behind both sides, or when work went round "
    "in a circle: by published entries of the window, each read as `this owner worked for that "
    "one`, one comes back from its client's owner to its freelancer's"
)
FORMULA_VERSION: Final = 2
"""2: same owners and circles have no weight, and one owner is one counterparty."""
COMMIT_TAG: Final = b"guild/commit/v1\x00"
SALT_SIZE: Final = 32
DISPUTE_MONTHS: Final = 6
"""An entry can be disputed for six months after it was published (domain rule 37)."""
RULING_DAYS: Final = 14
"""A rep answers a dispute in writing within 14 days (domain rule 37; Directive (EU) 2024/2831)."""
RETALIATION_DAYS: Final = 90
"""A client's statement this soon after the member disputed an earlier one is checked first."""
ATTEST_DAYS: Final = 30
"""Both sides can speak until 30 days after the contract was completed."""
PLACES: Final = Decimal("0.0001")
SHOWN: Final = Decimal("0.01")
"""Weights and sums are shown to two places; they are reckoned exactly."""

Side = Literal["freelancer", "client"]
Standing = Literal["published", "contested", "struck", "erased"]


class ScoringRules(Struct, frozen=True, kw_only=True):
    """The charter's parameters for one score; weights in basis points per rated side."""

    charter_version: int
    window_months: int
    min_projects: int
    min_clients: int
    weights: dict[str, dict[str, int]]
    max_share_per_counterparty_bps: int
    prior_alpha: int
    prior_beta: int
    confidence_z: str


class Entry(Struct, frozen=True, kw_only=True):
    """One published statement, as far as the formula sees it."""

    commitment: str
    owner: str
    """Who stands behind the subject."""
    counterparty: str
    """Who stands behind the author: two firms of one owner are one counterparty."""
    contract: str
    period: str
    """Month of the statement, `2026-11`: coarse on purpose, it is public."""
    answers: dict[str, bool]
    standing: Standing


class Weighed(Struct, frozen=True, kw_only=True):
    """What one entry does to the score."""

    entry: Entry
    value: Fraction
    """Share of what was affirmed, by the weights of the questions answered: 0 to 1."""
    weight: Fraction
    """How much it counts: 1, less where one counterparty would hold too large a share, or 0."""
    excluded: str
    """Why it does not count; empty when it does."""


class Score(Struct, frozen=True, kw_only=True):
    """A score, or `new` below the charter's minimum: never a low score for lack of evidence."""

    state: Literal["scored", "new"]
    mean: Decimal | None
    lower: Decimal | None
    positive: Fraction
    weight: Fraction
    projects: int
    counterparties: int
    entries: tuple[Weighed, ...]


def month_of(moment: date | datetime) -> str:
    """The month in which a moment falls, as `2026-11`."""
    return f"{moment.year:04d}-{moment.month:02d}"


def months_between(earlier: str, later: str) -> int:
    """Whole calendar months from one month to another."""
    return _month_number(later) - _month_number(earlier)


def _month_number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number)


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one encoding that is hashed: JSON in UTF-8, keys sorted, no spaces, no floats.

    Raises ``TypeError`` for a value with more than one spelling.
    """
    _refuse_floats(content)
    return json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a float has more than one spelling and is never hashed")
    if isinstance(value, Mapping):
        for part in value.values():
            _refuse_floats(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _refuse_floats(part)


def commitment(salt: bytes, payload: bytes) -> bytes:
    """Commit to a payload: whoever lacks the salt learns nothing, nobody can change it later."""
    assert len(salt) == SALT_SIZE
    return hashlib.sha256(COMMIT_TAG + salt + payload).digest()


def rules_hash(rules: Mapping[str, Any]) -> str:
    """What the log says of the scoring rules of one charter version."""
    return digest(canonical(rules))


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def value_of(answers: Mapping[str, bool], weights: Mapping[str, int]) -> Fraction | None:
    """Weighted share of the answered questions that were affirmed; None if none has weight.

    A question left open takes no part: absence costs nothing.
    """
    asked = sum(weights.get(question, 0) for question in answers)
    if asked == 0:
        return None
    affirmed = sum(weights.get(question, 0) for question, yes in answers.items() if yes)
    return Fraction(affirmed, asked)


def capped(weights: Mapping[str, Fraction], share_bps: int) -> dict[str, Fraction]:
    """Weights per counterparty, cut so that none holds more than the share of the cut total.

    With fewer counterparties than the share allows for (three at 25 %), the share is an equal one.
    The largest are levelled down, never the others up.
    """
    if not weights:
        return {}
    share = max(Fraction(share_bps, 10_000), Fraction(1, len(weights)))
    largest_first = sorted(weights.values(), reverse=True)
    level = largest_first[0]
    for cut in range(len(largest_first)):
        rest = sum(largest_first[cut:], Fraction(0))
        level = share * rest / (1 - cut * share)
        if largest_first[cut] <= level:
            break
    return {name: min(weight, level) for name, weight in weights.items()}


def beta_mean(positive: Fraction, weight: Fraction, alpha: int, beta: int) -> Fraction:
    """Expected share of promises kept, given the evidence and the prior."""
    return (positive + alpha) / (weight + alpha + beta)


def wilson_lower(positive: Fraction, weight: Fraction, z: str) -> Decimal:
    """Lower bound of the Wilson score interval: what the evidence supports at confidence z."""
    if positive == 0:
        return Decimal(0)  # exactly: a root of 60 digits leaves a trace of 1e-61
    with localcontext() as context:
        context.prec = 60
        count, good, quantile = _decimal(weight), _decimal(positive / weight), Decimal(z)
        square = quantile * quantile
        spread = quantile * (good * (1 - good) / count + square / (4 * count * count)).sqrt()
        lower = (good + square / (2 * count) - spread) / (1 + square / count)
        return max(lower, Decimal(0))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def rounded(value: Fraction | Decimal) -> Decimal:
    """Four places, half up: as scores are stored, shown and compared."""
    with localcontext() as context:
        context.prec = 60
        exact = _decimal(value) if isinstance(value, Fraction) else value
        return exact.quantize(PLACES, rounding=ROUND_HALF_UP)


Relation = tuple[str, str]
"""Two owners: the first worked for the second."""


def relation_of(entry: Entry, side: Side) -> Relation:
    """Who worked for whom, whichever of the two the entry is about."""
    pair = (entry.owner, entry.counterparty)
    return pair if side == "freelancer" else pair[::-1]


def relations_of(
    entries: Iterable[tuple[Side, Entry]], rules: ScoringRules, as_of: str
) -> set[Relation]:
    """The dealings that circles are looked for in: of every published entry of the window."""
    return {
        relation_of(entry, side)
        for side, entry in entries
        if not _out_of_time(entry, rules.window_months, as_of)
    }


def circular(relations: Iterable[Relation]) -> frozenset[Relation]:
    """The relations that lie on a circle of two or more owners: A worked for B, and B, or
    somebody for whom B worked, and so on, worked for A (domain rule 39).

    Both ends of such a relation lie in one strongly connected component (Kosaraju's two passes).
    """
    forth: dict[str, list[str]] = {}
    back: dict[str, list[str]] = {}
    for worker, principal in set(relations):
        forth.setdefault(worker, []).append(principal)
        back.setdefault(principal, []).append(worker)
        forth.setdefault(principal, [])
    component: dict[str, str] = {}
    for root in reversed(_finished(forth)):
        todo = [root]
        while todo:
            here = todo.pop()
            if here not in component:
                component[here] = root
                todo += back.get(here, [])
    return frozenset(
        (worker, principal)
        for worker, principals in forth.items()
        for principal in principals
        if worker != principal and component[worker] == component[principal]
    )


def _finished(forth: Mapping[str, Sequence[str]]) -> list[str]:
    """Every owner in the order in which a walk in depth leaves it for good."""
    seen: set[str] = set()
    left: list[str] = []
    for start in sorted(forth):
        todo = [(start, False)]
        while todo:
            here, over = todo.pop()
            if over:
                left.append(here)
            elif here not in seen:
                seen.add(here)
                todo.append((here, True))
                todo += [(one, False) for one in forth[here]]
    return left


def _out_of_time(entry: Entry, window_months: int, as_of: str) -> str:
    if entry.standing != "published":
        return entry.standing
    age = months_between(entry.period, as_of)
    if age < 0:
        return "later"
    return "too_old" if age >= window_months else ""


def _why_not(entry: Entry, relation: Relation, circles: Container[Relation]) -> str:
    if entry.owner == entry.counterparty:
        return "same_owner"
    return "ring" if relation in circles else ""


def score(
    entries: Iterable[Entry],
    side: Side,
    rules: ScoringRules,
    as_of: str,
    circles: Container[Relation] = frozenset(),
) -> Score:
    """The score of one side from all its entries, as of a month.

    An entry counts in its own month and the ``window_months - 1`` that follow. `circles` are the
    relations in which work went round in a circle (see `circular`), among all entries of all.
    """
    judged: list[tuple[Entry, Fraction, str]] = []
    for entry in entries:
        value = value_of(entry.answers, rules.weights[side])
        why_not = (
            _out_of_time(entry, rules.window_months, as_of)
            or ("no_answer" if value is None else "")
            or _why_not(entry, relation_of(entry, side), circles)
        )
        judged.append((entry, value or Fraction(0), why_not))
    totals: dict[str, Fraction] = {}
    for entry, _, why_not in judged:
        if not why_not:
            totals[entry.counterparty] = totals.get(entry.counterparty, Fraction(0)) + 1
    cut = capped(totals, rules.max_share_per_counterparty_bps)
    weighed = tuple(
        Weighed(
            entry=entry,
            value=value,
            weight=Fraction(0) if why_not else cut[entry.counterparty] / totals[entry.counterparty],
            excluded=why_not,
        )
        for entry, value, why_not in judged
    )
    return _summed(weighed, rules)


def _summed(weighed: Sequence[Weighed], rules: ScoringRules) -> Score:
    counted = [one for one in weighed if not one.excluded]
    positive = sum((one.weight * one.value for one in counted), Fraction(0))
    weight = sum((one.weight for one in counted), Fraction(0))
    projects = len({one.entry.contract for one in counted})
    counterparties = len({one.entry.counterparty for one in counted})
    enough = projects >= rules.min_projects and counterparties >= rules.min_clients
    mean = beta_mean(positive, weight, rules.prior_alpha, rules.prior_beta)
    return Score(
        state="scored" if enough else "new",
        mean=rounded(mean) if enough else None,
        lower=rounded(wilson_lower(positive, weight, rules.confidence_z)) if enough else None,
        positive=positive,
        weight=weight,
        projects=projects,
        counterparties=counterparties,
        entries=tuple(weighed),
    )


def published(score: Score, side: Side, subject: str) -> dict[str, Any]:
    """A score as the public files hold it: exact sums as fractions, results to four places."""
    return {
        "side": side,
        "subject": subject,
        "state": score.state,
        "mean": None if score.mean is None else str(score.mean),
        "lower": None if score.lower is None else str(score.lower),
        "positive": str(score.positive),
        "weight": str(score.weight),
        "projects": score.projects,
        "counterparties": score.counterparties,
    }

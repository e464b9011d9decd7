"""The checklist, what the machine may point out, and what findings amount to. Pure.

Sources: Good Work Code, National Domestic Workers Alliance (2015), for the eight principles; the
criteria are in our own words in `data/checklist.json`. Two thresholds each, “the second point only
with the first”, evidence for each point and a yearly term: after Fairwork (Cloudwork principles,
June 2024). How many basic points a label needs, and which it cannot do without, the charter says
(`compliance.label_basic_points`, `compliance.label_essential`); a denied basic point stands against
it in any case.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

REVIEW_BUSINESS_DAYS: Final = 2
"""A contract review is answered within two working days (journal of the reps, voted)."""
CONFLICT_MONTHS: Final = 24
"""How long a shared client or contract counts as a tie."""
LONG_TERM_DAYS: Final = 30
LIMIT_TERM_DAYS: Final = 60
"""Directive 2011/7/EU, article 3(5): more only if expressly agreed and not grossly unfair."""


class Threshold(StrEnum):
    """The two points of a principle."""

    BASIC = "basic"
    ADVANCED = "advanced"


class Verdict(StrEnum):
    """What a rep can find. No evidence is an answer of its own and never counts against anyone."""

    MET = "met"
    NOT_MET = "not_met"
    NO_EVIDENCE = "no_evidence"


class Principle(msgspec.Struct, frozen=True, kw_only=True):
    """One of the eight, with what each threshold asks."""

    code: str
    title: str
    asks: str
    basic: str
    advanced: str

    def criterion(self, threshold: str) -> str:
        """What the threshold asks, in a sentence."""
        return self.basic if threshold == Threshold.BASIC else self.advanced


class Checklist(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the criteria; old labels keep theirs."""

    version: int
    valid_from: date
    source: str
    principles: tuple[Principle, ...]

    def principle(self, code: str) -> Principle:
        """The principle by its code; a programming error if there is none."""
        return next(principle for principle in self.principles if principle.code == code)


@cache
def checklist() -> Checklist:
    """The criteria in force."""
    text = files("guild.compliance").joinpath("data/checklist.json").read_bytes()
    return msgspec.json.decode(text, type=Checklist)


PRINCIPLE_CODES: Final = (
    "safety", "stability_flexibility", "transparency", "shared_prosperity", "fair_pay",
    "inclusion_input", "support_connection", "growth_development",
)  # fmt: skip
PrincipleCode = Literal[
    "safety", "stability_flexibility", "transparency", "shared_prosperity", "fair_pay",
    "inclusion_input", "support_connection", "growth_development",
]  # fmt: skip


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a rep found about one threshold."""

    principle: str
    threshold: str
    verdict: str
    evidence: str


def without_evidence(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Those that say “met” and do not say by what."""
    return [j for j in judgements if j.verdict == Verdict.MET and not j.evidence.strip()]


def advanced_without_basic(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Advanced points that are met although their basic point is not."""
    basic = {
        j.principle
        for j in judgements
        if j.threshold == Threshold.BASIC and j.verdict == Verdict.MET
    }
    return [
        j
        for j in judgements
        if j.threshold == Threshold.ADVANCED
        and j.verdict == Verdict.MET
        and j.principle not in basic
    ]


def unanswered(judgements: Iterable[Judgement]) -> list[str]:
    """Principles whose basic threshold nobody has answered, in the order of the list."""
    answered = {j.principle for j in judgements if j.threshold == Threshold.BASIC}
    return [code for code in PRINCIPLE_CODES if code not in answered]


def points(judgements: Sequence[Judgement]) -> dict[str, int]:
    """0, 1 or 2 per principle; the second only with the first."""
    met = {(j.principle, j.threshold) for j in judgements if j.verdict == Verdict.MET}
    return {
        code: 0 if (code, Threshold.BASIC) not in met else 1 + ((code, Threshold.ADVANCED) in met)
        for code in PRINCIPLE_CODES
    }


def why_not_granted(
    judgements: Sequence[Judgement], *, points_needed: int, essential: Sequence[str]
) -> list[str]:
    """What stands against a label, one sentence each; empty when it may be granted.

    The charter's terms: how many basic points must be met, and which principles are essential.
    """
    book = checklist()
    scored = points(judgements)
    reasons = [
        f"{book.principle(j.principle).title}: the basic point is not met."
        for j in judgements
        if j.threshold == Threshold.BASIC and j.verdict == Verdict.NOT_MET
    ]
    reasons += [
        f"{book.principle(code).title}: there is no evidence, and a label cannot do without it."
        for code in essential
        if scored[code] == 0
        and not any(
            j.principle == code and j.threshold == Threshold.BASIC and j.verdict == Verdict.NOT_MET
            for j in judgements
        )
    ]
    reached = sum(1 for score in scored.values() if score)
    if reached < points_needed:
        reasons.append(
            f"{reached} of {len(PRINCIPLE_CODES)} basic points are met; "
            f"a label needs {points_needed}."
        )
    return reasons


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last one (31 January + 1 month = 28 February)."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def ties_since(now: datetime) -> datetime:
    """From when on a shared client or contract is a tie."""
    day = months_after(now.date(), -CONFLICT_MONTHS)
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)


SUM_PATTERN: Final = re.compile(
    r"(?:€|\$|£|\b[A-Z]{3}\b)\s?\d|\d\s?(?:€|\$|£|\b(?:EUR|USD|GBP|CHF|euros?|dollars?)\b)",
    re.IGNORECASE,
)


def tells_too_much(reasons: str, names: Iterable[str]) -> str:
    """What public reasons give away: a name of the case or a sum; an empty string when nothing."""
    folded = reasons.casefold()
    for name in names:
        if len(name.strip()) > 2 and name.strip().casefold() in folded:
            return "a name"
    return "a sum of money" if SUM_PATTERN.search(reasons) else ""


class ContractFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine can see of a contract."""

    payment_term_days: int
    milestones: int
    milestones_dated: int
    notice_days: int
    kill_fee_bps: int
    rights: str
    hourly_minor: int | None
    currency: str
    guaranteed: bool
    law_findings: tuple[tuple[str, str, str], ...] = ()
    """Article, outcome and sentence of each statutory check when the contract was sent."""


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the machine points out: it warns and never decides."""

    shape: Literal["done", "look", "stop"]
    title: str
    sentence: str
    rule: str
    principle: str


def pointers(facts: ContractFacts) -> list[Pointer]:
    """What to look at first, the worst first."""
    found = [_term(facts), _dates(facts), _early_end(facts), _rights(facts), _guarantee(facts)]
    found += [
        Pointer(
            shape="stop" if outcome == "missing" else "look",
            title="Law" if outcome == "missing" else "Look at the law",
            sentence=sentence,
            rule=rule,
            principle="transparency",
        )
        for rule, outcome, sentence in facts.law_findings
        if outcome in {"missing", "warning"}
    ]
    return sorted(found, key=lambda pointer: ("stop", "look", "done").index(pointer.shape))


def _term(facts: ContractFacts) -> Pointer:
    days = facts.payment_term_days
    shape: Literal["done", "look", "stop"] = (
        "done" if days <= LONG_TERM_DAYS else "look" if days <= LIMIT_TERM_DAYS else "stop"
    )
    titles = {"done": "Short term", "look": "Long term", "stop": "Term beyond the limit"}
    return Pointer(
        shape=shape,
        title=titles[shape],
        sentence=f"The client pays within {days} days.",
        rule="Directive 2011/7/EU, articles 3 and 4: 30 days, 60 if agreed",
        principle="fair_pay",
    )


def _dates(facts: ContractFacts) -> Pointer:
    whole = 0 < facts.milestones == facts.milestones_dated
    return Pointer(
        shape="done" if whole else "look",
        title="Dates are fixed" if whole else "Dates are open",
        sentence=f"{facts.milestones_dated} of {facts.milestones} deliveries have a date.",
        rule="Checklist: stability and flexibility, basic",
        principle="stability_flexibility",
    )


def _early_end(facts: ContractFacts) -> Pointer:
    paid = facts.kill_fee_bps > 0
    return Pointer(
        shape="done" if paid or facts.notice_days > 0 else "look",
        title="Early end is regulated" if paid or facts.notice_days else "Early end is open",
        sentence=(
            f"Notice: {facts.notice_days} days. Work called off is paid at "
            f"{facts.kill_fee_bps / 100:g} %."
        ),
        rule="Checklist: stability and flexibility, both thresholds",
        principle="stability_flexibility",
    )


def _rights(facts: ContractFacts) -> Pointer:
    known = bool(facts.rights)
    return Pointer(
        shape="done" if known else "look",
        title="Rights follow payment" if known else "Rights are not regulated",
        sentence=facts.rights.replace("_", " ").capitalize() + "."
        if known
        else "The contract does not say when rights in the work pass.",
        rule="Checklist: shared prosperity, basic",
        principle="shared_prosperity",
    )


def _guarantee(facts: ContractFacts) -> Pointer:
    return Pointer(
        shape="done" if facts.guaranteed else "look",
        title="Guaranteed" if facts.guaranteed else "Not guaranteed",
        sentence="The fund pays if the client is late."
        if facts.guaranteed
        else "The member is paid when the client pays.",
        rule="Charter: guarantee",
        principle="fair_pay",
    )

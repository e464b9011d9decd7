"""How long a contract is kept, by which rule, and what is told of its erasure.

A signed contract is kept for the years of the laws that cover it, and never less than the house's
own; an offer that nobody signed as long as its negotiation can be argued about; a draft that
nobody saw not at all. The house's rules are dated data (`data/keeping`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from guild.contracts.rules.canonical import canonical
from guild.contracts.rules.law import LawUnknownError, Mark, RuleSet

OPEN: Final = frozenset({"draft", "sent", "changes_requested", "signed", "suspended"})
"""States in which a contract still runs or may still be signed: nothing of it is erased."""
LEAF_KIND: Final = "contract_erased"
HOUSE_NAMES: Final = {
    "house/signed": "the co-op’s rule for signed contracts",
    "house/not-signed": "the co-op’s rule for offers that nobody signed",
    "house/never-offered": "the co-op’s rule for drafts that nobody else saw",
}
GONE_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "contract_evidence": ("entry of evidence", "entries of evidence"),
    "contract_offer": ("version as it was sent", "versions as they were sent"),
    "contract_signer": ("person who answers for the client", "persons who answer for the client"),
    "contract_paper": ("paper of the client’s own", "papers of the client’s own"),
    "contract_remark": ("remark", "remarks"),
    "contract_case": ("dispute", "disputes"),
    "contract_cost": ("cost", "costs"),
    "contract_charge": ("charge", "charges"),
    "contract_ending": ("closing statement", "closing statements"),
    "contract_voiding": ("request to make it void", "requests to make it void"),
    "delivery": ("delivery", "deliveries"),
    "delivery_file": ("delivered file", "delivered files"),
    "rep_task": ("question to a representative", "questions to representatives"),
    "signature_request": ("request for a signature", "requests for a signature"),
    "signing_objection": ("objection to a signature", "objections to a signature"),
    "time_entry": ("note of time worked", "notes of time worked"),
    "time_sheet": ("month of time and costs", "months of time and costs"),
}
"""What is called how, one and many, when a person is told that it was erased; by its table."""


class HouseRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a rule of the house, for the days on which it is in force."""

    id: Literal["house/signed", "house/not-signed", "house/never-offered"]
    valid_from: date
    valid_to: date | None
    years: int
    counts_from: Literal["signature", "closing"]
    article: str
    source: str
    mark: Mark = ""


class _HouseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    rules: tuple[HouseRule, ...]


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """What counts of a contract: its state, and the days of its offer, signature and end."""

    state: str
    sent_on: date | None
    signed_on: date | None
    closed_on: date
    retain_until: date | None
    retain_rule: str | None


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """Until when, and why. `until` is None while the contract is open: then it simply stays."""

    until: date | None
    rule: str
    article: str
    source: str

    def over(self, today: date) -> bool:
        """Whether it may be erased on that day; the last day is still kept."""
        return self.until is not None and self.until < today


@cache
def house_rules() -> tuple[HouseRule, ...]:
    """The house's rules, from their data file."""
    place = files("guild.contracts") / "data" / "keeping" / "house.json"
    return msgspec.json.decode(place.read_bytes(), type=_HouseFile).rules


def rule_names(sets: Sequence[RuleSet]) -> dict[str, str]:
    """What each rule is called for people, by its id."""
    return {**{rules.id: rules.title for rules in sets}, **HOUSE_NAMES}


def unread_rules(sets: Sequence[RuleSet]) -> frozenset[str]:
    """Ids of the rules of which a version was not yet compared with its source."""
    laws = {
        rules.id for rules in sets for law in rules.versions
        if law.retention is not None and law.retention.mark == "mem"
    }  # fmt: skip
    return frozenset(laws | {rule.id for rule in house_rules() if rule.mark == "mem"})


def house_rule(name: str, day: date) -> HouseRule:
    """The version of a rule in force on a day; raises LawUnknownError when there is none."""
    for rule in house_rules():
        if (
            rule.id == name
            and rule.valid_from <= day
            and (rule.valid_to is None or day <= rule.valid_to)
        ):
            return rule
    raise LawUnknownError(f"{name}: nothing is known for {day.isoformat()}")


def keeping(life: Life, sets: Sequence[RuleSet]) -> Keeping:
    """Until when this contract is kept, by which rule.

    A signed one is kept for its years from the day it ended, since disputes count from there; the
    day that was fixed at the signature is never shortened.
    """
    if life.state in OPEN:
        return Keeping(until=None, rule="", article="", source="")
    if life.signed_on is not None:
        assert life.retain_until is not None, "fixed at the signature; a guard keeps it"
        ran = max(timedelta(0), life.closed_on - life.signed_on)
        name = life.retain_rule or "house/signed"
        article, source = _cited(name, life.signed_on, sets)
        return Keeping(until=life.retain_until + ran, rule=name, article=article, source=source)
    rule = house_rule("house/not-signed" if life.sent_on else "house/never-offered", life.closed_on)
    until = years_later(life.closed_on, rule.years) - timedelta(days=rule.years == 0)
    return Keeping(until=until, rule=rule.id, article=rule.article, source=rule.source)


def _cited(name: str, day: date, sets: Sequence[RuleSet]) -> tuple[str, str]:
    for rules in sets:
        law = rules.on(day) if rules.id == name else None
        if law is not None and law.retention is not None:
            return law.retention.article, law.source
    rule = house_rule("house/signed", day)
    return rule.article, rule.source


def years_later(day: date, years: int) -> date:
    """The same day years later; of 29 February the day after."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, month=3, day=1)


def proof_of(
    *,
    number: str,
    keeping: Keeping,
    erased_on: date,
    counts: Mapping[str, int],
    files_erased: int,
    fingerprints: Mapping[str, object],
) -> bytes:
    """What is said of an erasure, as canonical JSON: what, when, by which rule; no personal data.

    The public log keeps its SHA-256, so that it can neither be changed nor made up later.
    """
    assert keeping.until is not None, "only what is over is erased"
    return canonical(
        {
            "encoding": "guild-erasure/1",
            "number": number,
            "rule": {
                "id": keeping.rule,
                "article": keeping.article,
                "source": keeping.source,
                "kept_until": keeping.until.isoformat(),
            },
            "erased_on": erased_on.isoformat(),
            "rows": dict(counts),
            "files": files_erased,
            "fingerprints": dict(fingerprints),
        }
    )

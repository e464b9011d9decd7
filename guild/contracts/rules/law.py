"""Laws as dated data: what `data/protections/*.json` holds, with article, source and validity.

A law that changed gets a second version with its own days; nothing is overwritten, so that an old
contract can always be checked against the law of its day.
"""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec


class LawUnknownError(Exception):
    """No data covers the day: laws are never silently carried on beyond their last known day."""


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """The law applies from this sum, over the same pair's contracts of the last days."""

    minor: int
    currency: str
    window_days: int
    article: str


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """Something the written contract has to say."""

    id: Literal["names_and_addresses", "services_itemised", "pay_date", "services_list_date"]
    article: str


class TermLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How late the agreed payment may be, by kind of client."""

    client_kind: str
    days: int
    beyond: Literal["never", "expressly_agreed", "objective_reason"]
    absolute_days: int | None
    article: str


class PaymentLaw(msgspec.Struct, frozen=True, kw_only=True):
    """When the client has to pay at the latest."""

    default_days: int
    default_from: Literal["completion", "invoice"]
    limits: tuple[TermLimit, ...]
    article: str


class AfterStart(msgspec.Struct, frozen=True, kw_only=True):
    """What may not change any more once the work has begun."""

    no_lower_pay: bool
    no_more_work: bool
    article: str


class LatePayment(msgspec.Struct, frozen=True, kw_only=True):
    """What a late client owes on top; a contract may not take it away."""

    interest_points_over_reference: int
    flat_minor: int
    currency: str
    article: str


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """How long checking the work may take."""

    max_days: int
    article: str


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long the contract is kept."""

    years: int
    article: str


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a law, for the days on which it is in force."""

    valid_from: date
    valid_to: date | None
    source: str
    regions: tuple[str, ...]
    zone: tuple[str, ...]
    client_kinds: tuple[str, ...]
    professions_covered: tuple[str, ...]
    professions_excluded: tuple[str, ...]
    threshold: Threshold | None
    elements: tuple[Element, ...]
    payment: PaymentLaw
    after_start: AfterStart | None
    late_payment: LatePayment | None
    acceptance: Acceptance | None
    retention: Retention | None


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A jurisdiction's law through time."""

    id: str
    title: str
    note: str
    versions: tuple[Law, ...]

    def on(self, day: date) -> Law | None:
        """The version in force; None before the first; raises LawUnknownError after the last."""
        for law in self.versions:
            if law.valid_from <= day and (law.valid_to is None or day <= law.valid_to):
                return law
        if day < min(law.valid_from for law in self.versions):
            return None
        raise LawUnknownError(f"{self.title}: nothing is known for {day.isoformat()}")


@cache
def rule_sets() -> tuple[RuleSet, ...]:
    """The laws that Guild knows, from its dated data files."""
    folder = files("guild.contracts") / "data" / "protections"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    return tuple(
        msgspec.json.decode(entry.read_bytes(), type=RuleSet)
        for entry in sorted(found, key=lambda entry: entry.name)
    )

"""Laws as dated data: what `data/protections/*.json` holds, with article, source and validity.

A law that changed gets a second version with its own days; nothing is overwritten, so that an old
contract can always be checked against the law of its day.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from guild.contracts.rules.canonical import canonical, sha256


class LawUnknownError(Exception):
    """No data covers the day: laws are never silently carried on beyond their last known day."""


Mark = Literal["", "mem", "derived"]
"""How sure a fact is: read in its source, known but not looked up, or worked out from others."""
MARKS: Final[Mapping[str, str]] = {
    "": "",
    "mem": "Source not yet checked: nobody has compared this with the text of the law.",
    "derived": "Source worked out: this follows from other figures, it was not read in the law.",
}
"""What a person is told of it."""


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """The law applies from this sum, over the contracts of the same pair in a window.

    `rolling_days` looks back that many days, `consecutive_days` counts the day itself as the last
    of them, `calendar_year` is the year of the day.
    """

    minor: int
    currency: str
    window: Literal["rolling_days", "consecutive_days", "calendar_year"]
    days: int | None
    article: str
    mark: Mark = ""

    def first_day(self, on: date) -> date:
        """The first day whose contracts count for a contract of `on`."""
        if self.window == "calendar_year":
            return on.replace(month=1, day=1)
        assert self.days, "a window in days names them"
        return on - timedelta(days=self.days - (self.window == "consecutive_days"))

    @property
    def words(self) -> str:
        """The window as a person says it."""
        return {
            "calendar_year": "this calendar year",
            "rolling_days": f"the last {self.days} days",
            "consecutive_days": f"{self.days} days in a row",
        }[self.window]


ElementId = Literal[
    "names_and_addresses", "phone_and_email", "services_itemised", "pay_date",
    "services_list_date", "work_place", "expenses_said", "nature", "works_named",
    "rights_spelt_out", "transferability", "reporting",
]  # fmt: skip


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """Something the written contract has to say."""

    id: ElementId
    article: str
    mark: Mark = ""


class TermLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How late the agreed payment may be, by kind of client.

    `counts_from` is filled where the law counts from completion whatever the parties say; `only_if`
    says in words when the limit holds where Guild cannot know: then it warns.
    """

    client_kind: str
    days: int
    beyond: Literal["never", "expressly_agreed", "objective_reason"]
    absolute_days: int | None
    counts_from: Literal["", "completion"] = ""
    only_if: str = ""
    article: str
    mark: Mark = ""


class PaymentLaw(msgspec.Struct, frozen=True, kw_only=True):
    """When the client has to pay at the latest."""

    default_days: int
    default_from: Literal["completion", "invoice"]
    limits: tuple[TermLimit, ...]
    article: str
    mark: Mark = ""


class AfterStart(msgspec.Struct, frozen=True, kw_only=True):
    """What may not change any more once the work has begun."""

    no_lower_pay: bool
    no_more_work: bool
    article: str
    mark: Mark = ""


class LatePayment(msgspec.Struct, frozen=True, kw_only=True):
    """What a late client owes on top; a contract may not take it away."""

    interest_points_over_reference: int
    reference: str
    rounding: Literal["none", "up_to_half_point"]
    rate_of: Literal["half_year", "payment_day"]
    flat_minor: int
    currency: str
    article: str
    mark: Mark = ""


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """How long checking the work may take."""

    max_days: int
    article: str
    mark: Mark = ""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long the contract is kept."""

    years: int
    both_parties: bool = False
    article: str
    mark: Mark = ""


class Law(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a law, for the days on which it is in force.

    `cities` narrows `regions` to an address in one of them. Any one of `thresholds` is enough.
    """

    valid_from: date
    valid_to: date | None
    source: str
    regions: tuple[str, ...]
    cities: tuple[str, ...] = ()
    zone: tuple[str, ...]
    client_kinds: tuple[str, ...]
    professions_covered: tuple[str, ...]
    professions_excluded: tuple[str, ...]
    covers: str = ""
    thresholds: tuple[Threshold, ...]
    elements: tuple[Element, ...]
    payment: PaymentLaw | None
    after_start: AfterStart | None
    late_payment: LatePayment | None
    acceptance: Acceptance | None
    retention: Retention | None


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of which law a contract was checked by, and the fingerprint of its data."""

    id: str
    valid_from: date
    sha256: str


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


def versions_on(day: date, sets: Sequence[RuleSet]) -> tuple[RuleVersion, ...]:
    """The versions in force on a day; raises LawUnknownError when a law's data ends before it."""
    known = [(rules.id, rules.on(day)) for rules in sets]
    return tuple(
        RuleVersion(id=name, valid_from=law.valid_from, sha256=sha256(canonical(law)))
        for name, law in known
        if law is not None
    )


@cache
def rule_sets() -> tuple[RuleSet, ...]:
    """The laws that Guild knows, from its dated data files."""
    folder = files("guild.contracts") / "data" / "protections"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    return tuple(
        msgspec.json.decode(entry.read_bytes(), type=RuleSet)
        for entry in sorted(found, key=lambda entry: entry.name)
    )

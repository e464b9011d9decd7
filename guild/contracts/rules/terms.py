"""What the two sides agree on, as one typed value with canonical bytes.

All money is net, in minor units of `Terms.currency`; shares are basis points. `problems` lists
where terms contradict themselves; what the law asks for is `protections.py`.
"""

from datetime import date
from typing import Final, Literal

import msgspec

from guild.contracts.rules.canonical import canonical, sha256
from guild.contracts.rules.deals import (
    Deal,
    Licence,
    Milestones,
    MilestoneTerms,
    Retainer,
    TimeAndMaterials,
    schedule,
)

SCHEMA: Final = "guild.contract.terms/2"

Profession = Literal[
    "writing", "translation", "editing", "illustration", "graphic_design", "fine_art",
    "photography", "video", "marketing", "human_resources", "travel_agency", "grant_writing",
    "crafts", "software", "consulting", "teaching", "music", "performance", "construction",
    "legal_practice", "licensed_medicine", "sales_representation", "other",
]  # fmt: skip
"""What kind of work it is: some laws cover a list of professions, others exclude some."""


ClientKind = Literal["company", "public_body", "consumer"]
"""What a client can be (`members.models.Organisation.kind`)."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One side, with the mailing address that several laws ask for."""

    name: str
    kind: Literal["person", "company", "public_body", "consumer"]
    country: str
    region: str = ""
    """ISO 3166-2 where law differs inside a country, such as `US-NY`."""
    street: str = ""
    postcode: str = ""
    city: str = ""
    email: str = ""
    phone: str = ""

    @property
    def has_address(self) -> bool:
        """Whether a letter would arrive."""
        return bool(self.name and self.street and self.city and self.country)


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One itemised service: its value, and the rate and method that lead to it."""

    text: str
    value_minor: int
    method: Literal["fixed", "hour", "day", "unit"] = "fixed"
    rate_minor: int | None = None
    quantity_hundredths: int | None = None
    """How many hours, days or units, times 100 (7.5 days = 750)."""

    @property
    def is_itemised(self) -> bool:
        """Whether value, rate and method are all there."""
        return bool(self.text) and (
            self.method == "fixed"
            or (self.rate_minor is not None and self.quantity_hundredths is not None)
        )


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """When the client pays, and what the parties said about a long term."""

    term_days: int | None
    counts_from: Literal["invoice", "completion"] = "invoice"
    services_list_due: str = ""
    """By when the member must hand in the list of services: a date, or how it is found."""
    long_term_agreed: bool = False
    """A term beyond the ordinary limit was expressly agreed and is not unfair to the member."""
    long_term_reason: str = ""
    """Why a public body needs longer, objectively."""
    interest_excluded: bool = False
    """The draft takes away interest or recovery costs on late payment."""


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """Who may use the work, for what, where, how long, and from when.

    `territory` empty is not limited by place, `term_months` None not by time.
    """

    kind: Literal["transfer_on_payment", "licence_on_payment", "stays_with_member"]
    scope: str = ""
    territory: str = ""
    term_months: int | None = None
    exclusive: bool = False
    transferable: bool | None = None
    """Whether the client may pass the licence on; None when the contract does not say."""
    report_months: int | None = None
    """How often the client reports on use that earns further money."""


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """The law that governs the contract."""

    country: str
    region: str = ""


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """A further clause in words, with what it means in practice."""

    heading: str
    text: str
    practice: str = ""
    language: str = ""
    """The language it is written in, where somebody said so."""


class ChosenClause(msgspec.Struct, frozen=True, kw_only=True):
    """A clause of the library at one version, with the values of its own variables."""

    id: str
    version: int
    values: dict[str, int | str]


class OwnPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The client's own document, which is signed as it is, named by its hash."""

    name: str
    sha256: str
    pages: int


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the parties sign. Its canonical bytes are hashed into the evidence."""

    schema: str = SCHEMA
    title: str
    summary: str
    language: str
    member: Party
    client: Party
    profession: Profession
    currency: str
    services: tuple[Service, ...]
    deal: Deal = msgspec.field(default_factory=Milestones)
    milestones: tuple[MilestoneTerms, ...]
    starts_on: date | None
    work_began_on: date | None = None
    hours_estimate: int | None
    payment: Payment
    expenses: str
    expenses_cap_minor: int | None
    kill_fee_bps: int
    """Of the net price of work not begun, when the client stops early."""
    notice_days: int
    rights: Rights
    revision_rounds: int
    acceptance_silence_days: int
    law: Law
    clauses: tuple[Clause, ...]
    wording: int = 2
    """Version of the house's wording for what the typed terms say."""
    library: tuple[ChosenClause, ...] = ()
    """Clauses of the library, in the order in which they stand in the text."""
    work_place: str = ""
    paper: OwnPaper | None = None

    @property
    def net_minor(self) -> int:
        """The price before VAT: the sum of the milestones."""
        return sum(milestone.net_minor for milestone in self.milestones)

    @property
    def ends_on(self) -> date:
        """The last agreed delivery; terms without any are refused by `problems`."""
        return max(milestone.due_on for milestone in self.milestones)

    @property
    def effective_hourly_minor(self) -> int | None:
        """Net per estimated hour, rounded down: what the member must not overestimate."""
        return self.net_minor // self.hours_estimate if self.hours_estimate else None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A contradiction inside the terms, and the field that shows it."""

    field: str
    sentence: str


def terms_bytes(terms: Terms) -> bytes:
    """The canonical bytes of the terms."""
    return canonical(terms)


def terms_hash(terms: Terms) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return sha256(terms_bytes(terms))


def terms_from(data: object) -> Terms:
    """Read terms back from JSON data; raises msgspec.ValidationError when they are none."""
    return msgspec.convert(data, Terms)


def problems(terms: Terms) -> list[Problem]:
    """Where the terms contradict themselves; an empty list means that they hold together."""
    found = [*_money_problems(terms), *_date_problems(terms)]
    if not terms.services:
        found.append(Problem(field="services", sentence="Name at least one service."))
    if not terms.milestones:
        found.append(Problem(field="milestones", sentence="Name at least one delivery."))
    if terms.rights.kind != "stays_with_member" and not terms.rights.scope:
        found.append(Problem(field="rights", sentence="Say what the client may use the work for."))
    found += _deal_problems(terms)
    return found


def _deal_problems(terms: Terms) -> list[Problem]:
    deal = terms.deal
    found = []
    if isinstance(deal, TimeAndMaterials):
        cap = deal.cap_minor
        if cap is not None and cap < deal.estimate_minor:
            sentence = "The cap is below the estimate at the rate; raise it, or expect less."
            found.append(Problem(field="deal.cap", sentence=sentence))
    if isinstance(deal, Retainer) and deal.periods < 1:
        found.append(Problem(field="deal.periods", sentence="A retainer has at least one period."))
    if isinstance(deal, Licence) and terms.rights.kind != "licence_on_payment":
        found.append(
            Problem(field="rights", sentence="A licence grants use: choose a licence on payment.")
        )
    planned = schedule(deal, terms.title, lambda *_: "")
    if planned and [(m.net_minor, m.due_on) for m in planned] != [
        (m.net_minor, m.due_on) for m in terms.milestones
    ]:
        found.append(
            Problem(field="milestones", sentence="The deliveries are not those of this deal.")
        )
    return found


def _money_problems(terms: Terms) -> list[Problem]:
    found = []
    for index, service in enumerate(terms.services):
        if service.rate_minor is None or service.quantity_hundredths is None:
            continue
        value = (service.rate_minor * service.quantity_hundredths + 50) // 100
        if value != service.value_minor:
            found.append(
                Problem(
                    field=f"services[{index}].value",
                    sentence=f"Rate times quantity is not the value of “{service.text}”.",
                )
            )
    itemised = sum(service.value_minor for service in terms.services)
    if terms.services and terms.milestones and itemised != terms.net_minor:
        found.append(
            Problem(
                field="milestones",
                sentence="The deliveries do not add up to the value of the services.",
            )
        )
    return found


def _date_problems(terms: Terms) -> list[Problem]:
    if terms.starts_on is None:
        return []
    return [
        Problem(
            field=f"milestones[{index}].due_on",
            sentence=f"“{milestone.title}” is due before the work starts.",
        )
        for index, milestone in enumerate(terms.milestones)
        if milestone.due_on < terms.starts_on
    ]

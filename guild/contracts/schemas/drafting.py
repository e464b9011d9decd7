"""What a member types when she drafts a contract. Amounts are decimal strings, net of VAT."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from guild.contracts.rules.terms import Profession
from guild.core.ids import ContactId, OrganisationId
from guild.core.wire import (
    Amount,
    CountryCode,
    CurrencyCode,
    In,
    LongText,
    OptionalLongText,
    OptionalText,
    ShortText,
)

Region = Annotated[str, Meta(pattern=r"^([A-Z]{2}-[A-Z0-9]{1,3})?$", examples=["US-NY"])]
Bps = Annotated[int, Meta(ge=0, le=10_000)]
Days = Annotated[int, Meta(ge=0, le=365)]
TermDays = Annotated[int, Meta(ge=1, le=365)]
SilenceDays = Annotated[int, Meta(ge=1, le=90)]
Rounds = Annotated[int, Meta(ge=0, le=20)]
Hours = Annotated[int, Meta(ge=1, le=20_000)]
Quantity = Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,2})?$", examples=["7.5"])]
Months = Annotated[int, Meta(ge=1, le=1_200)]
ReportMonths = Annotated[int, Meta(ge=1, le=12)]
ContractLanguage = Literal["en", "fr", "nl"]
RightsKind = Literal["transfer_on_payment", "licence_on_payment", "stays_with_member"]
ClauseName = Annotated[str, Meta(pattern=r"^[a-z_]{1,40}$", examples=["deposit"])]


class ServiceIn(In, frozen=True):
    """One itemised service. For `hour`, `day` and `unit`, rate and quantity are needed too.

    `rate_card` picks the rate by the role of one of your own, as for work by the hour.
    """

    text: ShortText
    value: Amount
    method: Literal["fixed", "hour", "day", "unit"] = "fixed"
    rate: Amount | None = None
    rate_card: OptionalText | None = None
    quantity: Quantity | None = None


class MilestoneIn(In, frozen=True):
    """Work that is delivered, accepted and invoiced by itself."""

    title: ShortText
    net: Amount
    due_on: date
    description: OptionalLongText = ""


class ClauseIn(In, frozen=True):
    """A further clause, and what it means in practice.

    `language` says which one it is written in, where that is not the contract's.
    """

    heading: ShortText
    text: LongText
    practice: OptionalLongText = ""
    language: ContractLanguage | None = None


class FixedPriceIn(In, frozen=True, tag_field="kind", tag="fixed"):
    """One price for one delivery."""

    price: Amount
    due_on: date


class MilestonesIn(In, frozen=True, tag_field="kind", tag="milestones"):
    """Several deliveries with their own prices: they stand in `milestones`."""


class TimeIn(In, frozen=True, tag_field="kind", tag="time"):
    """Work by the hour or day: rate, expected quantity, and a cap if one is agreed.

    Instead of `rate`, `rate_card` picks one of your own by its role: the rate for that unit and
    currency that is valid on the day on which the work starts. The draft keeps the amount.
    """

    unit: Literal["hour", "day"]
    estimate: Quantity
    ends_on: date
    rate: Amount | None = None
    rate_card: OptionalText | None = None
    cap: Amount | None = None


class RetainerIn(In, frozen=True, tag_field="kind", tag="retainer"):
    """The same amount for each month or quarter, for a number of them."""

    period: Literal["month", "quarter"]
    amount: Amount
    first_on: date
    periods: Annotated[int, Meta(ge=1, le=50)]
    included: ShortText
    notice_days: Days = 30


class LicenceIn(In, frozen=True, tag_field="kind", tag="licence"):
    """A fee for the use of existing work; say use, territory and term in the rights."""

    fee: Amount
    starts_on: date


DealIn = MilestonesIn | FixedPriceIn | TimeIn | RetainerIn | LicenceIn


class ClauseChoiceIn(In, frozen=True):
    """A clause of the library, with the values of its own variables."""

    id: ClauseName
    values: dict[ClauseName, int | OptionalLongText] = field(default_factory=dict)


class ContractIn(In, frozen=True):
    """A contract to draft. Without `services`, each milestone is one fixed-price service.

    Without `deal` it is one of milestones; the other kinds make their deliveries themselves.
    `language` is the client’s contact’s unless you say another; `library` None takes the usual
    clauses. `hours_estimate` and the hours of one round of changes (`revision_hours`) and
    `unpaid_costs` are for your own reckoning; the client sees the estimate only.
    """

    client_id: OrganisationId
    contact_id: ContactId
    title: ShortText
    milestones: Annotated[list[MilestoneIn], Meta(max_length=50)] = field(default_factory=list)
    summary: OptionalLongText = ""
    profession: Profession = "other"
    currency: CurrencyCode = "EUR"
    services: Annotated[tuple[ServiceIn, ...], Meta(max_length=100)] = ()
    starts_on: date | None = None
    work_began_on: date | None = None
    hours_estimate: Hours | None = None
    payment_term_days: TermDays | None = None
    payment_counts_from: Literal["invoice", "completion"] = "invoice"
    services_list_due: OptionalText = ""
    long_term_agreed: bool = False
    long_term_reason: OptionalText = ""
    interest_excluded: bool = False
    expenses: OptionalLongText = ""
    expenses_cap: Amount | None = None
    kill_fee_bps: Bps = 2_500
    notice_days: Days = 10
    rights: Literal["transfer_on_payment", "licence_on_payment", "stays_with_member"] = (
        "licence_on_payment"
    )
    rights_scope: OptionalLongText | None = None
    revision_rounds: Rounds = 2
    acceptance_silence_days: SilenceDays | None = None
    law_country: CountryCode | None = None
    law_region: Region = ""
    member_region: Region = ""
    client_region: Region = ""
    client_phone: OptionalText = ""
    member_phone: OptionalText = ""
    clauses: Annotated[tuple[ClauseIn, ...], Meta(max_length=40)] = ()
    deal: DealIn | None = None
    language: ContractLanguage | None = None
    library: Annotated[tuple[ClauseChoiceIn, ...], Meta(max_length=40)] | None = None
    rights_territory: OptionalText = ""
    rights_term_months: Months | None = None
    rights_exclusive: bool = False
    rights_transferable: bool | None = None
    rights_report_months: ReportMonths | None = None
    work_place: OptionalText = ""
    revision_hours: Quantity | None = None
    unpaid_costs: Amount | None = None


class ContractChange(In, frozen=True):
    """What to change in a draft; a field that is left out or null stays as it is."""

    contact_id: ContactId | None = None
    title: ShortText | None = None
    milestones: Annotated[list[MilestoneIn], Meta(max_length=50)] | None = None
    summary: OptionalLongText | None = None
    profession: Profession | None = None
    currency: CurrencyCode | None = None
    services: Annotated[list[ServiceIn], Meta(max_length=100)] | None = None
    starts_on: date | None = None
    work_began_on: date | None = None
    hours_estimate: Hours | None = None
    payment_term_days: TermDays | None = None
    payment_counts_from: Literal["invoice", "completion"] | None = None
    services_list_due: OptionalText | None = None
    long_term_agreed: bool | None = None
    long_term_reason: OptionalText | None = None
    interest_excluded: bool | None = None
    expenses: OptionalLongText | None = None
    expenses_cap: Amount | None = None
    kill_fee_bps: Bps | None = None
    notice_days: Days | None = None
    rights: Literal["transfer_on_payment", "licence_on_payment", "stays_with_member"] | None = None
    rights_scope: OptionalLongText | None = None
    revision_rounds: Rounds | None = None
    acceptance_silence_days: SilenceDays | None = None
    law_country: CountryCode | None = None
    law_region: Region | None = None
    member_region: Region | None = None
    client_region: Region | None = None
    client_phone: OptionalText | None = None
    member_phone: OptionalText | None = None
    clauses: Annotated[list[ClauseIn], Meta(max_length=40)] | None = None
    deal: DealIn | None = None
    language: ContractLanguage | None = None
    library: Annotated[list[ClauseChoiceIn], Meta(max_length=40)] | None = None
    rights_territory: OptionalText | None = None
    rights_term_months: Months | None = None
    rights_exclusive: bool | None = None
    rights_transferable: bool | None = None
    rights_report_months: ReportMonths | None = None
    work_place: OptionalText | None = None
    revision_hours: Quantity | None = None
    unpaid_costs: Amount | None = None

"""The clause library and templates on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from guild.contracts.rules.deals import DealKind
from guild.contracts.rules.terms import Profession
from guild.contracts.schemas.drafting import (
    Bps,
    ClauseChoiceIn,
    ClauseIn,
    Days,
    DealIn,
    Hours,
    MilestoneIn,
    Months,
    ReportMonths,
    RightsKind,
    Rounds,
    SilenceDays,
    TermDays,
)
from guild.core.ids import ContactId, OrganisationId
from guild.core.wire import (
    CurrencyCode,
    In,
    OptionalLongText,
    OptionalText,
    Out,
    ShortText,
)

TemplateName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,40}$", examples=["illustration"])]


class TemplateBody(In, frozen=True):
    """All of a contract that does not depend on the client and the days; as in `ContractIn`."""

    profession: Profession = "other"
    kind: DealKind = "milestones"
    summary: OptionalLongText = ""
    payment_term_days: TermDays | None = None
    payment_counts_from: Literal["invoice", "completion"] = "invoice"
    services_list_due: OptionalText = ""
    expenses: OptionalLongText = ""
    kill_fee_bps: Bps = 2_500
    notice_days: Days = 10
    rights: RightsKind = "licence_on_payment"
    rights_scope: OptionalLongText | None = None
    rights_territory: OptionalText = ""
    rights_term_months: Months | None = None
    rights_exclusive: bool = False
    rights_transferable: bool | None = None
    rights_report_months: ReportMonths | None = None
    revision_rounds: Rounds = 2
    acceptance_silence_days: SilenceDays | None = None
    library: Annotated[tuple[ClauseChoiceIn, ...], Meta(max_length=40)] | None = None
    clauses: Annotated[tuple[ClauseIn, ...], Meta(max_length=40)] = ()


class TemplateIn(In, frozen=True):
    """A template to keep. Give `body`, or `contract_id` of one of your contracts to copy it."""

    name: ShortText
    body: TemplateBody | None = None
    contract_id: UUID | None = None


class TemplateChange(In, frozen=True):
    """The next version of a template; `version` is the one that you looked at."""

    version: Annotated[int, Meta(ge=1, le=30_000)]
    name: ShortText | None = None
    body: TemplateBody | None = None
    contract_id: UUID | None = None


class FromTemplateIn(In, frozen=True):
    """A draft from a template: the client, the title, and the price with its days.

    `template` is the name of one of the house or the id of one of yours.
    """

    template: TemplateName
    client_id: OrganisationId
    contact_id: ContactId
    title: ShortText
    deal: DealIn | None = None
    milestones: Annotated[tuple[MilestoneIn, ...], Meta(max_length=50)] = ()
    currency: CurrencyCode = "EUR"
    summary: OptionalLongText = ""
    hours_estimate: Hours | None = None
    starts_on: date | None = None


class TemplateSummary(Out, frozen=True):
    """A template in a list; `own` is false for those of the house."""

    id: str
    name: str
    about: str
    trade: str
    kind: str
    version: int
    own: bool


class TemplateOut(Out, frozen=True):
    """A template in full."""

    id: str
    name: str
    about: str
    trade: str
    version: int
    own: bool
    body: TemplateBody
    updated_at: datetime | None


class VariableOut(Out, frozen=True):
    """A blank of a clause. A `bound` one is a field of the contract; set it there."""

    name: str
    type: str
    label: str
    low: int | None
    high: int | None
    default: int | str | None
    bound: bool
    choices: list[str]


class ClauseOut(Out, frozen=True):
    """A clause of the library in one language, with what it means and what it does.

    `text` holds its sentences with `{blanks}`; `missing_in` names languages without a text.
    """

    id: str
    version: int
    use: str
    language: str
    heading: str
    plain: str
    does: str
    text: list[str]
    variables: list[VariableOut]
    languages: list[str]
    missing_in: list[str]

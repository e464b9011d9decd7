"""What goes over the wire about recurring invoices."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import ContractId, InvoiceId, RecurringPlanId
from guild.core.wire import In, OptionalText, Out
from guild.invoicing.rules.recurring import Shift, Unit
from guild.invoicing.schemas.drafts import LineIn, NoteText

PlanState = Literal["active", "paused", "ended"]


class PlanTerms(In, frozen=True, kw_only=True):
    """What each invoice says. Texts may hold {first} {last} {month} {quarter} {year} {number}."""

    lines: Annotated[tuple[LineIn, ...], Meta(min_length=1, max_length=50)]
    note: NoteText = ""
    buyer_reference: OptionalText = ""
    order_reference: OptionalText = ""


class PlanIn(In, frozen=True, kw_only=True):
    """An invoice every so many weeks or months, from a day on; until a day, or so many times."""

    contract_id: ContractId
    every: Annotated[int, Meta(ge=1, le=60)] = 1
    unit: Unit = "months"
    starts_on: date
    shift: Shift = "next"
    ends_on: date | None = None
    periods: Annotated[int, Meta(ge=1, le=500)] | None = None
    issue: bool = False
    """Issue each by itself; without it, each waits as a draft."""
    terms: PlanTerms


class SkipIn(In, frozen=True):
    """The period that is left out, as it was looked at."""

    number: Annotated[int, Meta(ge=0, le=10_000)]


class PeriodRow(Out, frozen=True):
    """A period to come."""

    number: int
    first: date
    last: date
    run_on: date


class RunRow(Out, frozen=True):
    """A period that is done: its document, or skipped."""

    number: int
    run_on: date
    skipped: bool
    invoice_id: InvoiceId | None


class PlanOut(Out, frozen=True):
    """A plan with what it has made and what comes next."""

    id: RecurringPlanId
    contract_id: ContractId
    contract_title: str
    state: PlanState
    every: int
    unit: Unit
    starts_on: date
    shift: Shift
    ends_on: date | None
    periods: int | None
    issue: bool
    next_on: date | None
    problem: str
    coming: list[PeriodRow]
    done: list[RunRow]

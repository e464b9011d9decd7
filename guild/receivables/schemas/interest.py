"""Statutory interest on the wire. Amounts are decimal strings."""

from datetime import date
from typing import Literal

from guild.core.ids import (
    InterestClaimId,
    InvoiceId,
    MemberId,
    OrganisationId,
)
from guild.core.wire import Out
from guild.receivables.rules.interest import Segment


class InterestDayOut(Out, frozen=True):
    """Interest of one day, exact to six decimals of the currency's unit."""

    day: date
    principal: str
    percent: str
    interest: str


class InterestOut(Out, frozen=True):
    """Interest of a period as it would be claimed today."""

    invoice_id: InvoiceId
    country: str
    law: str
    period_from: date
    period_to: date
    interest: str
    compensation: str
    compensation_law: str
    total: str
    currency: str
    segments: list[Segment]
    days: list[InterestDayOut]
    unconfirmed: list[str]
    claimable: bool
    why_not: str


class InterestClaimOut(Out, frozen=True):
    """A claim of interest. It is no invoice; no VAT is due on it."""

    id: InterestClaimId
    invoice_id: InvoiceId
    invoice_number: str
    client_id: OrganisationId
    member_id: MemberId
    state: Literal["claimed", "paid", "waived"]
    period_from: date
    period_to: date
    country: str
    interest: str
    compensation: str
    total: str
    currency: str
    reference: str
    claimed_on: date
    ended_on: date | None
    waive_reason: str
    has_letter: bool
    charter_version: int

"""What became of a member's money, on the wire. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from guild.core.ids import DocumentId, InvoiceId, MemberId
from guild.core.wire import In, Out

Year = Annotated[int, Meta(ge=2000, le=2200)]
CountryCode = Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class RuleOut(Out, frozen=True, kw_only=True):
    """The voted rule behind a share: version and chapter of the charter, its day, where to read."""

    charter_version: int
    chapter: str
    decided_on: date
    url: str


class ShareOut(Out, frozen=True, kw_only=True):
    """What somebody else than the member got of an invoice; `rate_bps` of its net amount."""

    code: str
    name: str
    rate_bps: int | None
    amount: str
    rule: RuleOut | None


class PaidPieceOut(Out, frozen=True, kw_only=True):
    """A part of the invoice's money that left with a payout (or another booking, without one)."""

    payout_id: UUID | None
    number: str
    on: date
    amount: str


class WhereaboutsOut(Out, frozen=True, kw_only=True):
    """One invoice taken apart, the parts to the cent.

    received = vat + co_workers + net; net - shares + advance + interest = yours.
    `yours` = what was paid out + `left`. `corrections` are credit notes and the like.
    """

    invoice_id: InvoiceId
    number: str
    client: str
    issued_on: date
    currency: str
    received: str
    vat: str
    co_workers: str
    """What of it was the other members' who share the invoice."""
    net: str
    shares: list[ShareOut]
    advance: str
    """What the fund paid before the client did; its repayment is among the shares."""
    interest: str
    corrections: str
    yours: str
    paid_out: list[PaidPieceOut]
    left: str
    rule: RuleOut


class IncomeOut(Out, frozen=True, kw_only=True):
    """A member's year in one currency, from the ledger."""

    year: int
    currency: str
    invoiced_net: str
    """Net of the invoices issued, less credit notes."""
    received_net: str
    """Net of what clients paid."""
    shares: list[ShareOut]
    benefits: str
    interest: str
    advances: str
    """Advances of the fund received, less those repaid."""
    corrections: str
    earned: str
    """What became the member's to be paid out."""
    paid_out: str
    """What the bank has shown."""
    opening: str
    closing: str
    """What could be paid out at the beginning and at the end of the year."""


class IncomeStatementOut(Out, frozen=True, kw_only=True):
    """The year of a member, a part per currency, and the printed statement once it is made."""

    member_id: MemberId
    member_name: str
    currencies: list[IncomeOut]
    document_id: DocumentId | None


class EmploymentIn(In, frozen=True, kw_only=True):
    """From when on the co-operative employs a member, in which country, under which number."""

    country: CountryCode
    number: Annotated[str, Meta(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9./ -]+$")]
    since: date
    until: date | None = None


class EmploymentOut(Out, frozen=True, kw_only=True):
    """An employment as it was noted."""

    id: UUID
    member_id: MemberId
    country: str
    number: str
    since: date
    until: date | None
    noted_at: datetime


class EmployedOut(Out, frozen=True, kw_only=True):
    """An employment with its member's name."""

    id: UUID
    member_id: MemberId
    member_name: str
    country: str
    number: str
    since: date
    until: date | None


class PayrollOut(Out, frozen=True, kw_only=True):
    """A dry run of a payroll export: the rows as they would be written, and what they sum to.

    `ledger` is the same total read from the ledger another way; the export is refused unless the
    two agree.
    """

    country: str
    month: str
    template: str
    columns: list[str]
    rows: list[list[str]]
    left_out: list[str]
    total: str
    ledger: str
    currency: str

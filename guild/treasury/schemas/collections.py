"""Direct debits and status reports on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import BatchId, DirectDebitId, InvoiceId, MandateId, MemberId, OrganisationId
from guild.core.wire import In, Out
from guild.treasury.schemas.bank import Iban

Holder = Annotated[
    str, Meta(min_length=1, max_length=70, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")
]


class MandateIn(In, frozen=True, kw_only=True):
    """A direct debit mandate as the client signed it."""

    organisation_id: OrganisationId
    reference: Annotated[str, Meta(pattern=r"^[A-Za-z0-9/?:().,'+-]{1,35}$")]
    """The unique reference that is printed on the paper."""
    scheme: Literal["CORE", "B2B"] = "CORE"
    signed_on: date
    holder: Holder
    iban: Iban


class MandateOut(Out, frozen=True, kw_only=True):
    """A mandate and whether it may be used."""

    id: MandateId
    organisation_id: OrganisationId
    client_name: str
    reference: str
    scheme: str
    signed_on: date
    holder: str
    iban_last4: str
    state: str
    collected: int
    last_used_on: date | None
    entered_by: MemberId
    confirmed_by: MemberId | None
    reason: str


class DirectDebitOut(Out, frozen=True, kw_only=True):
    """One collection and how far it has come."""

    id: DirectDebitId
    mandate_id: MandateId
    invoice_id: InvoiceId
    invoice_number: str
    client_name: str
    amount: str
    currency: str
    collect_on: date
    sequence: str
    state: str
    announced_at: datetime
    batch_id: BatchId | None
    settled_on: date | None
    reason: str


class TransactionOut(Out, frozen=True, kw_only=True):
    """What the bank says of one payment; the reason in plain words, when it refused it."""

    end_to_end_id: str
    status: str
    reason: str


class StatusReportOut(Out, frozen=True, kw_only=True):
    """What a status report said, and how many payments it refused."""

    batch_id: BatchId
    message_id: str
    group_status: str
    accepted: int
    rejected: int
    transactions: list[TransactionOut]

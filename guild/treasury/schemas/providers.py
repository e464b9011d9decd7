"""Payment providers on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import BankEntryId, InvoiceId, ProviderAccountId, ProviderPaymentId
from guild.core.wire import In, Out

LongReason = Annotated[
    str, Meta(min_length=3, max_length=2000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
]


class PaymentLinkIn(In, frozen=True, kw_only=True):
    """Through which provider the client is to pay what is open."""

    provider: Literal["stripe", "gocardless"]


class PaymentLinkOut(Out, frozen=True, kw_only=True):
    """A link on which a client pays; `url` is empty until the provider has made it."""

    id: ProviderPaymentId
    invoice_id: InvoiceId
    provider: str
    state: str
    amount: str
    returned: str
    """What the provider has taken back of it and not given back."""
    fee: str
    currency: str
    url: str
    asked_at: datetime
    paid_at: datetime | None


class ProviderAccountOut(Out, frozen=True, kw_only=True):
    """What the house holds at a provider, by the books."""

    id: ProviderAccountId
    provider: str
    currency: str
    balance: str


class WebhookTakenOut(Out, frozen=True, kw_only=True):
    """How many events of the message were new."""

    taken: int


class ObjectAllocationIn(In, frozen=True, kw_only=True):
    """How a transfer was meant."""

    text: LongReason


class AnswerAllocationIn(In, frozen=True, kw_only=True):
    """Why a transfer stays recorded as it is; the client reads it."""

    answer: LongReason


class ClientShareOut(Out, frozen=True, kw_only=True):
    """What of a transfer paid one invoice; no number where another person receives it."""

    number: str
    amount: str


class ClientTransferOut(Out, frozen=True, kw_only=True):
    """A transfer of a client, and how it was shared out."""

    entry_id: BankEntryId
    booked_on: date
    amount: str
    currency: str
    shares: list[ClientShareOut]
    interest: str
    """Late interest that it paid."""
    on_account: str
    """What paid nothing and is kept for the client."""
    object_until: date | None
    """Until when the client may say that it was meant otherwise."""
    objected: str
    answer: str


class ClientPaymentsOut(Out, frozen=True, kw_only=True):
    """What is due on an invoice, how to pay it, and what has paid it."""

    invoice_id: InvoiceId
    number: str
    due: str
    currency: str
    providers: list[str]
    """Payment providers that can be asked for a page to pay on, beside a transfer."""
    links: list[PaymentLinkOut]
    transfers: list[ClientTransferOut]


class AllocationObjectionOut(Out, frozen=True, kw_only=True):
    """What a client said of how its transfer was recorded."""

    entry_id: BankEntryId
    invoice_id: InvoiceId
    invoice_number: str
    amount: str
    currency: str
    state: str
    text: str
    said_at: datetime
    answer: str

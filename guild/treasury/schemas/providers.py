"""Payment providers on the wire."""

from datetime import datetime
from typing import Literal

from guild.core.ids import InvoiceId, ProviderAccountId, ProviderPaymentId
from guild.core.wire import In, Out


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

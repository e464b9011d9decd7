"""What one reads of a payment."""

from datetime import date, datetime

from guild.core.ids import (
    PaymentId,
)
from guild.core.wire import Out


class PaymentOut(Out, frozen=True):
    """Money recorded for an invoice."""

    id: PaymentId
    amount: str
    currency: str
    received_on: date
    recorded_at: datetime

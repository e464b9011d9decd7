"""Giving a refund up: the money stays on the client's account."""

from guild.core.ids import RefundId
from guild.core.work import Work
from guild.receivables.errors import RefundNotFound
from guild.receivables.events import RefundRefused
from guild.receivables.models import CLIENT_REFUND, ClientRefund


async def withdraw_refund(work: Work, refund_id: RefundId, reason: str) -> None:
    """Nothing is given back after all: the payment behind it was taken back, or a person says so.

    For the treasury, which knows whether an order is on its way. Raises RefundNotFound and
    IllegalMove.
    """
    row = await work.session.get(
        ClientRefund, refund_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise RefundNotFound
    CLIENT_REFUND.move(row, "drop")
    row.decision_note = reason[:500]
    if row.decided_at is None:
        row.decided_at = work.now
    await work.session.flush()
    await work.emit(RefundRefused(refund_id=row.id, client_id=row.client_id))

"""Answering the sender of a received invoice over the gateway, where it came that way."""

from typing import Any, Final

from sqlalchemy import select

from guild.core.ids import SupplierInvoiceId
from guild.core.jobs import OutsideJob
from guild.core.work import System, Work
from guild.exchange.gateway.choice import gateway_of
from guild.exchange.gateway.interface import Answer, GatewayRefuses, GatewayUnsure
from guild.exchange.models import InboxMessage, SupplierInvoice
from guild.exchange.rules.responses import ResponseCode

REASON_MAX: Final = 500


def answer_sender(work: Work, row: SupplierInvoice, code: ResponseCode, reason: str) -> None:
    """Queue the answer; a file that was uploaded has nobody to answer to."""
    if row.source == "peppol":
        work.later(RESPOND, supplier_invoice_id=row.id, code=code, reason=reason[:REASON_MAX])


async def _prepare(
    work: Work, supplier_invoice_id: SupplierInvoiceId, code: str, reason: str
) -> Answer | None:
    gateway = gateway_of(work.system)
    message_id = await work.session.scalar(
        select(InboxMessage.message_id)
        .where(
            InboxMessage.supplier_invoice_id == supplier_invoice_id,
            InboxMessage.provider == (gateway.name if gateway else ""),
        )
        .order_by(InboxMessage.received_at)
        .limit(1)
    )
    if message_id is None:
        return None
    known: dict[str, ResponseCode] = {"AP": "AP", "RE": "RE", "UQ": "UQ", "PD": "PD"}
    return Answer(
        key=f"{supplier_invoice_id.hex}-{code}",
        message_id=message_id,
        code=known[code],
        reason=reason,
    )


async def _call(system: System, answer: Answer) -> None:
    gateway = gateway_of(system)
    if gateway is None:
        return
    try:
        await gateway.respond(answer)
    except GatewayRefuses as no:
        if not no.code.startswith("http_404") and no.code != "not_supported":
            raise  # counted, tried again, and shown to the operator in the end
    except GatewayUnsure as unsure:
        raise ConnectionError(str(unsure)) from unsure  # the key makes a second call harmless


async def _record(work: Work, ids: dict[str, Any], answer: None) -> None:
    """Nothing to keep: the decision is on the invoice, the answer is the gateway's."""
    del work, ids, answer


RESPOND: Final = OutsideJob("exchange.respond", prepare=_prepare, call=_call, record=_record)
"""Repeatable under its key: the gateway knows the same answer again."""

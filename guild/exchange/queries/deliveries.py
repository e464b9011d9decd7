"""How an issued document reaches its receiver, with its whole history."""

from collections import defaultdict
from typing import Any, cast

from sqlalchemy import select

from guild.core.ids import InvoiceId, TransmissionId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.exchange import access
from guild.exchange.gateway.choice import gateway_of
from guild.exchange.models import Transmission, TransmissionStep
from guild.exchange.rules.next_steps import next_step
from guild.exchange.schemas import Channel, DeliveryOut, StepOut, TransmissionOut, TransmissionState
from guild.invoicing.queries import invoice_row

MAIL_ONLY = (
    "No gateway to the Peppol network is set up: documents go by mail, with a personal link."
)
BOTH = (
    "Documents go over the Peppol network to clients who receive there, and by mail with a "
    "personal link to all others."
)
QUIET = frozenset({"sent", "delivered", "accepted", "by_mail", "refused_by_receiver", "bounced",
                   "failed", "needs_person"})  # fmt: skip
"""States in which a person may begin another attempt."""


async def delivery(work: Work, invoice_id: InvoiceId) -> DeliveryOut:
    """Every attempt, the present one first; raises InvoiceNotFound like reading the invoice."""
    invoice, _ = await invoice_row(work, invoice_id)
    rows = list(
        await work.session.scalars(
            select(Transmission)
            .where(Transmission.invoice_id == invoice_id)
            .order_by(Transmission.id.desc())
        )
    )
    steps = await _steps(work, [row.id for row in rows])
    current = next((row for row in rows if row.superseded_at is None), None)
    may = work.actor.may(Permission.INVOICES_SEND) and access.may_send(
        work.actor, invoice.member_id
    )
    ready = invoice.pdf_document_id is not None and (current is None or current.state in QUIET)
    return DeliveryOut(
        invoice_id=invoice_id,
        number=invoice.number or "",
        ways=MAIL_ONLY if gateway_of(work.system) is None else BOTH,
        may_send_again=may and ready,
        attempts=[_out(row, steps[row.id]) for row in rows],
    )


async def _steps(
    work: Work, ids: list[TransmissionId]
) -> defaultdict[TransmissionId, list[StepOut]]:
    made: defaultdict[TransmissionId, list[StepOut]] = defaultdict(list)
    rows = await work.session.scalars(
        select(TransmissionStep)
        .where(TransmissionStep.transmission_id.in_(ids))
        .order_by(TransmissionStep.transmission_id, TransmissionStep.position)
    )
    for row in rows:
        made[row.transmission_id].append(
            StepOut(
                state=cast("TransmissionState", row.state),
                code=row.code,
                detail=row.detail,
                at=row.at,
            )
        )
    return made


def _out(row: Transmission, steps: list[StepOut]) -> TransmissionOut:
    facts: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("id", "invoice_id", "address", "code", "detail", "begun_at", "changed_at")
    }
    return TransmissionOut(
        **facts,
        state=cast("TransmissionState", row.state),
        channel=cast("Channel", row.channel),
        next_step=next_step(row.state, row.code),
        superseded=row.superseded_at is not None,
        steps=steps,
    )

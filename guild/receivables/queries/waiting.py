"""Objections that wait for the acting member, in one statement for the start page."""

from datetime import date

import msgspec
from sqlalchemy import and_, or_, select

from guild.core.ids import InvoiceId, ObjectionId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.members.models import Organisation
from guild.receivables.access import is_treasurer
from guild.receivables.models import Objection

SHOWN_MAX = 20


class WaitingObjection(msgspec.Struct, frozen=True, kw_only=True):
    """An objection whose next word is the actor's; without it by that day it goes on by itself."""

    id: ObjectionId
    invoice_id: InvoiceId
    invoice_number: str
    client_name: str
    state: str
    answer_by: date
    own: bool


async def waiting_objections(work: Work) -> list[WaitingObjection]:
    """What she has to answer, the most urgent first, at most 20.

    Her own and, for the treasury, all that nobody has answered; for representatives those of others
    that are in mediation. Nothing for who may not read objections.
    """
    actor = work.actor
    if actor.kind != "member" or not actor.may(Permission.OBJECTIONS_READ):
        return []
    mine = Objection.member_id == actor.member_id
    open_ones = Objection.state == "open"
    turns = [open_ones if is_treasurer(actor) else and_(open_ones, mine)]
    if actor.may(Permission.OBJECTIONS_MEDIATE):
        turns.append(and_(Objection.state == "mediation", ~mine))
    found = await work.session.execute(
        select(
            Objection.id, Objection.invoice_id, Objection.member_id, Objection.state,
            Objection.answer_by, Invoice.number, Organisation.name,
        )
        .join(Invoice, Invoice.id == Objection.invoice_id)
        .join(Organisation, Organisation.id == Objection.client_id)
        .where(or_(*turns))
        .order_by(Objection.answer_by, Objection.id)
        .limit(SHOWN_MAX)
    )  # fmt: skip
    return [
        WaitingObjection(
            id=row.id, invoice_id=row.invoice_id, invoice_number=row.number or "",
            client_name=row.name, state=row.state, answer_by=row.answer_by,
            own=row.member_id == actor.member_id,
        )
        for row in found
    ]  # fmt: skip

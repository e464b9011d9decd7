"""Mandates and collections as the treasurer sees them."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.members.models import Organisation
from guild.treasury.models import DirectDebit, SepaMandate
from guild.treasury.schemas import DirectDebitOut, MandateOut


class _After(NamedTuple):
    id: UUID


def mandate_out(mandate: SepaMandate, client_name: str) -> MandateOut:
    """A mandate; of the account only the last four signs."""
    return MandateOut(
        id=mandate.id,
        organisation_id=mandate.organisation_id,
        client_name=client_name,
        reference=mandate.reference,
        scheme=mandate.scheme,
        signed_on=mandate.signed_on,
        holder=mandate.holder,
        iban_last4=mandate.iban_last4,
        state=mandate.state,
        collected=mandate.collected,
        last_used_on=mandate.last_used_on,
        entered_by=mandate.entered_by,
        confirmed_by=mandate.confirmed_by,
        reason=mandate.reason,
    )


async def mandates(work: Work, *, cursor: str | None = None, limit: int = 50) -> Page[MandateOut]:
    """The register, newest first."""
    wanted = select(SepaMandate, Organisation.name).join(
        Organisation, Organisation.id == SepaMandate.organisation_id
    )
    if cursor:
        wanted = wanted.where(SepaMandate.id < decode_cursor(cursor, _After).id)
    rows = [*await work.session.execute(wanted.order_by(SepaMandate.id.desc()).limit(limit + 1))]
    shown = rows[:limit]
    return Page(
        items=[mandate_out(mandate, name) for mandate, name in shown],
        next_cursor=encode_cursor(shown[-1][0].id) if len(rows) > limit else None,
    )


async def direct_debit_views(work: Work, found: Sequence[DirectDebit]) -> list[DirectDebitOut]:
    """Collections with invoice and client, in the order given."""
    rows = await work.session.execute(
        select(Invoice.id, Invoice.number, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(Invoice.id.in_([one.invoice_id for one in found]))
    )
    named = {invoice_id: (number or "", client) for invoice_id, number, client in rows}
    return [
        DirectDebitOut(
            id=one.id,
            mandate_id=one.mandate_id,
            invoice_id=one.invoice_id,
            invoice_number=named[one.invoice_id][0],
            client_name=named[one.invoice_id][1],
            amount=Money(one.amount_minor, one.currency).text,
            currency=one.currency,
            collect_on=one.collect_on,
            sequence=one.sequence,
            state=one.state,
            announced_at=one.announced_at,
            batch_id=one.batch_id,
            settled_on=one.settled_on,
            reason=one.reason,
        )
        for one in found
    ]


async def direct_debits(
    work: Work, *, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[DirectDebitOut]:
    """Collections, newest first."""
    wanted = select(DirectDebit)
    if state is not None:
        wanted = wanted.where(DirectDebit.state == state)
    if cursor:
        wanted = wanted.where(DirectDebit.id < decode_cursor(cursor, _After).id)
    rows = [*await work.session.scalars(wanted.order_by(DirectDebit.id.desc()).limit(limit + 1))]
    shown = rows[:limit]
    return Page(
        items=await direct_debit_views(work, shown),
        next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
    )

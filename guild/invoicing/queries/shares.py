"""The shares of a document, for everybody who may see it except its client."""

from typing import cast

import msgspec
from sqlalchemy import select

from guild.core.ids import InvoiceId, MemberId
from guild.core.money import Money, allocate
from guild.core.work import Work
from guild.invoicing.access import of_member
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import MemberPart
from guild.invoicing.models import Invoice, InvoiceShare
from guild.invoicing.queries.reading import invoice_row
from guild.invoicing.rules.shares import Stated, divided
from guild.invoicing.schemas.shares import ShareOut, SharesOut, ShareState
from guild.members.models import Member


async def member_parts(
    work: Work, invoice_id: InvoiceId, member_id: MemberId, minor: int
) -> list[MemberPart]:
    """A sum that belongs to an issued invoice (late interest, say), by the members' shares.

    All of it is the given member's where nobody shares the invoice.
    """
    found = await work.session.execute(
        select(InvoiceShare.member_id, InvoiceShare.net_minor)
        .where(InvoiceShare.invoice_id == invoice_id)
        .order_by(InvoiceShare.position)
    )
    rows = found.all()
    if not rows:
        return [MemberPart(member_id, minor)]
    parts = allocate(minor, [row.net_minor for row in rows])
    return [MemberPart(row.member_id, part) for row, part in zip(rows, parts, strict=True)]


class Sharer(msgspec.Struct, frozen=True):
    """A member who shares a document: where she reads about it, and her part of its net."""

    member_id: MemberId
    email: str
    net: Money


async def sharers(work: Work, invoice_id: InvoiceId) -> list[Sharer]:
    """Who shares a document, in the order stated; nobody where it is one member's alone."""
    found = await work.session.execute(
        select(InvoiceShare.member_id, Member.email, InvoiceShare.net_minor, Invoice.currency)
        .join(Member, Member.id == InvoiceShare.member_id)
        .join(Invoice, Invoice.id == InvoiceShare.invoice_id)
        .where(InvoiceShare.invoice_id == invoice_id)
        .order_by(InvoiceShare.position)
    )
    return [Sharer(row.member_id, row.email, Money(row.net_minor, row.currency)) for row in found]


async def has_part(work: Work, invoice_id: InvoiceId) -> bool:
    """Whether the acting member drafted an invoice or shares it: then it is her own case."""
    found = await work.session.scalar(
        select(Invoice.id).where(Invoice.id == invoice_id, of_member(work.actor.member_id))
    )
    return found is not None


async def shares_on(work: Work, invoice_id: InvoiceId) -> SharesOut:
    """Who shares it, how, and where each part stands; raises InvoiceNotFound.

    Members who share it see it whole. Its client reads each one's part on the document; who agreed
    when, and where the money stands, is not the client's.
    """
    invoice, _ = await invoice_row(work, invoice_id)
    if work.actor.kind == "contact":
        raise InvoiceNotFound
    found = await work.session.execute(
        select(InvoiceShare, Member.display_name)
        .join(Member, Member.id == InvoiceShare.member_id)
        .where(InvoiceShare.invoice_id == invoice_id)
        .order_by(InvoiceShare.position)
        .execution_options(populate_existing=True)
    )
    rows = [(row, name) for row, name in found]
    parts = divided(invoice.net_minor, [Stated(row.amount_minor, row.bps) for row, _ in rows])

    def text(minor: int) -> str:
        return Money(minor, invoice.currency).text

    return SharesOut(
        invoice_id=invoice_id,
        net=text(invoice.net_minor),
        currency=invoice.currency,
        agreed=all(row.state == "agreed" for row, _ in rows) and (not rows or parts is not None),
        fits=not rows or parts is not None,
        shares=[
            ShareOut(
                member_id=row.member_id,
                name=name,
                drafted=row.member_id == invoice.member_id,
                bps=row.bps,
                net=text(row.net_minor),
                state=cast("ShareState", row.state),
                decided_at=row.decided_at,
                reason=row.reason,
                pending=text(row.pending_net_minor),
                released=text(row.released_net_minor),
                credited=text(row.credited_net_minor),
                written_off=text(row.written_off_net_minor),
            )
            for row, name in rows
        ],
    )

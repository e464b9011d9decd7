"""Telling co-workers what became of an invoice that they share.

Whoever drafted it issues it, credits it and answers the client, and so knows. The others are told
by mail, each with her own part and nobody else's.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from guild.core.ids import InvoiceId
from guild.core.mail import send_mail
from guild.core.pages import money_text
from guild.core.work import Work
from guild.invoicing.events import MemberPart
from guild.invoicing.models import Invoice
from guild.members.models import Member

SAID: Final = {
    "issued": "was issued. Your part of it is {part} before tax.",
    "credited": "was credited, whole or in part. The credit note takes back {part} of your part "
    "before tax.",
    "given up": "was given up, whole or in part: the client does not pay it. {part} of your part "
    "before tax goes with it.",
    "owed again": "is owed again: what had been given up was taken back. {part} of it is yours "
    "before tax.",
}
"""What became of an invoice, and what of that is the reader's."""

SUBJECT: Final = {
    "issued": "was issued",
    "credited": "was credited",
    "given up": "was given up",
    "owed again": "is owed again",
}


async def tell_co_workers(
    work: Work, invoice_id: InvoiceId, parts: Sequence[MemberPart], what: str
) -> None:
    """Mail each member who shares an invoice and did not draft it; no parts, nobody to tell."""
    if not parts:
        return
    await work.write()
    one = (
        await work.session.execute(
            select(Invoice.number, Invoice.title, Invoice.currency, Member.id, Member.display_name)
            .join(Member, Member.id == Invoice.member_id)
            .where(Invoice.id == invoice_id)
        )
    ).one()
    nets = {part.member_id: part.net_minor for part in parts if part.member_id != one.id}
    people = await work.session.execute(
        select(Member.id, Member.email).where(Member.id.in_(nets)).order_by(Member.email)
    )
    for member_id, email in people:
        part = money_text(nets[member_id], one.currency)
        send_mail(
            work,
            to=email,
            subject=f"Invoice {one.number}, which you share, {SUBJECT[what]}",
            text=f"Invoice {one.number} “{one.title}”, which {one.display_name} drafted and you "
            f"share, {SAID[what].format(part=part)}\n\n"
            f"{work.settings.base_url}/invoices/{invoice_id}/shares",
            reason="You get this because you share that invoice.",
        )

"""The way that is always there: a mail with a personal link; and mails that come back."""

from uuid import UUID

from sqlalchemy import select

from guild.core.mail import Mail
from guild.core.work import Work
from guild.exchange.commands.moving import move
from guild.exchange.models import TRANSMISSION, Transmission
from guild.exchange.rules.next_steps import SELF_BILL
from guild.invoicing.commands import mail_invoice, mail_self_bill
from guild.invoicing.queries import Stored
from guild.invoicing.rules.canonical import SELF_BILLED


async def by_mail(work: Work, row: Transmission, stored: Stored) -> None:
    """Mail the client a personal link; an address that bounced before is asked of a person."""
    if stored.frozen.kind in SELF_BILLED:
        await _to_member(work, row, stored)
        return
    chosen = row.address if row.wanted == "mail" else ""
    to = chosen or stored.contact_email
    if not chosen and (not to or await _bounced(work, to)):
        await move(
            work, row, "ask_person", code="no_address",
            detail="Mails to this client's address came back before." if to else "",
        )  # fmt: skip
        return
    row.channel, row.address = "mail", to
    row.mail_id = await mail_invoice(work, stored.id, to=to)
    await move(work, row, "mail")


async def _to_member(work: Work, row: Transmission, stored: Stored) -> None:
    """A document in a member's name: she was mailed when it was written, so only if asked again."""
    row.channel, row.address = "mail", row.address or stored.contact_email
    if row.wanted == "mail":
        row.mail_id = await mail_self_bill(work, stored.id, to=row.address)
    await move(work, row, "mail", code=SELF_BILL)


async def _bounced(work: Work, address: str) -> bool:
    found = await work.session.scalar(
        select(Transmission.id)
        .where(Transmission.state == "bounced", Transmission.address == address)
        .limit(1)
    )
    return found is not None


async def bounce(work: Work, mail_id: UUID, *, code: str, detail: str) -> bool:
    """A mail came back for good; False when it carried no document, or this is known already."""
    row = await work.session.scalar(
        select(Transmission)
        .where(Transmission.mail_id == mail_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or not TRANSMISSION.may(row.state, "bounce"):
        return False
    await move(work, row, "bounce", code=code, detail=detail)
    return True


async def find_refused(work: Work) -> int:
    """Mark what the mail server refused while it was handed over; returns how many."""
    rows = await work.session.execute(
        select(Transmission.mail_id, Mail.refused)
        .join(Mail, Mail.id == Transmission.mail_id)
        .where(Transmission.state == "by_mail", Mail.refused.is_not(None))
        .limit(200)
    )
    found = 0
    for mail_id, refused in rows.all():
        assert mail_id is not None
        found += await bounce(work, mail_id, code="5.1.1", detail=f"The mail server {refused}")
    return found

"""Moving a transmission on: each step is kept, stated as a fact, and told to who has to act."""

from typing import Final

from sqlalchemy import select

from guild.core.ids import TransmissionId
from guild.core.mail import send_mail
from guild.core.pages import money_text
from guild.core.work import Work
from guild.exchange.errors import TransmissionNotFound
from guild.exchange.events import TransmissionMoved
from guild.exchange.gateway.interface import Told
from guild.exchange.models import TRANSMISSION, Transmission, TransmissionStep
from guild.exchange.rules.next_steps import next_step
from guild.invoicing.models import Invoice
from guild.invoicing.queries import sharers
from guild.invoicing.rules.canonical import CREDITS, SELF_BILLED
from guild.members.models import Member

BAD: Final = {
    "refused_by_receiver": "was refused by the receiver",
    "bounced": "came back: the mail did not arrive",
    "failed": "could not be delivered",
    "needs_person": "waits for an address",
}
"""States in which a person has to do something, in the words of the mail that says so."""
ACTIONS: Final = {
    "sent": "hand_over",
    "delivered": "deliver",
    "accepted": "accept",
    "refused_by_receiver": "refuse",
    "failed": "fail",
}


async def locked(work: Work, transmission_id: TransmissionId) -> Transmission:
    """The transmission, held until the Work ends. Raises TransmissionNotFound."""
    row: Transmission | None = await work.session.scalar(
        select(Transmission)
        .where(Transmission.id == transmission_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise TransmissionNotFound
    return row


async def move(
    work: Work, row: Transmission, action: str, *, code: str = "", detail: str = ""
) -> None:
    """Take a step, keep it, state it, and mail member and office where one of them must act."""
    TRANSMISSION.move(row, action)
    row.code, row.detail, row.changed_at = code[:60], detail[:500], work.now
    await keep_step(work, row)
    if row.state in BAD and row.superseded_at is None:
        await _tell(work, row)


async def keep_step(work: Work, row: Transmission) -> None:
    """The present state as a step of the history and as a fact."""
    row.moves += 1
    await work.session.flush()
    work.session.add(
        TransmissionStep(
            transmission_id=row.id,
            position=row.moves,
            state=row.state,
            code=row.code,
            detail=row.detail,
            at=work.now,
        )
    )
    await work.emit(
        TransmissionMoved(
            invoice_id=row.invoice_id,
            member_id=row.member_id,
            transmission_id=row.id,
            channel=row.channel,
            state=row.state,
            code=row.code,
        )
    )


async def apply(work: Work, row: Transmission, told: Told) -> bool:
    """Follow what a gateway tells; False when it is older than what is known, and changes nothing.

    Notices come in any order and more than once, so a step that is not possible any more is no
    error.
    """
    action = ACTIONS[told.status]
    if not TRANSMISSION.may(row.state, action):
        return False
    await move(work, row, action, code=told.code, detail=told.detail)
    return True


async def _tell(work: Work, row: Transmission) -> None:
    invoice = await work.session.get(Invoice, row.invoice_id)
    member = await work.session.get(Member, row.member_id)
    assert invoice is not None
    assert member is not None
    coop = work.settings.coop
    word = "Credit note" if invoice.kind in CREDITS else "Invoice"
    name = f"{word} {invoice.number}"
    whose = "in your name" if invoice.kind in SELF_BILLED else "to your client"
    reason = f"\nReason given: {row.detail or row.code}\n" if row.detail or row.code else ""
    text = (
        f"{name} {whose} {BAD[row.state]}.\n{reason}\n"
        f"What to do: {next_step(row.state, row.code)}\n\n"
        f"{work.settings.base_url}/invoices/{row.invoice_id}/delivery"
    )
    subject = f"{name} {BAD[row.state]}"
    why = f"You get this because {coop.name} sends this document for your work."
    send_mail(work, to=member.email, subject=subject, text=text, reason=why)
    for one in await sharers(work, invoice.id):
        if one.member_id != row.member_id:
            part = f"Your part of it is {money_text(one.net)} before tax; {member.display_name} "
            send_mail(
                work, to=one.email, subject=subject, reason=why,
                text=f"{text}\n\n{part}drafted it and mends it.",
            )  # fmt: skip
    send_mail(
        work, to=coop.email, subject=subject, text=text,
        reason="The office gets this because a document did not reach its receiver.",
    )  # fmt: skip

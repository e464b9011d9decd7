"""Beginning a delivery: deciding how a document reaches its receiver, and trying another way."""

from typing import Final

from sqlalchemy import select

from guild.core.ids import InvoiceId, TransmissionId, new_id
from guild.core.work import Work
from guild.exchange import access
from guild.exchange.commands.mailing import by_mail
from guild.exchange.commands.sending import LOOK_UP
from guild.exchange.errors import (
    AddressInvalid,
    NoGateway,
    OutcomeUnknown,
    StillUnderWay,
    TransmissionNotFound,
)
from guild.exchange.gateway.choice import gateway_of
from guild.exchange.models import TRANSMISSION, Transmission
from guild.exchange.rules.participants import ADDRESS
from guild.exchange.schemas import SendAgainIn
from guild.invoicing.queries import Stored, frozen_invoice, invoice_row

UNDER_WAY: Final = frozenset({"queued", "looking_up", "ready", "sending"})
ARRIVED: Final = frozenset({"sent", "delivered", "accepted"})
MAIL_SIGNS: Final = 3


async def begin_delivery(work: Work, invoice_id: InvoiceId) -> TransmissionId:
    """Send an issued document whose files exist, by the best way there is; once for each.

    With a gateway, the receiver is looked up first; without one, the mail goes out at once.
    """
    known = await _current(work, invoice_id)
    if known is not None:
        return known.id
    row = await _begin(work, await frozen_invoice(work, invoice_id))
    return row.id


async def begin_self_bill(work: Work, invoice_id: InvoiceId) -> TransmissionId | None:
    """Send a document in a member's name over the network, if there is a gateway; once.

    She was mailed when it was written, so that without a gateway, or when she is not on the
    network, nothing more goes out.
    """
    if gateway_of(work.system) is None:
        return None
    return await begin_delivery(work, invoice_id)


async def send_again(work: Work, invoice_id: InvoiceId, data: SendAgainIn) -> TransmissionId:
    """Try again, by another way or to another address, as a person decides.

    Raises OutcomeUnknown while nobody knows whether it arrived: sent twice, it would be paid or
    refused twice. Raises StillUnderWay, NoGateway, AddressInvalid, TransmissionNotFound.
    """
    invoice, _ = await invoice_row(work, invoice_id)
    if not access.may_send(work.actor, invoice.member_id) or invoice.pdf_document_id is None:
        raise TransmissionNotFound
    _refuse_address(data)
    known = await _current(work, invoice_id)
    if known is not None:
        _refuse_doubled(known, data)
    if data.channel == "peppol" and gateway_of(work.system) is None:
        raise NoGateway(
            "No gateway is set up; documents go by mail.",
            mend="Send it by mail, or have the operator set up a gateway (docs/peppol.md).",
            field="channel",
        )
    if known is not None:
        known.superseded_at = work.now
        await work.session.flush()
    row = await _begin(
        work, await frozen_invoice(work, invoice_id), wanted=data.channel, address=data.address
    )
    return row.id


def _refuse_doubled(known: Transmission, data: SendAgainIn) -> None:
    if known.state == "unknown":
        raise OutcomeUnknown(
            "Nobody knows yet whether it arrived, so it is not sent a second time.",
            mend="Wait; Guild asks the gateway again every few minutes.",
        )
    if known.state in UNDER_WAY or (known.state == "sent" and data.channel != "mail"):
        raise StillUnderWay(mend="Load the page again in a minute.", state=known.state)
    if known.state in ARRIVED and data.channel != "mail":
        raise StillUnderWay(
            "It has arrived already; a second copy would look like a second invoice.",
            mend="Send a link by mail if the client has mislaid it.",
            state=known.state,
        )


def _refuse_address(data: SendAgainIn) -> None:
    if not data.address:
        return
    if data.channel == "peppol" and not ADDRESS.fullmatch(data.address):
        raise AddressInvalid(
            "A participant is written scheme:identifier.", mend="Write it like 0208:0123456749.",
            field="address",
        )  # fmt: skip
    local, at, host = data.address.partition("@")
    if data.channel == "mail" and not (local and at and len(host) >= MAIL_SIGNS and "." in host):
        raise AddressInvalid(
            "This is no e-mail address.", mend="Write it like accounts@client.example.",
            field="address",
        )  # fmt: skip
    if not data.channel:
        raise AddressInvalid(
            "An address needs its way.", mend="Say whether it is for mail or for Peppol.",
            field="channel",
        )  # fmt: skip


async def _begin(
    work: Work, stored: Stored, *, wanted: str = "", address: str = ""
) -> Transmission:
    row = Transmission(
        id=TransmissionId(new_id()),
        invoice_id=stored.id,
        member_id=stored.member_id,
        state=TRANSMISSION.initial,
        channel="",
        wanted=wanted,
        address=address,
        provider="",
        code="",
        detail="",
        tries=0,
        moves=0,
        begun_at=work.now,
        changed_at=work.now,
        begun_by=work.actor.member_id if work.actor.kind == "member" else None,
    )
    work.session.add(row)
    await work.session.flush()
    if wanted == "mail" or gateway_of(work.system) is None:
        await by_mail(work, row, stored)
    else:
        work.later(LOOK_UP, transmission_id=row.id)
    return row


async def _current(work: Work, invoice_id: InvoiceId) -> Transmission | None:
    found: Transmission | None = await work.session.scalar(
        select(Transmission)
        .where(Transmission.invoice_id == invoice_id, Transmission.superseded_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found

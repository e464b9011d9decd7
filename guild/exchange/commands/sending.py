"""The calls to the gateway on the way out: look up, send, ask what became of it.

`SEND` runs at most once for each transmission. If its process dies between the call and the record,
the next run finds the state `sending`, does not send, and says `unknown`; `ASK` and the gateway's
notices then find out what happened.
"""

import re
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import and_, or_, select

from guild.core.ids import TransmissionId
from guild.core.jobs import OutsideJob
from guild.core.work import System, Work
from guild.documents import queries as documents
from guild.documents.commands import store
from guild.exchange.commands.mailing import by_mail
from guild.exchange.commands.moving import apply, locked, move
from guild.exchange.gateway.choice import gateway_of, own_participant
from guild.exchange.gateway.interface import (
    DocumentKind,
    GatewayAway,
    GatewayRefuses,
    GatewayUnsure,
    Parcel,
    Told,
)
from guild.exchange.models import TRANSMISSION, Transmission
from guild.exchange.rules.participants import addresses_of
from guild.invoicing.queries import Stored, frozen_invoice
from guild.invoicing.rules.canonical import SELF_BILLED
from guild.members.models import Organisation

LOOK_UP_TRIES: Final = 4
SEND_TRIES: Final = 8
PAUSES: Final = (2, 10, 30, 120, 240, 480, 720)
"""Minutes until a gateway that was away is tried again: together a little over a day."""
NEVER_ARRIVED: Final = timedelta(hours=1)
"""A gateway that knows nothing of a key for so long has never had it."""
ASK_UNKNOWN: Final = timedelta(minutes=2)
ASK_SENT: Final = timedelta(hours=1)
ASK_DELIVERED: Final = timedelta(hours=12)
ASK_DAYS: Final = timedelta(days=30)
CUT_OFF: Final = timedelta(minutes=10)
AWAY: Final = "away"
OGM: Final = re.compile(r"[0-9]{12}")
"""The Belgian structured communication; other references have one form only."""


class LookUp(msgspec.Struct, frozen=True):
    """Addresses to ask for, the likeliest first."""

    addresses: tuple[str, ...]
    kind: DocumentKind


class Outcome(msgspec.Struct, frozen=True):
    """What came of a call: told, away, unsure or refused."""

    kind: str
    told: Told | None = None
    code: str = ""
    detail: str = ""


async def _prepare_look_up(work: Work, transmission_id: TransmissionId) -> LookUp | None:
    row = await locked(work, transmission_id)
    if not TRANSMISSION.may(row.state, "look_up") or row.superseded_at is not None:
        return None
    stored = await frozen_invoice(work, row.invoice_id)
    addresses = await _addresses(work, row, stored)
    if not addresses:
        await _not_reachable(work, row, stored, "The receiver has no number on the network.")
        return None
    if row.state != "looking_up":
        await move(work, row, "look_up")
    return LookUp(addresses, kind_of(stored))


def kind_of(stored: Stored) -> DocumentKind:
    """What the network calls it."""
    kind = stored.frozen.kind
    return "invoice" if kind == "proforma" else kind


async def _addresses(work: Work, row: Transmission, stored: Stored) -> tuple[str, ...]:
    """A consumer has none; a chosen one is the only one.

    A self-billed document goes from its buyer, the co-operative, to the member who supplied.
    """
    if row.wanted == "peppol" and row.address:
        return (row.address,)
    if stored.frozen.kind in SELF_BILLED:
        member = stored.frozen.seller
        return addresses_of(member.country, member.legal_id, member.vat_number, work.today)
    client = await work.session.get(Organisation, stored.client_id)
    if client is None or client.kind == "consumer":
        return ()
    buyer = stored.frozen.buyer
    return addresses_of(buyer.country, buyer.legal_id, buyer.vat_number, work.today)


async def _look_up(system: System, asked: LookUp) -> str:
    gateway = gateway_of(system)
    if gateway is None:
        return ""
    try:
        for address in asked.addresses:
            if await gateway.look_up(address, asked.kind):
                return address
    except GatewayRefuses:
        return ""
    except (GatewayAway, GatewayUnsure):
        return AWAY
    return ""


async def _record_look_up(work: Work, ids: dict[str, Any], answer: str) -> None:
    row = await locked(work, ids["transmission_id"])
    if row.state != "looking_up":
        return
    gateway = gateway_of(work.system)
    if answer == AWAY and row.tries + 1 < LOOK_UP_TRIES:
        row.tries += 1
        due = work.now + timedelta(minutes=PAUSES[row.tries - 1])
        work.later(LOOK_UP, due_at=due, transmission_id=row.id)
        return
    if answer in {"", AWAY} or gateway is None:
        words = "The gateway could not be reached." if answer == AWAY else ""
        stored = await frozen_invoice(work, row.invoice_id)
        await _not_reachable(work, row, stored, words or "The receiver is not on the network.")
        return
    row.address, row.channel, row.provider, row.tries = answer, "peppol", gateway.name, 0
    await move(work, row, "make_ready")
    work.later(SEND, transmission_id=row.id)


async def _not_reachable(work: Work, row: Transmission, stored: Stored, words: str) -> None:
    """The mail instead, unless a person wanted exactly this way."""
    if row.wanted == "peppol":
        if row.state == "queued":
            await move(work, row, "look_up")
        await move(work, row, "fail", code="not_found", detail=words)
        return
    await by_mail(work, row, stored)


LOOK_UP: Final = OutsideJob(
    "exchange.look_up", prepare=_prepare_look_up, call=_look_up, record=_record_look_up
)


async def _prepare_send(work: Work, transmission_id: TransmissionId) -> Parcel | None:
    row = await locked(work, transmission_id)
    if row.state == "sending":  # a run before this one was cut off between call and record
        await _lose_sight(work, row, "The process was cut off while it was being sent.")
        return None
    if row.state != "ready":
        return None
    stored = await frozen_invoice(work, row.invoice_id)
    ubl = await _ubl(work, row, stored)
    await move(work, row, "begin_sending")
    return Parcel(
        key=row.id.hex,
        sender=own_participant(work.settings.coop, work.settings.peppol.participant),
        receiver=row.address,
        kind=kind_of(stored),
        ubl=ubl,
    )


async def _ubl(work: Work, row: Transmission, stored: Stored) -> bytes:
    """The filed bytes; with `reference` set to printed, a copy that writes the OGM as +++…+++."""
    filed = await documents.read(work, stored.files["ubl"])
    reference = stored.frozen.reference
    if work.settings.peppol.reference == "digits" or not OGM.fullmatch(reference):
        return filed
    plain = f"<cbc:PaymentID>{reference}</cbc:PaymentID>"
    printed = f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"
    sent = filed.replace(plain.encode(), plain.replace(reference, printed).encode())
    name = f"{stored.frozen.kind.replace('_', '-')}-{stored.frozen.number}-sent.xml"
    row.sent_document_id = await store(work, sent, "application/xml", name, row.invoice_id)
    return sent


async def _send(system: System, parcel: Parcel) -> Outcome:
    gateway = gateway_of(system)
    if gateway is None:
        return Outcome("away", detail="No gateway is set up any more.")
    try:
        return Outcome("told", told=await gateway.send(parcel))
    except GatewayAway as away:
        return Outcome("away", detail=str(away))
    except GatewayUnsure as unsure:
        return Outcome("unsure", detail=str(unsure))
    except GatewayRefuses as no:
        return Outcome("refused", code=no.code, detail=no.detail)


async def _record_send(work: Work, ids: dict[str, Any], outcome: Outcome) -> None:
    row = await locked(work, ids["transmission_id"])
    if outcome.told is not None:
        await apply(work, row, outcome.told)
    elif row.state != "sending":
        return
    elif outcome.kind == "unsure":
        await _lose_sight(work, row, outcome.detail)
    elif outcome.kind == "refused":
        words = f"{outcome.code}: {outcome.detail}"
        await move(work, row, "fail", code="gateway_refused", detail=words)
    elif row.tries + 1 < SEND_TRIES:
        row.tries += 1
        await move(work, row, "wait", code="gateway_away", detail=outcome.detail)
        due = work.now + timedelta(minutes=PAUSES[row.tries - 1])
        work.later(SEND, due_at=due, transmission_id=row.id)
    else:
        await move(work, row, "fail", code="gateway_away", detail=outcome.detail)


async def _lose_sight(work: Work, row: Transmission, words: str) -> None:
    await move(work, row, "lose_sight", detail=words)
    work.later(ASK, due_at=work.now + ASK_UNKNOWN, transmission_id=row.id)


SEND: Final = OutsideJob("exchange.send", prepare=_prepare_send, call=_send, record=_record_send)
"""Repeatable for the queue, because a second run never sends: see `_prepare_send`."""


async def _prepare_ask(work: Work, transmission_id: TransmissionId) -> str | None:
    row = await locked(work, transmission_id)
    return row.id.hex if row.state in {"unknown", "sent", "delivered"} else None


async def _ask(system: System, key: str) -> Outcome:
    gateway = gateway_of(system)
    if gateway is None:
        return Outcome("away")
    try:
        told = await gateway.status(key)
    except (GatewayAway, GatewayUnsure, GatewayRefuses) as no:
        return Outcome("away", detail=str(no))
    return Outcome("told" if told else "never", told=told)


async def _record_ask(work: Work, ids: dict[str, Any], outcome: Outcome) -> None:
    row = await locked(work, ids["transmission_id"])
    row.asked_at = work.now
    if outcome.told is not None:
        await apply(work, row, outcome.told)
    elif (
        outcome.kind == "never"
        and row.state == "unknown"
        and work.now - row.changed_at >= NEVER_ARRIVED
    ):
        await move(work, row, "fail", code="never_arrived", detail="The gateway never had it.")


ASK: Final = OutsideJob("exchange.ask_status", prepare=_prepare_ask, call=_ask, record=_record_ask)


async def ask_about_open(work: Work) -> int:
    """Queue a question for what is unknown or not confirmed yet; returns how many.

    What stands in `sending` for long was cut off, and nobody came after it: it is unknown now.
    """
    cut_off = await work.session.scalars(
        select(Transmission.id).where(
            Transmission.state == "sending", Transmission.changed_at < work.now - CUT_OFF
        )
    )
    for transmission_id in cut_off.all():
        row = await locked(work, transmission_id)
        if row.state == "sending":
            await _lose_sight(work, row, "The process was cut off while it was being sent.")
    asked = Transmission.asked_at
    due = [
        and_(Transmission.state == state, or_(asked.is_(None), asked < work.now - pause))
        for state, pause in (
            ("unknown", ASK_UNKNOWN), ("sent", ASK_SENT), ("delivered", ASK_DELIVERED)
        )
    ]  # fmt: skip
    rows = await work.session.scalars(
        select(Transmission.id)
        .where(
            or_(*due),
            Transmission.channel == "peppol",
            Transmission.changed_at > work.now - ASK_DAYS,
        )
        .order_by(asked.nulls_first(), Transmission.id)
        .limit(500)
    )
    found = list(rows)
    for transmission_id in found:
        work.later(ASK, transmission_id=transmission_id)
    return len(found)

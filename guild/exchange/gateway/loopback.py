"""A gateway without a network: two participants inside the house, for tests and demonstrations.

Parcels are really stored, delivered to the other's inbox and answered; what the receiving side
decides comes back to the sender as a status. Production refuses this gateway at start.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.permissions import SYSTEM
from guild.core.work import System, Work, begin_work
from guild.exchange.gateway.interface import (
    Answer,
    DocumentKind,
    GatewayRefuses,
    Parcel,
    Status,
    Told,
    Waiting,
)
from guild.exchange.models import LoopbackMessage

INBOX_MAX: Final = 100
DECIDED: Final[dict[str, Status]] = {
    "AP": "accepted",
    "PD": "accepted",
    "RE": "refused_by_receiver",
}


class LoopbackGateway:
    """Keeps parcels in the house's own database; the calls stand in Works of their own."""

    name = "loopback"

    def __init__(self, system: System, *, own: str, partner: str) -> None:
        self._system: Final = system
        self._own: Final = own
        self._known: Final = frozenset({own.lower(), partner.lower()})

    async def look_up(self, participant: str, kind: DocumentKind) -> bool:
        """The two receive everything, nobody else anything."""
        return bool(kind) and participant.lower() in self._known

    async def send(self, parcel: Parcel) -> Told:
        """Store it in the receiver's inbox, once for each key."""
        if parcel.receiver.lower() not in self._known:
            raise GatewayRefuses("not_found", "This participant is not in the house.")
        async with begin_work(self._system, SYSTEM) as work:
            await work.session.execute(
                insert(LoopbackMessage)
                .values(
                    id=parcel.key,
                    sender=parcel.sender,
                    receiver=parcel.receiver.lower(),
                    kind=parcel.kind,
                    ubl=parcel.ubl,
                    status="delivered",
                    at=work.now,
                )
                .on_conflict_do_nothing()
            )
            return _told(await _message(work, parcel.key))

    async def status(self, key: str) -> Told | None:
        """What became of it."""
        async with begin_work(self._system, SYSTEM, read_only=True) as work:
            message = await work.session.get(LoopbackMessage, key)
            return None if message is None else _told(message)

    async def inbox(self) -> list[Waiting]:
        """What waits for the house's own participant."""
        async with begin_work(self._system, SYSTEM, read_only=True) as work:
            rows = await work.session.scalars(
                select(LoopbackMessage)
                .where(
                    LoopbackMessage.receiver == self._own.lower(),
                    LoopbackMessage.acknowledged_at.is_(None),
                )
                .order_by(LoopbackMessage.at, LoopbackMessage.id)
                .limit(INBOX_MAX)
            )
            return [
                Waiting(message_id=row.id, sender=row.sender, receiver=row.receiver) for row in rows
            ]

    async def fetch(self, message_id: str) -> bytes:
        """The document of a message."""
        async with begin_work(self._system, SYSTEM, read_only=True) as work:
            return (await _message(work, message_id)).ubl

    async def acknowledge(self, message_id: str) -> None:
        """Take it out of the inbox."""
        async with begin_work(self._system, SYSTEM) as work:
            message = await _message(work, message_id)
            message.acknowledged_at = message.acknowledged_at or work.now

    async def respond(self, answer: Answer) -> None:
        """Tell the sender: it becomes the status of the parcel."""
        async with begin_work(self._system, SYSTEM) as work:
            message = await _message(work, answer.message_id)
            message.status = DECIDED.get(answer.code, message.status)
            message.code, _, rest = answer.reason.partition(": ")
            if not rest:
                message.code, rest = answer.code, answer.reason
            message.detail = rest[:500]


async def _message(work: Work, message_id: str) -> LoopbackMessage:
    message = await work.session.get(LoopbackMessage, message_id)
    if message is None:
        raise GatewayRefuses("not_found", "There is no such message.")
    return message


def _told(message: LoopbackMessage) -> Told:
    status: Status = "delivered"
    if message.status in {"accepted", "refused_by_receiver"}:
        status = "accepted" if message.status == "accepted" else "refused_by_receiver"
    return Told(status=status, code=message.code, detail=message.detail)

"""What Guild asks of a Peppol access point, whoever runs it.

The network itself needs an accredited provider; Guild speaks to one over its interface. A parcel
carries one idempotency key for ever, by which the gateway knows it again, so that a call whose
answer was lost can be asked about and is never repeated blindly.
"""

from typing import Literal, Protocol

import msgspec

from guild.exchange.rules.responses import ResponseCode

Status = Literal["sent", "delivered", "accepted", "refused_by_receiver", "failed"]
DocumentKind = Literal["invoice", "credit_note", "self_bill", "self_bill_credit"]
"""The last two are Peppol BIS Self-Billing 3.0, which a participant receives or not by itself."""


class GatewayAway(Exception):
    """The gateway could certainly not take the call: no connection, or it asked to come later.

    Nothing has happened, so the call may be repeated.
    """


class GatewayUnsure(Exception):
    """The call left the house and its answer was lost or makes no sense: it may have worked."""


class GatewayRefuses(Exception):
    """The gateway says no for good; `code` and `detail` are its own words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code[:60]
        self.detail = detail[:500]


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be sent. `sender` and `receiver` are participants, such as 0208:0123456749."""

    key: str
    sender: str
    receiver: str
    kind: DocumentKind
    ubl: bytes


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway knows of a parcel; code and detail are the receiver's or the gateway's."""

    status: Status
    code: str
    detail: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the inbox."""

    message_id: str
    sender: str
    receiver: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Our answer to a received invoice: a Peppol Invoice Response."""

    key: str
    message_id: str
    code: ResponseCode
    reason: str


class PeppolGateway(Protocol):
    """An access point. Every call may raise GatewayAway, GatewayUnsure and GatewayRefuses."""

    name: str
    """The provider under which notices and messages are stored once."""

    async def look_up(self, participant: str, kind: DocumentKind) -> bool:
        """Whether that participant receives such documents."""
        ...

    async def send(self, parcel: Parcel) -> Told:
        """Hand over a document; the same key again answers the same and sends nothing."""
        ...

    async def status(self, key: str) -> Told | None:
        """What became of a parcel, or None when the gateway has never seen the key."""
        ...

    async def inbox(self) -> list[Waiting]:
        """Messages that wait and were not acknowledged, the oldest first, at most a hundred."""
        ...

    async def fetch(self, message_id: str) -> bytes:
        """The document of a message, as often as it is asked for."""
        ...

    async def acknowledge(self, message_id: str) -> None:
        """The message is kept here and need not be offered again. Twice does no harm."""
        ...

    async def respond(self, answer: Answer) -> None:
        """Tell the sender of a received invoice what was decided. Twice does no harm."""
        ...

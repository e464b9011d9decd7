"""What signing asks of a provider of identities, whoever runs it.

The person is sent to the provider with an order; the provider's answer comes back on its own way.
Both are bound to one prepared signature and to the SHA-256 of its evidence manifest.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from guild.core.ids import SignatureRequestId
from guild.core.wire import Digest, In, OptionalText, ShortText


class EidOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is sent to the provider with. `manifest_sha256` is what she is to sign."""

    session: SignatureRequestId
    manifest_sha256: str
    document: str
    typed_name: str
    language: str
    return_url: str
    expires_at: datetime


class EidAnswer(In, frozen=True, kw_only=True):
    """What the provider says. `subject` is its own name for the person, never a national number.

    `assurance` is the level of Regulation (EU) 910/2014, Art. 8, or `qualified` when the provider
    made a qualified signature; `signature` is that signature or its statement, in base64.
    """

    session: SignatureRequestId
    status: Literal["signed", "refused"]
    manifest_sha256: Digest
    provider: ShortText
    name: OptionalText = ""
    subject: OptionalText = ""
    assurance: Literal["substantial", "high", "qualified"] = "substantial"
    signature: Annotated[str, Meta(max_length=40_000, pattern=r"^[A-Za-z0-9+/]*={0,2}$")] = ""


class EidProvider(Protocol):
    """A way to an electronic identity."""

    name: str

    def start_url(self, order: EidOrder, now: datetime) -> str:
        """Where the person is sent."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> EidAnswer:
        """The provider's answer, if it is its own and fresh; raises EidAnswerRefused."""
        ...

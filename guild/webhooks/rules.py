"""Which facts are offered to whom, how a delivery is signed, and when it is tried again.

Signatures follow the Standard Webhooks specification (2023): `v1,` and the base64 of
HMAC-SHA256 over `id.timestamp.body` under the secret; a receiver checks it with any library of
that standard, and refuses timestamps that are more than five minutes off.
"""

import hmac
import ipaddress
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Final, Literal
from urllib.parse import urlsplit

from guild.contracts import events as contracts
from guild.core.events import Event
from guild.exchange import events as exchange
from guild.invoicing import events as invoicing
from guild.mutual_fund.events import AdvancePaid, LevyPosted
from guild.receivables import events as receivables
from guild.treasury import events as treasury
from guild.webhooks.errors import AddressRefused

Scope = Literal["own", "house"]
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - a prefix, not a secret
SECRET_BYTES: Final = 32
RETRY_AFTER: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""The pauses between the tries of one delivery: eight tries within 28 hours."""
ATTEMPTS_MAX: Final = len(RETRY_AFTER) + 1
GIVEN_UP_MAX: Final = 5
"""So many deliveries given up in a row, and the subscription pauses itself."""
KEEP_BOTH: Final = timedelta(hours=24)
"""For so long after a change of secret both sign, so that no delivery is refused meanwhile."""


def _of(*rooms: object) -> dict[str, type[Event]]:
    found = [thing for room in rooms for thing in vars(room).values() if isinstance(thing, type)]
    return {kind.__name__: kind for kind in found if issubclass(kind, Event) and kind is not Event}


def _concerns_member(kind: type[Event]) -> bool:
    return "member_id" in kind.__struct_fields__


_MONEY: Final = _of(invoicing, receivables, exchange, treasury)
_OWN: Final = _MONEY | _of(contracts) | {one.__name__: one for one in (AdvancePaid, LevyPosted)}
OFFERED: Final[Mapping[Scope, Mapping[str, type[Event]]]] = {
    "own": {name: kind for name, kind in sorted(_OWN.items()) if _concerns_member(kind)},
    "house": dict(sorted(_MONEY.items())),
}
"""`own`: a member's facts that name her. `house`: all facts of money, for the office.

Claims, reviews and statements about people are offered to nobody: they do not leave the house.
"""


def summary_of(kind: type[Event]) -> str:
    """The first sentence of the fact's own description."""
    return (kind.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def new_secret() -> bytes:
    """A fresh secret of 32 bytes."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as libraries of the standard take it: `whsec_` and base64."""
    return SECRET_PREFIX + b64encode(secret).decode()


def signature(keys: Iterable[bytes], delivery_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each key, a space between them."""
    signed = b"%s.%d." % (delivery_id.encode(), timestamp) + body
    made = [hmac.digest(key, signed, sha256) for key in keys]
    return " ".join(f"v1,{b64encode(one).decode()}" for one in made)


def secret_bytes(text: str) -> bytes:
    """The reverse of `secret_text`; raises ValueError."""
    return b64decode(text.removeprefix(SECRET_PREFIX), validate=True)


def check_address(url: str, *, production: bool) -> str:
    """The address as it will be called; raises AddressRefused.

    Only https, without a user's name, never an address of a private network: a webhook must not
    become a door to machines behind our own wall. Outside production, http to this machine too.
    What a name leads to is checked again at each call (`is_outside`).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    here = host in {"localhost", "127.0.0.1", "::1"}
    if here and not production and parts.scheme in {"http", "https"}:
        return url
    if parts.scheme != "https" or not host or parts.username or parts.fragment:
        raise AddressRefused(
            "Facts are sent to https addresses only, without a user name or a fragment.",
            mend="Give an address like https://example.org/guild.",
            field="url",
        )
    if here or _is_literal_inside(host):
        raise AddressRefused(
            f"{host} is an address inside a private network.",
            mend="Give an address that the public internet can reach.",
            field="url",
        )
    return url


def _is_literal_inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def is_outside(addresses: Iterable[str]) -> bool:
    """Whether all addresses that a name leads to belong to the public internet."""
    found = list(addresses)
    return bool(found) and all(ipaddress.ip_address(one.split("%")[0]).is_global for one in found)

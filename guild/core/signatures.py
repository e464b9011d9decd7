"""Signatures of what comes in from gateways, mail servers and providers of identities.

`Guild-Signature: v1=<hex of HMAC-SHA256(secret, timestamp "." body)>` beside `Guild-Timestamp`
(seconds since 1970, UTC). The time is part of what is signed, so a recorded message is worthless
after the window; within it, it is stored once by its own identifier.
"""

import hashlib
import hmac
import re
from typing import Final

WINDOW_S: Final = 300
"""How far the sender's clock may be from ours, as Stripe and others have it."""
_SIGNATURE: Final = re.compile(r"v1=([0-9a-f]{64})")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The header value for a body at a moment."""
    message = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signature_holds(secret: str, timestamp: str, body: bytes, signature: str) -> bool:
    """Whether the header was made with the secret for exactly this body and moment."""
    if not secret or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return False
    expected = sign(secret, int(timestamp), body)
    holds = False
    for given in _SIGNATURE.findall(signature[:400]):  # two while a secret is being changed
        holds |= hmac.compare_digest(expected, f"v1={given}")
    return holds


def is_fresh(timestamp: str, now_s: float) -> bool:
    """Whether the moment lies within the window."""
    return re.fullmatch(r"[0-9]{1,12}", timestamp) is not None and (
        abs(now_s - int(timestamp)) <= WINDOW_S
    )

"""The provider over HTTP, by the small contract in docs/signing.md; and its twin inside the house.

No call leaves the house: the person's browser carries the order, and the answer is a signed POST.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from guild.contracts.eid.interface import EidAnswer, EidOrder, EidProvider
from guild.contracts.errors import EidAnswerRefused
from guild.core.errors import Invalid
from guild.core.settings import Settings
from guild.core.signatures import is_fresh, sign, signature_holds

LOOPBACK_PATH: Final = "/eid/loopback"


class SignedRedirect:
    """Sends people to an adapter at `url` and believes what is signed with the shared secret."""

    def __init__(self, name: str, url: str, secret: str) -> None:
        self.name = name
        self._url: Final = url
        self._secret: Final = secret

    def start_url(self, order: EidOrder, now: datetime) -> str:
        """`URL?order=BASE64URL(JSON)&timestamp=…&signature=v1=…`."""
        at = int(now.timestamp())
        body = urlsafe_b64encode(msgspec.json.encode(order)).rstrip(b"=")
        query = {
            "order": body.decode(), "timestamp": at, "signature": sign(self._secret, at, body),
        }  # fmt: skip
        return f"{self._url}?{urlencode(query)}"

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> EidAnswer:
        """As every signed notice: `Guild-Timestamp` and `Guild-Signature` over the body."""
        at = headers.get("guild-timestamp", "")
        if not signature_holds(self._secret, at, body, headers.get("guild-signature", "")):
            raise EidAnswerRefused(
                "Guild-Signature is not the signature of this body and Guild-Timestamp.",
                mend="Sign “timestamp.body” by HMAC-SHA256 with the shared secret.",
            )
        if not is_fresh(at, now.timestamp()):
            raise EidAnswerRefused(
                "The signed moment lies more than five minutes away.", mend="Sign it anew.",
            )  # fmt: skip
        return msgspec.json.decode(body, type=EidAnswer)

    def read_order(self, order: str, timestamp: str, signature: str) -> EidOrder:
        """What an adapter does with the query; the loopback provider does it here."""
        held = signature_holds(self._secret, timestamp, order.encode(), signature)
        if not held or not re.fullmatch(r"[A-Za-z0-9_-]{1,4000}", order):
            raise Invalid("The order is not signed by this house.", field="order")
        padded = order + "=" * (-len(order) % 4)
        return msgspec.json.decode(urlsafe_b64decode(padded), type=EidOrder)

    def answer(self, answer: EidAnswer, now: datetime) -> tuple[dict[str, str], bytes]:
        """Headers and body as an adapter would send them."""
        at, body = int(now.timestamp()), msgspec.json.encode(answer)
        return {
            "guild-timestamp": str(at), "guild-signature": sign(self._secret, at, body),
        }, body  # fmt: skip


def provider_of(settings: Settings) -> EidProvider | None:
    """The provider of the settings; None means that nobody signs by eID here."""
    if settings.eid.provider == "http":
        return SignedRedirect("http", settings.eid.url, settings.eid.secret)
    return loopback_of(settings)


def loopback_of(settings: Settings) -> SignedRedirect | None:
    """The provider inside the house, for tests and demonstrations; never in production."""
    if settings.eid.provider != "loopback" or settings.production:
        return None
    secret = settings.secret("eid loopback").hex()
    return SignedRedirect("loopback", f"{settings.base_url}{LOOPBACK_PATH}", secret)

"""Stripe: hosted checkout. API and webhook scheme as published (docs.stripe.com/api,
docs.stripe.com/webhooks#verify-manually); no SDK is needed.
"""

import hashlib
import hmac
from typing import Any, Final
from urllib.parse import quote

import msgspec

from guild.treasury.errors import WebhookRefused
from guild.treasury.providers.calls import call
from guild.treasury.providers.interface import Asked, Hint, Link, ProviderAway, Seen, minor

TOLERANCE_S: Final = 300
"""An older signature may be a replay; Stripe's own libraries take five minutes."""
EVENTS: Final = frozenset(
    ["checkout.session.completed", "checkout.session.async_payment_succeeded",
     "checkout.session.async_payment_failed", "checkout.session.expired"]
)  # fmt: skip


class Stripe:
    """Speaks to `url` with a secret key."""

    def __init__(self, url: str, key: str, hook_secret: str) -> None:
        self._url: Final = url.rstrip("/")
        self._key: Final = key
        self._secret: Final = hook_secret

    async def ask(self, asked: Asked) -> Link:
        """`POST /v1/checkout/sessions`, under our id as the idempotency key."""
        form = {
            "mode": "payment",
            "client_reference_id": asked.payment_id,
            "success_url": asked.back_url,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": asked.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(asked.amount_minor),
            "line_items[0][price_data][product_data][name]": asked.description,
        }
        headers = {**self._headers(), "Idempotency-Key": asked.payment_id}
        made = await call("POST", f"{self._url}/v1/checkout/sessions", headers, data=form)
        if (
            made is None
            or not isinstance(made.get("id"), str)
            or not isinstance(made.get("url"), str)
        ):
            raise ProviderAway("no session came back")
        return Link(external_id=made["id"], url=made["url"])

    async def fetch(self, object_id: str) -> Seen | None:
        """`GET /v1/checkout/sessions/{id}` with the charge, the refund and the fee."""
        path = f"/v1/checkout/sessions/{quote(object_id, safe='')}"
        expand = {"expand[]": "payment_intent.latest_charge.balance_transaction"}
        found = await call("GET", self._url + path, self._headers(), params=expand)
        if found is None or not found.get("client_reference_id"):
            return None
        charge = _at(found, "payment_intent", "latest_charge")
        paid = found.get("payment_status") == "paid"
        returned = bool(charge.get("refunded") or charge.get("disputed"))
        over = found.get("status") == "expired"
        return Seen(
            external_id=str(found.get("id")),
            payment_id=str(found["client_reference_id"]),
            state="returned" if paid and returned else "paid" if paid
            else "failed" if over else "open",
            amount_minor=minor(found.get("amount_total")),
            fee_minor=minor(_at(charge, "balance_transaction").get("fee", 0)),
            currency=str(found.get("currency", "")).upper(),
        )  # fmt: skip

    def hints(self, headers: dict[str, str], body: bytes, now: float) -> list[Hint]:
        """`Stripe-Signature: t=…,v1=…`: HMAC-SHA256 of `t.body` under the endpoint's secret."""
        parts = [one.partition("=") for one in headers.get("stripe-signature", "").split(",")]
        times = [value for name, _, value in parts if name.strip() == "t"]
        given = [value for name, _, value in parts if name.strip() == "v1"]
        if not self._secret or len(times) != 1 or not times[0].isdigit():
            raise WebhookRefused("The signature is missing.")
        if abs(now - int(times[0])) > TOLERANCE_S:
            raise WebhookRefused("The signature is too old.")
        signed = f"{times[0]}.".encode() + body
        right = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        if not any(hmac.compare_digest(right, one.strip()) for one in given):
            raise WebhookRefused("The signature does not hold.")
        try:
            event = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError:
            raise WebhookRefused("The message is no event.") from None
        kind, thing = str(event.get("type", "")), _at(event, "data", "object")
        if kind not in EVENTS or not event.get("id") or not thing.get("id"):
            return []
        return [Hint(external_id=str(event["id"]), kind=kind, object_id=str(thing["id"]))]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "User-Agent": "Guild"}


def _at(thing: dict[str, Any], *path: str) -> dict[str, Any]:
    """A nested object, or an empty one."""
    for name in path:
        inner = thing.get(name)
        thing = inner if isinstance(inner, dict) else {}
    return thing

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
from guild.treasury.providers.interface import Asked, Hint, Link, ProviderAway, Seen, minor, within

TOLERANCE_S: Final = 300
"""An older signature may be a replay; Stripe's own libraries take five minutes."""
EVENTS: Final = frozenset(
    ["checkout.session.completed", "checkout.session.async_payment_succeeded",
     "checkout.session.async_payment_failed", "checkout.session.expired"]
)  # fmt: skip
AFTERWARDS: Final = frozenset(
    ["charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
     "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "charge.refunded",
     "charge.refund.updated"]
)  # fmt: skip
"""They name no session but the payment intent; the session is asked for by it."""
DISPUTES_MAX: Final = 100


INTENT: Final = "pi_"


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
        """`GET /v1/checkout/sessions/{id}` with the charge, its refunds, disputes and fees.

        The id of a payment intent will do: disputes and refunds name nothing else.
        """
        if object_id.startswith(INTENT):
            object_id = await self._session_of(object_id)
        path = f"/v1/checkout/sessions/{quote(object_id, safe='')}"
        expand = {"expand[]": "payment_intent.latest_charge.balance_transaction"}
        found = await call("GET", self._url + path, self._headers(), params=expand)
        if found is None or not found.get("client_reference_id"):
            return None
        charge = _at(found, "payment_intent", "latest_charge")
        paid = found.get("payment_status") == "paid"
        over = found.get("status") == "expired"
        amount = minor(found.get("amount_total"))
        currency = str(found.get("currency", "")).upper()
        back = minor(charge.get("amount_refunded", 0))
        fee = _fee(_at(charge, "balance_transaction"), currency)
        if paid and charge.get("disputed"):
            intent = str(_at(found, "payment_intent").get("id", ""))
            for dispute in await self._disputes(intent):
                withdrawn, charged = _withdrawn(dispute, currency)
                back, fee = back + withdrawn, fee + charged
        return Seen(
            external_id=str(found.get("id")),
            payment_id=str(found["client_reference_id"]),
            state="paid" if paid else "failed" if over else "open",
            amount_minor=amount,
            returned_minor=within(back, amount),
            fee_minor=max(fee, 0),
            currency=currency,
        )

    async def _session_of(self, intent: str) -> str:
        """`GET /v1/checkout/sessions?payment_intent=…`: the one session that made the intent."""
        asked = {"payment_intent": intent, "limit": "1"}
        for one in await self._list("checkout/sessions", asked):
            if isinstance(one.get("id"), str):
                return str(one["id"])
        return intent

    async def _disputes(self, intent: str) -> list[dict[str, Any]]:
        """`GET /v1/disputes?payment_intent=…`: a charge may be disputed in parts."""
        if not intent:
            raise ProviderAway("a disputed payment without an intent")
        asked = {"payment_intent": intent, "limit": str(DISPUTES_MAX)}
        return await self._list("disputes", asked)

    async def _list(self, what: str, asked: dict[str, str]) -> list[dict[str, Any]]:
        answer = await call("GET", f"{self._url}/v1/{what}", self._headers(), params=asked)
        found = (answer or {}).get("data")
        if not isinstance(found, list):
            raise ProviderAway(f"no list of {what} came back")
        return [one for one in found if isinstance(one, dict)]

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
        about = thing.get("payment_intent" if kind in AFTERWARDS else "id")
        if kind not in EVENTS | AFTERWARDS or not event.get("id") or not isinstance(about, str):
            return []
        return [Hint(external_id=str(event["id"]), kind=kind, object_id=about)]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "User-Agent": "Guild"}


def _withdrawn(dispute: dict[str, Any], currency: str) -> tuple[int, int]:
    """What a dispute has taken and not given back, and what it cost, minor units.

    Stripe shows the money itself: one movement when it withdraws, another when it reinstates what
    was won. An inquiry has none. Raises ProviderAway when the sum is in no currency of ours.
    """
    moves = [one for one in dispute.get("balance_transactions") or [] if isinstance(one, dict)]
    net = -sum(minor(one.get("amount")) for one in moves)
    fee = sum(_fee(one, currency) for one in moves)
    if net <= 0 or all(_in(one, currency) for one in moves):
        return max(net, 0), fee
    if not _in(dispute, currency):
        raise ProviderAway("a dispute in another currency")
    # The account there is kept in another currency than the payment: the dispute says how much.
    return minor(dispute.get("amount")), fee


def _fee(move: dict[str, Any], currency: str) -> int:
    return minor(move.get("fee", 0)) if _in(move, currency) else 0


def _in(thing: dict[str, Any], currency: str) -> bool:
    return str(thing.get("currency", currency)).upper() == currency


def _at(thing: dict[str, Any], *path: str) -> dict[str, Any]:
    """A nested object, or an empty one."""
    for name in path:
        inner = thing.get(name)
        thing = inner if isinstance(inner, dict) else {}
    return thing

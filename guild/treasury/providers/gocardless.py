"""GoCardless: a mandate and a payment in one hosted flow. API and webhook scheme as published
(developer.gocardless.com/api-reference); no SDK is needed.
"""

import hashlib
import hmac
from typing import Any, Final
from urllib.parse import quote

import msgspec

from guild.treasury.errors import WebhookRefused
from guild.treasury.providers.calls import call
from guild.treasury.providers.interface import Asked, Hint, Link, ProviderAway, Seen, minor, within

VERSION: Final = "2015-07-06"
PAID: Final = frozenset({"confirmed", "paid_out"})
CHARGED_BACK: Final = "charged_back"
"""Whole, always; cancelled by the payer's bank, the payment is `paid_out` again."""
FAILED: Final = frozenset({"failed", "cancelled", "customer_approval_denied"})
EVENTS_MAX: Final = 500


class GoCardless:
    """Speaks to `url` with an access token."""

    def __init__(self, url: str, key: str, hook_secret: str) -> None:
        self._url: Final = url.rstrip("/")
        self._key: Final = key
        self._secret: Final = hook_secret

    async def ask(self, asked: Asked) -> Link:
        """A billing request for a mandate and a first payment, and the flow that a client opens."""
        request = {
            "billing_requests": {
                "mandate_request": {"currency": asked.currency},
                "payment_request": {
                    "amount": asked.amount_minor,
                    "currency": asked.currency,
                    "description": asked.description,
                    "metadata": {"guild_payment": asked.payment_id},
                },
            }
        }
        made = await self._post("billing_requests", request, asked.payment_id)
        flow = await self._post(
            "billing_request_flows",
            {
                "billing_request_flows": {
                    "redirect_uri": asked.back_url,
                    "links": {"billing_request": made["id"]},
                }
            },
            f"{asked.payment_id}-flow",
        )
        return Link(external_id=str(made["id"]), url=str(flow.get("authorisation_url", "")))

    async def fetch(self, object_id: str) -> Seen | None:
        """`GET /payments/{id}`; fees are not on it, they show when the provider pays out."""
        url = f"{self._url}/payments/{quote(object_id, safe='')}"
        answer = await call("GET", url, self._headers())
        payment = (answer or {}).get("payments")
        if not isinstance(payment, dict):
            return None
        ours = (payment.get("metadata") or {}).get("guild_payment")
        if not ours:
            return None
        status = str(payment.get("status"))
        amount = minor(payment.get("amount"))
        back = amount if status == CHARGED_BACK else minor(payment.get("amount_refunded") or 0)
        return Seen(
            external_id=str(payment.get("id")),
            payment_id=str(ours),
            state="paid" if status in PAID or status == CHARGED_BACK
            else "failed" if status in FAILED else "open",
            amount_minor=amount,
            returned_minor=within(back, amount),
            fee_minor=0,
            currency=str(payment.get("currency", "")).upper(),
        )  # fmt: skip

    def hints(self, headers: dict[str, str], body: bytes, now: float) -> list[Hint]:  # noqa: ARG002
        """`Webhook-Signature`: HMAC-SHA256 of the body under the endpoint's secret."""
        right = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get("webhook-signature", "")
        if not self._secret or not hmac.compare_digest(right, given.strip()):
            raise WebhookRefused("The signature does not hold.")
        try:
            events = msgspec.json.decode(body, type=dict[str, Any]).get("events")
        except msgspec.DecodeError:
            raise WebhookRefused("The message holds no events.") from None
        if not isinstance(events, list):
            return []
        return [
            Hint(
                external_id=str(event["id"]),
                kind=f"payments.{event.get('action')}",
                object_id=str(event["links"]["payment"]),
            )
            for event in events[:EVENTS_MAX]
            if isinstance(event, dict)
            and event.get("resource_type") == "payments"
            and event.get("id")
            and isinstance(event.get("links"), dict)
            and event["links"].get("payment")
        ]

    async def _post(self, what: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        headers = {**self._headers(), "Idempotency-Key": key}
        answer = await call("POST", f"{self._url}/{what}", headers, json=body)
        made = (answer or {}).get(what)
        if not isinstance(made, dict) or not made.get("id"):
            raise ProviderAway(f"no {what} came back")
        return made

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._key}",
            "GoCardless-Version": VERSION,
            "User-Agent": "Guild",
        }

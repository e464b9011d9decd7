"""Rows of what leaves the house: webhooks with a delivery, exports with a file."""

from typing import Any

import msgspec

from guild.core.ids import new_id
from guild.exports import commands as exports
from guild.exports.schemas import ExportIn
from guild.webhooks import commands as webhooks
from guild.webhooks.models import WebhookDelivery
from guild.webhooks.schemas import WebhookIn

ADDRESS = "https://example.org/in"
DAY = {"first_day": "2026-11-01", "last_day": "2026-11-30"}


async def make_outlets(world: Any) -> None:
    """Mira's webhooks (active, paused), one of the house that waits, and an export of hers."""
    async with world.as_("owner") as work:
        for name in ("active", "paused"):
            made = await webhooks.add_webhook(
                work, WebhookIn(name=name, url=ADDRESS, kinds=("InvoiceIssued",))
            )
            world.rows[f"webhook_{name}"] = made.row.id
        await webhooks.pause_webhook(work, world.rows["webhook_paused"])
        delivery = WebhookDelivery(
            id=new_id(), webhook_id=world.rows["webhook_active"], event_id=new_id(),
            kind="InvoiceIssued", happened_at=work.now, body={}, state="given_up", tries=8,
            created_at=work.now, ended_at=work.now,
        )  # fmt: skip
        work.session.add(delivery)
        world.rows["webhook_delivery"] = delivery.id
        wanted = {"kind": "vat", **DAY}
        row = await exports.ask_export(work, _typed(wanted))
        world.rows["export"] = row.id
    async with world.as_house() as work:
        await exports.make_part(work, world.rows["export"], 0)
    async with world.as_("treasurer2") as work:
        made = await webhooks.add_webhook(
            work,
            WebhookIn(name="books", url=ADDRESS, kinds=("PaymentRecorded",), scope="house"),
        )
        world.rows["webhook_house"] = made.row.id


def _typed(wanted: dict[str, str]) -> ExportIn:
    return msgspec.convert(wanted, ExportIn)


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    paused = {"webhook_id": rows["webhook_paused"]}
    house = {"webhook_id": rows["webhook_house"]}
    delivery = {"delivery_id": rows["webhook_delivery"]}
    export = {"kind": "vat", **DAY}
    hook = {"name": "x", "url": ADDRESS, "kinds": ["InvoiceIssued"]}
    return {
        "POST /api/v1/webhooks": {"json": hook},
        "POST /webhooks": {"data": hook},
        "PATCH /api/v1/webhooks/{webhook_id}": {"json": {"name": "y"}},
        "POST /api/v1/webhooks/{webhook_id}/confirm": {"path": house},
        "POST /api/v1/webhooks/{webhook_id}/resume": {"path": paused},
        "POST /webhooks/{webhook_id}/step/{step}": {
            "path": {"webhook_id": rows["webhook_active"], "step": "pause"}},
        "GET /api/v1/webhook-deliveries/{delivery_id}": {"path": delivery},
        "POST /api/v1/webhook-deliveries/{delivery_id}/send-again": {"path": delivery},
        "GET /webhook-deliveries/{delivery_id}": {"path": delivery},
        "POST /webhook-deliveries/{delivery_id}/send-again": {"path": delivery},
        "POST /api/v1/exports": {"json": export},
        "POST /exports": {"data": export},
        "POST /api/v1/organisations/import": {"json": {
            "csv": "name;country;street;postcode;city;email\nA;BE;S 1;9000;Gent;a@b.example"}},
        "POST /clients/import": {
            "files": {"file": ("clients.csv", b"name;country\nA;BE", "text/csv")}},
        "POST /clients/import/rows": {"data": {
            "csv": "name;country;street;postcode;city;email\nA;BE;S 1;9000;Gent;a@b.example",
            **{f"mapping.{field}": field
               for field in ("name", "country", "street", "postcode", "city", "email")}}},
    }  # fmt: skip

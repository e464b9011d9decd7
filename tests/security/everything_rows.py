"""Rows of the client's page of all that was sent to it: links to all of two addresses."""

from typing import Any

from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing.models import Invoice
from guild.members.access import CLIENT_LINK
from guild.members.models import Contact

HOURS = 24 * 30
"""The world's clock goes on by days while it is built."""
LINKS = (
    ("/client/invoices", ("client_paying", "client_other", "invoice")),
    ("/client/statements", ("client_paying", "client_other", "invoice")),
    ("/client/contracts", ("client_working", "client_other", "offer")),
)


async def make_everything(world: Any) -> None:
    """Who pays the owner's invoice, who answers her deliveries, and somebody of another member."""
    async with begin_work(world.system, SYSTEM) as work:
        paying = await work.session.get_one(Invoice, world.rows["invoice"])
        other = await work.session.get_one(Invoice, world.rows["foreign_invoice"])
        working = await work.session.get_one(Contact, world.rows["contact"])
    world.rows["invoice_client"] = paying.client_id
    for name, contact_id in (
        ("client_paying", paying.contact_id), ("client_other", other.contact_id),
        ("client_working", working.id),
    ):  # fmt: skip
        world.links[name] = await world.make.link(
            contact_id, contact_id, purpose=CLIENT_LINK, hours=HOURS
        )
    world.links["client_unopened"] = await world.make.link(
        working.id, working.id, purpose=CLIENT_LINK, hours=HOURS
    )
    world.rows["client_email"] = working.email


def asks(rows: dict[str, Any], links: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    account = {"client_id": rows["invoice_client"], "currency": "EUR", "kind": "csv"}
    return {
        "POST /language": {"data": {"language": "en"}},
        "POST /client/language": {"data": {"language": "en"}},
        "POST /client/ask": {"data": {"email": rows["client_email"]}},
        "POST /client/open/{token}": {"path": {"token": links["client_unopened"]}},
        "POST /client/contracts/{contract_id}/{what}": {"path": {"what": "delivery"}},
        "GET /client/contracts/{contract_id}/files/{kind}": {"path": {"kind": "pdf"}},
        "GET /client/statements/{client_id}/{currency}/{kind}": {"path": account},
        "GET /books/{code}": {"path": {"code": "opening"}},
    }

"""Rows of signing: a log that has the sealed file, and an offer whose client asks for more time."""

from typing import Any

import msgspec

from guild.contracts import commands
from guild.core.work import begin_work
from guild.documents.identity import identity_of
from guild.translog.commands import sequence_leaves


async def make_signing(world: Any) -> None:
    """Give the log its leaves, so that evidence can be had; and one offer that may be extended."""
    owner = world.people["owner"]
    async with world.as_house() as work:
        await sequence_leaves(work)
    late = await world.make.sent_contract(owner)
    async with begin_work(world.system, await world.make.client_of(late)) as work:
        await commands.ask_for_extension(work)
    world.rows["extendable"] = late.id


def name_authority(world: Any) -> None:
    """Say that a foreign authority sets the time of seals; from here on nothing is sealed."""
    settings = world.system.settings
    seal = msgspec.structs.replace(
        settings.seal,
        stamp_url="https://time.example.org",
        stamp_root_pem=identity_of(settings).root_pem,
    )
    world.system.settings = msgspec.structs.replace(settings, seal=seal)


def asks(rows: dict[str, Any], links: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    seen = {"version": rows["version"], "shown_sha256": rows["shown"]}
    right = {"name": "Right Person", "email": "right@signer.example"}
    draft, late = {"contract_id": rows["draft"]}, {"contract_id": rows["extendable"]}
    plan = {"signers": [{"contact_id": str(rows["contact"]), "rank": 1, "needed": 1}]}
    return {
        "PUT /api/v1/contracts/{contract_id}/signers": {"path": draft, "json": plan},
        "POST /api/v1/contracts/{contract_id}/extend": {"path": late},
        "POST /contracts/{contract_id}/extend": {"path": late},
        "POST /contracts/{contract_id}/new-link": {"path": late},
        "POST /api/v1/offer/delegate": {"json": {**seen, **right}},
        "POST /offer/forward": {"data": {**{k: str(v) for k, v in seen.items()}, **right}},
        "POST /offers/{token}/renew": {"path": {"token": links["offer"]}},
    }

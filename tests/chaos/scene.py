"""The people and papers of the chaos tests, and clients that repeat themselves on doubt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import httpx

from guild.contracts.schemas import MilestoneIn
from guild.core.ids import InvoiceId
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.governance.commands import install_founding_charter
from guild.invoicing.commands import draft_invoice_from_milestones
from guild.members import commands as members
from guild.members.models import Member
from guild.members.schemas import ApiKeyIn
from tests.factories import Factories
from tests.features.treasury.conftest import Desk

API = "/api/v1"
NET = "100.00"
GROSS_CENTS = 12_100
NET_TO_MEMBER_CENTS = 9_350
"""100.00 less the levy of 6.5 %."""


@dataclass
class Scene:
    """Three treasurers, members with money and drafts, and a key for each to the API."""

    desk: Desk
    members: list[Member] = field(default_factory=list)
    drafts: list[InvoiceId] = field(default_factory=list)
    owner: dict[InvoiceId, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


async def open_scene(system: System, *, members_count: int = 1, drafts_each: int = 4) -> Scene:
    """Found the cooperative and everything that the storm needs to begin."""
    async with begin_work(system, SYSTEM) as work:
        await install_founding_charter(work)
    make = Factories(system)
    scene = Scene(await Desk(system, make).open())
    treasurer = scene.desk.treasurers[0]
    scene.keys["treasurer"] = await _key(
        system, make, treasurer, "statements:import", "matches:confirm", "treasury:read",
        "payouts:prepare", "payouts:read", "payouts:request", "ledger:read",
    )  # fmt: skip
    for number in range(members_count):
        member, _ = await scene.desk.payee(1_000_000)
        scene.members.append(member)
        scene.keys[f"member{number}"] = await _key(
            system, make, member, "payouts:request", "payouts:read", "invoices:issue",
            "invoices:read", "invoices:credit",
        )  # fmt: skip
        for drafted in await _drafts(system, make, member, drafts_each):
            scene.drafts.append(drafted)
            scene.owner[drafted] = number
    return scene


async def _key(system: System, make: Factories, member: Member, *scopes: str) -> str:
    async with begin_work(system, make.actor(member)) as work:
        made = await members.make_api_key(work, ApiKeyIn(name="chaos", scopes=list(scopes)))
    return made.secret


async def _drafts(system: System, make: Factories, member: Member, number: int) -> list[InvoiceId]:
    """Drafts of 100.00 each, one milestone each, in contracts of at most ten."""
    drafts: list[InvoiceId] = []
    client = await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    while len(drafts) < number:
        several = min(10, number - len(drafts))
        contract = await make.signed_contract(
            member, client, hours_estimate=several, milestones=[
                MilestoneIn(title=f"Part {n}", net=NET, due_on=date(2026, 12, 18))
                for n in range(several)
            ],
        )  # fmt: skip
        for position in range(1, several + 1):
            milestone = await make.accept(contract, member, position)
            async with begin_work(system, make.actor(member)) as work:
                drafts.append(
                    await draft_invoice_from_milestones(work, contract.id, [milestone.id])
                )
    return drafts


@asynccontextmanager
async def client_of(base_url: str, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A program with an API key."""
    async with httpx.AsyncClient(
        base_url=f"{base_url}{API}", headers={"Authorization": f"Bearer {key}"}, timeout=30
    ) as client:
        yield client


async def insist(
    client: httpx.AsyncClient, path: str, *, key: str = "", tries: int = 200, **body: Any
) -> httpx.Response:
    """POST and repeat under the same key until there is an answer that is no accident."""
    headers = {"Idempotency-Key": key or str(uuid4()), **body.pop("headers", {})}
    for attempt in range(tries):
        try:
            answer = await client.post(path, headers=headers, **body)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code < 500 and answer.status_code != 429:
            return answer
        await asyncio.sleep(min(0.05 * (attempt + 1), 0.5))
    raise AssertionError(f"no answer to {path} in {tries} tries")

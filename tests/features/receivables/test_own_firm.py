"""Nobody decides about a client that she is herself, however she is tied to it."""

from datetime import date
from typing import Any

import pytest

from guild.core.permissions import Role
from guild.members.models import Member
from guild.members.schemas import ContactIn
from guild.receivables import commands, queries
from guild.receivables.errors import OwnCase
from guild.receivables.schemas import ObjectionIn, ProfileSettleIn, WriteOffIn
from tests.features.receivables.scene import Scene
from tests.features.receivables.test_settling import overpaid

NUMBER, OTHER = "BE0403019261", "BE0202239951"


async def tied(scene: Scene, way: str) -> Member:
    """An office holder who is the client of the scene."""
    offices = [Role.TREASURER, Role.REP]
    if way in {"number", "former number"}:
        firm = {"vat_number": NUMBER, "enterprise_number": "0403019261"}
        own = await scene.make.member(roles=offices, **firm)
        if way == "former number":
            new = {"vat_number": OTHER, "enterprise_number": "0202239951"}
            secretary = await scene.make.member(roles=[Role.SECRETARY])
            await scene.make.numbers(own, secretary, **new)
        return own
    own = await scene.make.member(roles=offices)
    reached: dict[str, Any] = {"email": own.email}
    if way == "contact":
        reached = {"contact": ContactIn(name="She herself", email=own.email.upper())}
    scene.client = await scene.make.organisation(scene.member, vat_number=OTHER, **reached)
    scene.invoice_id = await scene.another()
    return own


@pytest.mark.parametrize("way", ["number", "former number", "contact", "address"])
async def test_who_is_the_client_decides_nothing_about_it(scene: Scene, way: str) -> None:
    own = await tied(scene, way)
    async with scene.by(scene.treasurer) as work:
        wanted = WriteOffIn(reason_code="settlement", reason="Agreed", amount="100.00")
        write_off = await commands.ask_write_off(work, scene.invoice_id, wanted)
    async with scene.by(await scene.contact()) as work:
        said = ObjectionIn(reason_code="defective", text="Not as agreed")
        objection = await commands.object_to(work, scene.invoice_id, said)
    for approve in (True, False):
        async with scene.by(own) as work:
            with pytest.raises(OwnCase):
                await commands.decide_write_off(work, write_off, approve=approve)
    for outcome in ("dismiss", "withdraw"):
        async with scene.by(own) as work:
            with pytest.raises(OwnCase):
                await commands.rule_on(work, objection, outcome, "Mine")
    async with scene.by(own) as work:
        with pytest.raises(OwnCase):
            settled = ProfileSettleIn(outcome="confirmed", reason="They are right")
            await commands.settle_profile(work, scene.client.id, settled)
    await scene.pay("1210.00", date(2026, 11, 20))
    await overpaid(scene, 121_000, whole=True)
    async with scene.by(own) as work:
        (refund,) = (await queries.refunds(work, waiting=True)).items
        with pytest.raises(OwnCase):
            await commands.decide_refund(work, refund.id, approve=True)
    async with scene.by(scene.second) as work:
        assert (await commands.decide_refund(work, refund.id, approve=True)).state == "approved"

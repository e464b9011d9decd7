"""The start page names the objections whose next word is the reader's."""

from typing import Any

from guild.receivables import commands
from tests.features.receivables.scene import Scene
from tests.features.receivables.test_objections import objected

SAID = "objects to invoice"


async def desk(signed_in: Any, who: Any) -> str:
    return (await (await signed_in(who)).get("/")).text


async def test_the_member_and_the_treasury_are_told_until_it_is_answered(
    scene: Scene, signed_in: Any
) -> None:
    stranger = await scene.make.member()
    assert SAID not in await desk(signed_in, scene.member)
    objection_id = await objected(scene)
    for who, said in ((scene.member, "your answer"), (scene.treasurer, "or yours")):
        shown = await desk(signed_in, who)
        assert SAID in shown
        assert said in shown
        assert f'href="/receivables/invoices/{scene.invoice_id}"' in shown
        assert "1 thing below needs you" in shown
    for other in (stranger, scene.rep):
        assert SAID not in await desk(signed_in, other)
    async with scene.by(scene.member) as work:
        await commands.answer_objection(work, objection_id, "The sample had these colours.")
    for who in (scene.member, scene.treasurer):
        assert SAID not in await desk(signed_in, who)


async def test_in_mediation_the_representatives_are_told(scene: Scene, signed_in: Any) -> None:
    objection_id = await objected(scene)
    async with scene.by(scene.member) as work:
        await commands.rule_on(work, objection_id, "mediate", "We see it differently.")
    shown = await desk(signed_in, scene.rep)
    assert SAID in shown
    assert "Waits for a representative" in shown
    assert 'href="/objections"' in shown
    assert SAID not in await desk(signed_in, scene.member)

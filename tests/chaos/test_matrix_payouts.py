"""A process dies at each commit of a payout: approved, filed, sent, reported, shown, returned.

Each step is repeated under its key; afterwards it has happened once, the money has moved once, and
every invariant holds (the fixture `system` asks them all).
"""

from uuid import UUID

import pytest

from guild.core.ids import BatchId, PayoutId
from guild.core.work import System, begin_work
from guild.treasury import commands
from guild.treasury.models import Payout
from guild.treasury.schemas import PayoutIn
from tests.camt import Move
from tests.chaos.house import House, numbers
from tests.chaos.scene import Scene, client_of
from tests.chaos.test_matrix_money import POSTED, WRITES, browser, killed_then, words
from tests.chaos.waiting import COUNT, Start
from tests.features.treasury.test_status_reports import report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STATE = "SELECT state FROM payout WHERE id = :id"
BATCH = "SELECT state FROM payment_batch WHERE id = :id"
XML = "application/xml"


async def asked(system: System, scene: Scene, *approvers: int) -> tuple[PayoutId, int]:
    """A payout with these treasurers' approvals, and its cents."""
    make, cents = scene.desk.make, next(COUNT) * 100
    async with begin_work(system, make.actor(scene.members[0])) as work:
        told = await commands.request_payout(work, PayoutIn(amount=f"{cents // 100}.00"))
    for which in approvers:
        async with begin_work(system, make.actor(scene.desk.treasurers[which])) as work:
            await commands.approve_payout(work, told.id)
    return told.id, cents


async def filed(
    system: System, scene: Scene, *, sent: bool = True
) -> tuple[PayoutId, BatchId, int]:
    """An approved payout in a file, handed to the bank."""
    payout_id, cents = await asked(system, scene, 1, 2)
    treasurer = scene.desk.make.actor(scene.desk.treasurers[0])
    async with begin_work(system, treasurer) as work:
        await commands.make_payment_batches(work)
    async with begin_work(system, treasurer) as work:
        batch_id = (await work.session.get_one(Payout, payout_id)).batch_id
        assert batch_id is not None
        if sent:
            await commands.mark_batch_sent(work, batch_id)
    return payout_id, batch_id, cents


async def posted(system: System, payout_id: PayoutId) -> dict[str, int]:
    """How often each step of the payout moved money."""
    kinds = ("payout_approved", "payout_settled", "payout_returned", "reversal")
    return {kind: (await numbers(system, POSTED, kind=kind, id=payout_id))[0] for kind in kinds}


def shown(payout_id: PayoutId, cents: int, **said: str) -> Move:
    """The payout on a statement."""
    return Move(cents=cents, reference=f"PO{next(COUNT)}", name="Member",
                end_to_end_id=payout_id.hex, **said)  # fmt: skip


@pytest.mark.parametrize("point", WRITES)
async def test_the_last_approval_sets_the_money_aside_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    payout_id, _ = await asked(system, scene, 1)
    async with browser(house, start, scene.desk.treasurers[2]) as client:
        await killed_then(house, start, client, point, f"/payouts/{payout_id}/approve")
    assert await words(system, STATE, id=payout_id) == ["approved"]
    approvals = "SELECT count(*) FROM payout_approval WHERE payout_id = :id"
    assert await numbers(system, approvals, id=payout_id) == [2]
    moved = {"payout_approved": 1, "payout_settled": 0, "payout_returned": 0, "reversal": 0}
    assert await posted(system, payout_id) == moved


@pytest.mark.parametrize("point", WRITES)
async def test_a_file_is_made_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    payout_id, _ = await asked(system, scene, 1, 2)
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        await killed_then(house, start, client, point, "/payment-batches/all")
    files = """SELECT count(*) FROM payment_batch b JOIN payout p ON p.batch_id = b.id
                WHERE p.id = :id AND b.state = 'prepared'
                  AND b.payments = (SELECT count(*) FROM payout o WHERE o.batch_id = b.id)"""
    assert await numbers(system, files, id=payout_id) == [1]


@pytest.mark.parametrize("point", WRITES)
async def test_a_file_is_handed_out_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    payout_id, batch_id, _ = await filed(system, scene, sent=False)
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        await killed_then(house, start, client, point, f"/payment-batches/{batch_id}/sent")
    assert await words(system, STATE, id=payout_id) == ["ordered"]
    assert await words(system, BATCH, id=batch_id) == ["sent"]


@pytest.mark.parametrize("point", WRITES)
async def test_a_refusal_of_the_bank_gives_the_money_back_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    payout_id, batch_id, _ = await filed(system, scene)
    said = report(batch_id.hex, {payout_id.hex: ("RJCT", "AC01")})
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        client.headers["Content-Type"] = XML
        told = await killed_then(
            house, start, client, point, "/payment-status-reports", content=said
        )
    assert told.json()["rejected"] == 1
    assert await words(system, STATE, id=payout_id) == ["returned"]
    # Nothing was shown by the bank yet, so what was set aside is reversed.
    moved = {"payout_approved": 1, "payout_settled": 0, "payout_returned": 0, "reversal": 1}
    assert await posted(system, payout_id) == moved


@pytest.mark.parametrize("point", WRITES)
async def test_a_statement_settles_it_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    payout_id, batch_id, cents = await filed(system, scene)
    file = scene.desk.statement(shown(payout_id, -cents))
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        client.headers["Content-Type"] = XML
        told = await killed_then(house, start, client, point, "/bank-statements", content=file)
    assert (told.json()["new_entries"], told.json()["payouts_settled"]) == (1, 1)
    assert await words(system, STATE, id=payout_id) == ["settled"]
    assert await words(system, BATCH, id=batch_id) == ["settled"]
    moved = {"payout_approved": 1, "payout_settled": 1, "payout_returned": 0, "reversal": 0}
    assert await posted(system, payout_id) == moved


@pytest.mark.parametrize("point", WRITES)
async def test_what_the_bank_sends_back_reopens_it_once(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    payout_id, _, cents = await filed(system, scene)
    treasurer = scene.desk.make.actor(scene.desk.treasurers[0])
    file = scene.desk.statement(shown(payout_id, -cents))
    async with begin_work(system, treasurer) as work:
        assert (await commands.import_statements(work, file)).payouts_settled == 1
    back = scene.desk.statement(shown(payout_id, cents, return_reason="AC04"))
    async with client_of(house.base_url, scene.keys["treasurer"]) as client:
        client.headers["Content-Type"] = XML
        await killed_then(house, start, client, point, "/bank-statements", content=back)
    assert await words(system, STATE, id=payout_id) == ["returned"]
    moved = {"payout_approved": 1, "payout_settled": 1, "payout_returned": 1, "reversal": 0}
    assert await posted(system, payout_id) == moved
    waiting = """SELECT count(*) FROM bank_entry WHERE end_to_end_id = :id
                  AND state IN ('unmatched', 'suggested')"""
    assert await numbers(system, waiting, id=UUID(str(payout_id)).hex) == [0]

"""From the bank statement: interest that arrives, and a second payment until it is given back."""

import copy
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InterestClaimId, new_id
from guild.core.work import System, begin_work
from guild.governance.commands import adopt_charter, founding_body
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.receivables import commands as receivables
from guild.receivables import queries as asked
from guild.receivables.errors import SecondPersonNeeded
from guild.receivables.models import ClientRefund, InterestClaim
from guild.receivables.schemas import RefundIn, WriteOffIn
from guild.treasury import commands, queries
from guild.treasury.schemas import BankEntryOut, DecideUndoIn, PartIn, SplitIn, SplitOut, UndoIn
from tests.camt import Move
from tests.conftest import Clock, SignIn
from tests.factories import Factories
from tests.features.receivables.scene import Scene
from tests.features.treasury.conftest import Desk

PAYER = "NL91ABNA0417164300"
CLAIMED = 4_278
"""2.78 of interest and 40.00."""


async def trusting(scene: Scene) -> None:
    """The assembly lets exact references be recorded without a person."""
    body = copy.deepcopy(founding_body())
    body["bank"]["auto_confirm_exact"]["value"] = True
    async with scene.house() as work:
        await adopt_charter(work, body, work.today)


@pytest_asyncio.fixture
async def desk(system: System, make: Factories) -> Desk:
    """A treasury beside the scene."""
    return await Desk(system, make).open()


async def claimed(scene: Scene, clock: Clock, desk: Desk) -> InterestClaim:
    """The invoice was paid on the last day of the half-year, eight days late."""
    clock.advance(days=38)
    desk.day = date(2026, 12, 31)
    await scene.pay("1210.00", date(2026, 12, 31))
    return await claim_on(scene)


async def claim_on(scene: Scene) -> InterestClaim:
    async with scene.by(scene.member) as work:
        made = await receivables.claim_interest(work, scene.invoice_id)
        row: InterestClaim = await work.session.get_one(InterestClaim, made)
    return row


async def entry_of(desk: Desk, state: str = "open") -> BankEntryOut:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        (entry,) = (await queries.entries(work, state=state)).items
    return entry


async def offered(desk: Desk, entry: BankEntryOut) -> SplitOut:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        found = await queries.suggested_split(work, entry.id)
    assert found is not None
    return found


async def record(desk: Desk, entry: BankEntryOut, found: SplitOut) -> Any:
    """The treasurer takes the offer as it is."""
    async with begin_work(desk.system, desk.treasurer()) as work:
        wanted = SplitIn(
            parts=[PartIn(invoice_id=one.invoice_id, amount=one.amount) for one in found.shares],
            interest_ids=[one.interest_id for one in found.interest],
        )
        return await commands.confirm_split(work, entry.id, wanted)


async def state_of(scene: Scene, claim: InterestClaim) -> str:
    async with scene.house() as work:
        return (await asked.interest_claim(work, claim.id)).state


def paid(cents: int, reference: str = "", **said: Any) -> Move:
    return Move(cents=cents, reference=said.pop("ref", "R1"), structured=reference, iban=PAYER,
                **{"name": "Voorbeeld bv", **said})  # fmt: skip


async def test_a_claim_is_paid_by_its_reference(scene: Scene, clock: Clock, desk: Desk) -> None:
    claim = await claimed(scene, clock, desk)
    came = await desk.bring_in(desk.statement(paid(CLAIMED, claim.reference)))
    assert came.suggested == 1
    entry = await entry_of(desk, "suggested")
    found = await offered(desk, entry)
    assert [(one.interest_id, one.amount) for one in found.interest] == [(claim.id, "42.78")]
    assert (found.shares, found.rest, found.exact) == ([], "0.00", True)
    done = await record(desk, entry, found)
    assert (done.state, done.paid, done.surplus) == ("confirmed", "42.78", "0.00")
    assert await state_of(scene, claim) == "paid"
    async with scene.house() as work:
        held = await balances_of(
            work,
            [Account("suspense"), Account("interest_receivable", scene.client.id),
             Account("legal_pool")],
        )  # fmt: skip
        assert [one.minor for one in held] == [0, 0, 856]
    await scene.run("treasury.tell_of_allocation")
    assert any("Late interest" in one.text for one in await scene.make.letters())
    await scene.sound()


async def test_exactly_the_reference_and_sum_need_nobody(
    scene: Scene, clock: Clock, desk: Desk
) -> None:
    await trusting(scene)
    claim = await claimed(scene, clock, desk)
    await desk.bring_in(desk.statement(paid(CLAIMED, claim.reference)))
    await scene.run("treasury.confirm_exact")
    assert await state_of(scene, claim) == "paid"
    assert (await entry_of(desk, "confirmed")).explanation.startswith("Late interest")
    await scene.sound()


async def test_by_the_sum_and_the_name_alone(scene: Scene, clock: Clock, desk: Desk) -> None:
    claim = await claimed(scene, clock, desk)
    await desk.bring_in(desk.statement(paid(CLAIMED, name=scene.client.name, text="interest")))
    entry = await entry_of(desk, "suggested")
    found = await offered(desk, entry)
    assert [one.interest_id for one in found.interest] == [claim.id]
    assert "sum" in found.interest[0].reason


async def test_invoice_and_interest_in_one_transfer(scene: Scene, clock: Clock, desk: Desk) -> None:
    clock.advance(days=38)
    desk.day = date(2026, 12, 31)
    await scene.pay("1000.00", date(2026, 12, 30))
    other = await scene.another()
    claim = await claimed_partly(scene)
    invoice = await scene.invoice(other)
    together = 121_000 + claim.total_minor
    said = f"{invoice.number} {claim.reference}"
    await desk.bring_in(desk.statement(paid(together, text=said)))
    entry = await entry_of(desk)
    found = await offered(desk, entry)
    assert [one.interest_id for one in found.interest] == [claim.id]
    assert [(one.invoice_id, one.amount) for one in found.shares] == [(other, "1210.00")]
    assert found.exact
    await record(desk, entry, found)
    assert (await scene.invoice(other)).state == "paid"
    assert await state_of(scene, claim) == "paid"
    await scene.sound()


async def claimed_partly(scene: Scene) -> InterestClaim:
    await scene.pay("210.00", date(2026, 12, 31))
    return await claim_on(scene)


async def test_what_cannot_be_recorded(scene: Scene, clock: Clock, desk: Desk) -> None:
    claim = await claimed(scene, clock, desk)
    await desk.bring_in(desk.statement(paid(CLAIMED - 1, claim.reference)))
    entry = await entry_of(desk)
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(Conflict, match="Together"):
            await commands.confirm_split(work, entry.id, SplitIn(interest_ids=[claim.id]))
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(Invalid, match="twice"):
            await commands.confirm_split(
                work, entry.id, SplitIn(interest_ids=[claim.id, InterestClaimId(claim.id)])
            )
        with pytest.raises(Invalid, match="Say how much"):
            await commands.confirm_split(work, entry.id, SplitIn())


async def test_undone_the_claim_is_open_again(scene: Scene, clock: Clock, desk: Desk) -> None:
    claim = await claimed(scene, clock, desk)
    await desk.bring_in(desk.statement(paid(CLAIMED, claim.reference)))
    entry = await entry_of(desk)
    await record(desk, entry, await offered(desk, entry))
    async with begin_work(desk.system, desk.treasurer()) as work:
        undo = await commands.ask_undo(work, entry.id, UndoIn(reason="Of another client"))
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        await commands.decide_undo(work, undo.id, DecideUndoIn(approve=True))
    assert await state_of(scene, claim) == "claimed"
    await scene.sound()
    await record(desk, entry, await offered(desk, entry))
    assert await state_of(scene, claim) == "paid"
    await scene.sound()


# -- paid twice ----------------------------------------------------------------------------------


async def paid_twice(scene: Scene, desk: Desk) -> BankEntryOut:
    invoice = await scene.invoice()
    await scene.pay("1210.00", date(2026, 11, 20))
    await desk.bring_in(desk.statement(paid(121_000, invoice.reference, ref="R2")), which=1)
    return await entry_of(desk, "suggested")


async def refunds(scene: Scene) -> list[ClientRefund]:
    async with scene.house() as work:
        return list(await work.session.scalars(select(ClientRefund)))


async def test_paid_twice_goes_back_to_the_payer(scene: Scene, desk: Desk) -> None:
    """The whole way: statement, proposal, second person, order, file, statement."""
    await trusting(scene)
    entry = await paid_twice(scene, desk)
    assert await scene.run("treasury.confirm_exact") == 1
    (refund,) = await refunds(scene)
    assert (refund.state, refund.amount_minor, refund.bank_entry_id) == (
        "proposed", 121_000, entry.id,
    )  # fmt: skip
    assert (refund.proposed_by, refund.confirmed_by) == (None, desk.treasurers[1].id)
    async with scene.by(desk.treasurers[1]) as work:
        with pytest.raises(SecondPersonNeeded, match="confirmed"):
            await receivables.decide_refund(work, refund.id, approve=True)
    async with scene.by(desk.treasurers[2]) as work:
        await receivables.decide_refund(work, refund.id, approve=True)
    assert await scene.run("treasury.order_refund") == 1
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        (order,) = (await queries.payouts(work)).items
    assert (order.payee_iban_last4, order.amount) == ("4300", "1210.00")
    await desk.approve(order, approvers=(0, 1))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (batch,) = await commands.make_payment_batches(work)
        assert PAYER.encode() in await queries.batch_file(work, batch.id)
    await desk.bring_in(
        desk.statement(Move(cents=-121_000, reference="R3", end_to_end_id=order.id.hex))
    )
    (refund,) = await refunds(scene)
    assert (refund.state, refund.paid_on) == ("paid", date(2026, 11, 23))
    async with scene.house() as work:
        (credit,) = await balances_of(work, [Account("client_credit", scene.client.id)])
        assert credit.minor == 0
    await scene.sound()


async def test_a_person_confirms_and_may_not_approve(
    scene: Scene, desk: Desk, make: Factories, signed_in: SignIn
) -> None:
    entry = await paid_twice(scene, desk)
    async with begin_work(desk.system, desk.treasurer(2)) as work:
        await commands.confirm_match(work, entry.id, scene.invoice_id)
    await scene.run("treasury.confirm_exact")
    (refund,) = await refunds(scene)
    async with scene.by(desk.treasurers[2]) as work:
        with pytest.raises(SecondPersonNeeded):
            await receivables.decide_refund(work, refund.id, approve=True)
        refused = await receivables.decide_refund(work, refund.id, approve=False, note="Keep it")
        assert refused.state == "refused"
    await scene.sound()
    await proposed_from_the_list(scene, make, signed_in, entry)


async def proposed_from_the_list(
    scene: Scene, make: Factories, signed_in: SignIn, entry: BankEntryOut
) -> None:
    """What was refused can be proposed by a person, who chooses the payment it goes back to."""
    client = f"/receivables/clients/{scene.client.id}"
    treasurer: Any = await signed_in(scene.treasurer)
    option = f'<option value="{entry.id}">23 November 2026: €1,210.00, on account</option>'
    assert option in (await treasurer.get(client, headers={"Accept": "text/html"})).text
    kept = {"amount": "1210.00", "reason": "The client asks for it"}
    foreign = await treasurer.post(
        f"{client}/refunds",
        data={**kept, "bank_entry_id": str(new_id())},
    )
    assert foreign.status_code == 422
    assert "paid nothing that could go back" in foreign.text
    other = await make.organisation(scene.member)
    asked_of = [f"/api/v1/clients/{one}/refund-sources" for one in (scene.client.id, other.id)]
    assert [(await treasurer.get(path)).json() for path in asked_of] == [
        [{"bank_entry_id": str(entry.id), "received_on": "2026-11-23", "amount": "1210.00",
          "currency": "EUR", "invoice_numbers": []}], [],
    ]  # fmt: skip
    wanted = RefundIn(
        amount="1210.00", currency="EUR", reason="It asks for it", bank_entry_id=entry.id
    )
    async with scene.by(scene.treasurer) as work:
        made = await receivables.propose_refund(work, scene.client.id, wanted)
        with pytest.raises(Invalid, match="nothing that could go back"):
            await receivables.propose_refund(work, scene.client.id, wanted)
    async with scene.by(scene.second) as work:
        await receivables.decide_refund(work, made, approve=True)
    assert await scene.run("treasury.order_refund") == 1
    assert (await treasurer.get(asked_of[0])).json() == []
    await scene.sound()


async def test_money_for_what_was_given_up_is_no_second_payment(scene: Scene, desk: Desk) -> None:
    async with scene.by(scene.treasurer) as work:
        wanted = WriteOffIn(reason_code="uncollectable", reason="The client is gone")
        made = await receivables.ask_write_off(work, scene.invoice_id, wanted)
    async with scene.by(scene.second) as work:
        await receivables.decide_write_off(work, made, approve=True)
    invoice = await scene.invoice()
    await desk.bring_in(desk.statement(paid(121_000, invoice.reference)))
    await scene.run("treasury.confirm_exact")
    assert await refunds(scene) == []
    entry = await entry_of(desk)
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(Conflict, match="given up"):
            await commands.confirm_match(work, entry.id, scene.invoice_id)
    async with scene.by(scene.second) as work:
        await receivables.reinstate(work, made)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.confirm_match(work, entry.id, scene.invoice_id)
    assert (await scene.invoice()).state == "paid"
    await scene.sound()

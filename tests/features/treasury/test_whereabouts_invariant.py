"""“Where did my money go” as a proof over the whole database, and its corrupted twin."""

from sqlalchemy import text

from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.ledger.chart import credit, debit
from guild.ledger.commands import post
from guild.treasury.queries.invariants import (
    payouts_take_what_they_say,
    shares_make_what_was_paid,
)
from tests.conftest import Clock
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_printing import settled


async def test_shares_are_what_was_paid_and_payouts_what_they_say(desk: Desk, clock: Clock) -> None:
    paid = await settled(desk, clock)
    async with begin_work(desk.system, SYSTEM) as work:
        assert await shares_make_what_was_paid(work.session) == []
        assert await payouts_take_what_they_say(work.session) == []
    amount = Money(500, "EUR")
    async with begin_work(desk.system, SYSTEM) as work:
        released = await work.session.scalar(
            text("SELECT subject_id FROM ledger_entry WHERE kind = 'payment_released'")
        )
        await post(
            work, kind="payment_released", text="Twice", subject=released,
            lines=[debit("opening", amount), credit("fund_sickness", amount)],
        )  # fmt: skip
        await work.write()
        (wrong,) = await shares_make_what_was_paid(work.session)
        assert "100000 of its net was paid, its shares make 100500" in wrong
        await work.session.execute(
            text(
                "UPDATE payout SET ledger_entry_id ="
                " (SELECT id FROM ledger_entry WHERE text = 'Twice') WHERE id = :id"
            ),
            {"id": paid.id},
        )
        (wrong,) = await payouts_take_what_they_say(work.session)
        assert "of 93500 took 500" in wrong
